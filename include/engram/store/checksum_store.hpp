#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engram/store/checksums.hpp"
#include "engram/store/store.hpp"

namespace engram::store {

/// Another store, with the checksums of all that is written to it through this object. Values that
/// it had before are not known (add_missing() reads them). When a change fails, nothing is known of
/// the keys that it was about.
///
/// Threads and errors: those of the other store; no two threads should change one key at once.
class ChecksumStore final : public Store {
 public:
  /// Neither may be null. `checksums` may be asked at any time.
  ChecksumStore(std::shared_ptr<Store> inner, std::shared_ptr<Checksums> checksums);

  std::optional<Bytes> get(const Key& key, std::uint64_t max_size) const override;
  bool get_into(const Key& key, std::uint64_t max_size, Bytes& out) const override;
  std::optional<Bytes> get_range(const Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override;
  std::optional<std::uint64_t> size(const Key& key) const override;
  Listing list_dir(const std::string& prefix) const override;
  std::string name() const override;

  void set(const Key& key, BytesView value) override;
  void expect(const Key& prefix) override;
  void erase(const Key& key) override;
  void erase_prefix(const std::string& prefix) override;
  void move(const Key& from, const Key& to) override;
  void replace_together(std::span<const Replacement> changes, const std::string& scratch) override;
  void sync() override;
  std::unique_ptr<WriteLock> lock() override;
  void finish() override;

 private:
  const std::shared_ptr<Store> inner_;
  const std::shared_ptr<Checksums> checksums_;
};

}  // namespace engram::store
