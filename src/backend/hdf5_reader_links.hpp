#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engram/base/limits.hpp"
#include "engram/hdf5/file.hpp"
#include "engram/hdf5/handle.hpp"
#include "hdf5/library.hpp"

namespace engram::backend {

/// A link of an HDF5 group.
struct Hdf5Link {
  enum class Kind { hard, soft, external, other };
  std::string name;
  Kind kind = Kind::hard;
  std::uint64_t address = 0;  ///< hard: of the object.
};

/// The links of the open group `group`, by name in byte order. Throws Error(limit_exceeded) when
/// they and the `known` links of the file are more than `max_count`.
std::vector<Hdf5Link> list_links(hdf5::Id group, std::uint64_t known, std::uint64_t max_count);

/// Link access properties: read-only, at most `max_hops` links one after another.
hdf5::Handle link_access(std::uint32_t max_hops);

/// Where the soft or external link `name` of `group` leads, for people: "/a/b" or "/a/b in the file
/// c.h5".
std::string link_target_text(hdf5::Id group, const std::string& name);

/// The path in its file that the external link `name` of `group` leads to, "/a/b"; nullopt of other
/// links.
std::optional<std::string> external_target(hdf5::Id group, const std::string& name);

/// The places that the objects of a file have in the tree that is read from it, by address.
using HardPlaces = std::unordered_map<std::uint64_t, std::string>;

/// All objects of `file`, each where it is met first by hard links, depth first, names in byte
/// order: where Hdf5TreeReader puts it. Throws Error(limit_exceeded), naming the file.
HardPlaces hard_places(hdf5::File& file, const Limits& limits);

}  // namespace engram::backend
