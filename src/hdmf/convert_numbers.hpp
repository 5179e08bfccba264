#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "engram/array/data_type.hpp"

namespace engram::hdmf {

/// Whether elements of `from` may become `to`, if their values fit: bool and integers any integer
/// or floating number, floating and complex numbers wider ones. Equal types may not: there is
/// nothing to convert. Both little-endian.
bool is_convertible(const DataType& from, const DataType& to) noexcept;

/// A value that does not fit.
struct Misfit {
  std::uint64_t number = 0;  ///< Which element, from 0 on.
  std::string value;
};

/// Puts the values of `elements` into `out`, as many of `to`; is_convertible(from, to). Gives the
/// first that `to` can't hold exactly, and leaves the rest of `out` undefined then.
std::optional<Misfit> convert_numbers(const DataType& from, BytesView elements, const DataType& to,
                                      std::span<std::byte> out);

}  // namespace engram::hdmf
