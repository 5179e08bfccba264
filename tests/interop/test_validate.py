"""What engram finds wrong with a file, against pynwb's own validation, and the same in HDF5 and in Zarr."""
import datetime
import os
import pathlib
import shutil

import h5py
import hdmf.common
import numpy
import pynwb
import pytest

import engram
from conftest import CORPUS, corpus

FILES = corpus("nwb", ".nwb", ".h5", ".hdf5") + corpus("generated/nwb", ".nwb")
NOT_FOUND = 3
INSTALLED = pathlib.Path(pynwb.__file__).parent
# pynwb's errors, and what engram calls the same.
KINDS = {"DtypeError": "wrong_dtype", "MissingError": "missing", "MissingDataType": "missing", "ShapeError": "wrong_shape",
         "ExpectedArrayError": "wrong_shape", "IllegalLinkError": "illegal_link", "IncorrectDataType": "wrong_type",
         "IncorrectQuantityError": "wrong_quantity", "Error": "wrong_value"}
# What pynwb does not look for at all; docs/validation.md says why engram does.
OWN = {"unknown_type", "bad_index", "bad_table", "bad_id", "dangling", "unreadable", "not_portable"}
# What pynwb fails on before it says anything.
PYNWB_RAISES = ("Could not find an IO to read the file", "Cannot extend shape", "has no attribute 'decode'")


def validate(path, *options):
    result = engram.run("validate", "--json", path, *options)
    if result.code == NOT_FOUND:  # nothing is cached
        result = engram.run("validate", "--json", path, "--namespaces", INSTALLED, *options)
    assert result.code in (0, 1), result.told()
    assert (result.code == 1) == (result.report["errors"] > 0)
    return result.report["findings"]


def place(kind, location, name):
    """Of pynwb's: the path of the object, or of what is missing in it."""
    location = location or ""
    return f"{location}/{name.split('/')[-1]}".strip("/") if kind == "missing" else location


def is_ascii_by_value(error):
    """Text that is marked as UTF-8 and has only ASCII in it is ASCII: Zarr keeps no such mark."""
    return error.reason == "incorrect type - expected 'ascii', got 'utf'"


@pytest.mark.corpus
@pytest.mark.parametrize("name", FILES)
def test_corpus(name, tmp_path):
    findings = validate(CORPUS / name)
    ours = {(one["kind"], one["path"].strip("/").replace("@", "/" if one["kind"] == "missing" else "."))
            for one in findings if one["severity"] == "error" and one["kind"] not in OWN}
    try:
        errors = pynwb.validate(path=str(CORPUS / name))
    except Exception as error:
        assert any(reason in str(error) for reason in PYNWB_RAISES), error
    else:
        theirs = {(KINDS[type(one).__name__], place(KINDS[type(one).__name__], one.location, one.name))
                  for one in errors if not is_ascii_by_value(one)}
        assert ours == theirs

    engram.convert(CORPUS / name, tmp_path / "x.zarr")
    in_zarr = [one for one in validate(tmp_path / "x.zarr") if one["kind"] != "not_portable"]
    assert in_zarr == [one for one in findings if one["kind"] != "not_portable"]


def plant(path, work):
    with h5py.File(path, "r+") as file:
        work(file)


FAULTS = {
    "missing attribute": (lambda f: f["acquisition/raw/data"].attrs.__delitem__("unit"),
                          "missing", "/acquisition/raw/data@unit"),
    "missing dataset": (lambda f: f.__delitem__("identifier"), "missing", "/identifier"),
    "text for a number": (lambda f: f["acquisition/raw/data"].attrs.__setitem__("conversion", "x"),
                          "wrong_dtype", "/acquisition/raw/data@conversion"),
    "no time": (lambda f: f["session_start_time"].__setitem__((), "soon"), "wrong_dtype", "/session_start_time"),
    "an id twice": (lambda f: f["acquisition/raw"].attrs.__setitem__("object_id", f.attrs["object_id"]),
                    "bad_id", "/acquisition/raw@object_id"),
    "unknown type": (lambda f: f["acquisition/raw"].attrs.__setitem__("neurodata_type", "Electrical"),
                     "unknown_type", "/acquisition/raw"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_in_both_formats(fault, session_nwb, tmp_path):
    work, kind, path = FAULTS[fault]
    broken = tmp_path / "broken.nwb"
    broken.write_bytes(session_nwb.read_bytes())
    plant(broken, work)
    engram.convert(broken, tmp_path / "broken.zarr")
    for source in (broken, tmp_path / "broken.zarr"):
        result = engram.run("validate", source)
        assert result.code == 1, result.told()
        found = [(one["kind"], one["path"]) for one in validate(source) if one["severity"] == "error"]
        assert (kind, path) in found


def test_a_good_file(session_nwb, tmp_path):
    engram.convert(session_nwb, tmp_path / "session.zarr")
    for source in (session_nwb, tmp_path / "session.zarr"):
        result = engram.run("validate", source)
        assert result.code == 0, result.told()
        assert result.out.splitlines()[-1].startswith("0 errors, ")


def test_metadata_that_are_not_current(session_nwb, tmp_path):
    store = tmp_path / "session.zarr"
    engram.convert(session_nwb, store)
    attributes = store / "acquisition" / "raw" / ".zattrs"
    attributes.write_text(attributes.read_text().replace('"comments"', '"remarks"'))
    assert any(one["path"] == "/acquisition/raw/.zattrs" and "something else" in one["text"] for one in validate(store))
    (store / ".zmetadata").unlink()
    assert engram.run("validate", store, "--strict").code == 1
    assert any(one["path"] == "/.zmetadata" and one["severity"] == "warning" for one in validate(store))


def test_where_schemas_come_from(session_nwb, zoo_h5):
    result = engram.run("validate", zoo_h5)
    assert result.code == NOT_FOUND and "--namespaces" in result.err
    result = engram.run("validate", zoo_h5, "--namespaces", INSTALLED)
    assert result.code == 1 and "the root has no type" in result.out
    given = engram.run("validate", session_nwb, "--json", "--no-cached", "--namespaces", INSTALLED)
    assert given.code == 0 and given.report["namespaces"] == engram.run("validate", session_nwb, "--json").report["namespaces"]


def sizes_told(path):
    return {(one["severity"], one["path"]) for one in validate(path) if one["kind"] == "not_portable" and "bytes; DANDI" in one["text"]}


def grow(path, size):
    """Makes a file of that size, with a hole in it; skips where the file system can't."""
    try:
        os.truncate(path, size)
    except OSError as error:
        pytest.skip(f"no file of {size} bytes can be made here: {error}")


def test_files_that_dandi_does_not_take(session_nwb, tmp_path):
    store, file = tmp_path / "x.zarr", tmp_path / "x.nwb"
    engram.convert(session_nwb, store)
    assert sizes_told(store) == set()
    grow(store / "acquisition" / "raw" / "data" / "0.0", 5 * 2**30)
    assert sizes_told(store) == set()
    grow(store / "acquisition" / "raw" / "data" / "0.0", 5 * 2**30 + 1)
    assert sizes_told(store) == {("warning", "/acquisition/raw/data/0.0")}
    shutil.copy(session_nwb, file)
    grow(file, 5 * 2**40 + 1)
    assert sizes_told(file) == {("warning", "/")}


MANY = 1_000_000
BROKEN_INDEX = {"it goes back": (MANY // 2, 3, "row 500000"), "it ends beyond its column": (MANY - 1, 2 * MANY + 5, "2000005")}


@pytest.mark.parametrize("fault", BROKEN_INDEX)
def test_a_million_ragged_rows_with_a_broken_index(fault, tmp_path):
    row, end, told = BROKEN_INDEX[fault]
    nwb = pynwb.NWBFile("s", "i", datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc))
    values = hdmf.common.VectorData(name="values", description="d", data=numpy.arange(2 * MANY, dtype="i4"))
    ends = numpy.arange(2, 2 * MANY + 2, 2, dtype="u4")
    nwb.add_scratch(hdmf.common.DynamicTable(
        name="table", description="d", id=numpy.arange(MANY), colnames=["values"],
        columns=[values, hdmf.common.VectorIndex(name="values_index", data=ends, target=values)]))
    with pynwb.NWBHDF5IO(tmp_path / "x.nwb", "w") as io:
        io.write(nwb)
    assert validate(tmp_path / "x.nwb") == []
    plant(tmp_path / "x.nwb", lambda file: file["scratch/table/values_index"].__setitem__(row, end))
    engram.convert(tmp_path / "x.nwb", tmp_path / "x.zarr")
    for path in (tmp_path / "x.nwb", tmp_path / "x.zarr"):
        errors = [one for one in validate(path) if one["severity"] == "error"]
        assert [(one["kind"], one["path"]) for one in errors] == [("bad_index", "/scratch/table/values_index")]
        assert told in errors[0]["text"]
