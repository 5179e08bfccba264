#pragma once

#include <minizip/unzip.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engram/base/bytes.hpp"
#include "flat_listing.hpp"
#include "posix_file.hpp"
#include "zip_io.hpp"

namespace engram::store {

/// What an archive says of one entry.
struct ZipEntry {
  static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};

  std::uint64_t size = 0, stored_size = 0;
  std::uint64_t offset = kUnknown;       ///< Of its first byte in the file, once that is known.
  std::uint64_t record = 0, number = 0;  ///< Its place in the archive's directory, for minizip.
  std::uint32_t checksum = 0;
  std::uint16_t method = 0, flags = 0;
};

/// Throws Error(unsupported) when `entry` is encrypted or compressed in a way that engram does not
/// read, Error(corrupt_data) when its sizes contradict each other.
void check_readable(const ZipEntry& entry);

/// All bytes of the entry's value; its offset is known. Throws Error(corrupt_data) when they are
/// fewer, more, or others than the entry says. `path` is for messages.
Bytes read_entry(int fd, const ZipEntry& entry, const std::string& path);

/// Its bytes from `offset` on, at most `size`; nothing is known of their checksum.
Bytes read_entry_range(int fd, const ZipEntry& entry, std::uint64_t offset, std::uint64_t size,
                       const std::string& path);

/// An archive whose directory was read.
///
/// minizip goes through the directory. It tells where an entry's bytes lie only by looking at the
/// header in front of them, which would be one more place to read for each entry of a large store;
/// so this is done when the entry is first asked for, and remembered.
class ZipReader {
 public:
  explicit ZipReader(std::string path);
  ~ZipReader();
  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;

  const KeyMap<ZipEntry>& entries() const noexcept { return entries_; }
  const std::shared_ptr<const FileDescriptor>& file() const noexcept { return file_; }

  /// The entry `key` with its offset, checked to be readable, or nullopt. Threads: many at once.
  std::optional<ZipEntry> find(const std::string& key);

 private:
  void read_directory();
  void add_current(std::uint64_t& bytes_claimed);
  std::uint64_t locate(const ZipEntry& entry);
  [[noreturn]] void throw_damaged(const std::string& why) const;

  const std::string path_;
  std::uint64_t file_size_ = 0;
  std::shared_ptr<const FileDescriptor> file_;
  std::optional<ZipIo> io_;
  std::mutex mutex_;  ///< Of what minizip does in locate().
  unzFile zip_ = nullptr;
  KeyMap<ZipEntry> entries_;
};

}  // namespace engram::store
