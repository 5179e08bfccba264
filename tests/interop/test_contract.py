"""A second opinion: the contract's own 90 small files and its own judge, where they lie beside the checkout."""
import re
import subprocess
import sys

import pytest

import engram
from conftest import SHARED

TOOLS = SHARED / "tools"
AT_LEAST = 75

# Cases that the judge does not find equal, and why.
NOT_EQUAL = {}


@pytest.mark.corpus
def test_contract(tmp_path):
    subprocess.run([sys.executable, TOOLS / "make_contract_nwb.py", tmp_path], check=True, capture_output=True, timeout=300)
    done = subprocess.run([sys.executable, TOOLS / "run_contract.py", tmp_path, "--convert",
                           f"{engram.COMMAND} convert --quiet {{src}} {{dst}}", "--inline-external", "--text-as-str"],
                          capture_output=True, text=True, timeout=900, check=False)
    verdicts = dict(reversed(line.split(maxsplit=1)) if not line.startswith("DIFFERENT") else
                    (line.split()[2], "DIFFERENT") for line in done.stdout.splitlines() if re.match(r"[A-Z]", line))
    equal = [case for case, verdict in verdicts.items() if verdict == "EQUAL"]
    others = {case: verdict for case, verdict in verdicts.items() if verdict != "EQUAL"}
    assert {case: verdict for case, verdict in others.items() if case not in NOT_EQUAL} == {}, done.stdout
    assert [case for case in NOT_EQUAL if case not in others] == [], "cases that are equal now"
    assert len(equal) >= AT_LEAST
