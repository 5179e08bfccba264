#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "engram/store/store.hpp"

namespace engram::store {

/// A store in memory, for tests and for small results. It is gone with the object.
class MemoryStore final : public Store {
 public:
  std::optional<Bytes> get(const Key& key, std::uint64_t max_size) const override;
  std::optional<Bytes> get_range(const Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override;
  std::optional<std::uint64_t> size(const Key& key) const override;
  Listing list_dir(const std::string& prefix) const override;
  std::string name() const override { return "memory"; }
  void set(const Key& key, BytesView value) override;
  void erase(const Key& key) override;
  void erase_prefix(const std::string& prefix) override;
  void move(const Key& from, const Key& to) override;
  void replace_together(std::span<const Replacement> changes, const std::string& scratch) override;
  std::unique_ptr<WriteLock> lock() override;

 private:
  void move_locked(const Key& from, const Key& to);

  std::shared_ptr<std::atomic<bool>> is_locked_ = std::make_shared<std::atomic<bool>>(false);
  mutable std::mutex mutex_;
  std::map<std::string, Bytes, std::less<>> values_;
};

}  // namespace engram::store
