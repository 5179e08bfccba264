#include "hdf5_format/format_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "codec/jenkins.hpp"
#include "engram/base/error.hpp"

namespace engram::hdf5_format {
namespace {

constexpr std::uint64_t kSuperblockSize = 96;  // As much as any version has.
constexpr std::uint64_t kMaxStructure = 256 << 20;
constexpr std::uint64_t kReadTwice = 1 << 20;  // Small structures may be read twice.

bool is_width(std::uint64_t bytes) { return bytes == 2 || bytes == 4 || bytes == 8; }

}  // namespace

BytesView FormatCursor::take(std::uint64_t size) {
  if (size > left())
    throw Error(ErrorCode::corrupt_data,
                fmt::format("a structure of {} bytes ends before its contents do", bytes_.size()));
  const BytesView taken = bytes_.subspan(position_, size);
  position_ += size;
  return taken;
}

std::uint64_t FormatCursor::number(std::uint64_t width) {
  if (width > 8) throw Error(ErrorCode::corrupt_data, fmt::format("a number of {} bytes", width));
  const BytesView bytes = take(width);
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  return value;
}

std::string FormatCursor::text() {
  const BytesView rest = bytes_.subspan(position_);
  const auto end = std::find(rest.begin(), rest.end(), std::byte{0});
  std::string text(as_text(rest.first(static_cast<std::size_t>(end - rest.begin()))));
  skip(text.size() + 1);
  return text;
}

void FormatCursor::expect(std::string_view text) {
  if (as_text(take(text.size())) != text)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("there is no \"{}\" where one should be", text));
}

void put_number(Bytes& out, std::uint64_t value, std::uint64_t width) {
  for (std::uint64_t i = 0; i < width; ++i)
    out.push_back(static_cast<std::byte>(i < 8 ? value >> (8 * i) : 0));
}

void set_number(std::span<std::byte> out, std::uint64_t value, std::uint64_t width) {
  Bytes number;
  put_number(number, value, width);
  std::copy(number.begin(), number.end(), out.begin());
}

void put_checksum(Bytes& out) { put_number(out, codec::jenkins_lookup3(out, 0), kChecksumSize); }

bool has_true_checksum(BytesView bytes) noexcept {
  return bytes.size() >= kChecksumSize &&
         FormatCursor(bytes.last(kChecksumSize)).number(kChecksumSize) ==
             codec::jenkins_lookup3(bytes.first(bytes.size() - kChecksumSize), 0);
}

std::uint64_t width_of(std::uint64_t most) noexcept {
  return (static_cast<std::uint64_t>(std::bit_width(most)) + 7) / 8;
}

void put_text(Bytes& out, std::string_view text) {
  const BytesView bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

bool is_undefined(std::uint64_t value, std::uint64_t width) noexcept {
  return value == (width >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * width)) - 1);
}

FormatFile::FormatFile(ReadAt read_at, std::uint64_t size, std::uint64_t base)
    : read_at_(std::move(read_at)), size_(size), base_(base) {
  const Bytes bytes = read(0, std::min(kSuperblockSize, size > base ? size - base : 0));
  FormatCursor cursor(bytes);
  cursor.expect("\x89HDF\r\n\x1a\n");
  const std::uint64_t version = cursor.number(1);
  if (version < 2) cursor.skip(4);
  offset_size_ = cursor.number(1);
  length_size_ = cursor.number(1);
  if (version > 3 || !is_width(offset_size_) || !is_width(length_size_))
    throw Error(ErrorCode::corrupt_data, "a superblock whose version or widths nobody knows");
  if (version == 1) {
    cursor.skip(9);
    chunk_node_size_ = cursor.number(2);
  } else if (version >= 2) {
    cursor.skip(1 + offset_size_);
    extension_ = cursor.number(offset_size_);
    if (is_undefined(*extension_, offset_size_)) extension_.reset();
  }
}

Bytes FormatFile::read(std::uint64_t address, std::uint64_t size) {
  const std::uint64_t end = size_ > base_ ? size_ - base_ : 0;
  if (address > end || size > end - address)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("{} bytes at {} lie past the file's end", size, address));
  if (size > kMaxStructure)
    throw Error(ErrorCode::limit_exceeded, fmt::format("a structure of {} bytes", size));
  bytes_read_ += size;
  if (bytes_read_ > size_ + kReadTwice)
    throw Error(ErrorCode::corrupt_data, "a structure that leads into itself");
  Bytes bytes(size);
  if (!read_at_(base_ + address, bytes))
    throw Error(ErrorCode::corrupt_data, fmt::format("can't read {} bytes at {}", size, address));
  return bytes;
}

}  // namespace engram::hdf5_format
