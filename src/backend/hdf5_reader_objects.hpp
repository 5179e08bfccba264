#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "engram/hdf5/file.hpp"
#include "engram/hdmf/reference.hpp"

namespace engram::backend {

/// Which HDF5 object lies where in the tree. Filled while the tree is read, by one thread; from
/// then on only read, by many.
class PlacedObjects {
 public:
  struct Place {
    std::string path;
    std::optional<std::string> object_id;
  };

  /// The place of the object at `address` of the file with `file_number`, or nullptr.
  const Place* find(std::uint64_t file_number, std::uint64_t address) const;

  /// Says that the object lies at `path`.
  Place& add(std::uint64_t file_number, std::uint64_t address, std::string path);

  /// A reference to the object, or nullopt when it lies nowhere in the tree.
  std::optional<hdmf::Reference> reference(std::uint64_t file_number, std::uint64_t address) const;

  /// The object_id of the tree's root.
  void set_root_id(std::optional<std::string> id) { root_id_ = std::move(id); }

 private:
  std::unordered_map<std::uint64_t, std::unordered_map<std::uint64_t, Place>> files_;
  std::optional<std::string> root_id_;
};

}  // namespace engram::backend
