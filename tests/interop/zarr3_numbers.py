"""Run by the Python that has zarr 3 and TensorStore: every dataset of numbers of HDF5 files against Zarr v3 stores made of them.

    zarr3_numbers.py PAIRS.json      [[SOURCE, TARGET], ...]; prints {"problems": [...], "read": N, "not in tensorstore": N}

TensorStore is asked for all arrays but those whose attributes have a NaN, an infinity or a text that is no UTF-8, which its
JSON does not know.
"""
import json
import os
import pathlib
import sys
import warnings

import h5py
import numpy as np
import tensorstore
import zarr

MOST = 20_000_000
LONG = (np.dtype("longdouble"), np.dtype("clongdouble"))


def is_strict(document):
    try:
        value = json.loads(document, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))
        json.dumps(value, ensure_ascii=False).encode()
    except ValueError:  # That of half a surrogate pair is one.
        return False
    return True


def plain(values):
    values = np.asarray(values)
    return np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"))).tobytes()


class Pairs:
    def __init__(self):
        self.problems, self.read, self.not_in_tensorstore = [], 0, 0

    def compare(self, source, target):
        with h5py.File(source, "r") as file:
            names = []
            file.visit(names.append)  # Which holds h5py's lock, and zarr-python has threads.
            for name in names:
                try:
                    item = file[name]
                    # Of a virtual dataset it is easy to say that it is large; long doubles are bytes in Zarr v3.
                    if not isinstance(item, h5py.Dataset) or item.shape is None or item.size > MOST or \
                            item.dtype.kind not in "biufc" or item.dtype in LONG:
                        continue
                    values = item[()]
                except Exception:  # noqa: BLE001 - a type or a filter that h5py has not
                    continue
                self.array(plain(values), item.shape, os.path.join(target, name), f"{source}: {name}")

    def array(self, theirs, shape, path, where):
        if not os.path.exists(os.path.join(path, "zarr.json")):
            return  # Left out, as the notices say.
        try:
            mine = zarr.open_array(pathlib.Path(path), mode="r")
            if mine.shape != shape or plain(mine[()]) != theirs:
                self.problems.append(f"{where}: zarr-python reads {mine}, which is not what h5py reads")
            self.read += 1
            with open(os.path.join(path, "zarr.json"), encoding="utf-8") as document:
                text = document.read()
            if not is_strict(text):
                self.not_in_tensorstore += 1
                return
            store = tensorstore.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": path}}).result()
            if plain(store.read().result()) != theirs:
                self.problems.append(f"{where}: TensorStore reads other elements")
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is a problem
            self.problems.append(f"{where}: {type(error).__name__}: {str(error)[:300]}")


def main():
    warnings.simplefilter("ignore")
    pairs = Pairs()
    with open(sys.argv[1], encoding="utf-8") as file:
        for source, target in json.load(file):
            pairs.compare(source, target)
    json.dump({"problems": pairs.problems, "read": pairs.read, "not in tensorstore": pairs.not_in_tensorstore}, sys.stdout)


if __name__ == "__main__":
    main()
