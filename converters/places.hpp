#pragma once

#include <boost/filesystem.hpp>
#include <string>
#include <utility>

namespace engram::converter {

/// "a" of "a//"; "/" of "///".
inline std::string without_trailing_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

/// True when `inner` is `outer` or lies below it; both canonical.
inline bool is_within(const boost::filesystem::path& inner, const boost::filesystem::path& outer) {
  const auto relative = inner.lexically_relative(outer);
  return !relative.empty() && *relative.begin() != "..";
}

/// True when the directory has the metadata of a Zarr group or array.
inline bool is_zarr_node(const boost::filesystem::path& directory) {
  boost::system::error_code ignored;
  for (const char* name : {".zgroup", ".zarray", "zarr.json"})
    if (boost::filesystem::exists(directory / name, ignored)) return true;
  return false;
}

}  // namespace engram::converter
