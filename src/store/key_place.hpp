#pragma once

#include <string>
#include <string_view>

#include "engram/store/key.hpp"

namespace engram::store {

/// A key as directory ("" at the top) and name.
struct KeyPlace {
  explicit KeyPlace(const Key& of) {
    const std::string_view key = of.str();
    const std::size_t slash = key.rfind('/');
    if (slash != std::string_view::npos) directory = key.substr(0, slash);
    name = slash == std::string_view::npos ? key : key.substr(slash + 1);
  }
  std::string directory, name;
};

}  // namespace engram::store
