#include "engram/store/memory_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engram/base/error.hpp"

namespace engram::store {

std::optional<Bytes> MemoryStore::get(const Key& key, std::uint64_t max_size) const {
  const std::scoped_lock lock(mutex_);
  const auto found = values_.find(key.str());
  if (found == values_.end()) return std::nullopt;
  if (found->second.size() > max_size) {
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("{} has {} bytes, more than the {} that it may have", key.str(),
                            found->second.size(), max_size));
  }
  return found->second;
}

std::optional<std::uint64_t> MemoryStore::size(const Key& key) const {
  const std::scoped_lock lock(mutex_);
  const auto found = values_.find(key.str());
  if (found == values_.end()) return std::nullopt;
  return found->second.size();
}

Listing MemoryStore::list_dir(const std::string& prefix) const {
  const std::string start = prefix.empty() ? "" : Key(prefix).str() + '/';
  Listing listing;
  const std::scoped_lock lock(mutex_);
  auto at = values_.lower_bound(start);
  while (at != values_.end() && at->first.starts_with(start)) {
    const std::size_t slash = at->first.find('/', start.size());
    if (slash == std::string::npos) {
      listing.keys.push_back(at->first.substr(start.size()));
      ++at;
    } else {
      listing.prefixes.push_back(at->first.substr(start.size(), slash - start.size()));
      // Past all that begins with this prefix and its slash: '0' is the character behind '/'.
      at = values_.lower_bound(at->first.substr(0, slash) + '0');
    }
  }
  // "a-b/x" lies before "a/x", but the name "a" before "a-b".
  std::sort(listing.prefixes.begin(), listing.prefixes.end());
  return listing;
}

void MemoryStore::set(const Key& key, BytesView value) {
  Bytes copy(value.begin(), value.end());
  const std::scoped_lock lock(mutex_);
  // A directory can't hold a value, nor a value have anything below it; that it can't here either
  // keeps the stores alike.
  const auto below = values_.lower_bound(key.str() + '/');
  if (below != values_.end() && below->first.starts_with(key.str() + '/')) {
    throw Error(ErrorCode::io_error,
                fmt::format("can't write {}: there are values below it", key.str()));
  }
  for (std::size_t slash = key.str().find('/'); slash != std::string::npos;
       slash = key.str().find('/', slash + 1)) {
    if (values_.contains(key.str().substr(0, slash))) {
      throw Error(ErrorCode::io_error, fmt::format("can't write {}: {} is a value", key.str(),
                                                   key.str().substr(0, slash)));
    }
  }
  values_.insert_or_assign(key.str(), std::move(copy));
}

void MemoryStore::erase(const Key& key) {
  const std::scoped_lock lock(mutex_);
  const auto found = values_.find(key.str());
  if (found != values_.end()) values_.erase(found);
}

}  // namespace engram::store
