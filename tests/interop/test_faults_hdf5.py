"""As test_faults, of an HDF5 file that is made from a store: whole or absent, and the next run makes it. There is no --resume:
libhdf5 finds nothing to go on with in a file that was not closed."""
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import os
import pytest

import engram
import h5_compare
import test_faults as faults
from test_faults import POINTS, source  # noqa: F401 - a fixture

pytestmark = pytest.mark.skipif(not faults.FAULTS, reason="ENGRAM_FAULTS does not name engram_faults.so")
PARTS = 4


@pytest.fixture(scope="module")
def store(source, tmp_path_factory):  # noqa: F811
    target = tmp_path_factory.mktemp("store") / "in.zarr"
    engram.convert(source, target, *faults.OPTIONS)
    return target


def convert(store, target, fault="", *more):
    environment = dict(os.environ, LD_PRELOAD=faults.FAULTS, ENGRAM_FAULT=fault) if fault else None
    return engram.run("convert", store, target, *faults.OPTIONS, *more, timeout=60, env=environment,
                      sync=fault.startswith(("syncfs", "fsync")))


def check_whole(target, source):  # noqa: F811
    assert [text for kind, text in h5_compare.compare(source, target) if kind == "difference"] == []


def check_end(store, target, source, run, expected):  # noqa: F811
    """Absent with the right code and a clear sentence, or whole; the next run makes it. True when the fault was felt."""
    if run.code == 0:
        check_whole(target, source)
        return False
    assert run.code in expected, run.told()
    assert not target.exists(), run.told()
    assert run.err.rstrip().rpartition("\n")[2].startswith("engram: error: "), run.told()
    again = convert(store, target, "", "--overwrite")
    assert again.code == 0, again.told()
    check_whole(target, source)
    assert not Path(f"{target}.part").exists()
    return True


@pytest.mark.parametrize("kind, number, action", faults.some(POINTS, 12))
def test_killed_at(kind, number, action, store, source, tmp_path):  # noqa: F811
    target = tmp_path / "out.h5"
    run = convert(store, target, f"{kind}:{number}:{action}")
    if target.exists():
        check_whole(target, source)  # Killed while what is left was tidied up.
        return
    check_end(store, target, source, run, {8})


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_a_random_time(part, store, source, tmp_path):  # noqa: F811
    rng = random.Random(part)
    for i in range(12 if faults.LONG else 2):
        target = tmp_path / f"{i}.h5"
        process = subprocess.Popen([engram.COMMAND, "convert", store, target, *faults.OPTIONS], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(rng.uniform(0, 0.1))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if not target.exists():
            for _ in range(100):
                again = convert(store, target, "", "--overwrite")
                if "conversion that is running" not in again.err:
                    break
                time.sleep(0.05)
            assert again.code == 0, again.told()
        check_whole(target, source)


@pytest.mark.parametrize("part", range(PARTS))
def test_full_disk(part, store, source, tmp_path):  # noqa: F811
    whole = tmp_path / "whole.h5"
    engram.convert(store, whole, *faults.OPTIONS)
    hits = 0
    for size in faults.some([whole.stat().st_size * i // 60 for i in range(60)][part::PARTS], 3):
        target = tmp_path / f"{size}.h5"
        hits += check_end(store, target, source, convert(store, target, f"space:{size + 1}:ENOSPC"), {8})
        target.unlink()
    assert hits, "no disk was full"


@pytest.mark.parametrize("action", ["EIO", "short"])
@pytest.mark.parametrize("part", range(PARTS))
def test_errors_of_the_system(part, action, store, source, tmp_path):  # noqa: F811
    for number in faults.some(range(1 + part, 301, PARTS), 4):
        target = tmp_path / f"{number}.h5"
        run = convert(store, target, f"io:{number}:{action}")
        if target.exists():
            check_whole(target, source)
        else:
            check_end(store, target, source, run, {8, 5} if action == "EIO" else {8})
        target.unlink()
        shutil.rmtree(f"{target}.part", ignore_errors=True)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_memory(part, store, source, tmp_path):  # noqa: F811
    for number in faults.some(range(1 + part, 601, PARTS), 4):
        target = tmp_path / f"{number}.h5"
        check_end(store, target, source, convert(store, target, f"alloc:{number}:fail"), {5, 7, 8})
        target.unlink()


def test_what_was_left_is_told(store, tmp_path):
    target = tmp_path / "out.h5"
    part = tmp_path / "out.h5.part"
    part.mkdir()
    (part / "conversion.json").write_text('{"source": "in.zarr", "begun": "2026-11-29T00:00:00Z", "resumable": false}')
    run = convert(store, target)
    assert run.code == 4 and "an unfinished conversion of in.zarr" in run.err and "--resume" not in run.err, run.told()
