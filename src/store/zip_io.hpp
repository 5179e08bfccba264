#pragma once

#include <minizip/ioapi.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engram/base/bytes.hpp"

namespace engram::store {

/// The file functions that minizip calls, over a descriptor whose own place is never used, so that
/// others may pread from it meanwhile. minizip reads and writes a byte or four at a time; both are
/// gathered here.
///
/// Threads: one at a time.
class ZipIo {
 public:
  /// `fd` must live longer. `size` is that of the file.
  ZipIo(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
  ZipIo(const ZipIo&) = delete;
  ZipIo& operator=(const ZipIo&) = delete;

  /// To be given to unzOpen2_64() and zipOpen2_64(). They point at this object.
  zlib_filefunc64_def functions() noexcept;

  /// How much is read at once from now on: much to go through a directory, little to jump.
  void read_ahead(std::size_t size) { read_ahead_ = size; }

  /// Writes what was gathered; 0, or the system's error number, also of a write before.
  int flush() noexcept;

  /// From now on nothing is written: for an archive that is given up.
  void discard() noexcept { discard_ = true; }

  std::uint64_t place() const noexcept { return place_; }
  int error() const noexcept { return error_; }

 private:
  std::size_t read(std::byte* out, std::size_t size);
  std::size_t write(BytesView bytes);
  bool seek(std::uint64_t offset, int origin) noexcept;
  int write_at(std::uint64_t offset, BytesView bytes) noexcept;

  int fd_;
  std::uint64_t size_;
  std::uint64_t place_ = 0;
  int error_ = 0;
  bool discard_ = false;
  std::size_t read_ahead_ = 64U << 10;
  Bytes window_;  ///< What was read ahead.
  std::uint64_t window_start_ = 0;
  Bytes pending_;  ///< What is not written yet.
  std::uint64_t pending_start_ = 0;
};

}  // namespace engram::store
