#include "backend/hdf5_writer_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <complex>
#include <cstring>
#include <string_view>
#include <utility>

#include "backend/hdf5_writer_types.hpp"
#include "backend/zarr_layout_element.hpp"
#include "hdf5/library.hpp"
#include "hdf5/memory_type.hpp"

namespace engram::backend {
namespace {

using hdmf::ObjectType;
using hdmf::Value;

[[noreturn]] void refuse(std::string_view what) {
  throw Error(ErrorCode::corrupt_data, fmt::format("a value is no {}", what));
}

// Text, or bytes that were no UTF-8.
std::string_view text_of(const Value& value) {
  if (value.is<hdmf::Null>()) return {};
  if (value.is<std::string>()) return value.as<std::string>();
  if (value.is<Bytes>()) return as_text(value.as<Bytes>());
  refuse("text");
}

}  // namespace

std::string_view until_nul(std::string_view text) noexcept {
  return text.substr(0, text.find('\0'));
}

struct ValueEncoder::Node {
  ObjectType type;
  hdf5::Handle handle;
  std::size_t size = 0;
  std::unique_ptr<const Node> element;
  std::vector<std::unique_ptr<const Node>> fields;
  std::vector<std::size_t> offsets;
};

std::unique_ptr<const ValueEncoder::Node> ValueEncoder::make(const ObjectType& type) {
  using Kind = ObjectType::Kind;
  const hdf5::Locked locked;
  auto node = std::make_unique<Node>();
  node->type = type;
  if (type.element) node->element = make(*type.element);
  switch (type.kind) {
    case Kind::text:
      node->handle =
          hdf5::memory_text(type.fixed_length, type.charset == ObjectType::Charset::utf8);
      break;
    case Kind::reference:
      node->handle = hdf5::Handle::share(H5T_STD_REF_OBJ);
      break;
    case Kind::region_reference:
      node->handle = hdf5::Handle::share(H5T_STD_REF_DSETREG);
      break;
    case Kind::sequence:
      node->handle = hdf5::own(H5Tvlen_create(node->element->handle.id()), "make a type");
      break;
    case Kind::array:
      node->handle = hdf5::memory_array(node->element->handle.id(), type.shape);
      break;
    case Kind::number:
      node->handle = stored_type(type.type);
      break;
    case Kind::record: {
      std::size_t size = 0;
      for (const hdmf::ObjectField& field : type.fields) {
        node->fields.push_back(make(field.type));
        node->offsets.push_back(size);
        size += node->fields.back()->size;
      }
      node->handle = hdf5::own(H5Tcreate(H5T_COMPOUND, std::max<std::size_t>(size, 1)),
                               "make a compound type");
      for (std::size_t i = 0; i < type.fields.size(); ++i)
        hdf5::check(H5Tinsert(node->handle.id(), type.fields[i].name.c_str(), node->offsets[i],
                              node->fields[i]->handle.id()),
                    fmt::format("add the field \"{}\" to a type", type.fields[i].name));
      break;
    }
  }
  node->size = H5Tget_size(node->handle.id());
  return node;
}

ValueEncoder::ValueEncoder(const ObjectType& type, ReferenceEncoder& references)
    : root_(make(type)), encoder_(references) {}

ValueEncoder::~ValueEncoder() = default;

const hdf5::Handle& ValueEncoder::type() const noexcept { return root_->handle; }

std::size_t ValueEncoder::size() const noexcept { return root_->size; }

void ValueEncoder::clear() {
  texts_.clear();
  blocks_.clear();
}

void ValueEncoder::encode(const Value& value, std::byte* memory) { encode(*root_, value, memory); }

void ValueEncoder::encode_nested(const Value& value, const Shape& shape,
                                 std::span<std::byte> memory) {
  std::byte* at = memory.data();
  encode_nested(*root_, shape, 0, value, at);
}

void ValueEncoder::encode_nested(const Node& node, const Shape& shape, std::size_t depth,
                                 const Value& value, std::byte*& memory) {
  if (depth == shape.size()) {
    encode(node, value, memory);
    memory += node.size;
    return;
  }
  if (!value.is<hdmf::List>() || value.as<hdmf::List>().size() != shape[depth])
    refuse(fmt::format("array of shape {}", to_string(shape)));
  for (const Value& each : value.as<hdmf::List>())
    encode_nested(node, shape, depth + 1, each, memory);
}

void ValueEncoder::count(bool found) { ++(found ? references_ : dangling_); }

void ValueEncoder::encode(const Node& node, const Value& value, std::byte* memory) {
  using Kind = ObjectType::Kind;
  switch (node.type.kind) {
    case Kind::text:
      return encode_text(node, value, memory);
    case Kind::reference:
      bytes_ += node.size;
      if (value.is<hdmf::Null>()) return;
      if (!value.is<hdmf::Reference>()) refuse("reference");
      return count(encoder_.object(value.as<hdmf::Reference>(), memory));
    case Kind::region_reference:
      bytes_ += node.size;
      if (value.is<hdmf::Null>()) return;
      if (!value.is<hdmf::RegionReference>()) refuse("region reference");
      return count(encoder_.region(value.as<hdmf::RegionReference>(), memory));
    case Kind::sequence:
      return encode_sequence(node, value, memory);
    case Kind::array:
      return encode_nested(*node.element, node.type.shape, 0, value, memory);
    case Kind::record:
      return encode_record(node, value, memory);
    case Kind::number:
      break;
  }
  bytes_ += node.size;
  if (value.is<hdmf::Null>()) return;
  if (node.type.type.kind == engram::Kind::complex && value.is<hdmf::List>()) {
    // As JSON has it: a pair.
    const auto& pair = value.as<hdmf::List>();
    if (pair.size() != 2 || !pair[0].is<double>() || !pair[1].is<double>())
      refuse("complex number");
    const std::complex<double> number(pair[0].as<double>(), pair[1].as<double>());
    return layout::pack(node.type.type, number, {memory, node.size});
  }
  layout::pack(node.type.type, value, {memory, node.size});
}

void ValueEncoder::encode_text(const Node& node, const Value& value, std::byte* memory) {
  std::string_view text = text_of(value);
  bytes_ += text.size();
  if (node.type.fixed_length != 0) {
    if (text.size() > node.size)
      refuse(fmt::format("text of at most {} bytes, it has {}", node.size, text.size()));
    std::copy_n(reinterpret_cast<const std::byte*>(text.data()), text.size(), memory);
    return;
  }
  const std::string_view kept_part = until_nul(text);
  if (kept_part.size() < text.size()) ++cut_;
  text = kept_part;
  const char* const kept = texts_.emplace_back(text).c_str();
  std::memcpy(memory, &kept, sizeof kept);
}

void ValueEncoder::encode_sequence(const Node& node, const Value& value, std::byte* memory) {
  if (value.is<hdmf::Null>()) return;
  if (!value.is<hdmf::List>()) refuse("list");
  const auto& list = value.as<hdmf::List>();
  Bytes& block = blocks_.emplace_back(list.size() * node.element->size, std::byte{0});
  for (std::size_t i = 0; i < list.size(); ++i)
    encode(*node.element, list[i], block.data() + i * node.element->size);
  hvl_t sequence{};
  sequence.len = list.size();
  sequence.p = list.empty() ? nullptr : block.data();
  std::memcpy(memory, &sequence, sizeof sequence);
}

// Of a record in an attribute the order of fields may have been lost in JSON: names count.
void ValueEncoder::encode_record(const Node& node, const Value& value, std::byte* memory) {
  const auto& fields = node.type.fields;
  if (value.is<hdmf::List>() && value.as<hdmf::List>().size() == fields.size()) {
    for (std::size_t i = 0; i < fields.size(); ++i)
      encode(*node.fields[i], value.as<hdmf::List>()[i], memory + node.offsets[i]);
    return;
  }
  if (!value.is<hdmf::Record>() || value.as<hdmf::Record>().size() != fields.size())
    refuse(fmt::format("record of {} fields", fields.size()));
  const auto& record = value.as<hdmf::Record>();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto found = std::find_if(record.begin(), record.end(),
                                    [&](const auto& one) { return one.first == fields[i].name; });
    if (found == record.end()) refuse(fmt::format("record with a field \"{}\"", fields[i].name));
    encode(*node.fields[i], found->second, memory + node.offsets[i]);
  }
}

}  // namespace engram::backend
