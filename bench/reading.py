"""Slices of one large array, read by engram and by its peers, by turns; bench/reading runs it and says what it is for."""
import json
import math
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import numpy as np  # noqa: E402

import document  # noqa: E402
import make_inputs as made  # noqa: E402
from measuring import asked  # noqa: E402

ARRAY = "acquisition/raw/data"
SECOND = 30_000
# What is read of (frames, channels), and the least that engram must be times as fast as each peer.
RANDOM = np.random.default_rng(48)
WINDOWS = sorted(int(at) for at in RANDOM.integers(0, made.FRAMES - 300, 20))
READS = {
    "all": ("the whole array, 1.0 GB", [[[0, 0], [made.FRAMES, made.CHANNELS]]], {"TensorStore": 1.3, "h5py": 4.0}),
    "second": ("one second of all channels", [[[600_000, 0], [SECOND, made.CHANNELS]]], {"TensorStore": 1.3}),
    "channel": ("one channel over all time", [[[0, 100], [made.FRAMES, 1]]], {"TensorStore": 1.3}),
    "windows": ("20 windows of 10 ms of all channels", [[[at, 0], [300, made.CHANNELS]] for at in WINDOWS], {"TensorStore": 1.3}),
}
# Opening and listing: the name, shape and type of each group and array, on the store of bench/convert's 3,000 series.
LISTING = 10
UNCHECKED = "engram, unchecked"  # Array::set_check_parts(false)
STORES = {"zlib": ("zlib, chunks of 13,020 x 64 (as the HDF5 file has them)", ["--codec", "verbatim"]),
          "shards": ("Zarr v3, the deflate chunks behind Blosc heads, in shards of up to 512 MiB", ["--zarr-format", "3", "--shards", "auto"]),
          "blosc": ("blosc:lz4:5:shuffle in the same chunks", ["--codec", f"/{ARRAY}=blosc:lz4:5:shuffle"])}

LIST_ZARR = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import zarr
seconds = []
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    found = [0]
    def see(name, node):
        found[0] += 1
        return (getattr(node, "shape", None), getattr(node, "dtype", None)) and None
    zarr.open_group(sys.argv[1], "r").visititems(see)
    seconds.append(time.perf_counter() - start)
print(json.dumps({"seconds": seconds, "nodes": found[0] + 1}))
"""

PEER = """
import json, os, sys, time, warnings
warnings.simplefilter("ignore")
who, store, array, hdf5, threads, repeats = sys.argv[1:]
if who == "TensorStore":
    import tensorstore
elif who == "h5py":
    import h5py
elif who in ("zarr", "zarrs"):
    import zarr
if who == "zarrs":
    import zarrs
    zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"})
start = time.perf_counter()
if who == "TensorStore":
    context = tensorstore.Context({"data_copy_concurrency": {"limit": int(threads)}, "file_io_concurrency": {"limit": int(threads)}})
    driver = "zarr3" if os.path.exists(f"{store}/{array}/zarr.json") else "zarr"
    data = tensorstore.open({"driver": driver, "kvstore": {"driver": "file", "path": f"{store}/{array}"}}, context=context).result()
    read = lambda box: data[box].read()
    take = lambda one: one.result()
elif who == "h5py":
    data = h5py.File(hdf5, "r")[array]
    read, take = (lambda box: data[box]), (lambda one: one)
else:
    data = zarr.open_array(f"{store}/{array}", mode="r")
    read, take = (lambda box: data[box]), (lambda one: one)
for line in sys.stdin:
    boxes = [tuple(slice(a, a + n) for a, n in zip(*region)) for region in json.loads(line)]
    seconds = []
    for _ in range(int(repeats)):
        parts = [take(one) for one in [read(box) for box in boxes]]
        seconds.append(time.perf_counter() - start)
        total = sum(int(part.view("u1").sum(dtype="u8")) for part in parts)
        del parts
        start = time.perf_counter()
    print(json.dumps({"seconds": seconds, "sum": total}), flush=True)
    start = time.perf_counter()
"""


def ask(who, store, source, threads, repeats, reads=READS):
    """The seconds of each read, and the sums of bytes."""
    if who.startswith("engram"):
        command = [os.environ["ENGRAM_ARRAY_READS"], store, ARRAY, str(threads), str(repeats), *(["unchecked"] if who == UNCHECKED else [])]
    else:
        python = os.environ["ENGRAM_PYTHON_ZARRS"] if who == "zarrs" else sys.executable
        command = [python, "-c", PEER, who, store, ARRAY, source, str(threads), str(repeats)]
    # One thread is one core for all: some have threads of their own that no option takes away.
    pin = (lambda: os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads]))
    return asked(command, [READS[read][1] for read in reads], preexec_fn=pin)


def store_of(name, cache):
    """The store that is read, made once."""
    store = cache / f"reading-{name}.zarr"
    if not store.exists():
        source = made.made("ephys", cache)
        subprocess.run([os.environ["ENGRAM"], "convert", "--quiet", *STORES[name][1], source, store], check=True)
    return store


def listing(store, runs):
    """The lines of the document about opening and listing, and whether the bar is met."""
    engram, other = [], []
    for _ in range(runs):
        for command, seconds in (([os.environ["ENGRAM_ARRAY_READS"], "--list", store, "3"], engram),
                                 ([sys.executable, "-c", LIST_ZARR, store, "3"], other)):
            done = json.loads(subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout)
            seconds += done["seconds"]
            nodes = done["nodes"] if command[0] != sys.executable else nodes
            if done["nodes"] != nodes:
                sys.exit(f"zarr-python lists {done['nodes']} groups and arrays, engram {nodes}")
    mine, theirs = statistics.median(engram), statistics.median(other)
    return ["### Opening and listing", "", f"The name, shape and type of each of {nodes:,} groups and arrays, from one `.zmetadata` (engram) and from "
            "the single files (zarr-python, which takes longer from the one).", "",
            "| engram | zarr-python | times faster |", "|---|---|---|",
            f"| {1000 * mine:.0f} ms | {1000 * theirs:,.0f} ms | {theirs / mine:.1f} (bar: {LISTING}) |", ""], theirs / mine >= LISTING


def measure(store, source, threads, runs, unchecked, zarrs, old_zarr):
    """{read: {who: [seconds]}}; each run is a process a peer, of which the first read of each kind is not counted."""
    peers = ["engram", *([UNCHECKED] if unchecked else []), "TensorStore"] + (["zarrs"] if zarrs else []) + (["h5py"] if threads == 1 else []) + (
        ["zarr"] if threads == 1 and old_zarr else [])
    times = {read: {who: [] for who in peers} for read in READS}
    for _ in range(runs):
        sums = {}
        for who in peers:
            for read, answer in zip(READS, ask(who, store, source, threads, 3)):
                times[read][who] += answer["seconds"][1:]
                if sums.setdefault(read, answer["sum"]) != answer["sum"]:
                    sys.exit(f"{read}: {who} read other values")
    return times


def forget(path):
    """Drops the files below `path` from the page cache."""
    os.sync()
    for folder, _, names in os.walk(path):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def cold(store, source, runs):
    """As measure(), of stores that are not in memory, with the time that opening takes."""
    times = {read: {"engram": [], "TensorStore": []} for read in READS}
    for _ in range(runs):
        for read, by in times.items():
            for who, seconds in by.items():
                forget(store)
                seconds.append(ask(who, store, source, os.cpu_count(), 1, [read])[0]["seconds"][0])
    return times


def table(times, title):
    peers = list(next(iter(times.values())))
    lines = ["| | " + " | ".join(peers) + " | times faster than TensorStore |", "|---|" + "---|" * (len(peers) + 1)]
    met = True
    for read, by in times.items():
        median = {who: statistics.median(rows) for who, rows in by.items()}
        ratio = " / ".join(f"{median['TensorStore'] / median[who]:.2f}" for who in peers if who.startswith("engram"))
        for who, bar in READS[read][2].items():
            met &= who not in median or median[who] / median["engram"] >= bar
        met &= median.get("zarrs", math.inf) >= median["engram"]
        lines.append(f"| {READS[read][0]} | " + " | ".join(f"{1000 * median[who]:.1f} ms" for who in peers) + f" | {ratio} |")
    return [f"{title}:", "", *lines, ""], met


def main():
    given = document.parsed(document.options(3))
    source = made.made("ephys", given.cache)
    lines, all_met = [], True
    for name, (title, _) in STORES.items():
        store = store_of(name, given.cache)
        lines += [f"### {title}", ""]
        for threads in sorted({1, os.cpu_count()}):
            # zarrs has no codec of Zarr v2's zlib of its own: it would be zarr-python that is measured.
            zarrs = name != "zlib" and "ENGRAM_PYTHON_ZARRS" in os.environ
            more, met = table(measure(store, source, threads, given.runs, name == "zlib", zarrs, name != "shards"), f"On {threads} core{'s' if threads > 1 else ''}")
            lines += more
            all_met &= met
        lines += table(cold(store, source, given.runs), "Not in memory, on all cores, opened first")[0]
    many = given.cache / "reading-many.zarr"
    if not many.exists():
        subprocess.run([os.environ["ENGRAM"], "convert", "--quiet", made.made("many", given.cache), many], check=True)
    more, met = listing(many, given.runs)
    lines += more
    all_met &= met
    print("\n".join(lines))
    if not given.no_write:
        document.write_runs("reading", given.runs, lines)
    return 0 if all_met else 1


if __name__ == "__main__":
    sys.exit(main())
