"""Chunks are copied as they are encoded: byte for byte, or behind the 24-byte Blosc head, or without a checksum.

Each case makes one HDF5 dataset; then the chunk files, the report's counters and the values as zarr-python 2.18,
zarr-python 3 and TensorStore read them are held against what HDF5 has.
"""
import dataclasses
import itertools
import json
import struct
import subprocess
import zlib
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import pytest
import tensorstore
import zarr

import engram
import raw_compare
import zarr_store
from conftest import HERE, PYTHON_ZARR3

pytestmark = pytest.mark.fast_paths

VERBATIM, HEAD, CUT, HEAD_CUT, RECODED = "verbatim", "head", "cut", "head and cut", "recoded"
SHAPE, CHUNKS = (70, 33), (32, 16)


def smooth(dtype="<i4", shape=SHAPE):
    return (np.cumsum(np.random.default_rng(3).integers(-2, 4, shape), axis=0) % 100).astype(dtype)


def plain(data=None, chunks=CHUNKS, **options):
    """A dataset that h5py makes and writes."""
    def make(file):
        file.create_dataset("d", data=smooth() if data is None else data, chunks=chunks, **options)
    return make


def low(filters, dtype=h5py.h5t.STD_I32LE, data=None):
    """A dataset with a pipeline that h5py's high level does not make; `filters` edits the creation list."""
    def make(file):
        values = smooth() if data is None else data
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_chunk(CHUNKS)
        filters(creation)
        made = h5py.h5d.create(file.id, b"d", dtype, h5py.h5s.create_simple(values.shape), creation)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(values))
    return make


def fletcher_first(creation):
    creation.set_fletcher32()
    creation.set_deflate(4)


def deflate_then_shuffle(creation):
    creation.set_deflate(4)
    creation.set_shuffle()


def masked(file):
    """Chunk (0, 0) skips deflate, chunk (1, 0) skips both, chunk (0, 1) skips the shuffle; the others skip nothing."""
    data = smooth()
    made = file.create_dataset("d", data=data, chunks=CHUNKS, compression="gzip", shuffle=True)
    chunk = np.ascontiguousarray(data[:32, :16])
    made.id.write_direct_chunk((0, 0), shuffled(chunk), 2)
    made.id.write_direct_chunk((32, 0), np.ascontiguousarray(data[32:64, :16]).tobytes(), 3)
    made.id.write_direct_chunk((0, 16), zlib.compress(np.ascontiguousarray(data[:32, 16:32]).tobytes()), 1)


def masked_gzip(file):
    data = smooth()
    made = file.create_dataset("d", data=data, chunks=CHUNKS, compression="gzip")
    made.id.write_direct_chunk((0, 0), np.ascontiguousarray(data[:32, :16]).tobytes(), 1)


def shuffled(chunk):
    return chunk.reshape(-1).view("u1").reshape(-1, chunk.itemsize).T.tobytes()


def exact(file):
    """A chunk whose zlib stream is exactly as long as its data, which a Blosc head would turn into other data."""
    rng = np.random.default_rng(5)
    for zeros in itertools.count(100):
        raw = np.concatenate([rng.integers(0, 256, 2048 - zeros, dtype="u1"), np.zeros(zeros, "u1")]).tobytes()
        stream = zlib.compress(raw)
        empty_blocks, rest = divmod(len(raw) - len(stream), 5)
        if rest == 0:
            stream = stream[:2] + empty_blocks * b"\x00\x00\x00\xff\xff" + stream[2:]
            break
    assert len(stream) == len(raw) and zlib.decompress(stream) == raw
    made = file.create_dataset("d", shape=(1024,), chunks=(512,), dtype="<i4", compression="gzip", shuffle=True)
    made[512:] = np.arange(512)
    made.id.write_direct_chunk((0,), stream, 0)


def unallocated(file):
    made = file.create_dataset("d", shape=SHAPE, chunks=CHUNKS, dtype="<f4", fillvalue=-2.5, compression="gzip",
                               shuffle=True)
    made[40:50, 20:30] = 3


def compound(size):
    """Records with `size` small fields; zarr-python 3 knows no arrays as fields."""
    values = np.zeros(300, [("n", "<i4"), ("x", "<f8"), *((f"v{i}", "<u2") for i in range(size))])
    values["n"], values["x"] = np.arange(300), np.linspace(0, 1, 300)
    for i in range(size):
        values[f"v{i}"] = i
    return values


def array_type(file):
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_chunk((16,))
    creation.set_deflate(4)
    kind = h5py.h5t.array_create(h5py.h5t.STD_I16LE, (2, 3))
    made = h5py.h5d.create(file.id, b"d", kind, h5py.h5s.create_simple((50,)), creation)
    made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(300, dtype="<i2").reshape(50, 2, 3), mtype=kind)


@dataclasses.dataclass
class Case:
    make: Any
    form: str                      # what a chunk file holds
    codecs: list                   # ids in .zarray: filters, then compressor
    recoded: int = 0               # chunks that had to be encoded again
    inflated: int = 0              # chunks that had to be decompressed
    tensorstore: bool = True       # whether TensorStore can read it
    options: tuple = ()
    user_block: int = 0
    verbatim: Any = None           # (form, codecs) with --codec verbatim, where they differ


GZIP = {"compression": "gzip"}
BOTH = {"compression": "gzip", "shuffle": True}
ALL = {**BOTH, "fletcher32": True}
KEPT = (VERBATIM, ["shuffle", "zlib"])
NOISE = np.random.default_rng(4).integers(-2**31, 2**31 - 1, SHAPE).astype("<i4")
TREND = np.linspace(0, 1, SHAPE[0] * SHAPE[1]).reshape(SHAPE)

CASES = {
    "no_filter": Case(plain(), VERBATIM, []),
    "gzip": Case(plain(**GZIP), VERBATIM, ["zlib"]),
    "gzip_level_9": Case(plain(compression="gzip", compression_opts=9), VERBATIM, ["zlib"]),
    "shuffle_gzip": Case(plain(**BOTH), HEAD, ["blosc"], verbatim=KEPT),
    "shuffle": Case(plain(shuffle=True), VERBATIM, ["shuffle"], tensorstore=False),
    "fletcher32": Case(plain(fletcher32=True), CUT, []),
    "gzip_fletcher32": Case(plain(**GZIP, fletcher32=True), CUT, ["zlib"]),
    "shuffle_gzip_fletcher32": Case(plain(**ALL), HEAD_CUT, ["blosc"], verbatim=(CUT, ["shuffle", "zlib"])),
    "fletcher32_first": Case(low(fletcher_first), RECODED, None, recoded=9),
    "shuffle_last": Case(low(deflate_then_shuffle), RECODED, None, recoded=9),
    "mask": Case(masked, HEAD, ["blosc"], verbatim=(*KEPT, 3)),  # a Blosc head can say what was skipped
    "mask_gzip": Case(masked_gzip, VERBATIM, ["zlib"], recoded=1),
    "edge_in_all_dimensions": Case(plain(smooth(shape=(5, 7, 11)), (2, 3, 4), **BOTH), HEAD, ["blosc"], verbatim=KEPT),
    "one_chunk": Case(plain(chunks=SHAPE, **BOTH), HEAD, ["blosc"], verbatim=KEPT),
    "incompressible": Case(plain(NOISE, **BOTH), HEAD, ["blosc"], verbatim=KEPT),
    "incompressible_gzip": Case(plain(NOISE, **GZIP), VERBATIM, ["zlib"]),
    "stream_as_long_as_data": Case(exact, HEAD, ["blosc"], recoded=1, inflated=1, verbatim=KEPT),
    "all_zero": Case(plain(np.zeros(SHAPE, "<i8"), **BOTH), HEAD, ["blosc"], verbatim=KEPT),
    "big_endian": Case(plain(smooth(">i4"), **BOTH), HEAD, ["blosc"], verbatim=KEPT),
    "big_endian_gzip": Case(plain(smooth(">f8"), **GZIP), VERBATIM, ["zlib"]),
    "unallocated": Case(unallocated, HEAD, ["blosc"], verbatim=KEPT),
    "compound": Case(plain(compound(3), (64,), **BOTH), HEAD, ["blosc"], tensorstore=False, verbatim=KEPT),
    "element_of_more_than_255_bytes": Case(plain(compound(200), (64,), **BOTH), VERBATIM, ["shuffle", "zlib"],
                                           tensorstore=False),
    "bool": Case(plain(smooth() > 50, **BOTH), VERBATIM, ["zlib"]),  # a shuffle of single bytes changes nothing
    "int8": Case(plain(smooth("i1"), **BOTH), VERBATIM, ["zlib"]),
    "uint64": Case(plain(smooth("<u8") + np.uint64(2**63), **BOTH), HEAD, ["blosc"], verbatim=KEPT),
    "float16": Case(plain(TREND.astype("<f2"), **BOTH), HEAD, ["blosc"], verbatim=KEPT),
    "float64_nan": Case(plain(np.where(TREND > 0.5, np.nan, TREND), **BOTH), HEAD, ["blosc"], verbatim=KEPT),
    "zstd": Case(plain(**hdf5plugin.Zstd(3)), VERBATIM, ["zstd"]),
    "bzip2": Case(plain(**hdf5plugin.BZip2(5)), VERBATIM, ["bz2"]),
    "blosc_lz4": Case(plain(**hdf5plugin.Blosc(cname="lz4", shuffle=1)), VERBATIM, ["blosc"]),
    "blosc_zstd_bits": Case(plain(**hdf5plugin.Blosc(cname="zstd", shuffle=2)), VERBATIM, ["blosc"]),
    "shuffle_zstd": Case(plain(shuffle=True, **hdf5plugin.Zstd()), VERBATIM, ["shuffle", "zstd"], tensorstore=False),
    "lz4": Case(plain(**hdf5plugin.LZ4()), RECODED, None, recoded=9),
    "unlimited": Case(plain(maxshape=(None, None), **BOTH), HEAD, ["blosc"], verbatim=KEPT),
    "user_block": Case(plain(**BOTH), HEAD, ["blosc"], user_block=1024, verbatim=KEPT),
    "array_type": Case(array_type, VERBATIM, ["zlib"]),
}


def head(stream, size, item):
    return struct.pack("<BBBBIIIII", 2, 1, 0x71, item, size, size, 24 + len(stream), 20, len(stream)) + stream


def expected_file(form, raw, size, item):
    if form in (CUT, HEAD_CUT):
        raw = raw[:-4]
    if form in (HEAD, HEAD_CUT):
        if len(raw) == size:
            raw = zlib.decompress(raw)
        return head(raw, size, item)
    return raw


def make(name, folder):
    source = folder / f"{name}.h5"
    case = CASES[name]
    with h5py.File(source, "w", userblock_size=case.user_block) as file:
        case.make(file)
    return source, case


def codec_ids(meta):
    return [c["id"] for c in [*(meta["filters"] or []), *([meta["compressor"]] if meta["compressor"] else [])]]


def check_files(source, target, form, codecs, written, recoded):
    """The chunk files against HDF5's chunks, and the counters."""
    meta = zarr_store.Store(target).json("/d", ".zarray")
    if codecs is not None:
        assert codec_ids(meta) == codecs
    with h5py.File(source, "r") as file:
        data = file["d"]
        item = data.dtype.itemsize
        size = int(np.prod(data.chunks)) * item
        chunks = [data.id.get_chunk_info(i) for i in range(data.id.get_num_chunks())]
        names = {".".join([str(o // c) for o, c in zip(i.chunk_offset, data.chunks)] +
                          ["0"] * (len(meta["shape"]) - len(data.chunks))): i for i in chunks}
        assert {p.name for p in (target / "d").iterdir() if p.name[0] != "."} == set(names)
        if form != RECODED:
            for name, info in names.items():
                if info.filter_mask == 0:
                    raw = data.id.read_direct_chunk(info.chunk_offset)[1]
                    assert (target / "d" / name).read_bytes() == expected_file(form, raw, size, item), name
    copied = len(chunks) - recoded
    assert written["chunks_verbatim"] + written["chunks_framed"] == copied
    assert written["chunks_verbatim"] == (copied if form == VERBATIM else 0)
    assert written["chunks_recoded"] == recoded


@pytest.mark.parametrize("name", CASES)
def test_default(name, tmp_path):
    source, case = make(name, tmp_path)
    run = engram.convert(source, tmp_path / "out")
    written = run.report["written"]
    check_files(source, tmp_path / "out", case.form, case.codecs, written, case.recoded)
    assert written["chunks_inflated"] == case.inflated
    equal(run, source, tmp_path / "out", case.tensorstore)


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if case.form != RECODED])
def test_verbatim(name, tmp_path):
    """--codec verbatim: no head, so even a stream as long as its data stays as it is."""
    source, case = make(name, tmp_path)
    run = engram.convert(source, tmp_path / "out", "--codec", "verbatim")
    form, codecs, *recoded = case.verbatim or (case.form, case.codecs, case.recoded)
    check_files(source, tmp_path / "out", form, codecs, run.report["written"], sum(recoded))
    equal(run, source, tmp_path / "out", case.tensorstore and "shuffle" not in codecs)


ENCODINGS = [("--codec", "zlib:6"), ("--codec", "zstd:3"), ("--codec", "blosc:lz4:5:shuffle"),
             ("--codec", "blosc:zstd:1:bitshuffle"), ("--codec", "none"), ("--chunks", "auto"), ("--chunks", "20,10"),
             ("--chunks", "7,33", "--codec", "zstd:1")]


@pytest.mark.parametrize("options", ENCODINGS, ids=" ".join)
@pytest.mark.parametrize("name", ["no_filter", "shuffle_gzip", "mask", "big_endian", "unallocated", "float64_nan", "lz4"])
def test_encoded_anew(name, options, tmp_path):
    source, _ = make(name, tmp_path)
    run = engram.convert(source, tmp_path / "out", *options)
    meta = zarr_store.Store(tmp_path / "out").json("/d", ".zarray")
    chosen = dict(zip(options[::2], options[1::2]))
    if "--codec" in chosen:
        assert codec_ids(meta) == [c for c in [chosen["--codec"].split(":")[0]] if c != "none"]
    if "," in chosen.get("--chunks", ""):
        assert meta["chunks"] == [int(n) for n in chosen["--chunks"].split(",")]
    equal(run, source, tmp_path / "out", True)


def equal(run, source, target, with_tensorstore):
    result = raw_compare.compare(str(source), target, run.notices)
    assert result.problems == [] and result.unread == []
    assert zarr_store.problems(target) == []
    if with_tensorstore:
        values = tensorstore.open({"driver": "zarr", "kvstore": {"driver": "file", "path": f"{target}/d/"}},
                                  read=True, open=True).result().read().result()
        with h5py.File(source, "r") as file:
            wanted = file["d"][()]
        assert values.shape == wanted.shape and np.array_equal(values, wanted, equal_nan=wanted.dtype.kind == "f")


@pytest.mark.zarr3
@pytest.mark.parametrize("codec", ["keep", "verbatim"])
def test_zarr3_reads_all(codec, tmp_path):
    pairs = []
    for name in CASES:
        source, _ = make(name, tmp_path)
        run = engram.convert(source, tmp_path / name, "--codec", codec)
        pairs.append([str(source), str(tmp_path / name), run.notices])
    listing = tmp_path / "pairs.json"
    listing.write_text(json.dumps(pairs), encoding="utf-8")
    done = subprocess.run([PYTHON_ZARR3, "-W", "ignore", HERE / "zarr3_check.py", listing], capture_output=True,
                          text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert {n: p for n, p in zip(CASES, json.loads(done.stdout)) if p} == {}


def test_codecs_and_chunks_by_path(session_nwb, tmp_path):
    """Arrays and columns of text and references alike; what no glob stands for is as ever."""
    engram.convert(session_nwb, tmp_path / "usual")
    run = engram.convert(session_nwb, tmp_path / "out", "--codec", "/intervals/**=gzip:1", "--codec", "/acquisition/raw/data=none",
                         "--chunks", "/acquisition/**=7,3")
    usual, out = (zarr.open_group(str(tmp_path / name), "r") for name in ("usual", "out"))
    assert not run.notices
    changed = set()

    def look(path, array):
        if isinstance(array, zarr.Array) and (array.compressor, array.chunks) != (usual[path].compressor, usual[path].chunks):
            changed.add(path)
            if path.startswith("intervals/"):
                assert array.compressor.codec_id == "gzip"
        if isinstance(array, zarr.Array) and array.dtype != object:
            np.testing.assert_array_equal(array[...], usual[path][...])

    out.visititems(look)
    assert out["acquisition/raw/data"].compressor is None and out["acquisition/raw/data"].chunks == (7, 3)
    assert {"acquisition/raw/data", "intervals/trials/start_time", "intervals/trials/timeseries"} <= changed
    assert all(path.startswith(("acquisition/", "intervals/")) for path in changed)
