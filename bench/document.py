"""docs/benchmarks.md: each benchmark writes its own part and leaves those of the others alone."""
import argparse
import datetime
import os
import platform
import re
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
MARK = re.compile(r"^<!-- bench/(\w+) -->\n", re.MULTILINE)


def options(runs, only=()):
    """The options that the benchmarks share, to which more may be added; `runs` unless told otherwise."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--cache", type=Path, required=True)
    arguments.add_argument("--runs", type=int, default=runs)
    arguments.add_argument("--no-write", action="store_true")
    if only:
        arguments.add_argument("--only", choices=only, action="append")
    return arguments


def parsed(arguments):
    given = arguments.parse_args()
    given.cache.mkdir(parents=True, exist_ok=True)
    return given


def write_runs(name, runs, lines):
    """The part of bench/`name`: its head, when it was made of how many runs, and `lines`."""
    head = Path(__file__).with_name(f"{name}_head.md").read_text(encoding="utf-8")
    when = f"Made by `bench/{name}` on {datetime.date.today()}: {machine()}; {runs} runs each."
    write_part(name, "\n".join([head, when, "", *lines]))


def write_part(name, text):
    """Replaces the part of bench/`name`. Parts stand in the order of their first writing, "a_b" behind "a"."""
    old = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
    pieces = MARK.split(old)
    parts = {"convert": pieces[0]} if pieces[0].strip() else {}  # It began without a mark.
    parts.update(zip(pieces[1::2], pieces[2::2]))
    parts[name] = text
    families = {key.split("_")[0]: None for key in parts}  # In their order.
    DOCUMENT.write_text("\n".join(f"<!-- bench/{key} -->\n{part.strip()}\n" for family in families for key, part in parts.items()
                                  if key.split("_")[0] == family), encoding="utf-8")


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), platform.processor())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} x {model}, {memory:.0f} GB, {platform.system()} {platform.release().split('-')[0]}"
