"""Runs a command and says what it took."""
import dataclasses
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile


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


@functools.cache
def waits_for_disk(engram):
    """Whether this `engram`, which may be one of an earlier commit, has an option not to."""
    return "--no-sync" in subprocess.run([engram, "convert", "--help"], capture_output=True, text=True, check=True).stdout


def converted(engram, source, target, options=()):
    """What it takes the command `engram` to convert, without waiting for the disk, which the peers don't; `target` stays."""
    remove(target)
    subprocess.run(["sync"], check=True)
    no_sync = ("--no-sync",) if waits_for_disk(os.fspath(engram)) else ()
    return measured([engram, "convert", "--quiet", *no_sync, *options, source, target], False)


def asked(command, reads, **more):
    """What engram_array_reads, or a program that is asked as it is, answers to each of `reads`, lists of regions."""
    done = subprocess.run(list(map(str, command)), input="".join(json.dumps(regions) + "\n" for regions in reads),
                          capture_output=True, text=True, check=False, **more)
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def remove(target):
    if target.is_file():
        target.unlink()
    shutil.rmtree(target, ignore_errors=True)
