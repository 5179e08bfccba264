"""Back to HDF5: what was HDF5, became Zarr and is HDF5 again is what it was, for h5py, h5diff and PyNWB; and stores of hdmf-zarr
become files that PyNWB reads as it reads the stores."""
import json
import shutil
import subprocess
import warnings

import h5py
import numpy as np
import pytest
from hdmf_zarr.nwb import NWBZarrIO
from pynwb import NWBHDF5IO, validate

import engram
import h5_compare
import nwb_compare
from conftest import CORPUS, ROOT, corpus

NWB = corpus("nwb", ".nwb", ".h5", ".hdf5") + corpus("generated/nwb", ".nwb")
HDF5 = corpus("hdf5", ".h5", ".hdf5", ".nwb", ".nc", ".mat", ".he5")
STORES = sorted(str(path.relative_to(CORPUS)) for path in (CORPUS / "nwb-zarr").glob("*.zarr")) if CORPUS.is_dir() else []
BATCHES = 8
FORMATS = pytest.mark.parametrize("zarr_format", ["2", "3"])
MOST_BYTES = 30_000_000

# What the way through Zarr forces, by the kinds of h5_compare, with its reason.
FORCED = {
    "byte order": "what is encoded anew, and values in attributes, are little-endian",
    "strpad": "fixed-length text is padded with NULs",
    "compound layout": "fields follow one another without padding",
    "enumeration": "names of enumerations inside of other types have no place in Zarr (told)",
    "bitfield": "bit fields are unsigned integers",
    "complex": "complex numbers of HDF5 2.0's own class are compounds of r and i, as before it",
    "array type": "an array type at the top counts as dimensions",
    "committed": "named types are each object's own",
    "hard link": "a second name is a link in Zarr",
    "link path": "links lead to where an object lies, not through other links",
    "external": "what lies in other files is copied in",
    "unallocated": "Zarr has no chunk of nothing but fill values in v3, and small arrays in one run are always stored",
    "opaque tag": "opaque types have no tag",
    "wider": "a floating-point type that IEEE has not becomes the next that holds it",
    "chunk bytes": "text, compounds and references are encoded anew; a chunk that a filter was left out of may be",
    "unread": "h5py or its HDF5 does not read the source",
}


def sources(names, batch):
    return [CORPUS / name for name in names[batch::BATCHES] if (CORPUS / name).stat().st_size < MOST_BYTES]


def is_forced(kind, text):
    if kind == "layout":  # A pipeline that Zarr or every HDF5 reader has not; limits of what is no chunks.
        filters = text.partition("filters ")[2].partition(" became")[0]
        order = [3] if filters == "" else [int(n) for n in filters.strip("[]").split(", ") if n]
        without_shuffle = [n for n in order if n != 2]  # Of single bytes it changes nothing.
        return ("chunks None up to" in text or any(n > 3 for n in order) or text.endswith(f"became {without_shuffle}")
                or order == [2]  # Which Zarr v3 has not alone.
                or order not in ([1], [3], [2, 1], [1, 3], [2, 1, 3]))
    return kind in FORCED


def back_and_forth(source, folder, zarr_format):
    """(the file that came back, the paths that conversions told of); None when the source is refused."""
    store, back = folder / "there.zarr", folder / "back.h5"
    there = engram.run("convert", source, store, "--zarr-format", zarr_format, "--json")
    if there.code != 0:
        return None
    result = engram.run("convert", store, back, "--json", "--verify")
    assert result.code == 0, f"{source}: {result.told()}"
    shutil.rmtree(store)
    return back, [notice["path"] for notice in there.notices + result.notices]


def come_back(names, batch, folder, zarr_format):
    """(source, what came back, the paths told of) of those that convert, one at a time."""
    for source in sources(names, batch):
        result = back_and_forth(source, folder, zarr_format)
        if result is None:
            continue
        yield source, *result
        result[0].unlink()


def different(source, back, told):
    return [f"{source.name}: {kind}: {text}" for kind, text in h5_compare.compare(source, back, told)
            if not is_forced(kind, text)]


@pytest.mark.corpus
@FORMATS
@pytest.mark.parametrize("batch", range(BATCHES))
def test_nwb_comes_back(batch, zarr_format, tmp_path):
    found, compared = [], 0
    for source, back, told in come_back(NWB, batch, tmp_path, zarr_format):
        found += different(source, back, told)
        found += [f"{source.name}: h5diff: {line}" for line in h5diff(source, back)]
        found += [f"{source.name}: pynwb: {line}" for line in as_pynwb(source, back)]
        compared += 1
    assert found == []
    assert compared > 0


def h5diff(source, back):
    """What h5diff says, but for datasets without values, which it does not compare."""
    done = subprocess.run(["h5diff", "-c", "--follow-symlinks", source, back], capture_output=True, text=True, errors="replace",
                          timeout=300, check=False)
    lines = [line for line in (done.stdout + done.stderr).splitlines()
             if line and not line.startswith("---") and "is an empty dataset" not in line
             and line not in ("Some objects are not comparable", "Use -c for a list of objects.")]
    if done.returncode == 0 or lines:
        return lines
    # Some files it can't even hold against a copy of themselves.
    copy = shutil.copy(source, back.with_name("copy.h5"))
    return [f"exit {done.returncode}"] if subprocess.run(["h5diff", source, copy], check=False).returncode == 0 else []


def as_pynwb(source, back):
    tables = []
    for path in (source, back):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with NWBHDF5IO(path, "r", load_namespaces=True) as io:
                    tables.append(nwb_compare.facts(io, nwb_compare.ids_in_hdf5(path)))
        except Exception as error:  # noqa: BLE001
            if not tables and path == source:
                return []  # It is not for pynwb.
            return [f"cannot be opened: {type(error).__name__}: {str(error)[:300]}"]
    return nwb_compare.differences(*tables)


# These h5py itself can't walk through.
UNWALKED = {"tvms.h5": "a type class that h5py has no name for", "test-symb2.h5": "a name that is no UTF-8"}


@pytest.mark.corpus
@FORMATS
@pytest.mark.parametrize("batch", range(BATCHES))
def test_hdf5_comes_back(batch, zarr_format, tmp_path):
    found, compared = [], 0
    for source, back, told in come_back(HDF5, batch, tmp_path, zarr_format):
        compared += 1
        if source.name not in UNWALKED:
            found += different(source, back, told)
    assert found == []
    assert compared > 20


@pytest.mark.corpus
@pytest.mark.parametrize("name", STORES)
def test_stores_of_hdmf_zarr(name, tmp_path):
    """PyNWB's reading of the file is NWBZarrIO's of the store."""
    back = tmp_path / "back.nwb"
    result = engram.run("convert", CORPUS / name, back, "--verify", "--json")
    assert result.code == 0, result.told()
    try:
        with NWBZarrIO(str(CORPUS / name), "r", load_namespaces=True) as io:
            left = nwb_compare.facts(io, nwb_compare.ids_in_zarr(CORPUS / name))
    except Exception:  # noqa: BLE001
        return  # No NWB, or more than hdmf-zarr reads.
    with NWBHDF5IO(back, "r", load_namespaces=True) as io:
        right = nwb_compare.facts(io, nwb_compare.ids_in_hdf5(back))
    # What hdmf-zarr itself can't read (pickled references) is nothing to compare with.
    left = {place: fact for place, fact in left.items() if not isinstance(fact, nwb_compare.Unreadable)}
    assert nwb_compare.differences(left, {place: fact for place, fact in right.items() if place in left}) == []


def test_the_example(tmp_path):
    example = ROOT / "examples" / "session.nwb"
    back, told = back_and_forth(example, tmp_path, "2")
    assert told == [] and different(example, back, told) == []
    with NWBHDF5IO(back, "r") as io:
        assert validate(io=io) == []


# ---------------------------------------------------------------------------------------------- files made here
def made(path):
    with h5py.File(path, "w") as file:
        rng = np.random.default_rng(1)
        numbers = rng.integers(0, 50, (100, 40)).astype("<i2")
        for name, how in {"plain": {}, "gzip": {"compression": "gzip"}, "shuffled": {"compression": "gzip", "shuffle": True},
                          "checked": {"compression": "gzip", "shuffle": True, "fletcher32": True}}.items():
            file.create_dataset(name, data=numbers, chunks=(30, 16), maxshape=(None, 40), **how)
        file.create_dataset("noise", data=rng.bytes(4096) and rng.integers(0, 2**63, (64, 8)), chunks=(8, 8), compression="gzip",
                            shuffle=True)
        file.create_dataset("contiguous", data=rng.random(50_000))
        file.create_dataset("holes", (1000,), "f4", chunks=(100,), fillvalue=7, compression="gzip")[300:400] = 1
        text = file.create_dataset("text", data=["a", "bc", "µ"], dtype=h5py.string_dtype(), maxshape=(None,), chunks=(2,))
        file.create_dataset("fixed", data=np.array([b"ab", b"c"], "S5"))
        file.create_dataset("flags", data=[True, False])
        file.create_dataset("references", data=[text.ref, file.ref], dtype=h5py.ref_dtype)
        file.create_dataset("regions", data=[text.regionref[1:]], dtype=h5py.regionref_dtype)
        file.create_dataset("compound", data=np.array([(1, b"x"), (2, b"y")], [("n", "<u2"), ("s", "S3")]))
        file.create_dataset("half", data=np.array([0.5, 65504], "<f2"))
        file["soft"] = h5py.SoftLink("/text")
        file["z_hard"] = text
        for name, value in {"byte": np.int8(3), "single": np.float32(0.1), "words": np.array([b"a", b"bc"], "S4"),
                            "empty": h5py.Empty("f4"), "none": np.zeros((0, 3), "i4"), "complex": np.complex64(1 + 2j),
                            "reference": text.ref, "region": text.regionref[:1], "big": np.array([1, 2], ">u4")}.items():
            file.attrs[name] = value
    return path


@FORMATS
def test_what_is_kept(zarr_format, tmp_path):
    source = made(tmp_path / "made.h5")
    back, told = back_and_forth(source, tmp_path, zarr_format)
    found = h5_compare.compare(source, back, told)
    assert [text for kind, text in found if kind not in ("hard link", "byte order", "unallocated")] == []
    with h5py.File(back) as file:
        assert file["checked"].fletcher32 and file["checked"].maxshape == (None, 40)


def test_chunks_are_copied(tmp_path):
    source = made(tmp_path / "made.h5")
    engram.convert(source, tmp_path / "there.zarr")
    report = engram.convert(tmp_path / "there.zarr", tmp_path / "back.h5").report
    actions = {array["path"]: array["action"] for array in report["arrays"]}
    assert {name: actions[name] for name in ("/gzip", "/shuffled", "/checked", "/noise")} == dict.fromkeys(
        ("/gzip", "/shuffled", "/checked", "/noise"), "copy")
    assert report["written"]["chunks_inflated"] == 0


@pytest.mark.parametrize("codec,filters", [
    ("keep", {}), ("none", []), ("zlib:6", [2, 1]), ("gzip:1", [2, 1]), ("zstd:3", [2, 32015]), ("bz2:9", [2, 307]),
    ("blosc:lz4:5:shuffle", [32001])])
def test_codecs(codec, filters, tmp_path):
    source = made(tmp_path / "made.h5")
    engram.convert(source, tmp_path / "there.zarr", "--codec", "lz4")
    engram.convert(tmp_path / "there.zarr", tmp_path / "back.h5", "--codec", codec, "--verify")
    with h5py.File(tmp_path / "back.h5") as file:
        plist = file["gzip"].id.get_create_plist()
        found = [plist.get_filter(i)[0] for i in range(plist.get_nfilters())]
    assert found == ([2, 1] if codec == "keep" else filters)


def test_verbatim_keeps_what_plugins_read(tmp_path):
    source = made(tmp_path / "made.h5")
    engram.convert(source, tmp_path / "there.zarr", "--codec", "zstd:3")
    engram.convert(tmp_path / "there.zarr", tmp_path / "back.h5", "--codec", "verbatim", "--verify")
    with h5py.File(tmp_path / "back.h5") as file:
        assert file["gzip"].id.get_create_plist().get_filter(0)[0] == 32015


def test_external_links_are_copied_in(tmp_path):
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["x"] = [1, 2, 3]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["link"] = h5py.ExternalLink("b.h5", "/x")
    engram.convert(tmp_path / "b.h5", tmp_path / "b.h5.zarr")
    engram.convert(tmp_path / "a.h5", tmp_path / "a.h5.zarr", "--external", "link")
    engram.convert(tmp_path / "a.h5.zarr", tmp_path / "back.h5", "--verify")
    with h5py.File(tmp_path / "back.h5") as file:
        assert list(file["link"][:]) == [1, 2, 3]


def test_external_links_stay_links(tmp_path):
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["x"] = [1, 2, 3]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["link"] = h5py.ExternalLink("b.h5", "/x")
    (tmp_path / "back").mkdir()
    for name in ("b.h5", "a.h5"):
        engram.convert(tmp_path / name, tmp_path / f"{name}.zarr", "--external", "link")
    store, back = tmp_path / "a.h5.zarr", tmp_path / "back" / "a.h5"
    first = engram.convert(store, back, "--external", "link")
    assert any("not there yet" in notice["text"] for notice in first.notices)
    engram.convert(tmp_path / "b.h5.zarr", tmp_path / "back" / "b.h5")
    assert engram.run("verify", store, back, "--external", "link").code == 0
    with h5py.File(back) as file:
        link = file.get("link", getlink=True)
        assert (link.filename, link.path) == ("b.h5", "/x")
        assert list(file["link"][:]) == [1, 2, 3]
    with h5py.File(back, "a") as file:
        del file["link"]
    assert engram.run("verify", store, back, "--external", "link").code == 1
    refused = engram.run("convert", store, tmp_path / "c.h5", "--external", "link", "--verify")
    assert refused.code == 2 and "engram verify" in refused.err


def test_widths_by_the_schema(session_nwb, tmp_path):
    """A store that says nothing of them, as other programs write it."""
    store = tmp_path / "there.zarr"
    engram.convert(session_nwb, store)
    consolidated = json.loads((store / ".zmetadata").read_text())
    del consolidated["engram"]
    (store / ".zmetadata").write_text(json.dumps(consolidated))
    engram.convert(store, tmp_path / "back.nwb", "--verify")
    found = {}
    with h5py.File(tmp_path / "back.nwb") as file:
        file.visititems(lambda name, item: found.update({f"{name}@{key}": item.attrs.get_id(key).dtype
                                                         for key in item.attrs if item.attrs.get_id(key).dtype.kind in "iuf"}))
    # 1.0 is exact in 32 bits, which the schema asks for at least; others keep 64.
    assert {str(dtype) for name, dtype in found.items() if name.endswith("@offset")} == {"float32"}, found
    assert engram.run("validate", tmp_path / "back.nwb").code == 0


# ---------------------------------------------------------------------------------------------- refusals
@pytest.mark.parametrize("options,words", [
    (("--zarr-format", "3"), "--zarr-format is of Zarr"), (("--compat", "portable"), "--compat is of Zarr"),
    (("--text", "exact"), "--text is of Zarr"), (("--no-consolidate",), "--no-consolidate is of Zarr"), (("--shards", "auto"), "shards are of Zarr v3"),
    (("--checksum",), "checksums and manifests are of Zarr"), (("--resume",), "can't be gone on with"),
    (("--codec", "lz4"), "no filter that is the codec lz4")])
def test_options_that_are_not_of_hdf5(options, words, tmp_path):
    result = engram.run("convert", ROOT / "examples" / "session.nwb", tmp_path / "x.nwb", *options)
    assert result.code == 2 and words in result.err, result.told()
    assert list(tmp_path.iterdir()) == []


def test_overwriting(tmp_path):
    example, target = ROOT / "examples" / "session.nwb", tmp_path / "x.nwb"
    engram.convert(example, target)
    assert engram.run("convert", example, target).code == 4
    engram.convert(example, target, "--overwrite")
    target.write_bytes(b"not HDF5")
    result = engram.run("convert", example, target, "--overwrite")
    assert result.code == 4 and "neither an HDF5 file" in result.err
    assert target.read_bytes() == b"not HDF5"


def test_a_dry_run_writes_nothing(tmp_path):
    result = engram.run("convert", ROOT / "examples" / "session.nwb", tmp_path / "x.nwb", "--dry-run")
    assert result.code == 0 and "contiguous" in result.out, result.told()
    assert list(tmp_path.iterdir()) == []
