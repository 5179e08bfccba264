#pragma once

#include <optional>
#include <string>

#include "engram/base/json.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::backend {

/// What engram keeps of an HDF5 file in a Zarr store that Zarr and hdmf-zarr have no words for: the
/// types of attributes and of objects, and how datasets are laid out. Nobody needs it to read the
/// store; it makes the way back to HDF5 exact. The JSON is described in specs/zarr-layout.md.
///
/// A type: a NumPy type string; "reference", "region"; {"text": "ascii"|"utf8", "length": n};
/// {"sequence": type}; {"array": type, "shape": [...]}; {"record": [[name, type], ...]}.
Json stored_type_to_json(const hdmf::ObjectType& type);
/// The reverse; nullopt for what it did not write.
std::optional<hdmf::ObjectType> stored_type_from_json(const Json& json);

/// True when the tree was HDF5 once: each of its arrays says then how it lay there.
bool knows_hdf5(const hdmf::GroupBuilder& group);

/// All of it for a tree: {"/a/b": {"attributes": {name: form}, "type", "contiguous", "max_shape",
/// "chunks", "codecs", "checksum"}}, with the nodes of which there is something to say; null when
/// the tree has nothing from HDF5. Of an array "contiguous" is left out where it is as its size has
/// it (StoredLayout::kSmallBytes).
Json stored_to_json(const hdmf::GroupBuilder& root);

/// Tells the tree what stored_to_json() said of it. What does not fit, or is no such JSON, is
/// passed over: the store may have been changed since.
void apply_stored(const Json& json, hdmf::GroupBuilder& root);

/// The type that the objects of the dataset at `path` had, or nullopt.
std::optional<hdmf::ObjectType> stored_object_type(const Json& json, const std::string& path);

}  // namespace engram::backend
