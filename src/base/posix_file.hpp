#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engram/base/bytes.hpp"
#include "engram/base/error.hpp"

namespace engram {

/// An open file or directory, closed by its destructor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor();

  bool is_open() const noexcept { return fd_ >= 0; }
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

  /// 0, or the system's error number: a full disk may show only now.
  int close() noexcept;

 private:
  int fd_ = -1;
};

/// Error(io_error): "can't ACTION PATH: " and the system's reason for `error_number`.
Error system_error(std::string_view action, const std::string& path, int error_number);

/// Writes all of `bytes`; 0, or the system's error number.
int write_all(int fd, BytesView bytes) noexcept;

/// What `fd` holds from `offset` on, at most `size` bytes; fewer when it ends earlier. `path` is
/// for messages. The place of `fd` is neither used nor moved, so that many threads may read at
/// once.
Bytes read_up_to(int fd, std::uint64_t offset, std::uint64_t size, const std::string& path);

/// The same into `out`; returns how many bytes there were.
std::size_t read_into(int fd, std::uint64_t offset, std::span<std::byte> out,
                      const std::string& path);

}  // namespace engram
