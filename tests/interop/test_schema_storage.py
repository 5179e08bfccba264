"""Schema-addressed storage: engram makes the paths that DataJoint makes, reads them, opens what the codec <zarr@> wrote, and writes
what that codec opens; with a real database where there is a MariaDB server."""
import json
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

import engram
from conftest import HERE, MARIADBD, PYTHON_DATAJOINT

pytestmark = pytest.mark.datajoint

TOOL = os.environ.get("ENGRAM_SCHEMA_TOOL", "")

# Values of a primary key, as DataJoint is given them, and how engram is given the same; None: as they are.
VALUES = {
    "integer": (42, None), "negative": (-7, None), "large": (2**64 - 1, None), "int64": ({"int64": 5}, 5),
    "true": (True, None), "false": (False, None), "bool_": ({"bool_": True}, True),
    "float": (0.1, None), "whole_float": (3.0, None), "small": (1e-5, None), "huge": (1e22, None), "sixteen": (1e16, None),
    "minus_zero": (-0.0, None), "long_float": (123456789.123, None), "float32": ({"float32": 0.1}, "0.1"),
    "word": ("M12", None), "empty": ("", None), "blank": ("a b", None), "above": ("..", None), "sign": ("a=b", None),
    "slash": ("a/b", None), "escape": ("a%2Fb", None), "both": ("50%/x", None), "backslash": ("C:\\x", None),
    "all_unsafe": ('/\\:*?"<>|', None), "others": ("~-._+&;#'()[]{},!@$^`", None), "and_unsafe": ("~-._+&;#'()[]{},!@$^`:", None),
    "line": ("a\nb\t", None), "umlaut": ("ünï", None), "umlaut_unsafe": ("ü:ï", None), "brain": ("🧠/", None),
    "hundred": ("x" * 100, None), "longer": ("x" * 101, None), "longer_unsafe": ("a/" * 60, None), "umlauts": ("ü" * 20 + "x" * 81, None),
    "text_of_time": ("2024-01-15 10:30:00", None),
    "date": ({"date": "2024-01-15"}, "2024-01-15"),
    "datetime": ({"datetime": "2024-01-15T10:30:05.123456"}, {"datetime": "2024-01-15T10:30:05.123456"}),
    "zone": ({"datetime": "2024-01-15T10:30:05+01:00"}, {"datetime": "2024-01-15T10:30:05+01:00"}),
    "time": ({"time": "12:30:00"}, {"spelled": "12:30:00"}),
    "timedelta": ({"timedelta": 3723}, "1:02:03"), "days": ({"timedelta": 176400}, "2 days, 1:00:00"),
    "uuid": ({"uuid": "12345678-1234-5678-1234-567812345678"}, "12345678-1234-5678-1234-567812345678"),
    "decimal": ({"decimal": "1.50"}, "1.50"), "bytes": ({"bytes": "6100"}, "b'a\\x00'"),
}

# Configurations of a storage, and what they are for engram.
LAYOUTS = {
    "default": ({}, {}),
    "before_2_3_1": ({"schema_prefix": ""}, {"prefix": ""}),
    "deep_prefix": ({"schema_prefix": "/x/y/"}, {"prefix": "/x/y/"}),
    "short_tokens": ({"token_length": 1}, {"token_length": 1}),
    "long_tokens": ({"token_length": 40}, {"token_length": 40}),
    "partition": ({"partition_pattern": "{second}/{absent}"}, {"pattern": "{second}/{absent}"}),
}


def answers(command, asked, timeout=120):
    done = subprocess.run([*map(str, command)], input=json.dumps(asked), capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def by_datajoint(verb, folder, asked, *more):
    return answers([PYTHON_DATAJOINT, HERE / "datajoint_peer.py", verb, folder, *more], asked)


def by_engram(verb, asked, *more):
    return answers([TOOL, verb, *more], asked)


def hold_together(keys, layout, folder):
    """`keys`: pairs of the same key for DataJoint and for engram. The paths are the same, and are read as they were meant."""
    spec, options = LAYOUTS[layout]
    common = {"schema": "lab", "table": "_recording", "field": "movie_1"}
    theirs = by_datajoint("paths", folder, [{**common, "key": key, "spec": spec} for key, _ in keys])
    made = by_engram("paths", [{**common, **options, "key": key, "token": token} for (_, key), (_, token) in zip(keys, theirs)])
    read = by_engram("parse", [{**options, "path": path} for path, _ in theirs])
    for (_, key), (path, token), ours, parts in zip(keys, theirs, made, read):
        assert ours == path, (key, ours)
        assert parts.get("again") == path, parts
        assert [parts[name] for name in ("schema", "table", "field", "token", "extension")] == [
            "lab", "_recording", "movie_1", token, ".zarr"]
        found = dict(parts["key"])
        assert sorted(found) == sorted(name for name, _ in key)
        for name, value in key:
            check_value(value, found[name])


def check_value(value, found):
    if isinstance(value, str) and len(value) > 100:
        assert found["spelling"] == "cut" and found["text"].startswith(value[:50]), (value, found)
    elif isinstance(value, str) and value != "a%2Fb":
        assert found["spelling"] in ("plain", "escaped") and found["text"] == value, (value, found)
    elif value == {"spelled": "12:30:00"}:
        assert found == {"text": "12:30:00", "spelling": "foreign"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_paths_are_datajoints(layout, tmp_path):
    keys = [([], [])]
    for given, same in VALUES.values():
        ours = given if same is None else same
        keys.append(([["first", given], ["second", 2]], [["first", ours], ["second", 2]]))
        keys.append(([["first", 1], ["second", given]], [["first", 1], ["second", ours]]))
    hold_together(keys, layout, tmp_path)


def test_paths_of_random_texts(tmp_path):
    rng = random.Random(9)
    letters = "abzAZ09 -_.~%/\\:*?\"<>|=+&'2F\n\tüñ中🧠"
    texts = {"".join(rng.choices(letters, k=rng.choice([1, 3, 8, 20, 49, 60]))) for _ in range(600)}
    texts |= {"".join(rng.choices("abc/%~ ", k=rng.choice([99, 100, 101, 150]))) for _ in range(100)}
    # What engram can't take back: texts that look escaped or cut, which DataJoint gives the place of another one.
    plain = [text for text in sorted(texts) if not looks_escaped(text)]
    fitting = [text for text in plain if len(quoted_most(text)) < 240]
    assert len(fitting) > 400
    hold_together([([["first", text]], [["first", text]]) for text in fitting], "default", tmp_path)


def looks_escaped(text):
    from urllib.parse import unquote
    return not any(c in '/\\:*?"<>|' for c in text) and unquote(text) != text


def quoted_most(text):
    from urllib.parse import quote
    return quote(text[:50] if len(text) > 100 else text, safe="")


def test_what_engram_refuses(tmp_path):
    """DataJoint makes a path of these, at which a file system keeps nothing, or that only looks like one."""
    keys = {"a\0b": "NUL", "🧠" * 100: "more than 255 bytes", "🧠" * 60 + "/": "more than 255 bytes"}
    common = {"schema": "lab", "table": "t", "field": "movie"}
    asked = [{**common, "key": [["a", text]]} for text in keys]
    for (path, token), ours, why in zip(by_datajoint("paths", tmp_path, asked), by_engram("paths", asked), keys.values()):
        assert path.endswith(f"movie_{token}.zarr")
        assert why in ours["error"]
        assert why in by_engram("parse", [{"path": path}])[0]["error"]


KEY = [["subject", "M/12"], ["at", {"datetime": "2024-01-15T10:30:05"}], ["session", 3]]
ARRAYS = [{"dtype": dtype, "shape": shape, "zarr_format": zarr_format}
          for zarr_format in (2, 3) for dtype in ("float64", "int16", "uint8", "bool", "complex64", ">i4") for shape in ([2, 3], [5])]
ARRAYS += [{"dtype": dtype, "shape": [3], "zarr_format": 2}
           for dtype in ("<U4", "S5", "datetime64[ns]", "timedelta64[us]", [["a", "<i2"], ["it's", ">f8"], ["t", "S3"], ["b", "?"]])]
ARRAYS.append({"dtype": "float32", "shape": [], "zarr_format": 3})


def test_engram_lists_and_reads_what_the_codec_wrote(tmp_path):
    asked = [{**array, "key": [*KEY[:2], ["session", number]]} for number, array in enumerate(ARRAYS)]
    records = by_datajoint("encode", tmp_path, asked)
    run = engram.run("schema", "list", tmp_path, "--json", "--store", "main")
    assert run.code == 0, run.told()
    found = {entry["path"]: entry for entry in json.loads(run.out)}
    assert sorted(found) == sorted(record["path"] for record in records)
    for record, array in zip(records, asked):
        entry = found[record["path"]]
        # Zarr v3 keeps the numbers, not their byte order.
        dtype = "int32" if array["dtype"] == ">i4" and array["zarr_format"] == 3 else record["dtype"]
        assert entry["record"] == {**record, "dtype": dtype}
        assert [entry[name] for name in ("schema", "table", "field", "kind")] == ["lab", "_recording", "movie", "array"]
        assert [part["value"] for part in entry["key"]] == ["M/12", "2024-01-15T10-30-05", str(array["key"][2][1])]
    floats = [record for record in records if record["dtype"] == "float64"]
    for record, read in zip(floats, by_engram("read", floats, tmp_path)):
        count = 6 if record["shape"] == [2, 3] else 5
        assert read == {"values": [float(number) for number in range(count)], "difference": ""}
    lied = {**floats[0], "dtype": "float32"}
    assert "float32" in by_engram("read", [lied], tmp_path)[0]["difference"]
    assert engram.run("schema", "list", tmp_path, "--table", "other", "--json").out == "[]\n"


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_the_codec_reads_what_engram_wrote(zarr_format, tmp_path):
    asked = [{"schema": "lab", "table": "_recording", "field": "movie", "key": [*KEY[:2], ["session", number]], "store": "main",
              "zarr_format": zarr_format, "shape": [2, 3], "values": [number + 0.5] * 6} for number in range(3)]
    records = by_engram("write", asked, tmp_path)
    for spec, record, read in zip(asked, records, by_datajoint("decode", tmp_path, records)):
        assert record["store"] == "main" and record["shape"] == [2, 3] and record["dtype"] == "float64"
        assert read == {"values": spec["values"], "shape": [2, 3], "dtype": "float64"}
    # To DataJoint's garbage collector what lies above an array would be lost files.
    above = [path for path in tmp_path.rglob("*") if path.is_file() and ".zarr/" not in path.as_posix()]
    assert above == []


class Server:
    """A MariaDB server of its own, that nobody else sees: in a directory that goes with it, on a port of this machine alone."""

    def __init__(self):
        # Not pytest's directory, whose path may be too long for a socket.
        self.folder = Path(tempfile.mkdtemp(prefix="engram-mariadb-"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        who = ["--user=root"] if os.geteuid() == 0 else []
        data = f"--datadir={self.folder / 'data'}"
        installer = shutil.which("mariadb-install-db") or shutil.which("mysql_install_db")
        subprocess.run([installer, "--no-defaults", *who, data, "--auth-root-authentication-method=normal", "--skip-test-db"],
                       check=True, capture_output=True, timeout=120)
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(
            [MARIADBD, "--no-defaults", *who, data, f"--port={self.port}", "--bind-address=127.0.0.1",
             f"--socket={self.folder / 'socket'}", f"--pid-file={self.folder / 'pid'}", "--innodb-buffer-pool-size=16M"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def wait(self):
        for _ in range(600):
            if b"ready for connections" in (self.folder / "log").read_bytes():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text(errors="replace")[-4000:])

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def database():
    server = Server()
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.mark.mariadb
def test_with_a_database(database, tmp_path):
    def key(session):
        return [*KEY[:2], ["session", session]]

    def steps(*asked):
        return by_datajoint("server", tmp_path, list(asked), database.port)

    # Inserted from Python, read by engram: by the row's record, and by the list.
    *_, (record,) = steps({"insert": key(1), "values": [[1.0, 2.0], [3.0, 4.0]]}, {"records": True})
    assert by_engram("read", [record], tmp_path) == [{"values": [1.0, 2.0, 3.0, 4.0], "difference": ""}]
    listed = json.loads(engram.run("schema", "list", tmp_path, "--schema", "engram_lab", "--store", "main", "--json").out)
    assert [entry["record"] for entry in listed] == [record]
    assert [(part["name"], part["value"]) for part in listed[0]["key"]] == [
        ("subject", "M/12"), ("at", "2024-01-15T10-30-05"), ("session", "1")]

    # Written by engram, its record inserted, fetched from Python.
    address = {"schema": "engram_lab", "table": "recording", "field": "movie", "store": "main", "shape": [3], "values": [7.0, 8.0, 9.0]}
    written = by_engram("write", [{**address, "key": key(session), "zarr_format": zarr_format}
                                  for session, zarr_format in ((2, 2), (3, 3), (4, 3))], tmp_path)
    fetched = steps(*({"insert_record": key(session), "record": written[session - 2]} for session in (2, 3)),
                    {"fetch": key(1)}, {"fetch": key(2)}, {"fetch": key(3)}, {"records": True}, {"orphans": True})[2:]
    assert fetched[0] == {"values": [1.0, 2.0, 3.0, 4.0], "shape": [2, 2], "dtype": "float64"}
    assert fetched[1] == fetched[2] == {"values": [7.0, 8.0, 9.0], "shape": [3], "dtype": "float64"}
    assert fetched[3] == [record, *written[:2]]
    # DataJoint's garbage collector takes what no row has a record of, and nothing else.
    assert fetched[4] and all(path.startswith(written[2]["path"] + "/") for path in fetched[4])
