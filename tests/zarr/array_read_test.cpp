// That reading a part of an array takes no more of its chunks than it must, and gives the same.
#include <gtest/gtest.h>

#include <atomic>
#include <random>

#include "engram/base/error.hpp"
#include "engram/base/thread_pool.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/zarr/array.hpp"
#include "testing/expect_error.hpp"

namespace engram::zarr {
namespace {

// Counts what is taken out of another store.
class MeteredStore final : public store::ReadableStore {
 public:
  explicit MeteredStore(const store::ReadableStore& behind) : behind_(behind) {}

  std::optional<Bytes> get(const store::Key& key, std::uint64_t max_size) const override {
    return count(behind_.get(key, max_size));
  }
  std::optional<Bytes> get_range(const store::Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override {
    return count(behind_.get_range(key, offset, size));
  }
  std::optional<std::uint64_t> size(const store::Key& key) const override {
    return behind_.size(key);
  }
  store::Listing list_dir(const std::string& prefix) const override {
    return behind_.list_dir(prefix);
  }
  std::string name() const override { return behind_.name(); }

  std::uint64_t taken() const noexcept { return taken_; }

 private:
  std::optional<Bytes> count(std::optional<Bytes> value) const {
    if (value) taken_ += value->size();
    return value;
  }

  const store::ReadableStore& behind_;
  mutable std::atomic<std::uint64_t> taken_{0};
};

class ZarrArrayRead : public ::testing::Test {
 protected:
  // 1000 x 300 of int16 from 0 on, in chunks of 400 x 128; a chunk has 102,400 bytes.
  Array make(const std::optional<CodecConfig>& compressor, bool fortran_order = false,
             ByteOrder order = ByteOrder::little) {
    ArrayOptions options;
    options.type = DataType::integer(2, order);
    options.shape = kShape;
    options.chunk_shape = {400, 128};
    options.compressor = compressor;
    if (fortran_order) options.order = Order::fortran(kShape.size());
    Array array = Array::create(store_, "a", options, IfExists::replace);
    std::vector<std::int16_t> values(kShape[0] * kShape[1]);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int16_t>(i * 7);
    array.write<std::int16_t>(Region::all(kShape), values);
    return array;
  }

  static std::vector<std::int16_t> expected(const Region& region) {
    std::vector<std::int16_t> values;
    for (std::uint64_t i = 0; i < region.shape[0]; ++i)
      for (std::uint64_t j = 0; j < region.shape[1]; ++j)
        values.push_back(static_cast<std::int16_t>(
            ((region.origin[0] + i) * kShape[1] + region.origin[1] + j) * 7));
    return values;
  }

  inline static const Shape kShape = {1000, 300};
  std::shared_ptr<store::MemoryStore> store_ = std::make_shared<store::MemoryStore>();
};

TEST_F(ZarrArrayRead, GivesTheSameOfEveryPart) {
  std::mt19937 random(5);
  ThreadPool pool(2);
  const CodecConfig blosc{"blosc", {{"cname", "lz4"}, {"blocksize", 4096}}};
  const CodecConfig zlib{"zlib", {{"level", 1}}};
  for (const std::optional<CodecConfig>& compressor :
       {std::optional<CodecConfig>(), {blosc}, {zlib}})
    for (const bool fortran_order : {false, true})
      for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
        Array array = make(compressor, fortran_order, order);
        for (int i = 0; i < 80; ++i) {
          array.set_check_parts(i % 3 != 0);
          Region region;
          for (const std::uint64_t length : kShape) {
            // Often the whole of a dimension, or a single one: what is one run of bytes.
            const auto kind = random() % 4;
            const std::uint64_t from = kind == 0 ? 0 : random() % length;
            const std::uint64_t most = length - from;
            region.origin.push_back(from);
            region.shape.push_back(kind == 0 ? most : kind == 1 ? 1 : 1 + random() % most);
          }
          EXPECT_EQ(array.read<std::int16_t>(region, {.pool = i % 2 == 0 ? &pool : nullptr}),
                    expected(region))
              << to_string(region.origin) << to_string(region.shape);
        }
      }
}

TEST_F(ZarrArrayRead, LooksAtChecksumsOfPartsUnlessToldNotTo) {
  ArrayOptions options;
  options.type = DataType::integer(2);
  options.shape = options.chunk_shape = {1'000'000};
  options.compressor = CodecConfig{"zlib", {{"level", 1}}};
  Array array = Array::create(store_, "long", options);
  std::vector<std::int16_t> values(1'000'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int16_t>(i * i / 7);
  array.write<std::int16_t>({{0}, {1'000'000}}, values);
  const store::Key key("long/0");
  Bytes damaged = *store_->get(key, 1U << 30U);
  damaged.back() ^= std::byte{1};
  store_->set(key, damaged);
  const Region part{{300'000}, {1000}};
  EXPECT_TRUE(array.check_parts());
  testing::expect_error(ErrorCode::corrupt_data, "long/0", [&] { array.read<std::int16_t>(part); });
  array.set_check_parts(false);
  EXPECT_EQ(array.read<std::int16_t>(part),
            std::vector<std::int16_t>(values.begin() + 300'000, values.begin() + 301'000));
  testing::expect_error(ErrorCode::corrupt_data, "long/0", [&] {
    array.read<std::int16_t>({{0}, {1'000'000}});
  });
}

TEST_F(ZarrArrayRead, TakesOnlyThePartOfAChunkWithoutCodecs) {
  make(std::nullopt);
  const auto metered = std::make_shared<MeteredStore>(*store_);
  const Array array = Array::open(metered, "a");
  const std::uint64_t before = metered->taken();
  const Region rows{{10, 0}, {3, 128}};
  EXPECT_EQ(array.read<std::int16_t>(rows), expected(rows));
  EXPECT_EQ(metered->taken() - before, 3 * 128 * 2U);
}

TEST_F(ZarrArrayRead, NamesTheChunkThatEndsBeforeThePart) {
  const Array array = make(std::nullopt);
  store_->set(store::Key("a/0.0"), Bytes(1000));
  testing::expect_error(ErrorCode::corrupt_data, "a/0.0", [&] {
    array.read<std::int16_t>({{10, 0}, {3, 128}});
  });
  testing::expect_error(ErrorCode::corrupt_data, "expected 102400", [&] {
    array.read<std::int16_t>({{2, 0}, {3, 128}});
  });
  store_->erase(store::Key("a/0.0"));
  EXPECT_EQ(array.read<std::int16_t>({{10, 5}, {1, 2}}), (std::vector<std::int16_t>{0, 0}));
}

TEST_F(ZarrArrayRead, DecodesAChunkOnceForManyRegions) {
  make(std::nullopt);
  const auto metered = std::make_shared<MeteredStore>(*store_);
  const Array array = Array::open(metered, "a");
  ThreadPool pool(2);
  std::vector<Region> regions;
  for (std::uint64_t row = 0; row < 390; row += 10) regions.push_back({{row, 3}, {20, 200}});
  regions.push_back({{0, 0}, {0, 0}});
  regions.push_back({{999, 299}, {1, 1}});
  std::vector<std::vector<std::int16_t>> values;
  std::vector<RegionBuffer> parts;
  for (const Region& region : regions) {
    values.emplace_back(element_count(region.shape));
    parts.push_back({region, std::as_writable_bytes(std::span(values.back()))});
  }
  const std::uint64_t before = metered->taken();
  array.read(parts, {.pool = &pool});
  for (std::size_t i = 0; i < regions.size(); ++i) EXPECT_EQ(values[i], expected(regions[i])) << i;
  // Four chunks of 102,400 bytes, of which the lower two and the last hardly at all.
  EXPECT_LT(metered->taken() - before, 5 * 102'400U);

  store_->erase(store::Key("a/0.0"));
  array.read(parts);
  EXPECT_EQ(values[3][0], 0) << "the fill value";
  EXPECT_EQ(values[3][199], expected(regions[3])[199]);

  std::vector<std::int16_t> small(3);
  const RegionBuffer wrong{{{0, 0}, {2, 2}}, std::as_writable_bytes(std::span(small))};
  testing::expect_error(ErrorCode::invalid_argument, "6 bytes for a region of 8",
                        [&] { array.read(std::span(&wrong, 1)); });
}

TEST_F(ZarrArrayRead, KeepsChunksThatAreAskedForAgain) {
  const CodecConfig zlib{"zlib", {{"level", 1}}};
  make(zlib);
  const auto metered = std::make_shared<MeteredStore>(*store_);
  Array array = Array::open(metered, "a");
  array.cache_chunks(250'000);  // Two of them.
  const Region first{{5, 5}, {2, 2}}, second{{500, 5}, {2, 2}}, third{{900, 5}, {2, 2}};
  const auto cost = [&](const Region& region) {
    const std::uint64_t before = metered->taken();
    EXPECT_EQ(array.read<std::int16_t>(region), expected(region));
    return metered->taken() - before;
  };
  EXPECT_GT(cost(first), 0U);
  EXPECT_EQ(cost(first), 0U);
  EXPECT_GT(cost(second), 0U);
  EXPECT_EQ(cost(first), 0U);
  EXPECT_GT(cost(third), 0U) << "the second, not asked for since, makes room";
  EXPECT_EQ(cost(first), 0U);
  EXPECT_GT(cost(second), 0U);
  array.cache_chunks(0);
  EXPECT_GT(cost(second), 0U);
  array.cache_chunks(1000);
  EXPECT_GT(cost(second), 0U);
  EXPECT_GT(cost(second), 0U) << "larger than the cache";
}

TEST_F(ZarrArrayRead, ForgetsWhatIsWritten) {
  Array array = make(CodecConfig{"zlib", {{"level", 1}}});
  array.cache_chunks(1U << 20U);
  const Region one{{5, 5}, {1, 1}};
  EXPECT_EQ(array.read<std::int16_t>(one), expected(one));
  array.write<std::int16_t>(one, std::vector<std::int16_t>{-3});
  EXPECT_EQ(array.read<std::int16_t>(one), std::vector<std::int16_t>{-3});
  const Region end{{999, 299}, {1, 1}};
  EXPECT_EQ(array.read<std::int16_t>(end), expected(end));
  array.resize({600, 300});
  array.resize(kShape);
  EXPECT_EQ(array.read<std::int16_t>(end), std::vector<std::int16_t>{0});
}

}  // namespace
}  // namespace engram::zarr
