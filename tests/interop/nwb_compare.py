#!/usr/bin/env python3
"""Compares an NWB file in HDF5 with one in Zarr, strictly: what a user of pynwb sees, and what lies on disk.

    nwb_compare.py SOURCE.nwb TARGET.nwb.zarr

Each file is read on its own and becomes a flat table of facts: the place of a fact in the tree of containers, and the
fact. A container contributes its class with all bases, type, namespace, name, object id, parent, children, and every
field; a field its value, element by element, with dtype; a link or reference the place of its target. What cannot be
read is a fact that never equals anything. Then the tables must be equal, fact for fact, and raw_compare must find the
two files equal too. The differences that the two formats force, and that alone are let pass:
  * text is text: bytes (ASCII or fixed-length in HDF5) equal the same text as str;
  * JSON numbers in attributes have no width: float32 and float64 of one value are equal there, not in datasets;
  * a scalar compound, which hdmf-zarr gives as an array of one;
  * an external link's target is part of the Zarr file, so its parent is not compared;
  * an object id that the source does not store, which hdmf invents at each read.
"""
import datetime
import hashlib
import os
import sys
import warnings

import h5py
import numpy as np
import zarr
from hdmf.container import AbstractContainer, Data
from hdmf.data_utils import DataIO
from hdmf.query import HDMFDataset, ReferenceResolver
from hdmf.utils import StrDataset
from hdmf_zarr.nwb import NWBZarrIO
from pynwb import NWBHDF5IO

import raw_compare
import zarr_store

ARRAYS = (np.ndarray, h5py.Dataset, zarr.Array, HDMFDataset, StrDataset, list, tuple, set)


class Unreadable:
    """A fact about something that cannot be read; equals nothing, itself included."""
    __hash__ = None

    def __init__(self, error):
        self.text = f"unreadable: {type(error).__name__}: {str(error)[:200]}"

    def __eq__(self, other):
        return False

    def __repr__(self):
        return self.text


class Anything:
    """A fact that the other side decides."""
    __hash__ = None

    def __eq__(self, other):
        return not isinstance(other, Unreadable)

    def __repr__(self):
        return "anything"


class Facts:
    """The table of facts of one open file."""

    def __init__(self, root, stored_ids):
        self.table, self.places, self.keep = {}, {}, []
        self.stored_ids, self.source = stored_ids, root.container_source
        self.todo = [("", root)]
        while self.todo:
            place, container = self.todo.pop()
            self.container(place, container)

    def put(self, place, make):
        try:
            self.table[place] = make()
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, the item is unreadable
            self.table[place] = Unreadable(error)

    def identity(self, container):
        """Who a container is, in words that do not depend on the file."""
        chain, at = [], container
        while at is not None:
            chain.append(at.name)
            at = at.parent
        return type(container).__name__, "/".join(reversed(chain)), self.object_id(container)

    def object_id(self, container):
        return container.object_id if container.object_id in self.stored_ids else "not stored"

    def target(self, place, container):
        """The fact that `container` is met at `place`; it is described where it is met first."""
        if id(container) not in self.places:
            self.places[id(container)] = place
            self.keep.append(container)
            self.todo.append((place, container))
        external = container.container_source != self.source
        return "container", self.places[id(container)], Anything() if external else self.identity(container)

    def container(self, place, container):
        self.places.setdefault(id(container), place)
        for name, fact in (("class", [c.__qualname__ for c in type(container).__mro__]),
                           ("type", getattr(container, "neurodata_type", None)),
                           ("namespace", getattr(container, "namespace", None)),
                           ("name", container.name)):
            self.table[f"{place}?{name}"] = fact
        self.put(f"{place}?object_id", lambda: self.object_id(container))
        self.put(f"{place}?parent", lambda: self.parent(container))
        self.put(f"{place}?children", lambda: sorted(self.identity(c) for c in container.children))
        if isinstance(container, Data):
            self.put(f"{place}?data", lambda: self.value(f"{place}?data", container.data))
        for name, value in sorted(container.fields.items()):
            if value is not None:
                self.put(f"{place}/{name}", lambda n=name, v=value: self.value(f"{place}/{n}", v))

    def parent(self, container):
        if container.container_source != self.source:
            return Anything()
        return None if container.parent is None else self.identity(container.parent)

    # ------------------------------------------------------------------------------------------ values
    def value(self, place, value):
        if isinstance(value, DataIO):
            value = value.data
        if isinstance(value, AbstractContainer):
            return self.target(place, value)
        if isinstance(value, dict):
            for key, item in value.items():
                self.put(f"{place}/{key}", lambda k=key, v=item: self.value(f"{place}/{k}", v))
            return "map", sorted(map(str, value))
        if isinstance(value, ARRAYS):
            return self.array(place, value)
        return self.scalar(place, value)

    def scalar(self, place, value):
        if isinstance(value, AbstractContainer):
            return self.target(place, value)
        if isinstance(value, (bool, np.bool_)):
            return "bool", bool(value)
        if isinstance(value, (int, np.integer)):
            return "int", int(value)
        if isinstance(value, (float, np.floating)):
            return "float", "nan" if value != value else float(value).hex()
        if isinstance(value, (complex, np.complexfloating)):
            return "complex", repr(complex(value))
        if isinstance(value, (bytes, str)):
            return "text", value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)
        if isinstance(value, (datetime.datetime, datetime.date)):
            return type(value).__name__, value.isoformat()
        if isinstance(value, np.void) and value.dtype.names is None:
            return "opaque", value.tobytes()
        if isinstance(value, np.void):
            return "row", [self.scalar(f"{place}.{n}", value[n]) for n in value.dtype.names]
        if isinstance(value, (list, tuple, np.ndarray)):
            return "row", [self.scalar(f"{place}[{i}]", v) for i, v in enumerate(value)]
        if value is None:
            return "nothing", None
        if hasattr(value, "_asdict"):
            return "row", [self.scalar(f"{place}.{k}", v) for k, v in value._asdict().items()]
        raise TypeError(f"a value of type {type(value).__name__}")

    def array(self, place, value):
        if isinstance(value, ReferenceResolver):
            rows = [self.scalar(f"{place}[{i}]", value[i]) for i in range(len(value))]
            return "rows", len(rows), rows
        if isinstance(value, HDMFDataset):
            value = value.dataset
        if isinstance(value, set):
            value = sorted(value)
        if isinstance(value, StrDataset):
            value = np.asarray(value[()], dtype=object)
        width = isinstance(value, (h5py.Dataset, zarr.Array))
        if width:
            value = value[()]
        if isinstance(value, np.ndarray) and value.dtype.kind in "biufc" and value.dtype.names is None:
            return self.numbers(value, width)
        if isinstance(value, (list, tuple)) and not any(isinstance(v, (AbstractContainer, str, bytes)) for v in value):
            try:
                array = np.array(value)
            except ValueError:
                array = np.empty(0, object)
            if array.dtype.kind in "biufc" and array.size:
                return self.numbers(array, False)
        if isinstance(value, np.ndarray):
            if value.dtype.names is not None and value.shape == ():
                value = value.reshape(1)
            shape = value.shape
            rows = [self.scalar(f"{place}[{i}]", v) for i, v in enumerate(value.reshape(-1))]
            return ("rows", len(rows), rows) if len(shape) == 1 else ("rows", shape, rows)
        rows = [self.scalar(f"{place}[{i}]", v) for i, v in enumerate(value)]
        return "rows", len(rows), rows

    @staticmethod
    def numbers(value, width):
        """Values bit by bit (any NaN is one NaN); with the width of the type where it is a dataset's."""
        kind = value.dtype.str[1:] if width else {"u": "i"}.get(value.dtype.kind, value.dtype.kind)
        if value.size == 0 and not width:
            return "rows", 0, []
        wide = {"i": "i8", "u": "u8", "f": "f8", "c": "c16", "b": "?"}[value.dtype.kind]
        plain = np.ascontiguousarray(value.astype(value.dtype.newbyteorder("<") if width else wide))
        if plain.dtype.kind in "fc":
            plain = np.where(plain != plain, np.array(np.nan, plain.dtype), plain)
            if plain.dtype.itemsize > 8 and plain.dtype.kind == "f":
                return Numbers(kind, value.shape, repr(plain.tolist()).encode(), plain)
        return Numbers(kind, value.shape, plain.tobytes(), plain)


class Numbers:
    """Numbers by their digest, with the first few to be shown; the kind of no numbers does not matter in attributes."""
    __hash__ = None

    def __init__(self, kind, shape, data, values):
        self.key = kind, tuple(shape), hashlib.sha256(data).hexdigest()
        self.first = values.reshape(-1)[:4].tolist()

    def __eq__(self, other):
        return isinstance(other, Numbers) and self.key == other.key

    def __repr__(self):
        return f"{self.key[0]}{list(self.key[1])} {self.first}.. sha {self.key[2][:8]}"


# ---------------------------------------------------------------------------------------------- the two files
def ids_in_hdf5(path, seen=None):
    """Every object_id that the file stores, and the files it links to."""
    found, seen = set(), set() if seen is None else seen
    if os.path.realpath(path) in seen or not os.path.exists(path):
        return found
    seen.add(os.path.realpath(path))

    def visit(group):
        for name in group:
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                found.update(ids_in_hdf5(os.path.join(os.path.dirname(path), link.filename), seen))
            elif isinstance(link, h5py.HardLink):
                item = group[name]
                found.add(item.attrs.get("object_id"))
                if isinstance(item, h5py.Group):
                    visit(item)
    with h5py.File(path, "r") as file:
        found.add(file.attrs.get("object_id"))
        visit(file)
    return {i.decode() if isinstance(i, bytes) else i for i in found if isinstance(i, (str, bytes))}


def ids_in_zarr(path):
    store = zarr_store.Store(path)
    return {store.attributes(node).get("object_id") for node in store.nodes()} - {None}


def facts(io, stored_ids):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        root = io.read()
        return Facts(root, stored_ids).table


def specifications(path):
    """The cached specifications: (namespace, version, source) -> text."""
    found = {}
    if os.path.isdir(path):
        store = zarr_store.Store(path)
        where = store.attributes("/").get(".specloc")
        nodes = [] if where is None else [n for n, what in store.nodes().items()
                                          if what == "array" and n.startswith("/" + where.strip("/") + "/")]
        for node in nodes:
            found[node[len(where.strip("/")) + 2:]] = store.array(node)[0]
    else:
        with h5py.File(path, "r") as file:
            if ".specloc" in file.attrs:
                group = file[file.attrs[".specloc"]]
                group.visititems(lambda n, o: found.update({n: o.asstr()[()]}) if isinstance(o, h5py.Dataset) else None)
    return {k: v if isinstance(v, str) else str(np.asarray(v).reshape(-1)[0]) for k, v in found.items()}


def compare(source, target, notices=(), raw=True, consolidated=True):
    """Every difference, as text. Raises nothing: what cannot be opened is a difference."""
    found = []
    try:
        with NWBHDF5IO(source, "r", load_namespaces=True) as a:
            left = facts(a, ids_in_hdf5(source))
        with NWBZarrIO(str(target), "r", load_namespaces=True) as b:
            right = facts(b, ids_in_zarr(target))
    except Exception as error:  # noqa: BLE001
        found.append(f"cannot be opened: {type(error).__name__}: {str(error)[:500]}")
    else:
        found += differences(left, right)
    try:
        a, b = specifications(source), specifications(target)
        found += [f"specification {k} differs" for k in sorted(a.keys() | b.keys()) if a.get(k) != b.get(k)]
        found += [f"store: {p}" for p in zarr_store.problems(target, consolidated)]
        if raw:
            found += [f"raw {where}: {what}" for where, what in raw_of(source, target, notices)]
    except Exception as error:  # noqa: BLE001
        found.append(f"cannot be compared: {type(error).__name__}: {str(error)[:500]}")
    return found


def raw_of(source, target, notices):
    result = raw_compare.compare(source, target, notices)
    return result.problems + [(where, f"h5py cannot read it: {why}") for where, why in result.unread]


def differences(left, right):
    found = []
    for place in sorted(left.keys() | right.keys()):
        if place not in left or place not in right:
            found.append(f"{place}: only in {'the source' if place in left else 'the target'}: "
                         f"{left.get(place, right.get(place))!r}"[:400])
        elif not left[place] == right[place]:
            found.append(f"{place}: {left[place]!r} != {right[place]!r}"[:400])
    return found


def main():
    found = compare(sys.argv[1], sys.argv[2])
    print("\n".join(found) if found else "equal")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
