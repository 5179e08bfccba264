#pragma once

#include <chrono>
#include <complex>
#include <cstdint>
#include <ratio>
#include <type_traits>

#include "engram/array/data_type.hpp"

namespace engram {

namespace element_detail {

template <typename T>
struct IsComplex : std::false_type {};
template <>
struct IsComplex<std::complex<float>> : std::true_type {};
template <>
struct IsComplex<std::complex<double>> : std::true_type {};

/// NumPy's name of a period, or nullptr where NumPy has none.
template <typename Period>
constexpr const char* unit_of() {
  if constexpr (std::is_same_v<Period, std::atto>) return "as";
  if constexpr (std::is_same_v<Period, std::femto>) return "fs";
  if constexpr (std::is_same_v<Period, std::pico>) return "ps";
  if constexpr (std::is_same_v<Period, std::nano>) return "ns";
  if constexpr (std::is_same_v<Period, std::micro>) return "us";
  if constexpr (std::is_same_v<Period, std::milli>) return "ms";
  if constexpr (std::is_same_v<Period, std::ratio<1>>) return "s";
  if constexpr (std::is_same_v<Period, std::ratio<60>>) return "m";
  if constexpr (std::is_same_v<Period, std::ratio<3600>>) return "h";
  if constexpr (std::is_same_v<Period, std::ratio<86400>>) return "D";
  if constexpr (std::is_same_v<Period, std::ratio<604800>>) return "W";
  return nullptr;
}

template <typename T>
struct Time {
  static constexpr const char* kUnit = nullptr;
  static constexpr bool kIsPoint = false;
};
template <typename Period>
struct Time<std::chrono::duration<std::int64_t, Period>> {
  static constexpr const char* kUnit = unit_of<Period>();
  static constexpr bool kIsPoint = false;
};
template <typename Duration>
struct Time<std::chrono::time_point<std::chrono::system_clock, Duration>> {
  static constexpr const char* kUnit = Time<Duration>::kUnit;
  static constexpr bool kIsPoint = true;
};

template <typename T>
concept Character = std::is_same_v<T, char> || std::is_same_v<T, wchar_t> ||
    std::is_same_v<T, char8_t> || std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;

}  // namespace element_detail

/// C++ types whose bytes are those of one array element: bool, integers of 1 to 8 bytes, float,
/// double, std::complex of these, and times of std::chrono that count in a unit of NumPy with 64
/// bits (std::chrono::sys_time<std::chrono::nanoseconds> is "<M8[ns]", std::chrono::seconds is
/// "<m8[s]"; NaT is the least count). Character types are none: text has no C++ type of fixed size.
template <typename T>
concept Element =
    !element_detail::Character<T> &&
    (std::is_integral_v<T> || std::is_same_v<T, float> || std::is_same_v<T, double> ||
     element_detail::IsComplex<T>::value || element_detail::Time<T>::kUnit != nullptr);

/// The little-endian type of elements that are `T`.
template <Element T>
DataType data_type_of() {
  if constexpr (std::is_same_v<T, bool>) {
    return DataType::boolean();
  } else if constexpr (std::is_integral_v<T>) {
    return std::is_signed_v<T> ? DataType::integer(sizeof(T))
                               : DataType::unsigned_integer(sizeof(T));
  } else if constexpr (std::is_floating_point_v<T>) {
    return DataType::floating(sizeof(T));
  } else if constexpr (element_detail::IsComplex<T>::value) {
    return DataType::complex(sizeof(T));
  } else if constexpr (element_detail::Time<T>::kIsPoint) {
    return DataType::datetime(element_detail::Time<T>::kUnit);
  } else {
    return DataType::timedelta(element_detail::Time<T>::kUnit);
  }
}

}  // namespace engram
