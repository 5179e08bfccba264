"""hdmf-zarr, PyNWB and zarr-python read a store while engram streams into it, and after engram was killed."""
import os
import random
import shutil
import signal
import subprocess
import time
import warnings

import numpy as np
import pytest
import zarr

import engram

TOOL = os.environ.get("ENGRAM_STREAM_TOOL") or os.environ.get("ENGRAM_ZARR_TOOL", "").replace("engram_zarr_tool", "engram_stream_tool")
SEED = int(os.environ.get("ENGRAM_PROPERTY_SEED", "1"))
SERIES = "acquisition/streamed"


def tool(*arguments):
    done = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def store(session_nwb, tmp_path):
    """A store that is a session with a series of 25 streamed rows."""
    path = tmp_path / "x.nwb.zarr"
    shutil.copyfile(session_nwb, f"{path}.nwb")
    tool("create", path, 25)
    return path


def opened(path, consolidated):
    medium = zarr.DirectoryStore(str(path))
    return zarr.open_consolidated(medium, mode="r") if consolidated else zarr.open_group(medium, mode="r")


def check_rows(series, notes, at_once=True):
    """That they hold rows as the tool makes them, and how many. Without at_once their numbers may differ."""
    data, times, text = series["data"][:], series["timestamps"][:], notes[:]
    for rows, expected in ((data, np.arange(3 * len(data)).astype("u2").astype("i2").reshape(-1, 3)),
                           (times, np.arange(len(times)) / 1000),
                           (text, np.array([f"row {i}" for i in range(len(text))], dtype=object))):
        np.testing.assert_array_equal(rows, expected)
    if at_once:
        assert len(data) == len(times) == len(text)
    return len(data)


def check_zarr(path):
    """The rows that zarr-python finds by consolidated metadata."""
    group = opened(path, consolidated=False)
    check_rows(group[SERIES], group["scratch/notes"], at_once=False)
    group = opened(path, consolidated=True)
    return check_rows(group[SERIES], group["scratch/notes"])


def check_hdmf(path):
    """The rows that PyNWB finds."""
    from hdmf_zarr import NWBZarrIO
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with NWBZarrIO(str(path), mode="r") as io:
            nwb = io.read()
            series = nwb.acquisition["streamed"]
            assert type(series).__name__ == "ElectricalSeries"
            assert series.electrodes.table is nwb.electrodes
            assert series.unit == "volts" and series.conversion == 1e-6
            return check_rows({"data": series.data, "timestamps": series.timestamps}, nwb.scratch["notes"].data)


def test_a_session_is_streamed_into(store):
    assert check_zarr(store) == check_hdmf(store) == 25
    tool("append", store, 500, 7, 3)
    assert check_zarr(store) == check_hdmf(store) == 525
    tool("queue", store, 300)
    assert check_zarr(store) == check_hdmf(store) == 825
    # Whatever zarr-python would consolidate is there already.
    before = (store / ".zmetadata").read_bytes()
    zarr.consolidate_metadata(zarr.DirectoryStore(str(store)))
    assert (store / ".zmetadata").read_bytes() == before
    told = engram.run("validate", store, "--json")
    assert told.code == 0, told.told()


def test_readers_see_whole_rows_all_the_time(store):
    with subprocess.Popen([TOOL, "append", store, "4000", "9", "2"], stdout=subprocess.DEVNULL) as writer:
        seen = []
        while writer.poll() is None:
            seen.append(check_zarr(store) if len(seen) % 4 else check_hdmf(store))
        assert writer.returncode == 0
    assert seen == sorted(seen)
    assert check_hdmf(store) == check_zarr(store) == 4025


def test_killed_at_any_time(store):
    random_times = random.Random(SEED)
    rows = 25
    for _ in range(12):
        with subprocess.Popen([TOOL, "append", store, "100000", "13", "2"], stdout=subprocess.PIPE, text=True) as writer:
            time.sleep(random_times.uniform(0.01, 0.25))
            writer.send_signal(signal.SIGKILL)
            lines = [line for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        flushed = int(lines[-1]) if lines else rows
        found = check_zarr(store)
        # Up to the last flush that was told of, or one more that was done and not told.
        assert flushed <= found <= flushed + 26, (flushed, found)
        assert check_hdmf(store) == found
        rows = found
    tool("append", store, 100, 100)
    assert check_zarr(store) == check_hdmf(store) == rows + 100


@pytest.mark.parametrize("shape,size", [((2000000, 384), 2), ((1000,), 8), ((100000000,), 8), ((300, 1080, 1920), 2), ((7, 5, 3), 1),
                                        ((1000000, 2, 2), 4), ((64, 64, 64, 100000), 2), ((1, 1), 8), ((12345, 67), 4)])
@pytest.mark.parametrize("chunk_mb,buffer_gb", [(10.0, 1.0), (0.5, 0.1)])
def test_blocks_are_those_of_hdmf(shape, size, chunk_mb, buffer_gb):
    from hdmf.data_utils import GenericDataChunkIterator

    class Blocks(GenericDataChunkIterator):
        def _get_data(self, selection):
            raise NotImplementedError

        def _get_maxshape(self):
            return shape

        def _get_dtype(self):
            return np.dtype(f"u{size}")

    blocks = Blocks(chunk_mb=chunk_mb, buffer_gb=buffer_gb)
    lines = tool("shapes", size, int(chunk_mb * 1e6), int(buffer_gb * 1e9), *shape).splitlines()
    assert [tuple(map(int, line.split())) for line in lines] == [tuple(blocks.chunk_shape), tuple(blocks.buffer_shape)]
