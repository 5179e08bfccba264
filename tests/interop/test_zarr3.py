"""Zarr v3: engram reads what zarr-python 3 reads, and stores that are laid out as hdmf-zarr 0.14 does it."""
import json
import os
import subprocess

import numpy as np
import pytest

import engram
from conftest import CORPUS, HERE, PYTHON_ZARR3, corpus

pytestmark = pytest.mark.zarr3

# What engram does not read, and says so: a part of the array's path, and of the reason.
REFUSED = {
    "array_pcodec": "numcodecs.pcodec",
    "packbits_subbyte": "is not known to engram",
    "optional": "is not known to engram",
}

# Each array below a folder, with what zarr-python reads: elements in their file, texts as they are.
VALUES = """
import json, os, sys, warnings
import numpy as np, zarr
warnings.simplefilter("ignore")
found = []
for path, names, files in sorted(os.walk(sys.argv[1])):
    if "zarr.json" not in files:
        continue
    try:
        if json.load(open(os.path.join(path, "zarr.json"))).get("node_type") != "array":
            continue
        values = zarr.open_array(path, mode="r")[...]
    except Exception as error:
        found.append([path, None, repr(error)])
        continue
    if np.asarray(values).dtype.kind in "OT":
        found.append([path, None, [str(value) for value in np.ravel(values)]])
    else:
        np.save(os.path.join(sys.argv[2], f"{len(found)}.npy"), values)
        found.append([path, len(found), None])
print(json.dumps(found))
"""


def by_zarr_python(folder, place):
    done = subprocess.run([PYTHON_ZARR3, "-c", VALUES, folder, place], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.corpus
@pytest.mark.parametrize("folder", ["zarr3", "generated/zarr3"])
@pytest.mark.slow
def test_corpus(folder, tmp_path):
    read = refused = 0
    for path, number, values in by_zarr_python(CORPUS / folder, tmp_path):
        kind = "npy" if number is not None else "json"
        run = subprocess.run([engram.COMMAND, "cat", path, "/", "--format", kind], capture_output=True, timeout=60, check=False)
        reason = next((text for part, text in REFUSED.items() if part in path), None)
        if number is None and isinstance(values, str):  # zarr-python gives no values.
            assert run.returncode in engram.EXIT_CODES - {0} or reason is None, (path, values)
            continue
        if reason is not None and run.returncode != 0:
            assert run.returncode == 6 and reason in run.stderr.decode(), (path, run.stderr)
            refused += 1
            continue
        assert run.returncode == 0, (path, run.stderr)
        if number is None:
            assert np.ravel(np.array(json.loads(run.stdout), dtype=object)).tolist() == values, path
        else:
            expected = np.load(tmp_path / f"{number}.npy")
            (tmp_path / "found.npy").write_bytes(run.stdout)
            found = np.load(tmp_path / "found.npy")
            assert found.dtype.newbyteorder("<") == expected.dtype.newbyteorder("<") and found.shape == expected.shape, path
            assert found.astype(found.dtype.newbyteorder("<")).tobytes() == expected.astype(expected.dtype.newbyteorder("<")).tobytes(), path
        read += 1
    assert read > (50 if folder == "zarr3" else 100) and refused < 5


def export(source, target, *options):
    done = subprocess.run([PYTHON_ZARR3, HERE / "export_v3.py", source, target, *options], capture_output=True, text=True, check=True)
    return done.stdout.split()


def differences(a, b):
    run = engram.run("diff", a, b, "--json")
    assert run.code in (0, 1), run.told()
    return run.report


# What HDF5 has and hdmf-zarr's layout on Zarr v3 has no place for.
def is_lost(difference, dropped):
    return (difference["path"] in dropped or difference["path"].partition("@")[0] in dropped)


@pytest.mark.parametrize("options", [(), ("shards",)], ids=["plain", "shards"])
def test_session(options, session_nwb, tmp_path):
    target = tmp_path / "v3.zarr"
    dropped = export(session_nwb, target, *options)
    found = differences(session_nwb, target)
    assert [each for each in found["listed"] if not is_lost(each, dropped)] == []
    assert found["differences"] <= len(dropped) and found["datasets"] > 50
    assert engram.run("tree", target, "--consolidated").code == 0
    # To Zarr v2, whose store holds the same.
    engram.convert(target, tmp_path / "v2.zarr", "--verify")
    assert [each for each in differences(session_nwb, tmp_path / "v2.zarr")["listed"] if not is_lost(each, dropped)] == []


@pytest.mark.corpus
@pytest.mark.parametrize("name", corpus("generated/nwb", ".nwb"))
def test_nwb(name, tmp_path):
    dropped = export(CORPUS / name, tmp_path / "v3.zarr", *(["shards"] if len(name) % 2 else []))
    found = differences(CORPUS / name, tmp_path / "v3.zarr")
    assert [each for each in found["listed"] if not is_lost(each, dropped)] == []
    engram.convert(tmp_path / "v3.zarr", tmp_path / "v2.zarr", "--verify")


def test_consolidated_again(session_nwb, tmp_path):
    """What hdmf-zarr consolidated and what engram makes of the single documents says the same."""
    target = tmp_path / "v3.zarr"
    export(session_nwb, target)
    assert engram.run("convert", session_nwb, target).code == 4
    before = json.loads((target / "zarr.json").read_text())["consolidated_metadata"]["metadata"]
    assert engram.run("consolidate", target).code == 0
    assert engram.run("tree", "--consolidated", target).code == 0
    after = json.loads((target / "zarr.json").read_text())["consolidated_metadata"]["metadata"]
    for document in before.values():
        document.pop("consolidated_metadata", None)
    assert after == before
    document = target / "zarr.json"
    text = document.read_text()
    document.write_text(text[:len(text) // 2])
    for command in ("tree", "validate"):
        run = engram.run(command, target)
        assert run.code == 5 and "zarr.json" in run.err, run.told()


def test_shards_that_are_damaged(session_nwb, tmp_path):
    target = tmp_path / "v3.zarr"
    export(session_nwb, target, "shards")
    shards = [os.path.join(place, name) for place, _, names in os.walk(target) for name in names
              if name.startswith("c.") and "sharding_indexed" in open(os.path.join(place, "zarr.json"), encoding="utf-8").read()]
    path = max(shards, key=os.path.getsize)
    with open(path, "r+b") as file:
        file.seek(-6, os.SEEK_END)  # In the index.
        file.write(b"\x55")
    run = engram.run("convert", target, tmp_path / "out.zarr")
    assert run.code == 5 and "index of a shard" in run.err and not (tmp_path / "out.zarr").exists(), run.told()
    os.truncate(path, 10)
    run = engram.run("convert", target, tmp_path / "out.zarr")
    assert run.code == 5 and "no room for the index" in run.err, run.told()
