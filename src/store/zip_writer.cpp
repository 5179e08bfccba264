#include "zip_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "engram/base/utf8.hpp"

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

constexpr std::size_t kBlock = 1U << 20;

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
}

}  // namespace

ZipWriter::ZipWriter(int fd, std::string path) : path_(std::move(path)), io_(fd, 0) {
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
  return entry;
}

ZipEntry ZipWriter::add(const std::string& name, BytesView value, std::uint32_t checksum) {
  ZipEntry entry;
  entry.size = entry.stored_size = value.size();
  entry.checksum = checksum;
  return write(name, entry, [&] {
    for (BytesView rest = value; !rest.empty();) {
      const BytesView block = rest.first(std::min(rest.size(), kBlock));
      rest = rest.subspan(block.size());
      const auto size = static_cast<unsigned>(block.size());
      if (::zipWriteInFileInZip(zip_, block.data(), size) != ZIP_OK) return false;
    }
    return true;
  });
}

ZipEntry ZipWriter::copy(const std::string& name, int from, const ZipEntry& entry,
                         const std::string& from_path) {
  Bytes block(std::min<std::uint64_t>(kBlock, entry.stored_size));
  return write(name, entry, [&] {
    for (std::uint64_t done = 0; done < entry.stored_size;) {
      const std::size_t wanted = std::min<std::uint64_t>(kBlock, entry.stored_size - done);
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
}

}  // namespace engram::store
