#include "zarr/dtype_v2.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_set>

#include "base/json_member.hpp"
#include "engram/base/error.hpp"

namespace engram::zarr {
namespace {

// Fields lie one after another, so what lies between them must be a field as well: NumPy writes
// such gaps as fields without a name.
Json fields_to_json(const DataType& type) {
  Json list = Json::array();
  std::uint64_t end = 0;
  const auto pad_to = [&](std::uint64_t offset) {
    if (offset > end) list.push_back(Json::array({"", fmt::format("|V{}", offset - end)}));
  };
  for (const Field& field : type.fields) {
    pad_to(field.offset);
    Json item = Json::array({field.name, dtype_to_json(field.type)});
    if (!field.shape.empty()) item.push_back(field.shape);
    list.push_back(std::move(item));
    end = field.offset + field.size();
  }
  pad_to(type.size);
  return list;
}

// What NumPy has beyond a list of fields, and how it is spelled.
[[noreturn]] void refuse_member(std::string_view member, const Json& dtype) {
  throw Error(ErrorCode::unsupported,
              fmt::format("dtype {} has \"{}\": engram reads structured types whose fields lie one "
                          "after another, as a list of [name, type]",
                          excerpt(dtype), member));
}

Field field_from_json(const Json& item) {
  // A title stands before the name: [["title", "name"], type].
  if (item.is_array() && item.size() >= 2 && item[0].is_array()) refuse_member("titles", item);
  if (!item.is_array() || item.size() < 2 || item.size() > 3 || !item[0].is_string())
    bad_member("dtype", item, "a field as [name, type] or [name, type, shape]");
  Field field;
  field.name = item[0].get<std::string>();
  field.type = dtype_from_json(item[1]);
  if (item.size() == 3) {
    if (item[2].is_number()) {
      field.shape = {length_of(item[2], "dtype")};
    } else if (item[2].is_array()) {
      for (const Json& length : item[2]) field.shape.push_back(length_of(length, "dtype"));
    } else {
      bad_member("dtype", item, "a list of lengths as the shape of a field");
    }
  }
  std::uint64_t size = field.type.size;
  for (const std::uint64_t length : field.shape)
    size = checked_multiply(size, length, "the size of a field of dtype");
  return field;
}

}  // namespace

Json dtype_to_json(const DataType& type) {
  if (type.kind == Kind::structured) return fields_to_json(type);
  return typestr(type);
}

bool holds_objects(const Json& dtype) {
  if (dtype.is_string()) {
    const auto& text = dtype.get_ref<const std::string&>();
    return text == "|O" || text == "O" || text == "|O8" || text == "<O" || text == "<O8";
  }
  if (!dtype.is_array()) return false;
  return std::any_of(dtype.begin(), dtype.end(), [](const Json& item) {
    return item.is_array() && item.size() >= 2 && holds_objects(item[1]);
  });
}

DataType dtype_from_json(const Json& dtype) {
  if (dtype.is_string()) return parse_typestr(dtype.get_ref<const std::string&>());
  for (const char* member : {"offsets", "titles", "align", "aligned", "itemsize", "names"})
    if (dtype.is_object() && dtype.contains(member)) refuse_member(member, dtype);
  if (!dtype.is_array() || dtype.empty())
    bad_member("dtype", dtype, "a type string or a list of fields");
  std::vector<Field> fields;
  std::unordered_set<std::string> names;
  std::uint64_t size = 0;
  for (const Json& item : dtype) {
    fields.push_back(field_from_json(item));
    const std::string& name = fields.back().name;
    if (!name.empty() && !names.insert(name).second)
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("member \"dtype\" has two fields \"{}\"", name));
    size = checked_add(size, fields.back().size(), "the size of dtype");
  }
  return DataType::structured(std::move(fields));
}

}  // namespace engram::zarr
