#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "hdf5_format/format_file.hpp"

namespace engram::hdf5_format {

/// A message of an object header: where its body is, and what it says of it.
struct HeaderMessage {
  static constexpr std::uint8_t kDataspace = 0x01, kDatatype = 0x03, kLayout = 0x08,
                                kAttribute = 0x0c, kContinuation = 0x10, kBTreeSizes = 0x13,
                                kAttributeInfo = 0x15;

  std::uint8_t type = 0, flags = 0;
  std::size_t chunk = 0;        ///< Of ObjectHeader, the part that it lies in.
  std::size_t offset = 0;       ///< Of its body, there.
  std::size_t size = 0;         ///< Of its body.
  std::size_t head_offset = 0;  ///< Of its head, there.

  /// The body says where it lies instead of what it is.
  bool is_shared() const noexcept { return (flags & 0x02) != 0; }
};

/// A version 2 object header, which can be changed and read as it then would lie in the file
/// ("HDF5 File Format Specification Version 4.0", section IV.A.1.b).
class ObjectHeader {
 public:
  /// A part of it, with its checksum.
  struct Chunk {
    std::uint64_t address = 0;
    Bytes bytes;
    bool is_changed = false;
  };

  /// The header at `address`, of which `known` are the first bytes, if any. Throws
  /// Error(corrupt_data).
  ObjectHeader(FormatFile& file, std::uint64_t address, BytesView known);

  const std::vector<HeaderMessage>& messages() const noexcept { return messages_; }
  BytesView body(const HeaderMessage& message) const;
  /// The same, to be changed.
  std::span<std::byte> change(const HeaderMessage& message);
  /// In place of `message` the header continues at `address`, for `size` bytes.
  /// False, and nothing happens, when there is no room for saying so.
  bool continue_at(const HeaderMessage& message, std::uint64_t address, std::uint64_t size);

  /// `body` as the only message of a header's part, in place of `message`.
  Bytes part_of(const HeaderMessage& message, BytesView body) const;

  /// What has changed, with true checksums.
  std::vector<Chunk> changed_chunks() const;

 private:
  void read_first(std::uint64_t address, BytesView known);
  void read_messages(std::size_t chunk, std::size_t begin);
  void read_continuation(const HeaderMessage& message);

  FormatFile& file_;
  std::vector<Chunk> chunks_;
  std::vector<HeaderMessage> messages_;
  std::uint64_t head_size_ = 4;  ///< Of a message.
};

}  // namespace engram::hdf5_format
