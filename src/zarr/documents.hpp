#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

#include "engram/base/error.hpp"
#include "engram/base/json.hpp"
#include "engram/base/limits.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/store_handle.hpp"

namespace engram::zarr {

// The names under which Zarr v2 keeps metadata.
inline constexpr std::string_view kGroupName = ".zgroup";
inline constexpr std::string_view kArrayName = ".zarray";
inline constexpr std::string_view kAttributesName = ".zattrs";
inline constexpr std::string_view kConsolidatedName = ".zmetadata";
// And Zarr v3, of each group and array.
inline constexpr std::string_view kNodeName = "zarr.json";

/// "a/b" of "a" and "b"; either may be empty.
std::string join(std::string_view path, std::string_view name);

/// `path` without a '/' at its ends: "" or the text of a key none of whose names is one of
/// metadata. Throws Error(invalid_argument) otherwise.
std::string normal_path(std::string_view path);

/// What `read` returns; an Error that it throws gets `key` as its place.
template <typename Read>
auto at_key(std::string_view key, Read read) {
  try {
    return read();
  } catch (Error& error) {
    error.at(key);
    throw;
  }
}

/// True when the node at `path` has the document `name`.
bool has_document(const store::ReadableStore& store, const std::string& path,
                  std::string_view name);

/// The JSON value of `key`, or nullopt where there is none. Errors name the key.
std::optional<Json> read_document(const store::ReadableStore& store, const std::string& key,
                                  const Limits& limits);

/// Throws Error(corrupt_data) unless `document` is what a `.zgroup` has to be.
void check_group(const Json& document);

/// `document` if it is an object; throws Error(corrupt_data) otherwise.
Json check_attributes(Json document);

/// Makes sure that something may be created at `path`: nothing is there, or it is removed (see
/// IfExists), no array lies above, and all groups above exist.
void make_place(store::Store& store, const std::string& path, IfExists if_exists);

/// Removes the node at `path` and all below it, its own metadata first.
void erase_node(store::Store& store, const std::string& path);

/// Writes `.zgroup`, or `.zattrs` (removes it where `attributes` is empty). Throws
/// Error(invalid_argument) when `attributes` is no object.
void write_group_document(store::Store& store, const std::string& path);
void write_attributes(store::Store& store, const std::string& path, const Json& attributes);

/// Throws Error(invalid_argument) unless `attributes` are an object.
void require_object(const Json& attributes);

/// Sets in `attributes` each member of `changes`. Throws Error(invalid_argument) when that is no
/// object.
void merge_attributes(Json& attributes, const Json& changes);

}  // namespace engram::zarr
