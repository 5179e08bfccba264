#include "array/number.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace engram {
namespace {

static_assert(std::endian::native == std::endian::little, "engram runs on little-endian machines");

constexpr int kHalfBias = 15;
constexpr int kHalfFractionBits = 10;

double half_to_double(std::uint16_t bits) noexcept {
  const int exponent = (bits >> kHalfFractionBits) & 0x1f;
  const int fraction = bits & 0x3ff;
  double value = 0;
  if (exponent == 0x1f) {
    value = fraction == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent == 0) {
    value = std::ldexp(fraction, 1 - kHalfBias - kHalfFractionBits);
  } else {
    value =
        std::ldexp(fraction + (1 << kHalfFractionBits), exponent - kHalfBias - kHalfFractionBits);
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

std::uint16_t double_to_half(double value) noexcept {
  const unsigned sign = std::signbit(value) ? 0x8000U : 0U;
  const double size = std::fabs(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | 0x7e00U);
  if (size >= 65520.0) return static_cast<std::uint16_t>(sign | 0x7c00U);
  unsigned bits = 0;
  if (size < std::ldexp(1.0, 1 - kHalfBias)) {
    // A carry out of the fraction gives the smallest normal number, as it should.
    bits = static_cast<unsigned>(std::nearbyint(std::ldexp(size, 24)));
  } else {
    int exponent = 0;
    std::frexp(size, &exponent);
    exponent -= 1;
    const auto fraction =
        static_cast<unsigned>(std::nearbyint(std::ldexp(size, kHalfFractionBits - exponent)));
    bits = (static_cast<unsigned>(exponent + kHalfBias) << kHalfFractionBits) + fraction -
           (1U << kHalfFractionBits);
  }
  return static_cast<std::uint16_t>(sign | bits);
}

template <typename T>
T load(BytesView element) noexcept {
  T value{};
  std::memcpy(&value, element.data(), std::min(element.size(), sizeof(T)));
  return value;
}

template <typename T>
void save(T value, std::span<std::byte> out) noexcept {
  std::memcpy(out.data(), &value, std::min(out.size(), sizeof(T)));
}

}  // namespace

std::int64_t get_integer(BytesView element) noexcept {
  const std::uint64_t bits = get_unsigned(element);
  const auto unused = static_cast<unsigned>(64 - 8 * std::min<std::size_t>(element.size(), 8));
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

std::uint64_t get_unsigned(BytesView element) noexcept { return load<std::uint64_t>(element); }

double get_floating(BytesView element) noexcept {
  switch (element.size()) {
    case 2:
      return half_to_double(load<std::uint16_t>(element));
    case 4:
      return static_cast<double>(load<float>(element));
    case 16:
      return static_cast<double>(load<long double>(element));
    default:
      return load<double>(element);
  }
}

void put_integer(std::uint64_t bits, std::span<std::byte> out) noexcept { save(bits, out); }

void put_floating(double value, std::span<std::byte> out) noexcept {
  switch (out.size()) {
    case 2:
      return save(double_to_half(value), out);
    case 4:
      return save(static_cast<float>(value), out);
    case 16: {
      // Only the first 10 bytes of x86's long double are the number; the rest must not be chance.
      const auto wide = static_cast<long double>(value);
      std::fill(out.begin(), out.end(), std::byte{0});
      std::memcpy(out.data(), &wide, 10);
      return;
    }
    default:
      return save(value, out);
  }
}

}  // namespace engram
