#include "engram/store/store.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "engram/base/error.hpp"

namespace engram::store {
namespace {

class HeldValue final : public ValueWriter {
 public:
  HeldValue(Store& store, Key key) : store_(store), key_(std::move(key)) {}

  void append(BytesView bytes) override { value_.insert(value_.end(), bytes.begin(), bytes.end()); }
  void finish() override { store_.set(key_, value_); }

 private:
  Store& store_;
  const Key key_;
  Bytes value_;
};

}  // namespace

bool ReadableStore::get_into(const Key& key, std::uint64_t max_size, Bytes& out) const {
  auto value = get(key, max_size);
  if (!value) return false;
  out = *std::move(value);
  return true;
}

std::unique_ptr<ValueWriter> Store::begin(const Key& key) {
  return std::make_unique<HeldValue>(*this, key);
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
