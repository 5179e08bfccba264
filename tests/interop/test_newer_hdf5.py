"""What HDF5 2.0 writes and the HDF5 library of this system may be too old for."""
import h5py
import numpy as np
import pytest

import engram
import make_latest
import raw_compare
import zarr_store

ABOUT_CHUNKS = [name for name in make_latest.CASES if name.split("_")[0] in ("fixed", "extensible", "version2", "single")]


def check(source, target, kinds=()):
    """Converts; the Run. What must be equal is equal, and nothing else is left out than `kinds` of notices tell."""
    run = engram.convert(source, target, "--verify")
    result = raw_compare.compare_in_child(str(source), target, run.notices)
    assert not isinstance(result, str), result
    assert result.problems == [] and result.unread == []
    assert zarr_store.problems(target) == []
    assert {notice["kind"] for notice in run.notices} <= set(kinds)
    return run


@pytest.mark.parametrize("name", make_latest.CASES)
def test_latest(name, tmp_path):
    source = tmp_path / "a.h5"
    make_latest.make(name, source)
    check(source, tmp_path / "out.zarr", {"types": ("changed",), "committed": ("left_out",)}.get(name, ()))


@pytest.mark.fast_paths
@pytest.mark.parametrize("name", ABOUT_CHUNKS)
def test_chunks_are_copied(name, tmp_path):
    make_latest.make(name, tmp_path / "a.h5")
    written = engram.convert(tmp_path / "a.h5", tmp_path / "out.zarr").report["written"]
    assert written["chunks_recoded"] == written["chunks_inflated"] == 0
    assert written["chunks_verbatim"] > 0 or name == "single_unwritten"


@pytest.mark.parametrize("name", ["fixed_array_pages", "version2_btree_deep", "references", "virtual", "dense_attributes", "types"])
def test_behind_a_user_block(name, tmp_path):
    make_latest.make(name, tmp_path / "a.h5", userblock_size=1024)
    with open(tmp_path / "a.h5", "r+b") as file:
        file.write(b"somebody else's" * 10)
    check(tmp_path / "a.h5", tmp_path / "out.zarr", ("changed", "left_out"))


@pytest.mark.parametrize("name", ["fixed_array", "extensible_array", "version2_btree", "types", "native_complex", "dense_attributes",
                                  "references", "virtual"])
def test_added_to_an_older_file(name, tmp_path):
    """The superblock, and so the widths and the sizes of nodes, are those of the first format."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["old"] = np.arange(5)
    with h5py.File(tmp_path / "a.h5", "r+", libver="latest") as file:
        make_latest.CASES[name](file)
        file["old"].attrs["flag"] = True
    check(tmp_path / "a.h5", tmp_path / "out.zarr", ("changed", "left_out"))


@pytest.mark.parametrize("name, oldest", [
    (name, oldest) for oldest in ("v108", "v110", "v112", "v114")
    for name in ("fixed_array", "extensible_array", "version2_btree", "types", "dense_attributes", "references", "virtual")
    if (name, oldest) != ("virtual", "v108")])  # Which has none.
def test_for_libraries_from(name, oldest, tmp_path):
    """What has to be readable for no library before `oldest` is of its format, and what came later of the latest."""
    make_latest.make(name, tmp_path / "a.h5", libver=(oldest, "v200"))
    check(tmp_path / "a.h5", tmp_path / "out.zarr", ("changed", "left_out"))


@pytest.mark.parametrize("name", ["types", "native_complex", "attributes", "dense_attributes", "references"])
def test_in_the_first_format(name, tmp_path):
    make_latest.make(name, tmp_path / "a.h5", libver=("earliest", "v200"))
    check(tmp_path / "a.h5", tmp_path / "out.zarr", ("changed", "left_out"))


def test_sources_in_other_files(tmp_path):
    """Of a virtual dataset: its sources are in the latest format too, and named as mappings name what they share."""
    for i in range(3):
        make_latest.make("fixed_array", tmp_path / f"part_{i}.h5")
    layout = h5py.VirtualLayout((120, 60), "f8")
    for i in range(3):
        layout[40 * i:40 * i + 40, 30 * (i % 2):30 * (i % 2) + 30] = h5py.VirtualSource(f"part_{i}.h5", "x", (40, 30))
        layout[40 * i:40 * i + 20:2, 30 - 30 * (i % 2):60 - 30 * (i % 2):3] = h5py.VirtualSource(f"part_{i}.h5", "x", (40, 30))[:10, :10]
    with h5py.File(tmp_path / "a.h5", "w", libver="latest") as file:
        file.create_virtual_dataset("v", layout, fillvalue=-5)
    check(tmp_path / "a.h5", tmp_path / "out.zarr")


def test_written_for_readers_at_the_same_time(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w", libver="latest") as file:
        dataset = file.create_dataset("x", (0, 4), "i2", chunks=(16, 4), maxshape=(None, 4), compression="gzip")
        file.create_dataset("good", (0,), "?", chunks=(64,), maxshape=(None,), compression="gzip")
        file.swmr_mode = True
        for i in range(50):
            dataset.resize(7 * i + 7, 0)
            dataset[7 * i:] = i
            dataset.flush()
    check(tmp_path / "a.h5", tmp_path / "out.zarr")


def test_nwb(tmp_path):
    """A whole session, as somebody saves it again in the latest format."""
    import make_files
    make_files.session(tmp_path / "old.nwb")
    with h5py.File(tmp_path / "old.nwb") as old, h5py.File(tmp_path / "a.nwb", "w", libver="latest") as new:
        for name in old:
            old.copy(name, new, expand_refs=False)
        for name, value in old.attrs.items():
            if name != ".specloc":
                new.attrs[name] = value
        new.attrs[".specloc"] = new["specifications"].ref
    run = engram.convert(tmp_path / "a.nwb", tmp_path / "out.zarr", "--verify")
    result = raw_compare.compare_in_child(str(tmp_path / "a.nwb"), tmp_path / "out.zarr", run.notices)
    assert not isinstance(result, str) and result.problems == [], result


def test_what_can_not_be_shown_is_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w", libver="latest") as file:
        file.create_dataset("x", (10**10,), "f8", chunks=(6 * 10**8,))
    run = engram.run("convert", tmp_path / "a.h5", tmp_path / "out.zarr")
    assert run.code == 5 and "chunk size must be < 4GB" in run.err and "/x" in run.err
    assert not (tmp_path / "out.zarr").exists()
