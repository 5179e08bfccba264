#pragma once

#include <minizip/ioapi.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engram/base/bytes.hpp"

namespace engram::store {

/// The file functions that minizip writes an archive with, over a descriptor whose own place is
/// never used, so that others may pread from it meanwhile. minizip writes a byte or four at a time;
/// they are gathered here.
///
/// Threads: one at a time.
class ZipIo {
 public:
  /// `fd` is an empty file and must live longer.
  explicit ZipIo(int fd) : fd_(fd) {}
  ZipIo(const ZipIo&) = delete;
  ZipIo& operator=(const ZipIo&) = delete;

  /// To be given to zipOpen2_64(). They point at this object.
  zlib_filefunc64_def functions() noexcept;

  /// Writes what was gathered; 0, or the system's error number, also of a write before.
  int flush() noexcept;

  /// Writes past what is gathered; 0, or the system's error number.
  int write_at(std::uint64_t offset, BytesView bytes) noexcept;

  /// From now on nothing is written: for an archive that is given up.
  void discard() noexcept { discard_ = true; }

  std::uint64_t size() const noexcept { return size_; }
  std::uint64_t place() const noexcept { return place_; }
  int error() const noexcept { return error_; }

 private:
  std::size_t write(BytesView bytes);
  bool seek(std::uint64_t offset, int origin) noexcept;
  int fd_;
  std::uint64_t size_ = 0;
  std::uint64_t place_ = 0;
  int error_ = 0;
  bool discard_ = false;
  Bytes pending_;  ///< What is not written yet.
  std::uint64_t pending_start_ = 0;
};

}  // namespace engram::store
