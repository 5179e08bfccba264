"""The measuring itself; bench/convert runs it and says what it is for."""
import argparse
import dataclasses
import datetime
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
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
import nwb_compare  # noqa: E402
import zarr_store  # noqa: E402

FASTER, MEMORY = 20, 700  # the bars: times faster, and MB
FILES = {"ephys": (make_inputs.ephys, "1.0 GB of int16 electrophysiology, 384 channels, gzip 4 in chunks of 13,020 x 64"),
         "many": (make_inputs.many, "3,000 time series of 400 samples, a third of them shuffled and gzipped")}

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


@dataclasses.dataclass
class Measured:
    seconds: float
    cpu: float
    memory: float  # MB, of the largest process


# Runs a command and tells its time, CPU time and peak memory. A process of its own, because a child's peak is at least
# what its parent had in memory when it was started.
LAUNCH = """
import json, os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[2:], stdout=open(sys.argv[1], "w"))
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
print(json.dumps([time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
sys.exit(process.returncode != 0)
"""


def measured(arguments, inner):
    """Runs a command; its own times when `inner`, else those of the whole process."""
    with tempfile.NamedTemporaryFile("r") as printed:
        done = subprocess.run([sys.executable, "-I", "-S", "-c", LAUNCH, printed.name, *arguments], capture_output=True,
                              text=True, check=False)
        if done.returncode:
            sys.exit(f"{arguments} failed:\n{done.stderr}")
        seconds, cpu, memory = json.loads(done.stdout)
        if inner:
            seconds, cpu = json.load(printed)
        return Measured(seconds, cpu, memory)


def size(path):
    files = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]
    return len(files), sum(map(os.path.getsize, files))


def unequal(source, ours, theirs):
    """engram's result must be what pynwb and h5py read from the source; and hold hdmf-zarr's values, array by array."""
    found = nwb_compare.compare(source, ours)
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


def one_file(name, cache, runs):
    make, _ = FILES[name]
    source = cache / f"{name}-2.nwb"
    if not source.exists():
        print(f"making {source}", flush=True)
        part = source.with_suffix(".part")
        subprocess.run([sys.executable, "-W", "ignore", "-c",
                        f"import sys; sys.path.insert(0, {str(HERE)!r}); import make_inputs; "
                        f"make_inputs.{make.__name__}({str(part)!r})"], check=True)
        part.rename(source)
    results, targets = {"engram": [], "hdmf-zarr": []}, []
    for run in range(runs + 1):                         # the first of each warms up and is not counted
        for who in results:
            if run == 0 and who == "hdmf-zarr":
                continue
            # A new name each time, all removed at the end: ext4 is slow to make files where many were just removed.
            target = cache / f"{name}.{who}.{run}.zarr"
            shutil.rmtree(target, ignore_errors=True)
            targets.append(target)
            subprocess.run(["sync"], check=True)
            if who == "engram":
                got = measured([os.environ["ENGRAM"], "convert", "--quiet", source, target], False)
            else:
                got = measured([sys.executable, "-c", EXPORT, source, target], True)
            if run:
                results[who].append(got)
                print(f"{name} {who:9} {got.seconds:8.2f} s  {got.cpu:8.2f} s CPU  {got.memory:6.0f} MB", flush=True)
    ours, theirs = targets[-2:]
    found = unequal(str(source), ours, theirs)
    sizes = {"source": (1, source.stat().st_size), "engram": size(ours), "hdmf-zarr": size(theirs)}
    for target in targets:
        shutil.rmtree(target)
    if found:
        sys.exit(f"{name}: the results are not equal:\n" + "\n".join(found[:20]))
    return results, sizes


def table(name, results, sizes):
    """The lines of the document for one file, and whether the bars are met."""
    median = {who: statistics.median(r.seconds for r in rows) for who, rows in results.items()}
    ratio = median["hdmf-zarr"] / median["engram"]
    memory = max(r.memory for r in results["engram"])
    lines = [f"### {FILES[name][1]}", "", "| | time, median (least - most) | CPU | peak memory | files | bytes |",
             "|---|---|---|---|---|---|"]
    for who, rows in results.items():
        seconds = [r.seconds for r in rows]
        lines.append(f"| {who} | {median[who]:.2f} s ({min(seconds):.2f} - {max(seconds):.2f}) "
                     f"| {statistics.median(r.cpu for r in rows):.2f} s | {max(r.memory for r in rows):.0f} MB "
                     f"| {sizes[who][0]:,} | {sizes[who][1] / 1e6:,.1f} MB |")
    met = ratio >= FASTER and memory <= MEMORY
    lines += ["", f"**engram is {ratio:.1f} times faster** (bar: {FASTER}), peak memory {memory:.0f} MB (bar: {MEMORY}). "
              f"The source has {sizes['source'][1] / 1e6:,.1f} MB. Results equal; {len(rows)} runs each.", ""]
    return lines, met


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--cache", type=Path, required=True)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--only", choices=FILES)
    arguments.add_argument("--no-write", action="store_true")
    given = arguments.parse_args()
    given.cache.mkdir(parents=True, exist_ok=True)
    lines, all_met = [], True
    for name in [given.only] if given.only else FILES:
        more, met = table(name, *one_file(name, given.cache, given.runs))
        lines += more
        all_met &= met
    print("\n".join(lines))
    if not given.no_write and not given.only:
        head = (HERE / "benchmarks_head.md").read_text(encoding="utf-8")
        made = [f"Made by `bench/convert` on {datetime.date.today()}: {document.machine()}; hdmf-zarr {hdmf_zarr.__version__}, "
                f"zarr {zarr.__version__}, h5py {h5py.__version__} (HDF5 {h5py.version.hdf5_version}).", ""]
        document.write_part("convert", head + "\n" + "\n".join(made + lines))
    return 0 if all_met else 1


if __name__ == "__main__":
    sys.exit(main())
