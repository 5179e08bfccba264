#!/usr/bin/env python3
"""Makes session.nwb, the small session that the README converts: python3 make_session.py [PATH]

It holds one of each thing that matters to a converter: an electrodes table, an ElectricalSeries in compressed chunks,
units with ragged spike times, trials that refer to pieces of a series, two-photon imaging with ROIs and their
fluorescence, text in many forms and soft links. Everything in it is invented. Two runs give the same file: random
numbers, object ids and dates are fixed. The schema is left out (cache_spec=False); it comes with pynwb.

Needs pynwb 4.2 (tests/interop/requirements.txt).
"""

import datetime
import pathlib
import random
import sys
import unittest.mock
import uuid

import numpy as np
from hdmf.backends.hdf5 import H5DataIO
from pynwb import NWBHDF5IO, NWBFile, TimeSeries
from pynwb.behavior import Position, SpatialSeries
from pynwb.ecephys import LFP, ElectricalSeries
from pynwb.file import Subject
from pynwb.ophys import DfOverF, ImageSegmentation, OpticalChannel, TwoPhotonSeries

START = datetime.datetime(2026, 3, 14, 9, 30, tzinfo=datetime.timezone.utc)


def chunked(data, chunks):
    """As most published files have it: chunks, shuffled and deflated."""
    return H5DataIO(data, chunks=chunks, compression="gzip", compression_opts=4, shuffle=True)


def add_recording(nwbfile, rng):
    """16 electrodes on two shanks, two seconds of what they saw, and an LFP."""
    probe = nwbfile.create_device(name="probe", description="A silicon probe with two shanks")
    nwbfile.add_electrode_column(name="label", description="Which site of which shank")
    for shank in range(2):
        group = nwbfile.create_electrode_group(
            name=f"shank{shank}", description=f"Shank {shank} of the probe", location="CA1", device=probe)
        for site in range(8):
            nwbfile.add_electrode(x=float(shank * 200), y=float(site * 20), z=0.0, imp=np.nan, location="CA1",
                                  filtering="none", group=group, label=f"shank{shank}/site{site}")
    table = nwbfile.create_electrode_table_region(region=list(range(16)), description="All sites")
    samples = (rng.normal(0, 10, (3000, 16)) + 100 * np.sin(np.arange(3000) / 200)[:, None]).astype(np.int16)
    series = ElectricalSeries(
        name="raw", description="Raw voltage, 1.5 kHz to keep the file small", data=chunked(samples, (1000, 16)),
        electrodes=table, starting_time=0.0, rate=1500.0, conversion=1.95e-7)
    nwbfile.add_acquisition(series)
    lfp = ElectricalSeries(
        name="lfp", description="Every third sample of the raw voltage", data=chunked(samples[::3].astype("f4"), (250, 16)),
        electrodes=table, timestamps=chunked(np.arange(1000) / 500.0, (1000,)))
    ecephys = nwbfile.create_processing_module(name="ecephys", description="What was computed from the voltage")
    ecephys.add(LFP(electrical_series=lfp))
    return series


def add_units(nwbfile, rng):
    """Five units; each has another number of spikes and of electrodes."""
    nwbfile.add_unit_column(name="quality", description="As a human judged it")
    for unit in range(5):
        nwbfile.add_unit(
            spike_times=np.sort(rng.uniform(0, 2, 20 + 7 * unit)), electrodes=list(range(unit, unit + 1 + unit % 3)),
            obs_intervals=[[0.0, 2.0]], waveform_mean=rng.normal(0, 1, (24, 1)), quality=["good", "mua"][unit % 2])


def add_trials(nwbfile, series, rng):
    """Ten trials; each names the piece of the recording that belongs to it."""
    nwbfile.add_trial_column(name="stimulus", description="What was shown: ☀ or ☾")
    nwbfile.add_trial_column(name="licks", description="Times of licks, a different number each", index=True)
    nwbfile.add_trial_column(name="correct", description="Whether the answer was right")
    for trial in range(10):
        start = trial * 0.2
        nwbfile.add_trial(start_time=start, stop_time=start + 0.15, stimulus="☀" if trial % 3 else "☾",
                          licks=np.sort(rng.uniform(start, start + 0.15, trial % 4)), correct=trial % 3 != 0,
                          tags=["first"] if trial == 0 else ["later", "easy"], timeseries=[series])


def add_imaging(nwbfile, rng):
    """40 small frames, six ROIs in them, and how bright each was."""
    scope = nwbfile.create_device(name="microscope", description="A two-photon microscope")
    channel = OpticalChannel(name="green", description="GCaMP6f", emission_lambda=510.0)
    plane = nwbfile.create_imaging_plane(
        name="plane", optical_channel=channel, description="Layer 2/3", device=scope, excitation_lambda=920.0,
        indicator="GCaMP6f", location="V1", imaging_rate=20.0, grid_spacing=[2.0, 2.0], grid_spacing_unit="micrometers")
    frames = rng.poisson(80, (40, 24, 32)).astype(np.uint16)
    nwbfile.add_acquisition(TwoPhotonSeries(
        name="two_photon", description="The movie", data=chunked(frames, (10, 24, 32)), imaging_plane=plane,
        starting_time=0.0, rate=20.0, unit="n.a.", dimension=[32, 24]))

    ophys = nwbfile.create_processing_module(name="ophys", description="What was computed from the movie")
    segmentation = ImageSegmentation()
    ophys.add(segmentation)
    cells = segmentation.create_plane_segmentation(
        name="cells", description="Found by hand", imaging_plane=plane)
    for roi in range(6):
        mask = np.zeros((24, 32), "f4")
        mask[3 * roi:3 * roi + 3, 4 * roi:4 * roi + 4] = 1
        cells.add_roi(image_mask=mask)
    rois = cells.create_roi_table_region(region=list(range(6)), description="All cells")
    brightness = DfOverF()
    ophys.add(brightness)
    brightness.create_roi_response_series(
        name="brightness", description="Of each cell, relative to its mean", data=rng.normal(0, 1, (40, 6)),
        rois=rois, unit="n.a.", starting_time=0.0, rate=20.0)


def add_behavior(nwbfile, rng):
    """A position and a pupil that share their timestamps: the second series holds a link to those of the first."""
    position = SpatialSeries(
        name="position", description="Of the mouse on the track", reference_frame="The start of the track",
        data=np.cumsum(rng.normal(0, 0.01, (100, 2)), axis=0), timestamps=np.arange(100) / 50.0)
    pupil = TimeSeries(
        name="pupil", description="Its diameter", unit="mm", data=rng.normal(1, 0.1, 100).astype("f4"),
        timestamps=position)
    behavior = nwbfile.create_processing_module(name="behavior", description="What the mouse did")
    behavior.add(Position(spatial_series=position))
    behavior.add(pupil)


def make_session():
    rng = np.random.default_rng(20260314)
    nwbfile = NWBFile(
        session_description="An invented session: a mouse runs, sees suns and moons, and licks",
        identifier="engram-example", session_start_time=START, timestamps_reference_time=START,
        file_create_date=START, experimenter=["Cajal, Santiago", "Golgi, Camillo"], lab="A lab", institution="A university",
        experiment_description="To have one of each thing in a small file", session_id="001",
        keywords=["example", "naïve", "ニューロン"], notes="Text of two lines:\nthis is the second.")
    nwbfile.subject = Subject(subject_id="mouse-1", species="Mus musculus", sex="F", age="P90D", description="A mouse")
    series = add_recording(nwbfile, rng)
    add_units(nwbfile, rng)
    add_trials(nwbfile, series, rng)
    add_imaging(nwbfile, rng)
    add_behavior(nwbfile, rng)
    nwbfile.add_scratch(np.arange(6).reshape(2, 3), name="numbers", description="A small table of numbers")
    return nwbfile


def main(path):
    ids = random.Random(20260314)
    with unittest.mock.patch("hdmf.container.uuid4", lambda: uuid.UUID(int=ids.getrandbits(128), version=4)):
        with NWBHDF5IO(path, "w") as io:
            io.write(make_session(), cache_spec=False)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else str(pathlib.Path(__file__).with_name("session.nwb")))
