#include "engram/store/memory_store.hpp"

#include <algorithm>

#include "engram/base/error.hpp"
#include "flat_listing.hpp"

namespace engram::store {

std::optional<Bytes> MemoryStore::get(const Key& key, std::uint64_t max_size) const {
  const std::scoped_lock lock(mutex_);
  const auto found = values_.find(key.str());
  if (found == values_.end()) return std::nullopt;
  if (found->second.size() > max_size) throw too_large(key.str(), found->second.size(), max_size);
  return found->second;
}

std::optional<Bytes> MemoryStore::get_range(const Key& key, std::uint64_t offset,
                                            std::uint64_t size) const {
  const std::scoped_lock lock(mutex_);
  const auto found = values_.find(key.str());
  if (found == values_.end()) return std::nullopt;
  const BytesView value = found->second;
  const BytesView rest = value.subspan(std::min<std::uint64_t>(offset, value.size()));
  const BytesView range = rest.first(std::min<std::uint64_t>(size, rest.size()));
  return Bytes(range.begin(), range.end());
}

std::optional<std::uint64_t> MemoryStore::size(const Key& key) const {
  const std::scoped_lock lock(mutex_);
  const auto found = values_.find(key.str());
  if (found == values_.end()) return std::nullopt;
  return found->second.size();
}

Listing MemoryStore::list_dir(const std::string& prefix) const {
  const std::scoped_lock lock(mutex_);
  return list_flat(values_, prefix);
}

void MemoryStore::set(const Key& key, BytesView value) {
  Bytes copy(value.begin(), value.end());
  const std::scoped_lock lock(mutex_);
  check_place(values_, key.str());
  values_.insert_or_assign(key.str(), std::move(copy));
}

void MemoryStore::erase(const Key& key) {
  const std::scoped_lock lock(mutex_);
  const auto found = values_.find(key.str());
  if (found != values_.end()) values_.erase(found);
}

void MemoryStore::move_locked(const Key& from, const Key& to) {
  const auto found = values_.find(from.str());
  if (found == values_.end() || from == to) return;
  check_place(values_, to.str());
  values_.insert_or_assign(to.str(), std::move(found->second));
  values_.erase(from.str());
}

void MemoryStore::move(const Key& from, const Key& to) {
  const std::scoped_lock lock(mutex_);
  move_locked(from, to);
}

void MemoryStore::replace_together(std::span<const Replacement> changes, const std::string&) {
  const std::scoped_lock lock(mutex_);
  for (const Replacement& change : changes) {
    if (change.from) {
      move_locked(*change.from, change.to);
    } else {
      values_.erase(change.to.str());
    }
  }
}

std::unique_ptr<WriteLock> MemoryStore::lock() {
  class Held final : public WriteLock {
   public:
    explicit Held(std::shared_ptr<std::atomic<bool>> flag) : flag_(std::move(flag)) {}
    ~Held() override { *flag_ = false; }

   private:
    std::shared_ptr<std::atomic<bool>> flag_;
  };
  if (is_locked_->exchange(true))
    throw Error(ErrorCode::already_exists, "this store in memory has another writer");
  return std::make_unique<Held>(is_locked_);
}

void MemoryStore::erase_prefix(const std::string& prefix) {
  const std::scoped_lock lock(mutex_);
  erase_flat(values_, prefix);
}

}  // namespace engram::store
