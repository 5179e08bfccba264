"""The peers of the interop matrix that are Python libraries.

    matrix_peers.py PEER write|read FOLDER WORK

`write` makes FOLDER/NAME.zarr, a group with the array "a", for every cell; `read` reads the arrays that engram wrote there
and puts their elements into WORK/NAME.npy, objects into WORK/NAME.json. What a peer reads of its own array goes into WORK
too. The outcome of each cell, "done", "done as another type" (than it was given: xarray writes times as integers), "not
asked" or what the peer said, goes as JSON to the standard output.
"""
import contextlib
import json
import os
import sys
import warnings

import numpy as np

import matrix_cells as cells


class NotAsked(Exception):
    """The peer has no way to be asked for this."""


def store_path(folder, one):
    return os.path.join(folder, one["name"] + ".zarr")


def numcodec(config):
    import numcodecs
    # zarr-python knows the two by these modules; they are not imported by themselves.
    for module in ("checksum32", "zfpy"):
        with contextlib.suppress(ImportError):
            __import__(f"numcodecs.{module}")
    return None if config is None else numcodecs.get_codec(dict(config))


def numcodec_chain(one):
    return [numcodec(config) for config in one["filters"]] if one["filters"] else None


class ZarrPython2:
    def write(self, path, one):
        import zarr
        store = zarr.DirectoryStore(path)
        group = zarr.group(store, overwrite=True)
        filters = numcodec_chain(one)
        more = {"object_codec": filters.pop(0)} if cells.is_object(one) else {}
        array = group.create(
            "a", shape=tuple(one["shape"]), chunks=tuple(one["chunks"]), dtype=cells.np_dtype(one["dtype"]), filters=filters or None,
            compressor=numcodec(one["compressor"]), fill_value=cells.fill_scalar(one), order=one["order"],
            dimension_separator=one["separator"], write_empty_chunks=one["write_empty"], **more)
        put(array, one)
        if one["consolidated"]:
            zarr.consolidate_metadata(store)

    def read(self, path, one):
        import zarr
        opened = zarr.open_consolidated(path, mode="r") if one["consolidated"] else zarr.open_group(path, mode="r")
        return opened["a"][...]


class ZarrPython3:
    def write(self, path, one):
        import zarr
        group = zarr.open_group(path, mode="w", zarr_format=2)
        dtype, filters = cells.np_dtype(one["dtype"]), numcodec_chain(one)
        if cells.is_object(one):
            from zarr.core.dtype import VariableLengthBytes, VariableLengthUTF8
            types = {"vlen-utf8": VariableLengthUTF8, "vlen-bytes": VariableLengthBytes}
            codec = one["filters"][0]["id"]
            if codec not in types:
                # As its users spell it.
                group.create_array("a", shape=(1,), dtype=object, filters=filters)
            dtype, filters = types[codec](), "auto"
        array = group.create_array(
            "a", shape=tuple(one["shape"]), chunks=tuple(one["chunks"]), dtype=dtype, filters=filters or (),
            compressors=numcodec(one["compressor"]), order=one["order"],
            chunk_key_encoding={"name": "v2", "separator": one["separator"]},
            config={"write_empty_chunks": one["write_empty"]}, fill_value=cells.fill_scalar(one))
        put(array, one)
        if one["consolidated"]:
            zarr.consolidate_metadata(path, zarr_format=2)

    def read(self, path, one):
        import zarr
        return zarr.open_group(path, mode="r", zarr_format=2, use_consolidated=one["consolidated"])["a"][...]


class TensorStore:
    def open(self, path, **more):
        import tensorstore
        spec = {"driver": "zarr", "kvstore": {"driver": "file", "path": os.path.join(path, "a")}, **more}
        return tensorstore.open(spec, open=True, create="metadata" in more).result()

    def write(self, path, one):
        os.makedirs(path)
        with open(os.path.join(path, ".zgroup"), "w", encoding="utf-8") as file:
            json.dump({"zarr_format": 2}, file)
        if one["consolidated"]:
            raise NotAsked
        fields = [None] if isinstance(one["dtype"], str) else [field[0] for field in one["dtype"]]
        values = cells.source(one)
        for field in fields:
            more = {} if field is None else {"field": field}
            array = self.open(path, metadata=cells.zarray(one), store_data_equal_to_fill_value=one["write_empty"], **more)
            for box in cells.boxes(one):
                part = values[box] if field is None else values[field][box]
                array[tuple(slice(0, None) for _ in part.shape) if not box else box].write(self.given(part)).result()

    @staticmethod
    def given(part):
        if part.dtype.kind in "SV" and not part.dtype.fields:
            return np.ascontiguousarray(part).view(part.dtype.kind + "1").reshape((*part.shape, part.dtype.itemsize))
        return part

    def values(self, path, dtype, shape, **more):
        array = self.open(path, **more)
        if dtype.base.kind not in "SV":
            return array.read().result()
        # Its Python gives these elements no size; as an array that is not encoded they are what it decoded.
        import tensorstore
        place = {"driver": "memory", "path": "plain/"}
        metadata = {"zarr_format": 2, "shape": shape, "chunks": [max(size, 1) for size in shape], "dtype": dtype.str, "order": "C",
                    "compressor": None, "filters": None, "fill_value": None}
        context = tensorstore.Context()
        spec = {"driver": "zarr", "kvstore": place, "metadata": metadata}
        tensorstore.open(spec, create=True, context=context).result().write(array).result()
        stored = tensorstore.KvStore.open(place, context=context).result()
        return np.frombuffer(stored[".".join("0" * len(shape)) or "0"], dtype).reshape(shape)

    def read(self, path, one):
        dtype = cells.np_dtype(one["dtype"])
        if not dtype.fields:
            return self.values(path, dtype, one["shape"])
        whole = np.zeros(one["shape"], dtype)
        for name in dtype.names:
            whole[name] = self.values(path, dtype[name], one["shape"], field=name)
        return whole


class XArray:
    def write(self, path, one):
        import xarray
        if one["regions"] is not None or one["order"] != "C":
            raise NotAsked
        dims = [f"d{axis}" for axis in range(len(one["shape"]))]
        variable = xarray.Variable(dims, cells.source(one))
        # Without its own fill value: it would be taken for a missing value, and NaN be replaced by it.
        encoding = {"chunks": tuple(one["chunks"]), "compressors": numcodec(one["compressor"]),
                    "filters": numcodec_chain(one) or (), "write_empty_chunks": one["write_empty"],
                    "chunk_key_encoding": {"name": "v2", "separator": one["separator"]}}
        xarray.Dataset({"a": variable}).to_zarr(path, zarr_format=2, consolidated=one["consolidated"], encoding={"a": encoding}, mode="w")

    def read(self, path, one):
        import xarray
        with xarray.open_zarr(path, zarr_format=2, consolidated=one["consolidated"], decode_cf=False, chunks=None) as opened:
            return opened["a"].values


class Dask:
    def write(self, path, one):
        import dask.array
        if one["regions"] is not None:
            raise NotAsked
        import zarr
        # Its to_zarr into an array that is there, which is how a codec or a filter can be asked for.
        group = zarr.open_group(path, mode="w", zarr_format=2)
        if cells.is_object(one):
            raise NotAsked
        target = group.create_array(
            "a", shape=tuple(one["shape"]), chunks=tuple(one["chunks"]), dtype=cells.np_dtype(one["dtype"]), filters=numcodec_chain(one) or (),
            compressors=numcodec(one["compressor"]), order=one["order"], chunk_key_encoding={"name": "v2", "separator": one["separator"]},
            config={"write_empty_chunks": one["write_empty"]}, fill_value=cells.fill_scalar(one))
        dask.array.from_array(cells.source(one), chunks=tuple(one["chunks"])).to_zarr(target, compute=True)
        if one["consolidated"]:
            zarr.consolidate_metadata(path, zarr_format=2)

    def read(self, path, one):
        import dask.array
        return dask.array.from_zarr(path, component="a", zarr_format=2).compute()


KINDS = dict(zip(cells.PEERS, (ZarrPython2, ZarrPython3, TensorStore, XArray, Dask)))


def put(array, one):
    values = cells.source(one)
    for box in cells.boxes(one):
        array[box if box else ...] = values[box]


def keep(found, work, one):
    base = os.path.join(work, one["name"])
    found = np.asarray(found)
    if found.dtype.kind in "OT":
        with open(base + ".json", "w", encoding="utf-8") as file:
            json.dump([list(found.shape), [cells.plain(item) for item in found.ravel().tolist()]], file)
    else:
        np.save(base + ".npy", found, allow_pickle=False)


def written(peer, path, work, one):
    peer.write(path, one)
    with open(os.path.join(path, "a", ".zarray"), encoding="utf-8") as file:
        same = json.load(file)["dtype"] == one["dtype"]
    try:
        keep(peer.read(path, one), work, one)
    except Exception:
        # It may refuse to read what it writes; that matters where nothing else is there to compare with.
        if not same or one["only_peers_write"]:
            raise
    return "done" if same or one["only_peers_write"] else "done as another type"


def read(peer, path, work, one):
    keep(peer.read(path, one), work, one)
    return "done"


def outcome(act):
    try:
        return act()
    except NotAsked:
        return "not asked"
    except Exception as error:  # whatever a peer says is its answer
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        return f"{type(error).__name__}: {lines[0] if lines else ''}"


def main():
    name, what, folder, work, *more = sys.argv[1:]
    warnings.simplefilter("ignore")
    if name == "dask":
        import dask
        dask.config.set(scheduler="synchronous")
    peer = KINDS[name]()
    outcomes = {}
    for one in cells.all_cells(more == ["uncompressed"]):
        path = store_path(folder, one)
        if what == "write":
            outcomes[one["name"]] = outcome(lambda: written(peer, path, work, one))
        elif os.path.isdir(path):
            outcomes[one["name"]] = outcome(lambda: read(peer, path, work, one))
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    main()
