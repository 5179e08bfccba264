"""This checkout against another commit's, by turns; bench/compare runs it and says what it is for."""
import os
import statistics
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import convert as conversions  # noqa: E402
import document  # noqa: E402
import make_inputs  # noqa: E402
import reading  # noqa: E402
from measuring import asked, converted, measured, remove  # noqa: E402

COMMAND = "build/release/converters/cli/engram"
SLOWER = 1.1


def converting(name, cache):
    """A function that gives the seconds of one conversion by the checkout `root`."""
    work = conversions.WORKLOADS[name]
    source = make_inputs.made(work.make.__name__, cache)

    def run(root, number):
        target = cache / f"compare-{name}-{number}.zarr"
        seconds = converted(root / COMMAND, source, target, work.options).seconds
        remove(target)
        return seconds
    return run


def slicing(name, cache):
    """The same of all reads of bench/reading on one store."""
    store = reading.store_of(name, cache)
    reads = [regions for _, regions, _ in reading.READS.values()]

    def run(root, _):
        answers = asked([root / "build/release/bench/engram_array_reads", store, reading.ARRAY, os.cpu_count(), 2], reads)
        return sum(answer["seconds"][1] for answer in answers)
    return run


def listing(cache):
    """The same of opening and listing 3,000 series."""
    source = make_inputs.made("many", cache)
    store = cache / "compare-many.zarr"

    def run(root, _):
        if not store.exists():
            converted(root / COMMAND, source, store)
        return measured([root / COMMAND, "tree", store], False).seconds
    return run


def main():
    arguments = document.options(5)
    arguments.add_argument("--only", action="append")
    arguments.add_argument("this", type=Path)
    arguments.add_argument("other", type=Path)
    given = document.parsed(arguments)
    measures = {name: (lambda name=name: converting(name, given.cache)) for name in conversions.WORKLOADS}
    measures |= {f"read-{name}": (lambda name=name: slicing(name, given.cache)) for name in reading.STORES}
    measures["tree"] = lambda: listing(given.cache)
    unknown = set(given.only or ()) - set(measures)
    if unknown:
        sys.exit(f"{', '.join(sorted(unknown))}: there are {', '.join(measures)}")
    print(f"{'':12} {'before':>9} {'now':>9} {'ratio':>7}")
    slower = []
    for name in given.only or measures:
        run, times = measures[name](), {given.other: [], given.this: []}
        for number in range(given.runs + 1):  # The first of each warms up and is not counted.
            for root, seconds in times.items():
                took = run(root, number)
                if number:
                    seconds.append(took)
        before, now = (statistics.median(times[root]) for root in (given.other, given.this))
        # Noise makes one run slow; a change makes each of them so.
        if now > SLOWER * before and min(times[given.this]) > SLOWER * min(times[given.other]):
            slower.append(name)
        print(f"{name:12} {before:7.3f} s {now:7.3f} s {now / before:7.2f}{'  slower' if name in slower else ''}", flush=True)
    print(f"slower: {', '.join(slower)}" if slower else "nothing is slower")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
