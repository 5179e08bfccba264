"""Compares NWB files in HDF5 with Zarr v3 stores made of them, for a Python with hdmf-zarr 0.14 or later.

    nwb_compare_v3.py PAIRS.json

PAIRS.json is [[SOURCE.nwb, TARGET.nwb.zarr], ...]; a list of texts for each pair, its differences, is printed as JSON. What
a user of pynwb sees is compared as nwb_compare.py does; beyond that: the cached schemas, the consolidated metadata with the
single documents, every dataset of numbers element by element, and that no file lies deeper than the group that holds its
array.
"""
import json
import os
import sys
import warnings

import h5py
import numpy as np
import zarr
from hdmf_zarr.nwb import NWBZarrIO
from pynwb import NWBHDF5IO

import nwb_compare


def documents(path):
    """Each zarr.json below `path`, by the path of its node."""
    found = {}
    for directory, _, files in os.walk(path):
        if "zarr.json" in files:
            node = os.path.relpath(directory, path)
            with open(os.path.join(directory, "zarr.json"), encoding="utf-8") as file:
                found["" if node == "." else node] = json.load(file)
    return found


def specifications(path, nodes):
    where = nodes[""]["attributes"].get(".specloc")
    if where is None:
        return {}
    start = where.strip("/") + "/"
    root = zarr.open_group(path, mode="r", use_consolidated=False)
    return {node[len(start):]: str(root[node][()]) for node, document in nodes.items()
            if node.startswith(start) and document["node_type"] == "array"}


def store_problems(path, nodes):
    consolidated = nodes[""].get("consolidated_metadata", {}).get("metadata")
    if consolidated is None:
        yield "no consolidated metadata"
        return
    for node in sorted(set(consolidated) | set(nodes) - {""}):
        if json.dumps(consolidated.get(node)) != json.dumps(nodes.get(node)):
            yield f"the consolidated metadata of {node} are others than its zarr.json"
    for directory, _, files in os.walk(path):
        node = os.path.relpath(directory, path)
        if "zarr.json" not in files:
            yield f"{node} is no node"
        elif any(name != "zarr.json" for name in files) and nodes["" if node == "." else node]["node_type"] != "array":
            yield f"{node} is a group with {files}"


def number_problems(source, target, nodes):
    root = zarr.open_group(target, mode="r")
    with h5py.File(source, "r") as file:
        for node, document in nodes.items():
            data = file.get(node, getlink=False) if document["node_type"] == "array" else None
            if not isinstance(data, h5py.Dataset) or data.dtype.kind not in "biufc" or data.shape is None:
                continue
            mine, theirs = root[node], data[()]
            if mine.shape != data.shape or mine.dtype.newbyteorder("<") != data.dtype.newbyteorder("<"):
                yield f"{node} is {mine.dtype}{mine.shape}, not {data.dtype}{data.shape}"
            elif np.asarray(mine[()]).astype(mine.dtype.newbyteorder("<")).tobytes() != \
                    np.asarray(theirs).astype(data.dtype.newbyteorder("<")).tobytes():
                yield f"{node} has other elements"
            elif data.chunks and not all(a == b or a % b == 0 for a, b in zip(mine.chunks, data.chunks)):
                yield f"{node} has chunks {mine.chunks}, not {data.chunks}"


def compare(source, target):
    try:
        with NWBHDF5IO(source, "r", load_namespaces=True) as io:
            left = nwb_compare.facts(io, nwb_compare.ids_in_hdf5(source))
    except Exception as error:  # noqa: BLE001 - whatever it is, pynwb does not open the source
        return f"pynwb does not open it: {type(error).__name__}: {str(error)[:200]}"
    try:
        nodes = documents(target)
        ids = {document.get("attributes", {}).get("object_id") for document in nodes.values()}
        with NWBZarrIO(target, "r", load_namespaces=True) as io:
            right = nwb_compare.facts(io, ids)
        found = nwb_compare.differences(left, right)
        a, b = nwb_compare.specifications(source), specifications(target, nodes)
        found += [f"specification {k} differs" for k in sorted(a.keys() | b.keys()) if a.get(k) != b.get(k)]
        return found + list(store_problems(target, nodes)) + list(number_problems(source, target, nodes))
    except Exception as error:  # noqa: BLE001
        return [f"cannot be opened: {type(error).__name__}: {str(error)[:500]}"]


def main():
    warnings.simplefilter("ignore")
    with open(sys.argv[1], encoding="utf-8") as file:
        pairs = json.load(file)
    json.dump([compare(source, target) for source, target in pairs], sys.stdout)


if __name__ == "__main__":
    main()
