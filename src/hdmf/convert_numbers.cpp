#include "hdmf/convert_numbers.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "array/number.hpp"

namespace engram::hdmf {
namespace {

bool is_whole(const DataType& type) noexcept {
  return type.kind == engram::Kind::boolean || type.kind == engram::Kind::integer ||
         type.kind == engram::Kind::unsigned_integer;
}

/// Calls `use` with a value of the C++ type of bool or an integer.
template <typename Use>
auto with_whole(const DataType& type, const Use& use) {
  if (type.kind == engram::Kind::integer) {
    switch (type.size) {
      case 1:
        return use(std::int8_t{});
      case 2:
        return use(std::int16_t{});
      case 4:
        return use(std::int32_t{});
      default:
        return use(std::int64_t{});
    }
  }
  switch (type.size) {
    case 1:  // And bool, which is 0 or 1.
      return use(std::uint8_t{});
    case 2:
      return use(std::uint16_t{});
    case 4:
      return use(std::uint32_t{});
    default:
      return use(std::uint64_t{});
  }
}

template <typename To, typename From>
bool fits(From value) noexcept {
  if constexpr (std::is_floating_point_v<To>) {
    // Of 2^63 and above the way back would overflow: the double is compared first.
    const To converted = static_cast<To>(value);
    if (converted >= std::ldexp(To{1}, std::numeric_limits<From>::digits)) return false;
    return static_cast<From>(converted) == value;
  } else {
    return std::in_range<To>(value);
  }
}

template <typename To, typename From>
std::optional<Misfit> convert(BytesView elements, std::span<std::byte> out) {
  const std::size_t count = elements.size() / sizeof(From);
  for (std::size_t i = 0; i < count; ++i) {
    From value{};
    std::memcpy(&value, elements.data() + i * sizeof(From), sizeof(From));
    if (!fits<To>(value)) return Misfit{i, fmt::to_string(value)};
    // NOLINTNEXTLINE(bugprone-signed-char-misuse): a number of one byte, no character
    const To converted = static_cast<To>(value);
    std::memcpy(out.data() + i * sizeof(To), &converted, sizeof(To));
  }
  return std::nullopt;
}

// Floating numbers, each to a wider one: always exact. Complex numbers are two of them.
void widen(std::size_t from_size, BytesView elements, std::size_t to_size,
           std::span<std::byte> out) {
  for (std::size_t i = 0; i * from_size < elements.size(); ++i)
    put_floating(get_floating(elements.subspan(i * from_size, from_size)),
                 out.subspan(i * to_size, to_size));
}

}  // namespace

bool is_convertible(const DataType& from, const DataType& to) noexcept {
  const bool to_floating = to.kind == engram::Kind::floating && (to.size == 4 || to.size == 8);
  if (is_whole(from))
    return to.kind == engram::Kind::integer || to.kind == engram::Kind::unsigned_integer ||
           to_floating;
  if (from.kind == engram::Kind::floating) return to_floating && from.size < to.size;
  return from.kind == engram::Kind::complex && to.kind == engram::Kind::complex && from.size == 8 &&
         to.size == 16;
}

std::optional<Misfit> convert_numbers(const DataType& from, BytesView elements, const DataType& to,
                                      std::span<std::byte> out) {
  if (!is_whole(from)) {
    const std::size_t parts = from.kind == engram::Kind::complex ? 2 : 1;
    widen(static_cast<std::size_t>(from.size) / parts, elements,
          static_cast<std::size_t>(to.size) / parts, out);
    return std::nullopt;
  }
  return with_whole(from, [&](auto value) -> std::optional<Misfit> {
    using From = decltype(value);
    if (to.kind == engram::Kind::floating)
      return to.size == 4 ? convert<float, From>(elements, out)
                          : convert<double, From>(elements, out);
    return with_whole(to,
                      [&](auto target) { return convert<decltype(target), From>(elements, out); });
  });
}

}  // namespace engram::hdmf
