"""How time and memory grow with the input; bench/growth runs it and says what it is for."""
import math
import os
import statistics
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import document  # noqa: E402
import make_inputs  # noqa: E402
from measuring import converted, remove  # noqa: E402

STEPS = (1, 4, 16)
LINEAR = 1.5      # The most that the time of one unit may grow from the first step to the last.
MEMORY = 300      # MB, for any number of bytes.
RECODED = "/acquisition/**=blosc:lz4:5:shuffle"
# What grows: maker, argument, its value at the first step, what it is called, options of the conversion.
KINDS = {
    "copied": ("ephys", "frames", make_inputs.FRAMES // 4, "bytes copied (0.25 GB of electrophysiology a step)", ()),
    "recoded": ("ephys", "frames", make_inputs.FRAMES // 4, "bytes decoded and encoded anew", ("--codec", RECODED)),
    "series": ("many", "count", 750, "time series (750 a step)", ()),
    "rows": ("behavior", "rows", make_inputs.ROWS // 4, "rows of text and references (50,000 a step)", ()),
}
# Arrays of 100 GB of which next to nothing is on the disk.
HOLES = {"contiguous": None, "in chunks of 13,020 x 64, gzip": make_inputs.CHUNK}


def grow(kind, cache, runs):
    """[(seconds, MB)] for each step."""
    maker, argument, first, _, options = KINDS[kind]
    sources = [make_inputs.made(maker, cache, **{argument: first * step}) for step in STEPS]
    rows = [[] for _ in STEPS]
    for run in range(runs + 1):  # The first of each warms up and is not counted.
        for source, got in zip(sources, rows):
            # What many files were just removed from takes several times as long to make others in: all stay to the end.
            result = converted(os.environ["ENGRAM"], source, cache / f"growth-{kind}-{source.stem}-{run}.zarr", options)
            if run:
                got.append(result)
                print(f"{source.name:28} {kind:8} {result.seconds:7.2f} s {result.memory:6.0f} MB", flush=True)
    for made in cache.glob(f"growth-{kind}-*.zarr"):
        remove(made)
    return [(statistics.median(r.seconds for r in got), max(r.memory for r in got)) for got in rows]


def plot(results):
    """An SVG: time against size, both as multiples of the first step, on logarithmic axes; a straight diagonal is linear."""
    size, edge, colors = 300, 50, ("#0b62a4", "#c1440e", "#3a7d44", "#7a4fa3")
    most = max(2 * STEPS[-1], *(got[-1][0] / got[0][0] for got in results.values()))

    def place(x, y):
        scale = size / math.log(most)
        return f"{edge + scale * math.log(x):.1f},{edge + size - scale * math.log(max(y, 1 / 4)):.1f}"

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size + 2 * edge + 210} {size + 2 * edge}" '
             'font-family="sans-serif" font-size="12">',
             f'<path d="M{edge} {edge}V{edge + size}H{edge + size}" fill="none" stroke="#888"/>',
             f'<polyline points="{place(1, 1)} {place(STEPS[-1], STEPS[-1])}" stroke="#bbb" stroke-dasharray="4" fill="none"/>']
    for step in STEPS:
        x, y = place(step, 1).split(",")
        parts.append(f'<text x="{x}" y="{edge + size + 18}" text-anchor="middle">{step}x</text>')
        parts.append(f'<text x="{edge - 8}" y="{place(1, step).split(",")[1]}" text-anchor="end">{step}x</text>')
    parts.append(f'<text x="{edge + size / 2}" y="{edge + size + 38}" text-anchor="middle">size of the input</text>')
    parts.append(f'<text x="{edge}" y="{edge - 14}" text-anchor="middle">time</text>')
    for at, ((kind, got), color) in enumerate(zip(results.items(), colors)):
        points = " ".join(place(step, seconds / got[0][0]) for step, (seconds, _) in zip(STEPS, got))
        parts.append(f'<polyline points="{points}" stroke="{color}" stroke-width="2" fill="none"/>')
        parts.append(f'<text x="{edge + size + 20}" y="{edge + 20 + 20 * at}" fill="{color}">{kind}</text>')
    parts.append(f'<text x="{edge + size + 20}" y="{edge + 20 + 20 * len(results)}" fill="#888">dashed: linear</text>')
    return "\n".join([*parts, "</svg>", ""])


def main():
    given = document.parsed(document.options(3, [*KINDS, "holes"]))
    chosen, met = given.only or [*KINDS, "holes"], True
    results = {kind: grow(kind, given.cache, given.runs) for kind in KINDS if kind in chosen}
    lines = ["| what grows | " + " | ".join(f"{step} x" for step in STEPS) + " | time of one unit, 16 x against 1 x | peak memory |",
             "|---|" + "---|" * (len(STEPS) + 2)]
    for kind, got in results.items():
        growth = got[-1][0] / got[0][0] / STEPS[-1]
        met &= growth <= LINEAR and (kind not in ("copied", "recoded") or got[-1][1] <= MEMORY)
        lines.append(f"| {kind}: {KINDS[kind][3]} | " + " | ".join(f"{seconds:.2f} s" for seconds, _ in got)
                     + f" | {growth:.2f} | " + ", ".join(f"{memory:.0f}" for _, memory in got) + " MB |")
    if "holes" in chosen:
        lines += ["", "| 100 GB of int16 of which 10 MB are on the disk | time | peak memory |", "|---|---|---|"]
        for title, chunks in HOLES.items():
            source = make_inputs.made("hole", given.cache, gigabytes=100, chunks=chunks)
            got = converted(os.environ["ENGRAM"], source, given.cache / "growth-hole.zarr")
            remove(given.cache / "growth-hole.zarr")
            met &= got.memory <= MEMORY
            lines.append(f"| {title} | {got.seconds:.1f} s | {got.memory:.0f} MB |")
            print(lines[-1], flush=True)
    lines += ["", f"Bars: the time of one unit grows by no more than {LINEAR:g}, memory of arrays stays below {MEMORY} MB. "
              + ("Both are met." if met else "**Not all are met.**")]
    print("\n".join(lines))
    if not given.no_write and not given.only:
        document.DOCUMENT.with_name("growth.svg").write_text(plot(results), encoding="utf-8")
        document.write_runs("growth", given.runs, [*lines, "", "![time against size](growth.svg)"])
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
