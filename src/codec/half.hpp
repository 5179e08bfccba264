#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace engram::codec {

/// IEEE 754 binary16, kept as its bits: clang of Debian 12 has no _Float16 here. Values go through
/// double, which holds each of them; what is stored is rounded to nearest even, once.
class Half {
 public:
  Half() = default;
  explicit Half(double value) noexcept : bits_(rounded(value)) {}

  explicit operator double() const noexcept {
    constexpr int kSmallest = -24;  // Exponent of the least subnormal number.
    const int exponent = (bits_ >> 10U) & 0x1f;
    const int fraction = bits_ & 0x3ff;
    if (exponent == 0x1f) {
      // The fraction of a NaN is kept.
      const std::uint64_t bits =
          0x7ff0000000000000U | (static_cast<std::uint64_t>(fraction) << 42U);
      return with_sign(std::bit_cast<double>(bits));
    }
    if (exponent == 0) return with_sign(std::ldexp(fraction, kSmallest));
    const auto bits = (static_cast<std::uint64_t>(exponent) + 1023 - 15) << 52U;
    return with_sign(std::bit_cast<double>(bits | (static_cast<std::uint64_t>(fraction) << 42U)));
  }

  friend bool operator==(Half a, Half b) noexcept {
    return static_cast<double>(a) == static_cast<double>(b);
  }

 private:
  double with_sign(double size) const noexcept { return (bits_ & 0x8000U) != 0 ? -size : size; }

  static std::uint16_t rounded(double value) noexcept {
    const auto all = std::bit_cast<std::uint64_t>(value);
    const auto sign = static_cast<std::uint16_t>((all >> 48U) & 0x8000U);
    const double size = std::fabs(value);
    if (std::isnan(value)) {
      const auto fraction = static_cast<std::uint16_t>((all >> 42U) & 0x3ffU);
      return static_cast<std::uint16_t>(sign | 0x7c00U | (fraction == 0 ? 0x200U : fraction));
    }
    if (size >= 65520.0) return static_cast<std::uint16_t>(sign | 0x7c00U);
    if (size < 0x1p-14) {
      // A carry out of the fraction gives the smallest normal number, as it should.
      const auto fraction = static_cast<std::uint16_t>(std::nearbyint(std::ldexp(size, 24)));
      return static_cast<std::uint16_t>(sign | fraction);
    }
    const std::uint64_t bits =
        std::bit_cast<std::uint64_t>(size) - (std::uint64_t{1023 - 15} << 52U);
    const std::uint64_t odd = (bits >> 42U) & 1U;
    const std::uint64_t nearest = (bits + 0x1ffffffffffU + odd) >> 42U;
    return static_cast<std::uint16_t>(sign | nearest);
  }

  std::uint16_t bits_ = 0;
};

static_assert(sizeof(Half) == 2);

}  // namespace engram::codec
