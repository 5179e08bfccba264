#include "converters/array_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>

#include "base/thread_buffer.hpp"
#include "engram/base/error.hpp"

namespace engram::converter {

void name_path(Error& error, const std::string& path) {
  if (std::string_view(error.what()).find(path) == std::string_view::npos) error.at(path);
}

ArrayCopy::ArrayCopy(const PlannedDataset& planned, backend::Writer& writer)
    : planned_(planned),
      source_(*planned.dataset->array()),
      grid_(planned.array.info.shape, planned.array.info.chunk_shape),
      chunk_bytes_(chunk_bytes(planned.array.info)) {
  const auto& array = planned.array;
  const bool copied = array.action == Action::copy;
  if (copied) {
    route_ = Route::copy;
  } else if (!planned.fast_paths) {
    route_ = Route::read;
  } else if (const auto* encoded = source_.encoded();
             encoded != nullptr && source_.info().chunk_shape == array.info.chunk_shape &&
             all_known(encoded->codecs())) {
    route_ = Route::decode;
    decoder_.emplace(codec::Pipeline::decoder(encoded->codecs()));
  }
  sink_ = writer.create_array(array.path, *planned.dataset,
                              {array.info, array.codecs, planned.source_codecs, copied,
                               array.shard_shape, array.contiguous});
}

ArrayCopy::Chunks ArrayCopy::chunks() const {
  Chunks chunks;
  if (route_ == Route::read) {
    chunks.count_ = source_.is_stored() ? grid_.chunk_count() : 0;
    if (sink_->has_shards()) sort_by_shard(chunks);
    return chunks;
  }
  chunks.listed_ = source_.encoded()->chunks();
  if (chunks.listed_->size() > grid_.chunk_count()) {
    throw Error(ErrorCode::corrupt_data, fmt::format("{} chunks are stored, and the array has {}",
                                                     chunks.listed_->size(), grid_.chunk_count()));
  }
  for (const auto& chunk : *chunks.listed_) {
    if (chunk.number < grid_.chunk_count()) continue;
    throw Error(ErrorCode::corrupt_data,
                fmt::format("chunk number {} is stored, and the array has {} chunks", chunk.number,
                            grid_.chunk_count()));
  }
  if (sink_->has_shards()) sort_by_shard(chunks);
  return chunks;
}

void ArrayCopy::sort_by_shard(Chunks& chunks) const {
  struct Placed {
    std::uint64_t shard;
    EncodedChunk chunk;
  };
  std::vector<Placed> placed(chunks.count());
  for (std::uint64_t i = 0; i < placed.size(); ++i)
    placed[i] = {sink_->shard_of(chunks[i].number), chunks[i]};
  std::sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) {
    return std::tie(a.shard, a.chunk.number) < std::tie(b.shard, b.chunk.number);
  });
  chunks.listed_.emplace();
  for (const Placed& each : placed) {
    chunks.listed_->push_back(each.chunk);
    chunks.shards_.push_back(each.shard);
  }
}

void ArrayCopy::copy_chunks(const Chunks& chunks, std::uint64_t first, std::uint64_t last,
                            ProgressMeter& progress, const std::stop_token& stop) {
  for (std::uint64_t i = first; i < last; ++i) {
    if (stop.stop_requested()) return;
    copy_chunk(chunks[i], progress);
    if (i + 1 == last || chunks.shard(i + 1) != chunks.shard(i))
      sink_->finish_shard(chunks.shard(i));
  }
}

std::uint64_t ArrayCopy::cost(const EncodedChunk& chunk) const noexcept {
  // Copied: the chunk, and once more where a head goes in front. Decoded or read: elements, the
  // same cut or padded, what comes out of the codec, and half for the codec's own use.
  const auto elements = chunk_bytes_ + chunk_bytes_ / 2;
  return route_ == Route::copy ? 2 * chunk.size + 4096 : chunk.size + 2 * elements + 4096;
}

void ArrayCopy::copy_chunk(const EncodedChunk& chunk, ProgressMeter& progress) {
  if (sink_->take_over(chunk.number)) {
    tell(chunk.number, progress);
    return;
  }
  ThreadBuffer buffer;
  auto& bytes = buffer.bytes();
  if (route_ == Route::copy) {
    bytes.resize(chunk.size);
    const auto mask = source_.encoded()->read(chunk, bytes);
    sink_->write_encoded(chunk.number, mask, bytes);
  } else if (route_ == Route::decode) {
    decode_chunk(chunk, bytes);
  } else {
    read_chunk(chunk, bytes);
  }
  tell(chunk.number, progress);
}

void ArrayCopy::tell(std::uint64_t number, ProgressMeter& progress) {
  const auto size =
      element_count(grid_.region(grid_.place(number)).shape) * planned_.array.info.type.size;
  bytes_done_.fetch_add(size, std::memory_order_relaxed);
  chunks_done_.fetch_add(1, std::memory_order_relaxed);
  progress.add(size, 1, 0, planned_.array.path);
}

std::optional<Bands> ArrayCopy::bands(std::uint64_t memory) const {
  if (route_ != Route::read || !source_.is_stored() || !planned_.fast_paths) return std::nullopt;
  // Chunks of a shard come one after another, of one thread.
  if (sink_->has_shards()) return std::nullopt;
  return plan_bands(source_.info(), grid_.chunk_shape(), memory);
}

void ArrayCopy::copy_all(const Bands& bands, ThreadPool& pool, MemoryBudget& budget,
                         ProgressMeter& progress, std::stop_token stop) {
  std::vector<bool> there;
  for (std::uint64_t number = 0; number < grid_.chunk_count(); ++number) {
    there.push_back(sink_->take_over(number));
    if (there.back()) tell(number, progress);
  }
  const auto is_wanted = [&](std::uint64_t number) { return !there[number]; };
  const auto take = [&](std::uint64_t number, std::span<std::byte> memory, std::uint64_t size) {
    sink_->write_in(number, memory, size);
    tell(number, progress);
  };
  copy_bands(source_, bands, is_wanted, take, pool, budget, std::move(stop));
}

void ArrayCopy::decode_chunk(const EncodedChunk& chunk, Bytes& buffer) {
  buffer.resize(chunk.size);
  const auto mask = source_.encoded()->read(chunk, buffer);
  auto elements = decoder_->decode(buffer, chunk_bytes_, mask);
  make_little_endian(source_.info().type, elements);
  const auto region = grid_.region(grid_.place(chunk.number));
  const auto& full = grid_.chunk_shape();
  if (region.shape == full) {
    sink_->write(chunk.number, elements);
    return;
  }
  const auto size = planned_.array.info.type.size;
  const Region part{Shape(full.size(), 0), region.shape};
  buffer.resize(element_count(region.shape) * size);
  copy_region(elements, full, part, buffer, region.shape, part, size);
  Bytes().swap(elements);
  sink_->write(chunk.number, buffer);
}

void ArrayCopy::read_chunk(const EncodedChunk& chunk, Bytes& buffer) {
  const auto region = grid_.region(grid_.place(chunk.number));
  buffer.resize(element_count(region.shape) * planned_.array.info.type.size);
  source_.read(region, buffer);
  sink_->write(chunk.number, buffer);
}

void ArrayCopy::finish(ProgressMeter& progress) {
  const auto& array = planned_.array;
  const auto chunks = std::min(chunks_done_.load(), array.chunks);
  const auto bytes = std::min(bytes_done_.load(), array.bytes);
  progress.add(array.bytes - bytes, array.chunks - chunks, 1, array.path);
}

}  // namespace engram::converter
