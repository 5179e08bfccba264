#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace engram {

/// Memory for bytes that are written before they are read: at first its contents mean nothing.
/// (`Bytes` are zeros at first, which for a large result takes longer than to read it.)
class Buffer {
 public:
  Buffer() = default;

  /// Throws Error(limit_exceeded) naming the size when there is no memory.
  explicit Buffer(std::uint64_t size);

  Buffer(Buffer&& other) noexcept
      : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Buffer();

  std::span<std::byte> bytes() noexcept { return {bytes_, size_}; }
  std::span<const std::byte> bytes() const noexcept { return {bytes_, size_}; }
  std::size_t size() const noexcept { return size_; }

 private:
  std::byte* bytes_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace engram
