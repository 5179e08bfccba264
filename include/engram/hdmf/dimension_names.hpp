#pragma once

#include "engram/hdmf/builder.hpp"
#include "engram/hdmf/namespace_catalog.hpp"

namespace engram::hdmf {

/// Gives each dataset of `root`, a whole file, its DatasetBuilder::dimension_names: those that the
/// schema has for its place or its type, of the shapes it allows there the one that fits (if
/// several do, the one that says most); else the dataset's own name and a number. Datasets of one
/// group that share a name have the same length in that dimension, which is what xarray asks for:
/// where the schema uses a name for two lengths, the later one gets the dataset's name in front. A
/// single value has one dimension, "scalar". Cached schemas are left alone.
void name_dimensions(GroupBuilder& root, const NamespaceCatalog& catalog);

}  // namespace engram::hdmf
