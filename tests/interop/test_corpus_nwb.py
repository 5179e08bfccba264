"""Every NWB file of the corpus, converted, is in hdmf-zarr what pynwb reads from the HDF5 file."""
import json
import os
import shutil
import subprocess
import warnings

import h5py
import numpy as np
import pytest
from pynwb import NWBHDF5IO

import engram
import nwb_compare
import raw_compare
import zarr_store
from conftest import CORPUS, HERE, PYTHON_ZARR3, corpus

FILES = corpus("nwb", ".nwb", ".h5", ".hdf5") + corpus("generated/nwb", ".nwb")
BATCHES = 4


def pynwb_opens(path):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with NWBHDF5IO(path, "r", load_namespaces=True) as io:
                io.read()
    except Exception:  # noqa: BLE001 - for whatever reason, it does not open
        return False
    return True


@pytest.mark.corpus
@pytest.mark.parametrize("name", FILES)
def test_default_profile(name, tmp_path):
    source, target = str(CORPUS / name), tmp_path / "out.nwb.zarr"
    run = engram.run("convert", source, target, "--json")
    if run.code != 0:
        assert not pynwb_opens(source), run.told()
        assert run.code in (5, 6) and source in run.err, run.told()
        return
    if pynwb_opens(source):
        assert nwb_compare.compare(source, target, run.notices) == []
    else:
        assert nwb_compare.raw_of(source, target, run.notices) == []
        assert zarr_store.problems(target) == []


def test_session(session_nwb, tmp_path):
    run = engram.convert(session_nwb, tmp_path / "out.zarr")
    assert run.notices == []
    assert nwb_compare.compare(str(session_nwb), tmp_path / "out.zarr", run.notices) == []


def test_exact_text(session_nwb, tmp_path):
    """With --text exact an ASCII or fixed-length array is bytes, as pynwb has it from HDF5."""
    run = engram.convert(session_nwb, tmp_path / "out.zarr", "--text", "exact")
    assert nwb_compare.compare(str(session_nwb), tmp_path / "out.zarr", run.notices) == []


def test_no_consolidate(session_nwb, tmp_path):
    run = engram.convert(session_nwb, tmp_path / "out.zarr", "--no-consolidate")
    assert not os.path.exists(tmp_path / "out.zarr" / ".zmetadata")
    assert nwb_compare.compare(str(session_nwb), tmp_path / "out.zarr", run.notices, consolidated=False) == []


# ---------------------------------------------------------------------------------------------- --compat portable
def check_with_zarr3(pairs, folder):
    """What zarr-python 3 finds in [(source, target, notices), ...], as one list a pair."""
    listing = folder / "pairs.json"
    listing.write_text(json.dumps([[str(s), str(t), n] for s, t, n in pairs]), encoding="utf-8")
    done = subprocess.run([PYTHON_ZARR3, "-W", "ignore", HERE / "zarr3_check.py", listing], capture_output=True,
                          text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.corpus
@pytest.mark.zarr3
@pytest.mark.parametrize("batch", range(BATCHES))
def test_portable_profile(batch, tmp_path):
    pairs = []
    for i, name in enumerate(FILES[batch::BATCHES]):
        target = tmp_path / f"{i}.zarr"
        run = engram.run("convert", CORPUS / name, target, "--compat", "portable", "--json")
        if run.code == 0:
            pairs.append((CORPUS / name, target, run.notices))
        else:
            assert not pynwb_opens(str(CORPUS / name)), run.told()
    found = check_with_zarr3(pairs, tmp_path)
    assert {str(pair[0]): problems for pair, problems in zip(pairs, found) if problems} == {}


@pytest.mark.zarr3
def test_portable_session(session_nwb, zoo_h5, tmp_path):
    """All but long doubles, which zarr-python 3 has no type for: they have a test of their own."""
    shutil.copytree(zoo_h5.parent, tmp_path / "source")
    zoo_h5 = tmp_path / "source" / zoo_h5.name
    with h5py.File(zoo_h5, "r+") as file:
        del file["numbers/long_double"]
        del file["records/nested"]  # The profile flattens it: its fields have other names (specs/zarr-layout.md).
    pairs = [(source, tmp_path / f"{source.name}.zarr", engram.convert(source, tmp_path / f"{source.name}.zarr", "--compat",
                                                                       "portable").notices) for source in (session_nwb, zoo_h5)]
    assert check_with_zarr3(pairs, tmp_path) == [[], []]


@pytest.mark.zarr3
def test_portable_long_doubles(tmp_path):
    """Alone, in a field and beside text: their bytes are kept, and zarr-python 3 opens the group with all of them."""
    values = np.array([1, -0.5, np.pi], np.longdouble)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["alone"] = values
        file["field"] = np.array(list(zip(values, range(3))), [("x", values.dtype), ("n", "i4")])
        file["text"] = np.array([(v, "a") for v in values], [("x", values.dtype), ("t", h5py.string_dtype())])
    engram.convert(tmp_path / "x.h5", tmp_path / "x.zarr", "--compat", "portable")
    read = """
import sys, zarr
group = zarr.open_consolidated(sys.argv[1], zarr_format=2)
assert sorted(dict(group.members())) == ["alone", "field", "text"]
sys.stdout.buffer.write(group["alone"][:].tobytes() + group["field"][:]["x"].tobytes())
assert len(group["text"][:]) == 3
"""
    done = subprocess.run([PYTHON_ZARR3, "-W", "ignore", "-c", read, tmp_path / "x.zarr"], capture_output=True, check=True)
    assert np.array_equal(np.frombuffer(done.stdout, np.longdouble), np.tile(values, 2))  # Padding does not count.


@pytest.mark.zarr3
def test_dandi_finds_no_error(session_nwb, tmp_path):
    """The portable store, in a dandiset that is nothing but it."""
    store = tmp_path / "sub-m1" / "sub-m1_ses-s1_ecephys.nwb.zarr"
    store.parent.mkdir()
    (tmp_path / "dandiset.yaml").write_text("identifier: DANDI:000001\nname: x\ndescription: x\n", encoding="utf-8")
    engram.convert(session_nwb, store, "--compat", "portable")
    dandi = os.path.join(os.path.dirname(PYTHON_ZARR3), "dandi")
    done = subprocess.run([dandi, "validate", "--format", "json", store], capture_output=True, text=True, timeout=300,
                          check=False, env={**os.environ, "DANDI_NO_ET": "1", "HOME": str(tmp_path)})
    assert done.stdout.strip().startswith("["), done.stdout + done.stderr
    errors = [r for r in json.loads(done.stdout) if r["severity"] in ("ERROR", "CRITICAL")]
    assert errors == []
