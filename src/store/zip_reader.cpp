#include "zip_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>

#include "engram/base/utf8.hpp"

namespace engram::store {
namespace {

// What each entry takes beside its name and bytes, in front of them and in the directory.
constexpr std::uint64_t kLocalHeader = 30, kDirectoryRecord = 46;

// More than any key's, so that a name that was cut can't be taken for a key.
constexpr std::size_t kLongestName = 5000;

// A header with its name, and not much of what comes behind it.
constexpr std::size_t kReadAheadToJump = 512;

std::shared_ptr<const FileDescriptor> open_file(const std::string& path, std::uint64_t& size) {
  if (path.empty() || path.find('\0') != std::string::npos) {
    throw Error(ErrorCode::invalid_argument, "the path of a zip store is empty or has a NUL");
  }
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd.is_open()) {
    if (errno == ENOENT)
      throw Error(ErrorCode::not_found, fmt::format("there is no file {}", path));
    throw system_error("open", path, errno);
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) throw system_error("look at", path, errno);
  if (!S_ISREG(info.st_mode)) {
    throw Error(ErrorCode::io_error, fmt::format("can't read {}: it is no regular file", path));
  }
  size = static_cast<std::uint64_t>(info.st_size);
  return std::make_shared<const FileDescriptor>(std::move(fd));
}

bool is_key(std::string_view name) {
  try {
    const Key checked(name);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// The end of the directory and nothing in front of it, where minizip does not find it.
bool is_empty_archive(int fd, const std::string& path) {
  constexpr std::string_view kEnd("PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  return as_text(read_up_to(fd, 0, kEnd.size(), path)) == kEnd;
}

}  // namespace

ZipReader::ZipReader(std::string path)
    : path_(std::move(path)), file_(open_file(path_, file_size_)) {
  io_.emplace(file_->get(), file_size_);
  zlib_filefunc64_def functions = io_->functions();
  zip_ = ::unzOpen2_64(path_.c_str(), &functions);
  if (zip_ == nullptr) {
    if (io_->error() != 0) throw system_error("read", path_, io_->error());
    if (is_empty_archive(file_->get(), path_)) return;
    throw_damaged("it has no directory at its end (was it cut short?)");
  }
  try {
    read_directory();
  } catch (...) {
    ::unzClose(zip_);
    throw;
  }
  io_->read_ahead(kReadAheadToJump);
}

ZipReader::~ZipReader() {
  if (zip_ != nullptr) ::unzClose(zip_);
}

void ZipReader::throw_damaged(const std::string& why) const {
  throw Error(ErrorCode::corrupt_data,
              fmt::format("{} is no zip archive, or a damaged one: {}", path_, why));
}

void ZipReader::read_directory() {
  unz_global_info64 info{};
  ::unzGetGlobalInfo64(zip_, &info);
  if (info.number_entry == 0) return;
  std::uint64_t claimed = 0;
  int result = ::unzGoToFirstFile(zip_);
  for (; result == UNZ_OK; result = ::unzGoToNextFile(zip_)) add_current(claimed);
  if (io_->error() != 0) throw system_error("read", path_, io_->error());
  if (result != UNZ_END_OF_LIST_OF_FILE) {
    throw_damaged(fmt::format("its directory is broken behind {} entries", entries_.size()));
  }
}

void ZipReader::add_current(std::uint64_t& bytes_claimed) {
  unz_file_info64 info{};
  std::string name(kLongestName, '\0');
  unz64_file_pos position{};
  if (::unzGetCurrentFileInfo64(zip_, &info, name.data(), name.size(), nullptr, 0, nullptr, 0) !=
          UNZ_OK ||
      ::unzGetFilePos64(zip_, &position) != UNZ_OK) {
    throw_damaged("its directory is broken");
  }
  name.resize(std::min<std::size_t>(name.size(), info.size_filename));
  // Entries that share bytes are how a small archive comes to hold any amount of data.
  bytes_claimed = checked_add(bytes_claimed, info.compressed_size, "the zip archive");
  bytes_claimed += kLocalHeader + kDirectoryRecord + 2 * info.size_filename;
  if (bytes_claimed > file_size_) {
    throw_damaged(
        fmt::format("its entries take more than its {} bytes, so that they overlap or "
                    "lie outside of it",
                    file_size_));
  }
  if (!is_key(name)) return;
  ZipEntry entry;
  entry.size = info.uncompressed_size;
  entry.stored_size = info.compressed_size;
  entry.record = position.pos_in_zip_directory;
  entry.number = position.num_of_file;
  entry.checksum = static_cast<std::uint32_t>(info.crc);
  entry.method = static_cast<std::uint16_t>(info.compression_method);
  entry.flags = static_cast<std::uint16_t>(info.flag);
  entries_.insert_or_assign(std::move(name), entry);
}

std::optional<ZipEntry> ZipReader::find(const std::string& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  ZipEntry& known = found->second;
  ZipEntry entry;
  // The offset alone changes, and others may set it to the same meanwhile.
  const std::atomic_ref<std::uint64_t> offset(known.offset);
  entry.size = known.size;
  entry.stored_size = known.stored_size;
  entry.record = known.record;
  entry.number = known.number;
  entry.checksum = known.checksum;
  entry.method = known.method;
  entry.flags = known.flags;
  entry.offset = offset.load(std::memory_order_relaxed);
  if (entry.offset != ZipEntry::kUnknown) return entry;
  check_readable(entry);
  entry.offset = locate(entry);
  offset.store(entry.offset, std::memory_order_relaxed);
  return entry;
}

std::uint64_t ZipReader::locate(const ZipEntry& entry) {
  const std::scoped_lock lock(mutex_);
  const unz64_file_pos position{entry.record, entry.number};
  int method = 0, level = 0;
  // Raw: nothing is inflated; the header is compared with the directory.
  if (::unzGoToFilePos64(zip_, &position) != UNZ_OK ||
      ::unzOpenCurrentFile2(zip_, &method, &level, 1) != UNZ_OK) {
    if (io_->error() != 0) throw system_error("read", path_, io_->error());
    throw Error(ErrorCode::corrupt_data,
                "the zip entry is damaged: there is no header in front of it, or one that "
                "contradicts the archive's directory");
  }
  const std::uint64_t offset = ::unzGetCurrentFileZStreamPos64(zip_);
  ::unzCloseCurrentFile(zip_);
  if (offset > file_size_ || entry.stored_size > file_size_ - offset) {
    throw Error(ErrorCode::corrupt_data,
                fmt::format("the zip entry is damaged: its {} bytes from {} on lie outside of the "
                            "file, which has {}",
                            entry.stored_size, offset, file_size_));
  }
  return offset;
}

}  // namespace engram::store
