"""HDF5 files as HDF5 2.0 writes them when it is told to use its latest format, which SWMR asks for: what libraries before it
do not know. One for each kind of index of chunks, type, attribute, selection and place of an object header."""
import h5py
import numpy as np

RNG_SEED = 7


def numbers(shape, dtype="f8"):
    return np.random.default_rng(RNG_SEED).integers(0, 100, shape).astype(dtype)


def chunks(shape, chunk, maxshape=None, written=None, resized=None, **options):
    """A file with one dataset of filtered chunks; of which only those of the regions `written`, if that is given."""
    def make(file):
        options.setdefault("compression", "gzip")
        dataset = file.create_dataset("x", shape, "f8", chunks=chunk, maxshape=maxshape, fillvalue=-1, **options)
        values = numbers(shape)
        for region in [...] if written is None else written:
            dataset[region] = values[region]
        if resized:
            dataset.resize(resized)
    return make


def masked(file):
    """Chunks for which filters were skipped."""
    dataset = file.create_dataset("x", (64,), "i4", chunks=(16,), compression="gzip", shuffle=True)
    for i in range(4):
        dataset.id.write_direct_chunk((16 * i,), np.arange(16, dtype="i4").tobytes(), filter_mask=3)
    dataset[16:32] = np.arange(16)


def types(file):
    file["bool"] = np.array([True, False])
    file["complex"] = np.array([1 + 2j, 3 - 1j])
    file.create_dataset("enum", data=[1, 2, 1], dtype=h5py.enum_dtype({"ONE": 1, "TWO": 2}, "u2"))
    file["compound"] = np.array([(1, 2.5, True, b"ab", [[1, 2], [3, 4]])], dtype=[
        ("a", "i2"), ("b", ">f8"), ("c", "?"), ("d", "S3"), ("e", "i4", (2, 2))])
    file["nested"] = np.zeros(3, dtype=[("a", [("b", "?"), ("c", "i1")]), ("d", "f4")])
    file.create_dataset("mixed", data=np.array([(7, "t")], dtype=[("n", "i4"), ("s", h5py.string_dtype())]))
    file.create_dataset("text", data=["a", "bc"], dtype=h5py.string_dtype())
    file.create_dataset("text_chunks", data=["a", "bc"] * 50, dtype=h5py.string_dtype(), chunks=(10,), compression="gzip")
    sequences = file.create_dataset("sequences", (2,), dtype=h5py.vlen_dtype("i4"))
    sequences[0], sequences[1] = [1, 2], [3]
    file.create_dataset("opaque", data=np.array([b"ab"], dtype="V2"))
    file["large"] = np.zeros(2, dtype=[(f"field_{i}", "f4") for i in range(80)])  # offsets of two bytes


def native_complex(file):
    """Numbers of the class that HDF5 2.0 has for them, in headers of any version."""
    for name, kind in (("c8", h5py.h5t.COMPLEX_IEEE_F32LE), ("c16", h5py.h5t.COMPLEX_IEEE_F64LE), ("big", h5py.h5t.COMPLEX_IEEE_F64BE)):
        values = np.array([1 + 2j, 3 - 4j, 5j], kind.dtype)
        space = h5py.h5s.create_simple((3,))
        dataset = h5py.h5d.create(file.id, name.encode(), kind, space)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, values, mtype=kind)
        for i in range(6):
            file[name].attrs[f"before_{i}"] = "x" * 20
        h5py.h5a.create(dataset, b"of", kind, space).write(values, mtype=kind)
        file[name].attrs["after"] = "x"


def attributes(count):
    def make(file):
        group = file.create_group("g")
        for i in range(count):
            group.attrs[f"flag_{i}"] = bool(i % 2)
            group.attrs[f"pair_{i}"] = np.array((i, 0.5), dtype=[("a", "i4"), ("b", "f8")])
            group.attrs[f"text_{i}"] = str(i)
    return make


def references(file):
    file["d"] = numbers((6, 8))
    file.create_dataset("object", data=[file["d"].ref], dtype=h5py.ref_dtype)
    selections = [np.s_[2:4, 1:7:2], np.s_[0, 0], np.s_[:, 3:5], np.s_[[0, 2, 5], 1:2]]
    regions = file.create_dataset("regions", (len(selections),), dtype=h5py.regionref_dtype)
    for i, selection in enumerate(selections):
        regions[i] = file["d"].regionref[selection]
    file["d"].attrs["region"] = file["d"].regionref[1:3, 2:5]
    file["d"].attrs["object"] = file["object"].ref


def virtual(file):
    file["a"], file["b"] = numbers((4, 6)), numbers((10,))
    layout = h5py.VirtualLayout((8, 12), "f8")
    layout[:4, :6] = h5py.VirtualSource(".", "a", (4, 6))
    layout[4:, 6:] = h5py.VirtualSource(".", "a", (4, 6))
    file.create_virtual_dataset("v", layout, fillvalue=-1)
    layout = h5py.VirtualLayout((3, 10), "f8")
    for i in range(3):
        layout[i] = h5py.VirtualSource(".", "b", (10,))
    file.create_virtual_dataset("rows", layout)
    layout = h5py.VirtualLayout((10,), "f8")
    layout[0:10:2] = h5py.VirtualSource(".", "b", (10,))[0:5]
    file.create_virtual_dataset("strided", layout, fillvalue=9)


def committed(file):
    file["type"] = np.dtype([("a", "i4"), ("b", "?")])
    file.create_dataset("of_it", (2,), file["type"])
    file["of_it"].attrs.create("also", np.zeros((), file["type"].dtype), dtype=file["type"])


def scales(file):
    file["d"], file["s"] = numbers((5,)), np.arange(5)
    file["s"].make_scale("s")
    file["d"].dims[0].attach_scale(file["s"])


def many_groups(file):
    for i in range(60):
        file.create_group(f"g{i}", track_order=True).attrs["flag"] = True


CASES = {
    "single": chunks((10, 12), (10, 12)),
    "single_unwritten": chunks((10, 12), (10, 12), written=[]),
    "fixed_array": chunks((40, 30), (7, 4)),
    "fixed_array_gaps": chunks((40, 30), (7, 4), written=[np.s_[:7, :4], np.s_[14:21, 8:30]]),
    "fixed_array_pages": chunks((6000,), (2,)),
    "fixed_array_pages_gaps": chunks((60000,), (2,), written=[np.s_[10:30], np.s_[5000:5010], np.s_[59990:]]),
    "fixed_array_larger": chunks((40, 30), (7, 4), maxshape=(60, 50)),
    "extensible_array": chunks((40, 30), (7, 4), maxshape=(None, 30)),
    "extensible_array_second": chunks((12, 40, 6), (5, 7, 4), maxshape=(12, None, 9)),
    "extensible_array_long": chunks((20000,), (2,), maxshape=(None,)),
    "extensible_array_pages": chunks((300000,), (2,), maxshape=(None,), written=[np.s_[:10], np.s_[150000:150100], np.s_[299990:]]),
    "extensible_array_shrunk": chunks((400, 6), (7, 4), maxshape=(None, 6), resized=(50, 6)),
    "version2_btree": chunks((40, 30), (7, 4), maxshape=(None, None)),
    "version2_btree_deep": chunks((300, 160), (3, 2), maxshape=(None, None)),
    "version2_btree_gaps": chunks((300, 160), (3, 2), maxshape=(None, None), written=[np.s_[30:60, 7:9], np.s_[290:, 150:]]),
    "shuffled": chunks((40, 30), (7, 4), shuffle=True),
    "fletcher32": chunks((40, 30), (7, 4), fletcher32=True),
    "lzf": chunks((40, 30), (7, 4), compression="lzf"),
    "masked": masked,
    "types": types,
    "native_complex": native_complex,
    "attributes": attributes(2),
    "dense_attributes": attributes(8),
    "many_dense_attributes": attributes(300),
    "references": references,
    "virtual": virtual,
    "committed": committed,
    "scales": scales,
    "many_groups": many_groups,
}


def make(name, path, **options):
    """By the name of one of CASES."""
    with h5py.File(path, "w", **{"libver": "latest", **options}) as file:
        CASES[name](file)
