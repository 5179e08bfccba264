#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/posix_file.hpp"
#include "engram/store/store.hpp"

namespace engram::converter {

/// A store that notes in a file, before a chunk is written, that it is: whoever finds the store
/// after a kill -9 knows which of its files may be cut short, at most one a thread. Metadata are
/// not noted: whoever goes on writes them anew.
///
/// The file has a slot of kSlotBytes for each thread, with the key that it wrote last.
class TrackedStore final : public store::Store {
 public:
  /// `notes` is made, or emptied; as many chunks as `threads` may be written at a time. Throws
  /// Error(io_error).
  TrackedStore(std::shared_ptr<store::Store> store, const std::string& notes, std::size_t threads);

  void set(const store::Key& key, BytesView value) override;

  std::optional<Bytes> get(const store::Key& key, std::uint64_t max_size) const override {
    return store_->get(key, max_size);
  }
  std::optional<Bytes> get_range(const store::Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override {
    return store_->get_range(key, offset, size);
  }
  std::optional<std::uint64_t> size(const store::Key& key) const override {
    return store_->size(key);
  }
  store::Listing list_dir(const std::string& prefix) const override {
    return store_->list_dir(prefix);
  }
  std::string name() const override { return store_->name(); }
  void expect(const store::Key& prefix) override { store_->expect(prefix); }
  void erase(const store::Key& key) override { store_->erase(key); }
  void sync() override { store_->sync(); }

 private:
  class Slot;

  std::shared_ptr<store::Store> store_;
  std::string notes_path_;
  FileDescriptor notes_;
  std::vector<std::atomic<bool>> taken_;
};

/// The keys that the file `notes` of a TrackedStore tells of; none when there is no such file.
/// Throws Error(io_error).
std::vector<std::string> noted_keys(const std::string& notes);

}  // namespace engram::converter
