#include "backend/zarr_writer_array.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/thread_buffer.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/registry.hpp"
#include "zarr/chunk_keys.hpp"
#include "zarr/chunk_walk.hpp"
#include "zarr/fill.hpp"

namespace engram::backend {
namespace {

bool is_compressor(const CodecConfig& codec) {
  static constexpr std::array kNames = {"zlib", "gzip",  "zstd",    "lz4",
                                        "bz2",  "blosc", "wavpack", "flac"};
  return std::find(kNames.begin(), kNames.end(), codec.name) != kNames.end() ||
         codec::is_plugin_codec(codec.name);
}

// Whether no dimension but the first ends before the chunk does, so that what is missing is the
// chunk's end.
bool ends_early(const Shape& part, const Shape& chunk) {
  return !chunk.empty() && std::equal(chunk.begin() + 1, chunk.end(), part.begin() + 1);
}

}  // namespace

void make_v3(zarr::ArrayMetadata& metadata) {
  metadata.zarr_format = 3;
  metadata.has_compressor = false;
  metadata.keys_begin_with_c = true;
  metadata.separator = '.';
}

zarr::ArrayMetadata array_metadata(const ArrayPlan& plan, int zarr_format) {
  zarr::ArrayMetadata metadata;
  metadata.type = plan.info.type;
  metadata.shape = plan.info.shape;
  metadata.chunk_shape = plan.info.chunk_shape.empty() ? plan.info.shape : plan.info.chunk_shape;
  if (metadata.shape.empty() && zarr_format == 2) metadata.shape = metadata.chunk_shape = {1};
  for (std::uint64_t& length : metadata.chunk_shape) length = std::max<std::uint64_t>(length, 1);
  // Without a fill value zarr-python makes missing chunks of whatever is in memory.
  metadata.fill_value = plan.info.fill_value
                            ? *plan.info.fill_value
                            : Bytes(static_cast<std::size_t>(metadata.type.size), std::byte{0});
  metadata.codecs = plan.codecs;
  metadata.has_compressor = !plan.codecs.empty() && is_compressor(plan.codecs.back());
  if (zarr_format == 3) make_v3(metadata);
  if (plan.shard_shape.empty()) return metadata;
  for (std::size_t d = 0; d < metadata.chunk_shape.size(); ++d)
    if (zarr_format != 3 || plan.shard_shape.size() != metadata.chunk_shape.size() ||
        plan.shard_shape[d] == 0 || plan.shard_shape[d] % metadata.chunk_shape[d] != 0)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("shards of {} elements can't hold chunks of {}",
                              to_string(plan.shard_shape), to_string(metadata.chunk_shape)));
  metadata.shards.emplace_back().shape = plan.shard_shape;
  return metadata;
}

ZarrArraySink::ZarrArraySink(std::shared_ptr<store::Store> store,
                             std::shared_ptr<Counters> counters, std::string path,
                             zarr::ArrayMetadata metadata, std::optional<codec::Adopter> adopter,
                             bool resume)
    : store_(std::move(store)),
      counters_(std::move(counters)),
      path_(std::move(path)),
      metadata_(std::move(metadata)),
      grid_(metadata_.shape, metadata_.chunk_shape),
      values_(metadata_.shape, zarr::shape_of_values(metadata_)),
      in_shards_(metadata_.shards.empty()
                     ? zarr::ShardPlaces()
                     : zarr::ShardPlaces(metadata_.shards.front(), metadata_.chunk_shape)),
      pipeline_(metadata_.codecs, zarr::elements_of(metadata_)),
      adopter_(std::move(adopter)),
      resume_(resume),
      fill_(zarr::fill_element(metadata_)) {}

store::Key ZarrArraySink::key(std::uint64_t shard) const {
  return store::Key(path_ + "/" + zarr::chunk_key(metadata_, values_.place(shard)));
}

std::uint64_t ZarrArraySink::shard_of(std::uint64_t chunk_number) const {
  if (!has_shards()) return chunk_number;
  return values_.number(in_shards_.find(grid_.place(chunk_number)).shard);
}

bool ZarrArraySink::take_over(std::uint64_t chunk_number) {
  if (!resume_) return false;
  const auto size = store_->size(key(shard_of(chunk_number)));
  if (!size) return false;
  ++counters_->chunks_taken_over;
  if (has_shards()) return true;
  ++counters_->files;
  counters_->bytes += *size;
  return true;
}

void ZarrArraySink::put(std::uint64_t chunk_number, BytesView encoded) {
  if (!has_shards()) {
    store_->set(key(chunk_number), encoded);
    ++counters_->files;
    counters_->bytes += encoded.size();
    return;
  }
  const zarr::ShardPlaces::InShard place = in_shards_.find(grid_.place(chunk_number));
  const std::uint64_t shard = values_.number(place.shard);
  zarr::ShardWriter* writer = nullptr;
  {
    const std::lock_guard lock(mutex_);
    auto& open = open_[shard];
    if (!open)
      open = std::make_unique<zarr::ShardWriter>(*store_, key(shard), metadata_.shards.front(),
                                                 in_shards_.count());
    writer = open.get();
  }
  writer->add(place.number, encoded);
}

void ZarrArraySink::finish_shard(std::uint64_t shard) {
  if (!has_shards()) return;
  std::unique_ptr<zarr::ShardWriter> writer;
  {
    const std::lock_guard lock(mutex_);
    if (auto node = open_.extract(shard)) writer = std::move(node.mapped());
  }
  std::optional<std::uint64_t> size;
  if (writer) {
    size = writer->finish();
  } else if (resume_) {
    size = store_->size(key(shard));
  }
  if (!size) return;
  ++counters_->files;
  counters_->bytes += *size;
}

void ZarrArraySink::write_encoded(std::uint64_t chunk_number, std::uint32_t filter_mask,
                                  Bytes& bytes) {
  if (!adopter_)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("/{} was not planned for chunks that are encoded", path_));
  const codec::Adoption adoption = adopter_->adopt(bytes, filter_mask);
  put(chunk_number, bytes);
  counters_->count(adoption);
}

Region ZarrArraySink::region_of(std::uint64_t chunk_number, std::uint64_t size) const {
  Region region = grid_.region(grid_.place(chunk_number));
  const std::uint64_t expected = element_count(region.shape) * metadata_.type.size;
  if (size == expected) return region;
  throw Error(ErrorCode::invalid_argument, fmt::format("chunk {} of /{} was given {} bytes, not {}",
                                                       chunk_number, path_, size, expected));
}

void ZarrArraySink::write(std::uint64_t chunk_number, BytesView elements) {
  const Region region = region_of(chunk_number, elements.size());
  ++counters_->chunks_recoded;
  if (is_left_out(elements)) return;
  if (region.shape == metadata_.chunk_shape && metadata_.type.is_little_endian())
    return encode(chunk_number, elements);
  ThreadScratch scratch;
  Buffer& memory = scratch.bytes();
  const std::uint64_t size = zarr::size_of_chunk(metadata_);
  if (memory.size() < size) memory = Buffer(size);
  const auto chunk = memory.bytes().first(static_cast<std::size_t>(size));
  fill_chunk(region, elements, chunk);
  encode(chunk_number, chunk);
}

void ZarrArraySink::write_in(std::uint64_t chunk_number, std::span<std::byte> memory,
                             std::uint64_t size) {
  const Region region = region_of(chunk_number, size);
  const std::uint64_t whole = zarr::size_of_chunk(metadata_);
  if (memory.size() < whole || !metadata_.type.is_little_endian() ||
      !ends_early(region.shape, metadata_.chunk_shape))
    return write(chunk_number, memory.first(static_cast<std::size_t>(size)));
  ++counters_->chunks_recoded;
  const auto chunk = memory.first(static_cast<std::size_t>(whole));
  if (is_left_out(chunk.first(static_cast<std::size_t>(size)))) return;
  fill_missing(region, chunk);
  encode(chunk_number, chunk);
}

void ZarrArraySink::encode(std::uint64_t chunk_number, BytesView chunk) {
  ThreadScratch buffer;
  put(chunk_number, pipeline_.encode(chunk, metadata_.type.size, buffer.bytes()));
}

bool ZarrArraySink::is_left_out(BytesView elements) const {
  return metadata_.zarr_format == 3 && zarr::all_are(elements, fill_);
}

// Fill values where the chunk goes beyond the array; perhaps in the place of all others too.
void ZarrArraySink::fill_missing(const Region& region, std::span<std::byte> chunk) const {
  const Shape& shape = metadata_.chunk_shape;
  if (region.shape == shape) return;
  Region missing = Region::all(shape);
  if (ends_early(region.shape, shape)) {
    missing.origin[0] = region.shape[0];
    missing.shape[0] -= region.shape[0];
  }
  fill_region(chunk, shape, missing, fill_);
}

// The elements among fill values, in the array's byte order.
void ZarrArraySink::fill_chunk(const Region& region, BytesView elements,
                               std::span<std::byte> chunk) const {
  fill_missing(region, chunk);
  const Region box = Region::all(region.shape);
  copy_region(elements, region.shape, box, chunk, metadata_.chunk_shape, box, metadata_.type.size);
  make_little_endian(metadata_.type, chunk);  // its own reverse
}

}  // namespace engram::backend
