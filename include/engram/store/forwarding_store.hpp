#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "engram/store/store.hpp"

namespace engram::store {

/// Another store, unchanged: what stands in front of a store derives from this and overrides what
/// it does otherwise. Every member calls that of the other store, so that what that one does in its
/// own way (a rename for move(), one system call for get_into()) stays so.
///
/// Threads and errors: those of the other store.
class ForwardingStore : public Store {
 public:
  /// `inner` may not be null.
  explicit ForwardingStore(std::shared_ptr<Store> inner) : inner_(std::move(inner)) {}

  std::optional<Bytes> get(const Key& key, std::uint64_t max_size) const override {
    return inner_->get(key, max_size);
  }
  bool get_into(const Key& key, std::uint64_t max_size, Bytes& out) const override {
    return inner_->get_into(key, max_size, out);
  }
  std::optional<Bytes> get_range(const Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override {
    return inner_->get_range(key, offset, size);
  }
  std::optional<std::uint64_t> size(const Key& key) const override { return inner_->size(key); }
  Listing list_dir(const std::string& prefix) const override { return inner_->list_dir(prefix); }
  std::string name() const override { return inner_->name(); }

  void set(const Key& key, BytesView value) override { inner_->set(key, value); }
  std::unique_ptr<ValueWriter> begin(const Key& key) override { return inner_->begin(key); }
  void expect(const Key& prefix) override { inner_->expect(prefix); }
  void erase(const Key& key) override { inner_->erase(key); }
  void erase_prefix(const std::string& prefix) override { inner_->erase_prefix(prefix); }
  void move(const Key& from, const Key& to) override { inner_->move(from, to); }
  void replace_together(std::span<const Replacement> changes, const std::string& scratch) override {
    inner_->replace_together(changes, scratch);
  }
  void sync() override { inner_->sync(); }
  std::unique_ptr<WriteLock> lock() override { return inner_->lock(); }
  void finish() override { inner_->finish(); }

 protected:
  Store& inner() const noexcept { return *inner_; }

 private:
  const std::shared_ptr<Store> inner_;
};

}  // namespace engram::store
