"""What the interop tests share: where the command, the corpus and the second Python are."""
import os
import shutil
import sys
import warnings
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import engram  # noqa: E402
import make_files  # noqa: E402

ROOT = HERE.parent.parent
SHARED = ROOT.parent / "shared"
CORPUS = SHARED / "corpus"
PYTHON_ZARR3 = os.environ.get("ENGRAM_PYTHON_ZARR3", "")
PYTHON_CODECS = os.environ.get("ENGRAM_PYTHON_CODECS", "")
PYTHON_HDMF_ZARR_014 = os.environ.get("ENGRAM_PYTHON_HDMF_ZARR_014", "")
PYTHON_DATAJOINT = os.environ.get("ENGRAM_PYTHON_DATAJOINT", "")
MARIADBD = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin:/usr/libexec")


def corpus(folder, *endings):
    """The files below a folder of the corpus, relative to the corpus; none where there is no corpus."""
    base = CORPUS / folder
    return [str(path.relative_to(CORPUS)) for path in sorted(base.rglob("*"))
            if path.is_file() and (not endings or path.suffix in endings)]


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes a large part of a minute, and begins first, so that no process has it left alone")
    config.addinivalue_line("markers", "corpus: needs the corpus beside the checkout")
    config.addinivalue_line("markers", "fast_paths: about chunks that are copied as they are, and so not for --no-fast-paths")
    config.addinivalue_line("markers", "zarr3: needs a Python with zarr 3, named by ENGRAM_PYTHON_ZARR3")
    config.addinivalue_line("markers", "codecs: needs a Python with the codecs of other packages, named by ENGRAM_PYTHON_CODECS")
    config.addinivalue_line("markers", "hdmf_zarr_014: needs a Python with hdmf-zarr 0.14, named by "
                                       "ENGRAM_PYTHON_HDMF_ZARR_014")
    config.addinivalue_line("markers", "datajoint: needs a Python with DataJoint, named by ENGRAM_PYTHON_DATAJOINT")
    config.addinivalue_line("markers", "mariadb: needs a MariaDB server's program, mariadbd")
    warnings.filterwarnings("ignore", module="(pynwb|hdmf|zarr|hdmf_zarr).*")


def left_out():
    return {mark: reason for mark, missing, reason in (
        ("corpus", not CORPUS.is_dir(), f"the corpus part was not run: there is no {CORPUS}"),
        ("zarr3", not PYTHON_ZARR3, "the zarr-python 3 part was not run: ENGRAM_PYTHON_ZARR3 names no Python"),
        ("codecs", not PYTHON_CODECS, "the part with anscombe-transform, wavpack-numcodecs and flac-numcodecs was not run: "
         "ENGRAM_PYTHON_CODECS names no Python"),
        ("hdmf_zarr_014", not PYTHON_HDMF_ZARR_014,
         "the hdmf-zarr 0.14 part was not run: ENGRAM_PYTHON_HDMF_ZARR_014 names no Python"),
        ("datajoint", not PYTHON_DATAJOINT, "the DataJoint part was not run: ENGRAM_PYTHON_DATAJOINT names no Python"),
        ("mariadb", not MARIADBD, "the part with a database was not run: there is no mariadbd (Debian's mariadb-server)"),
    ) if missing}


def pytest_collection_modifyitems(config, items):
    absent = left_out()
    gone = [item for item in items if any(item.get_closest_marker(mark) for mark in absent)]
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item not in gone]
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_terminal_summary(terminalreporter):
    for reason in left_out().values():
        terminalreporter.write_line(reason)


def pytest_sessionstart(session):
    if shutil.which(engram.COMMAND) is None:
        raise pytest.UsageError(f"ENGRAM={engram.COMMAND} is no command; set ENGRAM to the engram to be tested")


@pytest.fixture(scope="session")
def session_nwb(tmp_path_factory):
    """A session with all that the contract knows, made by pynwb."""
    path = tmp_path_factory.mktemp("session") / "session.nwb"
    make_files.session(path)
    return path


@pytest.fixture(scope="session")
def zoo_h5(tmp_path_factory):
    """An HDF5 file with one of each type, layout and link, made by h5py."""
    path = tmp_path_factory.mktemp("zoo") / "zoo.h5"
    make_files.zoo(path)
    return path
