"""Arrays have names of dimensions by which xarray opens their groups; hdmf-zarr gives the same ones where it gives any."""
import json
import subprocess

import hdmf_zarr
import pynwb
import pytest
import zarr

import engram
from conftest import PYTHON_ZARR3

OPEN_ALL = """
import json, sys, warnings
import xarray, zarr
warnings.simplefilter("ignore")
out = {}
def walk(group):
    if any(True for _ in group.arrays()) and not group.path.startswith("specifications"):
        with xarray.open_zarr(sys.argv[1], group=group.path or None, consolidated=False, decode_times=False) as found:
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


def test_the_names_of_hdmf_zarr(session_nwb, tmp_path):
    engram.convert(session_nwb, tmp_path / "ours.zarr")
    with pynwb.NWBHDF5IO(session_nwb, "r") as source, hdmf_zarr.NWBZarrIO(str(tmp_path / "theirs.zarr"), mode="w") as target:
        target.export(src_io=source, write_args={"link_data": False})
    ours, theirs = (zarr.open_group(str(tmp_path / name), mode="r") for name in ("ours.zarr", "theirs.zarr"))
    compared = 0

    def compare(name, node):
        nonlocal compared
        if not isinstance(node, zarr.Array) or "_ARRAY_DIMENSIONS" not in node.attrs or name not in ours:
            return
        names = ours[name].attrs["_ARRAY_DIMENSIONS"]
        assert len(names) == ours[name].ndim
        expected = node.attrs["_ARRAY_DIMENSIONS"]
        # Of a name for two lengths in a group, or twice in an array, engram makes two names.
        own = name.rsplit("/", 1)[-1]
        assert all(ours_one in (one, f"{own}_{one}", f"{own}_{axis}")
                   for axis, (ours_one, one) in enumerate(zip(names, expected))), (name, names, expected)
        compared += 1

    theirs.visititems(compare)
    assert compared > 10
