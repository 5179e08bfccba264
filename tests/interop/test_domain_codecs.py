"""The codecs for movies of few photons and for recordings, exchanged with their Python originals: what these write engram reads, and
what engram writes they read. codec_peer.py runs where they are installed."""
import io
import json
import subprocess

import h5py
import numpy as np
import pytest
import zarr

import engram
from conftest import HERE, PYTHON_CODECS

CHAINS = ("wavpack", "wavpack:4", "delta+wavpack:2", "flac", "flac:8", "delta+flac:2", "delta+blosc:zstd:5:bitshuffle")
# Zarr v3 has no name for flac; and there wavpack-numcodecs 0.3 itself fails behind a filter, for it gives an array where zarr wants
# a buffer.
CHAINS_V3 = ("wavpack", "wavpack:4", "delta+blosc:zstd:5:bitshuffle")
LOSSY = {"/movie": "anscombe-v1:97:86+blosc:zstd:5:bitshuffle", "/stereo": "wavpack:3:4.5"}


def run_peer(*arguments):
    done = subprocess.run([PYTHON_CODECS, HERE / "codec_peer.py", *map(str, arguments)], capture_output=True, text=True, timeout=600,
                          check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def values_of(store, path):
    done = subprocess.run([engram.COMMAND, "cat", store, path, "--format", "npy"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return np.load(io.BytesIO(done.stdout))


def make_session(path):
    rng = np.random.default_rng(7)
    waves = np.round(np.cumsum(rng.normal(0, 3, (3000, 5)), axis=0))
    arrays = {
        "int8": np.clip(waves, -128, 127).astype("i1"), "int16": waves.astype("i2"), "int32": (waves * 1000).astype("i4"),
        "float32": waves.astype("f4"), "float64": waves, "uint16": np.abs(waves).astype("u2"), "line": waves[:, 0].astype("i2"),
        "stereo": waves[:, :2].astype("i2"), "cube": waves[:2880].reshape(20, 24, 30).astype("i2"),
        "movie": np.round(86 + 97 * rng.poisson(20, (30, 16, 17)) + rng.normal(0, 20, (30, 16, 17))).astype("i2"),
        "movie unsigned": np.clip(rng.poisson(90, (30, 16, 17)) * 97, 0, 32767).astype("u2"),
        "short": waves[:10, :3].astype("i2"),
        # Does not compress, which wavpack-numcodecs can't store.
        "noise": rng.integers(-32768, 32767, (300, 4), dtype="i2"),
    }
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            chunks = (min(1000, array.shape[0]), *array.shape[1:])
            file.create_dataset(name, data=array, chunks=chunks)
    return arrays


def read_by_peer(tmp_path, store, arrays):
    listed = []
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
        listed.append([str(store / name), str(tmp_path / f"{name}.npy")])
    (tmp_path / "list.json").write_text(json.dumps(listed), encoding="utf-8")
    return run_peer("read", tmp_path / "list.json")


@pytest.mark.codecs
def test_what_the_originals_write(tmp_path):
    made = run_peer("write", tmp_path)
    assert len(made) > 20
    found = []
    for path in made:
        got, values = values_of(path, "/"), np.load(path + ".npy")
        if got.dtype != values.dtype or got.tobytes() != values.tobytes():
            found.append(path)
    assert found == []


@pytest.mark.codecs
@pytest.mark.parametrize("zarr_format, chain", [(2, chain) for chain in CHAINS] + [(3, chain) for chain in CHAINS_V3])
def test_what_engram_writes(zarr_format, chain, tmp_path):
    arrays = make_session(tmp_path / "in.h5")
    run = engram.convert(tmp_path / "in.h5", tmp_path / "out.zarr", "--zarr-format", str(zarr_format), "--codec", chain, "--verify")
    assert run.notices == []
    used = {array["path"][1:]: [codec["id"] for codec in array["codecs"]] for array in run.report["arrays"]}
    names = [part.split(":")[0] for part in chain.split("+")]
    assert used["int16"] == names
    assert used["float64"] == ["blosc"]
    assert read_by_peer(tmp_path, tmp_path / "out.zarr", arrays) == []


@pytest.mark.codecs
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_what_engram_writes_with_loss(zarr_format, tmp_path):
    arrays = make_session(tmp_path / "in.h5")
    asked = [text for path, codec in LOSSY.items() for text in ("--codec", f"{path}={codec}")]
    run = engram.convert(tmp_path / "in.h5", tmp_path / "out.zarr", "--zarr-format", str(zarr_format), *asked)
    assert sorted(notice["path"] for notice in run.notices) == sorted(LOSSY)
    assert all(notice["kind"] == "changed" and "stored with loss: " in notice["text"] for notice in run.notices)
    # Both decode the same, and what is lost is not much.
    got = {name: values_of(tmp_path / "out.zarr", "/" + name) for name in arrays}
    assert read_by_peer(tmp_path, tmp_path / "out.zarr", got) == []
    for name, array in arrays.items():
        if "/" + name not in LOSSY:
            assert np.array_equal(got[name], array), name
    noise = np.sqrt(np.maximum(arrays["movie"] - 86.0, 97) * 97)
    assert (np.abs(got["movie"] - arrays["movie"].astype(float)) <= 0.3 * noise + 1).all()
    assert np.abs(got["stereo"] - arrays["stereo"].astype(float)).mean() < 3


def test_loss_is_for_arrays_by_path(tmp_path):
    make_session(tmp_path / "in.h5")
    for codec in ("wavpack:3:4", "anscombe-v1:97:86"):
        run = engram.run("convert", "--codec", codec, tmp_path / "in.h5", tmp_path / "out.zarr")
        assert run.code == 2 and "ask for it by path" in run.err, run.told()
        run = engram.run("convert", "--codec", f"/movie={codec}", "--verify", tmp_path / "in.h5", tmp_path / "out.zarr")
        assert run.code == 2 and "leave out one" in run.err, run.told()


def test_datajoint_photon_array(tmp_path):
    """What dj-photon-codecs stores is an array of Zarr v2 like others: Anscombe values as float64, 100 frames a chunk."""
    counts = np.random.default_rng(8).poisson(10, (250, 12, 13))
    wanted = 2 * np.sqrt(counts + 3 / 8)
    store = tmp_path / "movie.zarr"
    zarr.save_array(str(store), wanted, chunks=(100, 12, 13),
                    compressor=zarr.Blosc(cname="zstd", clevel=5, shuffle=zarr.Blosc.BITSHUFFLE))
    attributes = {"codec_version": "1.0", "codec_name": "photon", "anscombe_gain": 1.0, "anscombe_offset": 0.0,
                  "anscombe_variance": 0.0, "original_dtype": "int64"}
    zarr.open_array(str(store), mode="r+").attrs.update(attributes)
    assert np.array_equal(values_of(store, "/"), wanted)
    tree = engram.run("tree", store)
    assert tree.code == 0 and "(100, 12, 13), blosc(zstd, 5, bitshuffle)" in tree.out, tree.told()
