"""The cells of the interop matrix of Zarr v3: one small array each, with its metadata and its values.

Not every combination: every data type with one codec, plain and in shards; every codec, plain and in shards; every layout
with one type. Runs in each peer's Python, so it needs nothing but NumPy.
"""
import json

import numpy as np

# Data types: as v3 has them, as NumPy has them (None: text), the fill value.
TYPES = {
    "bool": ("bool", "?", False),
    **{f"{sign}int{bits}": (f"{sign}int{bits}", f"{sign[:1] or 'i'}{bits // 8}", 0) for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **{f"float{bits}": (f"float{bits}", f"f{bits // 8}", 0.0) for bits in (16, 32, 64)},
    **{f"complex{bits}": (f"complex{bits}", f"c{bits // 8}", [0.0, 0.0]) for bits in (64, 128)},
    "string": ("string", None, ""),
    "fixed_length_utf32": ({"name": "fixed_length_utf32", "configuration": {"length_bytes": 20}}, "U5", ""),
    "null_terminated_bytes": ({"name": "null_terminated_bytes", "configuration": {"length_bytes": 5}}, "S5", ""),
    "numpy.datetime64": ({"name": "numpy.datetime64", "configuration": {"unit": "ms", "scale_factor": 1}}, "M8[ms]", 0),
    "numpy.timedelta64": ({"name": "numpy.timedelta64", "configuration": {"unit": "s", "scale_factor": 10}}, "m8[10s]", 0),
    "struct": ({"name": "struct", "configuration": {"fields": [{"name": "a", "data_type": "int32"}, {"name": "b", "data_type": "float64"}]}},
               [("a", "<i4"), ("b", "<f8")], {"a": 0, "b": 0.0}),
}
BLOSC = {"clevel": 5, "typesize": 4, "blocksize": 0}
CODECS = {
    "none": [],
    "gzip": [{"name": "gzip", "configuration": {"level": 5}}],
    "zstd": [{"name": "zstd", "configuration": {"level": 3, "checksum": False}}],
    "zstd with checksum": [{"name": "zstd", "configuration": {"level": 3, "checksum": True}}],
    "blosc lz4": [{"name": "blosc", "configuration": {"cname": "lz4", "shuffle": "shuffle", **BLOSC}}],
    "blosc lz4hc": [{"name": "blosc", "configuration": {"cname": "lz4hc", "shuffle": "noshuffle", **BLOSC}}],
    "blosc zlib": [{"name": "blosc", "configuration": {"cname": "zlib", "shuffle": "shuffle", **BLOSC}}],
    "blosc blosclz": [{"name": "blosc", "configuration": {"cname": "blosclz", "shuffle": "shuffle", **BLOSC}}],
    "blosc zstd, bits": [{"name": "blosc", "configuration": {"cname": "zstd", "shuffle": "bitshuffle", **BLOSC}}],
    "crc32c": [{"name": "crc32c"}],
    "zstd, crc32c": [{"name": "zstd", "configuration": {"level": 1, "checksum": False}}, {"name": "crc32c"}],
}
SHAPE, CHUNK, SHARD, OUTER = (23, 17), (4, 5), (8, 10), (16, 20)
LAYOUTS = ("chunks", "big-endian", "keys of v2", "keys with slashes", "transposed", "shards", "shards, index first",
           "shards, index without checksum", "shards, index big-endian", "shards in shards", "shards with holes", "one shard",
           "transposed in shards", "transposed shards", "encoded shards")


def all_cells():
    made = []

    def add(section, label, dtype, codec, layout):
        made.append({"name": f"v{len(made):03}", "section": section, "label": label, "dtype": dtype, "layout": layout,
                     "metadata": metadata_of(dtype, codec, layout)})
    for dtype in TYPES:
        for layout in ("chunks", "shards"):
            add("Data types", f"`{dtype}`{', in shards' if layout == 'shards' else ''}", dtype, "zstd", layout)
    for codec in CODECS:
        for layout in ("chunks", "shards"):
            add("Codecs", f"{codec}{', in shards' if layout == 'shards' else ''}", "float32", codec, layout)
    for layout in LAYOUTS:
        add("Layouts", layout, "int32", "blosc lz4", layout)
    return made


def sharded(chunk, codecs, layout=""):
    index = [{"name": "bytes", "configuration": {"endian": "big" if "index big-endian" in layout else "little"}}, {"name": "crc32c"}]
    return {"name": "sharding_indexed", "configuration": {
        "chunk_shape": list(chunk), "codecs": codecs, "index_codecs": index[:1] if "without checksum" in layout else index,
        "index_location": "start" if "index first" in layout else "end"}}


def metadata_of(dtype, codec, layout):
    data_type, numpy_type, fill = TYPES[dtype]
    one_byte = numpy_type and np.dtype(numpy_type).itemsize == 1 or dtype == "null_terminated_bytes"
    to_bytes = {"name": "vlen-utf8"} if dtype == "string" else {"name": "bytes"} if one_byte else {
        "name": "bytes", "configuration": {"endian": "big" if layout == "big-endian" else "little"}}
    turned = {"name": "transpose", "configuration": {"order": [1, 0]}}
    codecs = [*([turned] if layout in ("transposed", "transposed in shards") else []), to_bytes, *CODECS[codec]]
    chunk = CHUNK
    if layout == "shards in shards":
        chunk, codecs = OUTER, [sharded(SHARD, [sharded(CHUNK, codecs)])]
    elif layout == "transposed shards":
        chunk, codecs = SHARD, [turned, sharded(CHUNK[::-1], codecs)]
    elif "shard" in layout:
        chunk, codecs = (24, 20) if layout == "one shard" else SHARD, [sharded(CHUNK, codecs, layout)]
    if layout == "encoded shards":
        codecs += [{"name": "gzip", "configuration": {"level": 2}}, {"name": "crc32c"}]
    keys = {"name": "v2" if layout == "keys of v2" else "default",
            "configuration": {"separator": "/" if layout == "keys with slashes" else "."}}
    return {"zarr_format": 3, "node_type": "array", "shape": list(SHAPE), "data_type": data_type,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunk)}}, "chunk_key_encoding": keys,
            "fill_value": fill, "codecs": codecs, "attributes": {}}


def values_of(one):
    """What the array holds; text as objects."""
    rng = np.random.default_rng(7)
    numpy_type = TYPES[one["dtype"]][1]
    numbers = rng.integers(0, 100, SHAPE)
    words = np.array(["", "a", "Zarr", "ünï", "鍵🐀"], object)
    if numpy_type is None:
        return words[numbers % 5]
    dtype = np.dtype(numpy_type)
    if dtype.kind == "U":
        values = words[numbers % 5].astype(dtype)
    elif dtype.kind == "S":
        values = np.array([b"", b"a", b"Zarr", b"\xff\x01x"], dtype)[numbers % 4]
    elif dtype.kind in "mM":
        values = (numbers.astype("i8") * 10**6).astype(f"i8").view(dtype)
    elif dtype.fields:
        values = np.zeros(SHAPE, dtype)
        values["a"], values["b"] = numbers, rng.random(SHAPE)
    elif dtype.kind == "b":
        values = numbers % 2 == 1
    elif dtype.kind == "c":
        values = (rng.random(SHAPE) + 1j * rng.random(SHAPE)).astype(dtype)
    else:
        values = (rng.random(SHAPE) * 100).astype(dtype)
    if "holes" in one["layout"]:
        values[:8, 10:] = 0
        values[16:20, :5] = 0
    return values


def kept(base, values):
    """Puts values, of which there is a file `base`.bin or `base`.json then: little-endian in C order, or [shape, items]."""
    if values.dtype.kind in "OT":
        with open(f"{base}.json", "w", encoding="utf-8") as file:
            json.dump([list(values.shape), [str(item) for item in values.ravel().tolist()]], file)
        return
    little = values.dtype if values.dtype.fields else values.dtype.newbyteorder("<")
    with open(f"{base}.bin", "wb") as file:
        file.write(values.astype(little, order="C").tobytes())
