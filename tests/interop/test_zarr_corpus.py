"""The Zarr v2 stores of others: engram reads the values that zarr-python 2.18 reads."""
import contextlib
import io
import json
import os
import subprocess

import numpy as np
import pytest
import zarr

import engram
import matrix_cells as cells
from conftest import CORPUS

pytestmark = pytest.mark.corpus

FOLDERS = ("zarr2", "generated/zarr2", "nwb-zarr", "generated/nwb-zarr")

# Where zarr-python itself gives no values: a part of the array's path, and of what it says.
REFUSED = (
    ("neuroconv/minian/", "its size must be a divisor"),  # unit_id: a chunk of a byte too many.
    ("zarrs-v2/array_pcodec_C.zarr/", "codec not available: ''pcodec''"),
)



def stores():
    """The topmost folders with Zarr metadata, relative to the corpus."""
    found = []
    for folder in FOLDERS:
        for path, names, files in os.walk(CORPUS / folder):
            if {".zgroup", ".zarray"} & set(files):
                found.append(os.path.relpath(path, CORPUS))
                names.clear()
            names.sort()
    return sorted(found)


def arrays(store):
    """The paths of a store's arrays; "" is the store itself."""
    for path, names, files in os.walk(CORPUS / store):
        names.sort()
        if ".zarray" in files:
            names.clear()
            relative = os.path.relpath(path, CORPUS / store)
            yield "" if relative == "." else relative


def by_engram(store, path, is_object):
    kind = "json" if is_object else "npy"
    run = subprocess.run([engram.COMMAND, "cat", CORPUS / store, "/" + path, "--format", kind], stdin=subprocess.DEVNULL, capture_output=True,
                         timeout=120, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"exit {run.returncode}: {run.stderr.decode(errors='replace').strip()}")
    return json.loads(run.stdout) if is_object else np.load(io.BytesIO(run.stdout), allow_pickle=False)


def meant(value, attributes):
    """An object as engram prints it: what hdmf-zarr marks as a reference or a record is one."""
    kind = attributes.get("zarr_dtype")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        return value.decode(errors="surrogateescape")
    if isinstance(value, dict) and kind is not None and "path" in value and "source" in value:
        more = {} if value["source"] == "." else {"source": value["source"]}
        if value.get("object_id") is not None:
            more["object_id"] = value["object_id"]
        return {"path": value["path"], **more}
    if isinstance(value, dict):
        return {name: meant(item, attributes) for name, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        items = [meant(item, attributes) for item in value]
        if isinstance(kind, list) and len(kind) == len(items):
            return {field["name"]: item for field, item in zip(kind, items)}
        return items
    return value


def nested(flat, shape):
    """A flat list in the form of an array."""
    if not shape:
        return flat[0]
    step = int(np.prod(shape[1:], dtype=int))
    return [nested(flat[i * step:(i + 1) * step], shape[1:]) for i in range(shape[0])]


def opened(store, path):
    """As users open it: where metadata are consolidated, what the files say beside them is not seen."""
    if (CORPUS / store / ".zmetadata").exists():
        return zarr.open_consolidated(zarr.DirectoryStore(CORPUS / store), mode="r")[path]
    return zarr.open_array(zarr.DirectoryStore(CORPUS / store), path=path, mode="r")


def difference(store, path):
    """What differs between engram and zarr-python in one array, or None."""
    try:
        array = opened(store, path)
        if array.fill_value is None and not array.dtype.hasobject:
            array._fill_value = np.zeros((), array.dtype)[()]  # Else missing chunks hold what lay in memory.
        wanted = np.asarray(array[...])
    except KeyError:
        run = engram.run("cat", CORPUS / store, "/" + path)
        return None if run.code == 3 else f"engram reads what is not in .zmetadata: {run.told()}"
    except Exception as error:  # its refusals are listed, whatever they are
        if any(place in f"{store}/{path}" and words in str(error) for place, words in REFUSED):
            return None
        return f"zarr-python: {type(error).__name__}: {error}"
    is_object = array.dtype.hasobject
    try:
        found = by_engram(store, path, is_object)
    except (RuntimeError, ValueError) as error:
        return f"engram: {error}"
    if is_object:
        attributes = array.attrs.asdict()
        flat = [meant(item, attributes) for item in wanted.ravel().tolist()]
        shape = list(wanted.shape)
        if attributes.get("zarr_dtype") == "scalar" or attributes.get("_DATASPACE") == "scalar":
            shape = []
        text, other = json.dumps(nested(flat, shape), sort_keys=True), json.dumps(found, sort_keys=True)
        if text != other:
            at = next((i for i, (a, b) in enumerate(zip(text, other)) if a != b), min(len(text), len(other)))
            return f"…{other[max(at - 40, 0):at + 60]}…, not …{text[max(at - 40, 0):at + 60]}…"
        return None
    if found.shape != wanted.shape and (found.shape, wanted.shape) != ((), (1,)):
        return f"shape {found.shape}, not {wanted.shape}"
    if found.dtype != cells.little(wanted.dtype):
        return f"type {found.dtype}, not {wanted.dtype}"
    return None if found.tobytes() == cells.raw(wanted) else "other values"


@pytest.mark.parametrize("store", stores())
def test_values_are_those_of_zarr_python(store, monkeypatch):
    monkeypatch.setenv("NUMCODECS_ALLOW_UNSAFE_PICKLE_DECODE", "1")
    import numcodecs.pickles
    monkeypatch.setattr(numcodecs.pickles, "ALLOW_UNSAFE_PICKLE_DECODE", True)
    with contextlib.suppress(ImportError):
        import hdmf_zarr  # noqa: F401  what its pickles name
    differences = {path: difference(store, path) for path in arrays(store)}
    assert differences, "no array was found"
    assert not {path: words for path, words in differences.items() if words}
