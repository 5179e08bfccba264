#pragma once

#include <fmt/format.h>

#include <complex>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <type_traits>

#include "codec/half.hpp"
#include "engram/array/data_type.hpp"
#include "engram/base/bytes.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {

// Numbers as NumPy has them, for the filters that calculate.

template <typename T>
inline constexpr bool kIsComplex = false;
template <typename T>
inline constexpr bool kIsComplex<std::complex<T>> = true;

template <typename T>
inline constexpr bool kIsFloating = std::is_floating_point_v<T> || std::is_same_v<T, Half>;

/// The type in which the operators of half precision calculate: each result is rounded when it is
/// stored, as NumPy does.
template <typename T>
using Wide = std::conditional_t<std::is_same_v<T, Half>, float, T>;

template <typename T>
Wide<T> widen(T value) noexcept {
  if constexpr (std::is_same_v<T, Half>)
    return static_cast<float>(static_cast<double>(value));
  else
    return value;
}

/// What x86's conversion makes of a number: the least integer where it has no place. C++ says
/// nothing about those, NumPy gives what the processor gives.
template <typename Integer, typename Floating>
Integer truncate(Floating value) noexcept {
  constexpr auto kLeast = std::numeric_limits<Integer>::min();
  constexpr auto kLimit = -static_cast<Floating>(kLeast);
  if (!(value >= -kLimit && value < kLimit)) return kLeast;
  return static_cast<Integer>(value);
}

template <typename To, typename Floating>
To floating_to_integer(Floating value) noexcept {
  if constexpr (std::is_signed_v<To>) {
    using Step = std::conditional_t<sizeof(To) == 8, std::int64_t, std::int32_t>;
    return static_cast<To>(truncate<Step>(value));
  } else if constexpr (sizeof(To) < 4) {
    return static_cast<To>(truncate<std::int32_t>(value));
  } else {
    using Step = std::make_signed_t<To>;
    constexpr To kUpper = To{1} << (8 * sizeof(To) - 1);
    const auto half = static_cast<Floating>(kUpper);
    if (!(value >= half)) return static_cast<To>(truncate<Step>(value));
    return static_cast<To>(truncate<Step>(value - half)) ^ kUpper;
  }
}

/// `value` as NumPy's astype() makes it, without any check.
template <typename To, typename From>
To cast_number(From value) noexcept {
  if constexpr (std::is_same_v<To, From>) {
    return value;
  } else if constexpr (std::is_same_v<From, Half>) {
    return cast_number<To>(static_cast<double>(value));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From{};
  } else if constexpr (kIsComplex<To>) {
    using Part = typename To::value_type;
    if constexpr (kIsComplex<From>)
      return {cast_number<Part>(value.real()), cast_number<Part>(value.imag())};
    else
      return {cast_number<Part>(value), Part{0}};
  } else if constexpr (kIsComplex<From>) {
    return cast_number<To>(value.real());
  } else if constexpr (std::is_same_v<To, Half>) {
    return Half(static_cast<double>(value));
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return floating_to_integer<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

/// Calls visit(std::type_identity<T>()) with the C++ type of numbers of `type`; datetime and
/// timedelta are their counts. Throws Error(unsupported) naming `codec` where there is none.
template <typename Visit>
decltype(auto) visit_number(const DataType& type, std::string_view codec, const Visit& visit) {
  const auto integer = [&](auto one, auto two, auto four, auto eight) -> decltype(auto) {
    switch (type.size) {
      case 1:
        return visit(one);
      case 2:
        return visit(two);
      case 4:
        return visit(four);
      default:
        return visit(eight);
    }
  };
  switch (type.kind) {
    case Kind::boolean:
      return visit(std::type_identity<bool>());
    case Kind::integer:
    case Kind::datetime:
    case Kind::timedelta:
      return integer(std::type_identity<std::int8_t>(), std::type_identity<std::int16_t>(),
                     std::type_identity<std::int32_t>(), std::type_identity<std::int64_t>());
    case Kind::unsigned_integer:
      return integer(std::type_identity<std::uint8_t>(), std::type_identity<std::uint16_t>(),
                     std::type_identity<std::uint32_t>(), std::type_identity<std::uint64_t>());
    case Kind::floating:
      if (type.size == 2) return visit(std::type_identity<Half>());
      if (type.size == 4) return visit(std::type_identity<float>());
      if (type.size == 8) return visit(std::type_identity<double>());
      if (type.size == sizeof(long double)) return visit(std::type_identity<long double>());
      break;
    case Kind::complex:
      if (type.size == 8) return visit(std::type_identity<std::complex<float>>());
      if (type.size == 16) return visit(std::type_identity<std::complex<double>>());
      break;
    default:
      break;
  }
  throw Error(ErrorCode::unsupported,
              fmt::format("codec {} of elements \"{}\": it takes numbers", codec, typestr(type)));
}

/// The type of arithmetic between both, as NumPy's promote_types() has it.
DataType promoted(const DataType& a, const DataType& b);

/// Elements of `from` (of its byte order) to elements of `to`, as astype() does. `in` and `out`
/// have the same number of them. Both types are numbers.
void convert_numbers(const DataType& from, BytesView in, const DataType& to,
                     std::span<std::byte> out);

/// The elements of `type` that `bytes` are, as numbers of this machine.
template <typename T>
std::unique_ptr<T[]> load_numbers(const DataType& type, BytesView bytes, const DataType& as) {
  const std::size_t count = bytes.size() / type.size;
  auto numbers = std::make_unique_for_overwrite<T[]>(count);
  convert_numbers(type, bytes, as, std::as_writable_bytes(std::span(numbers.get(), count)));
  return numbers;
}

}  // namespace engram::codec
