#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "codec/jenkins.hpp"
#include "hdf5_format/format_file.hpp"

namespace engram::hdf5_format {

/// Bytes of HDF5 structures, written one after another.
class FormatBytes {
 public:
  FormatBytes& text(std::string_view text) {
    put_text(bytes_, text);
    return *this;
  }
  FormatBytes& number(std::uint64_t value, std::uint64_t width) {
    put_number(bytes_, value, width);
    return *this;
  }
  FormatBytes& numbers(std::initializer_list<std::uint64_t> values, std::uint64_t width) {
    for (const std::uint64_t value : values) put_number(bytes_, value, width);
    return *this;
  }
  FormatBytes& bytes(BytesView more) {
    bytes_.insert(bytes_.end(), more.begin(), more.end());
    return *this;
  }
  /// Of all since `begin`.
  FormatBytes& checksum(std::size_t begin = 0) {
    put_number(bytes_, codec::jenkins_lookup3(BytesView(bytes_).subspan(begin), 0), kChecksumSize);
    return *this;
  }
  FormatBytes& up_to(std::size_t size) {
    bytes_.resize(size);
    return *this;
  }

  std::size_t size() const { return bytes_.size(); }
  const Bytes& all() const { return bytes_; }

 private:
  Bytes bytes_;
};

/// A superblock of version 2: addresses and lengths of 8 bytes, no extension.
inline FormatBytes superblock() {
  FormatBytes made;
  made.text("\x89HDF\r\n\x1a\n").number(2, 1).number(8, 1).number(8, 1).number(0, 1);
  return made.number(0, 8).number(~0ULL, 8).number(0, 8).number(0, 8).number(0, 4);
}

/// The file of which `bytes`, which must live on, are all.
inline FormatFile format_file(const Bytes& bytes, std::uint64_t base = 0) {
  return {[&bytes](std::uint64_t offset, std::span<std::byte> out) {
            if (offset > bytes.size() || out.size() > bytes.size() - offset) return false;
            std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(),
                        out.begin());
            return true;
          },
          bytes.size(), base};
}

}  // namespace engram::hdf5_format
