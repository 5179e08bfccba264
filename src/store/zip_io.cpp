#include "zip_io.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace engram::store {
namespace {

constexpr std::size_t kMostPending = 1U << 20;

ZipIo& io(void* opaque) { return *static_cast<ZipIo*>(opaque); }

}  // namespace

// Callbacks of a C library: nothing may be thrown through it.
zlib_filefunc64_def ZipIo::functions() noexcept {
  zlib_filefunc64_def table{};
  table.opaque = this;
  table.zopen64_file = [](void* opaque, const void*, int) { return opaque; };
  table.zclose_file = [](void*, void*) { return 0; };
  table.zerror_file = [](void* opaque, void*) { return io(opaque).error_; };
  table.ztell64_file = [](void* opaque, void*) -> ZPOS64_T { return io(opaque).place_; };
  table.zseek64_file = [](void* opaque, void*, ZPOS64_T offset, int origin) -> long {
    return io(opaque).seek(offset, origin) ? 0 : -1;
  };
  // A new archive is never read.
  table.zread_file = [](void*, void*, void*, uLong) -> uLong { return 0; };
  table.zwrite_file = [](void* opaque, void*, const void* buffer, uLong size) -> uLong {
    try {
      return io(opaque).write({static_cast<const std::byte*>(buffer), size});
    } catch (...) {
      io(opaque).error_ = ENOMEM;
      return 0;
    }
  };
  return table;
}

bool ZipIo::seek(std::uint64_t offset, int origin) noexcept {
  const std::uint64_t base = origin == SEEK_CUR ? place_ : origin == SEEK_END ? size_ : 0;
  if (offset > ~base) return false;
  place_ = base + offset;
  return true;
}

std::size_t ZipIo::write(BytesView bytes) {
  if (error_ != 0) return 0;
  if (discard_) {
    place_ += bytes.size();
    return bytes.size();
  }
  if (place_ < pending_start_ || place_ > pending_start_ + pending_.size()) {
    // Back into what is written already, as to the sizes in front of a large value.
    if (flush() != 0) return 0;
    pending_start_ = place_;
  }
  const auto from = static_cast<std::size_t>(place_ - pending_start_);
  pending_.resize(std::max(pending_.size(), from + bytes.size()));
  std::copy(bytes.begin(), bytes.end(), pending_.begin() + static_cast<std::ptrdiff_t>(from));
  place_ += bytes.size();
  size_ = std::max(size_, place_);
  if (pending_.size() >= kMostPending && flush() != 0) return 0;
  return bytes.size();
}

int ZipIo::flush() noexcept {
  if (error_ == 0 && !discard_) error_ = write_at(pending_start_, pending_);
  pending_.clear();
  pending_start_ = place_;
  return error_;
}

int ZipIo::write_at(std::uint64_t offset, BytesView bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(written));
      offset += static_cast<std::uint64_t>(written);
    } else if (written == 0) {
      return EIO;
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace engram::store
