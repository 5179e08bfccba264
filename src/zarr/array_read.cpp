// Reading elements of fixed size.

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/thread_buffer.hpp"
#include "engram/zarr/array.hpp"
#include "zarr/chunk_cache.hpp"
#include "zarr/chunk_source.hpp"
#include "zarr/chunk_walk.hpp"
#include "zarr/documents.hpp"
#include "zarr/fill.hpp"

namespace engram::zarr {
namespace {

// A chunk without codecs is read in part when the rest is worth another way to the store.
constexpr std::uint64_t kWorthARange = 64U << 10U;

// Bytes of a chunk, from the first to the last that is wanted.
struct Part {
  std::size_t offset = 0, size = 0;

  std::size_t end() const noexcept { return offset + size; }
};

// The chunks of an array, decoded in part where that is less work. Threads: may be used by many.
class ChunkReader {
 public:
  using PartCheck = codec::Pipeline::PartCheck;

  ChunkReader(const ArrayMetadata& metadata, const codec::Pipeline& codecs,
              const store::ReadableStore& store, ChunkCache* cache, bool check_parts)
      : metadata_(metadata),
        codecs_(codecs),
        store_(store),
        cache_(cache),
        check_(check_parts ? PartCheck::as_whole : PartCheck::less),
        is_c_order_(metadata.order.is_c()),
        size_(size_of_chunk(metadata)),
        fill_(fill_element(metadata)) {}

  const ArrayMetadata& metadata() const noexcept { return metadata_; }
  bool is_c_order() const noexcept { return is_c_order_; }
  std::size_t size() const noexcept { return static_cast<std::size_t>(size_); }
  BytesView fill() const noexcept { return fill_; }

  // What is held while a chunk is read: as stored, decoded, and once more for the cache.
  std::uint64_t cost() const noexcept { return (cache_ != nullptr ? 3 : 2) * size_; }

  Part part_of(const Region& box) const {
    Shape last = box.shape;
    for (std::uint64_t& length : last) --length;
    const Shape& chunk = metadata_.chunk_shape;
    const std::uint64_t from = offset_in(chunk, metadata_.order, Shape(last.size(), 0), box.origin);
    const std::uint64_t count = offset_in(chunk, metadata_.order, last, box.origin) - from + 1;
    return {static_cast<std::size_t>(from * metadata_.type.size),
            static_cast<std::size_t>(count * metadata_.type.size)};
  }

  // What to ask for instead of `part` where there is room for a whole chunk: all of it, where that
  // is decoded anyway.
  Part with_room(const Part& part) const noexcept {
    return codecs_.decodes_parts(check_) ? part : Part{0, size()};
  }

  // The elements of `part`, little-endian; false when there is no chunk.
  bool read(const store::Key& key, const Part& part, std::span<std::byte> elements) const {
    if (cache_ == nullptr) return decode(key, part, elements);
    std::shared_ptr<const Bytes> chunk = cache_->find(key.str());
    if (chunk == nullptr) {
      const std::uint64_t version = cache_->version();
      Bytes whole(size());
      if (!decode(key, {0, size()}, whole)) return false;
      chunk = cache_->keep(key.str(), std::move(whole), version);
    }
    const auto from = chunk->begin() + static_cast<std::ptrdiff_t>(part.offset);
    std::copy(from, from + static_cast<std::ptrdiff_t>(part.size), elements.begin());
    return true;
  }

 private:
  bool decode(const store::Key& key, const Part& part, std::span<std::byte> elements) const {
    if (codecs_.empty() && size_ >= kWorthARange && part.size <= size_ / 2) {
      if (!read_range(key, part, elements)) return false;
    } else {
      ThreadBuffer buffer;
      Bytes& stored = buffer.bytes();
      if (!store_.get_into(key, codecs_.max_stored_size(size_), stored)) return false;
      codecs_.decode_part(stored, size_, part.offset, elements, check_);
    }
    make_little_endian(metadata_.type, elements);
    return true;
  }

  bool read_range(const store::Key& key, const Part& part, std::span<std::byte> elements) const {
    const auto stored = store_.get_range(key, part.offset, part.size);
    if (!stored) return false;
    if (stored->size() != part.size)
      throw Error(ErrorCode::corrupt_data, fmt::format("chunk ends at {} bytes, expected {}",
                                                       part.offset + stored->size(), size_));
    std::copy(stored->begin(), stored->end(), elements.begin());
    return true;
  }

  const ArrayMetadata& metadata_;
  const codec::Pipeline& codecs_;
  const store::ReadableStore& store_;
  ChunkCache* const cache_;
  const PartCheck check_;
  const bool is_c_order_;
  const std::uint64_t size_;
  const Bytes fill_;
};

// A region on its way into the caller's memory. Threads: different chunks at once.
class RegionReader {
 public:
  RegionReader(const ChunkReader& chunks, const ChunkGrid& grid, const Region& region,
               std::span<std::byte> out)
      : chunks_(chunks), region_(region), out_(out), walk_(grid, region) {}

  const ChunkWalk& walk() const noexcept { return walk_; }

  Part part_of(const Shape& place) const { return chunks_.part_of(walk_.overlap(place).in_chunk); }

  void read(const Shape& place, const store::Key& key) const {
    const Overlap overlap = walk_.overlap(place);
    const Part part = chunks_.part_of(overlap.in_chunk);
    if (const auto target = run_of(overlap, part)) {
      if (!chunks_.read(key, part, *target)) fill(overlap);
      return;
    }
    ThreadBuffer buffer;
    Bytes& chunk = buffer.bytes();
    chunk.resize(chunks_.size());
    const Part held = chunks_.with_room(part);
    if (!chunks_.read(key, held, std::span(chunk).subspan(held.offset, held.size)))
      return fill(overlap);
    take(overlap, chunk);
  }

  // What there is of it in a decoded chunk, or fill values when there is none.
  void take_from(const Shape& place, const Bytes* chunk) const {
    const Overlap overlap = walk_.overlap(place);
    if (chunk == nullptr) return fill(overlap);
    take(overlap, *chunk);
  }

 private:
  // Where a part that is one run of bytes in the chunk and in the result goes.
  std::optional<std::span<std::byte>> run_of(const Overlap& overlap, const Part& part) const {
    const ArrayMetadata& metadata = chunks_.metadata();
    if (!chunks_.is_c_order() || !contiguous_offset(overlap.in_chunk, metadata.chunk_shape))
      return std::nullopt;
    const auto offset = contiguous_offset(overlap.in_region, region_.shape);
    if (!offset) return std::nullopt;
    return out_.subspan(static_cast<std::size_t>(*offset * metadata.type.size), part.size);
  }

  void fill(const Overlap& overlap) const {
    fill_region(out_, region_.shape, overlap.in_region, chunks_.fill());
  }

  void take(const Overlap& overlap, BytesView chunk) const {
    const ArrayMetadata& metadata = chunks_.metadata();
    copy_region(chunk, metadata.chunk_shape, overlap.in_chunk, out_, region_.shape,
                overlap.in_region, metadata.type.size, metadata.order);
  }

  const ChunkReader& chunks_;
  const Region& region_;
  const std::span<std::byte> out_;
  const ChunkWalk walk_;
};

// A chunk, by its number in the grid, and one of the regions that want something of it.
struct Want {
  std::uint64_t chunk;
  std::size_t region;
};

// Decodes a chunk once for all that want a part of it.
void read_for_all(const ChunkReader& chunks, const std::vector<RegionReader>& readers,
                  std::span<const Want> wants, const Shape& place, const store::Key& key) {
  if (wants.size() == 1) return readers[wants.front().region].read(place, key);
  Part all = readers[wants.front().region].part_of(place);
  for (const Want& want : wants) {
    const Part part = readers[want.region].part_of(place);
    const std::size_t end = std::max(all.end(), part.end());
    all.offset = std::min(all.offset, part.offset);
    all.size = end - all.offset;
  }
  all = chunks.with_room(all);
  ThreadBuffer buffer;
  Bytes& chunk = buffer.bytes();
  chunk.resize(chunks.size());
  const bool is_there = chunks.read(key, all, std::span(chunk).subspan(all.offset, all.size));
  for (const Want& want : wants) readers[want.region].take_from(place, is_there ? &chunk : nullptr);
}

}  // namespace

void Array::read(const Region& region, std::span<std::byte> out, const Workers& workers) const {
  check_buffer(region, out.size());
  const ChunkSource source(store_, path_, metadata_);
  const ChunkReader chunks(metadata_, pipeline(), source.reader(), cache_.get(), check_parts_);
  const RegionReader reader(chunks, grid_, region, out);
  run_tasks(workers, reader.walk().count(), chunks.cost(), [&](std::uint64_t i) {
    const Shape place = reader.walk().place(i);
    const store::Key key = chunk_key(place);
    at_key(key.str(), [&] { reader.read(place, key); });
  });
}

void Array::read(std::span<const RegionBuffer> parts, const Workers& workers) const {
  const ChunkSource source(store_, path_, metadata_);
  const ChunkReader chunks(metadata_, pipeline(), source.reader(), cache_.get(), check_parts_);
  std::vector<RegionReader> readers;
  readers.reserve(parts.size());
  std::vector<Want> wants;
  for (const RegionBuffer& part : parts) {
    check_buffer(part.region, part.out.size());
    const RegionReader& reader = readers.emplace_back(chunks, grid_, part.region, part.out);
    for (std::uint64_t i = 0; i < reader.walk().count(); ++i)
      wants.push_back({grid_.number(reader.walk().place(i)), readers.size() - 1});
  }
  std::stable_sort(wants.begin(), wants.end(),
                   [](const Want& a, const Want& b) { return a.chunk < b.chunk; });
  std::vector<std::span<const Want>> tasks;
  for (auto first = wants.begin(); first != wants.end();) {
    const auto end = std::find_if(first, wants.end(),
                                  [&](const Want& want) { return want.chunk != first->chunk; });
    tasks.emplace_back(first, end);
    first = end;
  }
  run_tasks(workers, tasks.size(), chunks.cost(), [&](std::uint64_t i) {
    const Shape place = grid_.place(tasks[i].front().chunk);
    const store::Key key = chunk_key(place);
    at_key(key.str(), [&] { read_for_all(chunks, readers, tasks[i], place, key); });
  });
}

void Array::cache_chunks(std::uint64_t bytes) {
  cache_ = bytes > 0 ? std::make_shared<ChunkCache>(bytes) : nullptr;
}

}  // namespace engram::zarr
