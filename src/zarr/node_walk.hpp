#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "engram/base/error.hpp"
#include "engram/base/limits.hpp"

namespace engram::zarr {

// What reading a hierarchy needs, whatever the version.

/// Counts nodes and depth on the way down.
class NodeBudget {
 public:
  explicit NodeBudget(const Limits& limits) : limits_(limits) {}

  void add_node(std::string_view path) {
    if (++nodes_ > limits_.max_nodes)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("the store has more than {} groups and arrays", limits_.max_nodes));
    const auto depth = static_cast<std::uint64_t>(std::count(path.begin(), path.end(), '/'));
    if (depth >= limits_.max_depth)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("\"{}\" lies deeper than {} groups", path, limits_.max_depth));
  }

 private:
  const Limits& limits_;
  std::uint64_t nodes_ = 0;
};

/// Where a path is split at its last '/': "a/b/.zarray" into "a/b" and ".zarray".
inline std::pair<std::string_view, std::string_view> split_path(std::string_view key) {
  const std::size_t slash = key.rfind('/');
  if (slash == std::string_view::npos) return {"", key};
  return {key.substr(0, slash), key.substr(slash + 1)};
}

/// Orders paths so that what lies below a group comes right after it: '/' before all other bytes.
struct PathOrder {
  bool operator()(std::string_view a, std::string_view b) const noexcept {
    const auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c); };
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [&](char x, char y) { return rank(x) < rank(y); });
  }
};

}  // namespace engram::zarr
