#pragma once

#include <zlib.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace engram::testing {

/// A zip archive put together byte by byte, so that each field may lie.
struct RawEntry {
  std::string name, bytes;  ///< Bytes as they lie in the file.
  std::uint32_t checksum = 0;
  std::uint64_t size = 0;  ///< As the directory says.
  std::uint16_t method = 0, flags = 0;
  std::optional<std::uint64_t> stored_size = {};  ///< As the directory says; else the bytes'.
  std::optional<std::uint64_t> offset = {};       ///< Of its header; else where it is.
  std::string local_signature = "PK\x03\x04";
  bool zip64 = false;       ///< Its sizes and offset stand in an extra field.
  bool descriptor = false;  ///< Its sizes stand behind it, and not in front.
};

struct RawEnd {
  std::optional<std::uint64_t> count = {};  ///< Of entries; else as many as there are.
  std::optional<std::uint32_t> size = {}, offset = {};
  std::string comment = {}, prefix = {};
  bool zip64 = false;
};

inline RawEntry stored(std::string name, std::string value) {
  RawEntry entry;
  entry.checksum = static_cast<std::uint32_t>(
      ::crc32(0, reinterpret_cast<const Bytef*>(value.data()), static_cast<uInt>(value.size())));
  entry.size = value.size();
  entry.name = std::move(name);
  entry.bytes = std::move(value);
  return entry;
}

inline RawEntry deflated(std::string name, const std::string& value) {
  RawEntry entry = stored(std::move(name), value);
  entry.method = 8;
  z_stream stream{};
  if (::deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib");
  }
  entry.bytes.assign(::deflateBound(&stream, value.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(value.data()));
  stream.avail_in = static_cast<uInt>(value.size());
  stream.next_out = reinterpret_cast<Bytef*>(entry.bytes.data());
  stream.avail_out = static_cast<uInt>(entry.bytes.size());
  ::deflate(&stream, Z_FINISH);
  entry.bytes.resize(stream.total_out);
  ::deflateEnd(&stream);
  return entry;
}

inline std::string little(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFFU);
  return text;
}

inline std::string raw_zip(const std::vector<RawEntry>& entries, const RawEnd& end = {}) {
  std::string file = end.prefix;
  std::string directory;
  for (const RawEntry& entry : entries) {
    const std::uint64_t place = entry.offset.value_or(file.size() - end.prefix.size());
    const std::uint64_t stored_size = entry.stored_size.value_or(entry.bytes.size());
    const std::uint16_t flags = entry.flags | (entry.descriptor ? 8U : 0U);
    const auto sizes = [&](bool known) {
      if (!known) return std::string(12, '\0');
      const auto size = [&](std::uint64_t value) {
        return little(entry.zip64 ? 0xFFFFFFFFU : value, 4);
      };
      return little(entry.checksum, 4) + size(stored_size) + size(entry.size);
    };
    const std::string both = little(entry.size, 8) + little(stored_size, 8);
    const std::string local_extra = entry.zip64 ? little(1, 2) + little(16, 2) + both : "";
    const std::string extra =
        entry.zip64 ? little(1, 2) + little(24, 2) + both + little(place, 8) : "";
    const std::string common = little(entry.zip64 ? 45 : 20, 2) + little(flags, 2) +
                               little(entry.method, 2) + little(0, 2) + little(0x21, 2);
    file += entry.local_signature + common + sizes(!entry.descriptor) +
            little(entry.name.size(), 2) + little(local_extra.size(), 2) + entry.name +
            local_extra + entry.bytes;
    if (entry.descriptor) {
      file +=
          "PK\x07\x08" + little(entry.checksum, 4) + little(stored_size, 4) + little(entry.size, 4);
    }
    directory += "PK\x01\x02" + little(20, 2) + common + sizes(true) +
                 little(entry.name.size(), 2) + little(extra.size(), 2) + little(0, 2) +
                 little(0, 2) + little(0, 2) + little(0, 4) +
                 little(entry.zip64 ? 0xFFFFFFFFU : place, 4) + entry.name + extra;
  }
  const std::uint64_t start = file.size() - end.prefix.size();
  const std::uint64_t count = end.count.value_or(entries.size());
  file += directory;
  if (end.zip64) {
    const std::uint64_t record = file.size();
    file += "PK\x06\x06" + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 4) +
            little(0, 4) + little(count, 8) + little(count, 8) + little(directory.size(), 8) +
            little(start, 8);
    file += "PK\x06\x07" + little(0, 4) + little(record, 8) + little(1, 4);
  }
  const std::uint64_t short_count = end.zip64 ? 0xFFFF : count;
  file += "PK\x05\x06" + little(0, 4) + little(short_count, 2) + little(short_count, 2) +
          little(end.size.value_or(end.zip64 ? 0xFFFFFFFFU : directory.size()), 4) +
          little(end.offset.value_or(end.zip64 ? 0xFFFFFFFFU : start), 4) +
          little(end.comment.size(), 2) + end.comment;
  return file;
}

}  // namespace engram::testing
