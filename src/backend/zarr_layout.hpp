#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engram/base/json.hpp"
#include "engram/hdmf/builder.hpp"

/// How hdmf-zarr (0.13 and before for Zarr v2, 0.14 for v3) and engram spell what Zarr itself has
/// no words for: values of attributes, references, links, types. Nothing else in engram knows these
/// names; specs/zarr-layout.md is their description. `zarr_format` is 2 or 3.
namespace engram::backend::layout {

inline constexpr std::string_view kZarrDtype = "zarr_dtype";  ///< On every array: what it holds.
inline constexpr std::string_view kZarrLink = "zarr_link";    ///< On groups: a list of links.
// The same as hdmf-zarr has them for Zarr v3, from 0.14 on.
inline constexpr std::string_view kDtypeV3 = "_DTYPE";  ///< On arrays: what they hold.
inline constexpr std::string_view kLinksV3 = "_LINKS";  ///< On groups: a list of links.
inline constexpr std::string_view kReferenceV3 =
    "_REFERENCE";  ///< {"_REFERENCE": {"source": ".", "path": "/a"}}
inline constexpr std::string_view kReferenceFieldsV3 =
    "_REFERENCE_FIELDS";  ///< On arrays: the fields of records that are paths of objects.
inline constexpr std::string_view kObjectReferenceV3 =
    "object_reference";  ///< The `_DTYPE` of paths of objects.

/// In zarr.json of arrays, a member beside the attributes, where readers that don't know it pass it
/// over: what engram says of an array and hdmf-zarr has no attribute for, by the names below and
/// that of zarr_dtype.
inline constexpr std::string_view kExtensionV3 = "engram";
/// Beside what the root's documents say, where readers that don't know it pass it over too: how
/// HDF5 had what Zarr does not tell apart (backend/stored_json.hpp).
inline constexpr std::string_view kStoredExtension = "engram";
inline constexpr std::string_view kStored = "hdf5";

inline constexpr std::string_view kSpecLocation = ".specloc";  ///< On the root: cached schemas.
inline constexpr std::string_view kEnumeration = "_ENUM";      ///< On arrays: {"name": value}.
inline constexpr std::string_view kDataspace = "_DATASPACE";   ///< On arrays: "null" or "scalar".
inline constexpr std::string_view kDimensions =
    "_ARRAY_DIMENSIONS";  ///< On arrays: a name per dimension, for xarray.
inline constexpr std::string_view kType = "_TYPE";  ///< On arrays: what zarr_dtype can't say.

// Members of objects that stand for values, and the values of zarr_dtype that say so.
inline constexpr std::string_view kReferenceValue =
    "value";                                                 ///< {"value": reference, "zarr_dtype"}
inline constexpr std::string_view kRegionValue = "_REGION";  ///< {"_REGION": region}
inline constexpr std::string_view kOpaqueValue = "_OPAQUE";  ///< {"_OPAQUE": base64}

// Values of zarr_dtype.
inline constexpr std::string_view kScalar = "scalar";
inline constexpr std::string_view kObject = "object";
inline constexpr std::string_view kRegion = "region";

/// True for an attribute whose name engram or hdmf-zarr gives a meaning of its own in stores of
/// this version. The root's `.specloc` is none of these.
bool is_reserved_attribute(std::string_view name, int zarr_format = 2) noexcept;

/// True for a name that this version of Zarr gives to metadata: ".zarray" and the like.
bool is_reserved_name(std::string_view name, int zarr_format = 2) noexcept;

/// A reference as it stands in arrays and, wrapped, in attributes; null reads as none.
Json reference_to_json(const hdmf::Reference& reference);
Json region_to_json(const hdmf::RegionReference& region);
std::optional<hdmf::Reference> reference_from_json(const Json& json);
std::optional<hdmf::RegionReference> region_from_json(const Json& json);

/// A value as an attribute has it: references wrapped with their zarr_dtype (v3: in "_REFERENCE",
/// with source and path only), regions in "_REGION", opaque bytes in "_OPAQUE".
Json attribute_to_json(const hdmf::Value& value, int zarr_format = 2);
hdmf::Value attribute_from_json(const Json& json);

/// A value as an element of an array has it: references and regions bare.
Json element_to_json(const hdmf::Value& value);
/// The reverse. `type` says what is meant; JSON that does not fit it is taken as it is.
hdmf::Value element_from_json(const hdmf::ObjectType& type, const Json& json);
/// The same of a text that is JSON; a reference may also be the path of an object of the same file,
/// or "", which is none.
hdmf::Value element_from_text(const hdmf::ObjectType& type, const std::string& text);

/// A reference as v3 has it in arrays of text, and element_from_text() reads it: the path of an
/// object of the same file, or JSON.
std::string reference_to_text(const hdmf::Reference& reference);

/// What a group's zarr_link holds, and `_LINKS`.
Json links_to_json(const std::vector<hdmf::LinkBuilder>& links);
/// The reverse. `store_name` is the path of the store, for links that name it. Throws
/// Error(corrupt_data).
std::vector<hdmf::LinkBuilder> links_from_json(const Json& json, std::string_view store_name);

/// zarr_dtype of an array: NumPy's name, or a list of fields.
Json spell(const DataType& type);
/// zarr_dtype of an array of objects; an object where no text can say it (sequences, arrays): then
/// it is the value of `_TYPE`.
Json spell(const hdmf::ObjectType& type);
/// Takes from the `attributes` of an array of v3 what belongs into kExtensionV3 and puts it into
/// `extensions` (see zarr::ArrayMetadata).
void move_to_extension(Json& attributes, Json& extensions);

/// What spell() or hdmf-zarr wrote, or nullopt for what means nothing here.
std::optional<hdmf::ObjectType> parse_type(const Json& spelled);

}  // namespace engram::backend::layout
