"""The scripts' first use on a machine that lacks things, played with stand-ins for Debian's tools."""
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

TOOLS = {
    "dpkg-query": 'for word; do case $word in -*|*Status*|cmake|ccache) ;; *) echo "installed $word" ;; esac; done; exit 1',
    "apt-get": 'echo "apt-get $*" >>"$LOG"',
    "id": 'echo "$PLAYED_UID"',
    "sudo": 'echo sudo >>"$LOG"; "$@"',
}


@pytest.fixture
def run_need_packages(tmp_path):
    """Runs need_packages as user `uid`; its result and what was called."""
    def run(uid, tools, *packages):
        checkout = tmp_path / "checkout" / "scripts"
        checkout.mkdir(parents=True)
        (checkout / "common.bash").write_text((ROOT / "scripts" / "common.bash").read_text())
        for name in tools:
            tool = tmp_path / "bin" / name
            tool.parent.mkdir(exist_ok=True)
            tool.write_text(f"#!/bin/bash\n{TOOLS[name]}\n")
            tool.chmod(0o755)
        for name in ("bash", "env", "grep", "dirname", "mkdir", "tail"):
            (tmp_path / "bin" / name).symlink_to(f"/usr/bin/{name}")
        log = tmp_path / "log"
        log.touch()
        done = subprocess.run(
            ["/bin/bash", "-c", 'set -euo pipefail; source "$0"; need_packages "$@"', checkout / "common.bash", *packages],
            env={"PATH": str(tmp_path / "bin"), "LOG": str(log), "PLAYED_UID": str(uid), "HOME": os.fspath(tmp_path)},
            capture_output=True, text=True)
        assert done.stdout == ""
        return done, log.read_text().splitlines()
    return run


def test_only_what_is_missing_is_installed(run_need_packages):
    done, called = run_need_packages(0, ["dpkg-query", "apt-get", "id"], "g++", "cmake", "ccache", "ninja-build")
    assert done.returncode == 0, done.stderr
    assert "installing cmake ccache\n" in done.stderr
    assert len(called) == 2 and called[0].endswith(" update")
    assert called[1].endswith(" install --yes --no-install-recommends cmake ccache")


def test_nothing_is_called_when_nothing_is_missing(run_need_packages):
    done, called = run_need_packages(0, ["dpkg-query", "apt-get", "id"], "g++", "ninja-build")
    assert (done.returncode, done.stderr, called) == (0, "", [])


def test_others_than_root_use_sudo(run_need_packages):
    done, called = run_need_packages(1000, ["dpkg-query", "apt-get", "id", "sudo"], "cmake")
    assert done.returncode == 0 and called.count("sudo") == 2


def test_without_sudo_it_says_what_to_do(run_need_packages):
    done, called = run_need_packages(1000, ["dpkg-query", "apt-get", "id"], "cmake")
    assert done.returncode == 70 and called == []
    assert "to install as root: apt-get install cmake" in done.stderr


def test_elsewhere_than_on_debian_it_goes_on(run_need_packages):
    done, called = run_need_packages(0, ["apt-get", "id"], "cmake")
    assert done.returncode == 0 and called == []
    assert "cmake" in done.stderr
