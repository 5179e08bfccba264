#!/usr/bin/env python3
"""Makes the HDF5 files beside it, for tests/backend/hdf5_reader*_test.cpp. Needs h5py 3 and NumPy.

Run it again only when a test needs something new: the files are committed, and their bytes depend on the HDF5 library.
"""

import pathlib

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent
TEXT = h5py.string_dtype()
ASCII = h5py.string_dtype("ascii")


def make_attributes():
    with h5py.File(HERE / "attributes.h5", "w", libver=("v108", "v110")) as file:
        a = file.attrs
        a["int8"] = np.int8(-3)
        a["uint64"] = np.uint64(2**64 - 1)
        a["big_endian"] = np.array(258, ">i4")
        a["float16"] = np.float16(1.5)
        a["float32"] = np.float32(0.1)
        a["float64"] = 0.1
        a["nan"] = np.nan
        a["bool"] = True
        a["complex"] = 1 + 2j
        a.create("enum", 1, dtype=h5py.enum_dtype({"ONE": 1, "TWO": 2}, "u1"))
        a["text"] = "µ"
        a.create("ascii", "abc", dtype=ASCII)
        a["empty_text"] = ""
        a.create("fixed", np.bytes_("ab"), dtype="S5")
        a["latin1"] = np.bytes_(b"\xb5V")
        a["opaque"] = np.void(b"\x01\x00\x03")
        a["list"] = [1, 2, 3]
        a["matrix"] = np.arange(6).reshape(2, 3)
        a["empty_list"] = np.zeros((0,), "i4")
        a["empty_rows"] = np.zeros((2, 0), "i4")
        a["texts"] = np.array(["a", "", "ü"], dtype=TEXT)
        a["null"] = h5py.Empty("f8")
        a["compound"] = np.array((1, 2.5, b"x"), dtype=[("a", "i2"), ("b", "f4"), ("c", "S3")])
        a.create("mixed", np.array((7, "t"), dtype=[("n", "i4"), ("s", TEXT)]))
        a["array"] = np.array([([1, 2],)], dtype=[("v", "i4", (2,))])
        sequences = np.empty(2, dtype=object)
        sequences[:] = [np.array([1, 2], "i4"), np.array([], "i4")]
        a.create("sequences", sequences, dtype=h5py.vlen_dtype("i4"))
        a["large"] = np.arange(20000, dtype="i4")  # above 64 KiB: dense storage
        many = file.create_group("many")
        for i in range(20):  # more than 8: dense storage
            many.attrs[f"a{i:02}"] = i


def make_links():
    with h5py.File(HERE / "other.h5", "w") as other:
        other["top/data"] = np.arange(3)
        other["top/same"] = h5py.SoftLink("/top/data")
        other["top/aside"] = h5py.SoftLink("/elsewhere")
        other["top/back"] = h5py.ExternalLink("links.h5", "/b/data")
        other["top/self"] = h5py.ExternalLink("other.h5", "/top")
        other["elsewhere"] = np.arange(2)
        other["elsewhere"].attrs["target"] = other["top"].ref
        other["unreached"] = 1
    with h5py.File(HERE / "links.h5", "w") as file:
        file["b/data"] = np.arange(4)
        file["a/hard"] = file["b/data"]
        file["b/group"] = file["a"]
        file["a/loop"] = file["a"]
        file["a/root"] = file["/"]
        file["c/soft"] = h5py.SoftLink("/z/late")
        file["c/chain"] = h5py.SoftLink("/c/soft")
        file["c/relative"] = h5py.SoftLink("inner/x")
        file["c/inner/x"] = 5
        file["c/dangling"] = h5py.SoftLink("/no/where")
        file["c/circle"] = h5py.SoftLink("/c/circle")
        file["c/through"] = h5py.SoftLink("/e/copied/data")
        file["e/copied"] = h5py.ExternalLink("other.h5", "/top")
        file["e/again"] = h5py.ExternalLink("other.h5", "/top/data")
        file["e/lost"] = h5py.ExternalLink("no_such_file.h5", "/x")
        file["e/lost_inside"] = h5py.ExternalLink("other.h5", "/no/where")
        file["z/late"] = 1.5
        file["z/type"] = np.dtype("i4")
        file["z/typed"] = np.zeros(2, "i4")
        typed = h5py.h5d.create(file["z"].id, b"of_type", file["z/type"].id, h5py.h5s.create_simple((3,)))
        typed.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(3, dtype="i4"))


def make_references():
    with h5py.File(HERE / "references.h5", "w") as file:
        file.attrs["object_id"] = "root-id"
        data = file.create_dataset("zz/data", data=np.arange(30).reshape(5, 6))
        data.attrs["object_id"] = "data-id"
        gone = file.create_dataset("gone", data=0)
        file.attrs["to_data"] = data.ref
        file.attrs["to_root"] = file.ref
        file.attrs["null"] = np.array(None, dtype=h5py.ref_dtype)
        file.attrs["pair"] = np.array([data.ref, file.ref], dtype=h5py.ref_dtype)
        file.attrs["gone"] = gone.ref
        file.attrs["box"] = data.regionref[1:3, 2:6]
        file.attrs["record"] = np.array((3, data.ref), dtype=[("n", "i4"), ("r", h5py.ref_dtype)])
        objects = file.create_dataset("objects", (4,), dtype=h5py.ref_dtype)
        objects[0], objects[2], objects[3] = data.ref, gone.ref, file["zz"].ref
        regions = file.create_dataset("regions", (4,), dtype=h5py.regionref_dtype)
        regions[0] = data.regionref[1:3, 2:6]
        regions[1] = data.regionref[[0, 2], :]
        regions[3] = data.regionref[...]
        points = np.zeros((5, 6), bool)
        points[1, 1] = points[4, 0] = True
        point = file.create_dataset("point", (1,), dtype=h5py.regionref_dtype)
        point[0] = data.regionref[points]
        row = np.dtype([("start", "i4"), ("count", "i4"), ("series", h5py.ref_dtype)])
        rows = file.create_dataset("rows", (2,), dtype=row)
        rows[0] = (1, 2, data.ref)
        rows[1] = (3, 4, None)
        del file["gone"]


def make_objects():
    with h5py.File(HERE / "objects.h5", "w") as file:
        file.create_dataset("utf8", data=["a", "", "µ"], dtype=TEXT)
        file.create_dataset("ascii", data=["a", "bc"], dtype=ASCII)
        file.create_dataset("fixed", data=np.array([b"abc", b"d", b""], "S4"))
        file.create_dataset("scalar", data="one", dtype=TEXT)
        file.create_dataset("matrix", data=np.array([["a", "b"], ["c", "d"], ["e", "f"]], object), dtype=TEXT)
        file.create_dataset("unset", (3,), dtype=TEXT)
        file.create_dataset("chunked", data=[f"t{i}" for i in range(100)], dtype=TEXT, chunks=(7,), compression="gzip")
        file.create_dataset("empty", (0,), dtype=TEXT)
        file.create_dataset("null", data=h5py.Empty(TEXT))
        sequences = file.create_dataset("sequences", (3,), dtype=h5py.vlen_dtype("<i2"))
        sequences[0], sequences[2] = [1, 2, 3], [4]
        row = np.dtype([("name", TEXT), ("n", "<i8"), ("f", "S3"), ("v", "<f4", (2,)), ("b", bool)])
        file.create_dataset("rows", data=np.array([("x", 1, b"q", [1, 2], True), ("", 2, b"", [3, 4], False)], row))
        space = h5py.h5t.C_S1.copy()
        space.set_size(4)
        space.set_strpad(h5py.h5t.STR_SPACEPAD)
        padded = h5py.h5d.create(file.id, b"space_padded", space, h5py.h5s.create_simple((2,)))
        padded.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([b"a   ", b"b c "], "S4"), mtype=space)
        strings = h5py.h5t.array_create(h5py.h5t.py_create(TEXT, logical=True), (2,))
        h5py.h5d.create(file.id, b"array", strings, h5py.h5s.create_simple((3,)))


def make_arrays():
    with h5py.File(HERE / "arrays.h5", "w") as file:
        file["plain"] = np.arange(6, dtype="<i2").reshape(2, 3)
        file["big"] = np.arange(3, dtype=">f8")
        file["bool"] = np.array([True, False])
        file["scalar"] = 2.5
        file.create_dataset("lzf", data=np.arange(1000, dtype="i4") // 7, chunks=(300,), compression="lzf", shuffle=True)
        file["complex"] = np.array([1 + 2j], "c8")
        file.create_dataset("null", data=h5py.Empty("i4"))
        file.create_dataset("enum", data=np.array([1, 5], "i2"), dtype=h5py.enum_dtype({"LOW": 1, "HIGH": 5}, "i2"))
        inner = h5py.h5t.array_create(h5py.h5t.STD_I32LE, (2, 3))
        nested = h5py.h5d.create(file.id, b"array_type", inner, h5py.h5s.create_simple((4,)))
        nested.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(24, dtype="i4").reshape(4, 2, 3), mtype=inner)
        h5py.h5d.create(file.id, b"time", h5py.h5t.UNIX_D32LE, h5py.h5s.create_simple((2,)))
        wide = h5py.h5t.STD_I64LE.copy()
        wide.set_size(16)
        wide.set_precision(128)
        h5py.h5d.create(file.id, b"wide", wide, h5py.h5s.create_simple((2,)))
    with h5py.File(HERE / "user_block.h5", "w", userblock_size=512) as file:
        file["data"] = np.arange(5)
        file["reference"] = file["data"].ref
    with open(HERE / "user_block.h5", "r+b") as block:
        block.write(b"somebody else's")


def numbered(group, name, shape, chunk, maxshape=None, **options):
    """Elements are their number, but in each third chunk, which is not stored."""
    dataset = group.create_dataset(name, shape, "<i4", chunks=chunk, maxshape=maxshape, fillvalue=-1, **options)
    values = np.arange(np.prod(shape), dtype="<i4").reshape(shape)
    for at in np.ndindex(*[-(-length // part) for length, part in zip(shape, chunk)]):
        if sum(at) % 3 != 1:
            region = tuple(slice(i * part, min((i + 1) * part, length)) for i, part, length in zip(at, chunk, shape))
            dataset[region] = values[region]


def make_latest():
    """What HDF5 2.0 writes when it is told to use its latest format; for tests/hdf5/format_view_test.cpp too."""
    with h5py.File(HERE / "latest.h5", "w", libver="latest") as file:
        numbered(file, "single", (5, 6), (5, 6), compression="gzip")
        numbered(file, "fixed_array", (20, 9), (3, 2), compression="gzip")
        numbered(file, "fixed_array_pages", (1100,), (1,), compression="gzip")
        numbered(file, "extensible_array", (20, 9), (3, 2), maxshape=(20, None), compression="gzip")
        numbered(file, "version2_btree", (30, 30), (3, 2), maxshape=(None, None), compression="gzip", shuffle=True)
        file["compound"] = np.array([(1, True, 2.5), (2, False, -1)], dtype=[("n", "<i2"), ("b", "?"), ("f", "<f8")])
        complex_kind = h5py.h5t.COMPLEX_IEEE_F64LE
        h5py.h5d.create(file.id, b"complex", complex_kind, h5py.h5s.create_simple((2,))).write(
            h5py.h5s.ALL, h5py.h5s.ALL, np.array([1 + 2j, 3 - 4j]), mtype=complex_kind)
        layout = h5py.VirtualLayout((2, 20, 9), "<i4")
        layout[0] = layout[1] = h5py.VirtualSource(".", "fixed_array", (20, 9))
        layout[1, ::2, :4] = h5py.VirtualSource(".", "fixed_array", (20, 9))[:10, 5:]
        file.create_virtual_dataset("virtual", layout, fillvalue=-1)
        file["regions"] = np.array([file["fixed_array"].regionref[2:4, 1:9:3]], dtype=h5py.regionref_dtype)
        few, many = file.create_group("few"), file.create_group("many")
        for i in range(3):
            few.attrs[f"a{i}"] = bool(i % 2)
        for i in range(40):
            many.attrs[f"a{i}"] = bool(i % 2)
    with h5py.File(HERE / "latest_in_old.h5", "w") as file:
        file["old"] = np.arange(3)
    with h5py.File(HERE / "latest_in_old.h5", "r+", libver="latest") as file:
        file["old"].attrs["flag"] = True
        for i in range(8):
            file["old"].attrs[f"text_{i}"] = "x" * 40
        file["old"].attrs["last"] = True
        numbered(file, "new", (20, 9), (3, 2), compression="gzip")


def make_small_latest():
    """One kind of structure each, for tests/fuzz/hdf5_format_fuzz.cpp."""
    def of_chunks(shape, chunk, maxshape):
        return lambda file: file.create_dataset("a", data=np.arange(np.prod(shape), dtype="u1").reshape(shape), chunks=chunk,
                                                maxshape=maxshape, compression="gzip")

    def of_attributes(file):
        for i in range(9):
            file.attrs[f"{i}"] = True

    def virtual(file):
        file["d"] = np.arange(4, dtype="u1")
        layout = h5py.VirtualLayout((8,), "u1")
        layout[:4] = h5py.VirtualSource(".", "d", (4,))
        layout[4:8:2] = h5py.VirtualSource(".", "d", (4,))[1:3]
        file.create_virtual_dataset("v", layout)

    for name, make in {"fixed_array": of_chunks((4, 3), (2, 2), None), "extensible_array": of_chunks((60,), (2,), (None,)),
                       "btree": of_chunks((4, 3), (2, 2), (None, None)), "attributes": of_attributes, "virtual": virtual}.items():
        with h5py.File(HERE / f"latest_{name}.h5", "w", libver="latest") as file:
            make(file)


if __name__ == "__main__":
    make_latest()
    make_small_latest()
    make_attributes()
    make_links()
    make_references()
    make_objects()
    make_arrays()
