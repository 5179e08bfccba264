#!/usr/bin/env python3
"""Compares two HDF5 files strictly, of which one went through Zarr: what h5py reads, types, layouts, and the bytes of chunks.

    h5_compare.py BEFORE.h5 AFTER.h5

`compare` returns pairs (kind, text) of all that differs. Kinds that a way through Zarr forces are named so that who asks can
let them pass: "byte order" (data that are encoded anew are little-endian), "compound layout" (padding is gone), "strpad" (text is
padded with NULs), "enumeration" (names inside of other types are gone), "bitfield" (they are numbers), "array type" (its dimensions
are the dataset's), "committed" (each object has its type for itself), "hard link" (a second one is a soft link), "link path" (a
soft link leads to the same object by another way), "layout" (chunks, filters, limits), "unallocated", "opaque tag", "chunk bytes" (of what is no numbers, or with a filter
mask), "unread" (h5py can't read it before),
"wider" (a float that IEEE has not).
Everything else is of kind "difference".
"""
import sys

import h5py
import numpy as np
from h5py import h5a, h5d, h5s, h5t


class Files:
    """The places of the objects of a file: the first name by hard links, in the order of names."""
    def __init__(self, file):
        self.file, self.names, self.second = file, {}, set()
        self.visit(file["/"], "/")

    @staticmethod
    def key(item):
        info = h5py.h5o.get_info(item.id)
        return info.fileno, info.addr

    def visit(self, item, name):
        self.names[self.key(item)] = name
        if not isinstance(item, h5py.Group):
            return
        for child in sorted(item, key=lambda n: n.encode("utf-8", "surrogateescape")):
            if isinstance(Comparison.link_of(item, child), h5py.HardLink):
                below = item[child]
                place = f"{name.rstrip('/')}/{child}"
                if self.key(below) in self.names:
                    self.second.add(place)
                else:
                    self.visit(below, place)

    def name_of(self, item):
        return self.names.get(self.key(item))


def type_differences(a, b, found):
    """Of two h5t.TypeID."""
    if a.committed() and not b.committed():
        found.append(("committed", "type"))
    class_a, class_b = a.get_class(), b.get_class()
    if class_a in (h5t.BITFIELD, h5t.ENUM) and class_b == h5t.INTEGER:
        found.append(("bitfield" if class_a == h5t.BITFIELD else "enumeration", "type"))
        return
    if class_a == getattr(h5t, "COMPLEX", None) and class_b == h5t.COMPOUND:
        found.append(("complex", "type"))
        return
    if class_a != class_b:
        found.append(("difference", f"class {class_a} became {class_b}"))
        return
    if class_a in (h5t.INTEGER, h5t.FLOAT, h5t.BITFIELD) and class_a == class_b:
        if class_a == h5t.FLOAT and a.get_size() < b.get_size():
            found.append(("wider", f"a float of {a.get_size()} bytes became one of {b.get_size()}"))
        elif a.get_size() != b.get_size() or (class_a == h5t.INTEGER and a.get_sign() != b.get_sign()):
            found.append(("difference", f"{a.dtype} became {b.dtype}"))
        elif a.get_order() != b.get_order() and a.get_size() > 1:
            found.append(("byte order", f"{a.dtype} became {b.dtype}"))
    elif class_a == h5t.STRING:
        same = a.is_variable_str() == b.is_variable_str() and a.get_cset() == b.get_cset()
        if not same or (not a.is_variable_str() and a.get_size() != b.get_size()):
            found.append(("difference", "another kind of text"))
        elif a.get_strpad() != b.get_strpad():
            found.append(("strpad", "text"))
    elif class_a == h5t.COMPOUND:
        names_a, names_b = ([t.get_member_name(i) for i in range(t.get_nmembers())] for t in (a, b))
        if names_a != names_b:
            found.append(("difference", f"fields {names_a} became {names_b}"))
            return
        if a.get_size() != b.get_size():
            found.append(("compound layout", f"{a.get_size()} bytes became {b.get_size()}"))
        for i in range(a.get_nmembers()):
            type_differences(a.get_member_type(i), b.get_member_type(i), found)
    elif class_a == h5t.ARRAY:
        if a.get_array_dims() != b.get_array_dims():
            found.append(("difference", "another array type"))
        type_differences(a.get_super(), b.get_super(), found)
    elif class_a == h5t.VLEN:
        element = a.get_super()
        if element.get_class() == getattr(h5t, "COMPLEX", None):
            element = element.get_super()
        if element.get_class() in (h5t.INTEGER, h5t.FLOAT) and element.get_order() == h5t.ORDER_BE:
            found.append(("unread", "h5py takes big-endian sequences for little-endian ones"))
        type_differences(a.get_super(), b.get_super(), found)
    elif class_a == h5t.ENUM and class_b == h5t.ENUM:
        members = [{t.get_member_name(i): t.get_member_value(i) for i in range(t.get_nmembers())} for t in (a, b)]
        if members[0] != members[1]:
            found.append(("difference", f"enumeration {members[0]} became {members[1]}"))
    elif class_a == h5t.OPAQUE:
        if a.get_size() != b.get_size():
            found.append(("difference", "another opaque type"))
        elif a.get_tag() != b.get_tag():
            found.append(("opaque tag", "type"))
    elif class_a == h5t.REFERENCE and not a.equal(b):
        found.append(("difference", "another kind of reference"))


class Comparison:
    def __init__(self, a, b, told):
        self.a, self.b, self.told = Files(a), Files(b), told
        self.found = []

    def tell(self, place, kind, text):
        self.found.append((kind, f"{place}: {text}"))

    def run(self):
        self.nodes("/", self.a.file["/"], self.b.file["/"])
        return self.found

    def nodes(self, place, a, b):
        if type(a) is not type(b):
            self.tell(place, "difference", f"{type(a).__name__} became {type(b).__name__}")
            return
        self.attributes(place, a, b)
        if isinstance(a, h5py.Dataset):
            self.dataset(place, a, b)
        if not isinstance(a, h5py.Group):
            return
        for name in sorted(set(a) | set(b)):
            below = f"{place.rstrip('/')}/{name}"
            links = [self.link_of(group, name) for group in (a, b)]
            if self.is_told(below) or links[0] == "of another kind":
                continue
            if None in links or (name in a) != (name in b):
                self.tell(below, "difference", f"{links[0]} became {links[1]}")
            elif isinstance(links[0], h5py.HardLink) and below not in self.a.second:
                if not isinstance(links[1], h5py.HardLink):
                    self.tell(below, "difference", f"an object became {links[1]}")
                else:
                    self.nodes(below, a[name], b[name])
            else:
                self.link(below, links, a, b, name)

    @staticmethod
    def link_of(group, name):
        try:
            link = group.get(name, getlink=True)
        except TypeError:
            return "of another kind"
        if isinstance(link, h5py.HardLink) and isinstance(group[name], h5py.Datatype):
            return "of another kind"
        return link

    def is_told(self, place):
        return place in self.told

    def link(self, place, links, a, b, name):
        if isinstance(links[0], h5py.ExternalLink):
            if not isinstance(links[1], h5py.ExternalLink):
                self.tell(place, "external", "was copied in")
            return
        if not isinstance(links[1], h5py.SoftLink):
            self.tell(place, "difference", f"{links[0]} became {links[1]}")
            return
        if isinstance(links[0], h5py.HardLink):
            self.tell(place, "hard link", "is a soft link now")
        elif links[0].path != links[1].path:
            self.tell(place, "link path", f"{links[0].path} became {links[1].path}")
        target_a, target_b = self.a.name_of(a[name]), self.b.name_of(b[name])
        if target_a is None and target_b is not None:
            self.tell(place, "external", "what another file holds was copied in")
        elif target_a != target_b:
            self.tell(place, "difference", f"leads to {target_a}, then to {target_b}")

    def attributes(self, place, a, b):
        names = {name for item in (a, b) for name in item.attrs}
        for name in sorted(names):
            where = f"{place}@{name}"
            if self.is_told(where):
                continue
            if name not in a.attrs or name not in b.attrs:
                self.tell(where, "difference", "only in one")
                continue
            ids = [h5a.open(item.id, name.encode("utf-8", "surrogateescape")) for item in (a, b)]
            readable = self.types(where, *(i.get_type() for i in ids))
            if not readable or not self.same_space(where, *(i.get_space() for i in ids)):
                continue
            if ids[0].get_space().get_simple_extent_type() != h5s.NULL:
                self.values(where, lambda item, name=name: item.attrs[name], a, b)

    def types(self, place, a, b):
        found = []
        type_differences(a, b, found)
        for kind, text in found:
            self.tell(place, kind, text)
        return "unread" not in (kind for kind, _ in found)

    def same_space(self, place, a, b):
        if a.get_simple_extent_type() == b.get_simple_extent_type() and \
                (a.get_simple_extent_type() != h5s.SIMPLE or a.shape == b.shape):
            return True
        self.tell(place, "difference", f"shape {a.shape} became {b.shape}")
        return False

    def dataset(self, place, a, b):
        type_a, type_b = a.id.get_type(), b.id.get_type()
        if type_a.get_class() == h5t.ARRAY and type_b.get_class() != h5t.ARRAY:
            self.tell(place, "array type", "dimensions of the dataset now")
            self.values(place, lambda item: item[...], a, b)
            return
        readable = self.types(place, type_a, type_b)
        if not self.same_space(place, a.id.get_space(), b.id.get_space()):
            return
        self.layout(place, a, b)
        if readable and a.shape is not None:
            self.values(place, lambda item: item[()], a, b)

    def layout(self, place, a, b):
        if a.shape is None:
            return
        if a.maxshape != b.maxshape or a.chunks != b.chunks:
            self.tell(place, "layout", f"chunks {a.chunks} up to {a.maxshape} became {b.chunks} up to {b.maxshape}")
        filters = [[d.id.get_create_plist().get_filter(i)[0] for i in range(d.id.get_create_plist().get_nfilters())] for d in (a, b)]
        if filters[0] != filters[1]:
            self.tell(place, "layout", f"filters {filters[0]} became {filters[1]}")
        elif a.chunks is not None and a.chunks == b.chunks and filters[0]:
            self.chunks(place, a, b)
        if a.id.get_space_status() != b.id.get_space_status():
            self.tell(place, "unallocated", f"{a.id.get_space_status()} became {b.id.get_space_status()}")
        if a.id.get_create_plist().fill_value_defined() == h5d.FILL_VALUE_UNDEFINED:
            return
        if a.dtype.kind in "iufb" and not (a.fillvalue == b.fillvalue or (a.fillvalue != a.fillvalue and b.fillvalue != b.fillvalue)):
            self.tell(place, "difference", f"fill value {a.fillvalue} became {b.fillvalue}")

    def chunks(self, place, a, b):
        for number in range(min(a.id.get_num_chunks(), 200)):
            info = a.id.get_chunk_info(number)
            try:
                stored = [d.id.read_direct_chunk(info.chunk_offset) for d in (a, b)]
            except OSError as error:
                self.tell(place, "difference", f"chunk {info.chunk_offset}: {error}")
                return
            if stored[0] != stored[1]:
                may = a.dtype.kind in "OSV" or stored[0][0] or stored[1][0]
                self.tell(place, "chunk bytes" if may else "difference", f"chunk {info.chunk_offset}: {len(stored[0][1])} bytes, mask {stored[0][0]}, "
                                                f"became {len(stored[1][1])}, mask {stored[1][0]}")
                return

    def values(self, place, read, a, b):
        try:
            a = read(a)
        except (OSError, ValueError, TypeError) as error:
            self.tell(place, "unread", f"h5py does not read it: {error}")
            return
        b = read(b)
        if not self.same(a, b):
            self.tell(place, "difference", f"{str(a)[:100]!r} became {str(b)[:100]!r}")

    def same(self, a, b):
        if isinstance(a, h5py.RegionReference) or isinstance(b, h5py.RegionReference):
            return self.region(self.a, a) == self.region(self.b, b)
        if isinstance(a, h5py.Reference) or isinstance(b, h5py.Reference):
            return self.target(self.a, a) == self.target(self.b, b)
        if isinstance(a, np.void) and a.dtype.names:
            return len(a) == len(b) and all(self.same(a[name], b[name]) for name in a.dtype.names)
        if isinstance(a, np.ndarray):
            return self.same_arrays(a, b)
        if isinstance(a, h5py.Empty):
            return isinstance(b, h5py.Empty)
        if isinstance(a, np.generic):
            return a.tobytes() == np.asarray(b).astype(a.dtype.newbyteorder("="), copy=False).astype(a.dtype).tobytes()
        return a == b

    def same_arrays(self, a, b):
        if not isinstance(b, np.ndarray) or a.shape != b.shape:
            return False
        if a.dtype.names or a.dtype.hasobject:
            return all(self.same(x, y) for x, y in zip(a.reshape(-1), b.reshape(-1)))
        if a.dtype.kind == "f" and a.dtype.itemsize > 8:  # Padded with whatever there was.
            return bool(np.all((a == b) | ((a != a) & (b != b))))
        return a.tobytes() == b.astype(a.dtype, copy=False).tobytes()

    @staticmethod
    def target(files, reference):
        if not isinstance(reference, h5py.Reference) or not reference:
            return None
        try:
            return files.name_of(files.file[reference])
        except (ValueError, KeyError, RuntimeError):
            return None  # It leads nowhere.

    def region(self, files, reference):
        name = self.target(files, reference)
        if name is None:
            return None
        space = h5py.h5r.get_region(reference, files.file.id)
        mask = np.zeros(space.shape, bool)
        if space.get_select_type() == h5s.SEL_POINTS:
            mask[tuple(space.get_select_elem_pointlist().T)] = True
        elif space.get_select_type() == h5s.SEL_HYPERSLABS:
            for low, high in space.get_select_hyper_blocklist():
                mask[tuple(slice(int(x), int(y) + 1) for x, y in zip(low, high))] = True
        elif space.get_select_type() == h5s.SEL_ALL:
            mask[...] = True
        return name, mask.tobytes()


def compare(before, after, told=()):
    """`told` are the places of what was left out or changed on the way, and said so."""
    with h5py.File(before, "r") as a, h5py.File(after, "r") as b:
        return Comparison(a, b, frozenset(told)).run()


def main():
    found = compare(sys.argv[1], sys.argv[2])
    for kind, text in found:
        print(f"{kind}: {text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
