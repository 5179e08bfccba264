"""The measuring itself; bench/convert runs it and says what it is for."""
import dataclasses
import datetime
import os
import random
import statistics
import subprocess
import sys
import typing
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT / "tests" / "interop")]

import h5py  # noqa: E402
import hdmf_zarr  # noqa: E402
import numpy as np  # noqa: E402
import zarr  # noqa: E402

import document  # noqa: E402
import make_inputs  # noqa: E402
from measuring import measured, remove  # noqa: E402
import nwb_compare  # noqa: E402
import zarr_store  # noqa: E402

MEMORY = 300  # MB: the bar for every file
ARRAY = "/acquisition/raw/data"


# Of a peer's name, and of engram's that it is held against: until the result is on the disk, as both do when nobody says
# otherwise.
DURABLE = ", durable"


@dataclasses.dataclass
class Workload:
    make: typing.Callable
    title: str
    bars: dict          # peer: what engram's share of its time must not pass; None: only told
    options: tuple = ()
    seconds: float = 0  # a bar of its own
    small: dict = dataclasses.field(default_factory=dict)  # arguments of `make` for what the strict comparer is given instead


WORKLOADS = {
    "ephys": Workload(make_inputs.ephys, "1.0 GB of int16 electrophysiology, 384 channels, gzip 4 in chunks of 13,020 x 64",
                      {"hdmf-zarr": 1 / 60, "cp": 1.5}),
    "shuffled": Workload(make_inputs.shuffled, "The same with shuffle before gzip", {"hdmf-zarr": 1 / 40, "cp": None}),
    "imaging": Workload(make_inputs.imaging, "1.0 GB of uint16 two-photon images, gzip 4 in chunks of 8 frames",
                        {"hdmf-zarr": 1 / 60, "cp": None}),
    "contiguous": Workload(make_inputs.contiguous, "The electrophysiology without chunks, to blosc:lz4:5:shuffle",
                           {"hdmf-zarr": 1 / 6, "TensorStore": None, "TensorStore" + DURABLE: 1 / 2, "cp": None}, ("--codec", "/acquisition/**=blosc:lz4:5:shuffle")),
    "recoded": Workload(make_inputs.ephys, "The electrophysiology decoded and encoded anew, to zlib:4",
                        {"TensorStore": 1 / 1.8, "cp": None}, ("--codec", "/acquisition/**=zlib:4")),
    "retiled": Workload(make_inputs.ephys, "The electrophysiology in other chunks, 30,000 x 48, to blosc:lz4:5:shuffle",
                        {"TensorStore": None, "cp": None},
                        ("--codec", "/acquisition/**=blosc:lz4:5:shuffle", "--chunks", "/acquisition/raw/data=30000,48")),
    "shards": Workload(make_inputs.ephys, "The electrophysiology into shards of Zarr v3, 512 MiB of elements each (TensorStore: from "
                       "the same chunks in Zarr v2, encoded anew)", {"TensorStore": 1 / 10, "cp": 1.5},
                       ("--zarr-format", "3", "--shards", "auto")),
    "units": Workload(make_inputs.spikes, "20 million spike times of 400 units, gzip 4 in h5py's chunks", {"hdmf-zarr": 1 / 25, "cp": None}),
    "many": Workload(make_inputs.many, "3,000 time series of 400 samples, a third of them shuffled and gzipped",
                     {"hdmf-zarr": 1 / 30, "cp": None}),
    "behavior": Workload(make_inputs.behavior, "A table of 200,000 rows, two columns of text and one of references", {"cp": None},
                         seconds=2.0, small={"rows": 2_000}),
}

# Timed from the open of the source to the end of the export: what Python takes to start and import is not counted.
EXPORT = """
import json, resource, sys, time, warnings
warnings.simplefilter("ignore")
from pynwb import NWBHDF5IO
from hdmf_zarr.nwb import NWBZarrIO
used = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
start, cpu = time.perf_counter(), used()
with NWBHDF5IO(sys.argv[1], "r", load_namespaces=True) as source, NWBZarrIO(sys.argv[2], mode="w") as target:
    target.export(src_io=source, write_args=dict(link_data=False))
print(json.dumps([time.perf_counter() - start, used() - cpu]))
"""


# The bare array: HDF5's, by h5py, or a Zarr store's, as TensorStore writes it in the codec and chunks of another store.
TENSORSTORE = """
import json, os, resource, sys, time, h5py, numpy, tensorstore
source, like, target, array, sync = sys.argv[1:]
is_v3 = os.path.exists(like + array + "/zarr.json")
meta = json.load(open(like + array + ("/zarr.json" if is_v3 else "/.zarray")))
used = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
start, cpu = time.perf_counter(), used()
spec = lambda path: {"driver": "zarr", "kvstore": {"driver": "file", "path": path}}
names = ("shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs") if is_v3 else (
    "shape", "chunks", "dtype", "compressor", "fill_value", "order", "filters", "zarr_format")
made = spec(target) | {"metadata": {key: meta[key] for key in names}} | ({"driver": "zarr3"} if is_v3 else {})
out = tensorstore.open(made, create=True, context=tensorstore.Context({"file_io_sync": sync == "sync"})).result()
file = None if source.endswith(".zarr") else h5py.File(source, "r")
data = file[array] if file else tensorstore.open(spec(source + array)).result()
rows = meta["chunk_grid"]["configuration"]["chunk_shape"][0] if is_v3 else meta["chunks"][0]
waiting = []
for first in range(0, out.shape[0], rows):
    box = slice(first, min(first + rows, out.shape[0]))
    waiting.append(out[box].write(data[box]))
    if len(waiting) > 1:
        waiting.pop(0).result()
for one in waiting:
    one.result()
print(json.dumps([time.perf_counter() - start, used() - cpu]))
"""


def size(path):
    files = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]
    return len(files), sum(map(os.path.getsize, files))


def table_differs(source, ours):
    """The rows of the table in `ours` that are not those of the source, as h5py has them. References are compared by the
    addresses of what they lead to: h5py takes a search of the file for the name of each."""
    found, store = [], zarr_store.Store(ours)
    with h5py.File(source) as file:
        names = {h5py.h5o.get_info(one.id).addr: one.name for one in file["acquisition"].values()}
        for name, column in file["intervals/trials"].items():
            mine = store.array(f"/intervals/trials/{name}")[...]
            if h5py.check_ref_dtype(column.dtype):
                addresses = np.empty(column.shape, "V8")
                column.id.read(h5py.h5s.ALL, h5py.h5s.ALL, addresses, mtype=column.id.get_type())
                expected = [names[address] for address in addresses.view("<u8").tolist()]
                mine = [one["path"] for one in mine]
            elif h5py.check_string_dtype(column.dtype):
                expected, mine = column.asstr()[...].tolist(), mine.tolist()
            else:
                expected, mine = column[...].tolist(), mine.tolist()
            if mine != expected:
                found.append(f"/intervals/trials/{name} is not what h5py reads")
    return found


def unequal(work, source, ours, theirs, cache):
    """engram's result must be what pynwb and h5py read from the source; and hold hdmf-zarr's values, if there are any."""
    if work.small:  # The strict comparer takes minutes for each 10,000 references.
        found = table_differs(source, ours)
        small, target = make_inputs.made(work.make.__name__, cache, **work.small), cache / "small.zarr"
        remove(target)
        subprocess.run([os.environ["ENGRAM"], "convert", "--quiet", *work.options, small, target], check=True)
        found += nwb_compare.compare(str(small), target)
        remove(target)
        return found
    if (Path(ours) / "zarr.json").exists():  # pynwb of this Python reads no Zarr v3.
        done = subprocess.run([os.environ["ENGRAM"], "diff", source, ours], capture_output=True, text=True, check=False)
        return done.stdout.splitlines() if done.returncode else []
    found = nwb_compare.compare(source, ours)
    if theirs is None:
        return found
    mine, other = zarr_store.Store(ours), zarr_store.Store(theirs)
    for node, what in other.nodes().items():
        if what != "array" or node.startswith("/specifications/"):
            continue
        meta = other.json(node, ".zarray")
        if any(codec["id"] == "pickle" for codec in meta["filters"] or []) or node in ("/file_create_date",):
            continue
        a, b = mine.array(node) if mine.what(node) else None, other.array(node)
        if a is None or a.shape != b.shape or not np.array_equal(np.asarray(a[...]).astype(str) if a.dtype == object else a[...],
                                                                 texts(b) if b.dtype == object else b[...]):
            found.append(f"{node} is not what hdmf-zarr has")
    return found


def texts(array):
    return np.asarray([v.decode() if isinstance(v, bytes) else str(v) for v in array[...].reshape(-1)]).reshape(array.shape)


def copy_of(store, cache):
    """What TensorStore reads where engram reads HDF5: the same chunks in Zarr."""
    path = cache / "ephys-2.zarr"
    if not path.exists():
        subprocess.run([os.environ["ENGRAM"], "convert", "--quiet", "--codec", "verbatim", store, path], check=True)
    return path


def command(who, work, source, target, ours, cache):
    """The command of a peer, and whether it times itself."""
    durable = who.endswith(DURABLE)
    who = who.removesuffix(DURABLE)
    if who == "engram":
        return [os.environ["ENGRAM"], "convert", "--quiet", *([] if durable else ["--no-sync"]), *work.options, source, target], False
    if who == "cp":
        return ["cp", source, target], False
    if who == "TensorStore":
        read = source if work.make is make_inputs.contiguous else copy_of(source, cache)
        return [sys.executable, "-W", "ignore", "-c", TENSORSTORE, read, ours, target, ARRAY,
                "sync" if durable else "no sync"], True
    return [sys.executable, "-c", EXPORT, source, target], True


def one_file(name, cache, runs):
    work = WORKLOADS[name]
    source = make_inputs.made(work.make.__name__, cache)
    durable = ["engram" + DURABLE] if any(who.endswith(DURABLE) for who in work.bars) else []
    results, targets, last = {who: [] for who in ("engram", *durable, *work.bars)}, [], {}
    for run in range(runs + 1):                         # the first of each warms up and is not counted
        # In another order each time: who comes after a peer that gave much memory back finds it ready, and who comes after one
        # that filled the page cache has to wait for the system to find some.
        order = list(results)
        if run:
            random.Random(run).shuffle(order)
        for who in order:
            if run == 0 and who == "hdmf-zarr":
                continue
            # A new name each time, all removed at the end: ext4 is slow to make files where many were just removed.
            target = cache / f"{name}.{who}.{run}.zarr"
            remove(target)
            targets.append(target)
            subprocess.run(["sync"], check=True)
            got = measured(*command(who, work, source, target, last.get("engram"), cache))
            last[who] = target
            if run:
                results[who].append(got)
                print(f"{name} {who:20} {got.seconds:8.2f} s  {got.cpu:8.2f} s CPU  {got.memory:6.0f} MB", flush=True)
    found = unequal(work, str(source), last["engram"], last.get("hdmf-zarr"), cache)
    if "TensorStore" in last and not same_bytes(last["engram"], last["TensorStore"]):
        found.append("TensorStore has other values")
    sizes = {"source": (1, source.stat().st_size)} | {who: size(target) for who, target in last.items() if who != "cp"}
    for target in targets:
        remove(target)
    if found:
        sys.exit(f"{name}: the results are not equal:\n" + "\n".join(found[:20]))
    return results, sizes


def same_in_v3(ours, theirs):
    import tensorstore
    a, b = (tensorstore.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": str(path)}}).result() for path in (ours, theirs))
    boxes = [slice(at, min(at + 60_000, a.shape[0])) for at in range(0, a.shape[0], 60_000)]
    return a.shape == b.shape and all(np.array_equal(a[box].read().result(), b[box].read().result()) for box in boxes)


def same_bytes(ours, theirs):
    if (Path(str(ours) + ARRAY) / "zarr.json").exists():
        return same_in_v3(str(ours) + ARRAY, theirs)
    a, b = zarr.open_array(str(ours) + ARRAY, "r"), zarr.open_array(str(theirs), "r")
    step = a.chunks[0]
    return a.shape == b.shape and all(np.array_equal(a[i:i + step], b[i:i + step]) for i in range(0, a.shape[0], step))


def table(name, results, sizes):
    """The lines of the document for one file, and whether the bars are met."""
    work = WORKLOADS[name]
    median = {who: statistics.median(r.seconds for r in rows) for who, rows in results.items()}
    memory = max(r.memory for r in results["engram"])
    lines = [f"### {work.title}", "", "| | time, median (least - most) | CPU | peak memory | files | bytes |", "|---|---|---|---|---|---|"]
    for who, rows in results.items():
        seconds = [r.seconds for r in rows]
        files, stored = sizes.get(who, sizes["source"])
        lines.append(f"| {who} | {median[who]:.2f} s ({min(seconds):.2f} - {max(seconds):.2f}) "
                     f"| {statistics.median(r.cpu for r in rows):.2f} s | {max(r.memory for r in rows):.0f} MB "
                     f"| {files:,} | {stored / 1e6:,.1f} MB |")
    met, told = memory <= MEMORY, []
    for who, bar in work.bars.items():
        mine = median["engram" + DURABLE if who.endswith(DURABLE) else "engram"]
        ratio = median[who] / mine
        if who == "cp":
            told.append(f"{1 / ratio:.2f} times the time of `cp`" + (f" (bar: {bar:g})" if bar else ""))
        else:
            told.append(f"{ratio:.1f} times faster than {who}" + (f" (bar: {1 / bar:g})" if bar else ""))
        met &= bar is None or mine <= bar * median[who]
    if work.seconds:
        told.append(f"{median['engram']:.2f} s (bar: {work.seconds:g})")
        met &= median["engram"] <= work.seconds
    lines += ["", f"**engram: {', '.join(told)}**; peak memory {memory:.0f} MB (bar: {MEMORY}). "
              f"The source has {sizes['source'][1] / 1e6:,.1f} MB. Results equal; {len(rows)} runs each, {datetime.date.today()}."
              + ("" if met else " **Not all bars are met.**"), ""]
    return lines, met


def main():
    given = document.parsed(document.options(3, WORKLOADS))
    all_met = True
    if not given.no_write:
        made = (f"Each part tells when it was made, on {document.machine()}; hdmf-zarr {hdmf_zarr.__version__}, zarr {zarr.__version__}, "
                f"h5py {h5py.__version__} (HDF5 {h5py.version.hdf5_version}).")
        document.write_part("convert", (HERE / "benchmarks_head.md").read_text(encoding="utf-8") + "\n" + made)
    for name in given.only or WORKLOADS:
        lines, met = table(name, *one_file(name, given.cache, given.runs))
        print("\n".join(lines), flush=True)
        if not given.no_write:
            document.write_part(f"convert_{name}", "\n".join(lines))
        all_met &= met
    return 0 if all_met else 1


if __name__ == "__main__":
    sys.exit(main())
