#include "engram/store/checksum_store.hpp"

#include <utility>

namespace engram::store {

ChecksumStore::ChecksumStore(std::shared_ptr<Store> inner, std::shared_ptr<Checksums> checksums)
    : inner_(std::move(inner)), checksums_(std::move(checksums)) {}

std::optional<Bytes> ChecksumStore::get(const Key& key, std::uint64_t max_size) const {
  return inner_->get(key, max_size);
}

bool ChecksumStore::get_into(const Key& key, std::uint64_t max_size, Bytes& out) const {
  return inner_->get_into(key, max_size, out);
}

std::optional<Bytes> ChecksumStore::get_range(const Key& key, std::uint64_t offset,
                                              std::uint64_t size) const {
  return inner_->get_range(key, offset, size);
}

std::optional<std::uint64_t> ChecksumStore::size(const Key& key) const { return inner_->size(key); }

Listing ChecksumStore::list_dir(const std::string& prefix) const {
  return inner_->list_dir(prefix);
}

std::string ChecksumStore::name() const { return inner_->name(); }

void ChecksumStore::set(const Key& key, BytesView value) {
  const ValueChecksum checksum{md5_of(value), value.size()};
  try {
    inner_->set(key, value);
  } catch (...) {
    checksums_->erase(key);
    throw;
  }
  checksums_->set(key, checksum);
}

void ChecksumStore::expect(const Key& prefix) { inner_->expect(prefix); }

// What is removed is forgotten first: should the removal fail, it is not known what is there.
void ChecksumStore::erase(const Key& key) {
  checksums_->erase(key);
  inner_->erase(key);
}

void ChecksumStore::erase_prefix(const std::string& prefix) {
  checksums_->erase_prefix(prefix);
  inner_->erase_prefix(prefix);
}

void ChecksumStore::move(const Key& from, const Key& to) {
  // Without `from` nothing happens, and `to` stays what it was.
  if (!checksums_->contains(from) && !inner_->size(from)) return;
  try {
    inner_->move(from, to);
  } catch (...) {
    checksums_->erase(from);
    checksums_->erase(to);
    throw;
  }
  checksums_->move(from, to);
}

void ChecksumStore::replace_together(std::span<const Replacement> changes,
                                     const std::string& scratch) {
  // A `from` that is gone was moved by an earlier call that was interrupted: what `to` has now is
  // then known to no one.
  try {
    inner_->replace_together(changes, scratch);
  } catch (...) {
    for (const Replacement& change : changes) {
      if (change.from) checksums_->erase(*change.from);
      checksums_->erase(change.to);
    }
    throw;
  }
  for (const Replacement& change : changes) {
    if (change.from) {
      checksums_->move(*change.from, change.to);
    } else {
      checksums_->erase(change.to);
    }
  }
}

void ChecksumStore::sync() { inner_->sync(); }

std::unique_ptr<WriteLock> ChecksumStore::lock() { return inner_->lock(); }

void ChecksumStore::finish() { inner_->finish(); }

}  // namespace engram::store
