#include "zarr/buffered_array.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "zarr/chunk_walk.hpp"
#include "zarr/documents.hpp"
#include "zarr/fill.hpp"
#include "zarr/object_chunk.hpp"
#include "zarr/trim.hpp"

namespace engram::zarr {
namespace {

constexpr std::uint64_t kNoEnd = UINT64_MAX;
// An object beside its text or members.
constexpr std::uint64_t kObjectSize = 32;

std::uint64_t size_in_memory(const Json& object) {
  std::uint64_t size = kObjectSize;
  if (object.is_string()) size += object.get_ref<const std::string&>().size();
  if (object.is_binary()) size += object.get_binary().size();
  if (object.is_structured())
    for (const Json& member : object) size += kObjectSize + size_in_memory(member);
  return size;
}

std::string shape_text(const Shape& shape) {
  std::string text = "(";
  for (const std::uint64_t length : shape) {
    if (text.size() > 1) text += ", ";
    text += length == kNoEnd ? "unlimited" : fmt::format("{}", length);
  }
  return text + ")";
}

// `length` up to the end of a chunk.
std::uint64_t whole_chunks(std::uint64_t length, std::uint64_t chunk) {
  if (length > kNoEnd / 2)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("a dimension of {} elements is longer than engram writes", length));
  return (length + chunk - 1) / chunk * chunk;
}

}  // namespace

BufferedArray::BufferedArray(ChunkBuffer& buffer, std::shared_ptr<store::Store> store, Array array,
                             Shape max_shape, bool is_new, const Limits& limits)
    : buffer_(buffer),
      store_(std::move(store)),
      array_(std::move(array)),
      shape_(array_.shape()),
      max_shape_(std::move(max_shape)),
      limits_(limits),
      is_trimmed_(is_new),
      touched_(shape_) {
  bool can_grow = max_shape_.size() == shape_.size();
  for (std::size_t d = 0; can_grow && d < shape_.size(); ++d) can_grow = shape_[d] <= max_shape_[d];
  if (!can_grow)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("an array of shape {} can't become one of {} at most",
                            to_string(shape_), shape_text(max_shape_)));
  if (array_.metadata().is_object) {
    check_object_codec(array_.metadata());
    if (array_.metadata().codecs.front().name == "pickle")
      throw Error(ErrorCode::unsupported,
                  "the values of the array are pickled, which engram reads but never writes");
  }
  make_grid_for(shape_);
}

BufferedArray::~BufferedArray() { buffer_.drop(places_); }

void BufferedArray::refuse(const std::string& why) const {
  Error error(ErrorCode::invalid_argument, why);
  error.at("/" + array_.path());
  throw Error(error);
}

void BufferedArray::make_grid_for(const Shape& shape) {
  const Shape& chunk = array_.metadata().chunk_shape;
  bool fits = chunks_ != nullptr;
  for (std::size_t d = 0; fits && d < shape.size(); ++d) fits = shape[d] <= chunks_->shape()[d];
  if (fits) return;
  // Twice as much as before, so that an array that grows row by row seldom comes here.
  ArrayMetadata metadata = array_.metadata();
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const std::uint64_t needed = whole_chunks(shape[d], chunk[d]);
    const std::uint64_t before = chunks_ ? chunks_->shape()[d] : 0;
    metadata.shape[d] = needed <= before ? before : std::max(needed, 2 * before);
  }
  auto chunks = std::make_shared<Array>(store_, array_.path(), std::move(metadata), limits_);
  chunks->set_write_empty_chunks(array_.write_empty_chunks());
  chunks_ = std::move(chunks);
}

Shape BufferedArray::grown_shape(std::span<const Region> selection) const {
  Shape shape = shape_;
  for (const Region& box : selection) {
    if (box.origin.size() != shape.size() || box.shape.size() != shape.size())
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("a selection of {} dimensions (shape {} at {}) for a dataset of {}",
                      box.shape.size(), to_string(box.shape), to_string(box.origin), shape.size()));
    const bool is_empty = element_count(box.shape) == 0;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      const std::uint64_t end = checked_add(box.origin[d], box.shape[d], "the end of a selection");
      if (end > max_shape_[d])
        throw Error(
            ErrorCode::invalid_argument,
            fmt::format("a selection of shape {} at {} goes beyond the largest shape that "
                        "the dataset may have, {}",
                        to_string(box.shape), to_string(box.origin), shape_text(max_shape_)));
      if (!is_empty) shape[d] = std::max(shape[d], end);
    }
  }
  return shape;
}

void BufferedArray::trim_once() {
  if (is_trimmed_) return;
  std::vector<std::size_t> axes;
  for (std::size_t d = 0; d < shape_.size(); ++d)
    if (shape_[d] < max_shape_[d]) axes.push_back(d);
  trim(store_, array_, axes, limits_);
  is_trimmed_ = true;
}

void BufferedArray::touch(const Region& box) {
  for (std::size_t d = 0; d < touched_.size(); ++d)
    touched_[d] = std::max(touched_[d], box.origin[d] + box.shape[d]);
}

bool BufferedArray::may_be_stored(const Shape& place) const {
  for (std::size_t d = 0; d < place.size(); ++d)
    if (place[d] * array_.metadata().chunk_shape[d] >= touched_[d]) return false;
  return true;
}

// Elements of the chunk that can ever be there.
std::uint64_t BufferedArray::wanted_of(const Shape& place) const {
  std::uint64_t wanted = 1;
  for (std::size_t d = 0; d < place.size(); ++d) {
    const std::uint64_t length = array_.metadata().chunk_shape[d];
    wanted *= std::min(length, max_shape_[d] - place[d] * length);
  }
  return wanted;
}

BufferedChunk& BufferedArray::chunk_at(const Shape& place, std::uint64_t count) {
  if (BufferedChunk* chunk = buffer_.find(places_, place)) {
    chunk->array = chunks_;
    return *chunk;
  }
  const ArrayMetadata& metadata = array_.metadata();
  const std::uint64_t elements = element_count(metadata.chunk_shape);
  BufferedChunk chunk;
  chunk.places = &places_;
  chunk.array = chunks_;
  chunk.place = place;
  chunk.bytes = elements * (metadata.is_object ? kObjectSize : metadata.type.size);
  buffer_.make_room(chunk.bytes);
  const Region whole = chunks_->grid().region(place);
  const bool is_stored = count < wanted_of(place) && may_be_stored(place);
  if (metadata.is_object) {
    if (is_stored) {
      chunk.objects = chunks_->read_objects(whole);
      for (const Json& object : chunk.objects) chunk.bytes += size_in_memory(object) - kObjectSize;
    } else {
      chunk.objects.assign(static_cast<std::size_t>(elements), object_padding(metadata));
    }
  } else {
    chunk.elements.resize(static_cast<std::size_t>(chunk.bytes));
    if (is_stored)
      chunks_->read(whole, chunk.elements);
    else if (count < elements)
      fill_region(chunk.elements, metadata.chunk_shape, Region::all(metadata.chunk_shape),
                  fill_element(metadata));
  }
  return buffer_.add(std::move(chunk));
}

// `put(chunk, overlap, box, offset)` takes what box and chunk share from the elements of the box,
// which begin at `offset`, and returns how many bytes the chunk has more.
template <typename Put>
void BufferedArray::fill(std::span<const Region> selection, Put put) {
  const Shape shape = at_key("/" + array_.path(), [&] {
    Shape grown = grown_shape(selection);
    make_grid_for(grown);
    return grown;
  });
  buffer_.check();
  trim_once();
  std::uint64_t offset = 0;
  for (const Region& box : selection) {
    const std::uint64_t count = element_count(box.shape);
    if (count == 0) continue;
    try {
      const ChunkWalk walk(chunks_->grid(), box);
      for (std::uint64_t i = 0; i < walk.count(); ++i) {
        const Shape place = walk.place(i);
        const Overlap overlap = walk.overlap(place);
        const std::uint64_t shared = element_count(overlap.in_chunk.shape);
        BufferedChunk& chunk = chunk_at(place, shared);
        buffer_.changed(chunk, put(chunk, overlap, box, offset));
        chunk.received += shared;
        if (chunk.received >= wanted_of(place)) {
          chunk.received = 0;
          buffer_.write_and_drop(chunk);
        }
      }
    } catch (...) {
      touch(box);  // Some of its chunks may have been written to make room.
      throw;
    }
    touch(box);
    offset += count;
  }
  shape_ = shape;
}

void BufferedArray::write(std::span<const Region> selection, BytesView elements) {
  const ArrayMetadata& metadata = array_.metadata();
  if (metadata.is_object) refuse("the dataset has values, not elements of fixed size");
  const std::uint64_t size = metadata.type.size;
  std::uint64_t needed = 0;
  for (const Region& box : selection)
    needed = checked_add(
        needed, checked_multiply(element_count(box.shape), size, "the size of a selection"),
        "the size of a selection");
  if (elements.size() != needed)
    refuse(fmt::format("{} bytes for a selection of {} bytes", elements.size(), needed));
  fill(selection,
       [&](BufferedChunk& chunk, const Overlap& overlap, const Region& box,
           std::uint64_t offset) -> std::uint64_t {
         copy_region(elements.subspan(static_cast<std::size_t>(offset * size)), box.shape,
                     overlap.in_region, chunk.elements, metadata.chunk_shape, overlap.in_chunk,
                     size);
         return 0;
       });
}

void BufferedArray::write_objects(std::span<const Region> selection,
                                  std::span<const Json> objects) {
  const ArrayMetadata& metadata = array_.metadata();
  if (!metadata.is_object) refuse("the dataset has elements of fixed size, not values");
  std::uint64_t needed = 0;
  for (const Region& box : selection)
    needed = checked_add(needed, element_count(box.shape), "the size of a selection");
  if (objects.size() != needed)
    refuse(fmt::format("{} values for a selection of {}", objects.size(), needed));
  fill(selection, [&](BufferedChunk& chunk, const Overlap& overlap, const Region& box,
                      std::uint64_t offset) {
    std::uint64_t more = 0;
    for_each_index(overlap.in_chunk.shape, [&](const Shape& index) {
      const Json& object =
          objects[offset + offset_in(box.shape, {}, index, overlap.in_region.origin)];
      // A value that was there before is counted on: rather too much than too little.
      more += size_in_memory(object) - kObjectSize;
      chunk.objects[offset_in(metadata.chunk_shape, {}, index, overlap.in_chunk.origin)] = object;
    });
    return more;
  });
}

ArrayMetadata BufferedArray::grown() const {
  ArrayMetadata metadata = array_.metadata();
  metadata.shape = shape_;
  return metadata;
}

void BufferedArray::publish() {
  if (shape_ != array_.shape()) array_.resize(shape_);
}

}  // namespace engram::zarr
