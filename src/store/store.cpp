#include "engram/store/store.hpp"

#include <fmt/format.h>

#include <limits>

#include "engram/base/error.hpp"

namespace engram::store {

bool ReadableStore::get_into(const Key& key, std::uint64_t max_size, Bytes& out) const {
  auto value = get(key, max_size);
  if (!value) return false;
  out = *std::move(value);
  return true;
}

void Store::erase_prefix(const std::string& prefix) {
  const std::string start = prefix.empty() ? "" : prefix + '/';
  const Listing listing = list_dir(prefix);
  for (const std::string& name : listing.keys) erase(Key(start + name));
  for (const std::string& name : listing.prefixes) erase_prefix(start + name);
}

void Store::move(const Key& from, const Key& to) {
  const auto value = get(from, std::numeric_limits<std::uint64_t>::max());
  if (!value) return;
  set(to, *value);
  erase(from);
}

void Store::replace_together(std::span<const Replacement> changes, const std::string&) {
  for (const Replacement& change : changes) {
    if (change.from) {
      move(*change.from, change.to);
    } else {
      erase(change.to);
    }
  }
}

std::unique_ptr<WriteLock> Store::lock() {
  throw Error(ErrorCode::unsupported,
              fmt::format("{} can't be kept from other writers, so that nothing can be appended "
                          "to it: unpack it into a directory and append there",
                          name()));
}

}  // namespace engram::store
