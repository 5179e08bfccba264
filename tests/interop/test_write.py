"""What engram::write() makes of trees in memory, and links across stores, as hdmf-zarr and pynwb see them."""
import json
import os
import pathlib
import shutil
import subprocess
import uuid
import warnings
from datetime import datetime, timedelta, timezone

import h5py
import numpy as np
import pynwb
import pytest
import zarr
from hdmf.spec import GroupSpec, NamespaceCatalog, DatasetSpec
from hdmf_zarr.nwb import NWBZarrIO

import engram
import nwb_compare
import zarr_store
from conftest import CORPUS, ROOT, corpus

TOOL = os.environ.get("ENGRAM_WRITE_TOOL", "engram_write_tool")
INSTALLED = pathlib.Path(pynwb.__file__).parent
FILES = corpus("nwb", ".nwb", ".h5", ".hdf5") + corpus("generated/nwb", ".nwb")
REFUSED = 2  # Error(invalid_argument)


def tool(*arguments):
    done = subprocess.run([TOOL, *map(os.fspath, arguments)], capture_output=True, text=True, timeout=300, check=False)
    return engram.Run(done.returncode, done.stdout, done.stderr)


def written(*arguments):
    run = tool(*arguments)
    assert run.code == 0, run.told()
    return run


def opened(path):
    warnings.simplefilter("ignore")
    return NWBZarrIO(str(path), "r", load_namespaces=True)


def errors_of(path, *options):
    run = engram.run("validate", "--json", path, *options)
    assert run.code in (0, 1), run.told()
    return [one for one in run.report["findings"] if one["severity"] == "error"]


def pynwb_opens(path):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pynwb.NWBHDF5IO(path, "r", load_namespaces=True) as io:
                io.read()
    except Exception:  # noqa: BLE001 - for whatever reason, it does not open
        return False
    return True


# ------------------------------------------------------------------------------------------- all that is in memory
@pytest.mark.corpus
@pytest.mark.parametrize("name", FILES)
def test_corpus_through_memory(name, tmp_path):
    source, target = str(CORPUS / name), tmp_path / "out.nwb.zarr"
    if not pynwb_opens(source):
        pytest.skip("pynwb does not open it")
    run = written("copy", source, target)
    assert nwb_compare.compare(source, target, run.notices) == []


def test_session_through_memory(session_nwb, tmp_path):
    run = written("copy", session_nwb, tmp_path / "out.zarr")
    assert run.notices == []
    assert nwb_compare.compare(str(session_nwb), tmp_path / "out.zarr") == []


# -------------------------------------------------------------------------------------------- a session of nothing
@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "made.nwb.zarr"
    assert written("session", path, INSTALLED).notices == []
    return path


def test_made_session_has_what_was_put_in(made):
    with opened(made) as io:
        nwb = io.read()
        assert nwb.identifier == "made-in-memory"
        assert nwb.session_start_time == datetime(2026, 11, 28, 9, tzinfo=timezone(timedelta(hours=1)))
        assert (nwb.subject.subject_id, nwb.subject.species, nwb.subject.sex, nwb.subject.age) == (
            "m1", "Mus musculus", "F", "P90D")
        shank = nwb.electrode_groups["shank"]
        assert shank.device is nwb.devices["probe"]
        assert [group is shank for group in nwb.electrodes["group"][:]] == [True] * 4
        assert list(nwb.electrodes["depth"][:]) == [10, 20, 30, 40]

        voltage = nwb.acquisition["voltage"]
        assert type(voltage) is pynwb.ecephys.ElectricalSeries
        assert voltage.electrodes.table is nwb.electrodes
        assert list(voltage.electrodes.data[:]) == [0, 2, 3]
        assert np.array_equal(voltage.data[:], (np.arange(300) % 17 - 8).astype("i2").reshape(100, 3))
        assert voltage.data.dtype == "i2" and voltage.data.chunks == (50, 3)
        assert (voltage.rate, voltage.starting_time, voltage.conversion) == (1000.0, 0.5, 1e-6)
        assert nwb.stimulus["voltage"] is voltage

        assert [list(nwb.units["spike_times"][i]) for i in range(3)] == [[.1, .2, .3], [], [1.5, 2.5, 4.0]]
        assert nwb.units["electrodes"].target.table is nwb.electrodes
        assert list(nwb.units["quality"][:]) == ["good", "µltra", ""]
        assert nwb.units["obs_intervals"][2].tolist() == [[0, 5]]

        trial = nwb.trials["timeseries"][1][0]
        assert (trial.idx_start, trial.count) == (50, 50) and trial.timeseries is voltage
        assert list(nwb.trials["correct"][:]) == [True, False]

        module = nwb.processing["ecephys"]
        assert np.array_equal(module["smooth"].data[:], np.array([0.25, np.nan, -1.5, 3e7], "f4"), equal_nan=True)
        assert list(module["same_times"].timestamps[:]) == [0.5, 0.51, 0.53, 0.6]
        assert module["same_times"].fields["timestamps"] is module["smooth"]


def test_made_session_has_an_id_for_each_object(made):
    store = zarr_store.Store(made)
    ids = []
    for node in store.nodes():
        attributes = store.attributes(node)
        assert ("neurodata_type" in attributes) == ("object_id" in attributes), node
        if "object_id" in attributes:
            ids.append(attributes["object_id"])
            assert str(uuid.UUID(ids[-1])) == ids[-1] and uuid.UUID(ids[-1]).version == 4
    assert len(ids) == len(set(ids)) > 25


def test_made_session_is_valid(made):
    assert zarr_store.problems(made) == []
    assert errors_of(made) == []
    assert errors_of(made, "--namespaces", INSTALLED, "--no-cached") == []
    with opened(made) as io:  # Rows of json2 are no tuples, which makes pynwb's own validator raise.
        nwb = io.read()
        assert nwb.namespace == "core"


def test_made_session_has_its_schema_as_pynwb_caches_it(made, session_nwb):
    ours, theirs = nwb_compare.specifications(str(made)), nwb_compare.specifications(str(session_nwb))
    # pynwb leaves out what it did not load for this file.
    assert theirs.keys() <= ours.keys()
    for name in theirs:
        if name.endswith("/namespace"):
            left, right = (json.loads(one)["namespaces"][0] for one in (ours[name], theirs[name]))
            assert (left["name"], left["version"]) == (right["name"], right["version"])
            assert [one.get("source", one.get("namespace")) for one in left["schema"]] == [
                one.get("source", one.get("namespace")) for one in right["schema"]]


def test_made_session_names_its_dimensions(made):
    group = zarr.open_consolidated(str(made), mode="r")
    assert group["acquisition/voltage/data"].attrs["_ARRAY_DIMENSIONS"] == ["num_times", "num_channels"]


# ------------------------------------------------------------------------------------------------ links to data
@pytest.mark.parametrize("link_data", [True, False])
def test_link_data(session_nwb, tmp_path, link_data):
    first, second = tmp_path / "first.nwb.zarr", tmp_path / "second.nwb.zarr"
    engram.convert(session_nwb, first)
    run = written("copy", first, second, *(["link_data"] if link_data else []))
    assert run.notices == []
    link = [one for one in zarr_store.Store(second).attributes("/acquisition/raw").get("zarr_link", [])
            if one["name"] == "data"]
    if link_data:
        assert link == [{"name": "data", "path": "/acquisition/raw/data", "source": "../first.nwb.zarr"}]
        assert not (second / "acquisition" / "raw" / "data").exists()
    else:
        assert link == [] and (second / "acquisition" / "raw" / "data" / "0.0").exists()

    moved = tmp_path / "elsewhere"
    moved.mkdir()
    shutil.move(second, moved)
    (shutil.move if link_data else shutil.rmtree)(*((first, moved) if link_data else (first,)))
    with opened(moved / "second.nwb.zarr") as io, pynwb.NWBHDF5IO(str(session_nwb), "r") as other:
        ours, theirs = io.read(), other.read()
        assert np.array_equal(ours.acquisition["raw"].data[:], theirs.acquisition["raw"].data[:])
        assert np.array_equal(ours.acquisition["second"].timestamps[:], theirs.acquisition["second"].timestamps[:])
        for i in range(3):
            assert np.array_equal(ours.units["spike_times"][i], theirs.units["spike_times"][i])
    if not link_data:
        assert nwb_compare.compare(str(session_nwb), moved / "second.nwb.zarr") == []


def test_link_data_of_hdf5_is_copied_and_told(session_nwb, tmp_path):
    run = written("copy", session_nwb, tmp_path / "x.nwb.zarr", "link_data")
    assert [one["kind"] for one in run.notices] == ["changed"] and "copied, not linked" in run.notices[0]["text"]
    assert nwb_compare.compare(str(session_nwb), tmp_path / "x.nwb.zarr", run.notices) == []


# --------------------------------------------------------------------------------------------------- other files
def series(name, data):
    return pynwb.TimeSeries(name=name, data=data, unit="V", rate=10.0)


@pytest.fixture
def linked_files(tmp_path):
    """b.nwb has data; sub/c.nwb links to an object of b; a.nwb to data of b, and to the object by way of c."""
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    start = datetime(2024, 1, 1, tzinfo=timezone.utc)

    def make(path, *members):
        nwb = pynwb.NWBFile("s", path.name, start)
        for member in members:
            nwb.add_acquisition(member)
        with pynwb.NWBHDF5IO(str(path), "w") as io:
            io.write(nwb)
    make(folder / "b.nwb", series("there", np.arange(20.0)))
    make(folder / "sub" / "c.nwb", series("own", np.arange(3.0)))
    with h5py.File(folder / "sub" / "c.nwb", "r+") as file:
        file["acquisition/way"] = h5py.ExternalLink("../b.nwb", "/acquisition/there")
    make(folder / "a.nwb", series("own", np.arange(5.0)))
    with h5py.File(folder / "a.nwb", "r+") as file:
        del file["acquisition/own/data"]
        file["acquisition/own/data"] = h5py.ExternalLink("b.nwb", "/acquisition/there/data")
        file["acquisition/there"] = h5py.ExternalLink("sub/c.nwb", "/acquisition/way")
    return folder


def check_linked(store):
    with opened(store) as io:
        nwb = io.read()
        assert np.array_equal(nwb.acquisition["own"].data[:], np.arange(20.0))
        assert np.array_equal(nwb.acquisition["there"].data[:], np.arange(20.0))
        return nwb.acquisition["there"].object_id


def links_of(store):
    store = zarr_store.Store(store)
    return {(node, one["name"]): (one["source"], one["path"]) for node in store.nodes()
            for one in store.attributes(node).get("zarr_link", [])}


def id_of(path, name):
    with h5py.File(path) as file:
        return file[name].attrs["object_id"]


def test_hdf5_external_links_as_links(linked_files, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    run = engram.convert(linked_files / "a.nwb", out / "a.nwb.zarr", "--external", "link")
    assert [one["kind"] for one in run.notices] == ["changed"] and "b.nwb.zarr" in run.notices[0]["text"]
    assert links_of(out / "a.nwb.zarr") == {
        ("/acquisition/own", "data"): ("../b.nwb.zarr", "/acquisition/there/data"),
        ("/acquisition", "there"): ("../b.nwb.zarr", "/acquisition/there")}
    with pytest.raises(Exception):  # noqa: B017 - what it raises differs; it is why there is a notice
        check_linked(out / "a.nwb.zarr")
    engram.convert(linked_files / "b.nwb", out / "b.nwb.zarr")
    ident = id_of(linked_files / "b.nwb", "acquisition/there")
    assert check_linked(out / "a.nwb.zarr") == ident
    shutil.move(out, tmp_path / "moved")
    assert check_linked(tmp_path / "moved" / "a.nwb.zarr") == ident
    again = engram.convert(linked_files / "a.nwb", tmp_path / "moved" / "a.nwb.zarr", "--external", "link", "--overwrite")
    assert again.notices == []


def test_hdf5_external_links_copied_and_refused(linked_files, tmp_path):
    engram.convert(linked_files / "a.nwb", tmp_path / "a.nwb.zarr", "--external", "copy")
    shutil.rmtree(linked_files / "sub")
    assert check_linked(tmp_path / "a.nwb.zarr") == id_of(linked_files / "b.nwb", "acquisition/there")
    assert all(source == "." for source, _ in links_of(tmp_path / "a.nwb.zarr").values())
    run = engram.run("convert", linked_files / "a.nwb", tmp_path / "x.zarr", "--external", "error")
    assert run.code == 6 and "/acquisition/own/data" in run.err and "b.nwb" in run.err, run.told()
    assert not (tmp_path / "x.zarr").exists() and not (tmp_path / "x.zarr.part").exists()


@pytest.mark.parametrize("kind", ["virtual", "raw"])
def test_values_in_other_files_are_copied_or_refused(kind, tmp_path):
    """External storage and virtual datasets are no links, so there is nothing to be kept of them."""
    values = np.arange(12, dtype="<i4")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = values
    values.tofile(tmp_path / "other.raw")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        if kind == "virtual":
            layout = h5py.VirtualLayout((12,), "<i4")
            layout[:] = h5py.VirtualSource("other.h5", "x", (12,))
            file.create_virtual_dataset("g/x", layout)
        else:
            file.create_dataset("g/x", (12,), "<i4", external=[("other.raw", 0, 48)])
    for external in ("copy", "link"):
        assert engram.convert(tmp_path / "a.h5", tmp_path / f"{external}.zarr", "--external", external).notices == []
        assert np.array_equal(zarr.open(str(tmp_path / f"{external}.zarr"), mode="r")["g/x"][:], values)
    run = engram.run("convert", tmp_path / "a.h5", tmp_path / "x.zarr", "--external", "error")
    assert run.code == 6 and "/g/x" in run.err and "other." in run.err, run.told()


@pytest.fixture
def linked_stores(linked_files, tmp_path):
    folder = tmp_path / "stores"
    folder.mkdir()
    for name in ("a", "b"):
        engram.convert(linked_files / f"{name}.nwb", folder / f"{name}.nwb.zarr", "--external", "link")
    return folder


def test_files_outside_need_leave(tmp_path):
    """What lies outside of the file's directory is read only with --allow-external; so with every command."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    secret = np.arange(12, dtype="<i4") + 7_000_000
    secret.tofile(tmp_path / "out/other.raw")
    with h5py.File(tmp_path / "out/other.h5", "w") as file:
        file["x"] = secret
    layout = h5py.VirtualLayout((12,), "<i4")
    layout[:] = h5py.VirtualSource("../out/other.h5", "x", (12,))
    source = tmp_path / "in/a.h5"
    with h5py.File(source, "w") as file:
        file["own"] = [1, 2, 3]
        file["link"] = h5py.ExternalLink("../out/other.h5", "/x")
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("raw", (12,), "<i4", external=[("../out/other.raw", 0, 48)])
    run = engram.convert(source, tmp_path / "a.zarr")
    assert {(n["kind"], n["path"]) for n in run.notices} == {("left_out", f"/{n}") for n in ("link", "virtual", "raw")}
    assert all("out/other." in n["text"] and "--allow-external DIR" in n["text"] for n in run.notices)
    assert sorted(zarr.open(str(tmp_path / "a.zarr"), mode="r").array_keys()) == ["own"]
    assert engram.run("convert", source, tmp_path / "b.zarr", "--strict").code == 6
    assert engram.run("convert", source, tmp_path / "b.zarr", "--external", "error").code == 6
    assert engram.run("convert", source, tmp_path / "b.zarr", "--allow-external", tmp_path / "nowhere").code == 3
    linked = engram.convert(source, tmp_path / "linked.zarr", "--external", "link")
    assert dict(zarr.open(str(tmp_path / "linked.zarr"), mode="r").attrs)["zarr_link"][0]["source"] == "../../out/other.h5.zarr", linked
    allowed = ("--allow-external", tmp_path, "--allow-external", tmp_path / "out")
    assert engram.convert(source, tmp_path / "all.zarr", *allowed).notices == []
    for name in ("link", "virtual", "raw"):
        assert np.array_equal(zarr.open(str(tmp_path / "all.zarr"), mode="r")[name][:], secret)
        assert engram.run("cat", source, f"/{name}").code == 6
        assert engram.run("cat", source, f"/{name}[0]", *allowed).out == "7000000\n"
    assert "raw" in engram.run("tree", source, *allowed).out


def test_zarr_external_links_stay(linked_stores, tmp_path):
    (linked_stores / "deep").mkdir()
    engram.convert(linked_stores / "a.nwb.zarr", linked_stores / "deep" / "again.nwb.zarr", "--external", "link")
    assert {source for source, _ in links_of(linked_stores / "deep" / "again.nwb.zarr").values()} == {"../../b.nwb.zarr"}
    shutil.move(linked_stores, tmp_path / "moved")
    check_linked(tmp_path / "moved" / "deep" / "again.nwb.zarr")


def test_zarr_external_links_copied(linked_stores, tmp_path):
    run = engram.convert(linked_stores / "a.nwb.zarr", tmp_path / "alone.nwb.zarr")
    assert run.notices == []
    shutil.rmtree(linked_stores)
    check_linked(tmp_path / "alone.nwb.zarr")
    assert errors_of(tmp_path / "alone.nwb.zarr") == []


def test_zarr_external_links_refused(linked_stores, tmp_path):
    run = engram.run("convert", linked_stores / "a.nwb.zarr", tmp_path / "x.zarr", "--external", "error")
    assert run.code == 6 and "b.nwb.zarr" in run.err and "/acquisition" in run.err, run.told()


def test_links_that_hdmf_zarr_wrote_are_copied_in(linked_files, tmp_path):
    """hdmf-zarr's own link_data=True, whose links have the form of engram's."""
    engram.convert(linked_files / "b.nwb", tmp_path / "first.nwb.zarr")
    with opened(tmp_path / "first.nwb.zarr") as source, NWBZarrIO(str(tmp_path / "second.nwb.zarr"), "w") as target:
        nwb = pynwb.NWBFile("s", "second", datetime(2024, 1, 1, tzinfo=timezone.utc))
        nwb.add_acquisition(series("here", source.read().acquisition["there"].data))
        target.write(nwb, link_data=True)
    assert links_of(tmp_path / "second.nwb.zarr") == {
        ("/acquisition/here", "data"): ("../first.nwb.zarr", "/acquisition/there/data")}
    run = engram.convert(tmp_path / "second.nwb.zarr", tmp_path / "third.nwb.zarr")
    assert run.notices == []
    shutil.rmtree(tmp_path / "first.nwb.zarr")
    shutil.rmtree(tmp_path / "second.nwb.zarr")
    with opened(tmp_path / "third.nwb.zarr") as io:
        assert np.array_equal(io.read().acquisition["here"].data[:], np.arange(20.0))


# --------------------------------------------------------------------------------------------- the layout's schema
def test_layout_namespace_loads_in_hdmf():
    catalog = NamespaceCatalog(GroupSpec, DatasetSpec)
    catalog.load_namespaces(str(ROOT / "specs" / "engram-layout" / "engram-layout.namespace.yaml"))
    space = catalog.get_namespace("engram-layout")
    assert {"ZarrArray", "ZarrGroup", "ZarrRoot", "Link", "Reference", "RegionReference"} <= set(space.get_registered_types())
    assert catalog.get_spec("engram-layout", "ZarrArray").get_attribute("zarr_dtype").required
    assert engram.run("specs", ROOT / "specs" / "engram-layout").code == 0
