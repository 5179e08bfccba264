#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engram/backend/backend.hpp"
#include "engram/hdmf/builder.hpp"
#include "engram/store/store.hpp"

namespace engram::cli {

/// What engram tree and engram cat look into.
struct Source {
  hdmf::GroupBuilder tree;                    ///< Empty where there is `array`.
  std::optional<hdmf::DatasetBuilder> array;  ///< The one array that a Zarr store may be, at "/".
  std::vector<backend::Notice> notices;
  std::shared_ptr<const store::ReadableStore> store;  ///< None: an HDF5 file.
};

/// All metadata of what lies at `path`, and of other files as far as they lie beside it or in
/// `allow_external` (see backend::ReadOptions). Throws as backend::open_reader() and
/// Reader::read_tree().
Source open_source(const std::string& path, const std::vector<std::string>& allow_external = {});

}  // namespace engram::cli
