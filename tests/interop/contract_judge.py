"""run_contract.py, in whose folder this is told to look, with its judge in forks of one process: what it imports takes
longer than what it compares.

contract_judge.py TOOLS ARGUMENT...
"""
import os
import subprocess
import sys
import tempfile
import traceback

TOOLS = sys.argv.pop(1)
sys.path.insert(0, TOOLS)

import compare_nwb  # noqa: E402
import run_contract  # noqa: E402


def run(command, **options):
    """subprocess.run(), but for the comparer, which runs here: in a process of its own all the same."""
    if os.path.basename(command[1]) != "compare_nwb.py":
        return subprocess.run(command, **options)  # noqa: PLW1510: check is the caller's
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        child = os.fork()
        if child == 0:
            code = 70
            try:
                os.dup2(out.fileno(), 1)
                os.dup2(errors.fileno(), 2)
                sys.argv = command[1:]
                code = compare_nwb.main()
            except SystemExit as end:
                code = end.code or 0
            except BaseException:
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(command, os.waitstatus_to_exitcode(status), out.read(), errors.read())


class Subprocess:
    """What run_contract uses of the module."""
    run = staticmethod(run)


run_contract.subprocess = Subprocess
sys.exit(run_contract.main())
