#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engram/store/store.hpp"

namespace engram::store {

/// What lies below a key of another store, as a store of its own: its "a" is the other's
/// "PREFIX/a". Nothing else of the other store can be seen or reached through it.
///
/// Threads and errors: those of the other store. Keys are as long as that allows with the prefix
/// before them; one that is longer throws Error(invalid_argument).
class PrefixReader final : public ReadableStore {
 public:
  /// `whole` may not be null.
  PrefixReader(std::shared_ptr<const ReadableStore> whole, Key prefix);

  std::optional<Bytes> get(const Key& key, std::uint64_t max_size) const override;
  bool get_into(const Key& key, std::uint64_t max_size, Bytes& out) const override;
  std::optional<Bytes> get_range(const Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override;
  std::optional<std::uint64_t> size(const Key& key) const override;
  Listing list_dir(const std::string& prefix) const override;
  std::string name() const override;

 private:
  std::shared_ptr<const ReadableStore> whole_;
  Key prefix_;
};

/// The same, to be read and changed. Its lock() is that of the whole other store. Its finish() does
/// nothing: who writes to the other store ends that.
class PrefixStore final : public Store {
 public:
  /// `whole` may not be null.
  PrefixStore(std::shared_ptr<Store> whole, Key prefix);

  std::optional<Bytes> get(const Key& key, std::uint64_t max_size) const override;
  bool get_into(const Key& key, std::uint64_t max_size, Bytes& out) const override;
  std::optional<Bytes> get_range(const Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override;
  std::optional<std::uint64_t> size(const Key& key) const override;
  Listing list_dir(const std::string& prefix) const override;
  std::string name() const override;

  void set(const Key& key, BytesView value) override;
  std::unique_ptr<ValueWriter> begin(const Key& key) override;
  void expect(const Key& prefix) override;
  void erase(const Key& key) override;
  void erase_prefix(const std::string& prefix) override;
  void move(const Key& from, const Key& to) override;
  void replace_together(std::span<const Replacement> changes, const std::string& scratch) override;
  void sync() override;
  std::unique_ptr<WriteLock> lock() override;

 private:
  std::shared_ptr<Store> whole_;
  Key prefix_;
  PrefixReader reader_;
};

}  // namespace engram::store
