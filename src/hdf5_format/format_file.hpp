#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engram/base/bytes.hpp"

namespace engram::hdf5_format {

/// What HDF5's structures have in common: most dimensions, bytes of a checksum, and what stands for
/// a length without end.
inline constexpr std::uint64_t kMaxStoredRank = 32;
inline constexpr std::uint64_t kChecksumSize = 4;
inline constexpr std::uint64_t kEndless = ~std::uint64_t{0};

/// Reads numbers and texts of an HDF5 structure, one after another. All numbers are little-endian.
/// Reading past the end throws Error(corrupt_data).
class FormatCursor {
 public:
  explicit FormatCursor(BytesView bytes) : bytes_(bytes) {}

  std::size_t position() const noexcept { return position_; }
  std::size_t left() const noexcept { return bytes_.size() - position_; }

  BytesView take(std::uint64_t size);
  void skip(std::uint64_t size) { (void)take(size); }
  /// A number of `width` bytes, 0 to 8.
  std::uint64_t number(std::uint64_t width);
  /// The bytes up to a NUL, which is skipped.
  std::string text();
  /// Throws unless the next bytes are `text`.
  void expect(std::string_view text);

 private:
  BytesView bytes_;
  std::size_t position_ = 0;
};

/// Writes what FormatCursor reads.
void put_number(Bytes& out, std::uint64_t value, std::uint64_t width);
void put_text(Bytes& out, std::string_view text);
/// The first `width` bytes of `out` become the number.
void set_number(std::span<std::byte> out, std::uint64_t value, std::uint64_t width);

/// Appends the checksum of all that is in `out`.
void put_checksum(Bytes& out);
/// True for bytes that end in the checksum of those before it.
bool has_true_checksum(BytesView bytes) noexcept;

/// Bytes that numbers up to `most` take.
std::uint64_t width_of(std::uint64_t most) noexcept;

/// True for a number of `width` bytes that are all ones: an address that leads nowhere.
bool is_undefined(std::uint64_t value, std::uint64_t width) noexcept;

/// The structures of an HDF5 file as its bytes: for what an HDF5 library does not know. Addresses
/// count from the superblock on, as they do in the file ("HDF5 File Format Specification Version
/// 4.0", section II.A).
///
/// Threads: one at a time.
class FormatFile {
 public:
  /// Fills `out` with the bytes from `offset` on, counted from the file's beginning; false: that
  /// can't be.
  using ReadAt = std::function<bool(std::uint64_t offset, std::span<std::byte> out)>;

  /// Of a file of `size` bytes that has its superblock at `base`. Throws Error(corrupt_data).
  FormatFile(ReadAt read_at, std::uint64_t size, std::uint64_t base);

  /// Bytes of an address, and of a length.
  std::uint64_t offset_size() const noexcept { return offset_size_; }
  std::uint64_t length_size() const noexcept { return length_size_; }
  /// Half the children that a node of a version 1 B-tree of chunks has room for, but for what the
  /// superblock's extension says.
  std::uint64_t chunk_node_size() const noexcept { return chunk_node_size_; }
  /// The address of the superblock's extension, an object header; none: there is none.
  std::optional<std::uint64_t> extension() const noexcept { return extension_; }
  std::uint64_t base() const noexcept { return base_; }
  std::uint64_t size() const noexcept { return size_; }

  /// Throws Error(corrupt_data) when the file has no such bytes, and when more were read than it
  /// has since start(): a structure that leads into itself. Error(limit_exceeded) for more than 256
  /// MiB at once.
  Bytes read(std::uint64_t address, std::uint64_t size);
  void start() noexcept { bytes_read_ = 0; }
  /// Since start().
  std::uint64_t bytes_read() const noexcept { return bytes_read_; }

 private:
  ReadAt read_at_;
  std::uint64_t size_, base_, bytes_read_ = 0;
  std::uint64_t offset_size_ = 8, length_size_ = 8, chunk_node_size_ = 32;
  std::optional<std::uint64_t> extension_;
};

/// Keeps bytes, and says at which address of the file they will be seen.
using PlaceBytes = std::function<std::uint64_t(Bytes)>;

}  // namespace engram::hdf5_format
