"""What goes wrong gives the documented exit code, a message that names the thing, and nothing half-written."""
import os
import resource
import signal
import struct
import subprocess
import time

import h5py
import hdf5plugin
import numpy as np
import pytest

import engram
import zarr_store

INVALID, NOT_FOUND, EXISTS, CORRUPT, UNSUPPORTED, LIMIT, IO = range(2, 9)


def small(path, **more):
    with h5py.File(path, "w") as file:
        file["a/b"] = np.arange(10)
        for name, value in more.items():
            file[name] = value
    return path


def refused(code, words, *arguments, **more):
    """engram fails with `code`, says each of `words`, and prints nothing where a result would be."""
    run = engram.run(*arguments, **more)
    assert run.code == code, run.told()
    for word in words:
        assert str(word) in run.err, run.told()
    assert run.out == ""
    assert "terminate called" not in run.err and "HDF5-DIAG" not in run.err
    return run


def nothing_in(folder):
    assert os.listdir(folder) == []


def only_a_part_in(folder, told):
    """What a conversion that may go on leaves, and says that it does."""
    assert os.listdir(folder) == ["t.part"] and (folder / "t.part" / "conversion.json").exists()
    assert "t.part: the same command with --resume goes on" in told, told


def files_of(store):
    return {str(path.relative_to(store)): path.read_bytes() for path in sorted(store.rglob("*")) if path.is_file()}


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


# ---------------------------------------------------------------------------------------------- the source
@pytest.mark.parametrize("content", [b"", b"x", b"not HDF5 at all" * 100, b"\x89HD", b"PK" + bytes(600)])
def test_source_is_not_hdf5(content, tmp_path, out):
    source = tmp_path / "file.nwb"
    source.write_bytes(content)
    refused(UNSUPPORTED, [source], "convert", source, out / "t")
    nothing_in(out)


def test_source_is_a_damaged_zip(tmp_path, out):
    source = tmp_path / "file.zip"
    source.write_bytes(b"PK\x03\x04" + bytes(600))
    refused(CORRUPT, [source, "zip"], "convert", source, out / "t")
    nothing_in(out)


def test_source_is_truncated(tmp_path, out):
    source = small(tmp_path / "a.h5", big=np.arange(100000))
    os.truncate(source, os.path.getsize(source) // 2)
    refused(CORRUPT, [source, "truncated"], "convert", source, out / "t")
    nothing_in(out)


def test_source_is_missing(tmp_path, out):
    refused(NOT_FOUND, [tmp_path / "none.nwb"], "convert", tmp_path / "none.nwb", out / "t")
    nothing_in(out)


def test_source_is_a_directory(tmp_path, out):
    source = tmp_path / "folder"
    source.mkdir()
    refused(UNSUPPORTED, [source], "convert", source, out / "t")
    nothing_in(out)


def test_source_may_not_be_read(tmp_path, out):
    """Root may read all, so a special file stands in for it where the test is root."""
    if os.geteuid() == 0:
        run = engram.run("convert", "/proc/self/mem", out / "t")
        assert run.code in (UNSUPPORTED, IO) and "/proc/self/mem" in run.err, run.told()
    else:
        source = small(tmp_path / "a.h5")
        source.chmod(0)
        refused(IO, [source, "ermission"], "convert", source, out / "t")
    nothing_in(out)


@pytest.mark.parametrize("arguments", [[], ["a.h5"], ["a", "b", "c"], ["a", "b", "--nonsense"],
                                       ["SOURCE", "OUT/t", "--codec", "nonsense"], ["SOURCE", "OUT/t", "--codec", "zlib:99"],
                                       ["SOURCE", "OUT/t", "--chunks", "0"], ["SOURCE", "OUT/t", "--chunks", "x"],
                                       ["SOURCE", "OUT/t", "--memory", "-1"], ["SOURCE", "OUT/t", "--threads", "x"],
                                       ["SOURCE", "OUT/t", "--compat", "x"], ["SOURCE", "OUT/t", "--text", "x"]],
                         ids=" ".join)
def test_bad_arguments(arguments, tmp_path, out):
    source = small(tmp_path / "a.h5")
    given = [a.replace("SOURCE", str(source)).replace("OUT", str(out)) for a in arguments]
    assert engram.run("convert", *given).code == INVALID
    nothing_in(out)


# ---------------------------------------------------------------------------------------------- what it holds
def unknown_filter(path, number):
    """A dataset whose chunk says that it went through filter `number`. h5py asks filters that it has whether they fit,
    so it is given one that nobody has, which then becomes `number` in the file."""
    nobody = 31998
    with h5py.File(path, "w") as file:
        group = file.create_group("group")
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_chunk((10,))
        creation.set_filter(nobody, h5py.h5z.FLAG_OPTIONAL, (1, 2, 3))
        made = h5py.h5d.create(group.id, b"data", h5py.h5t.STD_I32LE, h5py.h5s.create_simple((10,)), creation)
        made.write_direct_chunk((0,), b"some bytes", 0)
    content = path.read_bytes()
    told = struct.pack("<HHHH", nobody, 0, 1, 3)
    assert content.count(told) == 1
    path.write_bytes(content.replace(told, struct.pack("<HHHH", number, 0, 1, 3)))
    return path


@pytest.mark.parametrize("number, name", [(32012, "jpeg-ls"), (32026, "blosc2"), (305, "lzo"), (32017, "sz"),
                                          (32024, "sz3"), (32020, "vbz"), (32019, "jpeg"), (31999, "31999")])
def test_unknown_filter(number, name, tmp_path, out):
    """The message names the filter, the dataset, and what would read it."""
    source = unknown_filter(tmp_path / "a.h5", number)
    run = refused(UNSUPPORTED, [source, "/group/data", number], "convert", source, out / "t")
    assert name in run.err.lower() and "plugin" in run.err.lower(), run.told()
    nothing_in(out)


def test_real_data_under_a_filter_that_is_not_there(tmp_path, out):
    source = tmp_path / "a.h5"
    with h5py.File(source, "w") as file:
        file.create_dataset("x/y", data=np.ones((40, 25), "f4"), chunks=(20, 25), **hdf5plugin.Sperr())
    refused(UNSUPPORTED, [source, "/x/y", "sperr", "32028"], "convert", source, out / "t",
            env={**os.environ, "HDF5_PLUGIN_PATH": "/nowhere"})
    nothing_in(out)


@pytest.mark.parametrize("text, kind", [(b"damaged stream", "gzip")])
def test_damaged_chunk_that_must_be_decoded(text, kind, tmp_path, out):
    source = tmp_path / "a.h5"
    with h5py.File(source, "w") as file:
        made = file.create_dataset("g/d", shape=(100,), chunks=(50,), dtype="i4", compression=kind)
        made[...] = 1
        made.id.write_direct_chunk((50,), text, 0)
    refused(CORRUPT, [source, "/g/d"], "convert", source, out / "t", "--codec", "zstd:3")
    nothing_in(out)


def test_checksum_that_is_wrong(tmp_path, out):
    source = tmp_path / "a.h5"
    with h5py.File(source, "w") as file:
        file.create_dataset("g/d", data=np.arange(100), chunks=(50,), fletcher32=True)
        where = file["g/d"].id.get_chunk_info(1).byte_offset
    with open(source, "r+b") as file:
        file.seek(where + 5)
        file.write(b"\xff")
    refused(CORRUPT, [source, "/g/d", "hecksum"], "convert", source, out / "t")
    nothing_in(out)


def test_dangling_links_are_left_out_and_reported(tmp_path, out):
    source = tmp_path / "a.h5"
    with h5py.File(source, "w") as file:
        file["a/soft"] = h5py.SoftLink("/nowhere")
        file["a/external"] = h5py.ExternalLink("nowhere.h5", "/x")
        file["a/loop"] = h5py.SoftLink("/a/loop")
        file["a/good"] = h5py.SoftLink("/b")
        file["b"] = 1
    run = engram.convert(source, out / "t")
    assert {(n["kind"], n["path"]) for n in run.notices} == {("dangling", f"/a/{n}") for n in ("soft", "external", "loop")}
    assert zarr_store.Store(out / "t").links("/a") == {"good": "/b"}
    plain = engram.run("convert", source, out / "plain")
    assert plain.code == 0 and "/a/soft" in plain.err and "/a/external" in plain.err, plain.told()


def test_dangling_link_is_an_error_when_strict(tmp_path, out):
    source = tmp_path / "a.h5"
    with h5py.File(source, "w") as file:
        file["a/soft"] = h5py.SoftLink("/nowhere")
    refused(UNSUPPORTED, [source, "/a/soft"], "convert", source, out / "t", "--strict")
    nothing_in(out)


def test_what_zarr_cannot_hold_is_an_error_when_strict(tmp_path, out):
    source = tmp_path / "a.h5"
    with h5py.File(source, "w") as file:
        h5py.h5d.create(file.id, b"time", h5py.h5t.UNIX_D32LE, h5py.h5s.create_simple((3,)))
        file["b"] = 1
    run = engram.convert(source, out / "t")
    assert [(n["kind"], n["path"]) for n in run.notices] == [("left_out", "/time")]
    refused(UNSUPPORTED, [source, "/time"], "convert", source, out / "u", "--strict")


@pytest.mark.parametrize("name", [".zarray", ".zgroup", ".zattrs", ".zmetadata", "a\\b", "x" * 300])
@pytest.mark.parametrize("group", [True, False], ids=["group", "dataset"])
def test_names_that_a_store_cannot_hold(name, group, tmp_path, out):
    source = tmp_path / "a.h5"
    with h5py.File(source, "w") as file:
        if group:
            file.create_group(name)
        else:
            file[name] = 1
    refused(UNSUPPORTED, [source, name], "convert", source, out / "t")
    nothing_in(out)


@pytest.mark.parametrize("name", ["0", "0.0", " ", "a b", "...", ".hidden", "a%2fb", "naïve 神経", "zarr.json", "x" * 255])
def test_odd_names_that_a_store_holds(name, tmp_path, out):
    source = tmp_path / "a.h5"
    with h5py.File(source, "w") as file:
        file.create_group("g").create_group(name)[name] = np.arange(3)
    engram.convert(source, out / "t")
    assert zarr_store.Store(out / "t").array(f"/g/{name}/{name}")[...].tolist() == [0, 1, 2]


# ---------------------------------------------------------------------------------------------- the target
def test_target_exists(tmp_path, out):
    source, target = small(tmp_path / "a.h5"), out / "t"
    engram.convert(small(tmp_path / "b.h5", more=1), target)
    refused(EXISTS, [target, "--overwrite"], "convert", source, target)
    assert zarr_store.Store(target).what("/more") == "array" and os.listdir(out) == ["t"]
    engram.convert(source, target, "--overwrite")
    assert zarr_store.Store(target).what("/more") is None and os.listdir(out) == ["t"]
    assert zarr_store.problems(target) == []


def test_what_is_no_store_is_never_overwritten(tmp_path, out):
    source, target = small(tmp_path / "a.h5"), out / "t"
    target.mkdir()
    (target / "thesis.tex").write_text("kept", encoding="utf-8")
    for options in ([], ["--overwrite"]):
        refused(EXISTS, [target], "convert", source, target, *options)
        assert (target / "thesis.tex").read_text(encoding="utf-8") == "kept" and os.listdir(out) == ["t"]


def test_a_failed_overwrite_leaves_the_old(tmp_path, out):
    engram.convert(small(tmp_path / "a.h5"), out / "t")
    bad = unknown_filter(tmp_path / "b.h5", 31999)
    refused(UNSUPPORTED, ["31999"], "convert", bad, out / "t", "--overwrite")
    assert os.listdir(out) == ["t"] and zarr_store.problems(out / "t") == []


def test_target_directory_is_missing(tmp_path, out):
    source = small(tmp_path / "a.h5")
    run = engram.run("convert", source, out / "no" / "t")
    assert run.code in (NOT_FOUND, IO) and str(out / "no") in run.err, run.told()
    nothing_in(out)


def test_target_lies_below_a_file(tmp_path):
    source = small(tmp_path / "a.h5")
    run = engram.run("convert", source, source / "t")
    assert run.code in (NOT_FOUND, IO, INVALID) and str(source) in run.err, run.told()


def test_target_is_the_source(tmp_path):
    source = small(tmp_path / "a.h5")
    before = source.read_bytes()
    for options in ([], ["--overwrite"]):
        run = engram.run("convert", source, source, *options)
        assert run.code in (EXISTS, INVALID), run.told()
        assert source.read_bytes() == before


def test_target_is_full(tmp_path, out):
    """A limit on the size of a file stands in for a full disk."""
    source = small(tmp_path / "a.h5", noise=np.random.default_rng(1).random(2_000_000))
    run = engram.run("convert", source, out / "t", "--chunks", "1000000", preexec_fn=lambda: (
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))))
    assert run.code == IO and "/noise" in run.err or str(out) in run.err, run.told()
    only_a_part_in(out, run.err)
    assert engram.run("convert", source, out / "t", "--chunks", "1000000", "--resume").code == 0
    engram.convert(source, out / "whole", "--chunks", "1000000")
    assert files_of(out / "t") == files_of(out / "whole")


def test_too_many_open_files_is_no_crash(tmp_path, out):
    source = small(tmp_path / "a.h5")
    run = engram.run("convert", source, out / "t", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12)))
    assert run.code in (0, IO), run.told()
    assert not (out / "t").exists() or run.code == 0


# ---------------------------------------------------------------------------------------------- interrupted
@pytest.fixture(scope="session")
def long_h5(tmp_path_factory):
    """A file that takes some seconds to convert with a slow codec."""
    path = tmp_path_factory.mktemp("long") / "long.h5"
    with h5py.File(path, "w") as file:
        values = np.random.default_rng(1).integers(0, 50, 8_000_000).astype("i4")
        for i in range(12):
            file[f"d{i}"] = values
    return path


def started(source, target):
    process = subprocess.Popen([engram.COMMAND, "convert", source, target, "--codec", "zlib:9", "--threads", "1"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    part = target.with_name(target.name + ".part")
    for _ in range(500):
        if part.exists():
            break
        time.sleep(0.01)
    assert part.exists() and process.poll() is None
    time.sleep(0.2)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(number, long_h5, out):
    process = started(long_h5, out / "t")
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 128 + number, err
    only_a_part_in(out, err)
    again = engram.run("convert", long_h5, out / "t", "--codec", "zlib:9", "--json")
    assert again.code == EXISTS and f"is an unfinished conversion of {long_h5}, begun 20" in again.err, again.told()


def test_killed(long_h5, out):
    """Nobody can tidy up after SIGKILL; but nothing lies under the target's name, and the next run works."""
    process = started(long_h5, out / "t")
    process.kill()
    process.communicate(timeout=30)
    time.sleep(1)
    assert not (out / "t").exists()
    source = small(out.parent / "a.h5")
    run = engram.run("convert", source, out / "t")
    if run.code != 0:
        assert run.code == EXISTS and ".part" in run.err and "--overwrite" in run.err, run.told()
        engram.convert(source, out / "t", "--overwrite")
    assert zarr_store.problems(out / "t") == []


def test_dry_run_writes_nothing(tmp_path, out, session_nwb):
    run = engram.run("convert", session_nwb, out / "t", "--dry-run", "--json")
    assert run.code == 0 and run.report["dry_run"] is True, run.told()
    nothing_in(out)
    real = engram.convert(session_nwb, out / "t").report
    for key in ("datasets", "groups", "links"):
        assert run.report[key] == real[key]
    assert [(a["path"], a["action"]) for a in run.report["arrays"]] == [(a["path"], a["action"]) for a in real["arrays"]]


def test_version_of_superblock_unknown(tmp_path, out):
    source = tmp_path / "a.h5"
    source.write_bytes(b"\x89HDF\r\n\x1a\n" + struct.pack("<B", 9) + bytes(600))
    run = engram.run("convert", source, out / "t")
    assert run.code in (CORRUPT, UNSUPPORTED) and str(source) in run.err, run.told()
    nothing_in(out)
