"""What hdmf-zarr resolves in a store: python hdmf_targets.py STORE prints {"links": {place: path}, "references": {place: path}}.

A program of its own, because numcodecs unpickles hdmf-zarr's references only in a process that allows it.
"""
import json
import os
import sys
import warnings

os.environ["NUMCODECS_ALLOW_UNSAFE_PICKLE_DECODE"] = "1"
warnings.simplefilter("ignore")

import numpy as np  # noqa: E402
from hdmf.build import Builder, BuildManager, DatasetBuilder, GroupBuilder, ReferenceBuilder, TypeMap  # noqa: E402
from hdmf.spec import NamespaceCatalog  # noqa: E402
from hdmf_zarr.backend import ZarrIO  # noqa: E402
from hdmf_zarr.zarr_utils import DatasetOfReferences  # noqa: E402


def path_of(builder):
    names = []
    while builder is not None:
        names.append(builder.name)
        builder = builder.parent
    return "/" + "/".join(reversed(names[:-1]))


def target(value):
    while isinstance(value, ReferenceBuilder):
        value = value.builder
    return path_of(value)


class Targets:
    def __init__(self):
        self.links, self.references = {}, {}

    def group(self, group, path):
        self.attributes(group, path)
        for name, child in group.groups.items():
            self.group(child, f"{path.rstrip('/')}/{name}")
        for name, child in group.datasets.items():
            self.dataset(child, f"{path.rstrip('/')}/{name}")
        for name, link in group.links.items():
            self.links[f"{path.rstrip('/')}/{name}"] = [os.path.basename(link.builder.source.rstrip("/")), path_of(link.builder)]

    def attributes(self, node, path):
        for name, value in node.attributes.items():
            if isinstance(value, (Builder, ReferenceBuilder)):
                self.references[f"{path}@{name}"] = target(value)

    def dataset(self, dataset, path):
        self.attributes(dataset, path)
        data = dataset.data
        if not isinstance(data, DatasetOfReferences):
            return
        for i in range(len(data)):
            row = data[i]
            if isinstance(row, (Builder, ReferenceBuilder)):
                self.references[f"{path}[{i}]"] = target(row)
                continue
            names = [field["name"] for field in dataset.dtype] if isinstance(dataset.dtype, list) else data.dtype.names
            for name, value in zip(names, list(row)):
                if isinstance(value, (Builder, ReferenceBuilder)):
                    self.references[f"{path}[{i}].{name}"] = target(value)


def main():
    manager = BuildManager(TypeMap(NamespaceCatalog()))
    with ZarrIO(sys.argv[1], mode="r", manager=manager) as io:
        found = Targets()
        found.group(io.read_builder(), "/")
        print(json.dumps({"links": found.links, "references": found.references}))


if __name__ == "__main__":
    main()
