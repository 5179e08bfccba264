"""Names, keys and links that want out: whatever a file says, nothing outside of its own directory is opened, and nothing is written
but below the target. The kernel tells what was opened (inotify), so that it is seen even where nothing came of it."""
import ctypes
import json
import os
import stat
import struct
import zipfile

import h5py
import numpy as np
import pytest
import zarr

import engram

SECRET = "the-secret-7261"


class Watch:
    """What is opened, read, written, made or taken away in a directory and those below it; not what is only looked at (stat)."""
    LIBC = ctypes.CDLL(None, use_errno=True)
    EVENTS = 0x1 | 0x2 | 0x4 | 0x20 | 0x40 | 0x80 | 0x100 | 0x200  # access, modify, attrib, open, moved, create, delete

    def __init__(self, folder):
        self.fd = self.LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self.fd >= 0
        self.names = {}
        for place, _, _ in os.walk(folder):
            number = self.LIBC.inotify_add_watch(self.fd, os.fsencode(place), self.EVENTS)
            assert number >= 0
            self.names[number] = place
        self.seen()

    def seen(self):
        """Events since the last call: (mask, path)."""
        found = []
        while True:
            try:
                data = os.read(self.fd, 1 << 16)
            except BlockingIOError:
                return found
            while data:
                number, mask, _, size = struct.unpack_from("iIII", data)
                name = data[16:16 + size].rstrip(b"\0")
                found.append((hex(mask), os.path.join(self.names.get(number, "?"), os.fsdecode(name))))
                data = data[16 + size:]

    def close(self):
        os.close(self.fd)


@pytest.fixture
def places(tmp_path):
    """home, where the input lies, and outside, which is watched: a store, an HDF5 file, a text, a schema, raw bytes."""
    home, outside = tmp_path / "a" / "home", tmp_path / "a" / "outside"
    home.mkdir(parents=True)
    outside.mkdir()
    group = zarr.open_group(str(outside / "secret.zarr"), mode="w", zarr_format=2) if zarr.__version__ >= "3" else zarr.open_group(
        str(outside / "secret.zarr"), mode="w")
    group.attrs["text"] = SECRET
    group.array("x", np.arange(4, dtype="u1"), chunks=4, compressor=None)
    with h5py.File(outside / "secret.h5", "w") as file:
        file["x"] = np.frombuffer(SECRET.encode(), "u1")
    (outside / "secret.txt").write_text(SECRET)
    (outside / "secret.yaml").write_text(f"groups: [{{data_type_def: {SECRET.replace('-', '_')}}}]")
    (outside / "raw").write_bytes(SECRET.encode() * 10)
    watch = Watch(outside)
    yield home, outside, watch
    watch.close()


def below(folder):
    return sorted(os.path.relpath(os.path.join(place, name), folder) for place, folders, names in os.walk(folder) for name in folders + names)


def tried(source, places, commands=None):
    """Runs all that reads `source`, and converts it; each run ends with an answer or a refusal, and nothing of outside was touched."""
    home, outside, watch = places
    before, root = below(home.parent), home.parent
    target = home / "out.zarr"
    codes = []
    watch.seen()
    for words in commands or [["tree", source, "--attrs"], ["cat", source, "/x"], ["validate", source], ["diff", source, source],
                              ["convert", source, target, "--external", "copy", "--compat", "portable", "--verify"]]:
        run = engram.run(*words)
        codes.append(run.code)
        assert run.code in engram.EXIT_CODES | {1}, run.told()
        assert watch.seen() == [], run.told()
        assert SECRET not in run.out + run.err, run.told()
    stays = [name for name in below(root) if not (name + "/").startswith("home/out.zarr")]
    assert [name for name in before if name not in stays] == [] and [name for name in stays if name not in before] == []
    for place, _, names in os.walk(target):
        for name in names:
            data = open(os.path.join(place, name), "rb").read()
            assert SECRET.encode() not in data and np.frombuffer(SECRET.encode(), "u1").tobytes() not in data, name
    return codes


def test_the_watch_sees(places):
    """It would be seen: a link that is allowed is."""
    home, outside, watch = places
    with h5py.File(home / "in.h5", "w") as file:
        file["x"] = h5py.ExternalLink("../outside/secret.h5", "/x")
    assert engram.run("convert", home / "in.h5", home / "out.zarr", "--allow-external", outside, "--external", "copy").code == 0
    assert any(path.endswith("secret.h5") for _, path in watch.seen())
    assert (home / "out.zarr" / "x" / ".zarray").exists()
    os.symlink(outside / "secret.txt", home / "link")
    open(home / "link").close()
    assert watch.seen() != []


# Names in HDF5. What HDF5 does not let one write itself is written by changing the bytes of the file: the key, of equal length.
NAMES = [b"..", b"...", b"..\\..\\outside\\secret.txt", b"C:\\outside", b"C:x", b"\\\\host\\share", b".zarray", b".zgroup", b".zattrs",
         b".zmetadata", b"zarr.json", b"x" * 300, b"y" * 60_000, b"\xff\xfe", b"a\nb", b"\x01\x7f", b"%2e%2e%2f", b"~", b"$HOME", b"a:b", b"-rf",
         b"nul.txt", b".part", b"\xe2\x80\xae", "e\u0301".encode(), b" ", b"*?"]
PATCHED = [b"../../outside/secret.txt", b"/etc/../outside", b"a/../../../outside/new", b"/", b"//", b"./x", b"a/", b"../outside/secret.zarr/x"]


@pytest.mark.parametrize("kind", ["group", "dataset", "link", "attribute"])
@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name[:20]))
def test_name_in_hdf5(name, kind, places):
    source = places[0] / "in.h5"
    with h5py.File(source, "w", libver="latest" if len(name) > 60 else None) as file:
        group = file.create_group("g")
        if kind == "group":
            h5py.h5g.create(group.id, name)
        elif kind == "dataset":
            h5py.h5d.create(group.id, name, h5py.h5t.NATIVE_INT32, h5py.h5s.create(h5py.h5s.SCALAR))
        elif kind == "link":
            group.id.links.create_soft(name, b"/g")
        else:
            h5py.h5a.create(group.id, name, h5py.h5t.NATIVE_INT32, h5py.h5s.create(h5py.h5s.SCALAR))
    tried(source, places)


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("name", PATCHED, ids=repr)
def test_name_that_is_a_path_in_hdf5(name, libver, places):
    source = places[0] / "in.h5"
    stand_in = b"Q" * len(name) if len(name) > 3 else b"QZJ"[:len(name)]
    with h5py.File(source, "w", libver=libver) as file:
        group = file.create_group("g")
        group.create_group(stand_in.decode())["in"] = np.arange(3)
    data = source.read_bytes()
    assert stand_in in data
    source.write_bytes(data.replace(stand_in, name))
    tried(source, places)


def external(target, path="/x"):
    def make(file, home, outside):
        file["x"] = h5py.ExternalLink(str(target).format(outside=outside), path)
    return make


def virtual(source):
    def make(file, home, outside):
        layout = h5py.VirtualLayout((15,), "u1")
        layout[:] = h5py.VirtualSource(source.format(outside=outside), "x", (15,))
        file.create_virtual_dataset("x", layout, fillvalue=7)
    return make


def raw(name):
    def make(file, home, outside):
        file.create_dataset("x", (15,), "u1", external=[(name.format(outside=outside), 0, 15)])
    return make


def linked(make, name="way", to="outside"):
    """With a symbolic link to `outside` in the input's own directory."""
    def both(file, home, outside):
        os.symlink(outside if to == "outside" else outside / to, home / name)
        make(file, home, outside)
    return both


HDF5_LINKS = {
    "external up": external("../outside/secret.h5"),
    "external absolute": external("{outside}/secret.h5"),
    "external round": external("sub/../../outside/secret.h5"),
    "external by a symbolic link": linked(external("way/secret.h5")),
    "external that is a symbolic link": linked(external("way.h5"), "way.h5", "secret.h5"),
    "external of a text": external("../outside/secret.txt"),
    "external of a store": external("../outside/secret.zarr"),
    "external by a URL": external("file://{outside}/secret.h5"),
    "external by http": external("http://127.0.0.1:1/secret.h5"),
    "external of 60,000 bytes": external("../" * 20_000 + "secret.h5"),
    "external with a backslash": external("..\\outside\\secret.h5"),
    "virtual up": virtual("../outside/secret.h5"),
    "virtual absolute": virtual("{outside}/secret.h5"),
    "virtual by a symbolic link": linked(virtual("way/secret.h5")),
    "raw up": raw("../outside/raw"),
    "raw absolute": raw("{outside}/raw"),
    "raw by a symbolic link": linked(raw("way/raw")),
    "raw that is a symbolic link": linked(raw("way"), "way", "raw"),
    "raw of /proc": raw("/proc/self/cwd/../outside/raw"),
}


@pytest.mark.parametrize("case", HDF5_LINKS)
def test_link_in_hdf5(case, places):
    home, outside, watch = places
    with h5py.File(home / "in.h5", "w") as file:
        HDF5_LINKS[case](file, home, outside)
    watch.seen()
    tried(home / "in.h5", places)


@pytest.mark.parametrize("variable", ["HDF5_EXT_PREFIX", "HDF5_VDS_PREFIX", "HDF5_EXTFILE_PREFIX"])
def test_link_by_a_prefix_in_the_environment(variable, places, monkeypatch):
    """The user set it, but not for a file that somebody else made."""
    home, outside, watch = places
    make = {"HDF5_EXT_PREFIX": external("secret.h5"), "HDF5_VDS_PREFIX": virtual("secret.h5"), "HDF5_EXTFILE_PREFIX": raw("raw")}[variable]
    with h5py.File(home / "in.h5", "w") as file:
        make(file, home, outside)
    monkeypatch.setenv(variable, str(outside))
    watch.seen()
    tried(home / "in.h5", places)


GROUP, NO_CODEC = {"zarr_format": 2}, {"compressor": None, "filters": None, "order": "C", "zarr_format": 2}
ARRAY = {"shape": [4], "chunks": [4], "dtype": "|u1", "fill_value": 9, **NO_CODEC}


def write(path, document):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))


def store_of(home, documents):
    source = home / "in.zarr"
    for name, document in {".zgroup": GROUP, **documents}.items():
        write(source / name, document)
    return source


SOURCES = ["../outside/secret.zarr", "{outside}/secret.zarr", "../home/../outside/secret.zarr", "file://{outside}/secret.zarr",
           "..\\outside\\secret.zarr", "..%2foutside%2fsecret.zarr", "way/secret.zarr", "http://127.0.0.1:1/secret.zarr", "//{outside}/secret.zarr",
           "../outside/secret.h5", "x\0../outside/secret.zarr", "../" * 2000 + "etc", "C:\\secret.zarr", "in.zarr/../../outside/secret.zarr"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda text: repr(text[:30]))
@pytest.mark.parametrize("kind", ["link", "reference", "region"])
def test_link_in_zarr(kind, source, places):
    home, outside, watch = places
    os.symlink(outside, home / "way")
    source = source.format(outside=outside)
    attributes = {"link": {"zarr_link": [{"name": "x", "source": source, "path": "/x", "object_id": None, "source_object_id": None}]},
                  "reference": {"to": {"zarr_dtype": "object", "value": {"source": source, "path": "/x"}}},
                  "region": {"to": {"_REGION": {"source": source, "path": "/x", "regions": [{"origin": [0], "shape": [2]}]}}}}[kind]
    tried(store_of(home, {".zattrs": attributes, "g/.zgroup": GROUP}), places)


PATHS = ["/../outside/secret.zarr/x", "../../outside/secret.zarr/x", "/g/../../../outside", "\\..\\outside", "/x\0y", "/" + "n" * 5000, "//", "/.zattrs",
         "/C:/x"]


@pytest.mark.parametrize("path", PATHS, ids=lambda text: repr(text[:30]))
def test_path_of_a_link_in_zarr(path, places):
    link = {"name": "x", "source": ".", "path": path}
    tried(store_of(places[0], {".zattrs": {"zarr_link": [link, {**link, "name": path}], "to": {"zarr_dtype": "object", "value": link}}}), places)


KEYS = ["../../outside/secret.zarr/x", "/outside", "{outside}/secret.zarr/x", "a/../../outside/secret.zarr/x", "a\\..\\..\\outside", "C:/x", "a//b", "./a", "a/.",
        "a\0b", "n" * 300, "way/secret.zarr/x", ".zarray", "", "/"]


@pytest.mark.parametrize("key", KEYS, ids=lambda text: repr(text[:30]))
def test_key_in_consolidated_metadata(key, places):
    home, outside, watch = places
    key = key.format(outside=outside)
    source = store_of(home, {"x/.zarray": ARRAY})
    os.symlink(outside, source / "way")
    write(source / ".zmetadata", {"zarr_consolidated_format": 1, "metadata": {
        ".zgroup": GROUP, f"{key}/.zarray": ARRAY, f"{key}/.zattrs": {}, "x/.zarray": ARRAY}})
    tried(source, places, [["tree", source, "--attrs"], ["cat", source, "/" + key.replace("\0", "")], ["validate", source],
                           ["convert", source, home / "out.zarr"], ["tree", source, "--consolidated"]])


@pytest.mark.parametrize("name, to", [
    (".zattrs", "secret.zarr/.zattrs"), (".zmetadata", "secret.txt"), ("x/.zarray", "secret.zarr/x/.zarray"), ("x/0", "secret.zarr/x/0"),
    ("g", "secret.zarr"), ("g/x", "secret.zarr/x"), ("g/.zgroup", "secret.zarr/.zgroup"), ("g/deep", ".")])
@pytest.mark.parametrize("how", ["absolute", "relative", "by another"])
def test_symbolic_link_in_a_store(how, name, to, places):
    home, outside, watch = places
    source = store_of(home, {"x/.zarray": ARRAY, "x/0": "\1\2\3\4", "g/.zgroup": GROUP})
    link = source / name
    if link.is_dir():
        for child in link.iterdir():
            child.unlink()
        link.rmdir()
    elif link.exists():
        link.unlink()
    end = outside / to if how == "absolute" else os.path.relpath(outside / to, link.parent)
    if how == "by another":
        os.symlink(outside / to, source / "between")
        end = os.path.relpath(source / "between", link.parent)
    os.symlink(end, link)
    watch.seen()
    tried(source, places)


ENTRIES = ["../../outside/new", "../outside/secret.zarr/x/.zarray", "/outside/new", "{outside}/new", "a/../../../outside/new", "..\\..\\outside\\new", "C:\\new",
           "C:/new", "a//b", "./a", "a/./b", "n" * 300, "n/" * 2000, "\xff"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda text: repr(text[:30]))
def test_entry_of_a_zip(entry, places):
    home, outside, watch = places
    source = home / "in.zarr.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr(".zgroup", json.dumps(GROUP))
        archive.writestr("x/.zarray", json.dumps(ARRAY))
        archive.writestr(entry.format(outside=outside), json.dumps(ARRAY))
        archive.writestr(f"{entry}/.zarray".format(outside=outside), json.dumps(ARRAY))
    tried(source, places)


@pytest.mark.parametrize("name", ["x/0", "x/.zarray", ".zattrs", "g"])
def test_entry_that_is_a_symbolic_link(name, places):
    home, outside, watch = places
    source = home / "in.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr(".zgroup", json.dumps(GROUP))
        if name != "x/.zarray":
            archive.writestr("x/.zarray", json.dumps(ARRAY))
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, str(outside / "secret.txt"))
    tried(source, places)


@pytest.mark.parametrize("document", [{"dimension_separator": "/../"}, {"dimension_separator": "\\"}, {"dtype": "../../outside/raw"},
                                      {"filters": [{"id": "../../outside/secret.h5"}]}, {"compressor": {"id": "{outside}/raw"}}], ids=str)
def test_names_in_zarray(document, places):
    home, outside, watch = places
    tried(store_of(home, {"x/.zarray": {**ARRAY, **document}}), places)


@pytest.mark.parametrize("source", ["../outside/secret.yaml", "{outside}/secret.yaml", "../outside/secret", "way/secret.yaml", "secret.yaml\0",
                                    "..\\outside\\secret.yaml", "file://{outside}/secret.yaml", "way.yaml"])
def test_source_of_a_schema(source, places):
    home, outside, watch = places
    os.symlink(outside, home / "way")
    os.symlink(outside / "secret.yaml", home / "way.yaml")
    name = json.dumps(source.format(outside=outside))
    write(home / "n.namespace.yaml", f"namespaces: [{{name: n, version: 1.0.0, schema: [{{source: {name}}}]}}]")
    write(home / "in.zarr" / ".zgroup", GROUP)
    tried(home, places, [["specs", home], ["specs", home / "n.namespace.yaml"], ["validate", home / "in.zarr", "--namespaces", home]])


@pytest.mark.parametrize("place", ["/../outside", "../../outside", "{outside}", "way"])
def test_place_of_cached_schemas(place, places):
    home, outside, watch = places
    place = place.format(outside=outside)
    source = store_of(home, {".zattrs": {".specloc": {"zarr_dtype": "object", "value": {"source": place, "path": place}}}})
    os.symlink(outside, source / "way")
    with h5py.File(home / "in.h5", "w") as file:
        file.attrs[".specloc"] = place
        file["specifications"] = h5py.ExternalLink("../outside/secret.h5", "/")
    for each in (source, home / "in.h5"):
        tried(each, places, [["specs", each], ["validate", each], ["tree", each, "--attrs"]])
