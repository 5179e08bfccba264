"""Zarr v3 exchanged with zarr-python 3, TensorStore and zarrs: what each writes engram reads, what engram writes each reads, with
shards and without; types, codecs and layouts by zarr3_exchange.py."""
import io
import json
import subprocess

import h5py
import numpy as np
import pytest

import engram
from conftest import HERE, PYTHON_ZARR3

pytestmark = pytest.mark.zarr3

TYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", "complex64",
         "complex128")
PEERS = ("zarr-python 3", "tensorstore", "zarrs")
# What a peer does not do, as it says itself.
REFUSED = {}


def run_peers(*arguments):
    done = subprocess.run([PYTHON_ZARR3, HERE / "zarr3_exchange.py", *map(str, arguments)], capture_output=True, text=True,
                          timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_what_peers_write(tmp_path):
    refused = run_peers("write", tmp_path)
    assert {what: why for what, why in refused.items() if not any(what.startswith(known) for known in REFUSED)} == {}
    found, compared = [], 0
    for peer in PEERS:
        for wanted in sorted((tmp_path / peer).glob("*.npy")):
            path = wanted.with_suffix("")
            done = subprocess.run([engram.COMMAND, "cat", path, "/", "--format", "npy"], capture_output=True, check=False)
            compared += 1
            if done.returncode != 0:
                found.append(f"{peer}: {path.name}: {done.stderr.decode()[-300:]}")
                continue
            got, values = np.load(io.BytesIO(done.stdout)), np.load(wanted)
            if got.dtype != values.dtype or got.tobytes() != values.tobytes():
                found.append(f"{peer}: {path.name}: other values")
    assert found == []
    assert compared > 100


@pytest.mark.parametrize("codec", ["keep", "none", "gzip:5", "zstd:3", "blosc:lz4:5:shuffle", "blosc:zstd:5:bitshuffle"])
@pytest.mark.parametrize("shards", ["none", "8,10", "auto"])
def test_what_engram_writes(codec, shards, tmp_path):
    rng = np.random.default_rng(3)
    with h5py.File(tmp_path / "in.h5", "w") as file:
        for dtype in TYPES:
            values = rng.integers(0, 2, (23, 17)).astype(dtype) if dtype == "bool" else (rng.random((23, 17)) * 100).astype(dtype)
            values[:8, 10:] = 0
            file.create_dataset(dtype, data=values, chunks=(4, 5), compression="gzip", shuffle=True)
    engram.convert(tmp_path / "in.h5", tmp_path / "out.zarr", "--zarr-format", "3", "--codec", codec, "--shards", shards, "--verify")
    listed = []
    with h5py.File(tmp_path / "in.h5") as file:
        for dtype in TYPES:
            np.save(tmp_path / f"{dtype}.npy", file[dtype][...])
            listed += [[peer, str(tmp_path / "out.zarr" / dtype), str(tmp_path / f"{dtype}.npy")] for peer in PEERS]
    (tmp_path / "list.json").write_text(json.dumps(listed))
    assert run_peers("read", tmp_path / "list.json") == []
