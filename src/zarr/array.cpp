#include "engram/zarr/array.hpp"

#include <algorithm>
#include <utility>

#include "engram/base/error.hpp"
#include "zarr/object_chunk.hpp"

namespace engram::zarr {
namespace {

// Codecs may make data longer, but none makes it twice as long.
std::uint64_t max_stored_size(std::uint64_t decoded_size) { return 2 * decoded_size + (1U << 20U); }

// Calls `visit(index)` for each index of `shape`, the last dimension fastest.
template <typename Visit>
void for_each_index(const Shape& shape, Visit visit) {
  Shape index(shape.size(), 0);
  for (std::uint64_t left = element_count(shape); left > 0; --left) {
    visit(index);
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
}

// Elements from the first one of a buffer to the next along each dimension.
Shape strides_of(const Shape& shape, bool fortran_order) {
  Shape strides(shape.size());
  std::uint64_t step = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t d = fortran_order ? i : shape.size() - 1 - i;
    strides[d] = step;
    step *= shape[d];
  }
  return strides;
}

std::uint64_t offset_of(const Shape& index, const Shape& origin, const Shape& strides) {
  std::uint64_t offset = 0;
  for (std::size_t d = 0; d < index.size(); ++d) offset += (index[d] + origin[d]) * strides[d];
  return offset;
}

Bytes to_c_order(const Bytes& elements, const Shape& shape, std::uint64_t element_size) {
  Bytes out(elements.size());
  const Shape strides = strides_of(shape, true);
  const Shape origin(shape.size(), 0);
  const auto size = static_cast<std::ptrdiff_t>(element_size);
  auto to = out.begin();
  for_each_index(shape, [&](const Shape& index) {
    const auto from =
        elements.begin() + static_cast<std::ptrdiff_t>(offset_of(index, origin, strides)) * size;
    to = std::copy(from, from + size, to);
  });
  return out;
}

// The part that a region and a chunk share: as a box of each, and of the whole array.
struct Overlap {
  Region in_chunk, in_region;
};

Overlap overlap_of(const Region& chunk, const Region& region) {
  Overlap overlap;
  for (std::size_t d = 0; d < region.shape.size(); ++d) {
    const std::uint64_t from = std::max(chunk.origin[d], region.origin[d]);
    const std::uint64_t to =
        std::min(chunk.origin[d] + chunk.shape[d], region.origin[d] + region.shape[d]);
    overlap.in_chunk.origin.push_back(from - chunk.origin[d]);
    overlap.in_region.origin.push_back(from - region.origin[d]);
    overlap.in_chunk.shape.push_back(to - from);
  }
  overlap.in_region.shape = overlap.in_chunk.shape;
  return overlap;
}

// Calls `visit(place, overlap)` for each chunk that `region` touches, in C order.
template <typename Visit>
void for_each_chunk(const ChunkGrid& grid, const Region& region, Visit visit) {
  if (element_count(region.shape) == 0) return;
  Shape first, count;
  for (std::size_t d = 0; d < region.shape.size(); ++d) {
    const std::uint64_t length = grid.chunk_shape()[d];
    first.push_back(region.origin[d] / length);
    count.push_back((region.origin[d] + region.shape[d] - 1) / length - first[d] + 1);
  }
  for_each_index(count, [&](const Shape& index) {
    Shape place = first;
    for (std::size_t d = 0; d < place.size(); ++d) place[d] += index[d];
    visit(place, overlap_of(grid.region(place), region));
  });
}

}  // namespace

Array::Array(std::shared_ptr<const store::ReadableStore> store, std::string path,
             ArrayMetadata metadata, const Limits& limits)
    : store_(std::move(store)),
      path_(std::move(path)),
      metadata_(std::move(metadata)),
      grid_(metadata_.shape, metadata_.chunk_shape),
      limits_(limits) {
  if (metadata_.is_object) return;
  try {
    pipeline_.emplace(metadata_.codecs);
  } catch (const Error& error) {
    refusal_ = error;
  }
}

store::Key Array::chunk_key(const Shape& place) const {
  const std::string name = zarr::chunk_key(metadata_, place);
  return store::Key(path_.empty() ? name : path_ + "/" + name);
}

std::optional<Bytes> Array::read_chunk(const Shape& place) const {
  return store_->get(chunk_key(place), max_stored_size(limits_.max_chunk_bytes));
}

Bytes Array::decode_chunk(BytesView stored) const {
  const std::uint64_t size = element_count(metadata_.chunk_shape) * metadata_.type.size;
  Bytes elements = pipeline_->decode(stored, size);
  if (metadata_.fortran_order && metadata_.chunk_shape.size() > 1)
    elements = to_c_order(elements, metadata_.chunk_shape, metadata_.type.size);
  make_little_endian(metadata_.type, elements);
  return elements;
}

Bytes Array::fill_chunk() const {
  const std::uint64_t count = element_count(metadata_.chunk_shape);
  Bytes element(static_cast<std::size_t>(metadata_.type.size), std::byte{0});
  if (metadata_.fill_value) element = *metadata_.fill_value;
  make_little_endian(metadata_.type, element);
  Bytes elements(static_cast<std::size_t>(count) * element.size());
  for (auto to = elements.begin(); to != elements.end();)
    to = std::copy(element.begin(), element.end(), to);
  return elements;
}

void Array::read(const Region& region, std::span<std::byte> out) const {
  check_inside(region, metadata_.shape);
  if (metadata_.is_object)
    throw Error(ErrorCode::invalid_argument, "an array of objects has no elements as bytes");
  if (refusal_) throw Error(*refusal_);
  const std::uint64_t size =
      checked_multiply(element_count(region.shape), metadata_.type.size, "the size of a region");
  if (out.size() != size)
    throw Error(ErrorCode::invalid_argument, "a buffer of " + std::to_string(out.size()) +
                                                 " bytes for a region of " + std::to_string(size));
  const std::uint64_t chunk_size = element_count(metadata_.chunk_shape) * metadata_.type.size;
  Bytes fill;
  for_each_chunk(grid_, region, [&](const Shape& place, const Overlap& overlap) {
    const store::Key key = chunk_key(place);
    try {
      const auto stored = store_->get(key, max_stored_size(chunk_size));
      if (!stored && fill.empty()) fill = fill_chunk();
      const Bytes decoded = stored ? decode_chunk(*stored) : Bytes();
      copy_region(stored ? decoded : fill, metadata_.chunk_shape, overlap.in_chunk, out,
                  region.shape, overlap.in_region, metadata_.type.size);
    } catch (Error& error) {
      error.at(key.str());
      throw;
    }
  });
}

std::vector<Json> Array::read_objects(const Region& region) const {
  check_inside(region, metadata_.shape);
  if (!metadata_.is_object)
    throw Error(ErrorCode::invalid_argument, "an array of fixed-size elements has no objects");
  check_object_codec(metadata_);
  std::vector<Json> objects(static_cast<std::size_t>(element_count(region.shape)),
                            metadata_.object_fill);
  const Shape from = strides_of(metadata_.chunk_shape, metadata_.fortran_order);
  const Shape to = strides_of(region.shape, false);
  for_each_chunk(grid_, region, [&](const Shape& place, const Overlap& overlap) {
    const store::Key key = chunk_key(place);
    try {
      const auto stored = store_->get(key, max_stored_size(limits_.max_chunk_bytes));
      if (!stored) return;
      std::vector<Json> chunk = decode_objects(metadata_, *stored, limits_);
      for_each_index(overlap.in_chunk.shape, [&](const Shape& index) {
        objects[offset_of(index, overlap.in_region.origin, to)] =
            std::move(chunk[offset_of(index, overlap.in_chunk.origin, from)]);
      });
    } catch (Error& error) {
      error.at(key.str());
      throw;
    }
  });
  return objects;
}

}  // namespace engram::zarr
