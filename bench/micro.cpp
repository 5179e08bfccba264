// Codecs and arrays alone, in memory, by Google Benchmark: bytes a second are those of the
// elements.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engram/array/region.hpp"
#include "engram/base/buffer.hpp"
#include "engram/codec/pipeline.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/zarr/array.hpp"

namespace {

using namespace engram;

const Shape kChunk = {13'020, 64};  // Of int16, 1.7 MB, as bench/convert has them.
constexpr std::uint64_t kElement = 2;

// Noise over a slow wave, as of electrophysiology.
Bytes recording(std::uint64_t rows, std::uint64_t channels) {
  std::mt19937 random(42);
  std::normal_distribution<double> noise(0, 6);
  std::vector<std::int16_t> values;
  values.reserve(rows * channels);
  for (std::uint64_t i = 0; i < rows; ++i) {
    const double wave = 60 * std::sin(static_cast<double>(i) / 700);
    for (std::uint64_t j = 0; j < channels; ++j)
      values.push_back(static_cast<std::int16_t>(wave + noise(random)));
  }
  const BytesView bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

const Bytes& chunk() {
  static const Bytes made = recording(kChunk[0], kChunk[1]);
  return made;
}

codec::Pipeline pipeline_of(const std::string& text) {
  const auto config = codec::parse_codec(text);
  return codec::Pipeline(config ? std::vector<CodecConfig>{*config} : std::vector<CodecConfig>());
}

void count_bytes(benchmark::State& state, std::uint64_t size) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

void encode(benchmark::State& state, const std::string& name) {
  const codec::Pipeline pipeline = pipeline_of(name);
  for (auto _ : state) benchmark::DoNotOptimize(pipeline.encode(chunk(), kElement));
  count_bytes(state, chunk().size());
}

void decode(benchmark::State& state, const std::string& name) {
  const codec::Pipeline pipeline = pipeline_of(name);
  const Bytes stored = pipeline.encode(chunk(), kElement);
  Buffer out(chunk().size());
  for (auto _ : state) pipeline.decode(stored, out.bytes());
  count_bytes(state, chunk().size());
}

// 10 ms of 30 kHz in the middle of a chunk.
void decode_part(benchmark::State& state, const std::string& name) {
  const codec::Pipeline pipeline = pipeline_of(name);
  const Bytes stored = pipeline.encode(chunk(), kElement);
  Buffer out(300 * kChunk[1] * kElement);
  for (auto _ : state)
    pipeline.decode_part(stored, chunk().size(), chunk().size() / 2, out.bytes());
  count_bytes(state, out.size());
}

// A chunk to its place among others of an array of 384 channels.
void copy_chunk(benchmark::State& state) {
  const Shape whole = {kChunk[0], 384};
  Buffer out(element_count(whole) * kElement);
  const Region to{{0, 128}, kChunk};
  for (auto _ : state)
    copy_region(chunk(), kChunk, Region::all(kChunk), out.bytes(), whole, to, kElement);
  count_bytes(state, chunk().size());
}

void copy_channel(benchmark::State& state) {
  const Shape column = {kChunk[0], 1};
  Buffer out(element_count(column) * kElement);
  for (auto _ : state)
    copy_region(chunk(), kChunk, {{0, 7}, column}, out.bytes(), column, Region::all(column),
                kElement);
  count_bytes(state, out.size());
}

zarr::Array array_of(const std::string& name) {
  zarr::ArrayOptions options;
  options.type = DataType::integer(2);
  options.shape = {4 * kChunk[0], 384};
  options.chunk_shape = kChunk;
  options.compressor = codec::parse_codec(name);
  return zarr::Array::create(std::make_shared<store::MemoryStore>(), "a", options);
}

void read_array(benchmark::State& state, const std::string& name, const Region& region) {
  zarr::Array array = array_of(name);
  array.write(Region::all(array.shape()), recording(array.shape()[0], array.shape()[1]));
  Buffer out(element_count(region.shape) * kElement);
  for (auto _ : state) array.read(region, out.bytes());
  count_bytes(state, out.size());
}

void write_array(benchmark::State& state, const std::string& name) {
  zarr::Array array = array_of(name);
  const Region all = Region::all(array.shape());
  const Bytes values = recording(array.shape()[0], array.shape()[1]);
  for (auto _ : state) array.write(all, values);
  count_bytes(state, values.size());
}

void add_all() {
  for (const std::string name :
       {"zlib:4", "gzip:4", "zstd:3", "lz4", "bz2:5", "blosc:lz4:5:shuffle",
        "blosc:zstd:5:bitshuffle", "blosc:zlib:4:shuffle"}) {
    benchmark::RegisterBenchmark(("encode/" + name).c_str(), encode, name);
    benchmark::RegisterBenchmark(("decode/" + name).c_str(), decode, name);
  }
  for (const std::string name : {"none", "blosc:lz4:5:shuffle", "blosc:zstd:5:bitshuffle"})
    benchmark::RegisterBenchmark(("decode_part/" + name).c_str(), decode_part, name);
  benchmark::RegisterBenchmark("copy_region/chunk", copy_chunk);
  benchmark::RegisterBenchmark("copy_region/channel", copy_channel);
  for (const std::string name : {"none", "zlib:4", "blosc:lz4:5:shuffle"}) {
    const Shape shape = {4 * kChunk[0], 384};
    benchmark::RegisterBenchmark(("read/all/" + name).c_str(), read_array, name,
                                 Region::all(shape));
    benchmark::RegisterBenchmark(("read/window/" + name).c_str(), read_array, name,
                                 Region{{7'000, 0}, {300, 384}});
    benchmark::RegisterBenchmark(("read/channel/" + name).c_str(), read_array, name,
                                 Region{{0, 100}, {shape[0], 1}});
    benchmark::RegisterBenchmark(("write/all/" + name).c_str(), write_array, name);
  }
}

}  // namespace

int main(int count, char** words) {
  add_all();
  benchmark::Initialize(&count, words);
  if (benchmark::ReportUnrecognizedArguments(count, words)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
