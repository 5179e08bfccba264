"""Writes corpus_values.json: what zarr-python reads in each Zarr v2 array that others wrote.

    python make_corpus_values.py CORPUS/zarr2 corpus_values.json

An array of fixed-size elements is the SHA-256 of its bytes, C order and little-endian; one of objects that of its
elements as compact JSON, bytes as their hexadecimal digits. An array that zarr-python refuses is null; one without a fill value that
lacks chunks has undefined elements there, and is "undefined".
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
import zarr


def plain(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    return value


def digest(array):
    values = array[...]
    if array.dtype == object:
        flat = [plain(value) for value in np.asarray(values, dtype=object).reshape(-1)]
        return hashlib.sha256(json.dumps(flat, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    values = np.asarray(values)
    return hashlib.sha256(values.astype(values.dtype.newbyteorder("<")).tobytes()).hexdigest()


def main(corpus, target):
    found = {}
    for path in sorted(pathlib.Path(corpus).rglob(".zarray")):
        name = path.parent.relative_to(corpus).as_posix()
        try:
            array = zarr.open_array(str(path.parent), mode="r")
            is_defined = array.fill_value is not None or array.nchunks_initialized == array.nchunks
            found[name] = digest(array) if is_defined else "undefined"
        except Exception as error:
            print(f"{name}: {error}", file=sys.stderr)
            found[name] = None
    pathlib.Path(target).write_text(json.dumps(found, indent=0) + "\n")
    print(len(found), "arrays")


if __name__ == "__main__":
    main(*sys.argv[1:])
