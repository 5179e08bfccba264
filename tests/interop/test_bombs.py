"""Small inputs that ask for much: refused at once, in little memory."""
import bz2
import gzip
import json
import os
import zlib

import h5py
import numcodecs
import numpy as np
import pytest

import engram

SECONDS = 1
MEGABYTES = {"codec": 100, "metadata": 200}
GIB2 = 2 << 30


def refused(kind, *arguments, codes=(5, 6, 7)):
    run, seconds, megabytes = engram.measured(*arguments)
    assert run.code in codes, run.told()
    assert run.err.startswith("engram: error: ") and len(run.err) < 5000, run.told()
    assert megabytes <= MEGABYTES[kind], megabytes
    assert seconds <= SECONDS or engram.measured(*arguments)[1] <= SECONDS, seconds


def zlib_zeros(size, wbits=15):
    packer, piece = zlib.compressobj(9, zlib.DEFLATED, wbits), bytes(1 << 24)
    return b"".join([packer.compress(piece) for _ in range(size >> 24)] + [packer.flush()])


def blosc_zeros(size):
    """A frame whose head claims `size` bytes, as large as a head can say."""
    frame = bytearray(numcodecs.Blosc(cname="zstd", clevel=9).encode(np.zeros(1 << 24, "u1")))
    frame[4:8] = min(size, 0x7FFFFFEF).to_bytes(4, "little")
    return bytes(frame)


BOMBS = {
    "zlib": ({"id": "zlib", "level": 9}, zlib_zeros),
    "gzip": ({"id": "gzip", "level": 9}, lambda size: zlib_zeros(size, 31)),
    "bz2": ({"id": "bz2", "level": 9}, lambda size: bz2.compress(bytes(1 << 24)) * (size >> 24)),
    "lz4": ({"id": "lz4", "acceleration": 1}, lambda size: min(size, 0x7FFFFFFF).to_bytes(4, "little") + bytes(100_000)),
    "zstd": ({"id": "zstd", "level": 9}, lambda size: numcodecs.Zstd(9).encode(np.zeros(1 << 26, "u1")) * (size >> 26)),
    "lzma": ({"id": "lzma", "format": 1, "check": -1, "preset": None, "filters": None},
             lambda size: numcodecs.LZMA(preset=1).encode(np.zeros(1 << 26, "u1")) * (size >> 26)),
    "blosc": ({"id": "blosc", "cname": "zstd", "clevel": 9, "shuffle": 0, "blocksize": 0}, blosc_zeros),
}


def array(path, shape, chunks, **more):
    path.mkdir(parents=True, exist_ok=True)
    metadata = {"zarr_format": 2, "shape": shape, "chunks": chunks, "dtype": "|u1", "compressor": None, "fill_value": 0, "order": "C",
                "filters": None, **more}
    (path / ".zarray").write_text(json.dumps(metadata))


@pytest.fixture
def store(tmp_path):
    (tmp_path / "bomb.zarr").mkdir()
    (tmp_path / "bomb.zarr" / ".zgroup").write_text('{"zarr_format": 2}')
    return tmp_path / "bomb.zarr"


@pytest.mark.parametrize("codec", BOMBS)
def test_codec(codec, store, tmp_path):
    """A chunk of 4 kB whose stored bytes give 2 GiB."""
    config, make = BOMBS[codec]
    array(store / "x", [4096], [4096], compressor=config)
    (store / "x" / "0").write_bytes(make(GIB2))
    refused("codec", "cat", store, "/x")
    refused("codec", "convert", store, tmp_path / "out.zarr", "--codec", "none")
    assert not (tmp_path / "out.zarr").exists() and not (tmp_path / "out.zarr.part").exists()


def test_chunk_that_is_too_large(store, tmp_path):
    """And one that says itself that it has 2^60 elements, of which a few are stored."""
    array(store / "x", [1 << 60], [1 << 60], compressor=BOMBS["zlib"][0])
    (store / "x" / "0").write_bytes(zlib.compress(bytes(100)))
    refused("metadata", "cat", store, "/x")
    refused("metadata", "convert", store, tmp_path / "out.zarr", "--codec", "none")


@pytest.mark.parametrize("shape, chunks", [([1 << 60], [1 << 20]), ([1 << 60, 1 << 60], [1, 1]), ([2**64 - 1], [1]), ([1 << 70], [1]),
                                           ([1] * 40, [1] * 40), ([-1], [1]), ([1], [0])])
def test_shape(shape, chunks, store, tmp_path):
    array(store / "x", shape, chunks, fill_value=None)
    (store / "x" / ".".join("0" * len(shape))).write_bytes(b"\0")
    refused("metadata", "cat", store, "/x", codes=(2, 5, 6, 7))


def consolidate(store, text):
    (store / ".zmetadata").write_text(text)


def test_deep_json(store):
    consolidate(store, '{"zarr_consolidated_format": 1, "metadata": ' + "[" * 100_000 + "]" * 100_000 + "}")
    refused("metadata", "tree", store)


def test_deep_attribute(store):
    (store / ".zattrs").write_text('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}")
    refused("metadata", "tree", store, "--attrs")


def test_deep_groups(store):
    names = [f"{'a/' * depth}.zgroup" for depth in range(0, 1000)]
    consolidate(store, json.dumps({"zarr_consolidated_format": 1, "metadata": {name: {"zarr_format": 2} for name in names}}))
    refused("metadata", "tree", store)


@pytest.mark.parametrize("filling", ["text", "list", "members", "nothing"])
def test_large_metadata(filling, store):
    """100 MB that are no metadata of anything."""
    size = 100_000_000
    inner = {"text": '"' + "x" * size + '"', "list": "[" + "0," * (size // 2) + "0]",
             "members": "{" + ",".join(f'"{i:08}":0' for i in range(size // 13)) + "}", "nothing": " " * size}[filling]
    consolidate(store, '{"zarr_consolidated_format": 1, "metadata": {".zgroup": {"zarr_format": 2}, ".zattrs": {"a": ' + inner + "}}}")
    refused("metadata", "tree", store)


def test_a_million_attributes(store):
    (store / ".zattrs").write_text(json.dumps({f"attribute {i}": i for i in range(1_000_000)}))
    refused("metadata", "tree", store)


def test_gzip_is_gzip():
    assert gzip.decompress(zlib_zeros(1 << 24, 31)) == bytes(1 << 24)


@pytest.mark.parametrize("kind", ["chunks", "no chunks", "references", "zarr"])
def test_values_that_are_not_stored(kind, store, tmp_path):
    """A terabyte of texts, or of references, of which next to none are stored: numbers of that kind are passed over, each text is
    a value."""
    source, length = tmp_path / "a.h5", 1 << 40
    if kind == "zarr":
        source = store
        array(store / "x", [length], [1024], dtype="|O", filters=[{"id": "json2"}], fill_value="")
        (store / "x" / "0").write_bytes(numcodecs.JSON().encode(np.array(["x"] * 1024, dtype=object)))
    else:
        with h5py.File(source, "w") as file:
            dtype = h5py.ref_dtype if kind == "references" else h5py.string_dtype()
            dataset = file.create_dataset("x", (length,), dtype, chunks=None if kind == "no chunks" else (1024,))
            if kind == "chunks":
                dataset[5] = "x"
    run, seconds, megabytes = engram.measured("convert", source, tmp_path / "out.zarr")
    assert run.code == 7 and "the shape claims 1099511627776 values" in run.err, run.told()
    assert not (tmp_path / "out.zarr").exists() and not (tmp_path / "out.zarr.part").exists()
    assert megabytes <= MEGABYTES["metadata"] and seconds < 15
    part = engram.run("cat", source, "/x[0:3]", "--format", "json")
    assert part.code == 0 and len(part.report) == 3, part.told()
