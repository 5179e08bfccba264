"""The comparer sees what is different: each case plants one difference in a store that was equal."""
import json
import os
import shutil

import numpy as np
import pytest
import zarr

import engram
import nwb_compare

RAW = "/acquisition/raw"
ELECTRODES = "/general/extracellular_ephys/electrodes"
TRIALS = "/intervals/trials"


class Plant:
    """A store that is edited the way a wrong writer would write it: the consolidated metadata agrees with the files."""

    def __init__(self, path):
        self.path = str(path)

    def file(self, node, name):
        return os.path.join(self.path, node.strip("/"), name)

    def json(self, node, name, edit):
        with open(self.file(node, name), encoding="utf-8") as file:
            value = json.load(file)
        edit(value)
        with open(self.file(node, name), "w", encoding="utf-8") as file:
            json.dump(value, file)
        self.consolidate()

    def attributes(self, node, edit):
        self.json(node, ".zattrs", edit)

    def set(self, node, **attributes):
        self.attributes(node, lambda a: a.update(attributes))

    def drop(self, node, name):
        self.attributes(node, lambda a: a.pop(name))

    def consolidate(self):
        zarr.consolidate_metadata(self.path)

    def array(self, node):
        return zarr.open_array(self.path, path=node, mode="r+")

    def put(self, node, index, value):
        self.array(node)[index] = value

    def change(self, node, index, function):
        array = self.array(node)
        array[index] = function(array[index])

    def rewrite(self, node, values):
        """The array anew, with another dtype or shape and the same attributes."""
        attributes = dict(self.array(node).attrs)
        array = zarr.open_array(self.path, path=node, mode="w", shape=values.shape, dtype=values.dtype)
        array[...] = values
        array.attrs.put(attributes)
        self.consolidate()

    def add(self, node):
        array = zarr.open_array(self.path, path=node, mode="w", shape=(2,), dtype="i4")
        array[...] = 1
        array.attrs["zarr_dtype"] = "int32"
        self.consolidate()

    def remove(self, node):
        shutil.rmtree(self.file(node, ""))
        self.consolidate()

    def reference(self, node, index, edit):
        array = self.array(node)
        row = array[index]
        edit(row)
        values = array[...]
        values[index] = row
        array[...] = values

    def object_id(self, node):
        with open(self.file(node, ".zattrs"), encoding="utf-8") as file:
            return json.load(file)["object_id"]

    def point(self, reference, node):
        """Makes a reference lead to another object, ids and all."""
        reference.update(path=node, object_id=self.object_id(node))


def swap_ids(plant):
    first, second = (plant.object_id(f"/acquisition/{name}") for name in ("first", "second"))
    plant.set("/acquisition/first", object_id=second)
    plant.set("/acquisition/second", object_id=first)


def link(plant, edit):
    plant.attributes("/acquisition/second", lambda a: edit(a["zarr_link"]))


def copy_instead_of_link(plant):
    link(plant, lambda links: links.remove(next(x for x in links if x["name"] == "data")))
    shutil.copytree(plant.file("/acquisition/first/data", ""), plant.file("/acquisition/second/data", ""))
    plant.consolidate()


def change_specification(plant):
    array = plant.array(specification(plant))
    array[0] = array[0].replace("doc", "Doc", 1)


def specification(plant):
    return next(node for node, what in nwb_compare.zarr_store.Store(plant.path).nodes().items()
                if node.startswith("/specifications/core/") and node.endswith("/nwb.base"))


def rename(plant):
    os.rename(plant.file("/processing/behavior/Position", ""), plant.file("/processing/behavior/Place", ""))
    plant.consolidate()


def stale_metadata(plant):
    with open(plant.file("/", ".zmetadata"), encoding="utf-8") as file:
        whole = json.load(file)
    whole["metadata"]["acquisition/raw/data/.zattrs"]["conversion"] = 1.0
    with open(plant.file("/", ".zmetadata"), "w", encoding="utf-8") as file:
        json.dump(whole, file)


def damage(plant):
    path = plant.file(RAW + "/data", "0.0")
    with open(path, "r+b") as file:
        file.seek(40)
        file.write(bytes(16))


def stray(plant):
    with open(plant.file(RAW, "notes.txt"), "w", encoding="utf-8") as file:
        file.write("x")


PLANTED = {
    # name: (what is done, what must be among the findings)
    "one_sample": (lambda p: p.change(RAW + "/data", (1234, 1), lambda v: v + 1), "/acquisition/raw/data: "),
    "dtype_wider": (lambda p: p.rewrite(RAW + "/data", p.array(RAW + "/data")[...].astype("i4")), "i4"),
    "dtype_other_kind": (lambda p: p.rewrite("/acquisition/first/data", p.array("/acquisition/first/data")[...].astype("f4")),
                         "f4"),
    "one_row_less": (lambda p: p.rewrite(RAW + "/data", p.array(RAW + "/data")[:-1]), "shape"),
    "timestamp_one_ulp": (lambda p: p.change("/acquisition/first/timestamps", 17, lambda v: np.nextafter(v, 2)),
                          "/acquisition/first/timestamps"),
    "nan_is_zero": (lambda p: p.put("/stimulus/presentation/tone/data", 1, 0.0), "/stimulus/tone/data"),
    "minus_zero_is_zero": (lambda p: p.put("/stimulus/presentation/tone/data", 2, 0.0), "/stimulus/tone/data"),
    "text_of_column": (lambda p: p.put(ELECTRODES + "/label", 2, "e2"), "label"),
    "scalar_text": (lambda p: p.put("/general/institution", 0, "There"), "/institution"),
    "list_of_text": (lambda p: p.put("/general/experimenter", 1, "Roe, R"), "/experimenter"),
    "session_start": (lambda p: p.put("/session_start_time", 0, "2024-02-29T23:59:58.123457+00:00"), "/session_start_time"),
    "object_id": (lambda p: p.set(RAW, object_id="0" * 8 + p.object_id(RAW)[8:]), "/acquisition/raw?object_id"),
    "object_ids_swapped": (swap_ids, "/acquisition/first?object_id"),
    "object_id_of_dataset": (lambda p: p.set(ELECTRODES + "/x", object_id="1234"), "object_id"),
    "object_id_missing": (lambda p: p.drop(RAW, "object_id"), "/acquisition/raw?object_id"),
    "type": (lambda p: p.set("/processing/behavior/Position", neurodata_type="CompassDirection"), "?type"),
    "namespace": (lambda p: p.set("/processing/behavior", namespace="hdmf-common"), "/processing/behavior"),
    "attribute_missing": (lambda p: p.drop("/acquisition/first/data", "unit"), "/acquisition/first"),
    "attribute_that_has_a_default": (lambda p: p.drop("/acquisition/first/data", "resolution"), "@resolution"),
    "attribute_value": (lambda p: p.set(RAW + "/data", conversion=4.8e-6), "/acquisition/raw/conversion"),
    "attribute_float_is_int": (lambda p: p.set(RAW + "/starting_time", rate=30000), "rate"),
    "attribute_text_is_list": (lambda p: p.set("/acquisition/first", description=["no description"]), "description"),
    "attribute_added": (lambda p: p.set("/acquisition/first", more=1), "/acquisition/first@more"),
    "reference_swapped": (lambda p: p.reference(ELECTRODES + "/group", 1, lambda r: p.point(
        r, "/general/extracellular_ephys/shank0")), "group"),
    "reference_dangling": (lambda p: p.reference(ELECTRODES + "/group", 1, lambda r: r.update(path="/nowhere")), "group"),
    "reference_null": (lambda p: p.put(ELECTRODES + "/group", 3, None), "group"),
    "reference_id": (lambda p: p.reference(ELECTRODES + "/group", 0, lambda r: r.update(object_id="x")), "ids"),
    "reference_in_row": (lambda p: p.reference(TRIALS + "/timeseries", 0, lambda row: p.point(
        row[2], "/acquisition/second")), "timeseries"),
    "number_beside_reference": (lambda p: p.reference(TRIALS + "/timeseries", 0, lambda row: row.__setitem__(0, 1)),
                                "timeseries"),
    "reference_attribute": (lambda p: p.attributes(RAW + "/electrodes", lambda a: p.point(a["table"]["value"], "/units")),
                            "electrodes"),
    "order_of_images": (lambda p: p.put("/acquisition/pictures/order_of_images", slice(None),
                                        p.array("/acquisition/pictures/order_of_images")[...][::-1]), "order_of_images"),
    "link_dropped": (lambda p: link(p, lambda links: links.pop()), "/acquisition/second"),
    "link_elsewhere": (lambda p: link(p, lambda links: links[0].update(path="/acquisition/raw/data")), "/acquisition/second"),
    "link_nowhere": (lambda p: link(p, lambda links: links[0].update(path="/acquisition/third/data")), "opened"),
    "link_is_a_copy": (copy_instead_of_link, "/acquisition/second/data"),
    "dataset_missing": (lambda p: p.remove("/general/lab"), "/lab"),
    "group_missing": (lambda p: p.remove("/processing/behavior/Position"), "/processing/behavior"),
    "group_renamed": (rename, "Position"),
    "dataset_added": (lambda p: p.add("/scratch/more"), "/scratch/more"),
    "specification_changed": (change_specification, "specification"),
    "specification_missing": (lambda p: p.remove(specification(p)), "specification"),
    "specifications_unknown": (lambda p: p.drop("/", ".specloc"), "specification"),
    "chunk_missing": (lambda p: os.remove(p.file(RAW + "/data", "3.0")), "/acquisition/raw/data"),
    "chunk_damaged": (damage, "/acquisition/raw/data"),
    "chunk_of_text_missing": (lambda p: os.remove(p.file(ELECTRODES + "/label", "0")), "label"),
    "chunk_outside": (lambda p: shutil.copy(p.file(RAW + "/data", "3.0"), p.file(RAW + "/data", "6.0")), "grid"),
    "metadata_stale": (stale_metadata, ".zmetadata"),
    "metadata_missing": (lambda p: os.remove(p.file("/", ".zmetadata")), ".zmetadata"),
    "zarr_dtype_missing": (lambda p: p.drop(RAW + "/data", "zarr_dtype"), "zarr_dtype"),
    "bool_is_int": (lambda p: p.rewrite(TRIALS + "/correct", p.array(TRIALS + "/correct")[...].astype("u1")), "correct"),
    "columns_in_other_order": (lambda p: p.attributes(TRIALS, lambda a: a["colnames"].reverse()), "colnames"),
    "index_off_by_one": (lambda p: p.change("/units/spike_times_index", 0, lambda v: v - 1), "spike_times_index"),
    "field_of_record": (lambda p: p.change(
        "/processing/ophys/ImageSegmentation/rois/pixel_mask", 3, lambda v: (v["x"], v["y"], v["weight"] + 1)), "pixel_mask"),
    "image_pixel": (lambda p: p.change("/acquisition/pictures/picture1", (2, 3), lambda v: v ^ 1), "picture1"),
    "stray_file": (stray, "stray"),
}


@pytest.fixture(scope="session")
def converted(session_nwb):
    target = session_nwb.parent / "session.nwb.zarr"
    engram.convert(session_nwb, target)
    return target


def test_nothing_planted_is_equal(session_nwb, converted):
    assert nwb_compare.compare(str(session_nwb), converted) == []


@pytest.mark.parametrize("name", PLANTED)
def test_planted(name, session_nwb, converted, tmp_path):
    plant, expected = PLANTED[name]
    target = tmp_path / "planted.zarr"
    shutil.copytree(converted, target)
    plant(Plant(target))
    found = nwb_compare.compare(str(session_nwb), target)
    assert any(expected in line for line in found), found
