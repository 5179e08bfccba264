"""Every HDF5 file of the corpus converts without any plugin, or is refused for a reason that REFUSED names."""
import os
import re

import hdf5plugin  # noqa: F401 - its filters make h5py read what engram should
import pytest

import engram
import raw_compare
import zarr_store
from conftest import CORPUS, corpus

FILES = corpus("hdf5", ".h5", ".hdf5", ".nc", ".h5ad", ".mat")  # not the raw data that some of them name

# Why a file may be refused: exit code and message. By cause, never by file.
REFUSED = {
    "a filter that is not decoded here": (6, r'its data is encoded with (blosc2|fcidecomp|lzo|sz|"filter_fail_test"|"dynlibud") '
                                             r"\(HDF5 filter \d+\)"),
    "a type or message that only a later HDF5 library knows": (6, "a newer HDF5 library wrote this, or it is damaged"),
    "one of several files that make up one": (6, "one of several files that make up one HDF5 file|without HDF5's signature"),
    "a name that is no UTF-8": (6, "no UTF-8"),
    "a checksum that is wrong": (5, "Fletcher32"),
    "a file of raw data that is missing": (3, "unable to open external raw data file"),
    "an address past the end of the file": (5, "addr overflow"),
}


def convert(source, target):
    """The Run, or None when the file is refused as it may be."""
    run = engram.run("convert", source, target, "--json", env={**os.environ, "HDF5_PLUGIN_PATH": str(target.parent / "none")})
    if run.code == 0:
        return run
    assert not target.exists() and not target.with_name(target.name + ".part").exists()
    causes = [cause for cause, (code, message) in REFUSED.items() if run.code == code and re.search(message, run.err)]
    assert causes and str(source) in run.err, run.told()
    return None


@pytest.mark.corpus
@pytest.mark.parametrize("name", FILES)
def test_file(name, tmp_path):
    source, target = CORPUS / name, tmp_path / "out.zarr"
    run = convert(source, target)
    if run is None:
        return
    result = raw_compare.compare_in_child(str(source), target, run.notices)
    assert not isinstance(result, str), result
    assert result.problems == []
    assert zarr_store.problems(target) == []


def test_zoo(zoo_h5, tmp_path):
    """One of each type, layout, link and attribute, and exactly what cannot be held is left out."""
    run = engram.convert(zoo_h5, tmp_path / "out.zarr")
    result = raw_compare.compare(str(zoo_h5), tmp_path / "out.zarr", run.notices)
    assert result.problems == []
    assert result.unread == []
    assert zarr_store.problems(tmp_path / "out.zarr") == []
    assert {(n["kind"], n["path"]) for n in run.notices if n["kind"] != "changed"} == {
        ("left_out", "/a_type"), ("left_out", "/attributes@zarr_dtype"), ("dangling", "/links/dangling"),
        ("dangling", "/links/no_file")}
