#include "base/posix_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace engram {

FileDescriptor::~FileDescriptor() { close(); }

int FileDescriptor::close() noexcept {
  if (fd_ < 0) return 0;
  const int result = ::close(release());
  // On Linux the descriptor is gone even then, and its number may already be another thread's.
  return result == 0 || errno == EINTR ? 0 : errno;
}

Error system_error(std::string_view action, const std::string& path, int error_number) {
  return {ErrorCode::io_error, fmt::format("can't {} {}: {}", action, path,
                                           std::generic_category().message(error_number))};
}

int write_all(int fd, BytesView bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    } else if (written == 0) {
      return EIO;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

std::size_t read_into(int fd, std::uint64_t offset, std::span<std::byte> out,
                      const std::string& path) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got =
        ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got == 0) break;
    if (got > 0) {
      done += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      throw system_error("read", path, errno);
    }
  }
  return done;
}

Bytes read_up_to(int fd, std::uint64_t offset, std::uint64_t size, const std::string& path) {
  Bytes bytes(size);
  bytes.resize(read_into(fd, offset, bytes, path));
  return bytes;
}

}  // namespace engram
