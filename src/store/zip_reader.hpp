#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/posix_file.hpp"
#include "engram/base/bytes.hpp"
#include "flat_listing.hpp"

namespace engram::store {

/// What an archive says of one entry.
struct ZipEntry {
  static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};

  std::uint64_t size = 0, stored_size = 0;
  std::uint64_t header = kUnknown;  ///< Where the header in front of its bytes is.
  std::uint64_t offset = kUnknown;  ///< Of its first byte in the file, once that is known.
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

/// An archive whose directory was read. Where an entry's bytes begin depends on the header in front
/// of them, which would be one more place to read for each entry of a large store; so that is
/// looked at when the entry is asked for.
///
/// Threads: many at once.
class ZipReader {
 public:
  /// Throws as ZipStore's constructor.
  explicit ZipReader(std::string path);

  const KeyMap<ZipEntry>& entries() const noexcept { return entries_; }
  const std::shared_ptr<const FileDescriptor>& file() const noexcept { return file_; }

  /// The entry `key` with its offset, checked to be readable, or nullopt.
  std::optional<ZipEntry> find(const std::string& key) const;

 private:
  std::uint64_t locate(const std::string& key, const ZipEntry& entry) const;

  const std::string path_;
  std::uint64_t file_size_ = 0;
  std::shared_ptr<const FileDescriptor> file_;
  KeyMap<ZipEntry> entries_;
};

}  // namespace engram::store
