"""Damaged and hostile files: an error with a code, in time, and nothing published; or the truth."""
import os
import random
import re
import shutil

import hdf5plugin  # noqa: F401 - its filters make h5py read what engram may
import pytest

import engram
import raw_compare
import zarr_store
from conftest import CORPUS, corpus

SECONDS = 60


def check(source, target):
    run = engram.run("convert", source, target, "--json", timeout=SECONDS)
    assert run.code in engram.EXIT_CODES, run.told()
    assert not target.with_name(target.name + ".part").exists()
    assert sorted(p.name for p in target.parent.iterdir()) == ([target.name] if run.code == 0 else [])
    if run.code != 0:
        assert run.err.strip() and str(source) in run.err, run.told()
        return run
    assert zarr_store.problems(target) == []
    return run


@pytest.mark.corpus
@pytest.mark.parametrize("name", corpus("hdf5-corrupt"))
def test_file(name, tmp_path):
    source, target = CORPUS / name, tmp_path / "out" / "out.zarr"
    target.parent.mkdir()
    run = check(source, target)
    if run.code == 0:
        compare(source, target, run.notices)


@pytest.mark.parametrize("keep", [0, 1, 8, 100, 800, 0.3, 0.6, 0.9, 0.999])
def test_truncated(keep, session_nwb, tmp_path):
    """A file that ends early. HDF5 itself notices, as the superblock knows the length."""
    source, target = tmp_path / "short.nwb", tmp_path / "out" / "out.zarr"
    target.parent.mkdir()
    data = session_nwb.read_bytes()
    source.write_bytes(data[:keep if isinstance(keep, int) else int(len(data) * keep)])
    assert check(source, target).code != 0


@pytest.mark.parametrize("seed", range(25))
def test_bytes_changed(seed, zoo_h5, tmp_path):
    """Random bytes in random places: whatever comes, it is an error in time or a store that is whole."""
    source, target = tmp_path / "changed.h5", tmp_path / "out" / "out.zarr"
    target.parent.mkdir()
    chance = random.Random(seed)
    data = bytearray(zoo_h5.read_bytes())
    for _ in range(1 + seed % 5):
        at = chance.randrange(len(data))
        data[at:at + 4] = chance.randbytes(4)
    source.write_bytes(data)
    check(source, target)


def compare(source, target, notices):
    """What h5py reads of it must be equal; h5py dies of some of these files."""
    result = raw_compare.compare_in_child(str(source), target, notices)
    if isinstance(result, str):
        assert re.match("h5py dies|h5py does not end|OSError|RuntimeError", result), result
    else:
        assert result.problems == []




SMALL = [name for name in corpus("nwb", ".nwb") if (CORPUS / name).stat().st_size < 300_000]
PARTS = 8


@pytest.mark.corpus
@pytest.mark.parametrize("part", range(PARTS))
def test_real_files_with_flipped_bits_or_cut_short(part, tmp_path):
    """Of real NWB files: an error in time, or a result that engram itself finds equal and that is what h5py reads. 2,000 of them with
    ENGRAM_LONG=1; figures in docs/reliability.md."""
    count = {"converted": 0, "refused": 0}
    for i in range(250 if os.environ.get("ENGRAM_LONG") else 5):
        chance = random.Random(1000 * part + i)
        data = bytearray((CORPUS / SMALL[(PARTS * i + part) % len(SMALL)]).read_bytes())
        if i % 4 == 3:
            del data[chance.randrange(len(data)):]
        else:
            for _ in range(chance.choice((1, 1, 2, 8))):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        source, target = tmp_path / f"{i}.nwb", tmp_path / f"out{i}" / "out.zarr"
        target.parent.mkdir()
        source.write_bytes(data)
        run = engram.run("convert", source, target, "--json", "--verify", timeout=SECONDS)
        assert run.code in engram.EXIT_CODES, run.told()
        assert sorted(p.name for p in target.parent.iterdir()) == ([target.name] if run.code == 0 else []), run.told()
        count["converted" if run.code == 0 else "refused"] += 1
        if run.code == 0:
            compare(source, target, run.notices)
        shutil.rmtree(target.parent)
        source.unlink()
    print(count)
    assert count["converted"], "every file was refused"
