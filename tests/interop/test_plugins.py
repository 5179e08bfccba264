"""Plugins of codecs (docs/plugins.md) under the command: what they make is decoded here by a few lines of Python, what they do
wrong is an error, and a store can't make engram load one."""
import json
import os
import shutil

import h5py
import numpy as np
import pytest
import zarr
from numcodecs.abc import Codec
from numcodecs.compat import ensure_bytes, ndarray_copy
from numcodecs.registry import register_codec

import engram
from conftest import ROOT

PLUGINS = os.environ.get("ENGRAM_TEST_PLUGINS", str(ROOT / "build" / "release" / "tests" / "plugins"))


class RunLengths(Codec):
    """The format of docs/plugin-template, read and written by the book."""
    codec_id = "run_lengths"

    def __init__(self, element_size=1, codec_version="1.0"):
        self.element_size, self.codec_version = element_size, codec_version

    def encode(self, buf):
        raw = ensure_bytes(buf)
        out, at = bytearray(), 0
        while at < len(raw):  # 1.0
            run = 1
            while run < 255 and at + run < len(raw) and raw[at + run] == raw[at]:
                run += 1
            out += bytes([run, raw[at]])
            at += run
        return bytes(out)

    def decode(self, buf, out=None):
        return ndarray_copy(np.frombuffer(self.decoded(ensure_bytes(buf)), "u1"), out)

    def decoded(self, raw):
        made = bytearray()
        if self.codec_version.startswith("1"):
            for at in range(0, len(raw), 2):
                made += raw[at + 1:at + 2] * raw[at]
            return bytes(made)
        size, at = raw[0], 1
        while at < len(raw):
            run = shift = 0
            while True:
                run |= (raw[at] & 127) << shift
                shift, at = shift + 7, at + 1
                if raw[at - 1] < 128:
                    break
            if run == 0:
                made += raw[at:]
                break
            made += raw[at:at + size] * run
            at += size
        return bytes(made)


register_codec(RunLengths)


def with_plugins(*names):
    return {**os.environ, "ENGRAM_PLUGIN_PATH": ":".join(os.path.join(PLUGINS, name) for name in names)}


@pytest.fixture
def source(tmp_path):
    with h5py.File(tmp_path / "in.h5", "w") as file:
        file["numbers"] = np.repeat(np.arange(100, dtype="<i2"), 50).reshape(100, 50)
        file["more/doubles"] = np.repeat(np.linspace(0, 1, 20), 30)
        file["words"] = np.array(["a", "b", "ünï"], dtype=h5py.string_dtype())
    return tmp_path / "in.h5"


def test_is_listed():
    run = engram.run("codecs", "--json", env=with_plugins("run_lengths", "same_names"))
    assert run.code == 0
    by_name = {each["name"]: each for each in json.loads(run.out)}
    one = by_name["run_lengths"]
    assert one["reads"] == ["1.0", "2.0"] and one["writes"] == "2.0" and one["hdf5_filter"] == 407 and not one["lossy"]
    assert one["from"].endswith("run_lengths.so") and by_name["zlib"]["from"] == "built in"
    assert run.err.count("warning") == 3 and "run_lengths.so has one of this name" in run.err and "zlib" in run.err
    plain = engram.run("codecs")
    assert "run_lengths" not in plain.out and plain.err == ""
    assert "CODEC" in plain.out and "HDF5 FILTER" in plain.out


@pytest.mark.parametrize("zarr_format", ["2", "3"])
def test_conversion(zarr_format, source, tmp_path):
    env = with_plugins("run_lengths")
    target = tmp_path / "out.zarr"
    run = engram.run("convert", source, target, "--codec", "run_lengths", "--zarr-format", zarr_format, "--verify", env=env)
    assert run.code == 0, run.told()
    if zarr_format == "2":
        metadata = json.loads((target / "numbers" / ".zarray").read_text())
        assert metadata["compressor"] == {"id": "run_lengths", "codec_version": "2.0"}
        group = zarr.open_group(str(target), mode="r")
        with h5py.File(source) as file:
            assert np.array_equal(group["numbers"][...], file["numbers"][...])
            assert np.array_equal(group["more/doubles"][...], file["more/doubles"][...])
            assert group["words"][...].tolist() == ["a", "b", "ünï"]
    else:
        codecs = json.loads((target / "numbers" / "zarr.json").read_text())["codecs"]
        assert {"name": "run_lengths", "configuration": {"codec_version": "2.0"}} in codecs
    # Who has not got the plugin is told what it is.
    refused = engram.run("cat", target, "/numbers")
    assert refused.code == 6 and "run_lengths" in refused.err and "2.0" in refused.err and "ENGRAM_PLUGIN_PATH" in refused.err
    assert "/numbers" in refused.err or "numbers/" in refused.err
    # And with it the way goes on, to the other version and to another codec.
    for number, options in enumerate((["--zarr-format", "3" if zarr_format == "2" else "2"], ["--codec", "zlib:1"])):
        again = engram.run("convert", target, tmp_path / f"again{number}.zarr", *options, "--verify", env=env)
        assert again.code == 0, again.told()


def encoded(values, size):
    """Format 2.0, of one run after another."""
    out, raw, at = bytearray([size]), values.tobytes(), 0
    while at < len(raw):
        run = 1
        while at + run * size < len(raw) and raw[at + run * size:at + (run + 1) * size] == raw[at:at + size]:
            run += 1
        left = run
        while left > 127:
            out.append(left & 127 | 128)
            left >>= 7
        out += bytes([left]) + raw[at:at + size]
        at += run * size
    return bytes(out)


def test_chunks_of_its_hdf5_filter_are_copied(tmp_path):
    values = np.repeat(np.arange(12, dtype="<i2"), 25).reshape(20, 15)
    with h5py.File(tmp_path / "in.h5", "w") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((10, 5))
        properties.set_filter(407, h5py.h5z.FLAG_OPTIONAL, (2,))
        dataset = h5py.h5d.create(file.id, b"a", h5py.h5t.py_create(values.dtype), h5py.h5s.create_simple(values.shape), properties)
        for row in (0, 10):
            for column in (0, 5, 10):
                dataset.write_direct_chunk((row, column), encoded(np.ascontiguousarray(values[row:row + 10, column:column + 5]), 2))
    refused = engram.run("convert", tmp_path / "in.h5", tmp_path / "no.zarr")
    assert refused.code == 6 and "407" in refused.err and "/a" in refused.err, refused.told()
    env = with_plugins("run_lengths")
    run = engram.run("convert", tmp_path / "in.h5", tmp_path / "out.zarr", "--verify", "--json", env=env)
    assert run.code == 0, run.told()
    report = json.loads(run.out)
    assert [each["action"] for each in report["arrays"]] == ["copy"], report["arrays"]
    metadata = json.loads((tmp_path / "out.zarr" / "a" / ".zarray").read_text())
    assert metadata["compressor"] == {"id": "run_lengths", "element_size": 2, "codec_version": "2.0"} and metadata["chunks"] == [10, 5]
    assert (tmp_path / "out.zarr" / "a" / "1.2").read_bytes() == encoded(np.ascontiguousarray(values[10:, 10:]), 2)
    assert np.array_equal(zarr.open_group(str(tmp_path / "out.zarr"), mode="r")["a"][...], values)
    # And back, under the filter.
    back = engram.run("convert", tmp_path / "out.zarr", tmp_path / "back.h5", "--codec", "verbatim", env=env)
    assert back.code == 0, back.told()
    with h5py.File(tmp_path / "back.h5") as file:
        dataset = file["a"].id
        assert dataset.get_create_plist().get_filter(0)[0] == 407 and dataset.get_create_plist().get_filter(0)[2] == (2,)
        assert dataset.read_direct_chunk((10, 10))[1] == encoded(np.ascontiguousarray(values[10:, 10:]), 2)


def test_old_data_are_read_and_migrated(tmp_path):
    store = tmp_path / "old.zarr"
    group = zarr.open_group(str(store), mode="w")
    values = np.repeat(np.arange(40, dtype="<i4"), 9).reshape(36, 10)
    for name in ("a", "b/c"):
        group.create_dataset(name, data=values, chunks=(10, 4), compressor=RunLengths(), fill_value=0)
        path = store / name / ".zarray"
        metadata = json.loads(path.read_text())
        metadata["compressor"] = {"id": "run_lengths"}  # As before there were versions.
        path.write_text(json.dumps(metadata))
    env = with_plugins("run_lengths")
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    first = engram.run("cat", store, "/a", "--format", "json", env=env)
    assert first.code == 0 and json.loads(first.out) == values.tolist(), first.told()
    dry = engram.run("migrate", store, "--dry-run", env=env)
    assert dry.code == 0 and "/b/c: run_lengths 1.0 -> 2.0, 12 chunks" in dry.out, dry.told()
    assert before == {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}, "reading never writes"
    done = engram.run("migrate", store, "--json", env=env)
    assert done.code == 0, done.told()
    assert [each["path"] for each in json.loads(done.out)["migrated"]] == ["/a", "/b/c"]
    for name in ("a", "b/c"):
        metadata = json.loads((store / name / ".zarray").read_text())
        assert metadata["compressor"] == {"id": "run_lengths", "codec_version": "2.0"}
        assert np.array_equal(zarr.open_group(str(store), mode="r")[name][...], values)
    metadata["compressor"]["codec_version"] = "7.1"
    (store / "b/c" / ".zarray").write_text(json.dumps(metadata))
    newer = engram.run("cat", store, "/b/c", env=env)
    assert newer.code == 6 and "version 7.1" in newer.err and "1.0, 2.0" in newer.err and "install a newer" in newer.err


@pytest.mark.parametrize("codec, code, words", [
    ("throws", 6, "threw an exception"), ("lies", 6, "it says that it wrote"), ("overruns", 6, "it wrote behind"),
    ("fails", 6, "does not say why"), ("throws_open", 2, "no calibration"), ("refuses", 2, "gain is missing"), ("huge", 6, "may make"),
    ("crashes", None, "nothing was written")])
def test_what_a_plugin_does_wrong(codec, code, words, source, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    run = engram.run("convert", source, out / "x.zarr", "--codec", codec, env=with_plugins("misbehaving"))
    assert run.code == code if code is not None else run.code in engram.EXIT_CODES - {0}, run.told()
    assert words in run.err, run.told()
    if codec != "crashes":
        assert "misbehaving.so" in run.err
    assert os.listdir(out) in ([], ["x.zarr.part"]), "nothing that looks whole"


def test_plugins_that_are_none(tmp_path):
    (tmp_path / "text.so").write_text("no library")
    wrong = sorted(name for name in os.listdir(PLUGINS) if name.startswith("wrong_"))
    run = engram.run("codecs", env={**with_plugins(*wrong), "ENGRAM_PLUGIN_PATH":
                                    ":".join([*(os.path.join(PLUGINS, name) for name in wrong), str(tmp_path), str(tmp_path / "no")])})
    assert run.code == 0 and run.err.count("warning") == len(wrong) + 2, run.told()


def test_no_store_loads_anything(source, tmp_path):
    library = os.path.join(PLUGINS, "run_lengths", "run_lengths.so")
    engram.convert(source, tmp_path / "x.zarr", "--codec", "zlib:1", "--no-consolidate")
    shutil.copy(library, tmp_path / "x.zarr" / "run_lengths.so")
    shutil.copy(library, tmp_path / "run_lengths.so")
    document = tmp_path / "x.zarr" / "numbers" / ".zarray"
    metadata = json.loads(document.read_text())
    for name in (library, "./run_lengths.so", "run_lengths", "../run_lengths", "run_lengths.so"):
        metadata["compressor"] = {"id": name}
        document.write_text(json.dumps(metadata))
        run = engram.run("cat", tmp_path / "x.zarr", "/numbers", cwd=tmp_path)
        assert run.code == 6 and "is not known" in run.err, (name, run.told())
