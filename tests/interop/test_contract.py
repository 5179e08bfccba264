"""A second opinion: the contract's own 90 small files and its own judge, where they lie beside the checkout."""
import re
import subprocess
import sys

import pytest

import engram
from conftest import HERE, SHARED

TOOLS = SHARED / "tools"
PARTS = 3
VERDICT = re.compile("(EQUAL|DIFFERENT|UNREADABLE|RAISES|SRCUNREAD|BROKEN) ")
CASES = 90

UNREADABLE_SOURCE = "pynwb cannot read the HDF5 file itself, so there is nothing to be equal to"
# Cases that the judge does not find equal, and why.
NOT_EQUAL = {
    "h5_attr_int_for_float": UNREADABLE_SOURCE,
    "h5_attr_null": UNREADABLE_SOURCE,
    "h5_attr_shape1": UNREADABLE_SOURCE,
    "h5_col_null": UNREADABLE_SOURCE,
    "h5_col_opaque": UNREADABLE_SOURCE,
    "h5_col_vlen": UNREADABLE_SOURCE,
    "h5_hardlink_renamed": UNREADABLE_SOURCE,
    "h5_nameclash": UNREADABLE_SOURCE,
    "h5_softlink_relative": UNREADABLE_SOURCE,
    "ext_attrs": "hdmf-zarr gives every integer attribute as int, and hdmf then refuses it where an extension's class asks "
                 "for uint8 or int64; nothing in a store can help",
    "h5_attr_regref": "a region reference is kept in engram's reserved form, which hdmf-zarr shows as a dict",
    "h5_col_regref": "region references are kept in engram's reserved form, which hdmf-zarr shows as dicts",
    "h5_col_enum": "Zarr has no enumerations: integers, with the names in _ENUM; the judge asks for an enumeration",
    "h5_col_refs_null": "h5py itself raises for the null reference, in pynwb's reading and in the judge's; it is null in "
                        "the store",
    "h5_dimscale": "DIMENSION_LIST and REFERENCE_LIST hold references, which the judge compares as h5py objects with JSON",
    "h5_hardlink_data": "one dataset under two hard links is one array and a link, not two arrays; pynwb shows the link",
    "h5_hardlink_group": "a second name of a typed group beside it is left out with a notice: pynwb refuses a store with "
                         "both, and hides it in HDF5",
    "h5_nospec": "a file without cached schema stays without; hdmf-zarr warns about it, HDF5IO does not",
    "h5_softlink_basename": "of two links whose targets share a name, pynwb shows one and refuses a store with both; the "
                            "other is left out with a notice, where hdmf's HDF5 reader drops it silently",
    "h5_zerorefs": "an empty column of references: hdmf gives an array from HDF5, and a resolver from zarr_dtype object",
}


@pytest.mark.corpus
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.slow
def test_contract(part, tmp_path):
    subprocess.run([sys.executable, TOOLS / "make_contract_nwb.py", tmp_path], check=True, capture_output=True, timeout=300)
    names = sorted(path.stem for path in tmp_path.glob("*.nwb"))
    assert len(names) == CASES
    names = names[part::PARTS]
    done = subprocess.run([sys.executable, HERE / "contract_judge.py", TOOLS, tmp_path, "--only", *names, "--convert",
                           f"{engram.COMMAND} convert --quiet --no-sync {{src}} {{dst}}", "--inline-external", "--text-as-str"],
                          capture_output=True, text=True, timeout=900, check=False)
    verdicts = {line.split()[-1]: line.split()[0] for line in done.stdout.splitlines() if VERDICT.match(line)}
    assert sorted(verdicts) == names, done.stdout + done.stderr
    unequal = {case for case, verdict in verdicts.items() if verdict != "EQUAL"}
    assert unequal - set(NOT_EQUAL) == set(), done.stdout
    assert set(NOT_EQUAL) & set(names) - unequal == set(), "cases that are equal now"
