#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace engram {

namespace detail {

/// What is large begins where a cache line does, and is of huge pages where the system has some:
/// Linux copies a file's contents to such an address three times as fast as to one that is 16 bytes
/// off, which is where malloc() puts it. Throws std::bad_alloc.
void* allocate_bytes(std::size_t size);
void free_bytes(void* bytes, std::size_t size) noexcept;

template <typename T>
struct ByteAllocator {
  using value_type = T;

  ByteAllocator() noexcept = default;
  template <typename U>
  ByteAllocator(const ByteAllocator<U>&) noexcept {}  // NOLINT(*-explicit-*): as containers ask

  T* allocate(std::size_t count) { return static_cast<T*>(allocate_bytes(count * sizeof(T))); }
  void deallocate(T* at, std::size_t count) noexcept { free_bytes(at, count * sizeof(T)); }

  friend bool operator==(const ByteAllocator&, const ByteAllocator&) noexcept { return true; }
};

}  // namespace detail

/// Bytes that are owned.
using Bytes = std::vector<std::byte, detail::ByteAllocator<std::byte>>;

/// Bytes that somebody else owns and that are only read.
using BytesView = std::span<const std::byte>;

/// The bytes of `text`, copied.
Bytes to_bytes(std::string_view text);

/// The bytes of `text`, as a view that lives as long as the text does.
BytesView as_bytes(std::string_view text) noexcept;

/// `bytes` as text, as a view that lives as long as the bytes do. Nothing is checked or converted.
std::string_view as_text(BytesView bytes) noexcept;

/// a * b and a + b; throw Error(limit_exceeded) naming `what` when the result does not fit in 64
/// bits.
std::uint64_t checked_multiply(std::uint64_t a, std::uint64_t b, std::string_view what);
std::uint64_t checked_add(std::uint64_t a, std::uint64_t b, std::string_view what);

/// Base64 with padding (RFC 4648, section 4), as Zarr v2 uses it for fill values.
std::string to_base64(BytesView bytes);

/// The bytes that `text` encodes. Throws Error(corrupt_data) when it is no base64.
Bytes from_base64(std::string_view text);

/// True when `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text) noexcept;

}  // namespace engram
