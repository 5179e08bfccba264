#include "backend/append_array.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "array/number.hpp"
#include "backend/append_elements.hpp"
#include "backend/zarr_layout.hpp"
#include "backend/zarr_layout_element.hpp"
#include "backend/zarr_writer_record.hpp"
#include "engram/base/error.hpp"
#include "hdmf/element_value.hpp"

namespace engram::backend {
namespace {

using hdmf::ObjectType;
using hdmf::Value;

constexpr std::uint64_t kChunkBytes = 1U << 20U;
constexpr std::uint64_t kChunkObjects = 65536;
// So many times more rows than one chunk has are a reason for larger ones.
constexpr std::uint64_t kMostSmallChunks = 8;
// Arrays above this are not written anew for it.
constexpr std::uint64_t kSmallArray = 16U << 20U;

const zarr::ArrayMetadata& require_rows(const std::string& path,
                                        const hdmf::DatasetBuilder& dataset,
                                        const zarr::Array& array) {
  if (dataset.is_null || dataset.is_scalar || array.shape().empty())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} holds {} and has no dimension to grow along", path,
                            dataset.is_null ? "nothing" : "a single value"));
  return array.metadata();
}

void flatten(const std::string& path, const Value& value, const Shape& shape, std::size_t dimension,
             std::vector<Value>& out) {
  if (dimension == shape.size()) {
    out.push_back(value);
    return;
  }
  if (!value.is<hdmf::List>() || value.as<hdmf::List>().size() != shape[dimension])
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a row of {} has the shape {}, and one that is given has not", path,
                            to_string(shape)));
  for (const Value& item : value.as<hdmf::List>()) flatten(path, item, shape, dimension + 1, out);
}

// Filters that know the type of what they are given.
bool is_bound_to_type(const CodecConfig& codec) {
  static constexpr std::array kNames = {"delta",    "astype",   "fixedscaleoffset", "quantize",
                                        "bitround", "packbits", "categorize"};
  return std::find(kNames.begin(), kNames.end(), codec.name) != kNames.end();
}

void change_type(zarr::ArrayMetadata& metadata, const DataType& wanted) {
  const DataType old = metadata.type;
  if (metadata.fill_value) {
    Bytes fill = *metadata.fill_value;
    make_little_endian(old, fill);
    fill = widened(old, wanted, fill);
    make_little_endian(wanted, fill);  // its own reverse
    metadata.fill_value = std::move(fill);
  }
  metadata.type = wanted;
  std::erase_if(metadata.codecs, is_bound_to_type);
  for (CodecConfig& codec : metadata.codecs)
    if (codec.name == "shuffle" && codec.configuration.contains("elementsize"))
      codec.configuration["elementsize"] = wanted.size;
}

}  // namespace

std::vector<Value> flat_rows(const std::string& path, const std::vector<Value>& rows,
                             const Shape& shape) {
  std::vector<Value> flat;
  flat.reserve(rows.size());
  for (const Value& row : rows) flatten(path, row, shape, 0, flat);
  return flat;
}

ArrayEnd::ArrayEnd(std::shared_ptr<store::Store> store, const std::string& path,
                   const hdmf::DatasetBuilder& dataset, const AppendOptions& options)
    : store_(std::move(store)),
      path_(path),
      options_(options),
      array_(zarr::Array::open(store_, path, options.limits)) {
  const zarr::ArrayMetadata& metadata = require_rows(path, dataset, array_);
  wanted_ = metadata.type;
  if (const hdmf::ObjectSource* objects = dataset.objects()) {
    type_ = objects->type();
    const std::string codec = metadata.codecs.empty() ? "" : metadata.codecs.front().name;
    as_json_text_ = metadata.is_object && codec.starts_with("vlen-") && codec != "vlen-array" &&
                    type_->kind != ObjectType::Kind::text;
  }
}

bool ArrayEnd::is_integer() const noexcept {
  const zarr::ArrayMetadata& metadata = array_.metadata();
  return !metadata.is_object &&
         (metadata.type.kind == Kind::integer || metadata.type.kind == Kind::unsigned_integer);
}

std::int64_t ArrayEnd::integer_at(std::uint64_t row) const {
  const Bytes element = array_.read_bytes({{row}, {1}});
  return array_.metadata().type.kind == Kind::integer
             ? get_integer(element)
             : static_cast<std::int64_t>(get_unsigned(element));
}

Shape ArrayEnd::row_shape() const { return {array_.shape().begin() + 1, array_.shape().end()}; }

void ArrayEnd::refuse(std::uint64_t element, const std::string& why) const {
  const std::uint64_t each = std::max<std::uint64_t>(1, element_count(row_shape()));
  throw Error(ErrorCode::invalid_argument,
              fmt::format("new row {} of {}: {}", element / each, path_, why));
}

void ArrayEnd::count_rows(const Shape& shape) {
  if (shape.size() != array_.shape().size() ||
      !std::equal(shape.begin() + 1, shape.end(), array_.shape().begin() + 1))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} has the shape {}, and rows of shape {} can't be put behind its own",
                            path_, to_string(array_.shape()), to_string(shape)));
  checked_add(shape.front(), length(), "the length of the array");
  new_rows_ = shape.front();
}

void ArrayEnd::take(const NewRows& rows, const Complete& complete) {
  complete_ = complete;
  if (const auto* values = std::get_if<std::vector<Value>>(&rows.data)) {
    Shape shape = array_.shape();
    shape.front() = values->size();
    take_values(flat_rows(path_, *values, row_shape()), complete);
    count_rows(shape);
  } else if (const auto* array = std::get_if<std::shared_ptr<const ArraySource>>(&rows.data)) {
    take_source(*array, complete);
  } else {
    take_source(std::get<std::shared_ptr<const hdmf::ObjectSource>>(rows.data), complete);
  }
}

void ArrayEnd::take_values(std::vector<Value> values, const Complete& complete) {
  if (complete)
    for (Value& value : values) complete(value);
  if (array_.metadata().is_object) {
    take_objects(values);
  } else {
    take_elements(values);
  }
}

Json ArrayEnd::object_of(const Value& value) const {
  const std::string& codec = array_.metadata().codecs.front().name;
  if (type_->kind == ObjectType::Kind::text) {
    const bool as_bytes = codec == "vlen-bytes";
    const std::string text =
        value.is<Bytes>() ? std::string(as_text(value.as<Bytes>())) : value.as<std::string>();
    if (!as_bytes) return text;
    return Json::binary(std::vector<std::uint8_t>(text.begin(), text.end()));
  }
  Json json = layout::element_to_json(value);
  return as_json_text_ ? Json(dump_json(json, JsonStyle::compact)) : json;
}

void ArrayEnd::take_objects(const std::vector<Value>& values) {
  std::vector<Json> objects;
  objects.reserve(values.size());
  const bool is_utf8_only = array_.metadata().codecs.front().name != "vlen-bytes";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (const std::string why = why_not(*type_, values[i]); !why.empty()) refuse(i, why);
    Json object = object_of(values[i]);
    if (is_utf8_only && object.is_string() && !is_utf8(object.get_ref<const std::string&>()))
      refuse(i, "it is no UTF-8");
    objects.push_back(std::move(object));
  }
  data_ = std::move(objects);
}

void ArrayEnd::take_elements(const std::vector<Value>& values) {
  DataType wanted = array_.metadata().type;
  std::vector<Value> native;
  for (std::size_t i = 0; type_ && i < values.size(); ++i) {
    if (const std::string why = why_not(*type_, values[i]); !why.empty()) refuse(i, why);
    native.push_back(RecordPacker::native(*type_, values[i], PackFor::portable));
  }
  const std::vector<Value>& elements = type_ ? native : values;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (const std::string why = why_not(wanted, elements[i]); !why.empty()) refuse(i, why);
    wanted = with_room(wanted, elements[i]);
  }
  const DataType type = wanted.little_endian();
  Bytes bytes(elements.size() * static_cast<std::size_t>(type.size));
  for (std::size_t i = 0; i < elements.size(); ++i)
    layout::pack(type, elements[i],
                 std::span(bytes).subspan(i * static_cast<std::size_t>(type.size),
                                          static_cast<std::size_t>(type.size)));
  wanted_ = std::move(wanted);
  data_ = std::move(bytes);
}

void ArrayEnd::take_integers(const std::vector<std::uint64_t>& values) {
  const std::uint64_t largest =
      values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  wanted_ = with_room(array_.metadata().type, largest);
  Bytes bytes(values.size() * static_cast<std::size_t>(wanted_.size));
  for (std::size_t i = 0; i < values.size(); ++i)
    put_integer(values[i], std::span(bytes).subspan(i * static_cast<std::size_t>(wanted_.size),
                                                    static_cast<std::size_t>(wanted_.size)));
  data_ = std::move(bytes);
  new_rows_ = values.size();
}

void ArrayEnd::take_source(const std::shared_ptr<const ArraySource>& source,
                           const Complete& complete) {
  const ArrayInfo& info = source->info();
  if (info.shape.size() != array_.shape().size()) count_rows(info.shape);
  if (!array_.metadata().is_object &&
      info.type.little_endian() == array_.metadata().type.little_endian()) {
    count_rows(info.shape);
    data_ = source;
    return;
  }
  // Elements of another type: each is a value that may fit all the same.
  take_values(hdmf::element_values(*source, Region::all(info.shape), hdmf::RecordForm::list),
              complete);
  count_rows(info.shape);
}

void ArrayEnd::take_source(const std::shared_ptr<const hdmf::ObjectSource>& source,
                           const Complete& complete) {
  count_rows(source->shape());
  if (array_.metadata().is_object) {
    data_ = source;
    return;
  }
  take_values(source->read(Region::all(source->shape())), complete);
}

void ArrayEnd::for_each_integer(
    const std::function<void(std::uint64_t row, std::int64_t value)>& visit) const {
  const auto visit_all = [&](const DataType& type, BytesView bytes, std::uint64_t first) {
    const auto size = static_cast<std::size_t>(type.size);
    for (std::size_t i = 0; i < bytes.size() / size; ++i) {
      const BytesView element = bytes.subspan(i * size, size);
      visit(first + i, type.kind == Kind::integer
                           ? get_integer(element)
                           : static_cast<std::int64_t>(get_unsigned(element)));
    }
  };
  if (const auto* bytes = std::get_if<Bytes>(&data_)) return visit_all(wanted_, *bytes, 0);
  const auto* source = std::get_if<std::shared_ptr<const ArraySource>>(&data_);
  if (!source || row_rank() > 0) return;
  const std::uint64_t most = std::max<std::uint64_t>(1, options_.block_bytes / wanted_.size);
  for (std::uint64_t first = 0; first < new_rows_; first += most) {
    const std::uint64_t count = std::min(most, new_rows_ - first);
    Bytes block(static_cast<std::size_t>(count * wanted_.size));
    (*source)->read({{first}, {count}}, block);
    visit_all(wanted_, block, first);
  }
}

// The array's metadata as the new rows need them.
zarr::ArrayMetadata ArrayEnd::planned() const {
  zarr::ArrayMetadata metadata = array_.metadata();
  if (metadata.is_object && metadata.codecs.front().name == "pickle") {
    const bool is_text =
        type_->kind == ObjectType::Kind::text || options_.write.compat == Compat::portable;
    metadata.codecs.front() = {is_text ? "vlen-utf8" : "json2", Json::object()};
    metadata.object_fill = is_text ? Json("") : Json(0);
    metadata.object_dtype = "|O";
  }
  if (!metadata.is_object && metadata.type != wanted_) change_type(metadata, wanted_);
  grows_chunks(metadata);
  return metadata;
}

bool ArrayEnd::grows_chunks(zarr::ArrayMetadata& metadata) const {
  const std::uint64_t rows = length() + new_rows_;
  std::uint64_t& chunk_rows = metadata.chunk_shape.front();
  const std::uint64_t each = element_count(metadata.chunk_shape) / chunk_rows;
  const std::uint64_t size = metadata.is_object ? 1 : metadata.type.size;
  const std::uint64_t most = (metadata.is_object ? kChunkObjects : kChunkBytes) / size / each;
  const std::uint64_t wanted = std::min(4 * rows, most);
  const std::uint64_t held = element_count(array_.shape()) * (metadata.is_object ? 256 : size);
  const bool is_empty = length() == 0;
  if (wanted < (is_empty ? 2 : 4) * chunk_rows || held > kSmallArray) return false;
  if (rows <= (is_empty ? 1 : kMostSmallChunks) * chunk_rows) return false;
  chunk_rows = is_empty ? std::min(rows, most) : wanted;
  return true;
}

void ArrayEnd::write_anew(const zarr::ArrayMetadata& metadata) {
  const zarr::ArrayMetadata old = array_.metadata();
  const zarr::Array source(store_, array_.path(), old, options_.limits);
  zarr::ArrayMetadata same_shape = metadata;
  same_shape.shape = old.shape;
  zarr::Array target(store_, array_.path(), same_shape, options_.limits);
  const bool is_text_now = metadata.is_object && metadata.codecs.front().name == "vlen-utf8";
  as_json_text_ = as_json_text_ || (is_text_now && type_->kind != ObjectType::Kind::text);

  std::optional<std::vector<Json>> objects;
  const auto read = [&](const Region& region) {
    if (!old.is_object) return widened(old.type, metadata.type, source.read_bytes(region));
    objects = source.read_objects(region, options_.workers);
    if (old.codecs.front().name == metadata.codecs.front().name) return Bytes();
    for (Json& object : *objects) {
      if (object.is_binary())
        object = std::string(object.get_binary().begin(), object.get_binary().end());
      if (type_->kind == ObjectType::Kind::text) {
        if (!object.is_string()) object = "";
        continue;
      }
      object = layout::element_to_json(layout::element_from_json(*type_, object));
      if (as_json_text_) object = dump_json(object, JsonStyle::compact);
    }
    return Bytes();
  };
  const auto write = [&](const Region& region, const Bytes& bytes) {
    if (old.is_object) {
      target.write_objects(region, *objects);
    } else {
      target.write(region, bytes);
    }
  };
  const ChunkGrid grid(old.shape, old.chunk_shape);
  if (old.chunk_shape == metadata.chunk_shape) {
    // Each chunk takes the key of the one that it is made of.
    for (std::uint64_t number = 0; number < grid.chunk_count(); ++number) {
      const Shape place = grid.place(number);
      if (!store_->size(source.chunk_key(place))) continue;
      const Region region = grid.region(place);
      write(region, read(region));
    }
  } else if (element_count(old.shape) > 0) {
    const Region all = Region::all(old.shape);
    const Bytes bytes = read(all);
    for (std::uint64_t number = 0; number < grid.chunk_count(); ++number)
      store_->erase(source.chunk_key(grid.place(number)));
    write(all, bytes);
  }
  array_ = std::move(target);
  if (!old.is_object && is_integer() && old.type != metadata.type) {
    Json change = Json::object();
    change[std::string(layout::kZarrDtype)] = type_name(metadata.type);
    array_.update_attributes(change);
  }
}

void ArrayEnd::write() {
  if (new_rows_ == 0) return;
  const zarr::ArrayMetadata metadata = planned();
  const zarr::ArrayMetadata& now = array_.metadata();
  if (metadata.chunk_shape != now.chunk_shape || metadata.codecs != now.codecs ||
      (!now.is_object && metadata.type != now.type))
    write_anew(metadata);
  Shape shape = array_.shape();
  Region region = Region::all(shape);
  region.origin.front() = shape.front();
  region.shape.front() = new_rows_;
  shape.front() += new_rows_;
  array_.resize(shape);
  if (element_count(region.shape) == 0) return;
  const bool is_source = data_.index() >= 3;
  if (is_source) {
    write_blocks(region);
  } else {
    write_elements(region);
  }
}

void ArrayEnd::write_elements(const Region& region) {
  if (const auto* bytes = std::get_if<Bytes>(&data_)) {
    array_.write(region, *bytes, options_.workers);
    return;
  }
  // Of pickled arrays the objects were made before it was known what they become.
  auto& objects = std::get<std::vector<Json>>(data_);
  if (as_json_text_)
    for (Json& object : objects)
      if (!object.is_string()) object = dump_json(object, JsonStyle::compact);
  array_.write_objects(region, objects, options_.workers);
}

// Whole chunks, so that none is encoded twice.
std::uint64_t ArrayEnd::rows_of_block(std::uint64_t first, std::uint64_t left,
                                      std::uint64_t size) const {
  const std::uint64_t chunk = array_.metadata().chunk_shape.front();
  std::uint64_t end = first + std::max<std::uint64_t>(1, options_.block_bytes / size);
  end = end / chunk > first / chunk ? end / chunk * chunk : (first / chunk + 1) * chunk;
  return std::min(left, end - first);
}

void ArrayEnd::write_blocks(const Region& region) {
  const std::uint64_t size = array_.metadata().is_object ? 256 : array_.metadata().type.size;
  const std::uint64_t row_size =
      std::max<std::uint64_t>(1, element_count(region.shape) / new_rows_ * size);
  Region from = region, to = region;
  from.origin.front() = 0;
  for (std::uint64_t done = 0; done < new_rows_; done += to.shape.front()) {
    to.origin.front() = region.origin.front() + done;
    to.shape.front() = rows_of_block(to.origin.front(), new_rows_ - done, row_size);
    from.origin.front() = done;
    from.shape.front() = to.shape.front();
    if (const auto* array = std::get_if<std::shared_ptr<const ArraySource>>(&data_)) {
      Bytes block(static_cast<std::size_t>(element_count(from.shape) * size));
      (*array)->read(from, block);
      array_.write(to, block, options_.workers);
      continue;
    }
    auto values = std::get<std::shared_ptr<const hdmf::ObjectSource>>(data_)->read(from);
    std::vector<Json> objects;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (complete_) complete_(values[i]);
      if (const std::string why = why_not(*type_, values[i]); !why.empty()) refuse(i, why);
      objects.push_back(object_of(values[i]));
    }
    array_.write_objects(to, objects, options_.workers);
  }
}

}  // namespace engram::backend
