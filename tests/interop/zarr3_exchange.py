#!/usr/bin/env python3
"""Run by the Python that has zarr 3, TensorStore and zarrs: arrays of Zarr v3, with shards and without.

    zarr3_exchange.py write FOLDER       each peer makes FOLDER/PEER/NAME, and what it holds as FOLDER/PEER/NAME.npy
    zarr3_exchange.py read LIST.json     reads [peer, array, what it must hold as .npy]; prints what differs

A name says what the array is: type, codec, layout.
"""
import json
import os
import sys
import warnings

import numpy as np
import tensorstore
import zarr

PEERS = ("zarr-python 3", "tensorstore", "zarrs")
TYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", "complex64",
         "complex128")
CODECS = {
    "none": [],
    "gzip": [{"name": "gzip", "configuration": {"level": 5}}],
    "zstd": [{"name": "zstd", "configuration": {"level": 3, "checksum": False}}],
    "blosc": [{"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": 4, "blocksize": 0}}],
    "bitshuffle": [{"name": "blosc", "configuration": {"cname": "zstd", "clevel": 5, "shuffle": "bitshuffle", "typesize": 4,
                                                       "blocksize": 0}}],
    "crc32c": [{"name": "crc32c"}],
    "zstd+crc32c": [{"name": "zstd", "configuration": {"level": 1, "checksum": False}}, {"name": "crc32c"}],
}
SHAPE, CHUNK, SHARD = (23, 17), (4, 5), (8, 10)
LAYOUTS = ("plain", "big-endian", "v2 keys", "slash keys", "shards", "shards, index first", "shards in shards", "shards with holes")


def combinations():
    """Every type, every codec, every layout, not all with all."""
    for dtype in TYPES:
        yield dtype, "zstd", "plain"
        yield dtype, "gzip", "shards"
    for codec in CODECS:
        for layout in ("plain", "shards"):
            yield "float32", codec, layout
    for layout in LAYOUTS:
        yield "int32", "blosc", layout


def values_of(dtype, layout):
    rng = np.random.default_rng(7)
    if dtype == "bool":
        values = rng.integers(0, 2, SHAPE).astype(bool)
    elif np.dtype(dtype).kind == "c":
        values = (rng.random(SHAPE) + 1j * rng.random(SHAPE)).astype(dtype)
    else:
        values = (rng.random(SHAPE) * 100).astype(dtype)
    if "holes" in layout:
        values[:8, 10:] = 0
        values[16:20, :5] = 0
    return values


def sharded(chunk, codecs, location="end"):
    return {"name": "sharding_indexed", "configuration": {
        "chunk_shape": list(chunk), "codecs": codecs, "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}},
                                                                       {"name": "crc32c"}], "index_location": location}}


def metadata_of(dtype, codec, layout):
    size = np.dtype(dtype).itemsize
    endian = "big" if layout == "big-endian" else "little"
    to_bytes = {"name": "bytes"} if size == 1 else {"name": "bytes", "configuration": {"endian": endian}}
    codecs = [to_bytes, *CODECS[codec]]
    chunk = CHUNK
    if layout.startswith("shards"):
        chunk = SHARD
        inner = [sharded(CHUNK, codecs)] if layout == "shards in shards" else codecs
        inner_chunk = SHARD if layout == "shards in shards" else CHUNK
        if layout == "shards in shards":
            chunk = (16, 20)
        codecs = [sharded(inner_chunk, inner, "start" if "first" in layout else "end")]
    keys = {"name": "default", "configuration": {"separator": "/" if layout == "slash keys" else "."}}
    if layout == "v2 keys":
        keys = {"name": "v2", "configuration": {"separator": "."}}
    fill = False if dtype == "bool" else [0.0, 0.0] if dtype.startswith("complex") else 0.0 if dtype.startswith("float") else 0
    return {"zarr_format": 3, "node_type": "array", "shape": list(SHAPE), "data_type": dtype,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunk)}}, "chunk_key_encoding": keys,
            "fill_value": fill, "codecs": codecs, "attributes": {}}


def name_of(combination):
    return " ".join(combination).replace(",", "")


def use(peer):
    zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline" if peer == "zarrs"
                     else "zarr.core.codec_pipeline.BatchedCodecPipeline"})
    if peer == "zarrs":
        import zarrs  # noqa: F401


def make(peer, path, metadata, values):
    if peer == "tensorstore":
        members = {key: value for key, value in metadata.items() if key not in ("zarr_format", "node_type", "attributes")}
        array = tensorstore.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": path}, "metadata": members},
                                 create=True).result()
        array.write(values.astype(metadata["data_type"])).result()
        return
    os.makedirs(path)
    with open(os.path.join(path, "zarr.json"), "w", encoding="utf-8") as file:
        json.dump(metadata, file)
    zarr.open_array(path, mode="r+")[...] = values


def read(peer, path):
    if peer == "tensorstore":
        return np.asarray(tensorstore.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": path}}).result().read().result())
    return zarr.open_array(path, mode="r")[...]


def write_all(folder):
    refused = {}
    for peer in PEERS:
        use(peer)
        for combination in dict.fromkeys(combinations()):
            path = os.path.join(folder, peer, name_of(combination))
            values = values_of(combination[0], combination[2])
            try:
                make(peer, path, metadata_of(*combination), values)
            except Exception as error:  # noqa: BLE001 - what a peer can't write is told
                refused[f"{peer}: {name_of(combination)}"] = f"{type(error).__name__}: {str(error)[:200]}"
                continue
            np.save(path + ".npy", values)
    return refused


def read_all(listed):
    found = []
    for peer, path, wanted in listed:
        use(peer)
        values = np.load(wanted)
        try:
            got = read(peer, path)
        except Exception as error:  # noqa: BLE001
            found.append(f"{peer}: {path}: {type(error).__name__}: {str(error)[:300]}")
            continue
        if got.dtype.newbyteorder("=") != values.dtype or got.astype(values.dtype).tobytes() != values.tobytes():
            found.append(f"{peer}: {path}: reads other values")
    return found


def main():
    warnings.simplefilter("ignore")
    if sys.argv[1] == "write":
        json.dump(write_all(sys.argv[2]), sys.stdout)
    else:
        with open(sys.argv[2], encoding="utf-8") as file:
            json.dump(read_all(json.load(file)), sys.stdout)


if __name__ == "__main__":
    main()
