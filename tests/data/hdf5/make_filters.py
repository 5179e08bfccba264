#!/usr/bin/env python3
"""Makes filters.h5 and filter_chunks.json beside it: what hdf5plugin's filters make of small arrays.

Needs h5py 3.16 and hdf5plugin 7.1 (tests/interop/requirements.txt). The files are committed and must be readable for ever; run
this again only when a test needs something new.

filters.h5: /FILTER/CASE is /plain/CASE under a filter. filter_chunks.json: arrays, in base64, and chunks of those filters that
numcodecs has no codec for, each with the filter's client data and the array that it was.
"""
import base64
import json
import pathlib

import h5py
import hdf5plugin
import numpy as np

HERE = pathlib.Path(__file__).parent
RNG = np.random.default_rng(32008)
WALK = np.cumsum(RNG.integers(-9, 10, 6000))
NOISE = RNG.integers(0, 256, 20000, dtype="u1")

FILTERS = {
    "bzip2": hdf5plugin.BZip2(5),
    "lzf": {"compression": "lzf"},
    "blosc": hdf5plugin.Blosc(cname="lz4", shuffle=1),
    "blosc_snappy": hdf5plugin.Blosc(cname="snappy", shuffle=2),
    "lz4": hdf5plugin.LZ4(nbytes=256),
    "bitshuffle": hdf5plugin.Bitshuffle(cname="none"),
    "bitshuffle_lz4": hdf5plugin.Bitshuffle(cname="lz4"),
    "bitshuffle_zstd": hdf5plugin.Bitshuffle(cname="zstd"),
    "zstd": hdf5plugin.Zstd(3),
}
ZFP = {
    "zfp": hdf5plugin.Zfp(reversible=True),
    "zfp_rate": hdf5plugin.Zfp(rate=16),
    "zfp_accuracy": hdf5plugin.Zfp(accuracy=0.01),
    "zfp_precision": hdf5plugin.Zfp(precision=12),
}


def of_size(size, count):
    """`count` elements of `size` bytes that compress somewhat."""
    return np.repeat(WALK[:count, None], size, axis=1).astype("u1").view(f"V{size}").ravel()


def records(count):
    made = np.zeros(count, {"names": ["a", "b"], "formats": ["i1", "<f8"], "offsets": [0, 8], "itemsize": 16})
    made["a"], made["b"] = np.arange(count) % 100, WALK[:count] / 4
    return made


def make_file():
    cases = {
        "i1": (WALK[:333].astype("i1"), (100,)),
        "i2_big": (WALK[:333].astype(">i2"), (100,)),
        "f4": (WALK[:300].reshape(15, 20).astype("f4"), (4, 7)),
        "f8": (WALK[:333].astype("f8") / 8, (100,)),
        "i4_steps": ((WALK[:999] // 64).astype("<i4"), (500,)),
        "c16": ((WALK[:77] + 1j * WALK[1:78]).astype("c16"), (77,)),
        "records": (records(50), (33,)),  # with padding, so that only HDF5 itself reads them
    }
    with h5py.File(HERE / "filters.h5", "w", libver=("v110", "v110")) as file:
        for name, (values, _) in cases.items():
            file[f"plain/{name}"] = values
        texts = [f"text {i % 7}" for i in range(40)]
        file.create_dataset("plain/text", data=texts, dtype=h5py.string_dtype())
        for filter_name, settings in FILTERS.items():
            for name, (values, chunks) in cases.items():
                file.create_dataset(f"{filter_name}/{name}", data=values, chunks=chunks, **settings)
            if not filter_name.startswith("blosc"):  # hdf5plugin 7.1 dies of that one
                file.create_dataset(f"{filter_name}/text", data=texts, dtype=h5py.string_dtype(), chunks=(16,), **settings)
            # Chunk 1 was stored without its filter, and chunk 2 with a checksum alone.
            masked = file.create_dataset(f"{filter_name}/masked", shape=(300,), dtype="<i4", chunks=(100,), fletcher32=True,
                                         **settings)
            masked[:] = WALK[:300]
            masked.id.write_direct_chunk((100,), WALK[100:200].astype("<i4").tobytes(), 0b11)
        file["plain/masked"] = WALK[:300].astype("<i4")
        for filter_name, settings in ZFP.items():
            for name in ("f4", "f8"):
                values, chunks = cases[name]
                file.create_dataset(f"{filter_name}/{name}", data=values, chunks=chunks, **settings)
    # Read from the file, and not from HDF5's cache, since some are lossy.
    with h5py.File(HERE / "filters.h5", "r+", libver=("v110", "v110")) as file:
        for filter_name in ZFP:
            for name in ("f4", "f8"):
                file[f"plain_{filter_name}/{name}"] = file[f"{filter_name}/{name}"][()]


def chunk_of(file, values, settings):
    """The client data and the bytes of the one chunk."""
    made = file.create_dataset(str(len(file)), data=values, chunks=values.shape, **settings)
    _, _, client_data, _ = made.id.get_create_plist().get_filter(0)
    mask, encoded = made.id.read_direct_chunk((0,) * values.ndim)
    return None if mask else (list(client_data), encoded, made[()])


def text(data):
    return base64.b64encode(bytes(data)).decode()


def make_chunks():
    arrays, chunks = {}, []

    def add(name, array, settings):
        made = chunk_of(file, array, settings)
        if made is None:
            return
        values, encoded, decoded = made
        number = settings["compression"] if isinstance(settings["compression"], int) else 32000
        key = text(decoded.tobytes())
        arrays.setdefault(key, f"{len(arrays)}")
        chunks.append({"name": name, "id": f"hdf5:{number}", "values": values, "decoded": arrays[key], "encoded": text(encoded)})

    with h5py.File("unused", "w", driver="core", backing_store=False) as file:
        for size in (1, 2, 3, 4, 8, 16):
            for count in (1, 8, 71):
                array = of_size(size, count)
                for cname in ("none", "lz4", "zstd"):
                    add(f"bitshuffle {cname}, {count} of {size} bytes", array, dict(hdf5plugin.Bitshuffle(cname=cname)))
                add(f"lz4, {count} of {size} bytes", array, dict(hdf5plugin.LZ4()))
                add(f"lzf, {count} of {size} bytes", array, {"compression": "lzf"})
            for block in (8, 64):
                for cname in ("none", "lz4", "zstd"):
                    add(f"bitshuffle {cname}, blocks of {block}, elements of {size} bytes", of_size(size, 203),
                        dict(hdf5plugin.Bitshuffle(nelems=block, cname=cname)))
        for cname in ("none", "lz4", "zstd"):  # More than one block of the usual size.
            add(f"bitshuffle {cname}, 1007 of 16 bytes", of_size(16, 1007), dict(hdf5plugin.Bitshuffle(cname=cname)))
        for block in (7, 100, 1000):
            add(f"lz4, blocks of {block} bytes", of_size(2, 501), dict(hdf5plugin.LZ4(nbytes=block)))
        for name, settings in (("lz4", hdf5plugin.LZ4(nbytes=500)), ("bitshuffle lz4", hdf5plugin.Bitshuffle()),
                               ("bitshuffle zstd", hdf5plugin.Bitshuffle(cname="zstd"))):
            add(f"{name}, noise", NOISE[:2000], dict(settings))
        for cname in ("blosclz", "lz4", "snappy", "zlib", "zstd"):
            for shuffle in (0, 1, 2):
                add(f"blosc {cname}, shuffle {shuffle}", WALK[:1000].astype("<i4"),
                    dict(hdf5plugin.Blosc(cname=cname, shuffle=shuffle)))
        for name, settings in ZFP.items():
            for dtype in ("<f4", "<f8", "<i4", "<i8"):
                if dtype.startswith("<i") and name == "zfp_accuracy":
                    continue
                for shape in ((50,), (7, 9), (5, 6, 7), (3, 4, 5, 2), (1, 10, 1, 5)):
                    count = int(np.prod(shape))
                    add(f"{name} {dtype} {shape}", WALK[:count].reshape(shape).astype(dtype), dict(settings))
    (HERE / "filter_chunks.json").write_text(json.dumps(
        {"arrays": {name: data for data, name in arrays.items()}, "chunks": chunks}, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    make_file()
    make_chunks()
