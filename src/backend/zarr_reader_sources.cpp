#include "backend/zarr_reader_sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "backend/zarr_layout.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/registry.hpp"
#include "hdmf/element_value.hpp"

namespace engram::backend {
namespace {

using hdmf::ObjectType;
using hdmf::Value;

// A scalar of the model is an array of one element in hdmf-zarr.
Region stored_region(const Region& region, const Shape& stored_shape) {
  return region.shape.empty() ? Region::all(stored_shape) : region;
}

template <typename Read>
auto at_array(const zarr::Array& array, Read read) {
  try {
    return read();
  } catch (Error& error) {
    error.at("/" + array.path());
    throw;
  }
}

// A record's value as its type has it: references that were packed as text are references again.
Value typed(const ObjectType& type, const Value& value) {
  const bool is_reference =
      type.kind == ObjectType::Kind::reference || type.kind == ObjectType::Kind::region_reference;
  if (is_reference && value.is<std::string>()) {
    const auto& text = value.as<std::string>();
    return text.empty() ? Value() : layout::element_from_text(type, text);
  }
  if (type.kind != ObjectType::Kind::record || !value.is<hdmf::List>()) return value;
  const auto& list = value.as<hdmf::List>();
  hdmf::List row;
  for (std::size_t i = 0; i < list.size() && i < type.fields.size(); ++i)
    row.push_back(typed(type.fields[i].type, list[i]));
  return row;
}

class ZarrChunks final : public EncodedChunks {
 public:
  ZarrChunks(std::shared_ptr<const zarr::Array> array, std::vector<EncodedChunk> chunks)
      : array_(std::move(array)),
        store_(array_->chunk_store()),
        chunks_(std::move(chunks)),
        codecs_(array_->metadata().codecs) {
    // The order of a chunk's elements is as good as a codec: only with the same are bytes the same.
    if (const Order& order = array_->metadata().order; !order.is_c())
      codecs_.insert(codecs_.begin(),
                     {"order", {{"order", order.places_in({}, array_->shape().size())}}});
  }

  const std::vector<CodecConfig>& codecs() const override { return codecs_; }
  std::vector<EncodedChunk> chunks() const override { return chunks_; }

  std::uint32_t read(const EncodedChunk& chunk, std::span<std::byte> out) const override {
    const store::Key key = array_->chunk_key(array_->grid().place(chunk.number));
    const auto bytes = store_->get_range(key, 0, out.size() + 1);
    if (!bytes || bytes->size() != out.size())
      throw Error(ErrorCode::io_error,
                  fmt::format("chunk {} changed while the array was being read", key.str()));
    std::copy(bytes->begin(), bytes->end(), out.begin());
    return 0;
  }

 private:
  std::shared_ptr<const zarr::Array> array_;
  std::shared_ptr<const store::ReadableStore> store_;
  std::vector<EncodedChunk> chunks_;
  std::vector<CodecConfig> codecs_;
};

// Codecs that know nothing of elements, so that a chunk is the same bytes wherever it lies.
bool are_of_bytes(const std::vector<CodecConfig>& codecs) {
  static constexpr std::array<std::string_view, 7> kNames = {"shuffle", "zlib", "gzip", "bz2",
                                                             "zstd",    "lz4",  "blosc"};
  return std::all_of(codecs.begin(), codecs.end(), [](const CodecConfig& codec) {
    return std::find(kNames.begin(), kNames.end(), codec.name) != kNames.end() ||
           codec::is_plugin_codec(codec.name);
  });
}

// None: the store can't be listed.
std::optional<std::uint64_t> most_stored(const zarr::Array& array) {
  const auto chunks = array.stored_chunks();
  if (!chunks) return std::nullopt;
  return checked_multiply(chunks->size(), element_count(array.metadata().chunk_shape),
                          "the values of an array");
}

}  // namespace

ZarrArraySource::ZarrArraySource(std::shared_ptr<const zarr::Array> array, Shape shape)
    : array_(std::move(array)) {
  info_.type = array_->metadata().type;
  info_.shape = std::move(shape);
  if (!info_.shape.empty()) info_.chunk_shape = array_->metadata().chunk_shape;
  info_.fill_value = array_->metadata().fill_value;
}

void ZarrArraySource::read(const Region& region, std::span<std::byte> out) const {
  check_inside(region, info_.shape);
  at_array(*array_, [&] { array_->read(stored_region(region, array_->metadata().shape), out); });
}

const EncodedChunks* ZarrArraySource::encoded() const {
  const zarr::ArrayMetadata& metadata = array_->metadata();
  if (!metadata.order.is_c() || !are_of_bytes(metadata.codecs)) return nullptr;
  std::call_once(listed_, [&] {
    auto chunks = stored();
    if (!chunks) return;
    // What can't be right is left to read(), which says so.
    const auto all = chunks->chunks();
    const std::uint64_t most = array_->max_stored_size();
    if (std::all_of(all.begin(), all.end(),
                    [&](const EncodedChunk& chunk) { return chunk.size <= most; }))
      encoded_ = std::move(chunks);
  });
  return encoded_.get();
}

std::shared_ptr<const EncodedChunks> ZarrArraySource::stored() const {
  if (info_.chunk_shape.empty()) return nullptr;
  return at_array(*array_, [&]() -> std::shared_ptr<const EncodedChunks> {
    auto chunks = array_->stored_chunks();
    if (!chunks) return nullptr;
    return std::make_shared<const ZarrChunks>(array_, std::move(*chunks));
  });
}

ZarrObjectSource::ZarrObjectSource(std::shared_ptr<const zarr::Array> array, ObjectType type,
                                   Form form, Shape shape, const Limits& limits)
    : array_(std::move(array)),
      type_(std::move(type)),
      form_(form),
      shape_(std::move(shape)),
      claim_(limits) {
  if (!shape_.empty()) chunk_shape_ = array_->metadata().chunk_shape;
}

std::vector<Value> ZarrObjectSource::read(const Region& region) const {
  check_inside(region, shape_);
  return at_array(*array_, [&] {
    claim_.before_read(element_count(region.shape), element_count(shape_),
                       [&] { return most_stored(*array_); });
    const Region stored = stored_region(region, array_->metadata().shape);
    if (form_ == Form::packed) return read_packed(stored);
    std::vector<Value> values;
    for (Json& object : array_->read_objects(stored)) {
      if (object.is_binary())  // HDMF's text may be bytes as well.
        object = std::string(object.get_binary().begin(), object.get_binary().end());
      const bool is_text = form_ == Form::json_text && object.is_string();
      values.push_back(is_text
                           ? layout::element_from_text(type_, object.get_ref<const std::string&>())
                           : layout::element_from_json(type_, object));
    }
    return values;
  });
}

std::vector<Value> ZarrObjectSource::read_packed(const Region& region) const {
  const DataType native = array_->metadata().type.little_endian();
  Bytes elements(static_cast<std::size_t>(element_count(region.shape) * native.size));
  array_->read(region, elements);
  std::vector<Value> values = hdmf::element_values(native, elements, hdmf::RecordForm::list);
  for (Value& value : values) value = typed(type_, value);
  return values;
}

}  // namespace engram::backend
