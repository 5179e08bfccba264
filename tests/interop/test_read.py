"""What the read API of engram finds in a file is what hdmf-zarr and h5py find in it: links, references, selected regions."""
import json
import os
import shutil
import subprocess
import sys
import warnings
from datetime import datetime, timezone
from pathlib import Path

import h5py
import numpy as np
import pytest
import zarr
from hdmf_zarr.nwb import NWBZarrIO
from pynwb import NWBHDF5IO, NWBFile, TimeSeries, get_manager

import engram
from conftest import CORPUS, HERE

TOOL = os.path.join(os.path.dirname(os.environ.get("ENGRAM_ZARR_TOOL", "")), "engram_read_tool")
STORES = sorted(str(path.parent.relative_to(CORPUS)) for folder in ("nwb-zarr", "generated/nwb-zarr")
                for path in (CORPUS / folder).glob("*/.zgroup"))


def tool(*arguments):
    done = subprocess.run([TOOL, *map(os.fspath, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def by_hdmf_zarr(store):
    done = subprocess.run([sys.executable, HERE / "hdmf_targets.py", store], capture_output=True, text=True, timeout=300,
                          check=False)
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


def expect_same_targets(store, theirs):
    ours = tool("links", store)
    # hdmf-zarr shows cached schemas nowhere, and so no links in them.
    assert {place: [os.path.basename(found[0]), found[1]] for place, found in ours.items()} == theirs["links"]
    found = tool("references", store)
    found.pop("/@.specloc", None)  # A name of a group to hdmf-zarr.
    assert found == theirs["references"]


@pytest.mark.corpus
@pytest.mark.parametrize("store", STORES)
def test_all_links_and_references_of_collected_stores_lead_where_hdmf_zarr_says(store):
    followed = tool("follow", CORPUS / store)
    assert followed["lost_links"] == followed["lost_references"] == 0, followed["problems"]
    theirs = by_hdmf_zarr(CORPUS / store)
    if isinstance(theirs, str):
        pytest.fail(f"hdmf-zarr does not open {store}: {theirs[-500:]}")
    expect_same_targets(CORPUS / store, theirs)
    specloc = 1 if "/@.specloc" in tool("references", CORPUS / store) else 0
    assert followed["links"] == len(theirs["links"])
    assert followed["references"] == len(theirs["references"]) + specloc


def test_a_session_that_hdmf_zarr_wrote_has_the_same_targets(session_nwb, tmp_path):
    """Electrodes, trials, image order, ROIs: pickled references in columns and in rows."""
    script = ("import os, sys, warnings; os.environ['NUMCODECS_ALLOW_UNSAFE_PICKLE_DECODE'] = '1'\n"
              "warnings.simplefilter('ignore')\n"
              "from pynwb import NWBHDF5IO\nfrom hdmf_zarr.nwb import NWBZarrIO\n"
              "with NWBHDF5IO(sys.argv[1], 'r') as source, NWBZarrIO(sys.argv[2], mode='w') as target:\n"
              "    target.export(src_io=source, write_args=dict(link_data=False))\n")
    store = tmp_path / "session.nwb.zarr"
    subprocess.run([sys.executable, "-c", script, session_nwb, store], check=True, timeout=300, capture_output=True)
    theirs = by_hdmf_zarr(store)
    assert theirs["references"] and theirs["links"]
    assert any("." in place.rpartition("]")[2] for place in theirs["references"]), "none in a row"
    expect_same_targets(store, theirs)


def test_a_session_that_engram_wrote_has_the_same_targets(session_nwb, tmp_path):
    store = tmp_path / "session.nwb.zarr"
    engram.convert(session_nwb, store)
    theirs = by_hdmf_zarr(store)
    # Rows with references are lists to hdmf-zarr's builders, which it resolves when containers are made.
    ours = tool("references", store)
    assert theirs["references"] and theirs["references"].items() <= ours.items()
    assert tool("follow", store)["lost_references"] == 0
    # And the same as from the HDF5 file.
    from_hdf5 = tool("references", session_nwb)
    ours.pop("/@.specloc"), from_hdf5.pop("/@.specloc")
    assert ours == from_hdf5


def nwb_file(name):
    return NWBFile(session_description=name, identifier=name, session_start_time=datetime(2024, 1, 1, tzinfo=timezone.utc))


@pytest.fixture(name="linked")
def linked_fixture(tmp_path):
    """Two stores by hdmf-zarr: the second links to a container and to a dataset of the first."""
    warnings.simplefilter("ignore")
    home = tmp_path / "home"
    (home / "raw").mkdir(parents=True)
    first = nwb_file("first")
    first.add_acquisition(TimeSeries(name="raw", data=np.arange(10.0), unit="V", rate=1.0))
    with NWBZarrIO(str(home / "raw" / "first.nwb.zarr"), mode="w") as io:
        io.write(first)
    manager = get_manager()
    with NWBZarrIO(str(home / "raw" / "first.nwb.zarr"), mode="r", manager=manager) as source:
        series = source.read().acquisition["raw"]
        second = nwb_file("second")
        second.add_acquisition(series)
        second.add_acquisition(TimeSeries(name="own", data=series.data, unit="V", rate=2.0))
        with NWBZarrIO(str(home / "second.nwb.zarr"), mode="w", manager=manager) as io:
            io.write(second, link_data=True)
    return home


def test_links_between_stores_of_hdmf_zarr_are_followed(linked):
    store = linked / "second.nwb.zarr"
    links = tool("links", store)
    theirs = by_hdmf_zarr(store)
    # To hdmf-zarr what lies in another store has no parent, so its path is its name.
    assert {place: [os.path.basename(found[0]), "/" + os.path.basename(found[1])] for place, found in links.items()} == {
        "/acquisition/raw": [theirs["links"]["/acquisition/raw"][0], "/raw"], "/acquisition/own/data": theirs["links"]["/acquisition/own/data"]}
    assert links["/acquisition/raw"] == [str(linked / "raw" / "first.nwb.zarr"), "/acquisition/raw"]
    assert links["/acquisition/own/data"] == [str(linked / "raw" / "first.nwb.zarr"), "/acquisition/raw/data"]
    followed = tool("follow", store)
    assert (followed["lost_links"], followed["lost_references"], followed["problems"]) == (0, 0, [])


def test_links_between_stores_survive_moving_both(linked, tmp_path):
    moved = tmp_path / "elsewhere" / "place"
    moved.parent.mkdir()
    shutil.move(linked, moved)
    links = tool("links", moved / "second.nwb.zarr")
    assert links["/acquisition/raw"] == [str(moved / "raw" / "first.nwb.zarr"), "/acquisition/raw"]
    assert links["/acquisition/own/data"][0] == str(moved / "raw" / "first.nwb.zarr")


def test_a_store_without_the_one_it_links_to_is_read_and_says_so(linked):
    shutil.rmtree(linked / "raw")
    followed = tool("follow", linked / "second.nwb.zarr")
    assert followed["lost_links"] == 2
    assert {kind for kind, _, _ in followed["problems"]} == {"missing_file"}
    with pytest.raises(Exception):
        NWBZarrIO(str(linked / "second.nwb.zarr"), mode="r").read()


def selections(rng, data):
    """Region references of every kind that h5py makes, and unions that only HDF5's own calls make."""
    rows, columns = data.shape
    yield data.regionref[...]
    yield data.regionref[3, 4]
    yield data.regionref[2:7, 1:5]
    yield data.regionref[::3, 2]
    yield data.regionref[1::2, :]
    yield data.regionref[[1, 2, 5], :]
    yield data.regionref[:, [0, 4]]
    yield data.regionref[0:0, :]
    for _ in range(8):
        mask = rng.random(data.shape) < 0.2
        yield data.regionref[mask]
    for _ in range(12):
        space = h5py.h5s.create_simple(data.shape)
        for number in range(int(rng.integers(1, 6))):
            start = (int(rng.integers(0, rows)), int(rng.integers(0, columns)))
            block = (int(rng.integers(2, 6)), int(rng.integers(2, 6)))
            count = tuple(min(length, end - first) for length, first, end in zip(block, start, data.shape))
            space.select_hyperslab(start, count, op=h5py.h5s.SELECT_OR if number else h5py.h5s.SELECT_SET)
        yield h5py.h5r.create(data.id, b".", h5py.h5r.DATASET_REGION, space)
    for _ in range(4):
        points = [(int(rng.integers(0, rows)), int(rng.integers(0, columns))) for _ in range(6)]
        space = h5py.h5s.create_simple(data.shape)
        space.select_elements(points)
        yield h5py.h5r.create(data.id, b".", h5py.h5r.DATASET_REGION, space)


@pytest.fixture(name="regions", scope="module")
def regions_fixture(tmp_path_factory):
    """A NWB file with a dataset of region references, and one in an attribute; and what h5py selects with each."""
    warnings.simplefilter("ignore")
    path = tmp_path_factory.mktemp("regions") / "regions.nwb"
    nwb = nwb_file("regions")
    nwb.add_acquisition(TimeSeries(name="other", data=np.arange(5), unit="V", rate=1.0))
    nwb.add_acquisition(TimeSeries(name="matrix", data=np.arange(13 * 9).reshape(13, 9), unit="V", rate=1.0))
    with NWBHDF5IO(str(path), "w") as io:
        io.write(nwb)
    expected = {}
    rng = np.random.default_rng(5)
    with h5py.File(path, "r+") as file:
        data = file["acquisition/matrix/data"]
        found = list(selections(rng, data))
        column = file.create_dataset("scratch_regions", (len(found),), dtype=h5py.regionref_dtype)
        for i, reference in enumerate(found):
            column[i] = reference
            expected[f"/scratch_regions[{i}]"] = data[reference]
        file["acquisition/matrix"].attrs["good"] = data.regionref[4:6, 3:5]
        expected["/acquisition/matrix@good"] = data[4:6, 3:5]
        text = file.create_dataset("scratch_text", data=["a", "b", "c", "d"], dtype=h5py.string_dtype())
        text.attrs["some"] = text.regionref[1:3]
        expected["/scratch_text@some"] = np.array(["b", "c"])
    return path, expected


def expect_selected(found, expected):
    assert found.keys() == expected.keys()
    flat_here = 0
    for place, values in expected.items():
        shape, mine = found[place]
        assert mine == np.asarray(values).reshape(-1).tolist(), place
        if list(np.shape(values)) != shape:
            # Single elements apart from each other, in two dimensions: points or a hyperslab, here points.
            assert shape == [np.size(values)] or np.size(values) in (0, 1), (place, shape, np.shape(values))
            flat_here += 1
    assert flat_here <= 3


def test_region_references_of_hdf5_select_what_h5py_selects(regions):
    path, expected = regions
    expect_selected(tool("regions", path), expected)


def test_region_references_in_a_zarr_store_select_the_same(regions, tmp_path):
    path, expected = regions
    store = tmp_path / "regions.nwb.zarr"
    engram.convert(path, store)
    expect_selected(tool("regions", store), expected)
    assert tool("regions", store) == tool("regions", path)
    assert tool("follow", store)["lost_references"] == 0


def test_hdmf_zarr_opens_the_rest_of_a_store_with_region_references(regions, tmp_path):
    path, _ = regions
    store = tmp_path / "regions.nwb.zarr"
    engram.convert(path, store)
    with NWBZarrIO(str(store), mode="r", load_namespaces=True) as io:
        nwb = io.read()
        assert nwb.acquisition["matrix"].data[:].tolist() == np.arange(13 * 9).reshape(13, 9).tolist()
        assert nwb.acquisition["other"].data[:].tolist() == list(range(5))
        assert nwb.identifier == "regions"


@pytest.mark.parametrize("damage", ["beyond", "rank", "no_boxes", "group", "nothing"])
def test_a_region_reference_that_is_none_is_reported_and_the_rest_is_read(regions, tmp_path, damage):
    path, expected = regions
    store = tmp_path / "regions.nwb.zarr"
    engram.convert(path, store, "--no-consolidate")
    attributes = store / "acquisition" / "matrix" / ".zattrs"
    document = json.loads(attributes.read_text(encoding="utf-8"))
    region = document["good"]["_REGION"]
    if damage == "beyond":
        region["regions"][0]["shape"][0] = 1000
    elif damage == "rank":
        region["regions"][0] = {"origin": [0], "shape": [1]}
    elif damage == "no_boxes":
        del region["regions"]
    elif damage == "group":
        region["path"] = "/acquisition"
    else:
        region["path"] = "/none"
    region["object_id"] = None
    attributes.write_text(json.dumps(document), encoding="utf-8")
    found = tool("regions", store)
    good = found.pop("/acquisition/matrix@good", "not one")
    assert good == ("not one" if damage == "no_boxes" else None)
    expect_selected(found, {place: values for place, values in expected.items() if place != "/acquisition/matrix@good"})
    followed = tool("follow", store)
    assert followed["lost_references"] == (0 if damage == "no_boxes" else 1)


@pytest.mark.parametrize("source", ["../../etc", "/etc", "http://127.0.0.1:9/x.zarr", "file:///etc", "a\u0000b", ""])
def test_a_hostile_source_is_reported(tmp_path, source):
    root = zarr.open_group(str(tmp_path / "in" / "a.zarr"), mode="w")
    root.create_group("g")
    root.attrs["zarr_link"] = [{"name": "x", "path": "/g", "source": source}]
    followed = tool("follow", tmp_path / "in" / "a.zarr")
    own = source == ""  # hdmf-zarr takes that for the own store.
    assert followed["lost_links"] == (0 if own else 1)
    assert [kind for kind, _, _ in followed["problems"]] == ([] if own else ["outside"])


def test_the_list_is_that_of_zarr(session_nwb, tmp_path):
    store = tmp_path / "session.nwb.zarr"
    engram.convert(session_nwb, store)
    found = {path: (kind, type_, id_) for path, kind, type_, id_, _ in tool("list", store)}
    expected = {}
    for folder, _, files in os.walk(store):
        if not {".zgroup", ".zarray"} & set(files):
            continue
        path = "/" + Path(folder).relative_to(store).as_posix()
        attributes = json.loads((Path(folder) / ".zattrs").read_text(encoding="utf-8")) if ".zattrs" in files else {}
        expected["/" if path == "/." else path] = ("group" if ".zgroup" in files else "dataset", attributes.get("neurodata_type"),
                                                   attributes.get("object_id"))
    assert found == expected
