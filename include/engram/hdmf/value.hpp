#pragma once

#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "engram/base/bytes.hpp"
#include "engram/hdmf/reference.hpp"

namespace engram::hdmf {

struct Value;

/// Nothing: a null dataspace, a null reference.
struct Null {
  friend bool operator==(const Null&, const Null&) = default;
};

/// An array, one dimension a level; also the row of a compound dataset, in the order of its fields.
/// A list of one list is `List{Value(List{1, 2})}`: for some compilers (Clang up to 19)
/// `List{List{1, 2}}` is a copy of the inner one. The same holds for a `std::vector<Value>`.
using List = std::vector<Value>;

/// A compound value with the names of its fields, in their order.
using Record = std::vector<std::pair<std::string, Value>>;

/// Integers that a Value takes; char is none, it is a piece of text.
template <typename T>
concept SignedNumber = std::signed_integral<T> && !std::is_same_v<T, char>;
template <typename T>
concept UnsignedNumber =
    std::unsigned_integral<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char> &&
    !std::is_same_v<T, char8_t> && !std::is_same_v<T, char16_t> && !std::is_same_v<T, char32_t> &&
    !std::is_same_v<T, wchar_t>;

/// One value of an attribute, or one element of an ObjectSource. Numbers keep their kind (an
/// integer is never a double); float32 is widened, which is exact. Text is UTF-8, or bytes as they
/// were found where they are no UTF-8.
struct Value {
  std::variant<Null, bool, std::int64_t, std::uint64_t, double, std::complex<double>, std::string,
               Bytes, Reference, RegionReference, List, Record>
      data;

  // A value is what it holds, so these convert: every signed integer to std::int64_t, every
  // unsigned one to std::uint64_t, float to double. Nothing else does: no pointer becomes a bool.
  Value() = default;
  Value(Null) {}
  template <std::same_as<bool> T>
  Value(T value) : data(value) {}
  template <SignedNumber T>
  Value(T value) : data(std::int64_t{value}) {}
  template <UnsignedNumber T>
  Value(T value) : data(std::uint64_t{value}) {}
  template <std::floating_point T>
  requires(sizeof(T) <= sizeof(double)) Value(T value) : data(double{value}) {}
  Value(std::complex<float> value) : data(std::complex<double>(value)) {}
  Value(std::complex<double> value) : data(value) {}
  Value(const char* text) : data(std::string(text)) {}
  Value(std::string_view text) : data(std::string(text)) {}
  Value(std::string text) : data(std::move(text)) {}
  Value(Bytes bytes) : data(std::move(bytes)) {}
  Value(Reference reference) : data(std::move(reference)) {}
  Value(RegionReference reference) : data(std::move(reference)) {}
  Value(List list) : data(std::move(list)) {}
  Value(Record record) : data(std::move(record)) {}
  Value(std::nullptr_t) = delete;

  template <typename T>
  bool is() const noexcept {
    return std::holds_alternative<T>(data);
  }
  template <typename T>
  const T& as() const {
    return std::get<T>(data);
  }
  template <typename T>
  T& as() {
    return std::get<T>(data);
  }
};

/// True when both hold the same kind and the same value. Floating numbers are compared by their
/// bits: NaN equals the same NaN, and 0.0 is not -0.0.
bool operator==(const Value& a, const Value& b);

}  // namespace engram::hdmf
