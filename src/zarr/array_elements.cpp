// Reading and writing elements of fixed size.

#include <fmt/format.h>

#include <algorithm>

#include "base/thread_buffer.hpp"
#include "engram/zarr/array.hpp"
#include "zarr/chunk_cache.hpp"
#include "zarr/chunk_keys.hpp"
#include "zarr/chunk_source.hpp"
#include "zarr/chunk_walk.hpp"
#include "zarr/documents.hpp"
#include "zarr/fill.hpp"
#include "zarr/shard_edit.hpp"

namespace engram::zarr {
namespace {

// Whether the chunk was written or not: what it is now is not known here.
struct Forgetting {
  ChunkCache* cache;
  const std::string& key;

  ~Forgetting() {
    if (cache != nullptr) cache->forget(key);
  }
};

}  // namespace

Bytes fill_element(const ArrayMetadata& metadata) {
  Bytes element(static_cast<std::size_t>(metadata.type.size), std::byte{0});
  if (metadata.fill_value) element = *metadata.fill_value;
  make_little_endian(metadata.type, element);
  return element;
}

bool all_are(BytesView elements, BytesView element) {
  const std::size_t size = element.size();
  return std::equal(element.begin(), element.end(), elements.begin()) &&
         std::equal(elements.begin() + static_cast<std::ptrdiff_t>(size), elements.end(),
                    elements.begin());
}

void detail::refuse_region(std::uint64_t count) {
  throw Error(
      ErrorCode::limit_exceeded,
      fmt::format("a region of {} elements does not fit into memory: read it in parts", count));
}

void Array::check_buffer(const Region& region, std::uint64_t size) const {
  check_inside(region, metadata_.shape);
  if (metadata_.is_object)
    throw Error(ErrorCode::invalid_argument, "an array of objects has no elements as bytes");
  const std::uint64_t needed =
      checked_multiply(element_count(region.shape), metadata_.type.size, "the size of a region");
  if (size != needed)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a buffer of {} bytes for a region of {}", size, needed));
}

Bytes Array::read_bytes(const Region& region, const Workers& workers) const {
  check_inside(region, metadata_.shape);
  auto out = detail::make_values<Bytes>(
      checked_multiply(element_count(region.shape), metadata_.type.size, "the size of a region"));
  read(region, out, workers);
  return out;
}

// Calls `write` for each part of `region` that lies in one shard, with what takes its chunks.
void Array::write_by_shard(const Region& region,
                           const std::function<void(store::Store&, const Region&)>& write) {
  store::Store& store = store_.writer();
  if (metadata_.shards.empty()) return write(store, region);
  const ChunkGrid shards = grid_of_values(metadata_.shape);
  const ChunkWalk walk(shards, region);
  for (std::uint64_t i = 0; i < walk.count(); ++i) {
    Region part = walk.overlap(walk.place(i)).in_region;
    for (std::size_t d = 0; d < part.origin.size(); ++d) part.origin[d] += region.origin[d];
    const auto edit = ShardEdit::of(store, path_, metadata_);
    write(*edit, part);
    edit->commit();
  }
}

void Array::write(const Region& region, BytesView elements, const Workers& workers) {
  check_buffer(region, elements.size());
  (void)pipeline();
  write_by_shard(region, [&](store::Store& store, const Region& part) {
    write_part(store, region, part, elements, workers);
  });
}

// `part` of `region` is all of it that lies in the chunks that it touches.
void Array::write_part(store::Store& store, const Region& region, const Region& part,
                       BytesView elements, const Workers& workers) {
  const codec::Pipeline& codecs = pipeline();
  const std::uint64_t element_size = metadata_.type.size;
  const std::uint64_t chunk_size = size_of_chunk(metadata_);
  const Bytes fill = fill_element(metadata_);
  const ChunkWalk walk(grid_, region), touched(grid_, part);
  const Region whole = Region::all(metadata_.chunk_shape);

  const auto put = [&](const store::Key& key, BytesView chunk) {
    if (!write_empty_chunks_ && metadata_.fill_value && all_are(chunk, fill))
      return store.erase(key);
    ThreadScratch buffer;
    if (metadata_.type.is_little_endian())
      return store.set(key, codecs.encode(chunk, element_size, buffer.bytes()));
    Bytes swapped(chunk.begin(), chunk.end());
    make_little_endian(metadata_.type, swapped);  // Its own reverse: to the order of the chunk.
    store.set(key, codecs.encode(swapped, element_size, buffer.bytes()));
  };
  const auto write_one = [&](const Shape& place, const store::Key& key) {
    const Overlap overlap = walk.overlap(place);
    const bool is_whole = overlap.in_chunk.shape == metadata_.chunk_shape;
    const auto run = is_whole && metadata_.order.is_c()
                         ? contiguous_offset(overlap.in_region, region.shape)
                         : std::nullopt;
    if (run)
      return put(key, elements.subspan(static_cast<std::size_t>(*run * element_size),
                                       static_cast<std::size_t>(chunk_size)));
    Bytes chunk(static_cast<std::size_t>(chunk_size));
    const auto stored = walk.covers(place, overlap)
                            ? std::nullopt
                            : store.get(key, codecs.max_stored_size(chunk_size));
    if (stored) {
      codecs.decode(*stored, chunk);
      make_little_endian(metadata_.type, chunk);
    } else if (!is_whole) {
      fill_region(chunk, metadata_.chunk_shape, whole, fill);
    }
    copy_region(elements, region.shape, overlap.in_region, chunk, metadata_.chunk_shape,
                overlap.in_chunk, element_size, {}, metadata_.order);
    put(key, chunk);
  };
  run_tasks(workers, touched.count(), 3 * chunk_size, [&](std::uint64_t i) {
    const Shape place = touched.place(i);
    const store::Key key = chunk_key(place);
    const Forgetting forgetting{cache_.get(), key.str()};
    at_key(key.str(), [&] { write_one(place, key); });
  });
}

std::optional<std::vector<EncodedChunk>> Array::stored_chunks() const {
  std::vector<EncodedChunk> chunks;
  try {
    const ChunkSource source(store_, path_, metadata_);
    for (const Shape& place : stored_places(source.reader(), path_, chunk_keys())) {
      if (!is_in_grid(place, grid_.grid_shape())) continue;  // Left by an array that was longer.
      if (const auto size = source.reader().size(chunk_key(place)))
        chunks.push_back({grid_.number(place), *size});
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    return std::nullopt;
  }
  std::sort(chunks.begin(), chunks.end(),
            [](const EncodedChunk& a, const EncodedChunk& b) { return a.number < b.number; });
  return chunks;
}

std::shared_ptr<const store::ReadableStore> Array::chunk_store() const {
  if (metadata_.shards.empty()) return store_.shared_reader();
  struct Kept {
    std::shared_ptr<const store::ReadableStore> store;
    std::unique_ptr<const ShardStore> shards;
  };
  auto kept = std::make_shared<Kept>(Kept{store_.shared_reader(), nullptr});
  kept->shards = ShardStore::of(*kept->store, path_, metadata_);
  return {kept, kept->shards.get()};
}

std::uint64_t Array::max_stored_size() const {
  if (metadata_.is_object) return max_stored_objects(limits_);
  return pipeline().max_stored_size(size_of_chunk(metadata_));
}

std::optional<Bytes> Array::read_chunk(const Shape& place) const {
  return ChunkSource(store_, path_, metadata_)
      .reader()
      .get(chunk_key(place), max_stored_objects(limits_));
}

}  // namespace engram::zarr
