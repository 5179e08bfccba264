#include "engram/store/store.hpp"

namespace engram::store {

void Store::erase_prefix(const std::string& prefix) {
  const std::string start = prefix.empty() ? "" : prefix + '/';
  const Listing listing = list_dir(prefix);
  for (const std::string& name : listing.keys) erase(Key(start + name));
  for (const std::string& name : listing.prefixes) erase_prefix(start + name);
}

}  // namespace engram::store
