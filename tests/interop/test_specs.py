"""Namespaces as engram resolves them, type by type, against hdmf's own reading of the same files."""
import json
import pathlib
import re
import warnings

import hdmf
import pynwb
import pytest
from hdmf.spec import NamespaceCatalog
from pynwb.spec import NWBDatasetSpec, NWBGroupSpec, NWBNamespace

import engram
from conftest import CORPUS, ROOT, corpus

FILES = corpus("nwb", ".nwb", ".h5", ".hdf5") + corpus("generated/nwb", ".nwb")

NOT_FOUND = 3
INSTALLED = pathlib.Path(pynwb.__file__).parent
COMMON = pathlib.Path(hdmf.__file__).parent / "common" / "hdmf-common-schema" / "common" / "namespace.yaml"
CORE = INSTALLED / "nwb-schema" / "core" / "nwb.namespace.yaml"
QUANTITIES = {"zero_or_one": "?", "zero_or_many": "*", "one_or_many": "+"}


def alternatives(value, are_several):
    if not are_several:
        return [list(value)]
    return [list(one) if isinstance(one, (list, tuple)) else [one] for one in value]


def dimensions(spec):
    """Shape and names of dimensions, each as a list of alternatives; without names that are only numbered."""
    shape, dims = spec.get("shape"), spec.get("dims")
    if shape is None and dims is None:
        return {}
    several = any(isinstance(one, (list, tuple)) for one in [*(shape or []), *(dims or [])])
    out = {"shape": alternatives(shape, several)}
    if dims is not None:
        names = [[name if isinstance(name, str) else json.dumps(name) for name in one]
                 for one in alternatives(dims, several)]
        if any(not re.fullmatch(r"dim_\d+|null", name) for one in names for name in one):
            out["dims"] = names
    return out


def dtype(value):
    if isinstance(value, dict):
        return {"target_type": value["target_type"], "reftype": value["reftype"]}
    if isinstance(value, (list, tuple)):
        return [{"name": field["name"], "doc": field.get("doc", ""), "dtype": dtype(field["dtype"])} for field in value]
    return value


def plain(spec):
    """A spec of hdmf's or engram's, without what is only a way to write it."""
    out = dimensions(spec)
    for ending in ("def", "inc"):
        for start in ("neurodata_type_", "data_type_"):
            if spec.get(start + ending) is not None:
                out["data_type_" + ending] = spec[start + ending]
    for member in ("name", "default_name", "doc", "value", "default_value", "target_type"):
        if spec.get(member) is not None:
            out[member] = spec[member]
    for member, usual in (("linkable", True), ("required", True)):
        if spec.get(member, usual) != usual:
            out[member] = spec[member]
    if spec.get("quantity", 1) != 1:
        out["quantity"] = QUANTITIES.get(spec["quantity"], spec["quantity"])
    if spec.get("dtype") is not None:
        out["dtype"] = dtype(spec["dtype"])
    for member in ("attributes", "datasets", "groups", "links"):
        children = [plain(child) for child in spec.get(member) or ()]
        if children:
            out[member] = sorted(children, key=lambda child: json.dumps(child, sort_keys=True))
    return out


def of_engram(*paths):
    result = engram.run("specs", "--json", *paths)
    assert result.code == 0, result.told()
    out = result.report
    return {space["name"]: (space["version"], {one["name"]: one for one in space["types"]}) for space in out["namespaces"]}


def compare(catalog, found):
    """Every type of every namespace that hdmf loaded; returns how many. hdmf builds included types anew, and then knows
    less of types that are defined inside them; so each is compared with hdmf's in the namespace that defines it."""
    assert sorted(found) == sorted(catalog.namespaces)
    count = 0
    for name in catalog.namespaces:
        space = catalog.get_namespace(name)
        version, types = found[name]
        assert version == str(space.version)
        assert sorted(types) == sorted(space.get_registered_types())
        for type_name, one in types.items():
            theirs = catalog.get_namespace(one["namespace"]).get_spec(type_name)
            assert plain(one["spec"]) == plain(theirs), f"{name}: {type_name}"
            assert tuple(one["hierarchy"]) == space.get_hierarchy(type_name), f"{name}: {type_name}"
            count += 1
    return count


def of_hdmf(path):
    catalog = NamespaceCatalog(NWBGroupSpec, NWBDatasetSpec, NWBNamespace)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pynwb.NWBHDF5IO.load_namespaces(catalog, str(path))
    return catalog


@pytest.mark.corpus
@pytest.mark.parametrize("name", FILES)
def test_cached_namespaces(name):
    try:
        catalog = of_hdmf(CORPUS / name)
    except ValueError as error:
        # NWB 1.2.0 narrows shapes in a way that hdmf does not take; pynwb falls back to its own schema.
        assert "Cannot extend shape" in str(error)
        assert of_engram(CORPUS / name)
        return
    if catalog.namespaces:
        assert compare(catalog, of_engram(CORPUS / name)) > 0
    else:
        assert engram.run("specs", CORPUS / name).code == NOT_FOUND


def test_installed_schemas():
    """The directories of the installed libraries are what a user has without any file."""
    catalog = NamespaceCatalog(NWBGroupSpec, NWBDatasetSpec, NWBNamespace)
    catalog.load_namespaces(str(COMMON), resolve=False)
    catalog.load_namespaces(str(CORE))
    assert compare(catalog, of_engram(INSTALLED)) > 100


def test_an_extension_of_our_own():
    """As an author of one would load it: beside the installed schema that it includes."""
    directory = ROOT / "specs" / "engram-example"
    catalog = NamespaceCatalog(NWBGroupSpec, NWBDatasetSpec, NWBNamespace)
    for path in (COMMON, CORE):
        catalog.load_namespaces(str(path), resolve=False)
    catalog.load_namespaces(str(directory / "engram-example.namespace.yaml"))
    assert compare(catalog, of_engram(directory, INSTALLED)) > 100
    shown = engram.run("specs", directory, INSTALLED, "--type", "LickSeries")
    assert "lickometer -> Lickometer" in shown.out and "data  uint16 (num_times, spouts)" in shown.out
    alone = engram.run("specs", directory)
    assert alone.code == NOT_FOUND and "it includes namespace core" in alone.err


def test_a_store_has_what_its_file_had(tmp_path, session_nwb):
    engram.convert(session_nwb, tmp_path / "session.nwb.zarr")
    assert of_engram(tmp_path / "session.nwb.zarr") == of_engram(session_nwb)
    assert compare(of_hdmf(session_nwb), of_engram(session_nwb)) > 100
