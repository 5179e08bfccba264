#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/hdmf/builder.hpp"
#include "engram/hdmf/object_source.hpp"

namespace engram::hdmf {

/// An array whose elements lie in memory: `elements`, C order, little-endian, one after another.
/// `info.type` says little-endian too. Throws Error(invalid_argument) naming both when their size
/// is not that of `info.shape`, when the chunk shape has another rank than the shape or a 0, or
/// when the fill value is no element.
std::shared_ptr<const ArraySource> memory_array(ArrayInfo info, Bytes elements);

/// An array of which nothing is stored: every element is the fill value (zeros, where there is
/// none), however large the shape is. Throws as memory_array() does.
std::shared_ptr<const ArraySource> fill_array(ArrayInfo info);

/// Values of `type` in memory, C order. Throws Error(invalid_argument) when their number is not
/// that of `shape`, when one of them is none of `type` (its place, what it is and what was
/// expected are named), and for a chunk shape as memory_array() does.
std::shared_ptr<const ObjectSource> memory_objects(ObjectType type, Shape shape,
                                                   std::vector<Value> values,
                                                   Shape chunk_shape = {});

/// Why `value` can be no element of `type`: "it is a number, not text"; "" when it can be one.
std::string why_no_element(const ObjectType& type, const Value& value);

/// Whether the values of `dataset` lie in memory: it has one of the sources above.
bool is_in_memory(const DatasetBuilder& dataset) noexcept;

/// Reads all values of `root` and below into memory, so that the files they come from can be
/// closed, changed or removed. Arrays of which nothing is stored take no room. Throws
/// Error(limit_exceeded) before the elements (each object counted as 64 bytes) would take more than
/// `max_bytes`, and what the sources throw, naming the dataset.
void load_values(GroupBuilder& root, std::uint64_t max_bytes);

}  // namespace engram::hdmf
