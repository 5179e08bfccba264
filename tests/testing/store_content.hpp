#pragma once

#include <map>
#include <string>

#include "engram/store/store.hpp"
#include "testing/store_text.hpp"

namespace engram::testing {

/// All keys of a store and their values: two stores are the same, byte for byte, when these are.
using StoreContent = std::map<std::string, std::string>;

inline void add_content(const store::ReadableStore& store, const std::string& prefix,
                        StoreContent& content) {
  const store::Listing listing = store.list_dir(prefix);
  const std::string start = prefix.empty() ? "" : prefix + "/";
  for (const std::string& name : listing.keys) content[start + name] = *text(store, start + name);
  for (const std::string& name : listing.prefixes) add_content(store, start + name, content);
}

inline StoreContent content_of(const store::ReadableStore& store) {
  StoreContent content;
  add_content(store, "", content);
  return content;
}

/// Makes `store`, which is empty, the same.
inline void fill_store(store::Store& store, const StoreContent& content) {
  for (const auto& [key, value] : content) store.set(store::Key(key), as_bytes(value));
}

}  // namespace engram::testing
