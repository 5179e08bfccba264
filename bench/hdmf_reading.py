"""The measuring itself; bench/hdmf runs it and says what it is for."""
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
sys.path[:0] = [str(HERE)]

import hdmf_zarr  # noqa: E402
import zarr  # noqa: E402

import document  # noqa: E402
import make_inputs  # noqa: E402

FASTER = 20  # The bar.

# The stores: series, rows of references, samples of a series.
STORES = {"reading": (3_000, 5_000, 400), "long": (3_000, 5_000, 4_000), "few": (300, 500, 400)}

# What hdmf-zarr does in a process of its own, from opening on; what Python takes to start and import is not counted.
HDMF_ZARR = """
import json, os, resource, sys, time, warnings
os.environ["NUMCODECS_ALLOW_UNSAFE_PICKLE_DECODE"] = "1"
warnings.simplefilter("ignore")
from hdmf.build import BuildManager, TypeMap
from hdmf.spec import NamespaceCatalog
from hdmf_zarr.backend import ZarrIO
from hdmf_zarr.nwb import NWBZarrIO

def list_group(group, path, found):
    found.append([path, "group", group.attributes.get("neurodata_type"), group.attributes.get("object_id")])
    for name, child in group.datasets.items():
        found.append([path.rstrip("/") + "/" + name, "dataset", child.attributes.get("neurodata_type"),
                      child.attributes.get("object_id")])
    for name, child in group.groups.items():
        list_group(child, path.rstrip("/") + "/" + name, found)

def path_of(builder):
    names = []
    while builder is not None:
        names.append(builder.name)
        builder = builder.parent
    return "/" + "/".join(reversed(names[:-1]))

start = time.perf_counter()
io = ZarrIO(sys.argv[1], mode="r", manager=BuildManager(TypeMap(NamespaceCatalog())))
root = io.read_builder()
found = []
list_group(root, "/", found)
listed = time.perf_counter() - start
start = time.perf_counter()
column = root["intervals/trials/series"].data
targets = [path_of(column[i]) for i in range(len(column))]
resolved = time.perf_counter() - start
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
seconds = [listed, resolved]
if sys.argv[3] == "containers":
    start = time.perf_counter()
    with NWBZarrIO(sys.argv[1], mode="r", load_namespaces=True) as nwb:
        nwb.read()
    seconds.append(time.perf_counter() - start)
json.dump({"list": sorted(found), "targets": targets, "seconds": seconds, "memory": memory},
          open(sys.argv[2], "w"))
"""


def by_hdmf_zarr(store, what="builders"):
    with tempfile.NamedTemporaryFile("r", suffix=".json") as printed:
        subprocess.run([sys.executable, "-c", HDMF_ZARR, store, printed.name, what], check=True, stdout=subprocess.DEVNULL)
        return json.load(printed)


def tool(*arguments):
    done = subprocess.run([os.environ["ENGRAM_READ_TOOL"], *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"engram_read_tool {arguments} failed: {done.stderr}")
    return json.loads(done.stdout)


def make(name, cache):
    series, references, samples = STORES[name]
    store = cache / f"{name}-1.nwb.zarr"
    if store.exists():
        return store
    print(f"making {store}", flush=True)
    source = make_inputs.made("reading", cache, series=series, references=references, samples=samples)
    shutil.rmtree(f"{store}.part", ignore_errors=True)
    subprocess.run([os.environ["ENGRAM"], "convert", "--quiet", source, store], check=True)
    source.unlink()
    return store


def unequal(store, theirs):
    """What hdmf-zarr lists and resolves and engram does not, or the other way round; hdmf-zarr does not show cached schemas."""
    ours = sorted(entry[:4] for entry in tool("list", store) if not entry[0].startswith("/specifications"))
    listed = [entry for entry in theirs["list"] if not entry[0].startswith("/specifications")]
    if ours != listed:
        return next(f"{a} and {b}" for a, b in zip(ours + [None], listed + [None]) if a != b)
    references = tool("references", store)
    targets = [references[f"/intervals/trials/series[{i}]"] for i in range(len(theirs["targets"]))]
    return None if targets == theirs["targets"] else "the references differ"


def cell(seconds):
    return f"{statistics.median(seconds) * 1000:,.1f} ms ({min(seconds) * 1000:,.1f} - {max(seconds) * 1000:,.1f})"


def metadata_size(store):
    return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(store) for name in names
               if name.startswith(".z") and name != ".zmetadata")


def data_size(store):
    return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(store) for name in names
               if not name.startswith(".z"))


def main():
    given = document.parsed(document.options(7))
    stores = {name: make(name, given.cache) for name in STORES}
    store = stores["reading"]
    ours, theirs = [], []
    containers = by_hdmf_zarr(store, "containers")["seconds"][2]  # Once: it takes long.
    tool("time", store, 1)
    for _ in range(given.runs):
        mine, other = tool("time", store, 1), by_hdmf_zarr(store)
        ours.append([mine["open_and_list"][0], mine["resolve"][0], mine["peak_bytes"]])
        theirs.append([*other["seconds"], other["memory"]])
        print(f"engram {mine['open_and_list'][0]:.3f} s, {mine['resolve'][0]:.3f} s; hdmf-zarr "
              + ", ".join(f"{seconds:.3f} s" for seconds in other["seconds"]), flush=True)
    found = unequal(store, other)
    if found:
        sys.exit(f"the results are not equal: {found}")
    opened = statistics.median(t[0] for t in theirs) / statistics.median(o[0] for o in ours)
    resolved = statistics.median(t[1] for t in theirs) / statistics.median(o[1] for o in ours)
    series, references, samples = STORES["reading"]
    lines = ["# How fast `engram::hdmf` reads", "",
             f"`bench/hdmf` makes stores of {series:,} series of {samples} samples and a table of {references:,} references to them (fixed seed, kept in "
             "the user's cache), and reads the same store with engram and with hdmf-zarr by turns, each in a process of its own. What is measured is "
             "the time inside of the process, from before the store is opened: what Python takes to start and import is not counted. Both must give "
             "the same list (path, kind, type and id of each group and dataset) and the same target of each reference.", "",
             f"Made by `bench/hdmf` on {datetime.date.today()}: {document.machine()}; hdmf-zarr {hdmf_zarr.__version__}, zarr {zarr.__version__}. "
             f"Medians of {given.runs} runs (least - most).", "",
             f"| {len(other['list']):,} groups and datasets | open and list | resolve {len(other['targets']):,} references | peak memory |", "|---|---|---|---|",
             f"| engram | {cell([o[0] for o in ours])} | {cell([o[1] for o in ours])} | {max(o[2] for o in ours) / 1e6:,.0f} MB |",
             f"| hdmf-zarr, builders | {cell([t[0] for t in theirs])} | {cell([t[1] for t in theirs])} | {max(t[2] for t in theirs) / 1e6:,.0f} MB |",
             f"| hdmf-zarr, NWB containers | {containers * 1000:,.1f} ms (once) | - | - |", "",
             f"**engram opens and lists {opened:.1f} times faster** (bar: {FASTER}) than hdmf-zarr reads builders, which is the part of it that does no more than "
             f"engram; it resolves references {resolved:.1f} times faster.", "",
             "What opening, listing and resolving takes of memory is in proportion to the metadata, whatever the data:", "",
             "| store | metadata | data | peak memory |", "|---|---|---|---|"]
    peaks = {}
    for name, (count, rows, length) in STORES.items():
        peaks[name] = min(tool("time", stores[name], 1)["peak_bytes"] for _ in range(3))
        lines.append(f"| {count:,} series of {length:,} samples, {rows:,} references | {metadata_size(stores[name]) / 1e6:,.1f} MB "
                     f"| {data_size(stores[name]) / 1e6:,.1f} MB | {peaks[name] / 1e6:,.1f} MB |")
    lines.append("")
    print("\n".join(lines))
    if not given.no_write:
        document.write_part("hdmf", "\n".join(lines))
    same = abs(peaks["long"] - peaks["reading"]) < 0.1 * peaks["reading"] and peaks["few"] < peaks["reading"]
    if not same:
        print("memory is not what it should be: the data must not count, the metadata may", file=sys.stderr)
    return 0 if opened >= FASTER and same else 1


if __name__ == "__main__":
    sys.exit(main())
