"""The files that bench/convert and bench/hdmf measure on, the same content on every run."""
import random
import subprocess
import sys
import uuid
from datetime import datetime, timezone
from pathlib import Path

import h5py
import numpy as np
from hdmf.backends.hdf5 import H5DataIO
from pynwb import NWBFile, NWBHDF5IO, TimeSeries
from hdmf.common import VectorData, VectorIndex
from pynwb.ecephys import ElectricalSeries
from pynwb.epoch import TimeIntervals
from pynwb.misc import Units
from pynwb.ophys import OpticalChannel, TwoPhotonSeries

CHANNELS, FRAMES, CHUNK = 384, 1_302_000, (13_020, 64)  # int16: 1.0 GB; chunks of 1.7 MB, as large as NeuroConv's
SERIES = 3_000
IMAGES = (2_000, 512, 512)
SPIKES, UNITS = 20_000_000, 400
ROWS = 200_000


def ephys(path, shuffle=False, chunks=CHUNK, compression="gzip", frames=FRAMES):
    """A Neuropixels-like recording, deflated as h5py and NeuroConv do by default (gzip 4, no shuffle)."""
    nwb = session()
    device = nwb.create_device("probe")
    shank = nwb.create_electrode_group("shank", "a shank", "CA1", device)
    for i in range(CHANNELS):
        nwb.add_electrode(location="CA1", group=shank, x=0.0, y=20.0 * i, z=0.0)
    empty = H5DataIO(shape=(frames, CHANNELS), dtype=np.dtype("i2"), chunks=chunks, compression=compression, shuffle=shuffle)
    nwb.add_acquisition(ElectricalSeries(
        name="raw", data=empty, rate=30_000.0, conversion=2.34e-6,
        electrodes=nwb.create_electrode_table_region(list(range(CHANNELS)), "all")))
    with NWBHDF5IO(path, "w") as io:
        io.write(nwb)
    with h5py.File(path, "r+") as file:
        for start, block in blocks(frames):
            file["acquisition/raw/data"][start:start + len(block)] = block


def blocks(frames):
    """Noise of some microvolts over a slow wave that all channels share, with spikes."""
    rng = np.random.default_rng(42)
    for start in range(0, frames, CHUNK[0]):
        count = min(CHUNK[0], frames - start)
        wave = 60 * np.sin(np.arange(start, start + count) / 700.0)
        block = rng.normal(0, 6, (count, CHANNELS)) + wave[:, None]
        spikes = rng.integers(0, count, 200), rng.integers(0, CHANNELS, 200)
        block[spikes] -= 80
        yield start, block.astype("i2")


def shuffled(path):
    ephys(path, shuffle=True)


def contiguous(path):
    ephys(path, chunks=None, compression=None)


def imaging(path):
    """Two-photon-like: photons over a dim background with cells that light up, 8 frames a chunk."""
    nwb = session()
    device = nwb.create_device("microscope")
    channel = OpticalChannel(name="green", description="GCaMP", emission_lambda=510.0)
    plane = nwb.create_imaging_plane(name="plane", optical_channel=channel, description="a plane", device=device,
                                     excitation_lambda=920.0, indicator="GCaMP6f", location="V1", imaging_rate=30.0)
    empty = H5DataIO(shape=IMAGES, dtype=np.dtype("u2"), chunks=(8, *IMAGES[1:]), compression="gzip")
    nwb.add_acquisition(TwoPhotonSeries(name="movie", data=empty, imaging_plane=plane, rate=30.0, unit="photons"))
    with NWBHDF5IO(path, "w") as io:
        io.write(nwb)
    with h5py.File(path, "r+") as file:
        for first, block in images(IMAGES[0]):
            file["acquisition/movie/data"][first:first + len(block)] = block


def images(frames):
    """Photons over a dim background, as blocks(): (first frame, frames)."""
    rng = np.random.default_rng(45)
    y, x = np.mgrid[:IMAGES[1], :IMAGES[2]]
    still = 2 + sum(8 * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 60.0) for cy, cx in rng.integers(0, IMAGES[1], (60, 2)))
    for first in range(0, frames, 64):
        count = min(64, frames - first)
        light = 1 + 0.5 * np.sin(np.arange(first, first + count) / 9.0)
        yield first, rng.poisson(still * light[:, None, None]).astype("u2")


def spikes(path):
    """20 million spike times of 400 units, ragged, deflated in the chunks that h5py chooses."""
    nwb = session()
    rng = np.random.default_rng(46)
    counts = rng.multinomial(SPIKES, rng.dirichlet(np.full(UNITS, 2.0)))
    times = np.concatenate([np.cumsum(rng.exponential(3600.0 / count, count)) for count in counts])
    # In samples of 30 kHz, as sorters give them.
    column = VectorData(name="spike_times", description="s", data=H5DataIO(np.round(times * 30_000) / 30_000, compression="gzip"))
    quality = VectorData(name="quality", description="how good it is", data=["good" if count % 3 else "mua" for count in counts])
    nwb.units = Units(name="units", description="sorted", columns=[
        VectorIndex(name="spike_times_index", target=column, data=np.cumsum(counts)), column, quality], id=np.arange(UNITS))
    with NWBHDF5IO(path, "w") as io:
        io.write(nwb)


def behavior(path, rows=ROWS):
    """A table of `rows` rows with two columns of text, and references to series with their ranges."""
    nwb = session()
    rng = np.random.default_rng(47)
    series = [TimeSeries(name=f"series{i}", data=rng.normal(size=1000), unit="V", rate=1000.0) for i in range(20)]
    for one in series:
        nwb.add_acquisition(one)
    starts = np.arange(rows, dtype=float)
    kinds = [f"go left {i % 7}" if i % 3 else "nogo \u00b5" for i in range(rows)]
    notes = [f"row {i} of the session" for i in range(rows)]
    table = TimeIntervals(name="trials", description="trials", columns=[
        VectorData(name="start_time", description="s", data=starts), VectorData(name="stop_time", description="s", data=starts + 0.5),
        VectorData(name="kind", description="what", data=kinds), VectorData(name="note", description="text", data=notes),
        VectorData(name="series", description="of", data=[series[i % 20] for i in range(rows)])], id=np.arange(rows))
    nwb.trials = table
    with NWBHDF5IO(path, "w") as io:
        io.write(nwb)


def many(path, count=SERIES):
    """`count` series of 400 samples with timestamps; every third is compressed, every fourth shares its timestamps."""
    nwb = session()
    rng = np.random.default_rng(43)
    module = nwb.create_processing_module("many", "small series")
    first = None
    for i in range(count):
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


def hole(path, gigabytes=100, chunks=None):
    """No NWB, and no disk full: an array of so many GB of int16 of which one block is written, contiguous or in chunks."""
    rows = gigabytes * 10**9 // (2 * CHANNELS)
    with h5py.File(path, "w") as file:
        data = file.create_dataset("data", (rows, CHANNELS), "i2", chunks=chunks, compression="gzip" if chunks else None)
        data[rows // 2:rows // 2 + CHUNK[0]] = next(blocks(CHUNK[0]))[1]


def plain(path, kind):
    """No NWB: one array without chunks, of a kind."""
    made_of = {"ephys": lambda: np.concatenate([block for _, block in blocks(13_020 * 20)]),
               "images": lambda: np.concatenate([block for _, block in images(400)]),
               "spikes": lambda: np.cumsum(np.random.default_rng(46).exponential(0.002, 20_000_000))}
    with h5py.File(path, "w") as file:
        file["data"] = made_of[kind]()


def made(name, cache, **arguments):
    """The file that the function `name` makes, kept in `cache` from its first use on."""
    path = cache / ("-".join([name, *(str(value) for value in arguments.values())]) + "-2.nwb")
    if not path.exists():
        print(f"making {path}", flush=True)
        part = path.with_suffix(".part")
        subprocess.run([sys.executable, "-W", "ignore", "-c",
                        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import make_inputs; "
                        f"make_inputs.{name}({str(part)!r}, **{arguments!r})"], check=True)
        part.rename(path)
    return path


def session():
    ids = random.Random(1)
    uuid.uuid4 = lambda: uuid.UUID(int=ids.getrandbits(128), version=4)
    return NWBFile(session_description="for measuring", identifier="bench",
                   session_start_time=datetime(2024, 1, 1, tzinfo=timezone.utc))
