"""Compares an HDF5 file with the Zarr store made of it, with h5py and zarr-python alone: no HDMF in between.

Every link of the HDF5 file is followed, and must lead in the store, through directories or `zarr_link`, to a node of its
own: one HDF5 object is one node, two objects are two. Each object is compared once: what it is, its attributes, type,
shape, values, and where its references lead. What is not in the store must have a notice in engram's report, and each
such notice must be about something that is not there.
"""
import faulthandler
import multiprocessing

import h5py
import numpy as np

from values import Values, kind_of, short
from zarr_store import RESERVED, Store

EXTRA = ("_ENUM", "_DATASPACE", "_TYPE", "_ARRAY_DIMENSIONS")
ROOT = "/"


class Resolver:
    """Where references lead: known when the walk is over, so a reference met before is asked again at the end."""

    def __init__(self, owner):
        self.owner = owner
        self.file = None

    def target(self, reference):
        return h5py.h5r.dereference(reference, self.file.id)

    def reference(self, a, b):
        if not a:
            return None if b is None else f"{short(b)} is not null"
        identity = self.identity(a)
        return self.nowhere(b) if identity is None else self.reference_to(identity, b)

    def identity(self, reference):
        try:
            return identity_of(self.target(reference))
        except Exception:  # noqa: BLE001 - whatever h5py says, it leads nowhere
            return None

    def nowhere(self, b):
        if b is not None:
            return f"{short(b)} stands for a reference that leads nowhere"
        self.owner.result.missing(self.owner.here, "the target of a reference")
        return None

    def reference_to(self, identity, b):
        if b is None:
            self.owner.unresolved.append((identity, self.owner.here))
            return None
        if not isinstance(b, dict) or sorted(b) != ["object_id", "path", "source", "source_object_id"]:
            return f"{short(b)} is no reference"
        if b["source"] != ".":
            return f"source is {b['source']!r}"
        self.owner.references.append((identity, b, self.owner.here))
        return None

    def region(self, a, b):
        if not a:
            return None if b is None else f"{short(b)} is not null"
        identity = self.identity(a)
        if identity is None:
            return self.nowhere(b)
        if not isinstance(b, dict) or sorted(b) != ["object_id", "path", "regions", "source", "source_object_id"]:
            return f"{short(b)} is no region reference"
        regions = [(tuple(r["origin"]), tuple(r["shape"])) for r in b["regions"]]
        space = h5py.h5r.get_region(a, self.file.id)
        if covered(regions, space.shape) != selected(space):
            return f"regions {short(regions)} are not what HDF5 selects"
        return self.reference_to(identity, {k: v for k, v in b.items() if k != "regions"})


def covered(regions, shape):
    mask = np.zeros(shape, bool)
    for origin, size in regions:
        mask[tuple(slice(o, o + s) for o, s in zip(origin, size))] = True
    return mask.tobytes()


def selected(space):
    mask = np.zeros(space.shape, bool)
    kind = space.get_select_type()
    if kind == h5py.h5s.SEL_ALL:
        mask[...] = True
    elif kind == h5py.h5s.SEL_HYPERSLABS:
        for start, end in space.get_select_hyper_blocklist():
            mask[tuple(slice(int(s), int(e) + 1) for s, e in zip(start, end))] = True
    elif kind == h5py.h5s.SEL_POINTS:
        for point in space.get_select_elem_pointlist():
            mask[tuple(int(p) for p in point)] = True
    return mask.tobytes()


def identity_of(object_id):
    info = h5py.h5o.get_info(object_id)
    return info.fileno, info.addr


class Comparison:
    """What the comparison of two files found."""

    def __init__(self, notices=()):
        self.problems = []        # (path, what)
        self.unread = []          # (path, why): h5py itself cannot read this
        self.notices = [dict(n) for n in notices]
        self.used = set()
        self.nodes = self.attributes = self.arrays = 0

    def problem(self, path, what):
        self.problems.append((path, what))

    def missing(self, path, what, alternatives=()):
        """Something of the source that is not in the store: there must be a notice for it."""
        for candidate in (path, *alternatives):
            node = candidate
            while True:
                for i, notice in enumerate(self.notices):
                    if notice["path"] == node and (node == candidate or notice["kind"] == "left_out"):
                        self.used.add(i)
                        return
                if "@" in node:
                    node = node[:node.rindex("@")]
                elif node in ("", ROOT):
                    break
                else:
                    node = node[:node.rindex("/")] or ROOT
        self.problem(path, f"{what} is missing, and no notice says so")

    def finish(self):
        for i, notice in enumerate(self.notices):
            if i not in self.used and notice["kind"] in ("left_out", "dangling"):
                self.problem(notice["path"], f"a notice, but nothing is missing: {notice['text']}")
        return self


class RawCompare:
    def __init__(self, source, target, notices=()):
        self.source, self.store = source, Store(target)
        self.result = Comparison(notices)
        self.resolver = Resolver(self)
        self.values = Values(self.resolver)
        self.placed = {}            # identity -> node
        self.taken = {}             # node -> identity
        self.references, self.unresolved, self.opened = [], [], []
        self.here = ROOT

    def run(self):
        with h5py.File(self.source, "r") as file:
            self.resolver.file = file
            if file.userblock_size and any(self.user_block(file.userblock_size)):
                self.result.missing(ROOT, "the user block")
            self.object(file["/"], ROOT)
            self.follow_references()
        return self.result.finish()

    def user_block(self, size):
        with open(self.source, "rb") as file:
            return file.read(size)

    # ------------------------------------------------------------------------------------------ tree
    def object(self, item, node):
        """Compares an HDF5 object with a node, once."""
        identity = identity_of(item.id)
        if identity in self.placed or node in self.taken:
            if self.placed.get(identity) != node:
                self.result.problem(node, f"one HDF5 object at {self.placed.get(identity)} and {node}, or two at one node")
            return
        self.placed[identity], self.taken[node] = node, identity
        self.result.nodes += 1
        what = self.store.what(node)
        wanted = "group" if isinstance(item, h5py.Group) else "array"
        if what != wanted:
            return self.result.problem(node, f"is a {what}, not a {wanted}")
        self.attribute_list(item, node)
        if wanted == "array":
            self.here = node
            self.dataset(item, node)
        else:
            self.children(item, node)
        return None

    def children(self, group, node):
        try:
            members, links = self.store.children(node), self.store.links(node)
        except ValueError as error:
            return self.result.problem(node, str(error))
        if set(members) & set(links):
            self.result.problem(node, f"members and links share names: {sorted(set(members) & set(links))}")
        found = {**{name: f"{node.rstrip('/')}/{name}" for name in members}, **links}
        for raw in sorted(group.id):
            name = raw.decode("utf-8", "surrogateescape")
            here = f"{node.rstrip('/')}/{name}"
            item, why = self.open(group, raw)
            if why is not None and name in found:
                self.result.unread.append((here, why))
                found.pop(name)
                continue
            if item is None or name not in found:
                what = "a link that leads nowhere" if item is None else f"a {type(item).__name__}"
                if name in found:
                    self.result.problem(here, f"{what} is in the store")
                else:
                    self.result.missing(here, what)
                found.pop(name, None)
                continue
            target = found.pop(name)
            if isinstance(item, h5py.Datatype):
                self.result.problem(here, "a committed datatype is in the store")
                continue
            self.object(item, target)
        for name in found:
            self.result.problem(f"{node.rstrip('/')}/{name}", "is not in the HDF5 file")
        return None

    def open(self, group, raw):
        """The object that a link leads to, or None; and why h5py cannot open what is there."""
        kind = None
        try:
            kind = group.id.links.get_info(raw).type
            if kind not in (h5py.h5l.TYPE_HARD, h5py.h5l.TYPE_SOFT, h5py.h5l.TYPE_EXTERNAL):
                return None, None
            item = group[raw]
            self.opened.append(item)  # so that a file that is linked to keeps its number
            return item, None
        except Exception as error:  # noqa: BLE001
            # None: a name that is listed and can't be looked up.
            return None, str(error) if kind in (None, h5py.h5l.TYPE_HARD) else None

    # ------------------------------------------------------------------------------------------ attributes
    def attribute_list(self, item, node):
        stored = {k: v for k, v in self.store.attributes(node).items() if k not in RESERVED}
        extra = {k: stored.pop(k) for k in EXTRA if k in stored and k not in item.attrs}
        if isinstance(item, h5py.Dataset):
            self.extra(item, node, extra)
        elif extra:
            self.result.problem(node, f"has {extra}")
        # h5py has bytes for a name that is no UTF-8; the store has what Python makes of them.
        given = {name.decode(errors="surrogateescape") if isinstance(name, bytes) else name: name for name in item.attrs}
        for name in sorted(given):
            self.result.attributes += 1
            where = self.here = f"{node}@{name}"
            if name not in stored or name in EXTRA or name in RESERVED:
                stored.pop(name, None)
                self.result.missing(where, "an attribute")
                continue
            try:
                problem = self.attribute(item.attrs, given[name], stored.pop(name), node)
            except Exception as error:  # noqa: BLE001 - anything that h5py cannot read is listed
                self.result.unread.append((where, f"{type(error).__name__}: {error}"))
                continue
            if problem:
                self.result.problem(where, problem)
        for name in stored:
            self.result.problem(f"{node}@{name}", "is not in the HDF5 file")

    def attribute(self, attributes, name, b, node):
        handle = attributes.get_id(name)
        a = read_attribute(attributes, name, handle)
        if isinstance(a, h5py.Empty):
            return None if b is None else f"{short(b)} is not null"
        if name == ".specloc" and node == ROOT and isinstance(a, h5py.Reference):
            # By what it is: HDF5 gives no name where the way to the group is damaged.
            path = "/" + b.strip("/") if isinstance(b, str) else None
            found = path is not None and path in self.resolver.file and identity_of(self.resolver.file[path].id)
            return None if found == self.resolver.identity(a) else f"{b!r} is not {self.resolver.file[a].name}"
        kind, shape = flattened(kind_of(handle.dtype), handle.shape)
        if shape == ():
            return self.values.element(kind, a, b)
        a = np.asarray(a, dtype=object if kind.what in ("list", "reference", "region") else None)
        if a.shape[:len(shape)] != tuple(shape):
            a = objects(a, shape)
        return self.values.nested(kind, a, b)

    def extra(self, dataset, node, extra):
        """The attributes that engram adds to say what Zarr cannot."""
        try:
            kind, shape = flattened(kind_of(dataset.dtype), dataset.shape)
        except Exception:  # noqa: BLE001 - what h5py cannot read is listed by dataset()
            return
        wanted = {}
        if kind.what == "number" and kind.enum:
            wanted["_ENUM"] = dict(kind.enum)
        if dataset.shape is None:
            wanted["_DATASPACE"] = "null"
        elif dataset.shape == () and kind.what in ("reference", "region"):
            wanted["_DATASPACE"] = "scalar"
        if kind.what in ("record", "list", "region", "opaque"):
            extra.pop("_TYPE", None)
        extra.pop("_ARRAY_DIMENSIONS", None)
        if extra != wanted:
            self.result.problem(node, f"has {extra}, not {wanted}")

    # ------------------------------------------------------------------------------------------ datasets
    def dataset(self, dataset, node):
        try:
            kind, shape = flattened(kind_of(dataset.dtype), dataset.shape)
            a = read(dataset, dataset.id) if dataset.shape is not None else None
        except Exception as error:  # noqa: BLE001
            return self.result.unread.append((node, f"{type(error).__name__}: {error}"))
        try:
            b = self.store.array(node)
            word = self.store.attributes(node).get("zarr_dtype")
            problem = self.word(kind, shape, word) or self.one_dataset(kind, shape, a, b)
        except Exception as error:  # noqa: BLE001 - unreadable is different
            problem = f"cannot be read: {type(error).__name__}: {error}"
        self.result.arrays += 1
        if problem:
            self.result.problem(node, problem)
        return None

    def one_dataset(self, kind, shape, a, b):
        if shape is None:
            return None if b.shape == (0,) else f"a null dataspace has shape {b.shape}"
        wanted = tuple(shape) or (1,)
        if b.shape != wanted:
            return f"shape is {b.shape}, not {wanted}"
        values = b[...]
        if shape == () and kind.what in ("list", "reference", "region", "text"):
            a = objects([a], (1,))
        elif shape == ():
            a = np.asarray(a).reshape((1,))
        else:
            a = np.asarray(a, dtype=object if kind.what in ("list", "reference", "region", "text") else None)
        return self.values.dataset(kind, a, values)

    @staticmethod
    def word(kind, shape, word):
        """The reserved attribute zarr_dtype."""
        if shape == () and kind.what not in ("reference", "region"):
            wanted = ["scalar"]
        elif kind.what == "reference":
            wanted = ["object"]
        elif kind.what == "region":
            wanted = ["region"]
        elif kind.what == "text":
            wanted = ["str" if kind.variable_utf8 else "bytes"]
        elif kind.what == "bool":
            wanted = ["bool"]
        elif kind.what == "number" and np.dtype(kind.dtype).itemsize <= 8:
            wanted = [np.dtype(kind.dtype).name]
        elif kind.what == "record":
            if not isinstance(word, list) or [f["name"] for f in word] != [n for n, _ in kind.fields]:
                return f"zarr_dtype {short(word)} does not name the fields"
            for field, (name, k) in zip(word, kind.fields):
                if (field["dtype"] == "object") != (k.what == "reference"):
                    return f"zarr_dtype of field {name} is {field['dtype']}"
            return None
        else:
            return None if isinstance(word, str) and word not in ("scalar", "object") else f"zarr_dtype is {word!r}"
        return None if word in wanted else f"zarr_dtype is {word!r}, not {wanted[0]!r}"

    # ------------------------------------------------------------------------------------------ references
    def follow_references(self):
        root_id = self.store.attributes(ROOT).get("object_id")
        for identity, reference, where in self.references:
            node = self.placed.get(identity)
            if node is None or reference["path"] != node:
                self.result.problem(where, f"a reference leads to {reference['path']}, not to {node}")
                continue
            stored = self.store.attributes(node).get("object_id")
            if reference["object_id"] not in (stored, None) or reference["source_object_id"] not in (root_id, None):
                self.result.problem(where, f"a reference has ids {reference}, its target {stored}, the root {root_id}")
            if self.store.what(node) == "group" and reference["object_id"] != stored:
                self.result.problem(where, f"a reference to {node} has object_id {reference['object_id']}")
        for identity, where in self.unresolved:
            if identity in self.placed:
                self.result.problem(where, f"a reference to {self.placed[identity]} is null")
            else:
                self.result.missing(where, "the target of a reference")


def read(dataset, handle):
    """The values; opaque ones and bit fields as they lie, for which h5py asks HDF5 for a conversion that it lacks."""
    if bare(handle):
        out = np.empty(dataset.shape, handle.dtype)
        handle.read(h5py.h5s.ALL, h5py.h5s.ALL, out, mtype=handle.get_type())
        return out
    return dataset[()]


def read_attribute(attributes, name, handle):
    if bare(handle) and handle.get_space().get_simple_extent_type() != h5py.h5s.NULL:
        out = np.empty(handle.shape, handle.dtype)
        handle.read(out, mtype=handle.get_type())
        return out[()] if out.ndim == 0 else out
    return attributes[name]


def bare(handle):
    return handle.get_type().get_class() in (h5py.h5t.OPAQUE, h5py.h5t.BITFIELD)


def flattened(kind, shape):
    """A dataset of arrays of fixed shape is a dataset of more dimensions, as numpy and Zarr see it."""
    while shape is not None and kind.what == "list" and kind.shape:
        kind, shape = kind.item, (*shape, *kind.shape)
    return kind, shape


def objects(values, shape):
    """An object array of `shape` whose elements are `values` as they are, sequences too."""
    out = np.empty(shape, object)
    flat = out.reshape(-1)
    for i, value in enumerate(values):
        flat[i] = value
    return out


def compare(source, target, notices=()):
    return RawCompare(source, target, notices).run()


def compare_in_child(source, target, notices, timeout=60):
    """The Comparison, made in a child process: its HDF5 may die of a file, or never end; then the reason."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def work():
        faulthandler.disable()
        try:
            sender.send(compare(source, target, notices))
        except Exception as error:  # noqa: BLE001 - for the parent to judge
            sender.send(f"{type(error).__name__}: {error}")
    child = context.Process(target=work, daemon=True)
    child.start()
    sender.close()
    try:
        return receiver.recv() if receiver.poll(timeout) else "h5py does not end"
    except EOFError:
        return "h5py dies"
    finally:
        child.kill()
        child.join()
