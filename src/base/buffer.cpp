#include "engram/base/buffer.hpp"

#include <fmt/format.h>

#include <limits>
#include <new>

#include "engram/base/bytes.hpp"
#include "engram/base/error.hpp"

namespace engram {

Buffer::Buffer(std::uint64_t size) try {
  if (size > std::numeric_limits<std::ptrdiff_t>::max()) throw std::bad_alloc();
  size_ = static_cast<std::size_t>(size);
  bytes_ = static_cast<std::byte*>(detail::allocate_bytes(size_));
} catch (const std::bad_alloc&) {
  throw Error(ErrorCode::limit_exceeded, fmt::format("there is no memory for {} bytes", size));
}

Buffer::~Buffer() {
  if (bytes_ != nullptr) detail::free_bytes(bytes_, size_);
}

}  // namespace engram
