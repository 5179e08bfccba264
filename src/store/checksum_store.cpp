#include "engram/store/checksum_store.hpp"

#include <utility>

#include "md5.hpp"

namespace engram::store {
namespace {

class HashedValue final : public ValueWriter {
 public:
  HashedValue(std::unique_ptr<ValueWriter> inner, std::shared_ptr<Checksums> checksums, Key key)
      : inner_(std::move(inner)), checksums_(std::move(checksums)), key_(std::move(key)) {}

  void append(BytesView bytes) override {
    inner_->append(bytes);
    md5_.add(bytes);
    size_ += bytes.size();
  }

  void finish() override {
    try {
      inner_->finish();
    } catch (...) {
      checksums_->erase(key_);
      throw;
    }
    checksums_->set(key_, ValueChecksum{md5_.finish(), size_});
  }

 private:
  const std::unique_ptr<ValueWriter> inner_;
  const std::shared_ptr<Checksums> checksums_;
  const Key key_;
  Md5 md5_;
  std::uint64_t size_ = 0;
};

}  // namespace

ChecksumStore::ChecksumStore(std::shared_ptr<Store> inner, std::shared_ptr<Checksums> checksums)
    : ForwardingStore(std::move(inner)), checksums_(std::move(checksums)) {}

void ChecksumStore::set(const Key& key, BytesView value) {
  const ValueChecksum checksum{md5_of(value), value.size()};
  try {
    inner().set(key, value);
  } catch (...) {
    checksums_->erase(key);
    throw;
  }
  checksums_->set(key, checksum);
}

std::unique_ptr<ValueWriter> ChecksumStore::begin(const Key& key) {
  return std::make_unique<HashedValue>(inner().begin(key), checksums_, key);
}

// What is removed is forgotten first: should the removal fail, it is not known what is there.
void ChecksumStore::erase(const Key& key) {
  checksums_->erase(key);
  inner().erase(key);
}

void ChecksumStore::erase_prefix(const std::string& prefix) {
  checksums_->erase_prefix(prefix);
  inner().erase_prefix(prefix);
}

void ChecksumStore::move(const Key& from, const Key& to) {
  // Without `from` nothing happens, and `to` stays what it was.
  if (!checksums_->contains(from) && !inner().size(from)) return;
  try {
    inner().move(from, to);
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
    inner().replace_together(changes, scratch);
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

}  // namespace engram::store
