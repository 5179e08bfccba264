"""Files for the tests, the same content on every run: a session by pynwb, and all that HDF5 knows by h5py."""
import random
import uuid
import warnings
from datetime import datetime, timezone

import h5py
import numpy as np

START = datetime(2024, 2, 29, 23, 59, 58, 123456, tzinfo=timezone.utc)


def session(path, frames=3000, more=None, write=None):
    """Electrodes, chunked and linked series, units, trials and epochs with references, imaging with ROIs, images.
    `more` is called with it before it is written, by `write` if that is given."""
    from hdmf.backends.hdf5 import H5DataIO
    from pynwb import NWBFile, NWBHDF5IO, TimeSeries
    from pynwb.base import ImageReferences, Images
    from pynwb.behavior import Position, SpatialSeries
    from pynwb.ecephys import LFP, ElectricalSeries
    from pynwb.file import Subject
    from pynwb.image import GrayscaleImage
    from pynwb.ophys import ImageSegmentation, OpticalChannel, RoiResponseSeries, Fluorescence

    rng = np.random.default_rng(1)
    fixed_ids = random.Random(7)
    warnings.simplefilter("ignore")
    real, uuid.uuid4 = uuid.uuid4, lambda: uuid.UUID(int=fixed_ids.getrandbits(128), version=4)
    try:
        nwb = NWBFile("a session, naïve µV 神経", "id-1", START, session_id="s1", experimenter=["Doe, J", "Röe, R"],
                      keywords=["one", "two"], institution="here", lab="ours", notes="line\nline")
        nwb.subject = Subject(subject_id="m1", age="P90D", species="Mus musculus", sex="F", date_of_birth=START)
        device = nwb.create_device("probe", "silicon", "maker")
        groups = [nwb.create_electrode_group(f"shank{i}", "a shank", "CA1", device) for i in range(2)]
        nwb.add_electrode_column("label", "text of each")
        for i in range(4):
            nwb.add_electrode(x=1.0 * i, y=0.5, z=-2.0, location="CA1", group=groups[i % 2], label=f"é{i}")
        region = nwb.create_electrode_table_region([0, 2, 3], "some")
        volts = rng.integers(-300, 300, (frames, 3)).astype("i2")
        series = ElectricalSeries("raw", H5DataIO(volts, chunks=(500, 3), compression="gzip", shuffle=True), region,
                                  rate=30000.0, conversion=4.7e-6, starting_time=1.5)
        nwb.add_acquisition(series)
        times = np.sort(rng.random(400))
        first = TimeSeries("first", H5DataIO(rng.random((400, 2)), chunks=(128, 2), compression="gzip",
                                             fletcher32=True, maxshape=(None, 2)), "V", timestamps=times)
        nwb.add_acquisition(first)
        nwb.add_acquisition(TimeSeries("second", first, "V", timestamps=first))
        nwb.add_stimulus(TimeSeries("tone", np.array([1.0, np.nan, -0.0, np.inf]), "dB", rate=10.0))
        module = nwb.create_processing_module("ecephys", "derived")
        module.add(LFP(ElectricalSeries("lfp", volts[::10].astype("f4"), region, rate=3000.0)))
        behavior = nwb.create_processing_module("behavior", "where it was")
        behavior.add(Position(SpatialSeries("xy", rng.random((50, 2)), "corner", rate=50.0)))

        nwb.add_trial_column("correct", "whether")
        nwb.add_trial_column("cue", "which")
        for i in range(6):
            nwb.add_trial(float(i), i + 0.5, correct=bool(i % 2), cue="leftright"[i:i + 3], timeseries=[first, series])
        nwb.add_epoch(0.0, 2.0, ["a", "b"], [first])
        nwb.add_epoch(2.0, 4.0, ["c"], [first, series])
        nwb.add_unit_column("quality", "of the sorting")
        for i in range(3):
            nwb.add_unit(spike_times=np.sort(rng.random(20 + i)), electrodes=[0, i], electrode_group=groups[i % 2],
                         obs_intervals=[[0.0, 1.0], [2.0, 3.0]], quality="good", waveform_mean=rng.random((5, 2)))

        plane = nwb.create_imaging_plane(optical_channel=OpticalChannel("green", "GFP", 500.0), name="plane",
                                         description="a plane", device=device, excitation_lambda=600.0, indicator="GFP",
                                         location="V1", imaging_rate=30.0)
        ophys = nwb.create_processing_module("ophys", "imaging")
        segmentation = ImageSegmentation()
        ophys.add(segmentation)
        rois = segmentation.create_plane_segmentation("rois", plane, "rois")
        for i in range(3):
            rois.add_roi(pixel_mask=[(i, j, 0.25 * j) for j in range(4)])
        ophys.add(Fluorescence(RoiResponseSeries("dff", rng.random((30, 3)), "n.a.",
                                                 rois.create_roi_table_region("all", region=[0, 1, 2]), rate=30.0)))
        pictures = [GrayscaleImage(f"picture{i}", rng.integers(0, 255, (8, 6)).astype("u1")) for i in range(3)]
        nwb.add_acquisition(Images("pictures", pictures, description="three",
                                   order_of_images=ImageReferences("order_of_images", pictures[::-1])))
        nwb.add_scratch(np.arange(12, dtype="u2").reshape(3, 4), name="numbers", description="scratch")
        if more:
            more(nwb)
        if write:
            write(nwb, path)
            return
        with NWBHDF5IO(path, "w") as io:
            io.write(nwb)
    finally:
        uuid.uuid4 = real


def zoo(path):
    """One of each type, layout, link and attribute that h5py can write; beside it the file `other.h5` it links to."""
    rng = np.random.default_rng(2)
    with h5py.File(path.parent / "other.h5", "w", libver="latest") as other:
        other["inside/data"] = np.arange(5, dtype="<i4")
        other["inside"].attrs["who"] = "other"
        other["inside/again"] = h5py.SoftLink("/inside/data")
        other["inside/loop"] = other["inside"]
        other["inside/back"] = h5py.ExternalLink(path.name, "/numbers/i4")
    with h5py.File(path, "w") as file:
        numbers = file.create_group("numbers")
        for name in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"):
            for order in "<>":
                numbers[name if order == "<" else name + "_big"] = np.array([[0, 1, 2], [3, 4, 127]], order + name)
        numbers["bool"] = np.array([True, False, True])
        numbers["special"] = np.array([np.nan, -0.0, np.inf, -np.inf, 5e-324])
        numbers["complex"] = np.array([1 + 2j, np.nan - 1j])
        numbers["long_double"] = np.array([1, -0.5], np.longdouble)
        numbers["limits"] = np.array([2**64 - 1, 0], "u8")
        numbers.create_dataset("enum", data=np.array([1, 2, 1], "u2"),
                               dtype=h5py.enum_dtype({"A": 1, "B": 2, "C": 65535}, "u2"))
        kind = h5py.h5t.array_create(h5py.h5t.STD_I16LE, (2, 3))
        space = h5py.h5s.create_simple((4,))
        written = h5py.h5d.create(numbers.id, b"array_type", kind, space)
        written.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(24, dtype="<i2").reshape(4, 2, 3), mtype=kind)

        shapes = file.create_group("shapes")
        shapes["scalar"] = 1.5
        shapes["null"] = h5py.Empty("f4")
        shapes["null_text"] = h5py.Empty(h5py.string_dtype())
        shapes["zero"] = np.zeros((0, 4), "i2")
        shapes["zero_last"] = np.zeros((3, 0), "i2")
        shapes.create_dataset("zero_unlimited", shape=(0,), maxshape=(None,), dtype="f4", chunks=(7,))
        shapes["five"] = rng.integers(0, 9, (2, 3, 2, 1, 4))
        shapes.create_dataset("unallocated", shape=(10, 10), chunks=(4, 4), dtype="f4", fillvalue=-1.5)
        partly = shapes.create_dataset("partly", shape=(10, 10), chunks=(4, 4), dtype="i4", fillvalue=7,
                                       compression="gzip")
        partly[0:4, 0:4] = 1
        shapes.create_dataset("never_written", shape=(5,), dtype="u1")

        text = file.create_group("text")
        text["utf8"] = ["plain", "naïve µV 神経 🧠", ""]
        text["scalar"] = "µ"
        text.create_dataset("ascii", data=["a", "bc"], dtype=h5py.string_dtype("ascii"))
        text.create_dataset("ascii_scalar", data="abc", dtype=h5py.string_dtype("ascii"))
        text["fixed"] = np.array([b"abc", b"", b"abcde"], "S5")
        text["fixed_scalar"] = np.bytes_(b"abc")
        text.create_dataset("fixed_utf8", data=np.array(["é".encode(), b"z"], h5py.string_dtype("utf-8", 4)))
        text["two_d"] = np.array([["a", "b"], ["c", "dd"]], dtype=h5py.string_dtype())
        text.create_dataset("chunked", data=[f"row {i}" * (i % 7) for i in range(1000)], chunks=(64,),
                            compression="gzip", dtype=h5py.string_dtype())
        text.create_dataset("not_utf8", data=[b"\xff\xfe", b"ok"], dtype=h5py.string_dtype("utf-8"))
        padded = h5py.h5t.C_S1.copy()
        padded.set_size(6)
        padded.set_strpad(h5py.h5t.STR_SPACEPAD)
        h5py.h5d.create(text.id, b"space_padded", padded, h5py.h5s.create_simple((2,))).write(
            h5py.h5s.ALL, h5py.h5s.ALL, np.array([b"ab    ", b"abcdef"], "S6"), mtype=padded)

        records = file.create_group("records")
        records["plain"] = np.array([(1, 2.5, b"ab"), (3, -0.0, b"c")], [("n", "<i4"), ("x", ">f8"), ("s", "S3")])
        records["scalar"] = np.array((1, 2.5), [("n", "<i4"), ("x", "<f4")])
        records["padded"] = np.zeros(3, np.dtype({"names": ["a", "b"], "formats": ["i1", "i8"], "offsets": [0, 8],
                                                  "itemsize": 24}))
        records["nested"] = np.array([((1, 2), [1, 2, 3]), ((3, 4), [4, 5, 6])],
                                     [("in", [("a", "u1"), ("b", "<u2")]), ("v", "<f4", (3,))])
        with_text = np.dtype([("n", "<i2"), ("t", h5py.string_dtype())])
        records["with_text"] = np.array([(1, "one"), (2, "zwölf")], with_text)
        records["with_bool"] = np.array([(True, 1), (False, 2)], [("b", "?"), ("n", "i1")])
        records.create_dataset("chunked", data=np.zeros(100, [("n", "<i4"), ("x", "<f8")]), chunks=(30,),
                               compression="gzip", shuffle=True)

        odd = file.create_group("odd")
        odd["opaque"] = np.array([b"\x00\x01\x02\x03", b"abcd"]).view("V4")
        ragged = odd.create_dataset("ragged", shape=(3,), dtype=h5py.vlen_dtype("<i4"))
        ragged[0], ragged[2] = [1, 2, 3], [4]
        wide = odd.create_dataset("ragged_f8", shape=(2,), dtype=h5py.vlen_dtype(">f8"))
        wide[0], wide[1] = [1.5], [-0.0, np.nan]
        space = h5py.h5s.create_simple((2,))
        field = h5py.h5d.create(odd.id, b"bitfield", h5py.h5t.STD_B16LE, space)
        field.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([1, 65535], "<u2"), mtype=h5py.h5t.STD_B16LE)
        file["a_type"] = np.dtype("<f4")
        odd.create_dataset("committed", data=np.arange(3, dtype="<f4"), dtype=file["a_type"])

        links = file.create_group("links")
        links["soft"] = h5py.SoftLink("/numbers/i4")
        links["relative"] = h5py.SoftLink("soft")
        links["to_group"] = h5py.SoftLink("/text")
        links["hard"] = file["numbers/f8"]
        links["up"] = file["/links"]
        links["external"] = h5py.ExternalLink("other.h5", "/inside")
        links["external_data"] = h5py.ExternalLink("other.h5", "/inside/data")
        links["dangling"] = h5py.SoftLink("/nowhere")
        links["no_file"] = h5py.ExternalLink("nowhere.h5", "/x")

        references = file.create_group("references")
        references.create_dataset("list", data=[file["numbers"].ref, file["numbers/i4"].ref, file.ref],
                                  dtype=h5py.ref_dtype)
        references.create_dataset("some", shape=(3,), dtype=h5py.ref_dtype)
        references["some"][1] = file["text"].ref
        references.create_dataset("two_d", data=np.array([[file.ref, file["text"].ref]], object), dtype=h5py.ref_dtype)
        references.create_dataset("scalar", data=file["text"].ref, dtype=h5py.ref_dtype)
        references.create_dataset("none", shape=(0,), dtype=h5py.ref_dtype)
        rows = np.dtype([("start", "<i4"), ("count", "<i4"), ("series", h5py.ref_dtype)])
        references.create_dataset("rows", data=np.array([(0, 2, file["numbers"].ref), (2, 1, file["text"].ref)], rows))
        target = file["numbers/i4"]
        references.create_dataset("regions", data=[target.regionref[0:1, 0:2], target.regionref[:, 2]],
                                  dtype=h5py.regionref_dtype)

        attributes = file.create_group("attributes").attrs
        attributes["int"], attributes["float"], attributes["float4"] = 3, 2.0, np.float32(0.1)
        attributes["nan"], attributes["bool"], attributes["text"] = np.nan, True, "naïve"
        attributes["bytes"] = np.bytes_(b"abc")
        attributes["big"] = np.uint64(2**64 - 1)
        attributes["list"], attributes["matrix"] = [1, 2, 3], np.arange(6.0).reshape(2, 3)
        attributes["texts"], attributes["empty"] = ["a", "ü"], np.zeros(0)
        attributes["null"] = h5py.Empty("f4")
        attributes["reference"] = file["numbers"].ref
        attributes["region"] = target.regionref[0:1, 0:2]
        attributes.create("references", [file["numbers"].ref, file["text"].ref], dtype=h5py.ref_dtype)
        attributes["record"] = np.array((1, 2.5), [("n", "<i4"), ("x", "<f8")])
        attributes["complex"] = 1 - 2j
        attributes["opaque"] = np.void(b"\x00\xff")
        attributes.create("enum", 2, dtype=h5py.enum_dtype({"A": 1, "B": 2}, "i1"))
        attributes["zarr_dtype"] = "a reserved name"
        with_many = file.create_group("many").attrs
        for i in range(40):
            with_many[f"a{i}"] = "x" * 1000 * i if i < 30 else i
        filters(file.create_group("filters"), rng)
    return path


def filters(group, rng):
    """One dataset for each filter pipeline that HDF5 itself has."""
    data = np.cumsum(rng.integers(-3, 4, (50, 30)), axis=0).astype("<i4")
    for name, options in (("chunked", {}), ("gzip", {"compression": "gzip"}), ("shuffle", {"shuffle": True}),
                          ("shuffle_gzip", {"compression": 7, "shuffle": True}), ("lzf", {"compression": "lzf"}),
                          ("fletcher32", {"fletcher32": True}),
                          ("all", {"compression": "gzip", "shuffle": True, "fletcher32": True}),
                          ("scaleoffset", {"scaleoffset": 0})):
        group.create_dataset(name, data=data, chunks=(16, 16), **options)
