#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "engram/base/error.hpp"
#include "engram/store/store.hpp"

namespace engram::testing {

/// Another store in which one call goes wrong: to see what happens on a bad disk.
///
/// Threads: as the store behind it; calls are counted over all threads.
class FaultyStore final : public store::Store {
 public:
  enum class Fault {
    fail,       ///< The call throws Error(io_error) and does nothing.
    cut_short,  ///< get() and get_range() give half; set() keeps half and throws.
  };

  /// The call with number `at`, counted from 0 over all members but name(), goes wrong, and with
  /// `for_ever` each one after it. `behind` must live longer.
  FaultyStore(store::Store& behind, std::uint64_t at, Fault fault, bool for_ever = false)
      : behind_(behind), at_(at), fault_(fault), for_ever_(for_ever) {}

  /// Calls so far.
  std::uint64_t calls() const noexcept { return calls_; }

  std::optional<Bytes> get(const store::Key& key, std::uint64_t max_size) const override {
    const bool is_bad = next_is_bad();
    if (is_bad && fault_ == Fault::fail) fail("read", key.str());
    std::optional<Bytes> value = behind_.get(key, max_size);
    if (is_bad && value) value->resize(value->size() / 2);
    return value;
  }

  std::optional<Bytes> get_range(const store::Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override {
    const bool is_bad = next_is_bad();
    if (is_bad && fault_ == Fault::fail) fail("read", key.str());
    std::optional<Bytes> value = behind_.get_range(key, offset, size);
    if (is_bad && value) value->resize(value->size() / 2);
    return value;
  }

  std::optional<std::uint64_t> size(const store::Key& key) const override {
    if (next_is_bad()) fail("look at", key.str());
    return behind_.size(key);
  }

  store::Listing list_dir(const std::string& prefix) const override {
    if (next_is_bad()) fail("list", prefix);
    return behind_.list_dir(prefix);
  }

  std::string name() const override { return "faulty " + behind_.name(); }

  void set(const store::Key& key, BytesView value) override {
    if (!next_is_bad()) return behind_.set(key, value);
    if (fault_ == Fault::cut_short) behind_.set(key, value.first(value.size() / 2));
    fail("write", key.str());
  }

  void erase(const store::Key& key) override {
    if (next_is_bad()) fail("remove", key.str());
    behind_.erase(key);
  }

  void erase_prefix(const std::string& prefix) override {
    if (next_is_bad()) fail("remove", prefix);
    behind_.erase_prefix(prefix);
  }

  void move(const store::Key& from, const store::Key& to) override {
    if (next_is_bad()) fail("move", from.str());
    behind_.move(from, to);
  }

  void replace_together(std::span<const store::Replacement> changes,
                        const std::string& scratch) override {
    if (next_is_bad()) fail("replace values in", scratch);
    behind_.replace_together(changes, scratch);
  }

  void sync() override {
    if (next_is_bad()) fail("sync", behind_.name());
    behind_.sync();
  }

  /// Never goes wrong and is not counted: what is done under the lock is what matters.
  std::unique_ptr<store::WriteLock> lock() override { return behind_.lock(); }

  void finish() override {
    if (next_is_bad()) fail("finish", behind_.name());
    behind_.finish();
  }

 private:
  bool next_is_bad() const {
    const std::uint64_t call = calls_++;
    return call == at_ || (for_ever_ && call > at_);
  }

  [[noreturn]] void fail(const std::string& action, const std::string& what) const {
    throw Error(ErrorCode::io_error, "can't " + action + ' ' + what + ": planted fault");
  }

  store::Store& behind_;
  const std::uint64_t at_;
  const Fault fault_;
  const bool for_ever_;
  mutable std::atomic<std::uint64_t> calls_{0};
};

}  // namespace engram::testing
