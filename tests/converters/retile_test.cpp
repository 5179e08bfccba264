#include "converters/retile.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <random>

#include "engram/array/chunk_grid.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/pipeline.hpp"
#include "testing/expect_error.hpp"

namespace engram::converter {
namespace {

using testing::expect_error;

constexpr std::uint64_t kSize = 2;

// Numbers that tell their place, big-endian in the chunks; chunks whose number is in `missing` are
// not there and read as the fill value.
class NumberedArray final : public ArraySource, private EncodedChunks {
 public:
  NumberedArray(const Shape& shape, const Shape& chunk_shape, bool is_encoded,
                const std::vector<std::uint64_t>& missing = {})
      : info_{DataType::integer(2, ByteOrder::big), shape, chunk_shape,
              Bytes{std::byte{0x12}, std::byte{0x34}}},
        is_encoded_(is_encoded),
        values_(element_count(shape) * kSize) {
    for (std::uint64_t i = 0; i < element_count(shape); ++i) put(i, i * 7 + 1);
    if (chunk_shape.empty()) return;
    const ChunkGrid grid(shape, chunk_shape);
    for (const std::uint64_t number : missing) {
      const Bytes fill{std::byte{0x34}, std::byte{0x12}};
      fill_region(values_, shape, grid.region(grid.place(number)), fill);
    }
    for (std::uint64_t number = 0; number < grid.chunk_count(); ++number) {
      if (std::find(missing.begin(), missing.end(), number) != missing.end()) continue;
      const Region region = grid.region(grid.place(number));
      Bytes chunk(element_count(chunk_shape) * kSize);
      copy_region(values_, shape, region, chunk, chunk_shape,
                  {Shape(shape.size(), 0), region.shape}, kSize);
      make_little_endian(info_.type, chunk);  // Swaps: now they are big-endian.
      chunks_[number] = codec::Pipeline(codecs_).encode(chunk, kSize);
    }
  }

  const ArrayInfo& info() const override { return info_; }

  void read(const Region& region, std::span<std::byte> out) const override {
    if (stop_at && region.origin[0] >= *stop_at) throw Error(ErrorCode::io_error, "planted");
    copy_region(values_, info_.shape, region, out, region.shape,
                {Shape(region.shape.size(), 0), region.shape}, kSize);
    elements_read += element_count(region.shape);
  }

  const EncodedChunks* encoded() const override { return is_encoded_ ? this : nullptr; }

  const Bytes& values() const { return values_; }

  mutable std::atomic<std::uint64_t> chunks_read = 0, elements_read = 0;
  std::optional<std::uint64_t> stop_at;

 private:
  void put(std::uint64_t place, std::uint64_t value) {
    values_[place * 2] = static_cast<std::byte>(value & 0xFFU);
    values_[place * 2 + 1] = static_cast<std::byte>(value >> 8U & 0xFFU);
  }

  const std::vector<CodecConfig>& codecs() const override { return codecs_; }
  std::vector<EncodedChunk> chunks() const override {
    std::vector<EncodedChunk> list;
    for (const auto& [number, bytes] : chunks_) list.push_back({number, bytes.size()});
    std::reverse(list.begin(), list.end());  // In no order.
    return list;
  }
  std::uint32_t read(const EncodedChunk& chunk, std::span<std::byte> out) const override {
    ++chunks_read;
    const Bytes& bytes = chunks_.at(chunk.number);
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return 0;
  }

  const ArrayInfo info_;
  const bool is_encoded_;
  const std::vector<CodecConfig> codecs_{{"zlib", {{"level", 1}}}};
  Bytes values_;
  std::map<std::uint64_t, Bytes> chunks_;
};

// The values that come of the chunks that are given; each chunk once and of the right size.
Bytes copied(const NumberedArray& source, const Bands& bands, std::uint64_t memory = 1U << 20) {
  const Shape& shape = source.info().shape;
  const ChunkGrid grid(shape, bands.chunk_shape);
  Bytes values(source.values().size());
  std::map<std::uint64_t, int> seen;
  std::mutex mutex;
  ThreadPool pool(3);
  MemoryBudget budget(memory);
  copy_bands(source, bands, {},
             [&](std::uint64_t number, std::span<std::byte> chunk, std::uint64_t size) {
               EXPECT_GE(chunk.size(), element_count(bands.chunk_shape) * kSize);
               const BytesView elements = chunk.first(size);
               const Region region = grid.region(grid.place(number));
               EXPECT_EQ(elements.size(), element_count(region.shape) * kSize);
               const std::scoped_lock lock(mutex);
               ++seen[number];
               copy_region(elements, region.shape, {Shape(shape.size(), 0), region.shape}, values,
                           shape, region, kSize);
             },
             pool, budget, {});
  EXPECT_EQ(seen.size(), grid.chunk_count());
  for (const auto& [number, times] : seen) EXPECT_EQ(times, 1) << number;
  EXPECT_EQ(budget.used(), 0U);
  return values;
}

TEST(RetileTest, GivesAllValuesWhateverTheShapes) {
  std::mt19937 random(5);
  const auto below = [&](std::uint64_t most) { return random() % most + 1; };
  for (int i = 0; i < 300; ++i) {
    const std::size_t rank = below(4);
    Shape shape(rank), source_chunk(rank), chunk(rank);
    for (std::size_t d = 0; d < rank; ++d) {
      shape[d] = below(rank < 3 ? 60 : 14);
      source_chunk[d] = below(shape[d] + 3);
      chunk[d] = below(shape[d]);
    }
    const bool is_chunked = below(4) > 1, is_encoded = is_chunked && below(3) > 1;
    std::vector<std::uint64_t> missing;
    if (is_chunked) {
      const std::uint64_t count = ChunkGrid(shape, source_chunk).chunk_count();
      for (std::uint64_t n = 0; n < count; ++n)
        if (below(3) == 1) missing.push_back(n);
    }
    const NumberedArray source(shape, is_chunked ? source_chunk : Shape(), is_encoded, missing);
    for (const std::uint64_t memory : {300U, 2000U, 1U << 20}) {
      const auto bands = plan_bands(source.info(), chunk, memory);
      if (!bands) continue;
      SCOPED_TRACE(to_string(shape) + to_string(source.info().chunk_shape) + to_string(chunk) +
                   std::to_string(memory));
      EXPECT_LE(bands->bytes, memory);
      EXPECT_EQ(bands->rows % chunk[0], 0U);
      ASSERT_TRUE(copied(source, *bands) == source.values());
    }
  }
}

TEST(RetileTest, ReadsEachChunkOnce) {
  const NumberedArray source({100, 90}, {7, 11}, true);
  const auto bands = plan_bands(source.info(), {30, 20}, 120 * 100 * kSize);
  ASSERT_TRUE(bands);
  EXPECT_EQ(bands->columns, 90U);
  EXPECT_TRUE(copied(source, *bands) == source.values());
  EXPECT_EQ(source.chunks_read, 15U * 9U);
  EXPECT_EQ(source.elements_read, 0U);
}

TEST(RetileTest, PartsEndWhereChunksOfBothDo) {
  const NumberedArray source({100, 90}, {7, 10}, true);
  const auto bands = plan_bands(source.info(), {30, 15}, (30 + 30) * 75 * kSize);
  ASSERT_TRUE(bands);
  EXPECT_EQ(bands->columns, 60U);
  EXPECT_TRUE(copied(source, *bands) == source.values());
  EXPECT_EQ(source.chunks_read, 15U * 9U) << "none twice";
}

TEST(RetileTest, ReadsWhatHasNoChunksOnce) {
  const NumberedArray source({1000, 64}, {}, false);
  const auto bands = plan_bands(source.info(), {100, 16}, 150 * 64 * kSize);
  ASSERT_TRUE(bands);
  EXPECT_EQ(bands->rows, 100U);
  EXPECT_TRUE(copied(source, *bands) == source.values());
  EXPECT_EQ(source.elements_read, 64'000U);
}

TEST(RetileTest, LeavesAloneWhatNeedsNoBands) {
  const auto bands = [](const Shape& shape, const Shape& source_chunk, const Shape& chunk,
                        std::uint64_t memory = 1U << 20) {
    return plan_bands(NumberedArray(shape, source_chunk, true).info(), chunk, memory).has_value();
  };
  EXPECT_FALSE(bands({}, {}, {}));
  EXPECT_FALSE(bands({0, 3}, {1, 1}, {1, 3}));
  EXPECT_FALSE(bands({10, 3}, {5, 3}, {5, 3})) << "the same chunks";
  EXPECT_FALSE(bands({10, 3}, {}, {5, 3})) << "runs";
  EXPECT_TRUE(bands({10, 3}, {}, {5, 2}));
  EXPECT_TRUE(bands({10}, {3}, {4}));
  EXPECT_FALSE(bands({10}, {3}, {4}, 15)) << "2 chunks, of 4 elements of 2 bytes";
  EXPECT_TRUE(bands({10}, {3}, {4}, 16));
  EXPECT_FALSE(bands({10, 9}, {3, 3}, {4, 2}, 31)) << "2 rows of chunks of 2 columns";
  EXPECT_TRUE(bands({10, 9}, {3, 3}, {4, 2}, 32));
}

TEST(RetileTest, FailuresAndStopsEndIt) {
  NumberedArray source({1000, 64}, {}, false);
  const auto bands = plan_bands(source.info(), {100, 16}, 150 * 64 * kSize);
  ASSERT_TRUE(bands);
  ThreadPool pool(2);
  MemoryBudget budget(1U << 20);
  std::stop_source stop;
  std::atomic<int> taken = 0;
  expect_error(ErrorCode::cancelled, "", [&] {
    copy_bands(
        source, *bands, {},
        [&](std::uint64_t, std::span<std::byte>, std::uint64_t) {
          if (++taken == 3) stop.request_stop();
        },
        pool, budget, stop.get_token());
  });
  EXPECT_LT(taken, 40);
  source.stop_at = 500;
  expect_error(ErrorCode::io_error, "planted", [&] {
    copy_bands(source, *bands, {}, [](std::uint64_t, std::span<std::byte>, std::uint64_t) {}, pool,
               budget, {});
  });
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace engram::converter
