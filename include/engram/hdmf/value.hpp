#pragma once

#include <complex>
#include <cstdint>
#include <string>
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
using List = std::vector<Value>;

/// A compound value with the names of its fields, in their order.
using Record = std::vector<std::pair<std::string, Value>>;

/// One value of an attribute, or one element of an ObjectSource. Numbers keep their kind (an
/// integer is never a double); float32 is widened, which is exact. Text is UTF-8, or bytes as they
/// were found where they are no UTF-8.
struct Value {
  std::variant<Null, bool, std::int64_t, std::uint64_t, double, std::complex<double>, std::string,
               Bytes, Reference, RegionReference, List, Record>
      data;

  Value() = default;
  template <typename T>
  requires(!std::is_same_v<std::remove_cvref_t<T>, Value>) Value(T&& value)
      : data(std::forward<T>(value)) {}                 // NOLINT: a value is what it holds
  Value(const char* text) : data(std::string(text)) {}  // NOLINT

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

bool operator==(const Value& a, const Value& b);

}  // namespace engram::hdmf
