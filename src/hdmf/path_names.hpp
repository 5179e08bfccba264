#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace engram::hdmf {

/// Puts the names of `path` behind `names`, its last one first, so that the next to be looked up is
/// at the back.
inline void push_names(std::string_view path, std::vector<std::string_view>& names) {
  while (!path.empty()) {
    const std::size_t slash = path.rfind('/');
    const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (!name.empty()) names.push_back(name);
    path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
}

}  // namespace engram::hdmf
