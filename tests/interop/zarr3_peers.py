#!/usr/bin/env python3
"""Run by the Python that has zarr 3, TensorStore and zarrs: a peer of the interop matrix of Zarr v3.

    zarr3_peers.py PEER write|read SPEC.json      (see matrix_languages.py for SPEC.json; "zarray" is a zarr.json here)
"""
import json
import os
import sys
import warnings

import numpy as np
import zarr

import zarr3_cells as cells


class NotAsked(Exception):
    """The peer has no way to be asked for this."""


class TensorStore:
    def __init__(self):
        import tensorstore
        self.tensorstore = tensorstore

    def write(self, path, metadata, values):
        members = {key: value for key, value in metadata.items() if key not in ("zarr_format", "node_type", "attributes")}
        array = self.tensorstore.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": path}, "metadata": members},
                                      create=True).result()
        array.write(values if values.dtype == array.dtype.numpy_dtype else values.astype(array.dtype.numpy_dtype)).result()

    def read(self, path):
        return np.asarray(self.tensorstore.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": path}}).result().read().result())


class ZarrPython:
    def write(self, path, metadata, values):
        os.makedirs(path)
        with open(os.path.join(path, "zarr.json"), "w", encoding="utf-8") as file:
            json.dump(metadata, file)
        zarr.open_array(path, mode="r+")[...] = values

    def read(self, path):
        return np.asarray(zarr.open_array(path, mode="r")[...])


class Zarrs(ZarrPython):
    """Its Rust codecs under zarr-python."""

    def __init__(self):
        import zarrs  # noqa: F401
        zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"})


BY_NAME = {one["name"]: one for one in cells.all_cells()}
PEERS = {"zarr-python 3": ZarrPython, "TensorStore": TensorStore, "zarrs": Zarrs}


def outcome(peer, what, one):
    path = os.path.join(one["store"], one["path"])
    try:
        if what == "write":
            peer.write(path, one["zarray"], cells.values_of(BY_NAME[one["name"]]))
        else:
            cells.kept(one["out"], peer.read(path))
        return "done"
    except Exception as error:  # noqa: BLE001 - what a peer can't do is what is asked for
        return f"{type(error).__name__}: {error}".splitlines()[0]


def main():
    name, what, spec = sys.argv[1:]
    warnings.simplefilter("ignore")
    peer = PEERS[name]()
    with open(spec, encoding="utf-8") as file:
        for one in json.load(file):
            print(json.dumps([one["name"], outcome(peer, what, one)]), flush=True)


if __name__ == "__main__":
    main()
