#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/posix_file.hpp"
#include "engram/store/forwarding_store.hpp"

namespace engram::converter {

/// A store that notes in a file, before a chunk is written, that it is: whoever finds the store
/// after a kill -9 knows which of its files may be cut short, at most one a thread. Metadata are
/// not noted: whoever goes on writes them anew.
///
/// The file has a slot of kSlotBytes for each thread, with the key that it wrote last.
class TrackedStore final : public store::ForwardingStore {
 public:
  /// `notes` is made, or emptied; as many chunks as `threads` may be written at a time. Throws
  /// Error(io_error).
  TrackedStore(std::shared_ptr<store::Store> store, const std::string& notes, std::size_t threads);

  void set(const store::Key& key, BytesView value) override;

 private:
  class Slot;

  std::string notes_path_;
  FileDescriptor notes_;
  std::vector<std::atomic<bool>> taken_;
};

/// The keys that the file `notes` of a TrackedStore tells of; none when there is no such file.
/// Throws Error(io_error).
std::vector<std::string> noted_keys(const std::string& notes);

}  // namespace engram::converter
