"""Zarr v3 that engram writes: hdmf-zarr 0.14, zarr-python 3 and TensorStore read what h5py reads from the HDF5 file."""
import json
import os
import shutil
import subprocess

import h5py
import numpy as np
import pytest

import engram
from conftest import CORPUS, HERE, PYTHON_HDMF_ZARR_014, PYTHON_ZARR3, corpus

NWB = corpus("nwb", ".nwb", ".h5", ".hdf5") + corpus("generated/nwb", ".nwb")
HDF5 = corpus("hdf5", ".h5", ".hdf5", ".nwb")
BATCHES = 4
# As small as they come, so that every array has several shards of several chunks.
SHARDS = ("--shards", "auto")


def of_batch(names, batch):
    return names[batch::BATCHES]


def run_python(python, script, argument):
    done = subprocess.run([python, "-W", "ignore", HERE / script, argument], capture_output=True, text=True, timeout=900,
                          check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def convert_all(sources, folder, *options):
    """[(source, target)] of those that convert; the others are refused as the default conversion refuses them."""
    pairs = []
    for number, source in enumerate(sources):
        target = folder / f"{number}.zarr"
        run = engram.run("convert", source, target, "--zarr-format", "3", *options, "--verify", "--quiet")
        if run.code == 0:
            pairs.append((str(source), str(target)))
        else:
            assert engram.run("convert", source, folder / "v2.zarr").code == run.code, run.told()
    return pairs


def listed(pairs, folder):
    path = folder / "pairs.json"
    path.write_text(json.dumps(pairs), encoding="utf-8")
    return path


# ---------------------------------------------------------------------------------------------- hdmf-zarr 0.14
def judged(pairs, folder):
    return run_python(PYTHON_HDMF_ZARR_014, "nwb_compare_v3.py", listed(pairs, folder))


@pytest.mark.corpus
@pytest.mark.hdmf_zarr_014
@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("options", [(), SHARDS], ids=["files", "shards"])
@pytest.mark.slow
def test_nwb(batch, options, tmp_path):
    pairs = convert_all([CORPUS / name for name in of_batch(NWB, batch)], tmp_path, *options)
    found = {source: problems for (source, _), problems in zip(pairs, judged(pairs, tmp_path)) if problems}
    # What pynwb itself does not open is not judged.
    assert {source: text for source, text in found.items() if isinstance(text, list)} == {}
    assert len(found) <= len(pairs) / 3


@pytest.mark.hdmf_zarr_014
def test_session(session_nwb, tmp_path):
    pairs = convert_all([session_nwb], tmp_path)
    assert judged(pairs, tmp_path) == [[]]


@pytest.mark.hdmf_zarr_014
def test_no_consolidated_metadata(session_nwb, tmp_path):
    pairs = convert_all([session_nwb], tmp_path, "--no-consolidate")
    (found,) = judged(pairs, tmp_path)
    assert found.pop() == "no consolidated metadata"
    # hdmf-zarr reads in the order of the directory then, meets what is linked in another place first, and the judge names what
    # it finds by that place: the values are compared by --verify alone.
    assert not [text for text in found if "cannot be opened" in text or "unreadable" in text]


@pytest.mark.hdmf_zarr_014
@pytest.mark.parametrize("change", ["attribute", "elements", "text", "node"])
def test_the_judge_finds_it(change, session_nwb, tmp_path):
    (pair,) = convert_all([session_nwb], tmp_path)
    nodes = [os.path.relpath(path, pair[1]) for path, _, files in os.walk(pair[1]) if "zarr.json" in files]
    documents = {node: json.loads((tmp_path / "0.zarr" / node / "zarr.json").read_text()) for node in nodes}
    arrays = [node for node in nodes if documents[node]["node_type"] == "array" and not node.startswith("specifications")]
    root = tmp_path / "0.zarr"
    if change == "attribute":
        path = root / next(n for n in arrays if "unit" in documents[n]["attributes"]) / "zarr.json"
        path.write_text(path.read_text().replace('"unit": "', '"unit": "x'))
    elif change == "elements":
        node = next(n for n in arrays if documents[n]["data_type"] == "float64" and os.path.exists(root / n / "c.0"))
        os.unlink(root / node / "c.0")  # It is not all fill values, or else it had not been written.
    elif change == "text":
        shutil.copy(root / "identifier" / "c", root / "session_description" / "c")
    else:
        shutil.rmtree(root / arrays[0])
    assert judged([pair], tmp_path) not in ([[]], [])


# ---------------------------------------------------------------------------------------------- zarr-python 3, TensorStore
@pytest.mark.corpus
@pytest.mark.zarr3
@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("options", [(), ("--shards", "auto", "--chunks", "100,100")], ids=["files", "shards"])
@pytest.mark.slow
def test_numbers(batch, options, tmp_path):
    pairs = convert_all([CORPUS / name for name in of_batch(HDF5 + NWB, batch)], tmp_path, *options)
    found = run_python(PYTHON_ZARR3, "zarr3_numbers.py", listed(pairs, tmp_path))
    assert found["problems"] == []
    assert found["read"] > 50
    assert found["not in tensorstore"] <= found["read"] / 10


FILTERS = {
    "none": {},
    "gzip": {"compression": "gzip", "compression_opts": 4},
    "shuffle_gzip": {"compression": "gzip", "shuffle": True},
    "shuffle_gzip_fletcher32": {"compression": "gzip", "shuffle": True, "fletcher32": True},
    "shuffle": {"shuffle": True},
    "lzf": {"compression": "lzf", "shuffle": True},
    "fletcher32": {"fletcher32": True},
}


@pytest.mark.zarr3
@pytest.mark.parametrize("shards", [(), ("--shards", "auto")], ids=["files", "shards"])
def test_filters(shards, tmp_path):
    """Deflate chunks are kept as they are, for every reader, in files and in shards."""
    rng = np.random.default_rng(7)
    noise = rng.integers(0, 256, 4000, dtype=np.uint8)
    values = {"i2": np.arange(4000, dtype="i2"), "f8": np.arange(4000) / 7, "be": np.arange(4000, dtype=">i4"), "u1": noise,
              "zeros": np.zeros(4000, "f4"), "incompressible": np.frombuffer(noise.tobytes(), "f4")}
    source = tmp_path / "filters.h5"
    with h5py.File(source, "w") as file:
        for name, data in values.items():
            for filters, options in FILTERS.items():
                file.create_dataset(f"{filters}/{name}", data=data.reshape(-1, 10), chunks=(17, 4), **options)
    (pair,) = convert_all([source], tmp_path, *shards)
    found = run_python(PYTHON_ZARR3, "zarr3_numbers.py", listed([pair], tmp_path))
    assert found == {"problems": [], "read": len(values) * len(FILTERS), "not in tensorstore": 0}
    plan = engram.run("convert", source, "--dry-run", "--json", "--zarr-format", "3", *shards)
    actions = {array["path"]: array["action"] for array in json.loads(plan.out)["arrays"]}
    for filters in ("none", "gzip", "shuffle_gzip", "shuffle_gzip_fletcher32", "fletcher32"):
        assert {actions[f"/{filters}/{name}"] for name in values} == {"copy"}, filters


def codec_names(document):
    names = []
    for codec in document["codecs"]:
        names.append(codec["name"])
        names += codec_names(codec["configuration"]) if codec["name"] == "sharding_indexed" else []
    return names


@pytest.mark.corpus
def test_core_codecs_alone(tmp_path):
    """Numbers have only codecs that every reader of Zarr v3 has, and chunk keys make no directories."""
    core = {"bytes", "blosc", "zstd", "gzip", "crc32c", "sharding_indexed", "vlen-utf8"}
    for source, target in convert_all([CORPUS / name for name in of_batch(HDF5 + NWB, 0)], tmp_path, *SHARDS):
        for path, folders, files in os.walk(target):
            document = json.loads(open(os.path.join(path, "zarr.json"), encoding="utf-8").read())
            if document["node_type"] == "array":
                assert set(codec_names(document)) - core <= ({"vlen-bytes"} if document["data_type"] == "variable_length_bytes"
                                                             else set()), (source, path)
                assert folders == [], (source, path)


# ---------------------------------------------------------------------------------------------- v2 and v3
def chunks_of(store):
    """The bytes of each chunk of numbers, by array and place; not of scalars, which have another shape in each version."""
    found = {}
    for path, _, files in os.walk(store):
        document = ".zarray" if ".zarray" in files else "zarr.json"
        metadata = json.loads(open(os.path.join(path, document), encoding="utf-8").read()) if document in files else {}
        data_type = metadata.get("dtype", metadata.get("data_type"))
        # Text, and records, which v2 has as objects where they hold text.
        if not isinstance(data_type, str) or data_type in ("|O", "string", "variable_length_bytes"):
            continue
        attributes = json.loads(open(os.path.join(path, ".zattrs"), encoding="utf-8").read()) if ".zattrs" in files else {}
        if metadata["shape"] == [] or attributes.get("zarr_dtype") == "scalar":
            continue
        for name in files:
            if not name.startswith(".z") and name != "zarr.json":
                place = name[1:].lstrip(".") if name.startswith("c") else name
                found[os.path.relpath(path, store), place or "0"] = open(os.path.join(path, name), "rb").read()
    return found


@pytest.mark.corpus
@pytest.mark.parametrize("batch", range(BATCHES))
def test_between_versions(batch, tmp_path):
    """Chunks of numbers are the same bytes in v2, in v3 made of that, and in v2 made of that again; the stores say the same."""
    sources = [CORPUS / name for name in of_batch(NWB, batch)]
    seen = 0
    for number, source in enumerate(sources):
        v2, v3, again = (tmp_path / f"{number}.{name}" for name in ("v2", "v3", "again"))
        if engram.run("convert", source, v2, "--codec", "zstd:3").code != 0:
            continue
        assert engram.run("convert", v2, v3, "--zarr-format", "3", "--verify").code == 0, source
        assert engram.run("convert", v3, again, "--verify").code == 0, source
        before, between, after = chunks_of(v2), chunks_of(v3), chunks_of(again)
        # Not whole tables: pytest would show every byte of them.
        assert sorted(before) == sorted(between) == sorted(after), source
        assert [key for key in before if not before[key] == between[key] == after[key]] == [], source
        seen += len(between)
        run = engram.run("diff", v2, v3)
        assert run.code == 0, (source, run.told())
    assert seen > 20


# ---------------------------------------------------------------------------------------------- shards
def test_forecast_of_files(tmp_path):
    source = tmp_path / "a.h5"
    with h5py.File(source, "w") as file:
        file.create_dataset("data", data=np.arange(1, 100001, dtype="i4").reshape(1000, 100), chunks=(10, 10), compression="gzip")
    for shards, files in (("none", 1000), ("100,100", 10), ("100,50", 20), ("auto", 1), ("/data=250,100", 4)):
        plan = engram.run("convert", source, "--dry-run", "--json", "--zarr-format", "3", "--shards", shards)
        assert [array["chunk_files"] for array in json.loads(plan.out)["arrays"]] == [files], shards
        target = tmp_path / "out.zarr"
        assert engram.run("convert", source, target, "--zarr-format", "3", "--shards", shards, "--verify").code == 0
        assert len(os.listdir(target / "data")) == files + 1
        assert json.loads(plan.out)["written"]["files"] == files + 2
        shutil.rmtree(target)


@pytest.mark.parametrize("options, text", [
    (("--shards", "auto"), "--zarr-format 3"),
    (("--zarr-format", "3", "--shards", "15,10"), "no whole number of its chunks"),
    (("--zarr-format", "3", "--shards", "many"), "not \"many\""),
    (("--zarr-format", "3", "--text", "exact"), "one type for all text"),
    (("--zarr-format", "4"), "4"),
])
def test_what_can_not_be_asked_for(options, text, tmp_path):
    source = tmp_path / "a.h5"
    with h5py.File(source, "w") as file:
        file.create_dataset("data", data=np.zeros((100, 10)), chunks=(10, 10))
    run = engram.run("convert", source, tmp_path / "out.zarr", *options)
    assert run.code == 2 and text in run.err, run.told()
    assert os.listdir(tmp_path) == ["a.h5"]
