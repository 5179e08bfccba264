"""The cells of the interop matrix: one small Zarr v2 array each, with its metadata and its values.

Not every combination: every data type with one codec; every codec and filter with types that suit it; every layout with
few types; every fill value. Runs in each peer's Python, so it needs nothing but NumPy.
"""
import base64
import json
import zlib

import numpy as np

BLOSC = {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0}
ZLIB = {"id": "zlib", "level": 1}
VLEN_BYTES, VLEN_ARRAY = {"id": "vlen-bytes"}, {"id": "vlen-array", "dtype": "<i4"}
JSON2 = {"id": "json2", "encoding": "utf-8", "skipkeys": False, "ensure_ascii": True, "check_circular": True,
         "allow_nan": True, "sort_keys": True, "indent": None, "separators": [",", ":"], "strict": True}
MSGPACK2 = {"id": "msgpack2", "use_bin_type": True, "raw": False, "use_single_float": False}
CATEGORIZE = {"id": "categorize", "labels": ["red", "green", "blue"], "dtype": "|O", "astype": "|u1"}
PEERS = ("zarr-python 2", "zarr-python 3", "tensorstore", "xarray", "dask")


def cell(section, label, dtype, shape=(7, 5), chunks=(3, 4), *, compressor=BLOSC, filters=None, fill=0, order="C", separator=".",
         regions=None, values="any", consolidated=False, write_empty=True, only_peers_write=False):
    """`fill` is as .zarray has it; `regions` are the boxes that are written, all when None; what `only_peers_write` is
    compared with what the peer itself reads, for codecs that lose bits and those that engram never writes."""
    return {"section": section, "label": label, "dtype": dtype, "shape": list(shape), "chunks": list(chunks),
            "compressor": compressor, "filters": filters, "fill": fill, "order": order, "separator": separator,
            "regions": regions, "values": values, "consolidated": consolidated, "write_empty": write_empty,
            "only_peers_write": only_peers_write}


def both_orders(letters):
    return [order + letter for letter in letters.split() for order in "<>"]


def data_types():
    for dtype in ["|b1", "|i1", "|u1", *both_orders("i2 i4 i8 u2 u4 u8 f2 f4 f8 c8 c16")]:
        yield cell("Data types", f"`{dtype}`", dtype, fill=False if dtype == "|b1" else 0.0 if dtype[1] in "f" else
                   [0.0, 0.0] if dtype[1] == "c" else 0)
    for letter in "Mm":
        for unit in "Y M W D h m s ms us ns ps fs as 25us".split():
            if (letter, unit) != ("m", "25us"):
                yield cell("Data types", f"`<{letter}8[{unit}]`", f"<{letter}8[{unit}]")
        yield cell("Data types", f"`>{letter}8[ns]`", f">{letter}8[ns]")
    for dtype in ("|S1", "|S10"):
        yield cell("Data types", f"`{dtype}`", dtype, fill=text64(bytes(int(dtype[2:]))))
    for dtype in ("<U1", "<U5", ">U5"):
        yield cell("Data types", f"`{dtype}`", dtype, fill="")
    for dtype in ("|V1", "|V6"):
        yield cell("Data types", f"`{dtype}`", dtype, fill=text64(bytes(int(dtype[2:]))))
    structured = {
        "structured": [["x", "<i4"], ["y", "<f8"], ["s", "|S3"]],
        "structured, big-endian": [["x", ">i4"], ["y", ">f8"]],
        "structured, mixed byte orders": [["x", "<i2"], ["y", ">f4"], ["u", "<U2"]],
        "structured, with a sub-array": [["x", "|u1"], ["v", "<f4", [2, 3]]],
        "structured, nested": [["a", [["b", "<i2"], ["c", "<f4", [2]]]], ["m", "|b1"]],
        "structured, nested twice": [["a", [["b", [["c", "<i2"], ["d", ">f8"]]], ["e", "|V2"]]], ["f", "<M8[s]"]],
        "structured, one field": [["only", "<u8"]],
    }
    for label, dtype in structured.items():
        yield cell("Data types", label, dtype, (9,), (4,), fill=text64(bytes(np_dtype(dtype).itemsize)))


def objects():
    def made(label, codec, fill=0, shape=(8,), chunks=(3,), **more):
        return cell("Objects", label, "|O", shape, chunks, filters=[codec], fill=fill, **more)
    yield made("`vlen-utf8`", {"id": "vlen-utf8"}, "")
    yield made("`vlen-utf8`, 2-D", {"id": "vlen-utf8"}, "", (4, 3), (2, 2))
    yield made("`vlen-utf8`, `F`", {"id": "vlen-utf8"}, "", (4, 3), (2, 2), order="F")
    yield made("`vlen-utf8`, not compressed", {"id": "vlen-utf8"}, "", compressor=None)
    yield made("`vlen-utf8`, missing chunks", {"id": "vlen-utf8"}, "", regions=[[[3], [3]]])
    yield made("`vlen-bytes`", VLEN_BYTES, None, values="bytes")
    for base in ["|b1", "|i1", "|u1", "<i2", "<i4", "<i8", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8"]:
        yield made(f"`vlen-array` of `{base}`", {"id": "vlen-array", "dtype": base}, None, values=base)
    yield made("`json2`", JSON2, None, values="json")
    yield made("`msgpack2`", MSGPACK2, None, values="json")
    yield made("`categorize`", CATEGORIZE, "", values="labels")
    yield made("`pickle`, only read", {"id": "pickle", "protocol": 5}, None, values="json", only_peers_write=True)


def compressors():
    yield "none", None
    for level in (0, 1, 9):
        yield f"`zlib`, level {level}", {"id": "zlib", "level": level}
    for level in (1, 9):
        yield f"`gzip`, level {level}", {"id": "gzip", "level": level}
        yield f"`bz2`, level {level}", {"id": "bz2", "level": level}
        yield f"`zstd`, level {level}", {"id": "zstd", "level": level}
    yield "`zstd`, level -5", {"id": "zstd", "level": -5}
    yield "`zstd`, checksum", {"id": "zstd", "level": 3, "checksum": True}
    for acceleration in (1, 9):
        yield f"`lz4`, acceleration {acceleration}", {"id": "lz4", "acceleration": acceleration}
    lzma = {"id": "lzma", "format": 1, "check": -1, "preset": None, "filters": None}
    yield "`lzma`, xz", lzma
    yield "`lzma`, xz, preset 1, SHA-256", {**lzma, "preset": 1, "check": 10}
    yield "`lzma`, xz, delta and LZMA2", {**lzma, "filters": [{"id": 3, "dist": 4}, {"id": 33, "preset": 1}]}
    yield "`lzma`, alone", {**lzma, "format": 2}
    yield "`lzma`, raw LZMA2", {**lzma, "format": 3, "filters": [{"id": 33, "preset": 6}]}
    yield "`lzma`, raw delta and LZMA1", {**lzma, "format": 3, "filters": [{"id": 3, "dist": 2}, {"id": 0x4000000000000001, "preset": 1}]}
    for name in ("blosclz", "lz4", "lz4hc", "zlib", "zstd"):
        for shuffle, word in enumerate(("no shuffle", "shuffle", "bit shuffle")):
            yield f"`blosc`, {name}, {word}", {**BLOSC, "cname": name, "shuffle": shuffle}
    yield "`blosc`, automatic shuffle", {**BLOSC, "shuffle": -1}
    yield "`blosc`, level 0", {**BLOSC, "clevel": 0}
    yield "`blosc`, level 9, blocks of 256", {**BLOSC, "clevel": 9, "blocksize": 256}


def codecs():
    for label, compressor in compressors():
        for dtype in ("<i2", "<f8"):
            yield cell("Compressors", f"{label} (`{dtype}`)", dtype, (700,), (256,), compressor=compressor, values="smooth")


def filters():
    def made(label, dtype, chain, compressor=None, values="smooth", **more):
        return cell("Filters", label, dtype, (150,), (64,), compressor=compressor, filters=chain, values=values,
                    fill=False if dtype == "|b1" else 0.0 if dtype[1] == "f" else 0, **more)
    for size, dtype in ((2, "<i2"), (4, "<f4"), (8, "<f8")):
        yield made(f"`shuffle` {size} (`{dtype}`)", dtype, [{"id": "shuffle", "elementsize": size}])
    for dtype in ("|i1", "|u1", "<i2", ">i4", "<i8", "<u4", "<f4", "<f8"):
        yield made(f"`delta` (`{dtype}`)", dtype, [{"id": "delta", "dtype": dtype, "astype": dtype}], values="eighths")
    yield made("`delta` (`<i8` as `<i2`)", "<i8", [{"id": "delta", "dtype": "<i8", "astype": "<i2"}], values="small")
    for dtype in ("<f4", "<f8"):
        for astype in ("<i2", "<i4"):
            yield made(f"`fixedscaleoffset` (`{dtype}` as `{astype}`)", dtype, [
                {"id": "fixedscaleoffset", "scale": 8, "offset": 100, "dtype": dtype, "astype": astype}], values="eighths")
    for dtype in ("<f4", "<f8"):
        yield made(f"`quantize` (`{dtype}`)", dtype, [{"id": "quantize", "digits": 2, "dtype": dtype, "astype": dtype}], values="eighths")
    for dtype in ("<f4", "<f8"):
        yield made(f"`bitround` (`{dtype}`)", dtype, [{"id": "bitround", "keepbits": 14}], values="eighths")
    yield made("`bitround` (`<f2`)", "<f2", [{"id": "bitround", "keepbits": 6}], values="small")
    yield made("`packbits` (`|b1`)", "|b1", [{"id": "packbits"}], values="any")
    yield made("`astype` (`<f8` as `<f4`)", "<f8", [{"id": "astype", "encode_dtype": "<f4", "decode_dtype": "<f8"}], values="eighths")
    yield made("`astype` (`<i4` as `>i2`)", "<i4", [{"id": "astype", "encode_dtype": ">i2", "decode_dtype": "<i4"}], values="small")
    yield made("`astype` (`<f4` as `<i4`)", "<f4", [{"id": "astype", "encode_dtype": "<i4", "decode_dtype": "<f4"}], values="small")
    for name in ("crc32", "adler32", "crc32c"):
        yield made(f"`{name}`", "<i4", [{"id": name}])
        yield made(f"`{name}`, at the end", "<i4", [{"id": name, "location": "end"}])
    yield made("`fletcher32`", "<i4", [{"id": "fletcher32"}])
    yield made("`jenkins_lookup3`", "<i4", [{"id": "jenkins_lookup3", "initval": 0, "prefix": None}])
    yield made("`jenkins_lookup3`, with an initial value", "<i4", [{"id": "jenkins_lookup3", "initval": 7, "prefix": None}])
    yield made("`base64`", "<i4", [{"id": "base64"}])
    zfpy = {"id": "zfpy", "mode": 4, "compression_kwargs": {"tolerance": -1}, "tolerance": -1, "rate": -1, "precision": -1}
    for dtype in ("<i4", "<i8", "<f4", "<f8"):
        yield made(f"`zfpy`, lossless (`{dtype}`)", dtype, [zfpy])
    yield made("`zfpy`, lossless, as the compressor", "<f8", None, zfpy)
    for words, changed in {"tolerance 0.01": {"tolerance": 0.01}, "rate 16": {"mode": 2, "rate": 16}, "precision 20": {"mode": 3, "precision": 20}}.items():
        name = words.split()[0]
        lossy = {**zfpy, **changed, "compression_kwargs": {name: changed[name]}}
        yield made(f"`zfpy`, {words}, only read", "<f4", [lossy], only_peers_write=True)
    delta, shuffle = {"id": "delta", "dtype": "<i4", "astype": "<i4"}, {"id": "shuffle", "elementsize": 4}
    scale = {"id": "fixedscaleoffset", "scale": 8, "offset": 0, "dtype": "<f8", "astype": "<i4"}
    yield made("`delta`, `shuffle`, `zlib`", "<i4", [delta, shuffle], ZLIB)
    yield made("`fixedscaleoffset`, `delta`, `shuffle`, `zstd`", "<f8", [scale, delta, shuffle], {"id": "zstd", "level": 1}, "eighths")
    yield made("`bitround`, `shuffle`, `zlib`", "<f4", [{"id": "bitround", "keepbits": 14}, shuffle], ZLIB, "eighths")
    yield made("`shuffle`, `fletcher32`, `bz2`", "<i4", [shuffle, {"id": "fletcher32"}], {"id": "bz2", "level": 1})
    yield made("`shuffle`, `crc32`, `base64`, `gzip`", "<i4", [shuffle, {"id": "crc32"}, {"id": "base64"}], {"id": "gzip", "level": 1})
    yield made("`packbits`, `zlib`", "|b1", [{"id": "packbits"}], ZLIB, "any")


LAYOUTS = {  # words: shape, chunks
    "1-D, whole chunks": ((12,), (4,)), "1-D, partial edge": ((11,), (4,)), "1-D, one larger chunk": ((5,), (64,)),
    "2-D, whole chunks": ((6, 8), (3, 4)), "2-D, partial edges": ((7, 9), (3, 4)), "2-D, rows": ((5, 6), (1, 6)),
    "3-D, whole chunks": ((4, 4, 6), (2, 2, 3)), "3-D, partial edges": ((5, 3, 7), (2, 2, 3)), "3-D, chunks of 1": ((2, 3, 2), (1, 1, 1)),
}


def layouts():
    for label, (shape, chunks) in LAYOUTS.items():
        for order in "CF":
            for separator in "./":
                for dtype in ("<i4", ">f8"):
                    yield cell("Layouts", f"{label}, `{order}`, `{separator}` (`{dtype}`)", dtype, shape, chunks, order=order,
                               separator=separator, fill=0.0 if dtype == ">f8" else 0)
    yield cell("Layouts", "0-d", "<f8", (), (), fill=0.0)
    yield cell("Layouts", "0-d, not written", "<i4", (), (), fill=7, regions=[])
    for shape, chunks in (((0,), (1,)), ((0, 4), (1, 4)), ((4, 0), (2, 1))):
        yield cell("Layouts", f"empty, {len(shape)}-D {shape}", "<i2", shape, chunks)
    yield cell("Layouts", "4-D", "<u2", (3, 4, 2, 5), (2, 3, 2, 2))
    yield cell("Layouts", "6-D", "|u1", (2, 3, 2, 3, 2, 2), (1, 2, 1, 2, 2, 1), order="F")
    yield cell("Layouts", "32-D", "|u1", (2,) + (1,) * 30 + (3,), (1,) + (1,) * 30 + (2,))
    for order in "CF":
        yield cell("Layouts", f"structured, `{order}`", [["x", "<i4"], ["y", ">f8"]], (5, 4), (2, 3), order=order, fill=None)
        yield cell("Layouts", f"text, `{order}`", "<U3", (5, 4), (2, 3), order=order, fill="")
        yield cell("Layouts", f"missing chunks, `{order}`", "<i4", (9, 8), (3, 4), order=order, fill=-5, regions=[[[3, 2], [4, 3]]])
    yield cell("Layouts", "nothing written", "<f4", (9, 8), (3, 4), fill=2.5, regions=[])
    for write_empty in (True, False):
        words = "on" if write_empty else "off"
        yield cell("Layouts", f"`write_empty_chunks` {words}", "<i4", (9,), (3,), fill=3, values="fills", write_empty=write_empty)
    for dtype in ("<i4", "|S5"):
        yield cell("Layouts", f"consolidated (`{dtype}`)", dtype, consolidated=True, fill=0 if dtype == "<i4" else text64(bytes(5)))
    yield cell("Layouts", "consolidated, `/`", "<f8", separator="/", consolidated=True, fill=0.0)


def fill_values():
    record = [["x", "<i4"], ["s", "|S2"]]
    some = {
        "<f4": [0.1, "NaN", "Infinity", "-Infinity", -0.0], "<f8": [1e300, "NaN", "-Infinity", 5e-324, -0.0], ">f8": ["NaN", 1.5, -0.0],
        "<f2": ["NaN", 0.5, -0.0],
        "|b1": [True], "|i1": [-128], "|u1": [255], "<i4": [-7], "<i8": [-2**63, 2**53 + 1], "<u8": [2**64 - 1], ">i4": [258],
        "<c8": [[1.0, -2.0], ["Infinity", 3.0], ["NaN", "NaN"], [-0.0, "-Infinity"]],
        "<c16": [["-Infinity", 0.5], ["NaN", 1.0], [1.0, "NaN"], ["NaN", "Infinity"], [0.0, -0.0]], ">c8": [["Infinity", "NaN"]],
        "<M8[ns]": [-2**63, 1], ">M8[D]": [-2**63], "<m8[s]": [-2**63, -1], ">m8[us]": [-2**63],
        "|S4": [text64(b"ab\0\0"), text64(b"\xff\0x\0")], "|V3": [text64(b"\1\0\2")], "<U3": ["ä鍵", "abc"],
    }
    for dtype, fills in some.items():
        for fill in fills:
            yield cell("Fill values", f"`{json.dumps(fill, ensure_ascii=False)}` (`{dtype}`)", dtype, (9,), (2,), fill=fill, regions=[[[2], [3]]])
    yield cell("Fill values", "structured", record, (9,), (2,), fill=text64(np.array([(-3, b"hi")], np_dtype(record)).tobytes()), regions=[[[2], [3]]])
    # Where it is null, zarr-python gives what lay in memory for chunks that are missing.
    yield cell("Fill values", "structured, `null`", record, (9,), (2,), fill=None)
    yield cell("Fill values", "structured, `\"\"`", record, (9,), (2,), fill="", regions=[[[2], [3]]])
    for dtype in ("<i4", "<f8", "|S4", "<U3", "|b1", "<M8[ns]"):
        yield cell("Fill values", f"`null` (`{dtype}`)", dtype, (9,), (2,), fill=None)
    for fill in ("", "none", None, 0):
        yield cell("Fill values", f"`{json.dumps(fill)}` (`vlen-utf8`)", "|O", (8,), (3,), filters=[{"id": "vlen-utf8"}], fill=fill, regions=[[[3], [3]]])
    for codec, values in ((VLEN_BYTES, "bytes"), (VLEN_ARRAY, "<i4"), (JSON2, "json"), (MSGPACK2, "json"), (CATEGORIZE, "labels")):
        for fill in (None, "", 0):
            yield cell("Fill values", f"`{json.dumps(fill)}` (`{codec['id']}`)", "|O", (8,), (3,), filters=[codec], fill=fill, values=values,
                       regions=[[[3], [3]]])


def all_cells(uncompressed=False):
    """Every cell, each with a `name` that is a file name; uncompressed where a cell is not about compression, for peers that
    have no codecs."""
    cells = [one for make in (data_types, objects, codecs, filters, layouts, fill_values) for one in make()]
    for number, one in enumerate(cells):
        one["name"] = f"c{number:03}"
        if uncompressed and one["section"] not in ("Compressors", "Filters"):
            one["compressor"] = None
    return cells


def text64(raw):
    return base64.b64encode(raw).decode()


def np_dtype(dtype):
    """A dtype as .zarray spells it."""
    if isinstance(dtype, str):
        return np.dtype(dtype)
    return np.dtype([(name, np_dtype(kind), *map(tuple, shape)) for name, kind, *shape in dtype])


def zarray(one):
    """The cell's .zarray."""
    return {"chunks": one["chunks"], "compressor": one["compressor"], "dimension_separator": one["separator"], "dtype": one["dtype"],
            "fill_value": one["fill"], "filters": one["filters"], "order": one["order"], "shape": one["shape"], "zarr_format": 2}


def is_object(one):
    return one["dtype"] == "|O"


def fill_scalar(one):
    """The fill value as NumPy has it; None for null."""
    fill, dtype = one["fill"], np_dtype(one["dtype"])
    if fill is None or dtype.kind == "O":
        return fill
    if dtype.kind in "SV":
        raw = base64.b64decode(fill)
        return np.frombuffer(raw.ljust(dtype.itemsize, b"\0"), dtype)[0]
    if dtype.kind == "c":
        return dtype.type(complex(float(fill[0]), float(fill[1])))
    if dtype.kind == "f":
        return dtype.type(float(fill))
    if dtype.kind in "mM":
        return np.array(fill, "<i8").view(f"<{dtype.str[1:]}")[()]
    return np.array(fill, dtype)[()]


def boxes(one):
    """What is written, as slices."""
    if one["regions"] is None:
        return [tuple(slice(0, size) for size in one["shape"])]
    return [tuple(slice(a, a + n) for a, n in zip(origin, shape)) for origin, shape in one["regions"]]


def expected(one):
    """What must be read: the fill value, and the values where they were written."""
    written = source(one)
    fill = fill_scalar(one)
    whole = np.empty(one["shape"], written.dtype)
    whole[...] = fill if fill is not None or is_object(one) else np.zeros((), whole.dtype)
    for box in boxes(one):
        whole[box] = written[box]
    return whole


def source(one):
    """The values of the whole array; only the cell's boxes of it are written."""
    rng = np.random.default_rng(zlib.crc32(json.dumps([one["section"], one["label"]]).encode()))
    count = int(np.prod(one["shape"], dtype=int))
    if is_object(one):
        flat = np.empty(count, object)
        flat[:] = some_objects(rng, count, one["values"])
        return flat.reshape(one["shape"])
    dtype = np_dtype(one["dtype"])
    if one["values"] == "any":
        flat = some(rng, dtype, count)
    elif one["values"] == "fills":
        flat = np.where(np.arange(count) < 4, fill_scalar(one), np.arange(count)).astype(dtype)
    elif one["values"] == "smooth":
        flat = (1000 * np.sin(np.arange(count) / 20)).astype(dtype)
    elif one["values"] == "small":
        flat = rng.integers(-30, 30, count).astype(dtype)
    else:
        # With few bits, so that no filter loses any of them.
        flat = (rng.integers(0, 100, count) if dtype.itemsize == 1 else rng.integers(-1600, 1600, count) / 8).astype(dtype)
    return flat.reshape(one["shape"])


def some(rng, dtype, count):
    """`count` values of a type, those among them that are easily got wrong."""
    if dtype.fields:
        made = np.zeros(count, dtype)
        for name in dtype.names:
            made[name] = some(rng, dtype[name].base, count * int(np.prod(dtype[name].shape, dtype=int))).reshape((count, *dtype[name].shape))
        return made
    if dtype.kind == "b":
        return rng.integers(0, 2, count).astype(dtype)
    if dtype.kind == "f":
        special = np.array([np.nan, np.inf, -np.inf, -0.0, np.finfo(dtype).smallest_subnormal])
        return mixed(rng, rng.standard_normal(count) * 100, special).astype(dtype)
    if dtype.kind == "c":
        part = np.dtype(dtype.str[:2].replace("c", "f") + str(dtype.itemsize // 2))
        return some(rng, part, 2 * count).view(dtype)
    if dtype.kind in "mM":
        raw = mixed(rng, rng.integers(-10**9, 10**9, count), np.array([-2**63, 0, 2**53 + 1]))
        return raw.astype(dtype.str[0] + "i8").view(dtype)
    if dtype.kind == "U":
        letters = np.array([0x41, 0xe4, 0x9375, 0x1f400, 0x7a])
        codes = letters[rng.integers(0, len(letters), count * dtype.itemsize // 4)].astype(dtype.str[0] + "u4")
        return codes.view(dtype)
    # Integers of all sizes, and bytes.
    return np.frombuffer(rng.bytes(count * dtype.itemsize), dtype).copy()


def mixed(rng, values, special):
    places = rng.permutation(len(values))[:len(special)]
    values[places] = special[:len(places)]
    return values


def some_objects(rng, count, kind):
    if kind == "any":
        return ["", "plain", "ünï", "鍵🐀", "x" * 90, "two words", "3", "tab\t"][:count] + ["more"] * (count - 8)
    if kind == "bytes":
        return [b"", b"plain", b"\xff\x00\x01", b"x" * 90, b"end\xfe", b"q", b"ab", b"\x80"][:count]
    if kind == "labels":
        return [("red", "green", "blue")[int(i)] for i in rng.integers(0, 3, count)]
    if kind == "json":
        return [{"above": [1, "b"], "name": "ü"}, ["x", 1, None, [2.5, True]], "text ü", 3.5, -7, 2**53 + 1, None, {"n": {"m": []}}][:count]
    return [some(rng, np.dtype(kind), int(n)) for n in rng.integers(0, 6, count)]


def raw(values):
    """Little-endian, in C order."""
    values = np.asarray(values)
    return values.astype(little(values.dtype), order="C").tobytes()


def little(dtype):
    if dtype.fields:
        return np.dtype([(name, little(dtype[name].base), dtype[name].shape) for name in dtype.names])
    return dtype.newbyteorder("<")


def plain(value):
    """An object as JSON, as engram prints it: bytes as text, those that are none as Python has them in file names."""
    if isinstance(value, bytes):
        return value.decode(errors="surrogateescape")
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value.tolist()]
    if isinstance(value, np.generic):
        return value.item()
    return value
