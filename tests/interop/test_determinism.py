"""The same file gives the same bytes: again, with any number of threads, with any memory."""
import os

import pytest

import engram
from conftest import CORPUS, ROOT, corpus

EXAMPLE = [str(path) for path in [ROOT / "examples" / "session.nwb"] if path.exists()]


def content(target):
    """Every file of a store: name -> bytes."""
    return {os.path.relpath(os.path.join(folder, name), target): open(os.path.join(folder, name), "rb").read()
            for folder, _, names in os.walk(target) for name in names}


def same_whatever(source, folder):
    # Chunks as they are; each decoded and encoded; others that lie across the source's, in bands.
    for kind, encoding in enumerate([(), ("--codec", "zlib:1"), ("--codec", "blosc:lz4:5:shuffle", "--chunks", "7,3")]):
        first = None
        for i, options in enumerate([("--threads", "8"), ("--threads", "8"), ("--threads", "2"), ("--threads", "1"),
                                     ("--memory", "64MiB"), ("--memory", "4GiB", "--threads", "3")][:6 if kind == 0 else 4]):
            target = folder / f"{kind}-{i}.zarr"
            engram.convert(source, target, *encoding, *options)
            now = content(target)
            first = now if first is None else first
            assert sorted(now) == sorted(first), (encoding, options)
            assert [name for name in now if now[name] != first[name]] == [], (encoding, options)


def test_session(session_nwb, tmp_path):
    same_whatever(session_nwb, tmp_path)


def test_zoo(zoo_h5, tmp_path):
    same_whatever(zoo_h5, tmp_path)


@pytest.mark.parametrize("encoding", [(), ("--codec", "zstd:3", "--chunks", "auto")], ids=["copied", "recoded"])
@pytest.mark.parametrize("made", ["session_nwb", "zoo_h5"])
def test_checksum(made, encoding, request, tmp_path):
    """Any number of threads, again and again: 20 runs when ENGRAM_LONG is set."""
    source, seen = request.getfixturevalue(made), {}
    for i in range(20 if os.environ.get("ENGRAM_LONG") else 4):
        threads = (1, 2, 4, 8)[i % 4]
        run = engram.convert(source, tmp_path / "out.zarr", "--checksum", "--threads", str(threads), "--overwrite", *encoding)
        seen.setdefault(run.report["checksum"], []).append(threads)
    assert len(seen) == 1, seen


@pytest.mark.parametrize("source", EXAMPLE)
def test_example(source, tmp_path):
    same_whatever(source, tmp_path)


@pytest.mark.corpus
@pytest.mark.parametrize("name", corpus("generated/nwb", ".nwb"))
def test_corpus(name, tmp_path):
    same_whatever(CORPUS / name, tmp_path)
