#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engram/base/json.hpp"

namespace engram::hdmf {

/// How many instances of what a spec describes may stand in one group.
struct Quantity {
  std::uint64_t least = 1;
  std::optional<std::uint64_t> most = 1;  ///< None: any number.

  bool is_required() const noexcept { return least > 0; }
  bool is_many() const noexcept { return !most || *most > 1; }
  friend bool operator==(const Quantity&, const Quantity&) = default;
};

/// A dtype that is a reference to an object of some type.
struct ReferenceDtype {
  std::string target_type;
  std::string reference_type = "object";  ///< "object"; "region" in schemas of old.

  friend bool operator==(const ReferenceDtype&, const ReferenceDtype&) = default;
};

struct DtypeField;

/// What the schema language says of the type of elements: nothing (any type will do), the name of a
/// primitive type ("int32", "text", "numeric", ...), a reference, or the fields of a compound.
struct Dtype {
  std::variant<std::monostate, std::string, ReferenceDtype, std::vector<DtypeField>> data;

  bool is_any() const noexcept { return std::holds_alternative<std::monostate>(data); }
  /// The name of a primitive type, or nullptr.
  const std::string* primitive() const noexcept { return std::get_if<std::string>(&data); }
  const ReferenceDtype* reference() const noexcept { return std::get_if<ReferenceDtype>(&data); }
  const std::vector<DtypeField>* fields() const noexcept {
    return std::get_if<std::vector<DtypeField>>(&data);
  }
};

/// One field of a compound dtype.
struct DtypeField {
  std::string name;
  std::string doc;
  Dtype dtype;
};

bool operator==(const Dtype& a, const Dtype& b);
bool operator==(const DtypeField& a, const DtypeField& b);

/// "int32", "reference to ElectricalSeries", "compound of a, b", "any type".
std::string to_string(const Dtype& dtype);

/// The shapes that an array may have, any one of them; empty: any shape, and a scalar too.
struct Dimensions {
  /// Each alternative: a length per dimension, none where any length will do.
  std::vector<std::vector<std::optional<std::uint64_t>>> shapes;
  /// As many alternatives, each a name per dimension. Where a schema names fewer or more than the
  /// shape has (those of old do, for some types), they stand as they are.
  std::vector<std::vector<std::string>> names;

  bool is_any() const noexcept { return shapes.empty(); }
  friend bool operator==(const Dimensions&, const Dimensions&) = default;
};

struct AttributeSpec {
  std::string name;
  std::string doc;
  Dtype dtype;
  Dimensions dimensions;
  bool is_required = true;
  Json value;          ///< The only value that is allowed; null: none such.
  Json default_value;  ///< What a missing attribute means; null: nothing.

  friend bool operator==(const AttributeSpec&, const AttributeSpec&) = default;
};

/// What specs of groups and datasets have in common.
struct NodeSpec {
  std::string doc;
  std::optional<std::string> name;  ///< None: of any name, found by its type.
  std::optional<std::string> default_name;
  std::optional<std::string> type_def;  ///< neurodata_type_def or data_type_def.
  std::optional<std::string> type_inc;  ///< neurodata_type_inc or data_type_inc.
  Quantity quantity;
  bool is_linkable = true;
  std::vector<AttributeSpec> attributes;

  /// The type that it defines, or else includes; nullptr when it is of no type.
  const std::string* type() const noexcept;
  const AttributeSpec* attribute(std::string_view name) const noexcept;
};

struct DatasetSpec : NodeSpec {
  Dtype dtype;
  Dimensions dimensions;
  Json value;          ///< As in AttributeSpec.
  Json default_value;  ///< As in AttributeSpec.
};

struct LinkSpec {
  std::string doc;
  std::optional<std::string> name;
  std::string target_type;
  Quantity quantity;

  friend bool operator==(const LinkSpec&, const LinkSpec&) = default;
};

struct GroupSpec : NodeSpec {
  std::vector<GroupSpec> groups;
  std::vector<DatasetSpec> datasets;
  std::vector<LinkSpec> links;

  /// By name; nullptr when there is none.
  const GroupSpec* group(std::string_view name) const noexcept;
  const DatasetSpec* dataset(std::string_view name) const noexcept;
  const LinkSpec* link(std::string_view name) const noexcept;
};

/// The spec of a type is that of a group or of a dataset.
using TypeSpec = std::variant<GroupSpec, DatasetSpec>;

/// What both kinds have in common.
const NodeSpec& node_spec(const TypeSpec& spec) noexcept;

/// Specs from JSON as a schema file of the HDMF specification language holds them. Both
/// "neurodata_type_def" and "data_type_def" (and ..._inc) are understood.
///
/// Throws Error(corrupt_data) naming the member, what was found and what is expected; the error
/// says in which spec it stands. Members that the language does not know are left alone; a sentence
/// about each goes to `warnings`.
GroupSpec parse_group_spec(const Json& json, std::vector<std::string>& warnings);
DatasetSpec parse_dataset_spec(const Json& json, std::vector<std::string>& warnings);

/// The same spec in the language's own words, with "data_type_def" and "data_type_inc", "dims" and
/// "shape" as lists of alternatives where there are several. Members that say nothing beyond the
/// language's defaults are left out.
Json to_json(const GroupSpec& spec);
Json to_json(const DatasetSpec& spec);
Json to_json(const TypeSpec& spec);

}  // namespace engram::hdmf
