#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "engram/base/error.hpp"
#include "engram/store/store.hpp"

namespace engram::store {

/// The keys of a store that has no directories, in order. What is looked up may be a view.
template <typename Value>
using KeyMap = std::map<std::string, Value, std::less<>>;

/// What all keys directly or not below `prefix` begin with. Throws Error(invalid_argument).
inline std::string start_below(const std::string& prefix) {
  return prefix.empty() ? "" : Key(prefix).str() + '/';
}

/// list_dir() of a store that has no directories.
template <typename Value>
Listing list_flat(const KeyMap<Value>& values, const std::string& prefix) {
  const std::string start = start_below(prefix);
  Listing listing;
  auto at = values.lower_bound(start);
  while (at != values.end() && at->first.starts_with(start)) {
    const std::size_t slash = at->first.find('/', start.size());
    if (slash == std::string::npos) {
      listing.keys.push_back(at->first.substr(start.size()));
      ++at;
    } else {
      listing.prefixes.push_back(at->first.substr(start.size(), slash - start.size()));
      // Past all that begins with this prefix and its slash: '0' is the character behind '/'.
      at = values.lower_bound(at->first.substr(0, slash) + '0');
    }
  }
  // "a-b/x" lies before "a/x", but the name "a" before "a-b".
  std::sort(listing.prefixes.begin(), listing.prefixes.end());
  return listing;
}

/// Removes what lies below `prefix`; returns how many values that were.
template <typename Value>
std::size_t erase_flat(KeyMap<Value>& values, const std::string& prefix) {
  const std::string start = start_below(prefix);
  const std::size_t before = values.size();
  const auto first = values.lower_bound(start);
  auto last = first;
  while (last != values.end() && last->first.starts_with(start)) ++last;
  values.erase(first, last);
  return before - values.size();
}

/// Throws Error(io_error) when `key` lies below a value, or has values below it: a directory can't
/// hold a value, nor a file have anything below it; that the other stores refuse it too keeps them
/// alike.
template <typename Value>
void check_place(const KeyMap<Value>& values, const std::string& key) {
  const auto below = values.lower_bound(key + '/');
  if (below != values.end() && below->first.starts_with(key + '/')) {
    throw Error(ErrorCode::io_error, "can't write " + key + ": there are values below it");
  }
  for (std::size_t slash = key.find('/'); slash != std::string::npos;
       slash = key.find('/', slash + 1)) {
    if (values.contains(std::string_view(key).substr(0, slash))) {
      throw Error(ErrorCode::io_error,
                  "can't write " + key + ": " + key.substr(0, slash) + " is a value");
    }
  }
}

/// Error(limit_exceeded) of a get(): "KEY has 5 bytes, more than the 4 that it may have".
inline Error too_large(const std::string& what, std::uint64_t size, std::uint64_t max_size) {
  return {ErrorCode::limit_exceeded, what + " has " + std::to_string(size) +
                                         " bytes, more than the " + std::to_string(max_size) +
                                         " that it may have"};
}

}  // namespace engram::store
