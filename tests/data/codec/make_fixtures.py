"""Makes fixtures.json: what numcodecs and HDF5 make of small arrays, for tests/codec.

Needs numpy, numcodecs 0.15, h5py, hdf5plugin and the zstd command. Run: python make_fixtures.py
Bytes are base64. The file is committed; this script says where each of its bytes came from.
"""

import base64
import bz2
import gzip
import json
import pathlib
import subprocess
import tempfile
import zlib

import h5py
import hdf5plugin
import numcodecs
import numpy as np
from numcodecs.vlen import VLenArray, VLenBytes, VLenUTF8

HERE = pathlib.Path(__file__).parent
RNG = np.random.default_rng(20240131)


def text(data):
    return base64.b64encode(bytes(data)).decode()


WALK = np.cumsum(RNG.integers(-9, 10, 1000)).astype("<i2")  # 2000 bytes
ARRAYS = {
    "walk": WALK,
    "walk f8": WALK[:300].astype("<f8") * 0.25,
    "bytes": (WALK[:777] & 3).astype("u1"),
    "noise": RNG.integers(0, 256, 999, dtype="u1"),
    "zeros": np.zeros(3000, "<i4"),
    "one": np.array([7], "u1"),
    "triples": (WALK[:900] & 15).astype("u1").view("V3"),
    "long elements": np.tile(WALK[:150], 5).view("V300"),
}


# --- One codec, one array -------------------------------------------------------------------------
def bytes_codecs():
    cases = []

    def add(name, config, array, encoded, size=None):
        size = ARRAYS[array].itemsize if size is None else size
        cases.append({"name": name, "codec": config, "element_size": size, "array": array,
                      "encoded": text(encoded)})

    def numcodec(name, config, array):
        add(name, config, array, numcodecs.get_codec(config).encode(ARRAYS[array]))

    for level in (-1, 0, 1, 9):
        numcodec(f"Zlib{level + 1}", {"id": "zlib", "level": level}, "walk")
    numcodec("ZlibNoise", {"id": "zlib", "level": 6}, "noise")
    small_window = zlib.compressobj(9, zlib.DEFLATED, 9)
    raw = ARRAYS["walk"].tobytes()
    add("ZlibSmallWindow", {"id": "zlib"}, "walk", small_window.compress(raw) + small_window.flush())
    add("ZlibBytesBehind", {"id": "zlib"}, "walk", zlib.compress(raw) + b"padding")
    add("Gzip", {"id": "gzip", "level": 5}, "walk", gzip.compress(raw, 5, mtime=0))
    add("GzipMembers", {"id": "gzip", "level": 5}, "walk",
        gzip.compress(raw[:700], mtime=0) + gzip.compress(raw[700:], mtime=0))
    add("GzipZerosBehind", {"id": "gzip"}, "walk", gzip.compress(raw, mtime=0) + bytes(512))
    for level in (-5, 0, 19, 100):
        numcodec(f"Zstd{level + 5}", {"id": "zstd", "level": level}, "walk")
    numcodec("ZstdChecksum", {"id": "zstd", "level": 3, "checksum": True}, "walk")
    piped = subprocess.run(["zstd", "-c", "--no-check"], input=raw, capture_output=True, check=True)
    add("ZstdNoContentSize", {"id": "zstd"}, "walk", piped.stdout)
    for acceleration in (1, 1000):
        numcodec(f"Lz4{acceleration}", {"id": "lz4", "acceleration": acceleration}, "walk")
    numcodec("Lz4Noise", {"id": "lz4"}, "noise")
    numcodec("Bz2", {"id": "bz2", "level": 9}, "walk")
    add("Bz2Streams", {"id": "bz2"}, "walk", bz2.compress(raw[:999]) + bz2.compress(raw[999:]))
    for array, sizes in (("walk", (0, 1, 2, 4, 5, 8)), ("triples", (3,)), ("walk f8", (12, 16, 48)),
                         ("long elements", (300,))):
        for size in sizes:
            encoded = numcodecs.Shuffle(size).encode(ARRAYS[array].tobytes())
            add(f"Shuffle{size}", {"id": "shuffle", "elementsize": size}, array, encoded)
    for array in ("walk", "bytes", "noise", "zeros", "one"):
        numcodec("Fletcher32" + array.title(), {"id": "fletcher32"}, array)
    for cname in ("blosclz", "lz4", "lz4hc", "zlib", "zstd"):
        for shuffle in (-1, 0, 1, 2):
            for array in ("walk f8", "bytes"):
                config = {"id": "blosc", "cname": cname, "clevel": 5, "shuffle": shuffle,
                          "blocksize": 256 if shuffle == 1 else 0}
                numcodec(f"Blosc{cname.title()}{shuffle + 1}{array.title()}", config, array)
    for array in ("noise", "zeros", "one", "triples", "long elements"):
        numcodec("Blosc" + array.title(), {"id": "blosc", "cname": "zlib", "shuffle": 1}, array)
    numcodec("BloscStored", {"id": "blosc", "clevel": 0}, "walk")
    for case in cases:
        case["name"] = case["name"].replace(" ", "")
    return cases


# --- Object codecs --------------------------------------------------------------------------------
def objects():
    awkward = ["", "ü", "日本語", "\U0001f9e0 brain", 'quote " back \\ slash /', "\x00\x1f\x7f\n", "\u2028"]
    floats = [0.0, -0.0, 1.0, 0.1, 1e16, 1e-5, 123456789012345680.0, 5e-324, 1.7976931348623157e308,
              1e22, 100000.0, 1e15, float("nan"), float("inf"), float("-inf"), 0.0001, 3.14]
    ints = [0, -1, 2**31, 2**53 + 1, -(2**63), 2**63 - 1, 2**64 - 1]
    rows = [{"source": ".", "path": "/a", "b": None, "A": [1, {"z": 1, "y": 2}], "é": True}, None]
    json2 = []
    for name, elements, shape in (
            ("Texts", awkward, [len(awkward)]), ("Floats", floats, [len(floats)]),
            ("Integers", ints, [len(ints)]), ("References", rows, [2]),
            ("Rows", [[1, "a"], [2, None]], [2]), ("Matrix", list(range(6)), [2, 3]),
            ("Cube", list("abcdefgh"), [2, 2, 2]), ("Scalar", ["one"], []), ("Empty", [], [0]),
            ("EmptyRows", [], [3, 0]), ("Lists", [[], [1], [[2]]], [3]), ("Object", [{}], [1, 1])):
        array = np.empty(len(elements), object)
        array[:] = [np.nan] * len(elements)
        for i, element in enumerate(elements):
            array[i] = element
        encoded = numcodecs.JSON().encode(array.reshape(shape))
        json2.append({"name": name, "elements": elements, "shape": shape, "encoded": text(encoded)})
    vlen = []
    for name, items in (("Utf8", awkward), ("None", []), ("Empty", [""])):
        encoded = VLenUTF8().encode(np.array(items, object))
        vlen.append({"name": name, "items": [text(i.encode()) for i in items], "encoded": text(encoded)})
    blobs = [b"", b"\xff\x00", b"abc"]
    vlen.append({"name": "Bytes", "items": [text(b) for b in blobs],
                 "encoded": text(VLenBytes().encode(np.array(blobs, object)))})
    ragged = np.empty(3, object)
    ragged[:] = [np.arange(3, dtype="<i4"), np.array([], "<i4"), np.array([-1], "<i4")]
    vlen.append({"name": "Array", "items": [text(a.tobytes()) for a in ragged],
                 "encoded": text(VLenArray("<i4").encode(ragged))})
    return json2, vlen


# --- Chunks as HDF5 stores them -------------------------------------------------------------------
def as_long_as_its_data(array, level):
    """`array` with so much noise at its end that shuffle + deflate make no byte less of it."""
    noise = np.random.default_rng(1).integers(0, 256, array.nbytes, dtype="u1")
    for tail in range(array.nbytes, 0, -1):
        data = np.zeros(array.nbytes, "u1")
        data[array.nbytes - tail:] = noise[:tail]
        candidate = data.view(array.dtype)
        shuffled = numcodecs.Shuffle(array.itemsize).encode(candidate.tobytes())
        if len(zlib.compress(bytes(shuffled), level)) == array.nbytes:
            return candidate
    raise RuntimeError("no such data")


def chunks(path):
    found = []
    gzip4 = {"name": "zlib", "configuration": {"level": 4}}
    fletcher = {"name": "fletcher32", "configuration": {}}

    def shuffle(size):
        return {"name": "shuffle", "configuration": {"elementsize": size}}

    with h5py.File(path, "w") as file:

        def add(name, data, codecs, mask=None, **options):
            data = np.asarray(data)
            dataset = file.create_dataset(name, data.shape, data.dtype, chunks=data.shape, **options)
            if mask is None:
                dataset[...] = data
            else:  # What HDF5 would store had the masked filters failed.
                stored = data.tobytes()
                for i, codec in enumerate(codecs):
                    if not mask >> i & 1:
                        stored = bytes(numcodecs.get_codec(
                            {"id": codec["name"], **codec["configuration"]}).encode(stored))
                dataset.id.write_direct_chunk((0,) * data.ndim, stored, mask)
            found.append({"name": name, "source": codecs, "element_size": data.itemsize,
                          "mask": mask or 0, "raw": text(data.tobytes())})

        walk, wide = ARRAYS["walk"], ARRAYS["walk f8"]
        noise = RNG.integers(-(2**15), 2**15, 500).astype("<i2")
        deflate = {"compression": "gzip", "compression_opts": 4}
        add("Plain", walk, [])
        add("Shuffle", walk, [shuffle(2)], shuffle=True)
        add("Deflate", walk, [gzip4], **deflate)
        add("ShuffleDeflate", walk, [shuffle(2), gzip4], shuffle=True, **deflate)
        add("ShuffleDeflateF8", wide, [shuffle(8), gzip4], shuffle=True, **deflate)
        add("ShuffleDeflateBig", walk.astype(">i4"), [shuffle(4), gzip4], shuffle=True, **deflate)
        compound = np.zeros(200, [("a", "<i4"), ("b", "<f8"), ("c", "S3")])
        compound["a"], compound["b"] = walk[:200], wide[:200]
        add("ShuffleDeflateRecords", compound, [shuffle(15), gzip4], shuffle=True, **deflate)
        add("ShuffleDeflateBytes", ARRAYS["bytes"], [shuffle(1), gzip4], shuffle=True, **deflate)
        add("ShuffleDeflateLong", ARRAYS["long elements"], [shuffle(300), gzip4], shuffle=True,
            **deflate)
        add("ShuffleDeflateNoise", noise, [shuffle(2), gzip4], shuffle=True, **deflate)
        add("ShuffleDeflateTiny", walk[:3], [shuffle(2), gzip4], mask=0, shuffle=True, **deflate)
        trap = as_long_as_its_data(np.zeros(500, "<i2"), 4)
        add("ShuffleDeflateAsLong", trap, [shuffle(2), gzip4], mask=0, shuffle=True, **deflate)
        for mask in (1, 2, 3):
            add(f"ShuffleDeflateMask{mask}", walk, [shuffle(2), gzip4], mask=mask, shuffle=True,
                **deflate)
        add("DeflateMask", walk, [gzip4], mask=1, **deflate)
        add("Fletcher", walk, [fletcher], fletcher32=True)
        add("FletcherOdd", ARRAYS["bytes"], [fletcher], fletcher32=True)
        add("DeflateFletcher", walk, [gzip4, fletcher], fletcher32=True, **deflate)
        every = [shuffle(2), gzip4, fletcher]
        options = {"shuffle": True, "fletcher32": True, **deflate}
        add("All", walk, every, **options)
        for mask in (4, 2, 6, 7):
            add(f"AllMask{mask}", walk, every, mask=mask, **options)
        add("Zstd", walk, [{"name": "zstd", "configuration": {"level": 3}}],
            **hdf5plugin.Zstd(clevel=3))
        add("ShuffleZstd", walk, [shuffle(2), {"name": "zstd", "configuration": {"level": 3}}],
            shuffle=True, **hdf5plugin.Zstd(clevel=3))
        add("Bz2", walk, [{"name": "bz2", "configuration": {"level": 9}}], **hdf5plugin.BZip2())
        for cname in ("blosclz", "lz4", "zlib", "zstd"):
            blosc = {"cname": cname, "clevel": 5, "shuffle": 1, "blocksize": 0}
            add("Blosc" + cname.title(), wide, [{"name": "blosc", "configuration": blosc}],
                **hdf5plugin.Blosc(cname=cname, clevel=5, shuffle=hdf5plugin.Blosc.SHUFFLE))
    return found


def read_chunks():
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/f.h5"
        found = chunks(path)
        with h5py.File(path) as file:
            for chunk in found:
                dataset = file[chunk["name"]]
                # HDF5 itself reads it. (In the file that wrote it, HDF5 2.0 forgets the mask.)
                assert text(dataset[...].tobytes()) == chunk["raw"], chunk["name"]
                assert dataset.id.get_chunk_info(0).filter_mask == chunk["mask"], chunk["name"]
                stored = dataset.id.read_direct_chunk((0,) * dataset.ndim)[1]
                assert len(stored) == dataset.nbytes or chunk["name"] != "ShuffleDeflateAsLong"
                chunk["encoded"] = text(stored)
    return found


def main():
    json2, vlen = objects()
    fixtures = {"arrays": {name: text(array.tobytes()) for name, array in ARRAYS.items()},
                "codecs": bytes_codecs(), "json2": json2, "vlen": vlen, "chunks": read_chunks()}
    (HERE / "fixtures.json").write_text(json.dumps(fixtures, indent=0) + "\n")


if __name__ == "__main__":
    main()
