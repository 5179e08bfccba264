#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend/hdf5_reader_objects.hpp"
#include "engram/backend/backend.hpp"
#include "engram/base/limits.hpp"
#include "engram/hdf5/file.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::backend {

/// Reads the attributes of objects. What a reference among them points at may have no place in the
/// tree yet, so references are noted and filled in when all have theirs.
class AttributeReader {
 public:
  AttributeReader(const Limits& limits, std::vector<Notice>& notices)
      : limits_(limits), notices_(notices) {}

  /// The attributes of the open object `object` of `file`, which gets the place `path`.
  hdmf::Attributes read(hdf5::Id object, const hdf5::File& file, const std::string& path);

  /// Puts the places of `objects` into the references among `attributes` of the node at `path`. An
  /// attribute with a reference that leads nowhere is left out, with a notice.
  void resolve(hdmf::Attributes& attributes, const std::string& path, const PlacedObjects& objects);

  /// True when there is anything for resolve() to do.
  bool has_references() const noexcept { return !noted_.empty(); }

 private:
  struct Noted {
    std::uint64_t file_number, address;
  };
  class Noter;

  void check_size(const Shape& shape, std::uint64_t bytes) const;
  hdmf::Value read_value(hdf5::Id attribute, const hdf5::File& file, hdmf::StoredForm& form,
                         std::string& reason, std::string& change);
  bool resolve(hdmf::Value& value, const PlacedObjects& objects) const;

  const Limits& limits_;
  std::vector<Notice>& notices_;
  std::vector<Noted> noted_;
};

}  // namespace engram::backend
