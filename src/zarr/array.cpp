#include "engram/zarr/array.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engram/array/slices.hpp"
#include "engram/base/error.hpp"
#include "zarr/chunk_cache.hpp"
#include "zarr/chunk_keys.hpp"
#include "zarr/chunk_source.hpp"
#include "zarr/chunk_walk.hpp"
#include "zarr/documents.hpp"
#include "zarr/metadata_view.hpp"
#include "zarr/object_chunk.hpp"

namespace engram::zarr {
namespace {

// What `zarr.json` says, where there is one.
std::optional<ArrayMetadata> array_v3(const store::ReadableStore& store, const std::string& path,
                                      const Limits& limits) {
  const std::string key = join(path, kNodeName);
  const auto document = read_document(store, key, limits);
  if (!document || !at_key(key, [&] { return is_array_v3(*document); })) return std::nullopt;
  return at_key(key, [&] { return parse_zarr_json(*document, limits); });
}

void write_array_document(store::Store& store, const std::string& path,
                          const ArrayMetadata& metadata, const Json& attributes) {
  if (metadata.zarr_format == 3)
    return write_node_v3(store, path, to_zarr_json(metadata, attributes));
  store.set(store::Key(join(path, kArrayName)), as_bytes(to_zarray(metadata)));
}

// What could not be opened again is not written.
ArrayMetadata as_it_will_be_read(const ArrayMetadata& metadata, const Limits& limits) {
  if (metadata.zarr_format == 3)
    return parse_zarr_json(to_zarr_json(metadata, Json::object()), limits);
  return parse_zarray(to_zarray_json(metadata), limits);
}

}  // namespace

Array::Array(StoreHandle store, std::string path, ArrayMetadata metadata, const Limits& limits)
    : Array(std::move(store), std::move(path), std::move(metadata), nullptr, limits) {}

Array::Array(StoreHandle store, std::string path, ArrayMetadata metadata,
             std::shared_ptr<const MetadataView> view, const Limits& limits)
    : store_(std::move(store)),
      path_(std::move(path)),
      metadata_(std::move(metadata)),
      grid_(metadata_.shape, metadata_.chunk_shape),
      limits_(limits),
      view_(std::move(view)) {
  try {
    if (!metadata_.shards.empty()) {
      chunk_keys_ = std::make_shared<const ArrayMetadata>(ShardStore::chunk_keys(metadata_));
      const ChunkSource readable(store_, path_, metadata_);
    }
    pipeline_.emplace(codecs_of_bytes(metadata_), elements_of(metadata_));
  } catch (const Error& error) {
    refusal_ = error;
    refusal_->at(join(path_, document_name()));
  }
}

Array Array::open(StoreHandle store, std::string_view path, const Limits& limits) {
  const std::string place = normal_path(path);
  const std::string key = join(place, kArrayName);
  const auto document = read_document(store.reader(), key, limits);
  if (!document) {
    if (auto metadata = array_v3(store.reader(), place, limits))
      return {std::move(store), place, std::move(*metadata), limits};
    view_of_files(store, limits)->refuse(place, NodeKind::array, store.reader().name());
  }
  ArrayMetadata metadata = at_key(key, [&] { return parse_zarray(*document, limits); });
  return {std::move(store), place, std::move(metadata), limits};
}

Array Array::create(StoreHandle store, std::string_view path, const ArrayMetadata& metadata,
                    const Json& attributes, IfExists if_exists, const Limits& limits) {
  const std::string place = normal_path(path);
  require_object(attributes);
  ArrayMetadata checked = as_it_will_be_read(metadata, limits);
  store::Store& writer = store.writer();
  make_place(writer, place, if_exists, checked.zarr_format, limits);
  // The array is there once its own document is.
  if (checked.zarr_format == 2) write_attributes(writer, place, attributes);
  write_array_document(writer, place, checked, attributes);
  return {std::move(store), place, std::move(checked), limits};
}

Array Array::create(StoreHandle store, std::string_view path, const ArrayOptions& options,
                    IfExists if_exists, const Limits& limits) {
  Array array = create(std::move(store), path, make_metadata(options, limits), options.attributes,
                       if_exists, limits);
  array.set_write_empty_chunks(options.write_empty_chunks);
  return array;
}

const codec::Pipeline& Array::pipeline() const {
  if (refusal_) throw Error(*refusal_);
  return *pipeline_;
}

void Array::check_type(const DataType& asked) const {
  if (metadata_.is_object)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" holds objects, not {}", path_, type_name(asked)));
  if (metadata_.type.little_endian() != asked)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" holds {} ({}), not {}", path_, type_name(metadata_.type),
                            typestr(metadata_.type), type_name(asked)));
}

store::Key Array::chunk_key(const Shape& place) const {
  return store::Key(join(path_, zarr::chunk_key(chunk_keys(), place)));
}

std::string_view Array::document_name() const noexcept {
  return metadata_.zarr_format == 3 ? kNodeName : kArrayName;
}

ChunkGrid Array::grid_of_values(const Shape& shape) const {
  return {shape, shape_of_values(metadata_)};
}

void Array::resize(const Shape& shape) {
  store::Store& writer = store_.writer();
  if (view_) view_->check_changeable();
  ArrayMetadata changed = metadata_;
  if (shape.size() != metadata_.shape.size())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("shape {} has another rank than the array's {}", to_string(shape),
                            to_string(metadata_.shape)));
  changed.shape = shape;
  changed = as_it_will_be_read(changed, limits_);
  ChunkGrid grid(changed.shape, changed.chunk_shape);
  // First the smaller of both shapes is true, so that nobody misses a chunk that was removed.
  write_array_document(writer, path_, changed,
                       metadata_.zarr_format == 3 ? attributes() : Json::object());
  if (cache_) cache_->forget_all();
  erase_chunks_outside(writer, path_, metadata_, grid_of_values(metadata_.shape),
                       grid_of_values(changed.shape));
  metadata_ = std::move(changed);
  grid_ = std::move(grid);
}

Region Array::append(BytesView elements, std::size_t axis, const Workers& workers) {
  const std::uint64_t size = metadata_.is_object ? 1 : metadata_.type.size;
  if (metadata_.is_object || elements.size() % size != 0)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} bytes are no whole number of elements", elements.size()));
  Region region = slices_behind(metadata_.shape, elements.size() / size, axis);
  Shape shape = metadata_.shape;
  shape[axis] = checked_add(shape[axis], region.shape[axis], "the length of the array");
  resize(shape);
  write(region, elements, workers);
  return region;
}

Region Array::append_objects(std::span<const Json> objects, std::size_t axis,
                             const Workers& workers) {
  Region region = slices_behind(metadata_.shape, objects.size(), axis);
  Shape shape = metadata_.shape;
  shape[axis] = checked_add(shape[axis], region.shape[axis], "the length of the array");
  resize(shape);
  write_objects(region, objects, workers);
  return region;
}

Json Array::attributes() const {
  const auto view = view_ ? view_ : view_of_files(store_, limits_);
  return view->attributes(path_, metadata_.zarr_format);
}

void Array::set_attributes(const Json& attributes) {
  if (view_) view_->check_changeable();
  if (metadata_.zarr_format == 3)
    return write_attributes_v3(store_.writer(), path_, attributes, limits_);
  write_attributes(store_.writer(), path_, attributes);
}

void Array::update_attributes(const Json& changes) {
  Json all = attributes();
  merge_attributes(all, changes);
  set_attributes(all);
}

}  // namespace engram::zarr
