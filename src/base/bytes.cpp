#include "engram/base/bytes.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <array>
#include <cstring>
#include <new>

#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"

namespace engram {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return digits;
}
constexpr std::array<std::uint8_t, 256> kDigits = make_digits();

constexpr std::size_t kPage = 4096, kHugePage = 2U << 20U, kHuge = 4 * kHugePage,
                      kLarge = 256U << 10U, kCacheLine = 64;
// Large bytes begin where a page of the system does.
std::align_val_t alignment(std::size_t size) noexcept {
  return std::align_val_t{size < kLarge ? kCacheLine : size < kHuge ? kPage : kHugePage};
}

// Fresh memory comes page by page, each at the price of an interrupt. Only what lies wholly within
// the bytes is asked for; to get none is no error.
void ask_for_huge_pages(void* bytes, std::size_t size) noexcept {
  const auto start = reinterpret_cast<std::uintptr_t>(bytes);
  const std::uintptr_t first = (start + kHugePage - 1) / kHugePage * kHugePage;
  const std::uintptr_t end = (start + size) / kHugePage * kHugePage;
  ::madvise(static_cast<char*>(bytes) + (first - start), end - first, MADV_HUGEPAGE);
}

}  // namespace

void* detail::allocate_bytes(std::size_t size) {
  if (size < kPage) return ::operator new(size);
  void* const bytes = ::operator new(size, alignment(size));
  if (size >= kHuge) ask_for_huge_pages(bytes, size);
  return bytes;
}

void detail::free_bytes(void* bytes, std::size_t size) noexcept {
  if (size < kPage) return ::operator delete(bytes);
  ::operator delete(bytes, alignment(size));
}

Bytes to_bytes(std::string_view text) {
  const BytesView view = as_bytes(text);
  return {view.begin(), view.end()};
}

BytesView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

std::string_view as_text(BytesView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint64_t checked_multiply(std::uint64_t a, std::uint64_t b, std::string_view what) {
  std::uint64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) {
    throw Error(ErrorCode::limit_exceeded, fmt::format("{}: {} * {} is above 64 bits", what, a, b));
  }
  return result;
}

std::uint64_t checked_add(std::uint64_t a, std::uint64_t b, std::string_view what) {
  std::uint64_t result = 0;
  if (__builtin_add_overflow(a, b, &result)) {
    throw Error(ErrorCode::limit_exceeded, fmt::format("{}: {} + {} is above 64 bits", what, a, b));
  }
  return result;
}

std::string to_base64(BytesView bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? std::to_integer<std::uint32_t>(bytes[i + j]) : 0);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += j <= count ? kAlphabet[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return out;
}

Bytes from_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    throw Error(ErrorCode::corrupt_data,
                fmt::format("base64 text has {} characters, not a multiple of 4", text.size()));
  }
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  Bytes out;
  out.reserve(text.size() / 4 * 3);
  const std::size_t digits = text.size() - padding;
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const std::uint8_t digit = kDigits[static_cast<unsigned char>(text[i])];
    if (digit == kNoDigit) {
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("base64 text has the byte 0x{:02x} at {}, which is no digit of it",
                              static_cast<unsigned char>(text[i]), i));
    }
    group = group << 6 | digit;
    if (i % 4 == 3) {
      for (unsigned shift : {16U, 8U, 0U}) out.push_back(static_cast<std::byte>(group >> shift));
      group = 0;
    }
  }
  // What the last, incomplete group of digits holds beyond whole bytes must be zero, or two texts
  // would stand for the same bytes.
  const std::uint32_t unused = padding == 2 ? group & 15 : padding == 1 ? group & 3 : 0;
  if (unused != 0) {
    throw Error(ErrorCode::corrupt_data, "base64 text has bits set behind its last byte");
  }
  if (padding == 1) {
    out.push_back(static_cast<std::byte>(group >> 10));
    out.push_back(static_cast<std::byte>(group >> 2));
  } else if (padding == 2) {
    out.push_back(static_cast<std::byte>(group >> 4));
  }
  return out;
}

bool is_utf8(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    // Most text is ASCII: eight bytes at once.
    std::uint64_t word = 0;
    if (text.size() - i >= sizeof word) {
      std::memcpy(&word, text.data() + i, sizeof word);
      if ((word & 0x8080808080808080U) == 0) {
        i += sizeof word;
        continue;
      }
    }
    const Utf8Step step = next_code_point(text, i);
    if (!step.valid) return false;
    i += step.size;
  }
  return true;
}

}  // namespace engram
