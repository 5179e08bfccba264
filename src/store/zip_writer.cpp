#include "zip_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "zip_directory.hpp"

namespace engram::store {
namespace {

// 1980-01-01, the first day that a zip file knows: the same values make the same file.
constexpr uLong kDate = (1U << 21U) | (1U << 16U);

// A file for its owner to write and all to read, made on Unix (3), for readers of zip64 (45).
constexpr uLong kAttributes = 0100644UL << 16U;
constexpr uLong kMadeBy = (3U << 8U) | 45U;

constexpr uLong kNamesAreUtf8 = 1U << 11U;

// What an entry can have without zip64. One that is just below may be above with its header.
constexpr std::uint64_t kMostWithoutZip64 = 0xFFFF'0000U;

constexpr std::size_t kWriteBlock = 1U << 20;

std::string little(std::uint64_t value, unsigned size) {
  std::string bytes;
  for (unsigned i = 0; i < size; ++i) bytes += static_cast<char>(value >> 8U * i & 0xFFU);
  return bytes;
}

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
}

}  // namespace

ZipWriter::ZipWriter(int fd, std::string path) : fd_(fd), path_(std::move(path)), io_(fd) {
  zlib_filefunc64_def functions = io_.functions();
  zip_ = ::zipOpen2_64(path_.c_str(), APPEND_STATUS_CREATE, nullptr, &functions);
  if (zip_ == nullptr) fail();
}

ZipWriter::~ZipWriter() {
  if (zip_ == nullptr) return;
  io_.discard();
  (void)::zipClose(zip_, nullptr);
}

void ZipWriter::fail() {
  const int error = io_.error();
  if (error == 0) {
    throw Error(ErrorCode::io_error, fmt::format("can't write {}: minizip refused", path_));
  }
  throw system_error("write", path_, error);
}

ZipEntry ZipWriter::write(const std::string& name, ZipEntry entry,
                          const std::function<bool()>& write_bytes) {
  zip_fileinfo info{};
  info.dosDate = kDate;
  info.external_fa = kAttributes;
  const bool large = std::max(entry.size, entry.stored_size) >= kMostWithoutZip64;
  const uLong flags = is_ascii(name) ? 0 : kNamesAreUtf8;
  // Raw: the bytes are taken as they are, with the size and checksum given behind them.
  const int opened = ::zipOpenNewFileInZip4_64(
      zip_, name.c_str(), &info, nullptr, 0, nullptr, 0, nullptr, entry.method, 0, 1, -MAX_WBITS,
      DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, nullptr, 0, kMadeBy, flags, large ? 1 : 0);
  if (opened != ZIP_OK) fail();
  entry.offset = io_.place();
  entry.flags = static_cast<std::uint16_t>(flags);
  if (!write_bytes() || ::zipCloseFileInZipRaw64(zip_, entry.size, entry.checksum) != ZIP_OK ||
      io_.flush() != 0) {
    fail();
  }
  ++count_;
  return entry;
}

ZipEntry ZipWriter::add(const std::string& name, BytesView value, std::uint32_t checksum) {
  ZipEntry entry;
  entry.size = entry.stored_size = value.size();
  entry.checksum = checksum;
  return write(name, entry, [&] {
    for (BytesView rest = value; !rest.empty();) {
      const BytesView block = rest.first(std::min(rest.size(), kWriteBlock));
      rest = rest.subspan(block.size());
      const auto size = static_cast<unsigned>(block.size());
      if (::zipWriteInFileInZip(zip_, block.data(), size) != ZIP_OK) return false;
    }
    return true;
  });
}

ZipEntry ZipWriter::copy(const std::string& name, int from, const ZipEntry& entry,
                         const std::string& from_path) {
  Bytes block(std::min<std::uint64_t>(kWriteBlock, entry.stored_size));
  return write(name, entry, [&] {
    for (std::uint64_t done = 0; done < entry.stored_size;) {
      const std::size_t wanted = std::min<std::uint64_t>(kWriteBlock, entry.stored_size - done);
      const std::size_t got =
          read_into(from, entry.offset + done, std::span(block).first(wanted), from_path);
      if (got < wanted) {
        throw Error(ErrorCode::io_error,
                    fmt::format("can't read {}: it was cut short meanwhile", from_path));
      }
      if (::zipWriteInFileInZip(zip_, block.data(), static_cast<unsigned>(got)) != ZIP_OK) {
        return false;
      }
      done += got;
    }
    return true;
  });
}

void ZipWriter::finish() {
  const int closed = ::zipClose(std::exchange(zip_, nullptr), nullptr);
  if (closed != ZIP_OK || io_.flush() != 0) fail();
  add_zip64_end();
}

// minizip writes the records of zip64 for a large file, and not for many entries in a small one.
void ZipWriter::add_zip64_end() {
  constexpr std::uint64_t kMostEntries = 0xFFFF, kMostBytes = 0xFFFF'FFFF;
  if (count_ < kMostEntries) return;
  const std::uint64_t place = io_.size() - kEndSize;
  const Bytes end = read_up_to(fd_, place, kEndSize, path_);
  const std::uint64_t size = little_endian(end, 12, 4);
  const std::uint64_t offset = little_endian(end, 16, 4);
  if (offset == kMostBytes) return;
  std::string tail = "PK\x06\x06" + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8) +
                     little(count_, 8) + little(count_, 8) + little(size, 8) + little(offset, 8);
  tail += "PK\x06\x07" + little(0, 4) + little(place, 8) + little(1, 4);
  tail += "PK\x05\x06" + little(0, 4) + little(kMostEntries, 2) + little(kMostEntries, 2) +
          little(size, 4) + little(offset, 4) + little(0, 2);
  if (const int error = io_.write_at(place, as_bytes(tail)); error != 0) {
    throw system_error("write", path_, error);
  }
}

}  // namespace engram::store
