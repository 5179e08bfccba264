"""Filters of HDF5 that come as plugins, written by hdf5plugin and read by engram where there is no plugin at all."""
import os
import random
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pytest
import zarr

import engram
import raw_compare
import zarr_store

CORRUPT, UNSUPPORTED = 5, 6

FILTERS = {
    "bzip2": hdf5plugin.BZip2(),
    "lzf": {"compression": "lzf"},
    "lz4": hdf5plugin.LZ4(),
    "lz4_blocks": hdf5plugin.LZ4(nbytes=100),
    "bitshuffle": hdf5plugin.Bitshuffle(cname="none"),
    "bitshuffle_blocks": hdf5plugin.Bitshuffle(nelems=16, cname="none"),
    "bitshuffle_lz4": hdf5plugin.Bitshuffle(cname="lz4"),
    "bitshuffle_lz4_blocks": hdf5plugin.Bitshuffle(nelems=64, cname="lz4"),
    "bitshuffle_zstd": hdf5plugin.Bitshuffle(cname="zstd"),
    "bitshuffle_zstd_blocks": hdf5plugin.Bitshuffle(nelems=64, cname="zstd", clevel=19),
    "zstd": hdf5plugin.Zstd(),
    "zstd_1": hdf5plugin.Zstd(1),
    **{f"blosc_{cname}_{shuffle}": hdf5plugin.Blosc(cname=cname, shuffle=shuffle)
       for cname in ("blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd") for shuffle in (0, 1, 2)},
}
ZFP = {
    "reversible": hdf5plugin.Zfp(reversible=True),
    "rate": hdf5plugin.Zfp(rate=10),
    "precision": hdf5plugin.Zfp(precision=9),
    "accuracy": hdf5plugin.Zfp(accuracy=0.5),
    "expert": hdf5plugin.Zfp(minbits=1, maxbits=16657, maxprec=20, minexp=-1074),
}
# What a message about a chunk of it says.
NAMES = {
    "bzip2": "bz2", "lzf": "lzf (HDF5 filter 32000)", "lz4": "lz4 (HDF5 filter 32004)", "lz4_blocks": "lz4 (HDF5 filter 32004)",
    "bitshuffle_lz4": "bitshuffle (HDF5 filter 32008)", "bitshuffle_zstd": "bitshuffle (HDF5 filter 32008)", "zstd": "zstd",
    "blosc_lz4_1": "blosc", "blosc_snappy_2": "blosc", "zfp": "zfp (HDF5 filter 32013)",
}
TYPES = ["i1", "u1", "?", "<i2", ">i2", "<u2", "<f2", "S3", "<i4", ">u4", "<f4", ">f4", "S5", "<i8", ">f8", "<f8", "<c8", "<c16",
         [("a", "i1"), ("b", "<i2")], [("a", "<f8"), ("b", "<i4"), ("c", "S7")]]
# Shape, chunks, and the largest shape: chunks end at the array's end or not, and hold a multiple of 8 elements or not.
SHAPES = [((1000,), (301,), None), ((33, 47), (8, 13), None), ((5, 6, 7), (5, 6, 7), None), ((1,), (1,), None),
          ((7,), (100,), (None,)), ((3, 5000), (2, 4096), None)]


@pytest.fixture
def no_plugins(tmp_path):
    """An environment in which HDF5 finds none."""
    (tmp_path / "no plugins").mkdir()
    return {**os.environ, "HDF5_PLUGIN_PATH": str(tmp_path / "no plugins")}


def values(dtype, shape, seed=1):
    dtype = np.dtype(dtype)
    walk = np.cumsum(np.random.default_rng(seed).integers(-3, 4, shape).reshape(-1)).reshape(shape)
    if dtype.names:
        made = np.zeros(shape, dtype)
        for name in dtype.names:
            made[name] = values(dtype[name], shape, seed)
        return made
    if dtype.kind == "S":
        return (walk % 1000).astype(dtype)
    if dtype.kind == "b":
        return walk % 3 == 0
    return (walk % 100 if dtype.itemsize == 1 else walk * 3).astype(dtype)


def write(path, settings, types=TYPES, shapes=SHAPES):
    with h5py.File(path, "w", libver="v110") as file:
        for i, dtype in enumerate(types):
            for j, (shape, chunks, most) in enumerate(shapes):
                file.create_dataset(f"{i}/{j}", data=values(dtype, shape), chunks=chunks, maxshape=most, **settings)
        return path


def check(path, target, environment, *options):
    """Converts, and what zarr-python reads of the result is what h5py reads of the source, bit by bit."""
    run = engram.run("convert", path, target, "--json", *options, env=environment)
    assert run.code == 0, run.told()
    assert zarr_store.problems(target) == []
    made, count = zarr.open_group(str(target), mode="r"), 0
    with h5py.File(path, "r") as file:
        def visit(name, item):
            nonlocal count
            if not isinstance(item, h5py.Dataset):
                return
            count += 1
            told, found = item[()], made[name][()]
            assert found.shape == told.shape, name
            assert found.astype(told.dtype).tobytes() == told.tobytes(), (name, told.dtype, told.shape)
        file.visititems(visit)
    assert count > 0
    return run.report


@pytest.mark.parametrize("name", FILTERS)
def test_every_type_and_shape(name, tmp_path, no_plugins):
    """As they are or decoded chunk by chunk, decoded for other chunks, and through HDF5 itself."""
    source = write(tmp_path / "a.h5", FILTERS[name])
    report = check(source, tmp_path / "a.zarr", no_plugins)
    same_bytes = name.startswith(("bzip2", "zstd", "blosc")) and "snappy" not in name
    actions = {array["action"] for array in report["arrays"]}
    if "ENGRAM_BEHIND" not in os.environ:  # without fast paths nothing is copied
        assert actions == {"objects", "copy" if same_bytes else "recode"}
    check(source, tmp_path / "b.zarr", no_plugins, "--chunks", "auto", "--codec", "zlib:1")
    check(source, tmp_path / "c.zarr", no_plugins, "--no-fast-paths")
    verified = engram.run("verify", source, tmp_path / "a.zarr", env=no_plugins)
    assert verified.code == 0, verified.told()


@pytest.mark.parametrize("name", ZFP)
def test_zfp(name, tmp_path, no_plugins):
    source = write(tmp_path / "a.h5", ZFP[name], ["<f4", "<f8"] if name in ("accuracy", "expert") else ["<f4", "<f8", "<i4", "<i8"],
                   [shape for shape in SHAPES if shape[0] != (1,)] + [((4, 6, 5, 7), (3, 4, 5, 6), None), ((9, 1, 20), (9, 1, 7), None)])
    check(source, tmp_path / "a.zarr", no_plugins)
    check(source, tmp_path / "b.zarr", no_plugins, "--no-fast-paths")


@pytest.mark.parametrize("name", [*FILTERS, "zfp"])
def test_among_other_filters_and_masked(name, tmp_path, no_plugins):
    """Between a shuffle and a checksum, where chunks have skipped some or all of them; after one that only HDF5 has."""
    settings = ZFP["reversible"] if name == "zfp" else FILTERS[name]
    data = values("<i4", (400,))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        made = file.create_dataset("all", data=data, chunks=(100,), shuffle=name != "zfp", fletcher32=True, **settings)
        made.id.write_direct_chunk((0,), data[:100].tobytes(), 0b111)
        first = 0b10 if name != "zfp" else 0b1
        if name != "zfp":
            shuffled = data[100:200].view("u1").reshape(-1, 4).T.tobytes()
            made.id.write_direct_chunk((100,), shuffled, first | 0b100)
        alone = file.create_dataset("alone", data=data, chunks=(100,), **settings)
        alone.id.write_direct_chunk((300,), data[300:].tobytes(), 0b1)
        if name != "zfp":
            file.create_dataset("scaled", data=data, chunks=(100,), scaleoffset=0, **settings)
        file.create_dataset("unwritten", shape=(400,), chunks=(100,), dtype="<i4", fillvalue=7, **settings)
    check(tmp_path / "a.h5", tmp_path / "a.zarr", no_plugins)
    check(tmp_path / "a.h5", tmp_path / "b.zarr", no_plugins, "--no-fast-paths")


@pytest.mark.parametrize("name", [name for name in FILTERS if not name.startswith("blosc")])  # hdf5plugin 7.1 dies of those
def test_text_and_virtual_datasets(name, tmp_path, no_plugins):
    """What HDF5 alone can read, and so asks engram's filters for."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("text", data=[f"text {i}" for i in range(300)], dtype=h5py.string_dtype(), chunks=(64,), **FILTERS[name])
        source = file.create_dataset("source", data=values("<i4", (300,)), chunks=(64,), **FILTERS[name])
        layout = h5py.VirtualLayout((300,), "<i4")
        layout[:] = h5py.VirtualSource(source)
        file.create_virtual_dataset("virtual", layout)
    run = engram.run("convert", tmp_path / "a.h5", tmp_path / "a.zarr", env=no_plugins)
    assert run.code == 0, run.told()
    made = zarr.open_group(str(tmp_path / "a.zarr"), mode="r")
    assert list(made["text"][:]) == [f"text {i}" for i in range(300)]
    assert np.array_equal(made["virtual"][:], values("<i4", (300,)))


@pytest.mark.parametrize("name", ["lz4", "bitshuffle_zstd", "zstd", "bzip2"])
def test_values_that_are_elsewhere(name, tmp_path, no_plugins):
    """Sequences, texts and references are longer in memory or shorter, alone and in records with gaps and arrays of arrays."""
    sequence, text = h5py.vlen_dtype("<i2"), h5py.string_dtype()
    inner = np.dtype({"names": ["t", "x"], "formats": [text, ("i1", (3,))], "offsets": [4, 16], "itemsize": 24})
    outer = np.dtype([("a", "i1"), ("s", sequence), ("i", inner, (2,)), ("r", h5py.ref_dtype), ("p", h5py.regionref_dtype),
                      ("t", text, (2, 2)), ("z", "<f8")])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        target = file.create_dataset("target", data=np.arange(10))
        options = {"chunks": (16,), **FILTERS[name]}
        made = {each: file.create_dataset(each, (40,), dtype=kind, **options) for each, kind in
                (("sequences", sequence), ("records", outer), ("references", h5py.ref_dtype), ("regions", h5py.regionref_dtype))}
        rows = np.zeros(40, outer)
        for i in range(40):
            made["sequences"][i] = np.arange(i % 5)
            made["references"][i] = target.ref
            made["regions"][i] = target.regionref[i % 5:7]
            rows["a"][i], rows["s"][i], rows["r"][i], rows["p"][i], rows["z"][i] = i, np.arange(i % 4), target.ref, target.regionref[:3], i / 4
            for j in range(2):
                rows["i"][i, j] = (f"inner {i} {j}", (i, j, 1))
            rows["t"][i] = [[f"{i}", "b"], ["c", f"d{i}"]]
        made["records"][...] = rows
    run = engram.run("convert", tmp_path / "a.h5", tmp_path / "a.zarr", "--json", env=no_plugins)
    assert run.code == 0, run.told()
    assert not [notice for notice in run.notices if notice["kind"] == "left_out"], run.notices
    result = raw_compare.compare(str(tmp_path / "a.h5"), tmp_path / "a.zarr", run.notices)
    assert result.problems == [] and result.unread == []


def test_parts_are_read(tmp_path, no_plugins):
    source = tmp_path / "a.h5"
    with h5py.File(source, "w") as file:
        for name in FILTERS:
            file.create_dataset(name, data=np.arange(1000), chunks=(64,), **FILTERS[name])
    for name in FILTERS:
        run = engram.run("cat", source, f"/{name}[60:70]", env=no_plugins)
        assert run.code == 0 and run.out.split() == [str(i) for i in range(60, 70)], run.told()


# ------------------------------------------------------------------------------------------ damage
def damaged(encoded, chance):
    """(what was done, chunk): cut short, with a number in its head that lies, or with bits changed anywhere."""
    for left in (1, 5, 11, 13, len(encoded) // 2, len(encoded) - 1):
        if left < len(encoded):
            yield f"{left} bytes of {len(encoded)}", encoded[:left]
    for at in (0, 3, 4, 7, 8, 11, 12, 15):
        for byte in (0x00, 0x7f, 0xff):
            yield f"byte {at} is {byte}", encoded[:at] + bytes([byte]) + encoded[at + 1:]
    for _ in range(12):
        at = chance.randrange(len(encoded))
        yield f"a bit of byte {at}", encoded[:at] + bytes([encoded[at] ^ 1 << chance.randrange(8)]) + encoded[at + 1:]


@pytest.mark.parametrize("options", [("--codec", "zlib:1"), ("--no-fast-paths",)], ids=["engram", "HDF5"])
@pytest.mark.parametrize("name", NAMES)
def test_damaged_chunks(name, options, tmp_path, no_plugins):
    """An error that names file, dataset and filter, or values: no chunk of these has a checksum, so a changed bit may be one of a
    value. A chunk that was cut short
    is always seen, but for the last bits of zfp."""
    settings = ZFP["reversible"] if name == "zfp" else FILTERS[name]
    source, target = tmp_path / "damaged.h5", tmp_path / "out.zarr"
    with h5py.File(source, "w") as file:
        made = file.create_dataset("group/data", data=values("<f8", (200,)), chunks=(200,), **settings)
        mask, encoded = made.id.read_direct_chunk((0,))
        assert mask == 0
    seen = 0
    for what, chunk in damaged(encoded, random.Random(name)):
        with h5py.File(source, "r+") as file:
            file["group/data"].id.write_direct_chunk((0,), chunk, 0)
        run = engram.run("convert", source, target, "--overwrite", *options, env=no_plugins)
        assert run.code in (0, CORRUPT, UNSUPPORTED), (what, run.told())
        if run.code != 0:
            seen += 1
            assert str(source) in run.err and "/group/data" in run.err and NAMES[name] in run.err, (what, run.told())
        elif "bytes of" in what:
            assert name == "zfp", (what, run.told())
    assert seen > (0 if name == "zfp" else 10)


# ------------------------------------------------------------------------------------------ what is not decoded
@pytest.mark.parametrize("settings, name", [
    (hdf5plugin.Blosc2(), "blosc2 (HDF5 filter 32026)"), (hdf5plugin.SZ(absolute=0.1), "sz (HDF5 filter 32017)"),
    (hdf5plugin.SZ3(absolute=0.1), "sz3 (HDF5 filter 32024)"), (hdf5plugin.Sperr(), "sperr (HDF5 filter 32028)"),
    (hdf5plugin.FciDecomp(), "fcidecomp (HDF5 filter 32018)"), (hdf5plugin.Htj2k(), "htj2k (HDF5 filter 32033)")],
    ids=lambda each: each.split()[0] if isinstance(each, str) else "")
def test_refused(settings, name, tmp_path, no_plugins):
    dtype = "u1" if "fcidecomp" in name or "htj2k" in name else "<f4"
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("group/data", data=values(dtype, (64, 64)), chunks=(32, 32), **settings)
    run = engram.run("convert", tmp_path / "a.h5", tmp_path / "a.zarr", env=no_plugins)
    assert run.code == UNSUPPORTED, run.told()
    for word in (name, "/group/data", str(tmp_path / "a.h5"), "install the HDF5 plugin", "HDF5_PLUGIN_PATH", "h5repack"):
        assert word in run.err, run.told()


def test_no_plugin_of_these_is_loaded(tmp_path):
    """Whatever lies where HDF5_PLUGIN_PATH points to is somebody else's code."""
    plugins = Path(hdf5plugin.__file__).parent / "plugins"
    assert list(plugins.glob("libh5lz4*"))
    source = tmp_path / "a.h5"
    with h5py.File(source, "w") as file:
        for name in FILTERS:
            file.create_dataset(name, data=np.arange(1000), chunks=(64,), **FILTERS[name])
        file.create_dataset("zfp", data=np.arange(1000.0), chunks=(64,), **ZFP["reversible"])

    def loaded(*options):
        (tmp_path / "told").mkdir(exist_ok=True)
        for old in (tmp_path / "told").iterdir():
            old.unlink()
        environment = {**os.environ, "HDF5_PLUGIN_PATH": str(plugins), "LD_DEBUG": "files",
                       "LD_DEBUG_OUTPUT": str(tmp_path / "told" / "of")}
        run = engram.run("convert", source, tmp_path / "a.zarr", "--overwrite", *options, env=environment)
        assert run.code == 0, run.told()
        told = "".join(path.read_text(errors="replace") for path in (tmp_path / "told").iterdir())
        assert "libhdf5" in told or "calling init" in told
        return str(plugins) in told

    assert not loaded()
    assert not loaded("--no-fast-paths")
    with h5py.File(source, "r+") as file:
        file.create_dataset("other", data=np.arange(1000.0), chunks=(64,), **hdf5plugin.Blosc2())
    assert loaded(), "this test would see it"
