#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engram/array/data_type.hpp"
#include "engram/array/region.hpp"
#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"
#include "engram/zarr/codec_attributes.hpp"
#include "engram/zarr/metadata.hpp"

namespace engram::schema {

/// What a table of DataJoint keeps, as JSON, of a value that lies in a storage: the record of
/// codecs such as `<zarr@>`. The place of the value is `path` alone; nothing is computed of the
/// row's key.
struct StoredRecord {
  std::string path;  ///< Relative to the root of the storage. Always the text of a store::Key.
  std::optional<std::string> store;          ///< The storage's name; none: the default one.
  std::optional<std::string> codec_version;  ///< Of the data's format.
  std::optional<Shape> shape;
  std::optional<std::string> dtype;  ///< As NumPy's str() prints it: see numpy_dtype().
  Json more = Json::object();        ///< All other members.

  friend bool operator==(const StoredRecord&, const StoredRecord&) = default;
};

/// The record of the array that lies at `path` and has these metadata. Throws Error(unsupported)
/// for objects, and as numpy_dtype().
StoredRecord make_record(std::string path, const zarr::ArrayMetadata& metadata,
                         std::optional<std::string> store = {},
                         std::optional<std::string> codec_version = {});

/// As it goes into the database: path, store (null where there is none), codec_version where there
/// is one, shape, dtype, and then the others.
Json to_json(const StoredRecord& record);

/// The record that `json` is. A member that is null is not there. Throws Error(corrupt_data) naming
/// the member when it is none: no object, no path, a path that leads elsewhere or is no key, a
/// shape that is no list of lengths (of at most Limits::max_rank), a text that is none.
StoredRecord parse_record(const Json& json, const Limits& limits = {});

/// How the array differs from what `record` says of it, but for the byte order of its elements, for
/// a message; empty when it does not.
std::string difference(const StoredRecord& record, const zarr::ArrayMetadata& metadata);

/// The version of the codec that made an array: what its attributes say, else the record, else
/// "1.0", which is what DataJoint's codecs take data without one for.
std::string codec_version(const zarr::CodecAttributes& attributes, const StoredRecord& record);

/// `type` as NumPy's str() of a dtype on a little-endian machine: "float64", ">i4", "|S5", "<U4",
/// "datetime64[ns]", "[('x', '<i2'), ('y', '<f8', (2,))]". Throws Error(unsupported) for a
/// structured type with gaps between its fields.
std::string numpy_dtype(const DataType& type);

}  // namespace engram::schema
