"""The interop matrix of Zarr v3: every cell of zarr3_cells.py, written by each peer and read by engram, and the other way
round. docs/interop-v3.md says what comes of it: one table of the Python peers, which test_zarr3_matrix.py checks, one of
libraries of other languages, which `scripts/test --interop-all` checks.

What a peer refuses or gets wrong of engram's store is held against it when the same comes of zarr-python's store of the same
cell, and is a failure of engram when it does not; so is what zarr-python reads right of a peer's store, and engram does not.
"""
import concurrent.futures
import io
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import engram
import matrix
import matrix_languages as languages
import zarr3_cells as cells
from matrix import EQUAL, Result

HERE = Path(__file__).resolve().parent
PAGE = matrix.PAGE.with_name("interop-v3.md")
PYTHON_PEERS = ("zarr-python 3", "TensorStore", "zarrs")
LANGUAGE_PEERS = {"zarrita": languages.node, "zarr-java": languages.java}

HEAD = """# Which data of Zarr v3 engram and others exchange

This page is written by `scripts/test --interop-all --write`; `scripts/test --interop` fails when the first table is not what
it finds, `scripts/test --interop-all` when the second is not. Every row is an array of Zarr version 3; every column is another
implementation. The first sign of a field is what engram reads of what the other wrote, the second what the other reads of what
engram wrote:

- **=** all values are equal, bit for bit
- **≠** other values; but the other gets what zarr-python wrote of this row wrong too, or zarr-python what the other wrote
- **r1** the other refuses, in the words below under that number
- **·** the other was not asked

"""
SECTIONS = {"python": "Libraries for Python\n\nzarr-python 3.1.5, TensorStore 0.1.84, zarrs 0.2.3 (its Rust codecs under zarr-python).",
            "languages": "Libraries of other languages\n\nzarrita 0.7.5 (JavaScript), zarr-java 0.0.9."}


def python_peer(name):
    return [os.environ["ENGRAM_PYTHON_ZARR3"], HERE / "zarr3_peers.py", name]


def specs(stores, out, data):
    return [{"name": one["name"], "store": str(stores / f"{one['name']}.zarr"), "path": "a", "zarray": one["metadata"], "regions": [[[0, 0], one["metadata"]["shape"]]],
             "data": str(data / f"{one['name']}.{'list' if one['dtype'] == 'string' else 'bin'}"), "out": str(out / one["name"]),
             "attributes": {}, "consolidate": False, "write_empty_chunks": True} for one in cells.all_cells()]


def same(base, wanted):
    """What is wrong with the values kept as `base`, or None; `wanted` is the name of those that they should be."""
    for ending in (".bin", ".json"):
        if wanted.with_suffix(ending).is_file():
            if not base.with_suffix(ending).is_file():
                return "values of another kind"
            found, right = base.with_suffix(ending).read_bytes(), wanted.with_suffix(ending).read_bytes()
            if ending == ".json":
                found, right = json.loads(found), json.loads(right)
            return None if found == right else "other values"
    raise AssertionError(wanted)


def engram_reads(spec, base):
    kind = "json" if spec["zarray"]["data_type"] == "string" else "npy"
    process = subprocess.run([engram.COMMAND, "cat", Path(spec["store"]) / spec["path"], "/", "--format", kind], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if process.returncode != 0:
        return process.stderr.decode(errors="replace").strip()
    if kind == "json":
        values = np.array(json.loads(process.stdout), object)
    else:
        values = np.load(io.BytesIO(process.stdout), allow_pickle=False)
    cells.kept(base, values)
    return None


def shortened(words):
    words = re.sub(r"(/[^/:\"' ]*)*/v\d{3}\.zarr[^\s:\"')\]]*", "…", words)
    words = re.sub(r"\bv\d{3}\b", "…", words)
    return matrix.shortened(words)


class Run:
    def __init__(self, work):
        self.work, self.data = work, work / "data"
        self.data.mkdir()
        for one in cells.all_cells():
            values = cells.values_of(one)
            cells.kept(self.data / one["name"], values)
            if one["dtype"] == "string":
                (self.data / f"{one['name']}.list").write_text(json.dumps(values.ravel().tolist()), encoding="utf-8")
        self.written = {}
        written = self.specs("engram", "")
        spec = work / "engram.json"
        spec.write_text(json.dumps(written), encoding="utf-8")
        done = subprocess.run([matrix.TOOL, "write", spec], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{matrix.TOOL} write: {done.stderr[-2000:]}")
        self.refused = json.loads(done.stdout)
        self.asked("zarr-python 3", python_peer("zarr-python 3"), "write", "zarr-python 3")

    def specs(self, stores, out):
        folder, place = self.work / stores, self.work / f"{out} reads {stores}"
        folder.mkdir(exist_ok=True)
        place.mkdir(exist_ok=True)
        return specs(folder, place, self.data)

    def asked(self, peer, program, what, stores):
        """{name: words or None}: what is wrong with what the peer makes, or reads, of the cells; also the specs."""
        asked = self.specs(stores, peer)
        if what == "read":
            asked = [one for one in asked if Path(one["store"]).is_dir()]
        elif peer in self.written:
            return self.written[peer]
        outcomes = languages.ask_all(program, what, asked, self.work / f"{peer} {what} {stores}")
        found = {}
        for one in asked:
            words = outcomes[one["name"]]
            if words == "done":
                words = same(Path(one["out"]), Path(one["data"])) if what == "read" else None
            found[one["name"]] = words
        if what == "write":
            self.written[peer] = found
        return found

    def to_peer(self, peer, program):
        found = self.asked(peer, program, "read", "engram")
        control = self.asked(peer, program, "read", "zarr-python 3")

        def result(name):
            if name in self.refused:
                return Result("fails", "engram can't write it: " + self.refused[name])
            words = found[name]
            if words is None:
                return Result(EQUAL)
            if words == matrix.NOT_ASKED:
                return Result(words)
            if control.get(name, "") is None:
                return Result("fails", words)
            return Result("misreads" if words.startswith(("other values", "values of")) else "refuses", words)
        return {one["name"]: result(one["name"]) for one in cells.all_cells()}

    def from_peer(self, peer, program):
        written = self.asked(peer, program, "write", peer)
        control = self.asked("zarr-python 3", python_peer("zarr-python 3"), "read", peer)

        def result(spec):
            words = written[spec["name"]]
            if words == matrix.NOT_ASKED:
                return Result(words)
            if words is not None:
                return Result("refuses", words)
            wrong = engram_reads(spec, Path(spec["out"])) or same(Path(spec["out"]), Path(spec["data"]))
            if wrong is None:
                return Result(EQUAL)
            return Result("fails" if control.get(spec["name"], "") is None else "misreads", wrong)
        with concurrent.futures.ThreadPoolExecutor(matrix.AT_A_TIME) as pool:
            asked = self.specs(peer, "engram")
            return dict(zip((one["name"] for one in asked), pool.map(result, asked)))


def run(peers):
    """{(peer, "from" or "to"): {name: Result}} of {peer: program}."""
    with tempfile.TemporaryDirectory() as folder:
        one = Run(Path(folder))
        return {key: result for peer, program in peers.items()
                for key, result in (((peer, "from"), one.from_peer(peer, program)), ((peer, "to"), one.to_peer(peer, program)))}


def failures(results):
    labels = {one["name"]: f"{one['section']}: {one['label']}" for one in cells.all_cells()}
    return [f"{labels[name]} {direction} {peer}: {result.words}" for (peer, direction), found in results.items()
            for name, result in found.items() if result.verdict == "fails"]


def section(title, results):
    """A part of the page."""
    numbers = {}

    def sign(result):
        if result.verdict == EQUAL:
            return "="
        if result.verdict == matrix.NOT_ASKED:
            return "·"
        if result.verdict in ("fails", "misreads"):
            return "**fails**" if result.verdict == "fails" else "≠"
        return f"r{numbers.setdefault(shortened(result.words), len(numbers) + 1)}"

    peers = list(dict.fromkeys(peer for peer, _ in results))
    head = f"| {' | '.join(['', *peers])} |\n|---|{'---|' * len(peers)}\n"
    text = f"## {title}\n\n{head}"
    for direction, words in (("from", "engram reads what it wrote"), ("to", "it reads what engram wrote")):
        text += f"| {words} | {' | '.join(matrix.counted(results[peer, direction]) for peer in peers)} |\n"
    before = None
    for one in cells.all_cells():
        if one["section"] != before:
            before = one["section"]
            text += f"\n### {before}\n\n{head}"
        signs = [f"{sign(results[peer, 'from'][one['name']])} {sign(results[peer, 'to'][one['name']])}" for peer in peers]
        text += f"| {one['label']} | {' | '.join(signs)} |\n"
    if numbers:
        text += "\n" + "".join(f"- **r{number}** {words}\n" for words, number in numbers.items())
    return text + "\n"


def python_section():
    """The results of the Python peers, and their part of the page."""
    results = run({peer: python_peer(peer) for peer in PYTHON_PEERS})
    return results, section(SECTIONS["python"], results)


def language_section():
    """The same of other languages; the third: the peers that are missing here."""
    programs, missing = {}, []
    for peer, make in LANGUAGE_PEERS.items():
        try:
            programs[peer] = [*make(), peer]
        except languages.NoToolchain as words:
            missing.append(peer)
            print(f"{peer} was not run: {words}")
    results = run(programs)
    return results, section(SECTIONS["languages"], results) if programs else "", missing


def main(write):
    """Runs all of it; 1 when engram fails, or the page is not what is found."""
    results, first = python_section()
    more, second, missing = language_section()
    found = failures(results | more)
    for failure in found:
        print("FAILS", failure)
    for (peer, direction), cell in (results | more).items():
        print(f"v3 {direction} {peer}:", matrix.counted(cell))
    text = (HEAD + first + second).rstrip("\n") + "\n"
    if missing and write:
        print(f"{PAGE.name} was not written without {', '.join(missing)}")
        return 1
    if write:
        PAGE.write_text(text, encoding="utf-8")
    elif not missing and PAGE.read_text(encoding="utf-8") != text:
        print(f"{PAGE.name} is not what was found: scripts/test --interop-all --write")
        return 1
    return 1 if found else 0
