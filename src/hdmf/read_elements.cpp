#include "hdmf/read_elements.hpp"

#include <fmt/format.h>

#include <utility>

#include "engram/base/error.hpp"
#include "hdmf/convert_numbers.hpp"
#include "hdmf/element_value.hpp"

namespace engram::hdmf {
namespace {

std::string_view name_of(ObjectType::Kind kind) {
  switch (kind) {
    case ObjectType::Kind::text:
      return "text";
    case ObjectType::Kind::reference:
      return "references";
    case ObjectType::Kind::region_reference:
      return "region references";
    case ObjectType::Kind::sequence:
    case ObjectType::Kind::array:
      return "lists";
    case ObjectType::Kind::record:
      return "compounds";
    case ObjectType::Kind::number:
      break;
  }
  return "numbers";
}

// What the dataset holds, for messages.
std::string content_of(const DatasetBuilder& dataset) {
  if (const ObjectSource* objects = dataset.objects())
    return std::string(name_of(objects->type().kind));
  return dataset.array() ? engram::type_name(dataset.array()->info().type) : "nothing";
}

bool is_text(const DataType& type) {
  return type.kind == engram::Kind::bytes || type.kind == engram::Kind::unicode;
}

Bytes read_bytes(const ArraySource& array, const Region& region) {
  Bytes bytes(static_cast<std::size_t>(checked_multiply(
      element_count(region.shape), array.info().type.size, "the size of a region")));
  array.read(region, bytes);
  return bytes;
}

// A compound's values with the names of its fields; its fields likewise.
Value named(const ObjectType& type, Value value) {
  if (!value.is<List>()) return value;
  List& list = value.as<List>();
  if (type.kind == ObjectType::Kind::record) {
    if (list.size() != type.fields.size()) return value;
    Record record;
    record.reserve(list.size());
    for (std::size_t i = 0; i < list.size(); ++i)
      record.emplace_back(type.fields[i].name, named(type.fields[i].type, std::move(list[i])));
    return record;
  }
  if (type.kind == ObjectType::Kind::number && type.type.kind == engram::Kind::structured) {
    if (list.size() != type.type.fields.size()) return value;
    Record record;
    for (std::size_t i = 0; i < list.size(); ++i) {
      ObjectType field;
      field.kind = ObjectType::Kind::number;
      field.type = type.type.fields[i].type;
      record.emplace_back(type.type.fields[i].name, named(field, std::move(list[i])));
    }
    return record;
  }
  if (type.element)
    for (Value& one : list) one = named(*type.element, std::move(one));
  return value;
}

}  // namespace

std::size_t checked_elements(std::uint64_t count, std::uint64_t element_size,
                             std::uint64_t max_bytes) {
  const std::uint64_t bytes = checked_multiply(count, element_size, "the size of a region");
  if (bytes > max_bytes)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("{} elements take {} bytes, more than the {} that one call may read: "
                            "read them in parts, or set FileOptions::max_read_bytes",
                            count, bytes, max_bytes));
  return static_cast<std::size_t>(count);
}

void read_numbers(const DatasetBuilder& dataset, const Region& region, const DataType& type,
                  std::span<std::byte> out) {
  const ArraySource* array = dataset.array();
  if (!array)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("holds {}, not {}", content_of(dataset), engram::type_name(type)));
  const DataType stored = array->info().type.little_endian();
  if (stored == type) return array->read(region, out);
  if (!is_convertible(stored, type))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("holds {}, which is not read as {}", content_of(dataset),
                            engram::type_name(type)));
  const Bytes elements = read_bytes(*array, region);
  const auto misfit = convert_numbers(stored, elements, type, out);
  if (!misfit) return;
  Shape place(region.shape.size());
  std::uint64_t number = misfit->number;
  for (std::size_t d = place.size(); d-- > 0;) {
    place[d] = region.origin[d] + number % region.shape[d];
    number /= region.shape[d];
  }
  throw Error(ErrorCode::invalid_argument,
              fmt::format("holds {}, and {} at {} does not fit into {}", content_of(dataset),
                          misfit->value, engram::to_string(place), engram::type_name(type)));
}

std::vector<std::string> read_text(const DatasetBuilder& dataset, const Region& region) {
  std::vector<std::string> texts;
  const ArraySource* array = dataset.array();
  const ObjectSource* objects = dataset.objects();
  const bool holds_text =
      array ? is_text(array->info().type)
            : objects != nullptr && objects->type().kind == ObjectType::Kind::text;
  if (!holds_text)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("holds {}, not text", content_of(dataset)));
  std::vector<Value> values = read_values(dataset, region);
  texts.reserve(values.size());
  for (Value& value : values) {
    if (!value.is<std::string>() && !value.is<Null>())
      throw Error(ErrorCode::corrupt_data, "holds text, but one of its values is none");
    texts.push_back(value.is<Null>() ? std::string() : std::move(value.as<std::string>()));
  }
  return texts;
}

std::vector<Value> read_values(const DatasetBuilder& dataset, const Region& region) {
  if (const ObjectSource* objects = dataset.objects()) {
    std::vector<Value> values = objects->read(region);
    for (Value& value : values) value = named(objects->type(), std::move(value));
    return values;
  }
  const ArraySource* array = dataset.array();
  if (!array) return {};
  return element_values(array->info().type.little_endian(), read_bytes(*array, region),
                        RecordForm::record);
}

}  // namespace engram::hdmf
