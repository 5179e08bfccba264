#pragma once

#include <memory>
#include <span>
#include <string>

#include "engram/store/checksums.hpp"
#include "engram/store/forwarding_store.hpp"

namespace engram::store {

/// Another store, with the checksums of all that is written to it through this object. Values that
/// it had before are not known (add_missing() reads them). When a change fails, nothing is known of
/// the keys that it was about.
///
/// Threads and errors: those of the other store; no two threads should change one key at once.
class ChecksumStore final : public ForwardingStore {
 public:
  /// Neither may be null. `checksums` may be asked at any time.
  ChecksumStore(std::shared_ptr<Store> inner, std::shared_ptr<Checksums> checksums);

  void set(const Key& key, BytesView value) override;
  std::unique_ptr<ValueWriter> begin(const Key& key) override;
  void erase(const Key& key) override;
  void erase_prefix(const std::string& prefix) override;
  void move(const Key& from, const Key& to) override;
  void replace_together(std::span<const Replacement> changes, const std::string& scratch) override;

 private:
  const std::shared_ptr<Checksums> checksums_;
};

}  // namespace engram::store
