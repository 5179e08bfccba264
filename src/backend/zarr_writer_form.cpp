#include "backend/zarr_writer_form.hpp"

#include <algorithm>

#include "backend/zarr_layout.hpp"
#include "backend/zarr_layout_element.hpp"
#include "backend/zarr_writer_array.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/object_codec.hpp"
#include "engram/hdmf/map_references.hpp"

namespace engram::backend {
namespace {

using hdmf::ObjectType;
using hdmf::Value;

std::uint64_t count_references(const Value& value) {
  if (value.is<hdmf::Reference>() || value.is<hdmf::RegionReference>()) return 1;
  if (!value.is<hdmf::List>()) return 0;
  std::uint64_t count = 0;
  for (const Value& item : value.as<hdmf::List>()) count += count_references(item);
  return count;
}

bool is_number_sequence(const ObjectType& type) {
  return type.kind == ObjectType::Kind::sequence &&
         type.element->kind == ObjectType::Kind::number && type.element->type.kind <= Kind::complex;
}

// What numcodecs' json2 says of itself; hdmf-zarr writes schemas with all of it.
Json full_json2() {
  return {{"allow_nan", true},    {"check_circular", true}, {"encoding", "utf-8"},
          {"ensure_ascii", true}, {"indent", nullptr},      {"separators", {",", ":"}},
          {"skipkeys", false},    {"sort_keys", true},      {"strict", true}};
}

PackFor pack_for(const ZarrWriteOptions& options) {
  if (options.zarr_format == 3) return PackFor::zarr_v3;
  return options.compat == Compat::portable ? PackFor::portable : PackFor::hdmf_zarr;
}

// What a record of Zarr v3 is read as when nothing but its fields and `_REFERENCE_FIELDS` tells.
ObjectType read_as(const ObjectType& type) {
  ObjectType plain = type;
  for (hdmf::ObjectField& field : plain.fields) {
    if (field.type.kind == ObjectType::Kind::number) {
      field.type.type = packed(field.type.type);
    } else if (field.type.kind != ObjectType::Kind::reference) {
      field.type = ObjectType{};
    }
  }
  return plain;
}

Bytes json2_payload(const std::vector<std::string>& items, const Shape& shape) {
  std::string text = "[";
  // Elements between the start of one list and the next, for each dimension but the first.
  std::vector<std::uint64_t> steps;
  std::uint64_t step = 1;
  for (std::size_t d = shape.size(); d-- > 1;) steps.push_back(step *= shape[d]);
  for (std::uint64_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += ',';
    for (auto s = steps.rbegin(); s != steps.rend(); ++s)
      if (i % *s == 0) text += '[';
    text += items[i];
    for (const std::uint64_t s : steps)
      if ((i + 1) % s == 0) text += ']';
  }
  text += ",\"|O\"," + dump_json(Json(shape), JsonStyle::compact) + "]";
  return to_bytes(text);
}

}  // namespace

ObjectForm::ObjectForm(const hdmf::DatasetBuilder& dataset, const ZarrWriteOptions& options,
                       bool is_schema)
    : type_(dataset.objects()->type()),
      is_scalar_(dataset.is_scalar),
      is_schema_(is_schema),
      options_(options),
      packer_(type_, pack_for(options)),
      packable_(packer_.possible()) {}

bool ObjectForm::needs_scan() const { return packable_; }

void ObjectForm::scan(const Value& value) { packer_.scan(value); }

void ObjectForm::decide() {
  packable_ = packer_.possible();
  kind_ = choose();
}

ObjectForm::Kind ObjectForm::choose() const {
  if (is_v3()) {
    if (type_.kind == ObjectType::Kind::text) return Kind::text;
    if (type_.kind == ObjectType::Kind::reference) return Kind::path;
    return packable_ ? Kind::packed : Kind::json_text;
  }
  const bool portable = options_.compat == Compat::portable;
  if (type_.kind == ObjectType::Kind::text) {
    if (is_schema_) return portable ? Kind::text : Kind::json;
    const bool is_utf8 = type_.charset == ObjectType::Charset::utf8 && type_.fixed_length == 0;
    return options_.text == TextForm::exact && !is_utf8 && !is_scalar_ ? Kind::byte_text
                                                                       : Kind::text;
  }
  if (packable_) return Kind::packed;
  if (portable) return Kind::json_text;
  return is_number_sequence(type_) ? Kind::numbers : Kind::json;
}

std::string ObjectForm::encode(const Value& value) {
  references_ += count_references(value);
  switch (kind_) {
    case Kind::text:
    case Kind::byte_text:
      return encode_text(value);
    case Kind::numbers:
      return encode_numbers(value);
    case Kind::packed:
      return encode_packed(value);
    case Kind::path:
      if (value.is<hdmf::Null>()) return {};
      if (!value.is<hdmf::Reference>())
        throw Error(ErrorCode::corrupt_data, "an element is no reference");
      return layout::reference_to_text(value.as<hdmf::Reference>());
    default:
      return dump_json(layout::element_to_json(value), JsonStyle::compact);
  }
}

std::string ObjectForm::encode_text(const Value& value) {
  if (value.is<hdmf::Null>()) return {};
  if (value.is<Bytes>()) return std::string(as_text(value.as<Bytes>()));
  if (!value.is<std::string>()) throw Error(ErrorCode::corrupt_data, "an element is no text");
  const auto& text = value.as<std::string>();
  bad_text_ = bad_text_ || (kind_ == Kind::text && !is_utf8(text));
  return text;
}

std::string ObjectForm::encode_numbers(const Value& value) const {
  if (!value.is<hdmf::List>()) throw Error(ErrorCode::corrupt_data, "an element is no sequence");
  const DataType type = packed(type_.element->type);
  const auto& list = value.as<hdmf::List>();
  const auto size = static_cast<std::size_t>(type.size);
  Bytes bytes(list.size() * size);
  for (std::size_t i = 0; i < list.size(); ++i)
    layout::pack(type, list[i], std::span(bytes).subspan(i * size, size));
  return std::string(as_text(bytes));
}

std::string ObjectForm::encode_packed(const Value& value) const {
  Bytes bytes(static_cast<std::size_t>(packer_.data_type().size));
  packer_.pack(value, bytes);
  return std::string(as_text(bytes));
}

std::string ObjectForm::padding() const {
  if (kind_ == Kind::json) return "0";
  if (kind_ == Kind::packed)
    return std::string(static_cast<std::size_t>(packer_.data_type().size), '\0');
  return {};
}

std::uint64_t ObjectForm::overhead() const {
  if (kind_ == Kind::packed) return 0;
  return kind_ == Kind::json ? 1 : 4;
}

std::uint64_t ObjectForm::element_size() const {
  return kind_ == Kind::packed ? packer_.data_type().size : 1;
}

Bytes ObjectForm::payload(const std::vector<std::string>& items, const Shape& chunk_shape) const {
  if (kind_ == Kind::json) return json2_payload(items, chunk_shape);
  if (kind_ != Kind::packed)
    return codec::encode_vlen(std::vector<std::string_view>(items.begin(), items.end()));
  Bytes bytes;
  bytes.reserve(items.size() * static_cast<std::size_t>(element_size()));
  for (const std::string& item : items) {
    const BytesView view = as_bytes(item);
    bytes.insert(bytes.end(), view.begin(), view.end());
  }
  return bytes;
}

zarr::ArrayMetadata ObjectForm::metadata() const {
  zarr::ArrayMetadata metadata;
  metadata.is_object = kind_ != Kind::packed;
  switch (kind_) {
    case Kind::text:
    case Kind::json_text:
    case Kind::path:
    case Kind::byte_text: {
      // zarr-python 3 takes "" only; hdmf-zarr 0.14 finds byte strings only with 0.
      const bool as_bytes = bad_text_ || kind_ == Kind::byte_text;
      metadata.codecs = {{as_bytes ? "vlen-bytes" : "vlen-utf8", Json::object()}};
      metadata.object_fill =
          as_bytes && options_.compat == Compat::hdmf_zarr && !is_v3() ? Json(0) : Json("");
      if (is_v3()) metadata.object_dtype = as_bytes ? "variable_length_bytes" : "string";
      break;
    }
    case Kind::numbers:
      metadata.codecs = {{"vlen-array", {{"dtype", typestr(packed(type_.element->type))}}}};
      metadata.object_fill = 0;
      break;
    case Kind::json:
      metadata.codecs = {{"json2", is_schema_ ? full_json2() : Json::object()}};
      metadata.object_fill = 0;
      break;
    case Kind::packed:
      metadata.type = packer_.data_type();
      metadata.fill_value = Bytes(static_cast<std::size_t>(metadata.type.size), std::byte{0});
      break;
  }
  // hdmf-zarr 0.13 leaves schemas as they are.
  if (options_.object_compressor && (!is_schema_ || is_v3())) {
    metadata.codecs.push_back(*options_.object_compressor);
    metadata.has_compressor = true;
  }
  if (is_v3()) make_v3(metadata);
  return metadata;
}

// What hdmf-zarr needs comes first: it resolves references only by zarr_dtype, so scalars of those
// are marked elsewhere.
void ObjectForm::describe(Json& attributes) const {
  if (is_v3()) return describe_v3(attributes);
  const Json spelled = layout::spell(type_);
  const bool plain = spelled.is_string();
  const bool for_references = hdmf::holds_references(type_);
  const std::string dtype(layout::kZarrDtype), type(layout::kType);
  if (is_scalar_ && !for_references) {
    attributes[dtype] = layout::kScalar;
    if (!plain) attributes[type] = spelled;
    return;
  }
  if (spelled.is_object()) {
    attributes[dtype] = type_.kind == ObjectType::Kind::sequence ? "sequence" : "array";
    attributes[type] = spelled;
  } else {
    attributes[dtype] = spelled;
  }
  if (is_scalar_) attributes[std::string(layout::kDataspace)] = layout::kScalar;
}

// hdmf-zarr needs to know which texts are paths of objects; the rest is in the data type, or else,
// as zarr_dtype, in kExtensionV3.
void ObjectForm::describe_v3(Json& attributes) const {
  if (is_schema_) return;
  const std::string dtype(layout::kDtypeV3), type(layout::kZarrDtype);
  const Json spelled = layout::spell(type_);
  if (kind_ == Kind::packed) {
    Json references = Json::array();
    for (const hdmf::ObjectField& field : type_.fields)
      if (field.type.kind == ObjectType::Kind::reference) references.push_back(field.name);
    if (!references.empty())
      attributes[std::string(layout::kReferenceFieldsV3)] = std::move(references);
    if (spelled != layout::spell(read_as(type_))) attributes[type] = spelled;
    return;
  }
  if (kind_ == Kind::path) {
    attributes[dtype] = layout::kObjectReferenceV3;
    return;
  }
  attributes[dtype] = "str";
  if (spelled != "str" || bad_text_) attributes[type] = spelled;
}

}  // namespace engram::backend
