"""engram verify says "equal" for what engram convert made, and never when something is not as it was; engram diff finds
what h5py and zarr-python plant."""
import json
import os
import random
import shutil
import subprocess

import h5py
import numpy as np
import pytest
import zarr

import engram
from conftest import CORPUS, corpus

FILES = (corpus("hdf5", ".h5", ".hdf5", ".nc", ".h5ad", ".mat") + corpus("nwb", ".nwb", ".h5", ".hdf5")
         + corpus("generated/nwb", ".nwb"))
OPTIONS = [
    [], ["--compat", "portable"], ["--text", "exact"], ["--codec", "verbatim"], ["--codec", "zstd:3", "--chunks", "auto"],
    ["--compat", "portable", "--text", "exact", "--codec", "none"], ["--no-consolidate", "--chunks", "100,7"],
    ["--external", "link"], ["--no-fast-paths", "--codec", "blosc:lz4:5:shuffle"],
]


def verify(source, target, *options):
    return engram.run("verify", source, target, "--json", *options)


def told(run):
    return "\n".join(f"{d['kind']} {d['path']}: {d['text']}" for d in run.report["listed"][:20]) if run.out else run.told()


def expect_equal(source, target, *options):
    run = verify(source, target, *options)
    assert run.code == 0, told(run)
    assert run.report["equal"] and run.report["differences"] == 0
    return run.report


@pytest.mark.corpus
@pytest.mark.parametrize("number", range(len(FILES)))
def test_corpus(number, tmp_path):
    """With each option for some files. That they convert, and why not, is what other tests are about."""
    source, options = CORPUS / FILES[number], OPTIONS[number % len(OPTIONS)]
    if engram.run("convert", source, tmp_path / "out.zarr", *options).code != 0:
        return
    expect_equal(source, tmp_path / "out.zarr", *(options if "--external" in options else []))


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_all_options(options, session_nwb, zoo_h5, tmp_path):
    for source in (session_nwb, zoo_h5):
        target = tmp_path / f"{source.stem}.zarr"
        engram.convert(source, target, *options)
        external = options if "--external" in options else []
        report = expect_equal(source, target, *external)
        assert report["datasets"] > 20 and report["attributes"] > 20
        assert engram.run("verify", source, target, "--quiet", "--memory", "1", "--threads", "3", *external).out == ""


@pytest.mark.parametrize("options", OPTIONS[:6], ids=" ".join)
def test_from_zarr(options, session_nwb, zoo_h5, tmp_path):
    for source in (session_nwb, zoo_h5):
        first, second = tmp_path / f"{source.stem}1.zarr", tmp_path / f"{source.stem}2.zarr"
        engram.convert(source, first)
        engram.convert(first, second, *options)
        expect_equal(first, second)


def test_what_was_changed_is_allowed_and_told(zoo_h5, tmp_path):
    engram.convert(zoo_h5, tmp_path / "out.zarr")
    allowed = {(n["kind"], n["path"]) for n in expect_equal(zoo_h5, tmp_path / "out.zarr")["notices"]}
    assert {("left_out", "/a_type"), ("left_out", "/attributes@zarr_dtype"), ("dangling", "/links/dangling")} <= allowed
    lines = engram.run("verify", zoo_h5, tmp_path / "out.zarr").out.splitlines()
    assert any(line.startswith("allowed /attributes@zarr_dtype: ") for line in lines)
    assert lines[-1].startswith("equal: ")


# ------------------------------------------------------------------------------------------------ damage
def array_values(store):
    """Every value that zarr-python finds, by path; None where it fails."""
    found = {}
    root = zarr.open(str(store), "r")
    root.visititems(lambda path, node: found.update({path: node}))
    values = {"": dict(root.attrs)}
    for path, node in found.items():
        attributes = {name: value for name, value in node.attrs.items() if name != "zarr_dtype"}
        try:
            values[path] = (attributes, node[...].tobytes() if node.dtype != object else json.dumps(node[...].tolist())) \
                if isinstance(node, zarr.Array) else (attributes, None)
        except Exception:  # noqa: BLE001 - it can't be read, which is what matters
            values[path] = None
    return values


def safe_values(store):
    try:
        return repr(array_values(store))
    except Exception:  # noqa: BLE001
        return None


@pytest.mark.parametrize("options", [[], ["--codec", "none"], ["--codec", "zlib:1", "--no-consolidate"]], ids=" ".join)
def test_a_flipped_byte_is_found(options, session_nwb, tmp_path):
    target = tmp_path / "out.zarr"
    engram.convert(session_nwb, target, *options)
    before = safe_values(target)
    assert before is not None
    rng = random.Random(" ".join(options))
    files = [os.path.join(folder, name) for folder, _, names in os.walk(target) for name in sorted(names)
             if name not in (".zmetadata", ".zgroup") and "specifications" not in folder]
    # Without .zmetadata, metadata that no value depends on (here options of codecs) have no twin to be held against.
    if "--no-consolidate" in options:
        files = [name for name in files if not name.endswith(".zarray")]
    chosen = rng.sample(sorted(files), 60)
    missed = []
    for path in chosen:
        with open(path, "rb") as file:
            good = file.read()
        if not good:
            continue
        at = rng.randrange(len(good))
        with open(path, "wb") as file:
            file.write(good[:at] + bytes([good[at] ^ (1 << rng.randrange(8))]) + good[at + 1:])
        run = engram.run("verify", session_nwb, target, "--json")
        assert run.code in {0, 1, *engram.EXIT_CODES}, run.told()
        if run.code == 0 and safe_values(target) != before:
            missed.append((path, at))
        if run.code > 1:
            assert str(target) in run.err, run.told()
        with open(path, "wb") as file:
            file.write(good)
    assert missed == []
    expect_equal(session_nwb, target)


def test_a_chunk_that_is_missing_is_found(session_nwb, tmp_path):
    target = tmp_path / "out.zarr"
    engram.convert(session_nwb, target)
    os.remove(target / "acquisition/raw/data/2.0")
    run = verify(session_nwb, target)
    assert run.code == 1
    assert [(d["kind"], d["path"], d["index"]) for d in run.report["listed"]] == [
        ("value", "/acquisition/raw/data", [1000, 0])]


def test_a_stale_document_is_found(session_nwb, tmp_path):
    target = tmp_path / "out.zarr"
    engram.convert(session_nwb, target)
    path = target / "acquisition/raw/.zattrs"
    path.write_text(path.read_text().replace("rate", "late") + " ")
    attributes = json.loads(path.read_text())
    attributes["more"] = 1
    path.write_text(json.dumps(attributes))
    run = verify(session_nwb, target)
    assert run.code == 1
    assert [(d["kind"], d["path"]) for d in run.report["listed"]] == [("metadata", "/acquisition/raw/.zattrs")]


# ------------------------------------------------------------------------------------------------ diff
def plant(path, change):
    with h5py.File(path, "w") as file:
        file.create_dataset("deflated", data=np.arange(200_000, dtype="i4").reshape(1000, 200), chunks=(90, 70), compression="gzip")
        file.create_dataset("plain", data=np.arange(300_000, dtype="f8").reshape(3000, 100))
        file.create_dataset("holes", shape=(5_000_000,), chunks=(100_000,), dtype="f4", fillvalue=2.5, compression="gzip")
        file["holes"][1_000_000:1_000_010] = 1
        file["text"] = np.array(["a", "b", "ü"], h5py.string_dtype())
        file["fixed"] = np.array([b"a", b"bc"], "S5")
        file["flags"] = np.array([True, False])
        file["record"] = np.array([(1, 2.0, b"x")], [("a", "i4"), ("b", "f8"), ("c", "S3")])
        file["enum"] = np.array([1, 2], h5py.enum_dtype({"A": 1, "B": 2}, "i1"))
        file.create_group("group").attrs["numbers"] = np.arange(6).reshape(2, 3)
        file["refs"] = np.array([file["group"].ref, file["plain"].ref], h5py.ref_dtype)
        file["regions"] = np.array([file["plain"].regionref[10:20, 3:5]], h5py.regionref_dtype)
        file["soft"] = h5py.SoftLink("/plain")
        change(file)


def set_item(name, at, value):
    def change(file):
        file[name][at] = value
    return change


def replace(name, value, **more):
    def change(file):
        del file[name]
        file.create_dataset(name, data=value(file) if callable(value) else value, **more)
    return change


def relink(file):
    del file["soft"]
    file["soft"] = h5py.SoftLink("/deflated")


PLANTED = {
    "last element of a partial chunk": (set_item("deflated", (999, 199), -1), "value", "/deflated", [999, 199]),
    "first element": (set_item("deflated", (0, 0), -1), "value", "/deflated", [0, 0]),
    "an element without chunks": (set_item("plain", (2999, 99), -1), "value", "/plain", [2999, 99]),
    "minus zero": (set_item("plain", (0, 0), -0.0), "value", "/plain", [0, 0]),
    "an element of a hole": (set_item("holes", 4_999_999, 2.0), "value", "/holes", [4_999_999]),
    "a text": (set_item("text", 2, "u"), "value", "/text", [2]),
    "a fixed text": (set_item("fixed", 1, b"bd"), "value", "/fixed", [1]),
    "a flag": (set_item("flags", 1, True), "value", "/flags", [1]),
    "a field": (replace("record", np.array([(1, 2.0, b"y")], [("a", "i4"), ("b", "f8"), ("c", "S3")])), "value", "/record", [0]),
    "a field's name": (replace("record", np.array([(1, 2.0, b"x")], [("a", "i4"), ("d", "f8"), ("c", "S3")])), "type", "/record", None),
    "an enumeration": (replace("enum", np.array([1, 2], "i1"), dtype=h5py.enum_dtype({"A": 1, "C": 2}, "i1")), "enumeration", "/enum", None),
    "a dtype": (replace("plain", np.arange(300_000, dtype="f4").reshape(3000, 100)), "type", "/plain", None),
    "a rank": (replace("flags", np.array([[True, False]])), "shape", "/flags", None),
    "null": (replace("flags", h5py.Empty("?")), "shape", "/flags", None),
    "a reference": (lambda file: file["refs"].__setitem__(1, file["group"].ref), "reference", "/refs", [1]),
    "a region": (lambda file: file["regions"].__setitem__(0, file["plain"].regionref[10:20, 3:6]), "region", "/regions", [0]),
    "a link": (relink, "link", "/soft", None),
    "an attribute": (lambda file: file["group"].attrs.modify("numbers", np.arange(6).reshape(2, 3) + 1), "attribute", "/group@numbers", [0, 0]),
    "a new attribute": (lambda file: file["group"].attrs.create("new", 1), "added", "/group@new", None),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted(name, tmp_path):
    """In two HDF5 files, in two stores that came of them, and in one of each."""
    change, kind, path, index = PLANTED[name]
    plant(tmp_path / "a.h5", lambda file: None)
    plant(tmp_path / "b.h5", change)
    for source in "ab":
        engram.convert(tmp_path / f"{source}.h5", tmp_path / f"{source}.zarr")
    engram.convert(tmp_path / "b.h5", tmp_path / "b2.zarr", "--codec", "zstd:1", "--chunks", "auto")
    for a, b in (("a.h5", "b.h5"), ("a.zarr", "b.zarr"), ("a.h5", "b.zarr"), ("a.zarr", "b.h5"), ("a.zarr", "b2.zarr")):
        run = engram.run("diff", tmp_path / a, tmp_path / b, "--json")
        assert run.code == 1, run.told()
        assert [(d["kind"], d["path"], d.get("index")) for d in run.report["listed"]] == [(kind, path, index)], (a, b)
        assert run.report["differences"] == 1
    assert engram.run("verify", tmp_path / "a.h5", tmp_path / "b.zarr").code == 1
    for a, b in (("a.h5", "a.h5"), ("a.h5", "a.zarr"), ("a.zarr", "a.h5"), ("b.zarr", "b2.zarr")):
        assert engram.run("diff", tmp_path / a, tmp_path / b).code == 0


def test_errors_name_the_file(session_nwb, tmp_path):
    missing = engram.run("diff", session_nwb, tmp_path / "nothing")
    assert missing.code == 3 and "nothing" in missing.err
    target = tmp_path / "out.zarr"
    engram.convert(session_nwb, target)
    chunk = target / "acquisition/raw/data/2.0"
    chunk.write_bytes(chunk.read_bytes()[:40])
    broken = verify(session_nwb, target)
    assert broken.code == 5 and str(target) in broken.err and "/acquisition/raw/data" in broken.err, broken.told()


def test_zip(session_nwb, tmp_path):
    engram.convert(session_nwb, tmp_path / "out.zarr")
    shutil.make_archive(tmp_path / "out.zarr", "zip", tmp_path / "out.zarr")
    assert engram.run("diff", tmp_path / "out.zarr", tmp_path / "out.zarr.zip").code == 0
    expect_equal(session_nwb, tmp_path / "out.zarr.zip")


def test_tolerance(tmp_path):
    for name, more in (("a", 0), ("b", 1e-9)):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["x"] = np.arange(1000.0) + more
    pair = tmp_path / "a.h5", tmp_path / "b.h5"
    assert engram.run("diff", *pair).code == 1
    assert engram.run("diff", *pair, "--absolute", "1e-8").code == 0
    assert engram.run("diff", *pair, "--relative", "1e-12").code == 1


def test_memory(tmp_path):
    """A gigabyte without chunks, beside another, and holes of a terabyte."""
    for name in "ab":
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file.create_dataset("plain", shape=(1 << 30,), dtype="i1")
            file["plain"][-1] = ord(name)
            file.create_dataset("hole", shape=(1 << 40,), chunks=(1 << 20,), dtype="i1")
    run, _, megabytes = engram.measured("diff", tmp_path / "a.h5", tmp_path / "b.h5", "--json", "--memory", "150M")
    assert run.code == 1, run.told()
    assert [(d["path"], d["index"]) for d in run.report["listed"]] == [("/plain", [(1 << 30) - 1])]
    assert megabytes < 300
