#include "zarr/dtype_v3.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <map>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/json_member.hpp"
#include "engram/base/error.hpp"

namespace engram::zarr {
namespace {

constexpr std::string_view kDataType = "data_type";
// Fields of fields: each level is one of the document as well, but of the type there are copies.
constexpr unsigned kMostNested = 32;

const std::map<std::string_view, DataType>& plain_types() {
  static const std::map<std::string_view, DataType> types = {
      {"bool", DataType::boolean()},
      {"int8", DataType::integer(1)},
      {"int16", DataType::integer(2)},
      {"int32", DataType::integer(4)},
      {"int64", DataType::integer(8)},
      {"uint8", DataType::unsigned_integer(1)},
      {"uint16", DataType::unsigned_integer(2)},
      {"uint32", DataType::unsigned_integer(4)},
      {"uint64", DataType::unsigned_integer(8)},
      {"float16", DataType::floating(2)},
      {"float32", DataType::floating(4)},
      {"float64", DataType::floating(8)},
      {"complex64", DataType::complex(8)},
      {"complex128", DataType::complex(16)},
  };
  return types;
}

Json with_length(std::string_view name, std::uint64_t bytes) {
  return {{"name", name}, {"configuration", {{"length_bytes", bytes}}}};
}

// NumPy writes "25us"; Zarr the unit and how many of it.
Json time_to_v3(std::string_view name, const std::string& text) {
  std::uint64_t scale = 1;
  const char* end = text.data() + text.size();
  const char* unit = std::from_chars(text.data(), end, scale).ptr;
  return {{"name", name},
          {"configuration",
           {{"unit", text.empty() ? "generic" : std::string(unit, end)}, {"scale_factor", scale}}}};
}

DataType time_from_v3(const NamedConfiguration& named, const Json& json) {
  const std::string unit = text_member(named.configuration, "unit");
  const Json& scale = member_or_null(named.configuration, "scale_factor");
  const std::uint64_t count = scale.is_null() ? 1 : length_of(scale, kDataType);
  if (count == 0 || count > 2147483647 || (unit == "generic" && count != 1))
    bad_member(kDataType, json, "a scale_factor from 1 to 2147483647");
  const std::string text = unit == "generic" ? ""
                           : count == 1      ? unit
                                             : fmt::format("{}{}", count, unit);
  return named.name == "numpy.datetime64" ? DataType::datetime(text) : DataType::timedelta(text);
}

DataType type_from_v3(const Json& json, unsigned depth);

DataType fields_from_v3(const Json& configuration, const Json& json, unsigned depth) {
  const Json& list = member_or_null(configuration, "fields");
  if (!list.is_array() || list.empty()) bad_member(kDataType, json, "a list of fields");
  if (depth >= kMostNested)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("member \"{}\" has fields deeper than {}", kDataType, kMostNested));
  std::vector<Field> fields;
  std::unordered_set<std::string> names;
  std::uint64_t size = 0;
  for (const Json& item : list) {
    // "structured" has pairs, "struct" objects; both readers take both.
    const bool is_pair = item.is_array() && item.size() == 2 && item[0].is_string();
    const bool is_object =
        item.is_object() && member_or_null(item, "name").is_string() && item.contains("data_type");
    if (!is_pair && !is_object) bad_member(kDataType, item, "a field with a name and a data type");
    Field field;
    field.name = (is_pair ? item[0] : item["name"]).get<std::string>();
    field.type = type_from_v3(is_pair ? item[1] : item["data_type"], depth + 1);
    if (!field.name.empty() && !names.insert(field.name).second)
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("member \"{}\" has two fields \"{}\"", kDataType, field.name));
    size = checked_add(size, field.type.size, "the size of data_type");
    fields.push_back(std::move(field));
  }
  return DataType::structured(std::move(fields));
}

DataType sized_from_v3(const NamedConfiguration& named, const Json& json) {
  const std::uint64_t size =
      length_of(member_or_null(named.configuration, "length_bytes"), kDataType);
  if (size == 0) bad_member(kDataType, json, "a type of at least one byte");
  if (named.name == "null_terminated_bytes") return DataType::bytes(size);
  if (named.name == "raw_bytes") return DataType::opaque(size);
  if (size % 4 != 0) bad_member(kDataType, json, "whole characters of 4 bytes");
  return DataType::unicode(size / 4);
}

// "r16": 16 bits without a meaning.
std::optional<DataType> raw_bits(std::string_view name, const Json& json) {
  if (name.size() < 2 || name[0] != 'r') return std::nullopt;
  std::uint64_t bits = 0;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), bits);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  if (bits == 0 || bits % 8 != 0) bad_member(kDataType, json, "whole bytes");
  return DataType::opaque(bits / 8);
}

DataType type_from_v3(const Json& json, unsigned depth) {
  const NamedConfiguration named = named_configuration(json, kDataType);
  if (auto plain = plain_type(named.name)) return std::move(*plain);
  if (named.name == "numpy.datetime64" || named.name == "numpy.timedelta64")
    return time_from_v3(named, json);
  if (named.name == "struct" || named.name == "structured")
    return fields_from_v3(named.configuration, json, depth);
  if (named.name == "null_terminated_bytes" || named.name == "raw_bytes" ||
      named.name == "fixed_length_utf32")
    return sized_from_v3(named, json);
  if (auto raw = raw_bits(named.name, json)) return std::move(*raw);
  throw Error(ErrorCode::unsupported,
              fmt::format("data type {} is not known to engram", excerpt(json)));
}

bool is_any_text(std::string_view name) { return name == "string"; }

bool is_any_bytes(std::string_view name) {
  return name == "variable_length_bytes" || name == "bytes";
}

Json fields_to_v3(const DataType& type) {
  Json fields = Json::array();
  std::uint64_t end = 0;
  // As in v2 a gap is a field without a name.
  const auto pad_to = [&](std::uint64_t offset) {
    if (offset > end) fields.push_back(Json::array({"", with_length("raw_bytes", offset - end)}));
  };
  for (const Field& field : type.fields) {
    if (!field.shape.empty() || field.offset < end)
      throw Error(ErrorCode::unsupported,
                  fmt::format("Zarr v3 has no type for the field \"{}\", which {}", field.name,
                              field.shape.empty() ? "shares bytes with another" : "is an array"));
    pad_to(field.offset);
    end = field.offset + field.size();
    fields.push_back(Json::array({field.name, dtype_to_v3(field.type)}));
  }
  pad_to(type.size);
  return {{"name", "structured"}, {"configuration", {{"fields", std::move(fields)}}}};
}

}  // namespace

std::optional<DataType> plain_type(std::string_view name) {
  const auto found = plain_types().find(name);
  return found == plain_types().end() ? std::nullopt : std::optional(found->second);
}

NamedConfiguration named_configuration(const Json& json, std::string_view member) {
  if (json.is_string()) return {json.get<std::string>(), Json::object()};
  const Json& name = json.is_object() ? member_or_null(json, "name") : json;
  const Json& configuration = json.is_object() ? member_or_null(json, "configuration") : json;
  if (!json.is_object() || !name.is_string() ||
      (!configuration.is_null() && !configuration.is_object()))
    bad_member(member, json, "a name, or an object with \"name\" and \"configuration\"");
  // What is to be ignored where it isn't known is of no use as one of these.
  return {name.get<std::string>(), configuration.is_null() ? Json::object() : configuration};
}

DataType with_order(DataType type, ByteOrder order) {
  for (Field& field : type.fields) field.type = with_order(std::move(field.type), order);
  if (type.has_byte_order()) type.order = order;
  return type;
}

void dtype_from_v3(const Json& data_type, ArrayMetadata& out) {
  const NamedConfiguration named = named_configuration(data_type, kDataType);
  if (is_any_text(named.name) || is_any_bytes(named.name)) {
    out.is_object = true;
    out.object_dtype = is_any_text(named.name) ? "string" : "variable_length_bytes";
    return;
  }
  out.is_object = false;
  out.type = type_from_v3(data_type, 0);
}

Json dtype_to_v3(const DataType& type) {
  switch (type.kind) {
    case Kind::bytes:
      return with_length("null_terminated_bytes", type.size);
    case Kind::unicode:
      return with_length("fixed_length_utf32", type.size);
    case Kind::opaque:
      return with_length("raw_bytes", type.size);
    case Kind::datetime:
      return time_to_v3("numpy.datetime64", type.unit);
    case Kind::timedelta:
      return time_to_v3("numpy.timedelta64", type.unit);
    case Kind::structured:
      return fields_to_v3(type);
    default:
      break;
  }
  const DataType plain = type.little_endian();
  for (const auto& [name, known] : plain_types())
    if (known == plain) return name;
  throw Error(ErrorCode::unsupported,
              fmt::format("Zarr v3 has no data type for {} ({})", type_name(type), typestr(type)));
}

}  // namespace engram::zarr
