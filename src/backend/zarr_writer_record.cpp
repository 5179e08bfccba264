#include "backend/zarr_writer_record.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "backend/zarr_layout.hpp"
#include "backend/zarr_layout_element.hpp"
#include "base/utf32.hpp"
#include "engram/base/error.hpp"

namespace engram::backend {
namespace {

using hdmf::ObjectType;
using hdmf::Value;

// Beyond this, one long text would make every row of the table as large.
constexpr std::uint64_t kMaxRowSize = 64U << 10U;
constexpr std::uint64_t kMaxFlatFields = 64;
// Texts of Zarr v3 get a multiple of so many characters: who appends finds room for most.
constexpr std::uint64_t kRoom = 64;

bool is_reference(const ObjectType& type) {
  return type.kind == ObjectType::Kind::reference ||
         type.kind == ObjectType::Kind::region_reference;
}

bool is_leaf(const ObjectType& type) {
  return type.kind == ObjectType::Kind::text || is_reference(type);
}

std::size_t count_leaves(const ObjectType& type) {
  if (is_leaf(type)) return 1;
  std::size_t count = type.element ? count_leaves(*type.element) : 0;
  for (const hdmf::ObjectField& field : type.fields) count += count_leaves(field.type);
  return count;
}

const hdmf::List& list_of(const Value& value) {
  if (!value.is<hdmf::List>())
    throw Error(ErrorCode::corrupt_data, "a record or array is no list of values");
  return value.as<hdmf::List>();
}

const hdmf::List& fields_of(const ObjectType& type, const Value& value) {
  const hdmf::List& list = list_of(value);
  if (list.size() != type.fields.size())
    throw Error(ErrorCode::corrupt_data, "a record has " + std::to_string(list.size()) +
                                             " values, not " + std::to_string(type.fields.size()));
  return list;
}

std::string leaf_text(const Value& value, PackFor form) {
  if (value.is<std::string>()) return value.as<std::string>();
  if (form == PackFor::zarr_v3 && value.is<hdmf::Reference>())
    return layout::reference_to_text(value.as<hdmf::Reference>());
  if (value.is<hdmf::Null>()) return {};
  return dump_json(layout::element_to_json(value), JsonStyle::compact);
}

// Calls `visit(value)` for each value of nested lists of `depth` levels.
template <typename Visit>
void for_each_nested(const Value& value, std::size_t depth, Visit visit) {
  if (depth == 0) return visit(value);
  for (const Value& item : list_of(value)) for_each_nested(item, depth - 1, visit);
}

Value map_nested(const Value& value, std::size_t depth, const auto& map) {
  if (depth == 0) return map(value);
  hdmf::List list;
  for (const Value& item : list_of(value)) list.push_back(map_nested(item, depth - 1, map));
  return list;
}

// The fields that `field`, at `offset` of the whole element, becomes.
void append_flat(const Field& field, const std::string& prefix, std::uint64_t offset,
                 std::vector<Field>& out) {
  const std::string name = prefix + field.name;
  const std::uint64_t start = offset + field.offset;
  const std::uint64_t count = element_count(field.shape);
  const bool is_plain = field.shape.empty() && field.type.kind != Kind::structured;
  if (is_plain || count > kMaxFlatFields) {
    Field flat = field;
    flat.name = name;
    flat.offset = start;
    if (!is_plain) flat.type = DataType::opaque(field.size());
    flat.shape.clear();
    out.push_back(std::move(flat));
    return;
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string item = field.shape.empty() ? name : fmt::format("{}[{}]", name, i);
    const std::uint64_t at = start + i * field.type.size;
    if (field.type.kind == Kind::structured) {
      for (const Field& below : field.type.fields) append_flat(below, item + ".", at, out);
    } else {
      out.push_back({item, field.type, {}, at});
    }
  }
}

constexpr std::uint64_t kLongDouble = 16;

bool is_long_double(const DataType& type) {
  return (type.kind == Kind::floating && type.size == kLongDouble) ||
         (type.kind == Kind::complex && type.size == 2 * kLongDouble);
}

}  // namespace

DataType packed(const DataType& type) {
  if (type.kind != Kind::structured) return type.little_endian();
  std::vector<Field> fields = type.fields;
  for (Field& field : fields) field.type = packed(field.type);
  return DataType::structured(std::move(fields));
}

DataType for_zarr_3(const DataType& type) {
  if (is_long_double(type)) return DataType::opaque(type.size);
  if (type.kind != Kind::structured) return type;
  DataType flat = type;
  flat.fields.clear();
  for (const Field& field : type.fields) append_flat(field, "", 0, flat.fields);
  for (Field& field : flat.fields) field.type = for_zarr_3(field.type);
  return flat;
}

std::string change_for_zarr_3(const DataType& type) {
  const DataType portable = for_zarr_3(type);
  if (portable == type) return "";
  if (is_long_double(type))
    return "long doubles became opaque bytes, for zarr-python 3 has no such numbers";
  return "fields within fields became fields of their own, and long doubles opaque bytes, which is "
         "all that zarr-python 3 reads";
}

RecordPacker::RecordPacker(const ObjectType& type, PackFor form)
    : type_(type), form_(form), flat_only_(form != PackFor::hdmf_zarr) {
  has_size_ = type.kind == ObjectType::Kind::record && !type.fields.empty() && has_size(type);
  if (!has_size_) return;
  widths_.assign(count_leaves(type), form_ == PackFor::zarr_v3 ? kRoom : 1);
  update_type();
}

bool RecordPacker::has_size(const ObjectType& type) const {
  switch (type.kind) {
    case ObjectType::Kind::text:
      return true;
    case ObjectType::Kind::number:
      return !flat_only_ || for_zarr_3(type.type) == type.type;
    case ObjectType::Kind::reference:
    case ObjectType::Kind::region_reference:
      return flat_only_;
    case ObjectType::Kind::sequence:
      return false;
    case ObjectType::Kind::array:
      return !flat_only_ && has_size(*type.element);
    case ObjectType::Kind::record:
      break;
  }
  return !type.fields.empty() && (!flat_only_ || &type == &type_) &&
         std::all_of(type.fields.begin(), type.fields.end(),
                     [&](const hdmf::ObjectField& field) { return has_size(field.type); });
}

bool RecordPacker::possible() const {
  return has_size_ && texts_fit_ && packed_.size <= kMaxRowSize;
}

void RecordPacker::scan(const Value& value) {
  if (!possible()) return;
  scan(type_, value, 0);
  if (widths_changed_) update_type();
}

void RecordPacker::scan(const ObjectType& type, const Value& value, std::size_t leaf) {
  if (is_leaf(type)) {
    const std::string text = leaf_text(value, form_);
    texts_fit_ = texts_fit_ && is_utf8(text) && !text.ends_with('\0');
    const std::uint64_t width = count_characters(text);
    if (width > widths_[leaf]) {
      widths_[leaf] = form_ == PackFor::zarr_v3 ? (width + kRoom - 1) / kRoom * kRoom : width;
      widths_changed_ = true;
    }
  } else if (type.kind == ObjectType::Kind::array) {
    for_each_nested(value, type.shape.size(),
                    [&](const Value& item) { scan(*type.element, item, leaf); });
  } else if (type.kind == ObjectType::Kind::record) {
    const hdmf::List& list = fields_of(type, value);
    for (std::size_t i = 0; i < list.size(); ++i) {
      scan(type.fields[i].type, list[i], leaf);
      leaf += count_leaves(type.fields[i].type);
    }
  }
}

void RecordPacker::update_type() {
  std::size_t leaf = 0;
  packed_ = type_of(type_, leaf);
  widths_changed_ = false;
}

DataType RecordPacker::type_of(const ObjectType& type, std::size_t& leaf) const {
  if (is_leaf(type)) return DataType::unicode(widths_[leaf++]);
  if (type.kind == ObjectType::Kind::number) return packed(type.type);
  std::vector<Field> fields;
  for (const hdmf::ObjectField& item : type.fields) {
    Field field;
    field.name = item.name;
    const ObjectType* element = &item.type;
    for (; element->kind == ObjectType::Kind::array; element = element->element.get())
      field.shape.insert(field.shape.end(), element->shape.begin(), element->shape.end());
    field.type = type_of(*element, leaf);
    fields.push_back(std::move(field));
  }
  return DataType::structured(std::move(fields));
}

void RecordPacker::pack(const Value& value, std::span<std::byte> out) const {
  layout::pack(packed_, native(type_, value, form_), out);
}

// `value` with text where a structured type holds text. Arrays of arrays stay nested: their lists
// are the dimensions of one field.
Value RecordPacker::native(const ObjectType& type, const Value& value, PackFor form) {
  if (is_leaf(type)) return leaf_text(value, form);
  if (type.kind == ObjectType::Kind::array)
    return map_nested(value, type.shape.size(),
                      [&](const Value& item) { return native(*type.element, item, form); });
  if (type.kind != ObjectType::Kind::record) return value;
  hdmf::List row;
  const hdmf::List& list = fields_of(type, value);
  for (std::size_t i = 0; i < list.size(); ++i)
    row.push_back(native(type.fields[i].type, list[i], form));
  return row;
}

}  // namespace engram::backend
