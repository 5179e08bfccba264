"""Run by the Python that has zarr 3: writes an HDF5 file as hdmf-zarr 0.14 lays it out on Zarr v3.

    export_v3.py SOURCE.h5 TARGET.zarr [shards]

What hdmf-zarr drops is dropped too, as it says on standard output: a path a line.
"""
import shutil
import sys
import warnings

import h5py
import numpy as np
import zarr
from zarr.codecs import BloscCodec, GzipCodec

warnings.simplefilter("ignore")
TEXT = np.dtypes.StringDType()


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


class Export:
    def __init__(self, source, target, shards):
        self.file, self.shards, self.seen = source, shards, {}
        shutil.rmtree(target, ignore_errors=True)
        self.root = zarr.open_group(target, mode="w", zarr_format=3)

    def path_of(self, reference):
        return self.file[reference].name if reference else ""

    def attribute(self, value):
        if isinstance(value, h5py.Reference):
            return {"_REFERENCE": {"source": ".", "path": self.path_of(value)}}
        if isinstance(value, (bytes, str)):
            return text(value)
        if isinstance(value, np.ndarray):
            return [self.attribute(item) for item in value.tolist()]
        return value.item() if isinstance(value, np.generic) else value

    def attributes(self, item):
        found = {}
        for name, value in item.attrs.items():
            if isinstance(value, (h5py.Empty, h5py.RegionReference)):
                print(f"{item.name}@{name}")
            elif name == ".specloc":
                found[name] = self.path_of(value).lstrip("/")
            else:
                found[name] = self.attribute(value)
        return found

    def field(self, dtype, column):
        """The type of a field as it is stored, and its values."""
        if h5py.check_ref_dtype(dtype) is not None:
            column = [self.path_of(value) for value in column]
        elif h5py.check_string_dtype(dtype) is not None:
            column = [text(value) for value in column]
        else:
            return dtype, column
        return np.dtype(f"<U{max([64] + [len(value) for value in column])}"), column

    def values(self, data):
        """(array, attributes that say what it means)"""
        dtype, raw = data.dtype, data[()]
        if h5py.check_ref_dtype(dtype) is h5py.Reference:
            paths = [self.path_of(value) for value in np.ravel(raw)]
            return np.array(paths, TEXT).reshape(np.shape(raw)), {"_DTYPE": "object_reference"}
        if h5py.check_string_dtype(dtype) is not None:
            texts = np.array([text(value) for value in np.ravel(np.asarray(raw, dtype=object))], TEXT)
            return texts.reshape(data.shape), {"_DTYPE": "str"}
        if dtype.names is None:
            return np.asarray(raw), {"_DTYPE": str(dtype.newbyteorder("="))}
        flat = np.ravel(raw)
        fields = {name: self.field(dtype[name], flat[name]) for name in dtype.names}
        table = np.empty(flat.shape, [(name, kind) for name, (kind, _) in fields.items()])
        for name, (_, column) in fields.items():
            table[name] = column
        references = [name for name in dtype.names if h5py.check_ref_dtype(dtype[name]) is not None]
        return table.reshape(data.shape), {"_REFERENCE_FIELDS": references} if references else {}

    def dataset(self, group, name, data):
        is_list = h5py.check_vlen_dtype(data.dtype) is not None and h5py.check_string_dtype(data.dtype) is None
        if data.shape is None or is_list or h5py.check_ref_dtype(data.dtype) is h5py.RegionReference:
            print(data.name)
            return
        array, meaning = self.values(data)
        more = {"chunks": tuple(max(1, n) for n in (data.chunks or array.shape))}
        if array.ndim and array.dtype.kind in "iufc" and data.chunks:
            more["compressors"] = GzipCodec(level=4) if data.compression == "gzip" else BloscCodec(cname="lz4")
            if self.shards:
                more["shards"] = tuple(2 * n for n in data.chunks)
        made = group.create_array(name, shape=array.shape, dtype=array.dtype, chunk_key_encoding={"name": "default", "separator": "."}, **more)
        if array.size:
            made[...] = array
        made.attrs.update({**self.attributes(data), **({} if data.name.startswith("/specifications") else meaning)})

    def group(self, made, group):
        links = []
        for name in group:
            link, place = group.get(name, getlink=True), f"{group.name.rstrip('/')}/{name}"
            if isinstance(link, h5py.SoftLink):
                path = link.path if link.path.startswith("/") else f"{group.name.rstrip('/')}/{link.path}"
                links.append({"source": ".", "path": path, "name": name})
            elif isinstance(link, h5py.ExternalLink):
                print(place)
            else:
                item = group[name]
                address = h5py.h5o.get_info(item.id).addr
                if address in self.seen:
                    links.append({"source": ".", "path": self.seen[address], "name": name})
                    continue
                self.seen[address] = place
                if isinstance(item, h5py.Group):
                    self.group(made.create_group(name), item)
                else:
                    self.dataset(made, name, item)
        made.attrs.update({**self.attributes(group), **({"_LINKS": links} if links else {})})


def main():
    with h5py.File(sys.argv[1], "r") as source:
        export = Export(source, sys.argv[2], "shards" in sys.argv[3:])
        export.group(export.root, source)
    zarr.consolidate_metadata(sys.argv[2])


if __name__ == "__main__":
    main()
