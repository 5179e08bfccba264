#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engram/array/data_type.hpp"
#include "engram/base/json.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::zarr {

/// `type` as Zarr v3's "data_type", as zarr-python 3 spells it: "int16", {"name":
/// "fixed_length_utf32", ...}. A structured type is "structured", which every zarr-python 3 reads;
/// byte orders are left to the codec `bytes`. Throws Error(unsupported) for what v3 has no type
/// for: long doubles, fields that are arrays or leave gaps.
Json dtype_to_v3(const DataType& type);

/// The name and the configuration of what v3 lets stand as a text too: a data type, a codec, a grid
/// of chunks. Throws Error(corrupt_data) naming `member`.
struct NamedConfiguration {
  std::string name;
  Json configuration = Json::object();
};
NamedConfiguration named_configuration(const Json& json, std::string_view member);

/// The type that a name alone stands for, "int16"; none: it is no such name.
std::optional<DataType> plain_type(std::string_view name);

/// Sets `type`, little-endian, or `is_object` and `object_dtype` (texts, and bytes of any length)
/// of `out`. Throws Error(corrupt_data) for what is no data type, Error(unsupported) for one that
/// engram does not know, by name.
void dtype_from_v3(const Json& data_type, ArrayMetadata& out);

/// `type` with every number, at any depth, in `order`.
DataType with_order(DataType type, ByteOrder order);

}  // namespace engram::zarr
