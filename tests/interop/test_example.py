"""examples/session.nwb is what its script makes, and the README's way through it works."""
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "examples" / "session.nwb"


def plain(value, file):
    """A value with the paths that references stand for in their place."""
    if isinstance(value, h5py.Reference):
        return f"-> {file[value].name}"
    if isinstance(value, np.ndarray) and value.dtype.kind == "O":
        return [plain(item, file) for item in value.ravel()]
    if isinstance(value, np.void):
        return [plain(value[name], file) for name in value.dtype.names]
    if isinstance(value, np.ndarray) and value.dtype.names:
        return [plain(item, file) for item in value.ravel()]
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def content(path):
    """Everything that the file holds but its bytes: each link, type, shape, layout, attribute and value."""
    found = {}
    with h5py.File(path) as file:
        def walk(group):
            for name in group:
                where = f"{group.name}/{name}"
                link = group.get(name, getlink=True)
                if isinstance(link, h5py.SoftLink):
                    found[where] = f"soft link to {link.path}"
                    continue
                note(where, group[name])
                if isinstance(group[name], h5py.Group):
                    walk(group[name])

        def note(where, node):
            for name, value in node.attrs.items():
                found[f"{where}@{name}"] = (str(node.attrs.get_id(name).dtype), repr(plain(value, file)))
            if isinstance(node, h5py.Dataset):
                found[where] = (str(node.dtype), node.shape, node.maxshape, node.chunks, node.compression,
                                node.shuffle, repr(plain(node[()], file)))
            else:
                found[where] = "group"

        note("/", file["/"])
        walk(file["/"])
    return found


def test_the_committed_file_is_what_the_script_makes(tmp_path):
    made = tmp_path / "session.nwb"
    subprocess.run([sys.executable, ROOT / "examples" / "make_session.py", made], check=True, timeout=120)
    expected, found = content(made), content(EXAMPLE)
    assert len(expected) > 300
    assert {where: value for where, value in found.items() if expected.get(where) != value} == {}
    assert expected.keys() == found.keys()


def test_the_example_is_small_and_holds_no_schema():
    assert EXAMPLE.stat().st_size < 300_000
    with h5py.File(EXAMPLE) as file:
        assert "specifications" not in file and ".specloc" not in file.attrs
