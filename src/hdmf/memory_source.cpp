#include "engram/hdmf/memory_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "engram/base/error.hpp"

namespace engram::hdmf {
namespace {

// What a Value takes at least.
constexpr std::uint64_t kObjectBytes = 64;

void bad_values(const std::string& why) { throw Error(ErrorCode::invalid_argument, why); }

void check_chunks(const Shape& shape, const Shape& chunk_shape) {
  if (chunk_shape.empty()) return;
  if (chunk_shape.size() != shape.size())
    bad_values(fmt::format("chunks of shape {} are no part of an array of shape {}",
                           engram::to_string(chunk_shape), engram::to_string(shape)));
  if (std::find(chunk_shape.begin(), chunk_shape.end(), 0U) != chunk_shape.end())
    bad_values(fmt::format("chunks of shape {} hold nothing", engram::to_string(chunk_shape)));
}

void check_info(const ArrayInfo& info) {
  check_chunks(info.shape, info.chunk_shape);
  if (!info.type.is_little_endian())
    bad_values(fmt::format("elements in memory are little-endian, not {}", typestr(info.type)));
  if (info.fill_value && info.fill_value->size() != info.type.size)
    bad_values(fmt::format("a fill value of {} bytes is no element of {} bytes",
                           info.fill_value->size(), info.type.size));
}

class MemoryArray final : public ArraySource {
 public:
  MemoryArray(ArrayInfo info, Bytes elements)
      : info_(std::move(info)), elements_(std::move(elements)) {
    check_info(info_);
    const std::uint64_t expected = checked_multiply(element_count(info_.shape), info_.type.size,
                                                    "the size of an array in memory");
    if (elements_.size() != expected)
      bad_values(
          fmt::format("{} bytes are not the {} bytes of an array of shape {} and elements of "
                      "{} bytes",
                      elements_.size(), expected, engram::to_string(info_.shape), info_.type.size));
  }

  const ArrayInfo& info() const override { return info_; }

  void read(const Region& region, std::span<std::byte> out) const override {
    check_inside(region, info_.shape);
    if (element_count(region.shape) == 0) return;
    copy_region(elements_, info_.shape, region, out, region.shape, Region::all(region.shape),
                info_.type.size);
  }

 private:
  ArrayInfo info_;
  Bytes elements_;
};

class FillArray final : public ArraySource {
 public:
  explicit FillArray(ArrayInfo info) : info_(std::move(info)) { check_info(info_); }

  const ArrayInfo& info() const override { return info_; }
  bool is_stored() const override { return false; }

  void read(const Region& region, std::span<std::byte> out) const override {
    check_inside(region, info_.shape);
    if (info_.fill_value) {
      fill_region(out, region.shape, Region::all(region.shape), *info_.fill_value);
    } else {
      std::fill(out.begin(), out.end(), std::byte{0});
    }
  }

 private:
  ArrayInfo info_;
};

class MemoryObjects final : public ObjectSource {
 public:
  MemoryObjects(ObjectType type, Shape shape, std::vector<Value> values, Shape chunk_shape)
      : type_(std::move(type)),
        shape_(std::move(shape)),
        chunk_shape_(std::move(chunk_shape)),
        values_(std::move(values)) {
    check_chunks(shape_, chunk_shape_);
    if (values_.size() != element_count(shape_))
      bad_values(fmt::format("{} values are not the {} of the shape {}", values_.size(),
                             element_count(shape_), engram::to_string(shape_)));
  }

  const ObjectType& type() const override { return type_; }
  const Shape& shape() const override { return shape_; }
  const Shape& chunk_shape() const override { return chunk_shape_; }

  std::vector<Value> read(const Region& region) const override {
    check_inside(region, shape_);
    const std::uint64_t count = element_count(region.shape);
    std::vector<Value> out;
    out.reserve(count);
    Shape place(region.shape.size(), 0);
    for (std::uint64_t i = 0; i < count; ++i) {
      std::uint64_t at = 0;
      for (std::size_t d = 0; d < place.size(); ++d)
        at = at * shape_[d] + region.origin[d] + place[d];
      out.push_back(values_[at]);
      for (std::size_t d = place.size(); d-- > 0;) {
        if (++place[d] < region.shape[d]) break;
        place[d] = 0;
      }
    }
    return out;
  }

 private:
  ObjectType type_;
  Shape shape_, chunk_shape_;
  std::vector<Value> values_;
};

std::string_view name_of(const Value& value) {
  struct Name {
    std::string_view operator()(const Null&) const { return "nothing"; }
    std::string_view operator()(bool) const { return "a boolean"; }
    std::string_view operator()(std::int64_t) const { return "an integer"; }
    std::string_view operator()(std::uint64_t) const { return "an integer"; }
    std::string_view operator()(double) const { return "a floating number"; }
    std::string_view operator()(const std::complex<double>&) const { return "a complex number"; }
    std::string_view operator()(const std::string&) const { return "text"; }
    std::string_view operator()(const Bytes&) const { return "bytes"; }
    std::string_view operator()(const Reference&) const { return "a reference"; }
    std::string_view operator()(const RegionReference&) const { return "a region reference"; }
    std::string_view operator()(const List&) const { return "a list"; }
    std::string_view operator()(const Record&) const { return "a record"; }
  };
  return std::visit(Name{}, value.data);
}

std::string not_a(const Value& value, std::string_view expected) {
  return fmt::format("it is {}, not {}", name_of(value), expected);
}

// "" when the integer `value` fits into `type`.
std::string why_no_integer(const DataType& type, const Value& value) {
  const bool is_signed = type.kind != Kind::unsigned_integer;
  const std::uint64_t bits = 8 * type.size;
  bool fits = false;
  if (value.is<std::int64_t>()) {
    const std::int64_t number = value.as<std::int64_t>();
    const std::int64_t largest =
        bits >= 64 ? std::numeric_limits<std::int64_t>::max() : (std::int64_t{1} << (bits - 1)) - 1;
    fits = is_signed ? number >= -largest - 1 && number <= largest
                     : number >= 0 && (bits >= 64 || number >> bits == 0);
  } else if (value.is<std::uint64_t>()) {
    const std::uint64_t number = value.as<std::uint64_t>();
    const std::uint64_t used = is_signed ? bits - 1 : bits;
    fits = used >= 64 || number >> used == 0;
  } else {
    return not_a(value, "an integer");
  }
  return fits ? "" : fmt::format("it is an integer that {} does not hold", type_name(type));
}

std::string why_no_list(const ObjectType& element, std::span<const std::uint64_t> shape,
                        const Value& value) {
  if (shape.empty()) return why_no_element(element, value);
  if (!value.is<List>()) return not_a(value, "a list");
  const List& list = value.as<List>();
  if (list.size() != shape.front())
    return fmt::format("it is a list of {}, not of {}", list.size(), shape.front());
  for (const Value& item : list)
    if (std::string why = why_no_list(element, shape.subspan(1), item); !why.empty()) return why;
  return "";
}

std::string why_no_number(const DataType& type, const Value& value) {
  switch (type.kind) {
    case Kind::boolean:
      return value.is<bool>() ? "" : not_a(value, "a boolean");
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::datetime:
    case Kind::timedelta:
      return why_no_integer(type, value);
    case Kind::floating:
      return value.is<double>() ? "" : not_a(value, "a floating number");
    case Kind::complex:
      return value.is<std::complex<double>>() ? "" : not_a(value, "a complex number");
    case Kind::bytes:
    case Kind::unicode:
      return value.is<std::string>() ? "" : not_a(value, "text");
    case Kind::opaque:
      if (!value.is<Bytes>()) return not_a(value, "bytes");
      return value.as<Bytes>().size() == type.size
                 ? ""
                 : fmt::format("it is {} bytes, not {}", value.as<Bytes>().size(), type.size);
    case Kind::structured:
      break;
  }
  if (!value.is<List>()) return not_a(value, "a list with a value for each field");
  const List& list = value.as<List>();
  if (list.size() != type.fields.size())
    return fmt::format("it has {} fields, not {}", list.size(), type.fields.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    ObjectType number;
    number.kind = ObjectType::Kind::number;
    number.type = type.fields[i].type;
    if (const std::string why = why_no_list(number, type.fields[i].shape, list[i]); !why.empty())
      return fmt::format("field {}: {}", type.fields[i].name, why);
  }
  return "";
}

std::string why_no_record(const ObjectType& type, const Value& value) {
  if (!value.is<List>()) return not_a(value, "a list with a value for each field");
  const List& list = value.as<List>();
  if (list.size() != type.fields.size())
    return fmt::format("it has {} fields, not {}", list.size(), type.fields.size());
  for (std::size_t i = 0; i < list.size(); ++i)
    if (const std::string why = why_no_element(type.fields[i].type, list[i]); !why.empty())
      return fmt::format("field {}: {}", type.fields[i].name, why);
  return "";
}

class Loader {
 public:
  explicit Loader(std::uint64_t max_bytes) : left_(max_bytes), max_bytes_(max_bytes) {}

  void load(GroupBuilder& group, const std::string& path) {
    for (DatasetBuilder& dataset : group.datasets) {
      const std::string place = join_path(path, dataset.name);
      try {
        load(dataset);
      } catch (Error& error) {
        error.at(place);
        throw;
      }
    }
    for (GroupBuilder& child : group.groups) load(child, join_path(path, child.name));
  }

 private:
  void load(DatasetBuilder& dataset) {
    if (const ArraySource* source = dataset.array()) {
      ArrayInfo info = source->info();
      if (info.fill_value) make_little_endian(info.type, *info.fill_value);
      info.type = info.type.little_endian();
      if (!source->is_stored()) {
        dataset.data = fill_array(std::move(info));
        return;
      }
      Bytes elements(take(info.shape, info.type.size));
      source->read(Region::all(info.shape), elements);
      dataset.data = memory_array(std::move(info), std::move(elements));
    } else if (const ObjectSource* objects = dataset.objects()) {
      take(objects->shape(), kObjectBytes);
      std::vector<Value> values = objects->read(Region::all(objects->shape()));
      // Not memory_objects(): what a file holds need not be what it says, and goes on as it is.
      dataset.data = std::make_shared<const MemoryObjects>(
          objects->type(), objects->shape(), std::move(values), objects->chunk_shape());
    }
  }

  std::size_t take(const Shape& shape, std::uint64_t element_size) {
    const std::uint64_t bytes =
        checked_multiply(element_count(shape), element_size, "the size of a dataset");
    if (bytes > left_)
      throw Error(
          ErrorCode::limit_exceeded,
          fmt::format("its {} bytes would make more than {} bytes in memory", bytes, max_bytes_));
    left_ -= bytes;
    return static_cast<std::size_t>(bytes);
  }

  std::uint64_t left_, max_bytes_;
};

}  // namespace

std::shared_ptr<const ArraySource> memory_array(ArrayInfo info, Bytes elements) {
  return std::make_shared<const MemoryArray>(std::move(info), std::move(elements));
}

std::shared_ptr<const ArraySource> fill_array(ArrayInfo info) {
  return std::make_shared<const FillArray>(std::move(info));
}

std::shared_ptr<const ObjectSource> memory_objects(ObjectType type, Shape shape,
                                                   std::vector<Value> values, Shape chunk_shape) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (const std::string why = why_no_element(type, values[i]); !why.empty())
      bad_values(fmt::format("value {}: {}", i, why));
  return std::make_shared<const MemoryObjects>(std::move(type), std::move(shape), std::move(values),
                                               std::move(chunk_shape));
}

std::string why_no_element(const ObjectType& type, const Value& value) {
  switch (type.kind) {
    case ObjectType::Kind::text:
      return value.is<std::string>() ? "" : not_a(value, "text");
    case ObjectType::Kind::reference:
      return value.is<Reference>() || value.is<Null>() ? "" : not_a(value, "a reference");
    case ObjectType::Kind::region_reference:
      return value.is<RegionReference>() || value.is<Null>() ? ""
                                                             : not_a(value, "a region reference");
    case ObjectType::Kind::sequence: {
      if (!value.is<List>()) return not_a(value, "a list");
      for (const Value& item : value.as<List>())
        if (std::string why = why_no_element(*type.element, item); !why.empty()) return why;
      return "";
    }
    case ObjectType::Kind::array:
      return why_no_list(*type.element, type.shape, value);
    case ObjectType::Kind::record:
      return why_no_record(type, value);
    case ObjectType::Kind::number:
      break;
  }
  return why_no_number(type.type, value);
}

bool is_in_memory(const DatasetBuilder& dataset) noexcept {
  const ArraySource* array = dataset.array();
  return dynamic_cast<const MemoryArray*>(array) != nullptr ||
         dynamic_cast<const FillArray*>(array) != nullptr ||
         dynamic_cast<const MemoryObjects*>(dataset.objects()) != nullptr;
}

void load_values(GroupBuilder& root, std::uint64_t max_bytes) { Loader(max_bytes).load(root, "/"); }

}  // namespace engram::hdmf
