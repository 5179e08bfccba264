"""What engram appends to a store is what pynwb has when the same is added in memory before the file is written."""
import copy
import json
import os
import random
import shutil
import signal
import subprocess
import time
import uuid

import numcodecs
import numpy as np
import pytest
import zarr
from hdmf_zarr.nwb import NWBZarrIO
from pynwb import NWBHDF5IO, TimeSeries

import engram
import make_files
import nwb_compare
from conftest import CORPUS, corpus

TOOL = os.environ.get("ENGRAM_APPEND_TOOL", "engram_append_tool")
NEW_ID = "11111111-2222-4333-8444-555555555555"
TIMES = np.linspace(10.0, 11.0, 37)
SPIKES = [np.linspace(0.0, 1.0, 400).tolist(), [], [0.25]]


def append(store, steps, ok=True, **more):
    commands = store.parent / f"{store.name}.json"
    commands.write_text(json.dumps({"steps": steps, **more}))
    run = subprocess.run([TOOL, store, commands], capture_output=True, text=True, timeout=120)
    assert (run.returncode == 0) == ok, run.stderr
    return run.stdout.split() if ok else run.stderr


def with_ids(nwb):
    """Gives both files the same object ids, which hdmf makes at random."""
    nwb.fields["file_create_date"] = [make_files.START]
    for number, container in enumerate([nwb, *nwb.all_children()]):
        container._AbstractContainer__object_id = str(uuid.UUID(int=number, version=4))


def added(nwb):
    """What is added with pynwb in memory."""
    with_ids(nwb)
    first, raw = nwb.acquisition["first"], nwb.acquisition["raw"]
    for i in range(2):
        nwb.add_trial(10.0 + i, 10.5 + i, correct=i == 0, cue=f"much longer {i} µ", timeseries=[first, raw][:i + 1])
    nwb.add_epoch(4.0, 5.0, ["d", "e", "f"], [raw])
    groups = [nwb.electrode_groups[f"shank{i}"] for i in range(2)]
    for i, spikes in enumerate(SPIKES):
        nwb.add_unit(spike_times=spikes, electrodes=[i], electrode_group=groups[i % 2], obs_intervals=[[4.0, 5.0]] * (i + 1),
                     quality="poor", waveform_mean=np.full((5, 2), 0.5 * i))
    for i in range(2):
        nwb.add_electrode(x=10.0 + i, y=1.5, z=-3.0, location="CA3", group=groups[i], label=f"new {i}")
    rois = nwb.processing["ophys"]["ImageSegmentation"]["rois"]
    rois.add_roi(pixel_mask=[(7, 8, 0.5), (8, 9, 1.5)])
    more = TimeSeries("more", np.arange(12, dtype="i4").reshape(6, 2), "A", timestamps=np.arange(6.0), control=np.arange(6, dtype="u1"),
                      control_description=["a", "b"], comments="appended")
    more._AbstractContainer__object_id = NEW_ID
    nwb.add_acquisition(more)


def span(start, count, series):
    return [start, count, {"ref": f"/acquisition/{series}"}]


def steps():
    """The same for engram."""
    shanks = [{"ref": f"/general/extracellular_ephys/shank{i}"} for i in range(2)]
    return [
        {"rows": "/intervals/trials", "columns": {
            "start_time": [10.0, 11.0], "stop_time": [10.5, 11.5], "correct": [True, False],
            "cue": ["much longer 0 µ", "much longer 1 µ"], "timeseries": None}},
        {"rows": "/intervals/epochs", "columns": {"start_time": [4.0], "stop_time": [5.0], "tags": [["d", "e", "f"]], "timeseries": None}},
        {"rows": "/units", "columns": {
            "spike_times": SPIKES, "electrodes": [[0], [1], [2]], "electrode_group": [shanks[0], shanks[1], shanks[0]],
            "obs_intervals": [[[4.0, 5.0]] * (i + 1) for i in range(3)], "quality": ["poor"] * 3,
            "waveform_mean": [np.full((5, 2), 0.5 * i).tolist() for i in range(3)]}},
        {"rows": "/general/extracellular_ephys/electrodes", "columns": {
            "x": [10.0, 11.0], "y": [1.5, 1.5], "z": [-3.0, -3.0], "location": ["CA3", "CA3"], "group": shanks,
            "group_name": ["shank0", "shank1"], "label": ["new 0", "new 1"]}},
        {"rows": "/processing/ophys/ImageSegmentation/rois", "columns": {"pixel_mask": [[[7, 8, 0.5], [8, 9, 1.5]]]}},
        {"group": "/acquisition", "what": {
            "name": "more", "attributes": {"namespace": "core", "neurodata_type": "TimeSeries", "object_id": NEW_ID,
                                           "comments": "appended", "description": "no description"},
            "datasets": [
                {"name": "data", "dtype": "<i4", "shape": [6, 2], "values": list(range(12)),
                 "attributes": {"conversion": 1.0, "offset": 0.0, "resolution": -1.0, "unit": "A"}},
                {"name": "timestamps", "dtype": "<f8", "values": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
                 "attributes": {"interval": 1, "unit": "seconds"}},
                {"name": "control", "dtype": "|u1", "values": [0, 1, 2, 3, 4, 5]},
                {"name": "control_description", "dtype": "text", "values": ["a", "b"]}]}},
    ]


def with_spans(wanted):
    """Fills in what pynwb makes of the times of a row: the samples of each series, read from pynwb's own file."""
    spans = {}
    with NWBHDF5IO(wanted, "r") as io:
        nwb = io.read()
        for table, new in (("trials", 2), ("epochs", 1)):
            rows = nwb.intervals[table]["timeseries"][:][-new:]
            spans[table] = [[span(int(r.idx_start), int(r.count), r.timeseries.name) for r in row] for row in rows]
    todo = steps()
    for step, table in zip(todo, ("trials", "epochs"), strict=False):
        step["columns"]["timeseries"] = spans[table]
    return todo


@pytest.fixture(scope="module")
def wanted(tmp_path_factory):
    path = tmp_path_factory.mktemp("wanted") / "wanted.nwb"
    make_files.session(path, more=added)
    return path


def written(tmp_path, *options):
    make_files.session(tmp_path / "session.nwb", more=with_ids)
    engram.convert(tmp_path / "session.nwb", tmp_path / "session.nwb.zarr", *options)
    return tmp_path / "session.nwb.zarr"


def written_by_hdmf_zarr(store, *more):
    """The session as hdmf-zarr writes it: text, references and compounds of them in pickles."""
    def write(nwb, path):
        with NWBZarrIO(str(path), "w") as io:
            io.write(nwb)
    make_files.session(store, more=lambda nwb: [change(nwb) for change in (with_ids, *more)], write=write)
    return store


def findings(store):
    return [(f["path"], f["kind"], f["text"]) for f in json.loads(engram.run("validate", store, "--json").out)["findings"]]


@pytest.mark.parametrize("kind", [(), ("--text", "exact"), ("--codec", "verbatim")], ids=["default", "exact text", "verbatim"])
def test_as_pynwb_in_memory(kind, wanted, tmp_path):
    store = written(tmp_path, *kind)
    before = findings(store)
    assert append(store, with_spans(wanted)) == ["nothing"]
    assert findings(store) == before
    told = engram.run("tree", store, "--consolidated")
    assert told.code == 0, told.told()
    assert nwb_compare.compare(str(wanted), store, []) == []


def test_to_what_hdmf_zarr_wrote(wanted, tmp_path, monkeypatch):
    """Pickled text, references and compounds, which become what engram writes."""
    monkeypatch.setattr(numcodecs.pickles, "ALLOW_UNSAFE_PICKLE_DECODE", True)
    store = written_by_hdmf_zarr(tmp_path / "session.nwb.zarr")
    same = written_by_hdmf_zarr(tmp_path / "wanted.nwb.zarr", added)
    before, old = findings(store), facts(store)
    assert "pickle" in (store / "units/electrode_group/.zarray").read_text()
    append(store, with_spans(wanted), threads=3)
    assert findings(store) == before
    assert facts(store) == facts(same) != old
    assert engram.run("tree", store, "--consolidated").code == 0
    assert "json2" in (store / "units/electrode_group/.zarray").read_text()


def facts(store):
    """What pynwb shows of a store: each table as rows, each series."""
    found = {}
    with NWBZarrIO(str(store), "r") as io:
        nwb = io.read()
        for table in nwb.trials, nwb.epochs, nwb.units, nwb.electrodes, nwb.processing["ophys"]["ImageSegmentation"]["rois"]:
            for name in table.colnames:
                for row in range(len(table)):
                    found[table.name, name, row] = plain(table[name][row])
            found[table.name, "id"] = [int(i) for i in table.id[:]]
        for series in nwb.acquisition.values():
            if isinstance(series, TimeSeries):
                found[series.name] = (series.object_id, plain(series.data[:]), None if series.rate else plain(series.timestamps[:]))
    return found


def plain(value):
    if hasattr(value, "timeseries"):
        return plain(value.idx_start), plain(value.count), getattr(value.timeseries, "name", None)
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return json.loads(json.dumps(value.to_dict("list"), default=lambda item: item.object_id))
    if hasattr(value, "object_id"):
        return type(value).__name__, value.name, value.object_id
    if isinstance(value, (np.ndarray, zarr.Array)):
        value = value[:]
        return [plain(v) for v in value] if value.dtype.kind in "OV" else value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value.item() if isinstance(value, np.generic) else value


def test_longer_series(tmp_path):
    store = written(tmp_path)
    before = engram.run("validate", store).out
    more = np.linspace(0.0, 1.0, 800).reshape(400, 2)
    times = np.linspace(2.0, 3.0, 400)
    told = append(store, [{"extend": "/acquisition/first/data", "values": more.tolist()}], ok=False)
    assert "/acquisition/first/timestamps has 400" in told
    append(store, [{"extend": "/acquisition/first/data", "values": more.tolist()},
                   {"extend": "/acquisition/second/timestamps", "values": times.tolist()}])
    assert engram.run("validate", store).out == before
    with NWBZarrIO(str(store), "r") as io:
        nwb = io.read()
        for name in "first", "second":
            series = nwb.acquisition[name]
            assert series.data.shape == (800, 2)
            np.testing.assert_array_equal(series.data[400:], more)
            np.testing.assert_array_equal(series.timestamps[400:], times)


def test_read_by_zarr_python_consolidated_and_not(wanted, tmp_path):
    store = written(tmp_path)
    append(store, with_spans(wanted))
    consolidated = json.loads((store / ".zmetadata").read_text())
    assert not (store / ".engram-append").exists()
    assert consolidated.pop("engram")["hdf5"]  # What HDF5 had, which zarr-python passes over.
    zarr.consolidate_metadata(zarr.DirectoryStore(str(store)))
    assert json.loads((store / ".zmetadata").read_text()) == consolidated


def test_stale_metadata_are_told_and_renewed(wanted, tmp_path):
    """As hdmf-zarr leaves them when it appends."""
    store = written(tmp_path)
    zarr.open_group(str(store))["acquisition"].attrs["note"] = "by zarr-python"
    told = append(store, with_spans(wanted), ok=False)
    assert "acquisition/.zattrs" in told
    append(store, with_spans(wanted), stale="renew")
    root = zarr.open_consolidated(str(store))
    assert root["acquisition"].attrs["note"] == "by zarr-python"
    assert root["units/id"].shape == (6,)


def content(store):
    return {str(p.relative_to(store)): p.read_bytes() for p in sorted(store.rglob("*")) if p.is_file() and ".engram-append" not in p.parts}


def test_killed_at_any_time(wanted, tmp_path):
    """hdmf-zarr and zarr-python find it as before or as after; the next append ends it."""
    store = written(tmp_path)
    todo = with_spans(wanted)
    whole = tmp_path / "whole.nwb.zarr"
    shutil.copytree(store, whole)
    started = time.monotonic()
    append(whole, copy.deepcopy(todo))
    takes = time.monotonic() - started
    before, after = content(store), content(whole)
    rng = random.Random(5)
    rounds = [rng.uniform(0.2, 1.05) * takes for _ in range(12)]
    ends = set()
    commands = tmp_path / "commands.json"
    commands.write_text(json.dumps({"steps": todo}))
    nothing = tmp_path / "nothing.json"
    nothing.write_text(json.dumps({"steps": []}))
    for number, seconds in enumerate(rounds):
        hit = tmp_path / f"hit{number}.nwb.zarr"
        shutil.copytree(store, hit)
        process = subprocess.Popen([TOOL, hit, commands], stdout=subprocess.DEVNULL)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        units = zarr.open_consolidated(str(hit))["units"]
        with NWBZarrIO(str(hit), "r") as io:
            nwb = io.read()
            rows = len(nwb.units)
            assert rows in (3, 6)
            assert ("more" in nwb.acquisition) == (rows == 6)
            assert len(nwb.units["spike_times"][rows - 1]) == (1 if rows == 6 else 22)
        assert units["id"].shape == (rows,)
        run = subprocess.run([TOOL, hit, nothing], capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, run.stderr
        now = content(hit)
        assert now == (after if rows == 6 or run.stdout.strip() == "completed" else before)
        ends.add(rows)
        shutil.rmtree(hit)
    assert ends


def tables_of(root):
    """Each table with rows, and of each column its last row as it lies there, taken apart by its indexes."""
    found = []

    def look(name, group):
        if not isinstance(group, zarr.Group) or "colnames" not in group.attrs or "id" not in group or not len(group["id"]):
            return
        # MatNWB has written indexes that are none.
        if all(group[f"{column}_index"].dtype.kind in "iu" for column in group.attrs["colnames"] if f"{column}_index" in group):
            found.append(name)
    root.visititems(look)
    return found


def last_row(table):
    row = {}
    if not table.attrs["colnames"]:
        return {"id": [as_json(table["id"][-1])]}
    for name in table.attrs["colnames"]:
        depth, indexes = name, []
        while f"{depth}_index" in table:
            depth = f"{depth}_index"
            indexes.insert(0, table[depth])
        first, last = len(table["id"]) - 1, len(table["id"])
        row[name] = [taken(table[name], indexes, first, last)[0]]
    return row


def taken(values, indexes, first, last):
    if not indexes:
        return [as_json(value) for value in values[first:last]]
    ends = [int(indexes[0][first - 1]) if first else 0, *(int(end) for end in indexes[0][first:last])]
    return [taken(values, indexes[1:], *ends[i:i + 2]) for i in range(last - first)]


def as_json(value):
    if isinstance(value, dict):
        return {"ref": value["path"]}
    if isinstance(value, (np.ndarray, np.void, list, tuple)):
        return [as_json(item) for item in (value.tolist() if isinstance(value, (np.ndarray, np.void)) else value)]
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if isinstance(value, np.generic) else value


@pytest.mark.corpus
@pytest.mark.parametrize("name", corpus("nwb", ".nwb") + corpus("generated/nwb", ".nwb"))
def test_a_row_more_in_each_table_of_the_corpus(name, tmp_path):
    store = tmp_path / "out.nwb.zarr"
    if engram.run("convert", CORPUS / name, store, "--json").code != 0:
        return  # test_corpus_nwb.py has those
    root = zarr.open_consolidated(str(store))
    before = engram.run("validate", store, "--json")
    todo = {path: last_row(root[path]) for path in tables_of(root)}
    broken = [path for path, kind in told_of(before) if kind in ("bad_table", "bad_index", "dangling")]
    todo = {path: row for path, row in todo.items() if not any(f"/{path}" in each for each in broken)}
    told = append(store, [{"rows": f"/{path}", "columns": row} for path, row in todo.items()])
    assert told == ["nothing"]
    again = zarr.open_consolidated(str(store))
    for path, row in todo.items():
        assert len(again[path]["id"]) == len(root[path]["id"]) + 1
        assert json.dumps(last_row(again[path])) == json.dumps(row), path
    after = engram.run("validate", store, "--json")
    assert told_of(after) == told_of(before)
    assert engram.run("tree", store, "--consolidated").code == 0


def told_of(run):
    """What `engram validate` found; nothing where a file has no schema to be held to."""
    return [(f["path"], f["kind"]) for f in json.loads(run.out)["findings"]] if run.out else []
