"""Arrays have names of dimensions by which xarray opens their groups; hdmf-zarr gives the same ones where it gives any."""
import json
import re
import subprocess

import hdmf_zarr
import pynwb
import pytest

import engram
from conftest import PYTHON_ZARR3

OPEN_ALL = """
import json, sys, warnings
import xarray, zarr
warnings.simplefilter("ignore")
out = {}
def walk(group):
    if any(True for _ in group.arrays()) and not group.path.startswith("specifications"):
        with xarray.open_zarr(sys.argv[1], group=group.path or None, consolidated=False, decode_cf=False) as found:
            out[group.path] = {name: list(one.dims) for name, one in found.variables.items()}
    for _, child in group.groups():
        walk(child)
walk(zarr.open_group(sys.argv[1], mode="r"))
print(json.dumps(out))
"""


@pytest.mark.zarr3
def test_xarray_opens_every_group(session_nwb, tmp_path):
    engram.convert(session_nwb, tmp_path / "x.zarr", "--compat", "portable")
    done = subprocess.run([PYTHON_ZARR3, "-c", OPEN_ALL, tmp_path / "x.zarr"], capture_output=True, text=True, timeout=120,
                          check=False)
    assert done.returncode == 0, done.stderr
    groups = json.loads(done.stdout)
    assert groups["acquisition/raw"]["data"] == ["num_times", "num_channels"]
    assert "units" in groups and "general/extracellular_ephys/electrodes" in groups


def test_the_names_of_hdmf_zarr(session_nwb, tmp_path, monkeypatch):
    # It writes references as pickles, and reads them back while it exports.
    monkeypatch.setattr("numcodecs.pickles.ALLOW_UNSAFE_PICKLE_DECODE", True)
    engram.convert(session_nwb, tmp_path / "ours.zarr")
    with pynwb.NWBHDF5IO(session_nwb, "r") as source, hdmf_zarr.NWBZarrIO(str(tmp_path / "theirs.zarr"), mode="w") as target:
        target.export(src_io=source, write_args={"link_data": False})
    compared = 0
    for path in sorted((tmp_path / "theirs.zarr").rglob(".zattrs")):
        expected = json.loads(path.read_text()).get("_ARRAY_DIMENSIONS")
        own = tmp_path / "ours.zarr" / path.relative_to(tmp_path / "theirs.zarr")
        if not expected or not own.exists():
            continue
        names = json.loads(own.read_text())["_ARRAY_DIMENSIONS"]
        assert len(names) == len(json.loads((own.parent / ".zarray").read_text())["shape"])
        # Of a name for two lengths in a group, or twice in an array, engram makes two names; and it names columns by
        # their own type, where hdmf-zarr takes each for a VectorData, whose dimensions are dim0, dim1, ...
        assert all(name in (one, f"{own.parent.name}_{one}", f"{own.parent.name}_{axis}") or re.fullmatch(r"dim\d", one)
                   for axis, (name, one) in enumerate(zip(names, expected))), (own, names, expected)
        compared += 1
    assert compared > 10
    # Single values have no dimension.
    assert "_ARRAY_DIMENSIONS" not in json.loads((tmp_path / "ours.zarr" / "identifier" / ".zattrs").read_text())
