"""The interop matrix with libraries of other languages: `scripts/test --interop-all`.

    matrix_languages.py            runs it and says what fails, and which peers have no toolchain here
    matrix_languages.py --write    and writes docs/interop-languages.md, when every toolchain is here

A peer is a program in peers/ that is started as `PROGRAM PEER read|write SPEC.json`. SPEC.json is a list of

    {"name", "store", "path", "zarray", "data", "out", "regions", "consolidated", "write_empty"}

`write` makes the array from the file `data` (little-endian, C order); `read` puts what it reads into `out`.bin, the same
way, or into `out`.json as [shape, [text, ...]]. It prints {name: "done", "not asked" or what the library said}.

These libraries know less of Zarr v2 than the Python ones, and some read on where they should refuse (a filter that they
leave out). So what a peer gets wrong is held against the peer when zarr-python's own store comes out as wrong there.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import matrix
import matrix_cells as cells
from matrix import EQUAL, NOT_ASKED, Result

HERE = Path(__file__).resolve().parent
PAGE = matrix.PAGE.with_name("interop-languages.md")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "engram"

HEAD = """# Which data engram and libraries of other languages exchange

This page is written by `scripts/test --interop-all`, which needs Node.js. It reads as
[interop.md](interop.md) does: the first sign of a field is what engram reads of what the other wrote, the second what the
other reads of what engram wrote. One sign more:

- **≠** the other's values are not those that were written, and not with zarr-python either

"""


class NoToolchain(Exception):
    """The words say what is missing."""


def built(name, sources, command):
    """The folder of the peer's sources, with what `command` makes of them; made once for each version of the sources."""
    files = [HERE / "peers" / name / source for source in sources]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    folder = CACHE / f"peer-{name}-{digest}"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for file in files:
            shutil.copy(file, folder)
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NoToolchain(f"{' '.join(command)} failed: {(done.stderr or done.stdout)[-300:]}")
        (folder / "complete").touch()
    return folder


def node():
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise NoToolchain(f"there is no {tool}")
    folder = built("node", ["package.json", "peer.mjs"], ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"])
    return ["node", folder / "peer.mjs"]


PEERS = {"zarrita": node, "zarr.js": node}


def ask(peer, program, what, stores, work):
    """The outcomes, by name, of all cells whose store is there (to read), or of all (to write)."""
    out, data = work / f"out {peer}", work / "data"
    out.mkdir(exist_ok=True)
    specs = []
    for one in cells.all_cells():
        store = stores / f"{one['name']}.zarr"
        if what == "write" and cells.is_object(one) or what == "read" and not store.is_dir():
            continue
        specs.append({"name": one["name"], "store": str(store), "path": "a", "zarray": cells.zarray(one), "data": str(data / one["name"]),
                      "out": str(out / one["name"]), "regions": one["regions"], "consolidated": one["consolidated"],
                      "write_empty": one["write_empty"]})
        for ending in (".bin", ".json"):
            (out / (one["name"] + ending)).unlink(missing_ok=True)
    spec = work / f"{peer} {what}.json"
    spec.write_text(json.dumps(specs), encoding="utf-8")
    done = subprocess.run([*program, peer, what, spec], capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{peer} {what}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def misread(peer, work, one):
    """What is wrong with what a peer has read, or None."""
    base, wanted = work / f"out {peer}" / one["name"], cells.expected(one)
    if base.with_suffix(".bin").is_file() and not cells.is_object(one):
        return None if base.with_suffix(".bin").read_bytes() == cells.raw(wanted) else "other bytes"
    if not base.with_suffix(".json").is_file():
        return "nothing that compares"
    shape, items = json.loads(base.with_suffix(".json").read_text(encoding="utf-8"))
    return matrix.compared((shape, items), (list(wanted.shape), [cells.plain(item) for item in wanted.ravel().tolist()]))


def reads(peer, program, stores, work):
    """{name: None or what is wrong}, and the words of refusals."""
    outcomes = ask(peer, program, "read", stores, work)
    named = {one["name"]: one for one in cells.all_cells()}
    return {name: misread(peer, work, named[name]) for name, outcome in outcomes.items() if outcome == "done"}, outcomes


def to_peer(peer, program, work, refused):
    control, _ = reads(peer, program, work / "control", work)
    found, outcomes = reads(peer, program, work / "engram", work)

    def result(one):
        name = one["name"]
        if name in refused:
            return Result("fails", "engram can't write it: " + refused[name])
        if name not in outcomes:
            return Result(NOT_ASKED)
        if name not in found:
            return Result("refuses", outcomes[name])
        if found[name] is None:
            return Result(EQUAL)
        return Result("misreads" if control.get(name) is not None else "fails", found[name])
    return {one["name"]: result(one) for one in cells.all_cells()}


def zarr_python_reads(store, one):
    import zarr
    return matrix.contents(zarr.open_group(str(store), mode="r")["a"][...])


def from_peer(peer, program, work):
    stores = work / f"from {peer}"
    outcomes = ask(peer, program, "write", stores, work)

    def result(one):
        outcome = outcomes.get(one["name"], NOT_ASKED)
        if outcome == NOT_ASKED:
            return Result(NOT_ASKED)
        if outcome != "done":
            return Result("refuses", outcome)
        store, wanted = stores / f"{one['name']}.zarr", matrix.contents(cells.expected(one))
        try:
            differs = matrix.compared(matrix.engram_reads(store, one), wanted)
        except (RuntimeError, ValueError) as error:
            differs = str(error)
        if differs is None:
            return Result(EQUAL)
        try:
            theirs = matrix.compared(zarr_python_reads(store, one), wanted)
        except Exception as error:  # whatever it says, the store is not what was asked for
            theirs = str(error)
        return Result("misreads" if theirs else "fails", differs)
    return {one["name"]: result(one) for one in cells.all_cells()}


def main():
    results, missing = {}, []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        refused = matrix.engram_writes(work)
        matrix.ask("zarr-python 2", "write", work / "control", work / "own")
        for peer, make in PEERS.items():
            try:
                program = make()
            except NoToolchain as words:
                missing.append(peer)
                print(f"{peer} was not run: {words}")
                continue
            results[peer, "from"] = from_peer(peer, program, work)
            results[peer, "to"] = to_peer(peer, program, work, refused)
    for failure in matrix.failures(results):
        print("FAILS", failure)
    for (peer, direction), found in results.items():
        verdicts = [result.verdict for result in found.values()]
        print(f"{direction} {peer}:", ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in sorted(set(verdicts))))
    if "--write" in sys.argv[1:] and not missing:
        PAGE.write_text(matrix.page(results, HEAD), encoding="utf-8")
    return 1 if matrix.failures(results) else 0


if __name__ == "__main__":
    sys.exit(main())
