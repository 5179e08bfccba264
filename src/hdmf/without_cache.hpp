#pragma once

#include <algorithm>
#include <string_view>
#include <utility>

#include "engram/hdmf/builder.hpp"

namespace engram::hdmf {

/// Calls `change(root)` while `root` lacks its cached schemas, which lie at the root and are no
/// part of what they describe.
template <typename Change>
void without_cache(GroupBuilder& root, const Change& change) {
  constexpr std::string_view kCache = "specifications";
  const auto cache = std::find_if(root.groups.begin(), root.groups.end(),
                                  [&](const GroupBuilder& group) { return group.name == kCache; });
  const bool has_cache = cache != root.groups.end();
  GroupBuilder kept;
  if (has_cache) std::swap(kept, *cache);
  change(root);
  if (has_cache) std::swap(kept, *cache);
}

}  // namespace engram::hdmf
