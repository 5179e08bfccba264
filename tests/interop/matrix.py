"""The interop matrix: every cell of matrix_cells.py, written by each peer and read by engram, and the other way round.

    matrix.py            runs it and says what fails
    matrix.py --write    and writes docs/interop.md

The environment names the command (ENGRAM), the program that writes through engram's library (ENGRAM_ZARR_TOOL) and the
Python that has the newer peers (ENGRAM_PYTHON_ZARR3).
"""
import concurrent.futures
import dataclasses
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import engram
import matrix_cells as cells

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs" / "interop.md"
TOOL = os.environ.get("ENGRAM_ZARR_TOOL", "engram_zarr_tool")
AT_A_TIME = max(2, os.cpu_count() or 1)
LONGEST_WORDS = 160

READS_AS = {"xarray": "zarr-python 3", "dask": "zarr-python 3"}  # what these stand on

EQUAL, NOT_ASKED = "equal", "not asked"


@dataclasses.dataclass
class Result:
    """What came of one cell with one peer in one direction."""
    verdict: str  # EQUAL, NOT_ASKED, "refuses", "misreads", "dies" or "fails"
    words: str = ""  # of the peer that refuses; of the failure
    as_another_type: bool = False


def python_of(peer):
    return sys.executable if peer == "zarr-python 2" else os.environ["ENGRAM_PYTHON_ZARR3"]


def ask(peer, what, folder, work, *more):
    """The outcomes of all cells, by name."""
    work.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    # The peer reads its own pickles, to say what is in them.
    done = subprocess.run([python_of(peer), HERE / "matrix_peers.py", peer, what, folder, work, *more], capture_output=True, text=True, check=False,
                          env={**os.environ, "NUMCODECS_ALLOW_UNSAFE_PICKLE_DECODE": "1"})
    if done.returncode != 0:
        raise RuntimeError(f"{peer} can't {what}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def engram_reads(store, one):
    """(shape, elements) as `engram cat` gives them: bytes, or objects as JSON."""
    kind = "json" if cells.is_object(one) else "npy"
    process = subprocess.run([engram.COMMAND, "cat", store, "/a", "--format", kind], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if process.returncode != 0:
        raise RuntimeError(process.stderr.decode(errors="replace").strip())
    if kind == "json":
        return flattened(json.loads(process.stdout), len(one["shape"]))
    return contents(np.load(io.BytesIO(process.stdout), allow_pickle=False))


def flattened(nested, rank):
    shape, items = [], [nested]
    for _ in range(rank):
        shape.append(len(items[0]) if items else 0)
        items = [item for part in items for item in part]
    return shape, items


def contents(array):
    if array.dtype.kind in "OT":
        return list(array.shape), [cells.plain(item) for item in array.ravel().tolist()]
    return list(array.shape), (str(cells.little(array.dtype).descr), cells.raw(array))


def kept(work, one):
    """What a peer read."""
    base = work / one["name"]
    if base.with_suffix(".npy").is_file():
        return contents(np.load(base.with_suffix(".npy"), allow_pickle=False))
    shape, items = json.loads(base.with_suffix(".json").read_text(encoding="utf-8"))
    return shape, items


def compared(found, wanted):
    """What differs, or None. Objects are compared as JSON, where NaN is NaN."""
    if found[0] != wanted[0]:
        return f"shape {found[0]}, not {wanted[0]}"
    if isinstance(wanted[1], tuple) != isinstance(found[1], tuple):
        return f"{type(found[1]).__name__} where there should be {type(wanted[1]).__name__}"
    if isinstance(wanted[1], tuple):
        if type_of(found[1][0]) != type_of(wanted[1][0]):
            return f"type {found[1][0]}, not {wanted[1][0]}"
        return None if found[1][1] == wanted[1][1] else "other bytes"
    for index, (a, b) in enumerate(zip(found[1], wanted[1])):
        if json.dumps(a) != json.dumps(b):
            return f"object {index} is {json.dumps(a)[:60]}, not {json.dumps(b)[:60]}"
    return None


def type_of(descr):
    """An unstructured type's description in one form: zarr-python 3 gives fixed-size text as fields without a name do."""
    return re.sub(r"^\[\('', '(.*)'\)\]$", r"\1", descr)


def text_of(found):
    """Fixed-size text, without what fills it up; None for others."""
    length = re.fullmatch(r"\[\('', '<U(\d+)'\)\]", str(found[1][0])) if isinstance(found[1], tuple) else None
    return length and (found[0], np.frombuffer(found[1][1], f"<U{length[1]}").tolist())


def peer_writes(peer, work):
    """Results of all cells that `peer` writes and engram reads, by name."""
    folder, own = work / "from" / peer, work / "own" / peer
    outcomes = ask(peer, "write", folder, own)

    def result(one):
        outcome = outcomes[one["name"]]
        if outcome == NOT_ASKED:
            return Result(NOT_ASKED)
        if not outcome.startswith("done"):
            return Result("refuses", outcome)
        another = outcome != "done"
        try:
            wanted = kept(own, one) if another or one["only_peers_write"] else contents(cells.expected(one))
            differs = compared(engram_reads(folder / f"{one['name']}.zarr", one), wanted)
        except (RuntimeError, ValueError) as error:
            differs = str(error)
        if differs and misreads_itself(peer, work, one):
            return Result("misreads", differs, another)
        return Result("fails", differs, another) if differs else Result(EQUAL, "", another)

    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        return dict(zip(names(), pool.map(result, cells.all_cells())))


def misreads_itself(peer, work, one):
    """Whether what a peer reads of the array that it wrote itself is not what was to be written."""
    own = work / "own" / READS_AS.get(peer, peer)
    is_there = any((own / one["name"]).with_suffix(ending).is_file() for ending in (".npy", ".json"))
    return is_there and compared(kept(own, one), contents(cells.expected(one))) is not None


def names():
    return [one["name"] for one in cells.all_cells()]


def engram_writes(work, name="engram", uncompressed=False):
    """Writes all cells through the library; what it said to those that it refuses."""
    folder, data = work / name, work / "data"
    folder.mkdir()
    data.mkdir(exist_ok=True)
    specs = []
    for one in cells.all_cells(uncompressed):
        values, path = cells.source(one), data / one["name"]
        if cells.is_object(one):
            path.write_text(json.dumps([tagged(item) for item in values.ravel().tolist()]), encoding="utf-8")
        else:
            path.write_bytes(cells.raw(values))
        if one["only_peers_write"]:
            continue
        boxes = one["regions"] if one["regions"] is not None else [[[0] * len(one["shape"]), one["shape"]]]
        specs.append({"name": one["name"], "store": str(folder / f"{one['name']}.zarr"), "path": "a", "zarray": cells.zarray(one),
                      "data": str(path), "attributes": {"_ARRAY_DIMENSIONS": [f"d{axis}" for axis in range(len(one["shape"]))]}, "regions": boxes, "consolidate": one["consolidated"], "write_empty_chunks": one["write_empty"]})
    spec = work / "spec.json"
    spec.write_text(json.dumps(specs), encoding="utf-8")
    done = subprocess.run([TOOL, "write", spec], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{TOOL} write: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def tagged(value):
    """An object as JSON, bytes as {"bytes": hexadecimal digits}."""
    return {"bytes": value.hex()} if isinstance(value, bytes) else cells.plain(value)


def peer_reads(peer, work, refused, written):
    """The other way round; `written` are the jobs of peer_writes, by peer."""
    written[READS_AS.get(peer, peer)].result()
    outcomes = ask(peer, "read", work / "engram", work / "read" / peer)

    def result(one):
        name = one["name"]
        if one["only_peers_write"]:
            return Result(NOT_ASKED)
        if name in refused:
            return Result("fails", "engram can't write it: " + refused[name])
        outcome = outcomes[name]
        if outcome == NOT_ASKED:
            return Result(NOT_ASKED)
        if outcome != "done":
            return Result("refuses", outcome)
        found, wanted = kept(work / "read" / peer, one), contents(cells.expected(one))
        if text_of(found) is not None and text_of(found) == text_of(wanted):
            return Result(EQUAL, "", found[1][0] != wanted[1][0])  # xarray makes ">U5" longer.
        differs = compared(found, wanted)
        if differs and misreads_itself(peer, work, one):
            return Result("misreads", differs)
        return Result("fails", differs) if differs else Result(EQUAL)

    return {one["name"]: result(one) for one in cells.all_cells()}


def run():
    """{(peer, "from" or "to"): {name: Result}}: from the peer to engram, and to the peer from engram."""
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        work = Path(folder)
        written = {peer: pool.submit(peer_writes, peer, work) for peer in cells.PEERS}
        refused = engram_writes(work)
        jobs = {(peer, "from"): job for peer, job in written.items()}
        jobs |= {(peer, "to"): pool.submit(peer_reads, peer, work, refused, written) for peer in cells.PEERS}
        return {key: job.result() for key, job in jobs.items()}


def failures(results):
    labels = {one["name"]: f"{one['section']}: {one['label']}" for one in cells.all_cells()}
    return [f"{labels[name]} {direction} {peer}: {result.words}" for (peer, direction), found in results.items()
            for name, result in found.items() if result.verdict == "fails"]


def shortened(words):
    """A peer's words without what differs from cell to cell and from run to run."""
    words = re.sub(r' \[tensorstore_spec=.*|FAILED_PRECONDITION: |Error (opening|reading) [^:]*: ', "", words)
    words = re.sub(r'Error parsing (object member "\w+"|value at position \d+): ', "", words)
    words = re.sub(r"/\S*/c\d+\.zarr\S*", "…", words)
    words = re.sub(r"""["'][<>|][a-zA-Z]\d*(\[\w+\])?["']|'\|V\d+'|datetime64\[\w+\]|timedelta64\[\w+\]""", "…", words)
    words = re.sub(r"\bc\d{3}\b|0x[0-9a-f]+", "…", words)
    words = re.sub(r"\d{5,}(-\d\d-\d\d \d\d:\d\d:\d\d)?( (years|months|weeks|days|hours))?", "…", words)
    words = re.sub(r"\b(dtype:?|array of|got|has) [^ ]*[^ .]", r"\1 …", words)
    words = re.sub(r"(too large or small).*", r"\1", words)
    words = words.replace("|", "\\|").replace("`", "'").replace("<", "&lt;")
    return words if len(words) <= LONGEST_WORDS else words[:LONGEST_WORDS].rstrip() + " …"


HEAD = """# Which data engram and others exchange

This page is written by the tests (`tests/interop/matrix.py --write`), and `scripts/test --interop` fails when what it finds
is not what stands here. Every row is an array of Zarr version 2; every column is another implementation. The first sign of
a field is what engram reads of what the other wrote, the second what the other reads of what engram wrote:

- **=** all values are equal, bit for bit (objects: as JSON)
- **≈** equal, but the other makes another data type of it
- **≠** other values; but the other does not read its own array as it was to be written either
- **r1** the other refuses, in the words below under that number
- **·** not asked: the other has no way to be asked for it, or engram only reads it

"""


def counted(found):
    """How often there is each verdict, in words."""
    verdicts = [result.verdict for result in found.values()]
    others = "".join(f", {verdicts.count(verdict)} {word}" for verdict, word in (("misreads", "wrong"), ("dies", "died"), ("fails", "fail"))
                     if verdict in verdicts)
    return f"{verdicts.count(EQUAL)} equal, {verdicts.count('refuses')} refused{others}"


def page(results, head=HEAD, controls=None):
    """The text of docs/interop.md, or of another page with its own head, and with what the peers make of zarr-python's stores."""
    numbers = {}

    def sign(result):
        if result.verdict == EQUAL:
            return "≈" if result.as_another_type else "="
        if result.verdict == NOT_ASKED:
            return "·"
        if result.verdict in ("fails", "misreads"):
            return "**fails**" if result.verdict == "fails" else "≠"
        words = shortened(result.words)
        return f"{'✗' if result.verdict == 'dies' else 'r'}{numbers.setdefault(words, len(numbers) + 1)}"

    peers = list(dict.fromkeys(peer for peer, _ in results))
    body, section = "", None
    for one in cells.all_cells():
        if one["section"] != section:
            section = one["section"]
            body += f"\n## {section}\n\n| | {' | '.join(peers)} |\n|---|{'---|' * len(peers)}\n"
        signs = [f"{sign(results[peer, 'from'][one['name']])} {sign(results[peer, 'to'][one['name']])}" for peer in peers]
        body += f"| {one['label'].replace('|', chr(92) + '|')} | {' | '.join(signs)} |\n"
    totals = "| | " + " | ".join(peers) + " |\n|---|" + "---|" * len(peers) + "\n"
    for direction, title in (("from", "engram reads what it wrote"), ("to", "it reads what engram wrote")):
        totals += f"| {title} | {' | '.join(counted(results[peer, direction]) for peer in peers)} |\n"
    if controls:
        totals += f"| it reads what zarr-python wrote | {' | '.join(counted(controls[peer]) for peer in peers)} |\n"
    said = "\n## What they said\n\n" + "".join(f"- **r{number}** {words}\n" for words, number in numbers.items())
    return head + totals + body + said


def main():
    results = run()
    for failure in failures(results):
        print("FAILS", failure)
    text = page(results)
    if "--write" in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
    return 1 if failures(results) else 0


if __name__ == "__main__":
    sys.exit(main())
