#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engram/hdmf/builder.hpp"

namespace engram::hdmf {

/// `count` as a size. Throws Error(limit_exceeded) when so many elements take more than
/// `max_bytes`.
std::size_t checked_elements(std::uint64_t count, std::uint64_t element_size,
                             std::uint64_t max_bytes);

/// The elements of `region` as `type`, which is a number or a time of C++ (array/element.hpp).
/// Throws Error(invalid_argument) naming both types, and the first value that does not fit. `out`
/// has exactly their size.
void read_numbers(const DatasetBuilder& dataset, const Region& region, const DataType& type,
                  std::span<std::byte> out);

/// The elements of `region`, which are text. Throws Error(invalid_argument) when they are not.
std::vector<std::string> read_text(const DatasetBuilder& dataset, const Region& region);

/// The elements of `region`, compounds as Records.
std::vector<Value> read_values(const DatasetBuilder& dataset, const Region& region);

}  // namespace engram::hdmf
