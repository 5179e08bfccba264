"""Pulled plugs, full disks, errors of the system, no memory: whole or absent, and --resume ends as if nothing had been.

Each test has a few cases for every run of the tests; ENGRAM_LONG=1 (scripts/test --long) has those of docs/reliability.md.
"""
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

import engram

FAULTS = os.environ.get("ENGRAM_FAULTS", "")
LONG = bool(os.environ.get("ENGRAM_LONG"))
pytestmark = pytest.mark.skipif(not FAULTS, reason="ENGRAM_FAULTS does not name engram_faults.so")
PARTS = 8
OPTIONS = ("--threads", "2")


def some(cases, short):
    """All cases in a long run; else about `short` of them, spread evenly."""
    cases = list(cases)
    return cases if LONG else cases[::max(1, len(cases) // short)]


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    """Chunks that are copied, such that are made, small datasets, text and references."""
    path = tmp_path_factory.mktemp("faults") / "in.h5"
    rng = np.random.default_rng(5)
    with h5py.File(path, "w") as file:
        file.create_dataset("copied", data=rng.integers(0, 50, (4000, 16), "i2"), chunks=(250, 16), compression="gzip")
        file.create_dataset("contiguous", data=rng.integers(0, 9, (3000, 40), "i4"))
        for i in range(12):
            file[f"group/{i % 3}/small{i}"] = np.arange(i + 1)
        file["text"] = [f"row {i}" for i in range(500)]
        file["references"] = np.array([file["text"].ref, file["copied"].ref], dtype=h5py.ref_dtype)
        file["group"].attrs["unit"] = "V"
    return path


@pytest.fixture(scope="session")
def whole(source, tmp_path_factory):
    target = tmp_path_factory.mktemp("whole") / "out.zarr"
    engram.convert(source, target, *OPTIONS, "--chunks", "/contiguous=100,40")
    return content(target)


def content(store):
    return {str(path.relative_to(store)): path.read_bytes() for path in sorted(Path(store).rglob("*")) if path.is_file()}


def convert(source, target, fault="", *more):
    environment = dict(os.environ, LD_PRELOAD=FAULTS, ENGRAM_FAULT=fault) if fault else None
    return engram.run("convert", source, target, *OPTIONS, "--chunks", "/contiguous=100,40", *more, timeout=60, env=environment,
                      sync=fault.startswith(("syncfs", "fsync")))


def resumed(source, target):
    """The next run with --resume; the killed one may hold its lock for as long as the system takes it apart."""
    for _ in range(100):
        run = convert(source, target, "", "--resume")
        if "conversion that is running" not in run.err:
            break
        time.sleep(0.05)
    return run


def check_end(source, target, whole, run, expected):
    """The right code, nothing published, a clear sentence; --resume makes what is whole. Where the fault came too late or in a place
    that does not matter, the result is whole already."""
    if run.code == 0:
        assert content(target) == whole, "published, and not whole"
        return False
    assert run.code in expected, run.told()
    assert not target.exists(), run.told()
    # The HDF5 library prints by itself when it can't even start.
    assert run.err.rstrip().rpartition("\n")[2].startswith("engram: error: "), run.told()
    again = convert(source, target, "", "--resume")
    assert again.code == 0, again.told()
    assert content(target) == whole, "resumed, and not the same"
    assert not Path(f"{target}.part").exists()
    return True


POINTS = [(kind, number, action)
          for kind, numbers, actions in (
              ("mkdir", (1, 2, 3, 6), ("kill", "kill-after")), ("open", (1, 2, 3, 5, 20, 60), ("kill", "kill-after")),
              ("write", (1, 2, 5, 30, 70), ("kill", "kill-half", "kill-after")), ("pwrite", (1, 7), ("kill", "kill-after")),
              ("close", (2, 40), ("kill-after",)), ("rename", (1, 2, 3), ("kill", "kill-after")), ("syncfs", (1,), ("kill", "kill-after")),
              ("fsync", (1,), ("kill", "kill-after")), ("unlink", (1, 2), ("kill", "kill-after")), ("pread", (1, 8), ("kill",)))
          for number in numbers for action in actions]


@pytest.mark.parametrize("kind, number, action", some(POINTS, 15))
def test_killed_at(kind, number, action, source, whole, tmp_path):
    target = tmp_path / "out.zarr"
    run = convert(source, target, f"{kind}:{number}:{action}")
    if target.exists():
        # After the rename that publishes: what is left is to tidy up.
        assert content(target) == whole
        assert kind in ("rename", "fsync", "unlink", "close", "open")
        return
    check_end(source, target, whole, run, {8})


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_a_random_time(part, source, whole, tmp_path):
    rng = random.Random(part)
    for i in range(25 if LONG else 2):
        target = tmp_path / f"{i}.zarr"
        process = subprocess.Popen([engram.COMMAND, "convert", source, target, *OPTIONS, "--chunks", "/contiguous=100,40"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(rng.uniform(0, 0.12))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if target.exists():
            assert content(target) == whole
            shutil.rmtree(f"{target}.part", ignore_errors=True)
        else:
            again = resumed(source, target)
            assert again.code == 0, again.told()
            assert content(target) == whole
        shutil.rmtree(target)


@pytest.mark.parametrize("part", range(PARTS))
def test_full_disk(part, source, whole, tmp_path):
    total = sum(map(len, whole.values()))
    sizes = [total * i // 100 for i in range(100)][part::PARTS]
    hits = 0
    for size in some(sizes, 3):
        target = tmp_path / f"{size}.zarr"
        hits += check_end(source, target, whole, convert(source, target, f"space:{size + 1}:ENOSPC"), {8})
        shutil.rmtree(target)
    assert hits, "no disk was full"


@pytest.mark.parametrize("action", ["EIO", "short"])
@pytest.mark.parametrize("part", range(PARTS))
def test_errors_of_the_system(part, action, source, whole, tmp_path):
    hits = 0
    for number in some(range(1 + part, 501, PARTS), 4):
        target = tmp_path / f"{number}.zarr"
        run = convert(source, target, f"io:{number}:{action}")
        if target.exists():
            # Of what is done with the result in place: it is whole, and a warning tells.
            assert content(target) == whole
        else:
            hits += check_end(source, target, whole, run, {8, 5} if action == "EIO" else {8})
        shutil.rmtree(target)
        shutil.rmtree(f"{target}.part", ignore_errors=True)
    assert hits or action == "short", "nothing failed"


@pytest.mark.parametrize("part", range(PARTS))
def test_no_memory(part, source, whole, tmp_path):
    for number in some(range(1 + part, 1001, PARTS), 4):
        target = tmp_path / f"{number}.zarr"
        run = convert(source, target, f"alloc:{number}:fail")
        check_end(source, target, whole, run, {5, 7, 8})
        if target.exists():
            shutil.rmtree(target)
