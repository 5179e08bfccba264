#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>

#include "engram/hdf5/handle.hpp"

namespace engram::hdf5 {

class FileGuard;

/// An HDF5 file that is open for reading. It stays open as long as somebody holds it.
///
/// Threads: every member may be called by many threads at once.
class File {
 public:
  /// Throws Error(not_found), Error(io_error) when the system refuses, Error(unsupported) when it
  /// is no HDF5 file or one that needs another file driver, Error(corrupt_data) when it is damaged
  /// or cut short. `guard` decides which files HDF5 may open because of this one (external links,
  /// virtual datasets, external storage); none: all.
  static std::shared_ptr<File> open(const std::string& path,
                                    std::shared_ptr<FileGuard> guard = nullptr);

  /// The file that the HDF5 object `id` lies in, which need not be the one it was reached from:
  /// that one's guard is its guard.
  static std::shared_ptr<File> of(Id id, std::shared_ptr<FileGuard> guard = nullptr);

  const std::string& path() const noexcept { return path_; }
  Id id() const noexcept { return file_.id(); }

  /// Never null.
  const std::shared_ptr<FileGuard>& guard() const noexcept { return guard_; }

  /// A number that no other open file has.
  std::uint64_t number() const noexcept { return number_; }
  /// Bytes of the file on disk.
  std::uint64_t size() const noexcept { return size_; }
  /// Bytes before the HDF5 data that belong to somebody else.
  std::uint64_t user_block_size() const noexcept { return user_block_size_; }
  /// Bytes of an address in it.
  std::uint64_t address_size() const noexcept { return address_size_; }

  /// The bytes of the file from `offset` on, which are counted from its very start, user block
  /// included. They are read beside HDF5, and by many threads at once. False, with anything in
  /// `out`, where that can't be: the file ends earlier, the system refuses, or the file is not
  /// simply one file of the system; then HDF5 has the last word.
  bool read_at(std::uint64_t offset, std::span<std::byte> out) const noexcept;

  /// The object at `address`, opened.
  Handle open_object(std::uint64_t address) const;

  /// The same; what was used last is kept open.
  std::shared_ptr<const Handle> keep_object(std::uint64_t address);

 private:
  struct Kept {
    std::uint64_t address;
    std::shared_ptr<const Handle> object;
  };

  File(Handle file, std::string path, std::shared_ptr<FileGuard> guard);

  Handle file_;
  int descriptor_ = -1;  ///< HDF5's own, which is open as long as file_ is; -1: none to read from.
  std::string path_;
  std::shared_ptr<FileGuard> guard_;
  std::uint64_t number_ = 0, size_ = 0, user_block_size_ = 0, address_size_ = 0;
  std::list<Kept> kept_;  ///< The last used first; guarded by HDF5's mutex.
};

}  // namespace engram::hdf5
