"""What codecs and chunks make of typical arrays; bench/encodings runs it and says what it is for."""
import os
import statistics
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import h5py  # noqa: E402
import numpy as np  # noqa: E402

import document  # noqa: E402
import make_inputs as made  # noqa: E402
from measuring import asked, converted, remove  # noqa: E402

CODECS = ("none", "blosc:lz4:5:shuffle", "blosc:lz4:5:bitshuffle", "blosc:zstd:1:bitshuffle", "blosc:zstd:5:shuffle",
          "blosc:zstd:5:bitshuffle", "blosc:zstd:9:bitshuffle", "zstd:5", "zlib:4")
DEFAULT = "blosc:zstd:5:bitshuffle"
ROWS = {"1 MB": 8_192, "10 MB (default)": 81_920, "40 MB": 327_680}  # Of 64 channels of int16.


KINDS = {"electrophysiology, int16": "ephys", "two-photon images, uint16": "images", "spike times, float64": "spikes"}


def source_of(name, cache):
    path = made.made("plain", cache, kind=KINDS[name])
    with h5py.File(path) as file:
        return path, file["data"].shape, file["data"].nbytes


def encode(source, target, *options):
    return converted(os.environ["ENGRAM"], source, target, options).seconds


def read(store, shape, regions=None):
    regions = regions or [[[0] * len(shape), list(shape)]]
    answer, = asked([os.environ["ENGRAM_ARRAY_READS"], store, "data", os.cpu_count(), 3], [regions])
    return statistics.median(answer["seconds"][1:])


def size(store):
    return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(store) for name in names)


def codecs(cache, runs):
    lines = []
    for name in KINDS:
        source, shape, total = source_of(name, cache)
        lines += [f"### {name}, {total / 1e6:,.0f} MB", "", "| codec | times smaller | converted, MB/s | read, MB/s |", "|---|---|---|---|"]
        for codec in CODECS:
            target = cache / "encodings.zarr"
            seconds = statistics.median(encode(source, target, "--codec", codec) for _ in range(runs))
            mark = "**" if codec == DEFAULT else ""
            lines.append(f"| {mark}{codec}{mark} | {total / size(target):.2f} | {total / seconds / 1e6:,.0f} | {total / read(target, shape) / 1e6:,.0f} |")
            print(name, lines[-1], flush=True)
            remove(target)
        lines.append("")
    return lines


def chunks(cache):
    source, shape, _ = source_of(next(iter(KINDS)), cache)
    lines = ["### Lengths of chunks: electrophysiology, 64 channels wide", "",
             "| a chunk | one second of all channels | one channel over all time | 20 windows of 10 ms |", "|---|---|---|---|"]
    second = [[[60_000, 0], [30_000, shape[1]]]]
    channel = [[[0, 100], [shape[0], 1]]]
    windows = [[[at, 0], [300, shape[1]]] for at in np.random.default_rng(48).integers(0, shape[0] - 300, 20).tolist()]
    for title, rows in ROWS.items():
        target = cache / "encodings.zarr"
        encode(source, target, "--codec", DEFAULT, "--chunks", f"{rows},64")
        lines.append(f"| {title} | " + " | ".join(f"{1000 * read(target, shape, what):.1f} ms" for what in (second, channel, windows)) + " |")
        print(lines[-1], flush=True)
        remove(target)
    return lines


def main():
    given = document.parsed(document.options(3))
    lines = codecs(given.cache, given.runs) + chunks(given.cache)
    if not given.no_write:
        document.write_runs("encodings", given.runs, lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
