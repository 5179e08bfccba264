"""Zarr in zip files and on web servers: engram, zarr-python's ZipStore and Python's zipfile read what the others wrote."""
import functools
import http.server
import io
import json
import os
import re
import subprocess
import threading
import warnings
import zipfile

import numpy as np
import pytest
import zarr

import engram

TOOL = os.environ.get("ENGRAM_ZARR_TOOL", "engram_zarr_tool")
VALUES = np.arange(60, dtype="<i4").reshape(12, 5)


def fill(store):
    """A small hierarchy; with consolidated metadata."""
    root = zarr.group(store=store, overwrite=True)
    root.attrs["title"] = "a title"
    inner = root.create_group("inner é")
    inner.create_dataset("flat", data=VALUES, chunks=(5, 2))
    inner.create_dataset("nested", data=VALUES * 2, chunks=(4, 3), dimension_separator="/", compressor=None)
    inner["flat"].attrs["unit"] = "V"
    zarr.consolidate_metadata(store)


def same_as_directory(place, tmp_path):
    """What engram shows of `place` is what it shows of the same hierarchy in a directory."""
    directory = tmp_path / "same.zarr"
    if not directory.exists():
        fill(zarr.DirectoryStore(str(directory)))
    trees = [engram.run("tree", where, "--attrs") for where in (place, directory)]
    assert trees[0].code == 0, trees[0].told()
    # The bytes that chunks take are known where chunks can be listed.
    shown = [re.sub(r"(, )?(\d+ B)?$", "", tree.out, flags=re.MULTILINE) for tree in trees]
    assert shown[0] == shown[1]
    if os.path.exists(place):
        assert trees[0].out == trees[1].out
    for name, factor in (("flat", 1), ("nested", 2)):
        shown = engram.run("cat", place, f"/inner é/{name}", "--format", "json")
        assert shown.code == 0, shown.told()
        assert json.loads(shown.out) == (VALUES * factor).tolist()
    part = engram.run("cat", place, "/inner é/nested[3:7, ::2]", "--format", "json")
    assert json.loads(part.out) == (VALUES * 2)[3:7, ::2].tolist(), part.told()


def repack(source, target, write):
    """Writes the entries of a zip anew with write(archive, name, bytes)."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            write(new, info.filename, old.read(info))


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("name", ["x.zip", "x.zarr"])
def test_reads_what_zarr_python_wrote(tmp_path, compression, name):
    path = tmp_path / name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It writes each .zattrs twice, and says so.
        with zarr.ZipStore(str(path), mode="w", compression=compression) as store:
            fill(store)
    same_as_directory(path, tmp_path)


@pytest.mark.parametrize("how", ["zip64", "stream", "folders", "comment", "prefix"])
def test_reads_what_zipfile_can_write(tmp_path, how):
    plain, path = tmp_path / "plain.zip", tmp_path / "x.zip"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zarr.ZipStore(str(plain), mode="w") as store:
            fill(store)

    if how == "zip64":
        def write(archive, name, data):
            with archive.open(name, "w", force_zip64=True) as entry:
                entry.write(data)
        repack(plain, path, write)
    elif how == "stream":
        class Pipe(io.RawIOBase):
            """Can't seek, so that sizes come behind the bytes."""

            def __init__(self, file):
                self.file = file

            def writable(self):
                return True

            def write(self, data):
                return self.file.write(data)

        with open(path, "wb") as file:
            repack(plain, Pipe(file), lambda archive, name, data: archive.writestr(name, data, zipfile.ZIP_DEFLATED))
    elif how == "folders":
        def write(archive, name, data):
            folder = os.path.dirname(name)
            if folder and f"{folder}/" not in archive.namelist():
                archive.writestr(f"{folder}/", "")
            archive.writestr(name, data)
        repack(plain, path, write)
    elif how == "comment":
        repack(plain, path, lambda archive, name, data: archive.writestr(name, data))
        with zipfile.ZipFile(path, "a") as archive:
            archive.comment = b"a comment " * 1000
    else:
        path.write_bytes(b"#!/bin/sh\nexit 0\n")
        with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "a") as new:
            for name in dict.fromkeys(old.namelist()):
                new.writestr(name, old.read(name))
        # A file that does not begin as a zip is not taken for one.
        assert engram.run("tree", path).code == 6
        return
    same_as_directory(path, tmp_path)


@pytest.mark.parametrize("compression, words", [(zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "LZMA")])
def test_refuses_other_compressions_by_name(tmp_path, compression, words):
    path = tmp_path / "x.zip"
    with zarr.ZipStore(str(path), mode="w", compression=compression) as store:
        zarr.create((3,), store=store, dtype="i4")
    told = engram.run("tree", path)
    assert told.code == 6 and words in told.err, told.told()


def test_refuses_damaged_zips(tmp_path):
    path = tmp_path / "x.zip"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zarr.ZipStore(str(path), mode="w") as store:
            fill(store)
    good = path.read_bytes()
    path.write_bytes(good[:-40])
    told = engram.run("tree", path)
    assert told.code == 5 and "no zip archive, or a damaged one" in told.err, told.told()
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        place = archive.getinfo(".zmetadata").header_offset + 30 + len(".zmetadata") + 5
    path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1:])
    told = engram.run("tree", path)
    assert told.code == 5 and "checksum" in told.err and ".zmetadata" in told.err, told.told()


@pytest.mark.parametrize("separator", [".", "/"])
def test_zarr_python_and_zipfile_read_what_engram_wrote(tmp_path, separator):
    data, path, spec = tmp_path / "data", tmp_path / "x.zip", tmp_path / "spec.json"
    data.write_bytes(VALUES.tobytes())
    metadata = {"zarr_format": 2, "shape": [12, 5], "chunks": [5, 2], "dtype": "<i4", "compressor": {"id": "zlib", "level": 1},
                "fill_value": 0, "order": "C", "filters": None, "dimension_separator": separator}
    # In two parts, so that chunks are written twice.
    spec.write_text(json.dumps([{"name": "x", "store": str(path), "path": "a", "zarray": metadata, "attributes": {"é": 1},
                                 "data": str(data), "regions": [[[0, 0], [7, 5]], [[7, 0], [5, 5]]], "consolidate": True,
                                 "write_empty_chunks": True}]))
    done = subprocess.run([TOOL, "write", spec], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and json.loads(done.stdout) == {}, done.stdout + done.stderr
    assert sorted(os.listdir(tmp_path)) == ["data", "spec.json", "x.zip"]
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(set(names))
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    with zarr.ZipStore(str(path), mode="r") as store:
        for root in (zarr.open(store, mode="r"), zarr.open_consolidated(store)):
            np.testing.assert_array_equal(root["a"][:], VALUES)
            assert root["a"].attrs["é"] == 1
    shown = engram.run("cat", path, "/a", "--format", "json")
    assert json.loads(shown.out) == VALUES.tolist(), shown.told()


@pytest.fixture
def web(tmp_path, monkeypatch):
    """Python's own web server over tmp_path: no ranges, no listing that engram would read."""
    monkeypatch.setenv("no_proxy", "*")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_reads_from_a_web_server(tmp_path, web):
    fill(zarr.DirectoryStore(str(tmp_path / "same.zarr")))
    same_as_directory(f"{web}/same.zarr", tmp_path)


def test_says_what_a_web_server_needs(tmp_path, web):
    fill(zarr.DirectoryStore(str(tmp_path / "x.zarr")))
    os.remove(tmp_path / "x.zarr" / ".zmetadata")
    told = engram.run("tree", f"{web}/x.zarr")
    assert told.code == 6 and "engram consolidate" in told.err, told.told()
    told = engram.run("tree", f"{web}/none")
    assert told.code == 6 and "without .zgroup" in told.err, told.told()
    told = engram.run("tree", "s3://bucket/x.zarr")
    assert told.code == 6 and "engram opens paths" in told.err, told.told()


# More entries than the 16 bits of a zip's own count hold.
MANY = 66000


def test_zipfile_reads_many_entries_of_engram(tmp_path):
    data, path, spec = tmp_path / "data", tmp_path / "x.zip", tmp_path / "spec.json"
    values = (np.arange(MANY) % 251).astype("u1")
    data.write_bytes(values.tobytes())
    metadata = {"zarr_format": 2, "shape": [MANY], "chunks": [1], "dtype": "|u1", "compressor": None, "fill_value": 0, "order": "C", "filters": None}
    spec.write_text(json.dumps([{"name": "x", "store": str(path), "path": "a", "zarray": metadata, "attributes": {}, "data": str(data),
                                 "regions": [[[0], [MANY]]], "consolidate": True, "write_empty_chunks": True}]))
    done = subprocess.run([TOOL, "write", spec], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and json.loads(done.stdout) == {}, done.stdout + done.stderr
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        assert len(names) == len(archive.infolist()) and names.issuperset(f"a/{i}" for i in range(MANY))
        assert b"".join(archive.read(f"a/{i}") for i in range(MANY)) == values.tobytes()
    with zarr.ZipStore(str(path), mode="r") as store:
        np.testing.assert_array_equal(zarr.open_consolidated(store)["a"][MANY - 300:], values[MANY - 300:])


def test_reads_many_entries_of_zipfile(tmp_path):
    path = tmp_path / "x.zip"
    values = (np.arange(MANY) % 251).astype("u1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zarr.ZipStore(str(path), mode="w") as store:
            zarr.group(store).create("a", shape=(MANY,), chunks=(1,), dtype="|u1", compressor=None, fill_value=0)
    with zipfile.ZipFile(path, "a") as archive:
        for i, value in enumerate(values.tobytes()):
            archive.writestr(f"a/{i}", bytes([value]))
    shown = engram.run("cat", path, "/a", "--format", "json")
    assert shown.code == 0, shown.told()
    assert json.loads(shown.out) == values.tolist()
    tree = engram.run("tree", path)
    assert tree.code == 0 and str(MANY) in tree.out, tree.told()
