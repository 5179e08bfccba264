#pragma once

#include <string>

namespace engram::backend {

/// The path of an object as keys of a store have it: "a/b" for "/a/b", "" for the root.
inline std::string key_path(const std::string& path) {
  return path.starts_with('/') ? path.substr(1) : path;
}

}  // namespace engram::backend
