#!/usr/bin/env python3
"""Run by the Python that has anscombe-transform, wavpack-numcodecs, flac-numcodecs and zarr 3: arrays under their codecs.

    codec_peer.py write FOLDER       makes FOLDER/v2/NAME and FOLDER/v3/NAME, and beside each NAME.npy, what it is read as
    codec_peer.py read LIST.json     reads arrays [path, what it must hold as .npy]; prints what differs
    codec_peer.py speed CASES.json   encodes and decodes [codec, .npy] with the packages alone; prints seconds and bytes
"""
import json
import os
import sys
import time
import warnings

import numcodecs
import numpy as np
import zarr
from anscombe_transform import AnscombeTransformV2, AnscombeTransformV3
from flac_numcodecs import Flac
from wavpack_numcodecs import wavpackv3
from wavpack_numcodecs.wavpack import WavPack

SHAPE, CHUNK = (1000, 12), (256, 12)
MOVIE, FRAMES = (20, 24, 25), (8, 24, 25)


def recording(dtype="int16", shape=SHAPE):
    rng = np.random.default_rng(5)
    waves = np.cumsum(rng.normal(0, 3, shape), axis=0)
    if np.dtype(dtype).kind == "f":
        return np.round(waves * 8).astype(dtype) / np.float32(8)
    return np.clip(np.round(waves), np.iinfo(dtype).min, np.iinfo(dtype).max).astype(dtype)


def movie(dtype="int16"):
    rng = np.random.default_rng(6)
    return np.clip(np.round(86 + 97 * rng.poisson(25 * rng.random(MOVIE)) + rng.normal(0, 20, MOVIE)), 0, 32767).astype(dtype)


def delta(dtype):
    return numcodecs.Delta(dtype)


def cases():
    """(format, name, array, chunks, what zarr makes the array with)"""
    gain = {"zero_level": 86, "conversion_gain": 97.0}
    yield 2, "anscombe", movie(), FRAMES, {"compressors": AnscombeTransformV2(**gain)}
    yield 2, "anscombe+zlib", movie(), FRAMES, {"filters": [AnscombeTransformV2(**gain)], "compressors": numcodecs.Zlib(4)}
    for dtype in ("int8", "int16", "int32", "float32"):
        yield 2, f"wavpack-{dtype}", recording(dtype), CHUNK, {"compressors": WavPack(level=2)}
        yield 3, f"wavpack-{dtype}", recording(dtype), CHUNK, {"serializer": wavpackv3.WavPack(level=2), "compressors": None}
    for level in (1, 3, 4):
        yield 2, f"wavpack-level-{level}", recording(), CHUNK, {"compressors": WavPack(level=level)}
    yield 2, "wavpack-lossy", recording(), CHUNK, {"compressors": WavPack(level=3, bps=3.5)}
    yield 2, "wavpack-3d", movie(), FRAMES, {"compressors": WavPack()}
    yield 2, "delta+wavpack", recording(), CHUNK, {"filters": [delta("<i2")], "compressors": WavPack()}
    yield 2, "flac", recording(), CHUNK, {"compressors": Flac()}
    yield 2, "flac-stereo", recording(shape=(9000, 2)), (5000, 2), {"compressors": Flac(level=8)}
    yield 2, "flac-3d", movie(), FRAMES, {"compressors": Flac(sample_rate=96000)}
    yield 2, "delta+flac", recording(), CHUNK, {"filters": [delta("<i2")], "compressors": Flac()}
    yield 3, "anscombe", movie(), FRAMES, {"filters": [AnscombeTransformV3(**gain)], "compressors": None}
    yield 3, "anscombe-uint16+zstd", movie(), FRAMES, {"filters": [AnscombeTransformV3(zero_level=86, conversion_gain=6.5,
                                                                                      encoded_dtype="uint16")]}
    yield 3, "wavpack-lossy", recording(), CHUNK, {"serializer": wavpackv3.WavPack(level=2, bps=4), "compressors": None}


def write(folder):
    made = []
    for zarr_format, name, array, chunks, options in cases():
        path = os.path.join(folder, f"v{zarr_format}", name)
        stored = zarr.create_array(path, shape=array.shape, chunks=chunks, dtype=array.dtype, zarr_format=zarr_format, fill_value=0,
                                   **options)
        stored[:] = array
        np.save(path + ".npy", zarr.open_array(path, mode="r")[:])
        made.append(path)
    print(json.dumps(made))


def read(listed):
    found = []
    for path, wanted in json.loads(open(listed, encoding="utf-8").read()):
        try:
            got, values = zarr.open_array(path, mode="r")[:], np.load(wanted)
            if got.dtype != values.dtype or got.tobytes() != values.tobytes():
                found.append(f"{path}: {int((got != values).sum())} other values")
        except Exception as error:  # noqa: BLE001: of any kind.
            found.append(f"{path}: {type(error).__name__}: {error}")
    print(json.dumps(found))


def speed(listed):
    """The seconds of the processor of some runs each, on one thread, of one chunk."""
    found = []
    for config, path in json.loads(open(listed, encoding="utf-8").read()):
        codec, array = numcodecs.get_codec(config), np.load(path)
        encoded = codec.encode(array)
        encoded = encoded.tobytes() if isinstance(encoded, np.ndarray) else bytes(encoded)
        seconds = []
        for work in (lambda: codec.encode(array), lambda: codec.decode(encoded)):
            times = []
            for _ in range(7):
                begun = time.process_time()
                work()
                times.append(time.process_time() - begun)
            seconds.append(sorted(times))
        found.append({"encode": seconds[0], "decode": seconds[1], "bytes": len(encoded)})
    print(json.dumps(found))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    {"write": write, "read": read, "speed": speed}[sys.argv[1]](sys.argv[2])
