"""The files that bench/convert and bench/hdmf measure on, the same content on every run."""
import random
import uuid
from datetime import datetime, timezone

import h5py
import numpy as np
from hdmf.backends.hdf5 import H5DataIO
from pynwb import NWBFile, NWBHDF5IO, TimeSeries
from pynwb.ecephys import ElectricalSeries

CHANNELS, FRAMES, CHUNK = 384, 1_302_000, (13_020, 64)  # int16: 1.0 GB; chunks of 1.7 MB, as large as NeuroConv's
SERIES = 3_000


def ephys(path):
    """A Neuropixels-like recording, deflated as h5py and NeuroConv do by default (gzip 4, no shuffle)."""
    nwb = session()
    device = nwb.create_device("probe")
    shank = nwb.create_electrode_group("shank", "a shank", "CA1", device)
    for i in range(CHANNELS):
        nwb.add_electrode(location="CA1", group=shank, x=0.0, y=20.0 * i, z=0.0)
    empty = H5DataIO(shape=(FRAMES, CHANNELS), dtype=np.dtype("i2"), chunks=CHUNK, compression="gzip")
    nwb.add_acquisition(ElectricalSeries(
        name="raw", data=empty, rate=30_000.0, conversion=2.34e-6,
        electrodes=nwb.create_electrode_table_region(list(range(CHANNELS)), "all")))
    with NWBHDF5IO(path, "w") as io:
        io.write(nwb)
    with h5py.File(path, "r+") as file:
        for start, block in blocks():
            file["acquisition/raw/data"][start:start + len(block)] = block


def blocks():
    """Noise of some microvolts over a slow wave that all channels share, with spikes."""
    rng = np.random.default_rng(42)
    for start in range(0, FRAMES, CHUNK[0]):
        count = min(CHUNK[0], FRAMES - start)
        wave = 60 * np.sin(np.arange(start, start + count) / 700.0)
        block = rng.normal(0, 6, (count, CHANNELS)) + wave[:, None]
        spikes = rng.integers(0, count, 200), rng.integers(0, CHANNELS, 200)
        block[spikes] -= 80
        yield start, block.astype("i2")


def many(path):
    """3,000 series of 400 samples with timestamps; every third is compressed, every fourth shares its timestamps."""
    nwb = session()
    rng = np.random.default_rng(43)
    module = nwb.create_processing_module("many", "small series")
    first = None
    for i in range(SERIES):
        values = rng.normal(size=400)
        data = H5DataIO(values, compression="gzip", shuffle=True, chunks=(200,)) if i % 3 == 0 else values
        times = first if first is not None and i % 4 == 0 else np.sort(rng.random(400))
        series = TimeSeries(name=f"series{i:04d}", data=data, unit="V", timestamps=times, description=f"number {i}")
        first = first or series
        module.add(series)
    with NWBHDF5IO(path, "w") as io:
        io.write(nwb)


def reading(path, series=SERIES, references=5_000, samples=400):
    """`series` small series with what a table refers to them by: `references` rows."""
    nwb = session()
    module = nwb.create_processing_module("many", "small series")
    rng = np.random.default_rng(44)
    made = []
    for i in range(series):
        made.append(TimeSeries(name=f"series{i:04d}", data=rng.normal(size=samples), unit="V", rate=1000.0, description=f"number {i}"))
        module.add(made[-1])
    nwb.add_trial_column("series", "what was recorded")
    for i in range(references):
        nwb.add_trial(start_time=float(i), stop_time=i + 0.5, series=made[i * 7 % series])
    with NWBHDF5IO(path, "w") as io:
        io.write(nwb)


def session():
    ids = random.Random(1)
    uuid.uuid4 = lambda: uuid.UUID(int=ids.getrandbits(128), version=4)
    return NWBFile(session_description="for measuring", identifier="bench",
                   session_start_time=datetime(2024, 1, 1, tzinfo=timezone.utc))
