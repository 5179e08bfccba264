"""Runs the command `engram` and reads its report."""
import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile

COMMAND = os.environ.get("ENGRAM", "engram")
EXIT_CODES = {0, 2, 3, 4, 5, 6, 7, 8, 9}  # those that --help documents for a conversion; 70 would be a bug


@dataclasses.dataclass
class Run:
    code: int
    out: str
    err: str

    @property
    def report(self):
        return json.loads(self.out)

    @property
    def notices(self):
        return self.report["notices"]

    def told(self):
        """For messages: as Unicode that can be sent on, whatever bytes there were."""
        return f"exit {self.code}\n{self.out[-2000:]}\n{self.err[-4000:]}".encode("utf-8", "backslashreplace").decode()


def run(*arguments, timeout=120, sync=False, **more):
    """Runs `engram ARGUMENTS`; a run past its time is killed and is a failure. Unless `sync`, a conversion doesn't wait for the disk,
    which has what all other tests write to it too."""
    if arguments[:1] == ("convert",) and not sync:
        arguments += ("--no-sync",)
    process = subprocess.Popen([COMMAND, *map(os.fspath, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="surrogateescape", start_new_session=True,
                               **more)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise AssertionError(f"engram {arguments} took more than {timeout} s") from None
    return Run(process.returncode, out, err)


# A process that is small itself: a child's peak is at least what its parent had in memory when it was started.
WATCH = """import os, subprocess, sys
process = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=open(sys.argv[1], "w"))
_, status, usage = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)"""


def measured(*arguments):
    """(Run, CPU seconds, MB of the larger of the command and the process that works for it). Not seconds by the clock: other
    tests run beside it."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8", errors="surrogateescape") as out:
        watched = subprocess.run([sys.executable, "-I", "-S", "-c", WATCH, out.name, COMMAND, *map(os.fspath, arguments)],
                                 capture_output=True, text=True, errors="surrogateescape", check=True)
        code, seconds, megabytes = watched.stdout.split()
        return Run(int(code), out.read(), watched.stderr), float(seconds), float(megabytes)


def convert(source, target, *options, timeout=120):
    """Converts, which must succeed; the Run, whose report is read."""
    result = run("convert", source, target, "--json", *options, timeout=timeout)
    assert result.code == 0, result.told()
    assert not os.path.exists(f"{target}.part"), "a .part is left"
    return result
