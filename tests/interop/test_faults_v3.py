"""As test_faults, of Zarr v3 with shards: a shard is whole or absent, and --resume ends with the same bytes."""
import shutil

import pytest

import test_faults as faults
from test_faults import POINTS, source  # noqa: F401 - a fixture

pytestmark = pytest.mark.skipif(not faults.FAULTS, reason="ENGRAM_FAULTS does not name engram_faults.so")
PARTS = 4
OPTIONS = (*faults.OPTIONS, "--zarr-format", "3", "--shards", "/copied=1000,16", "--shards", "/contiguous=600,40")


@pytest.fixture(autouse=True)
def options(monkeypatch):
    monkeypatch.setattr(faults, "OPTIONS", OPTIONS)


@pytest.fixture(scope="module")
def whole_v3(source, tmp_path_factory):  # noqa: F811
    target = tmp_path_factory.mktemp("whole") / "out.zarr"
    faults.engram.convert(source, target, *OPTIONS, "--chunks", "/contiguous=100,40")
    found = faults.content(target)
    assert {"copied/c.3.0", "contiguous/c.4.0"} <= set(found)
    return found


@pytest.mark.parametrize("kind, number, action", faults.some(POINTS, 12))
def test_killed_at(kind, number, action, source, whole_v3, tmp_path):  # noqa: F811
    faults.test_killed_at(kind, number, action, source, whole_v3, tmp_path)


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_a_random_time(part, source, whole_v3, tmp_path):  # noqa: F811
    faults.test_killed_at_a_random_time(part, source, whole_v3, tmp_path)


@pytest.mark.parametrize("part", range(PARTS))
def test_full_disk(part, source, whole_v3, tmp_path):  # noqa: F811
    faults.test_full_disk(part, source, whole_v3, tmp_path)


@pytest.mark.parametrize("action", ["EIO", "short"])
@pytest.mark.parametrize("part", range(PARTS))
def test_errors_of_the_system(part, action, source, whole_v3, tmp_path):  # noqa: F811
    faults.test_errors_of_the_system(part, action, source, whole_v3, tmp_path)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_memory(part, source, whole_v3, tmp_path):  # noqa: F811
    faults.test_no_memory(part, source, whole_v3, tmp_path)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_same_bytes_whatever_the_threads(threads, source, whole_v3, tmp_path):  # noqa: F811
    target = tmp_path / "out.zarr"
    faults.engram.convert(source, target, *OPTIONS[2:], "--chunks", "/contiguous=100,40", "--threads", str(threads))
    assert faults.content(target) == whole_v3
    shutil.rmtree(target)
