"""A Zarr v2 directory as it lies on disk: metadata as plain JSON, values by zarr-python, 2.18 or 3.

With zarr-python 3 the whole group is opened once, through its consolidated metadata, as its users do.
"""
import json
import os
import re

import numpy as np
import zarr

META = (".zgroup", ".zarray", ".zattrs")
RESERVED = ("zarr_dtype", "zarr_link")


class Store:
    def __init__(self, path):
        self.path = os.fspath(path)
        self.group = None
        if int(zarr.__version__.split(".")[0]) > 2:
            self.group = zarr.open_group(self.path, mode="r", zarr_format=2, use_consolidated=True)

    def json(self, node, name):
        """The metadata file `name` of `node` ("/a/b"), or None."""
        try:
            with open(os.path.join(self.path, node.strip("/"), name), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def what(self, node):
        """"group", "array" or None."""
        folder = os.path.join(self.path, node.strip("/"))
        if os.path.isfile(os.path.join(folder, ".zarray")):
            return "array"
        return "group" if os.path.isfile(os.path.join(folder, ".zgroup")) else None

    def attributes(self, node):
        return self.json(node, ".zattrs") or {}

    def links(self, node):
        """The links of a group: name -> path."""
        found = {}
        for link in self.attributes(node).get("zarr_link", []):
            if sorted(link) != ["name", "path", "source"] or link["source"] != "." or link["name"] in found:
                raise ValueError(f"{node}: bad zarr_link {link}")
            if not link["path"].startswith("/") or self.what(link["path"]) is None:
                raise ValueError(f"{node}: the zarr_link {link} leads nowhere")
            found[link["name"]] = link["path"]
        return found

    def children(self, node):
        """The nodes right below a group: name -> "group" or "array"."""
        found = {}
        with os.scandir(os.path.join(self.path, node.strip("/"))) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    found[entry.name] = self.what(f"{node.rstrip('/')}/{entry.name}")
        return found

    def array(self, node):
        if self.group is not None:
            return self.group[node.strip("/")]
        return zarr.open_array(zarr.DirectoryStore(self.path), path=node.strip("/"), mode="r")

    def nodes(self):
        """Every group and array: path -> "group" or "array"."""
        found, todo = {}, ["/"]
        while todo:
            node = todo.pop()
            found[node] = self.what(node)
            if found[node] == "group":
                todo += [f"{node.rstrip('/')}/{name}" for name in self.children(node)]
        return found


def problems(path, consolidated=True):
    """What is wrong with a store by itself: stray files, chunk files outside the grid, metadata that disagrees."""
    store, found, metadata = Store(path), [], {}
    for node, what in store.nodes().items():
        folder = os.path.join(store.path, node.strip("/"))
        if what is None:
            found.append(f"{node} is a directory without metadata")
            continue
        files = {entry.name for entry in os.scandir(folder) if not entry.is_dir(follow_symlinks=False)}
        for name in files & set(META):
            metadata[f"{node.strip('/')}/{name}".lstrip("/")] = store.json(node, name)
        files -= {*META, *([".zmetadata"] if node == "/" else [])}
        if what == "group":
            if store.json(node, ".zgroup") != {"zarr_format": 2}:
                found.append(f"{node}: .zgroup holds {store.json(node, '.zgroup')}")
            if files:
                found.append(f"{node}: stray files {sorted(files)}")
        else:
            found += array_problems(store, node, files)
    whole = store.json("/", ".zmetadata")
    if not consolidated:
        return found + (["there is a .zmetadata"] if whole is not None else [])
    if whole is None:
        return [*found, ".zmetadata is missing"]
    if whole.get("zarr_consolidated_format") != 1:
        found.append(".zmetadata: zarr_consolidated_format is not 1")
    for key in sorted(metadata.keys() | whole["metadata"].keys()):
        if json.dumps(metadata.get(key), sort_keys=True) != json.dumps(whole["metadata"].get(key), sort_keys=True):
            found.append(f".zmetadata does not agree with the file {key}")
    return found


def array_problems(store, node, files):
    found = []
    meta = store.json(node, ".zarray")
    if "zarr_dtype" not in store.attributes(node):
        found.append(f"{node}: no zarr_dtype")
    if meta.get("zarr_format") != 2 or meta.get("order") != "C" or meta.get("dimension_separator", ".") != ".":
        found.append(f"{node}: .zarray is {meta}")
    for codec in [*(meta["filters"] or []), *([meta["compressor"]] if meta["compressor"] else [])]:
        if codec["id"] == "pickle":
            found.append(f"{node}: pickle")
    if any(chunk < 1 for chunk in meta["chunks"]) or len(meta["chunks"]) != len(meta["shape"]):
        return [*found, f"{node}: chunks {meta['chunks']} for shape {meta['shape']}"]
    grid = [-(-size // chunk) for size, chunk in zip(meta["shape"], meta["chunks"])]
    for name in files:
        if not re.fullmatch(r"\d+(\.\d+)*", name):
            found.append(f"{node}: stray file {name}")
        elif grid and (len(name.split(".")) != len(grid) or any(int(i) >= n for i, n in zip(name.split("."), grid))):
            found.append(f"{node}: chunk {name} lies outside the grid {grid}")
    if meta["dtype"] == "|O" and len(files) != int(np.prod(grid)):
        found.append(f"{node}: {len(files)} chunk files of {int(np.prod(grid))}; objects have no fill value to stand in")
    return found
