#include "zip_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "zip_directory.hpp"

namespace engram::store {
namespace {

constexpr std::uint64_t kHeaderSize = 30;

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

}  // namespace

ZipReader::ZipReader(std::string path)
    : path_(std::move(path)), file_(open_file(path_, file_size_)) {
  read_zip_directory(file_->get(), file_size_, path_, [&](std::string name, const ZipEntry& entry) {
    if (is_key(name)) entries_.insert_or_assign(std::move(name), entry);
  });
}

std::optional<ZipEntry> ZipReader::find(const std::string& key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  ZipEntry entry = found->second;
  check_readable(entry);
  entry.offset = locate(key, entry);
  return entry;
}

std::uint64_t ZipReader::locate(const std::string& key, const ZipEntry& entry) const {
  Bytes header;
  if (entry.header < file_size_) {
    header = read_up_to(file_->get(), entry.header, kHeaderSize + key.size(), path_);
  }
  const bool agrees =
      header.size() == kHeaderSize + key.size() && as_text(header).starts_with("PK\x03\x04") &&
      little_endian(header, 8, 2) == entry.method && little_endian(header, 26, 2) == key.size() &&
      as_text(header).substr(kHeaderSize) == key;
  if (!agrees) {
    throw Error(ErrorCode::corrupt_data,
                "the zip entry is damaged: there is no header in front of it, or one that "
                "contradicts the archive's directory");
  }
  const std::uint64_t offset = entry.header + header.size() + little_endian(header, 28, 2);
  if (offset > file_size_ || entry.stored_size > file_size_ - offset) {
    throw Error(ErrorCode::corrupt_data,
                fmt::format("the zip entry is damaged: its {} bytes from {} on lie outside of the "
                            "file, which has {}",
                            entry.stored_size, offset, file_size_));
  }
  return offset;
}

}  // namespace engram::store
