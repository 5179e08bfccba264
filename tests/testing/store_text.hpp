#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engram/store/store.hpp"

namespace engram::testing {

inline constexpr std::uint64_t kNoLimit = ~0ULL;

inline std::optional<std::string> as_string(const std::optional<Bytes>& value) {
  if (!value) return std::nullopt;
  return std::string(as_text(*value));
}

/// The value of `key`, or nullopt.
inline std::optional<std::string> text(const store::ReadableStore& store, std::string_view key) {
  return as_string(store.get(store::Key(key), kNoLimit));
}

}  // namespace engram::testing
