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

/// The version of Zarr of the node at `path`, and whether it is an array; nullopt: there is none.
/// Of v3 its document is read; where both versions are there it is v2. Throws Error(corrupt_data)
/// naming the key of a `zarr.json` that says neither.
struct FoundNode {
  int zarr_format = 2;
  bool is_array = false;
  std::optional<Json> document = {};  ///< Of v3, where it was read to tell; not to be read again.
};
std::optional<FoundNode> find_node(const store::ReadableStore& store, const std::string& path,
                                   const Limits& limits);

/// Makes sure that something of `zarr_format` may be created at `path`: nothing is there, or it is
/// removed (see IfExists), no array lies above, nor a group of the other version, and all groups
/// above exist.
void make_place(store::Store& store, const std::string& path, IfExists if_exists, int zarr_format,
                const Limits& limits);

/// Removes the node at `path` and all below it, its own metadata first.
void erase_node(store::Store& store, const std::string& path);

/// Makes the group at `path`, in v2 of `.zattrs` and then `.zgroup`. Throws Error(invalid_argument)
/// when `attributes` is no object.
void write_group(store::Store& store, const std::string& path, const Json& attributes,
                 int zarr_format);

/// Writes `.zattrs` (removes it where `attributes` is empty). Throws Error(invalid_argument) when
/// `attributes` is no object.
void write_attributes(store::Store& store, const std::string& path, const Json& attributes);

/// The same in a `zarr.json` that is there, of which all else stays.
void write_attributes_v3(store::Store& store, const std::string& path, const Json& attributes,
                         const Limits& limits);

/// Writes the document of a node of v3.
void write_node_v3(store::Store& store, const std::string& path, const Json& document);

/// The `zarr.json` of a group, as zarr-python 3 writes it.
Json group_document_v3(const Json& attributes);

/// Whether a `zarr.json` is that of an array, and not of a group. Throws Error(corrupt_data) when
/// it is neither.
bool is_array_v3(const Json& document);

/// Limits for the `zarr.json` of the root, which may hold those of all nodes.
Limits root_limits_v3(const Limits& limits);

/// Throws Error(invalid_argument) unless it is 2 or 3.
void check_format(int zarr_format);

/// Throws Error(invalid_argument) unless `attributes` are an object.
void require_object(const Json& attributes);

/// Sets in `attributes` each member of `changes`. Throws Error(invalid_argument) when that is no
/// object.
void merge_attributes(Json& attributes, const Json& changes);

}  // namespace engram::zarr
