#include "zarr/buffered_array.hpp"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <numeric>
#include <random>

#include "engram/base/error.hpp"
#include "engram/store/memory_store.hpp"
#include "testing/expect_error.hpp"
#include "testing/fake_sources.hpp"
#include "testing/faulty_store.hpp"
#include "testing/store_text.hpp"
#include "zarr/trim.hpp"

namespace engram::zarr {
namespace {

using testing::bytes_of;
using testing::expect_error;

constexpr std::uint64_t kNoEnd = UINT64_MAX;
constexpr std::uint64_t kPlenty = 1U << 20U;

/// Memory that counts how often each key was set and read.
class CountingStore final : public store::Store {
 public:
  std::optional<Bytes> get(const store::Key& key, std::uint64_t max_size) const override {
    ++gets_;
    return behind_.get(key, max_size);
  }
  std::optional<Bytes> get_range(const store::Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override {
    return behind_.get_range(key, offset, size);
  }
  std::optional<std::uint64_t> size(const store::Key& key) const override {
    return behind_.size(key);
  }
  store::Listing list_dir(const std::string& prefix) const override {
    return behind_.list_dir(prefix);
  }
  std::string name() const override { return "counting"; }
  void set(const store::Key& key, BytesView value) override {
    {
      const std::lock_guard lock(mutex_);
      ++sets_[key.str()];
    }
    behind_.set(key, value);
  }
  void erase(const store::Key& key) override { behind_.erase(key); }

  std::uint64_t sets(const std::string& key) const {
    const auto found = sets_.find(key);
    return found == sets_.end() ? 0 : found->second;
  }
  std::uint64_t most_sets_of_a_chunk() const {
    std::uint64_t most = 0;
    for (const auto& [key, count] : sets_)
      if (!key.ends_with(".zarray")) most = std::max(most, count);
    return most;
  }
  std::uint64_t gets() const { return gets_; }

 private:
  store::MemoryStore behind_;
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> sets_;
  mutable std::atomic<std::uint64_t> gets_{0};
};

ArrayOptions options_of(DataType type, Shape shape, Shape chunk_shape) {
  ArrayOptions options;
  options.type = std::move(type);
  options.shape = std::move(shape);
  options.chunk_shape = std::move(chunk_shape);
  return options;
}

std::vector<std::int16_t> counting(std::size_t count, int first = 0) {
  std::vector<std::int16_t> values(count);
  std::iota(values.begin(), values.end(), static_cast<std::int16_t>(first));
  return values;
}

void write(BufferedArray& array, const Region& region, const std::vector<std::int16_t>& values) {
  array.write(std::span(&region, 1), std::as_bytes(std::span(values)));
}

std::vector<std::int16_t> stored(const std::shared_ptr<store::Store>& store) {
  const Array array = Array::open(store, "a");
  return array.read<std::int16_t>(Region::all(array.shape()));
}

TEST(BufferedArray, WhatFillsChunksIsEncodedOnce) {
  for (const std::size_t threads : {std::size_t{0}, std::size_t{3}}) {
    std::optional<ThreadPool> pool;
    if (threads > 0) pool.emplace(threads);
    const auto store = std::make_shared<CountingStore>();
    ChunkBuffer buffer(kPlenty, pool ? &*pool : nullptr);
    BufferedArray array(
        buffer, store, Array::create(store, "a", options_of(DataType::integer(2), {0, 6}, {10, 4})),
        {kNoEnd, 6}, true);
    const std::uint64_t gets = store->gets();
    // Rows by threes: none of them ends with a chunk but the last.
    for (std::uint64_t row = 0; row < 60; row += 3)
      write(array, {{row, 0}, {3, 6}}, counting(18, static_cast<int>(row * 6)));
    buffer.write_all();
    EXPECT_EQ(store->gets(), gets) << "what can't be there was looked for";
    array.publish();
    EXPECT_EQ(store->most_sets_of_a_chunk(), 1U);
    EXPECT_EQ(store->sets("a/5.1"), 1U);
    EXPECT_EQ(stored(store), counting(360));
  }
}

TEST(BufferedArray, NothingIsVisibleBeforeItIsPublished) {
  const auto store = std::make_shared<store::MemoryStore>();
  ChunkBuffer buffer(kPlenty, nullptr);
  BufferedArray array(buffer, store,
                      Array::create(store, "a", options_of(DataType::integer(2), {0}, {4})),
                      {kNoEnd}, true);
  write(array, {{0}, {6}}, counting(6));
  EXPECT_EQ(array.shape(), Shape{6});
  EXPECT_TRUE(stored(store).empty());
  buffer.write_all();
  EXPECT_TRUE(stored(store).empty());
  array.publish();
  EXPECT_EQ(stored(store), counting(6));
  // The chunk at the end was written, and goes on to be filled.
  write(array, {{6}, {3}}, counting(3, 6));
  buffer.write_all();
  EXPECT_EQ(stored(store), counting(6));
  array.publish();
  EXPECT_EQ(stored(store), counting(9));
}

TEST(BufferedArray, MistakesAreFoundBeforeAnythingIsDone) {
  const auto store = std::make_shared<store::MemoryStore>();
  ChunkBuffer buffer(kPlenty, nullptr);
  BufferedArray array(buffer, store,
                      Array::create(store, "a", options_of(DataType::integer(2), {0, 3}, {4, 3})),
                      {100, 3}, true);
  struct Mistake {
    std::vector<Region> selection;
    std::size_t bytes;
    ErrorCode code;
    std::string message;
  };
  const std::vector<Mistake> mistakes = {
      {{{{0}, {3}}}, 6, ErrorCode::invalid_argument, "a selection of 1 dimensions"},
      {{{{0, 0, 0}, {1, 1, 1}}}, 2, ErrorCode::invalid_argument, "a selection of 3 dimensions"},
      {{{{0, 0}, {1}}}, 2, ErrorCode::invalid_argument, "for a dataset of 2"},
      {{{{0, 0}, {1, 3}}}, 4, ErrorCode::invalid_argument, "4 bytes for a selection of 6 bytes"},
      {{{{0, 0}, {1, 3}}}, 7, ErrorCode::invalid_argument, "7 bytes for a selection of 6 bytes"},
      {{{{99, 0}, {2, 3}}}, 12, ErrorCode::invalid_argument, "the largest shape"},
      {{{{0, 1}, {1, 3}}}, 6, ErrorCode::invalid_argument, "(100, 3)"},
      {{{{kNoEnd, 0}, {1, 3}}}, 6, ErrorCode::limit_exceeded, "the end of a selection"},
      {{{{0, 0}, {kNoEnd, kNoEnd}}}, 6, ErrorCode::limit_exceeded, ""},
      {{{{0, 0}, {1, 3}}, {{100, 0}, {1, 3}}}, 12, ErrorCode::invalid_argument, "at (100, 0)"},
  };
  for (const Mistake& mistake : mistakes) {
    const Bytes elements(mistake.bytes);
    expect_error(mistake.code, mistake.message, [&] { array.write(mistake.selection, elements); });
    EXPECT_EQ(array.shape(), (Shape{0, 3})) << mistake.message;
  }
  expect_error(ErrorCode::invalid_argument, "/a", [&] { array.write({}, Bytes(1)); });
  const Region box{{0, 0}, {1, 3}};
  expect_error(ErrorCode::invalid_argument, "fixed size", [&] {
    array.write_objects(std::span(&box, 1), std::vector<Json>{1, 2, 3});
  });
}

TEST(BufferedArray, ALengthWithoutReasonIsRefused) {
  const auto store = std::make_shared<store::MemoryStore>();
  ChunkBuffer buffer(kPlenty, nullptr);
  BufferedArray array(buffer, store,
                      Array::create(store, "a", options_of(DataType::integer(2), {0}, {4})),
                      {kNoEnd}, true);
  expect_error(ErrorCode::limit_exceeded, "longer than engram writes", [&] {
    write(array, {{kNoEnd - 2}, {1}}, {1});
  });
  // A long gap is none.
  write(array, {{1ULL << 40U}, {1}}, {7});
  buffer.write_all();
  array.publish();
  EXPECT_EQ(Array::open(store, "a").read<std::int16_t>({{(1ULL << 40U) - 1}, {2}}),
            (std::vector<std::int16_t>{0, 7}));
}

TEST(BufferedArray, AShapeThatItCantGrowTo) {
  const auto store = std::make_shared<store::MemoryStore>();
  ChunkBuffer buffer(kPlenty, nullptr);
  Array array = Array::create(store, "a", options_of(DataType::integer(2), {5}, {4}));
  for (const Shape& max : {Shape{4}, Shape{}, Shape{kNoEnd, 3}})
    expect_error(ErrorCode::invalid_argument, "can't become",
                 [&] { const BufferedArray bad(buffer, store, array, max, false); });
}

TEST(BufferedArray, WhatAKilledWriterLeftIsNotShown) {
  const auto store = std::make_shared<store::MemoryStore>();
  {
    // As if it was killed before it could publish: 12 rows in chunks, 6 of them visible.
    Array made = Array::create(store, "a", options_of(DataType::integer(2), {12, 2}, {4, 2}));
    made.write<std::int16_t>(Region::all({12, 2}), counting(24, 100));
    ArrayMetadata metadata = made.metadata();
    metadata.shape = {6, 2};
    store->set(store::Key("a/.zarray"), as_bytes(to_zarray(metadata)));
  }
  ChunkBuffer buffer(kPlenty, nullptr);
  BufferedArray array(buffer, store, Array::open(store, "a"), {kNoEnd, 2}, false);
  write(array, {{13, 0}, {1, 2}}, {1, 2});  // With a gap over all that was left.
  buffer.write_all();
  array.publish();
  std::vector<std::int16_t> expected(28, 0);
  for (std::size_t i = 0; i < 12; ++i) expected[i] = static_cast<std::int16_t>(100 + i);
  expected[26] = 1;
  expected[27] = 2;
  EXPECT_EQ(stored(store), expected);
}

TEST(Trim, KeepsWhatIsInside) {
  const auto store = std::make_shared<store::MemoryStore>();
  Array array = Array::create(store, "a", options_of(DataType::integer(2), {6, 5}, {4, 3}));
  array.write<std::int16_t>(Region::all({6, 5}), counting(30, 1));
  array.resize({5, 4});
  store->set(store::Key("a/7.0"), as_bytes("whatever"));
  const std::vector<std::size_t> axes = {0, 1};
  trim(store, array, axes);
  EXPECT_FALSE(store->get(store::Key("a/7.0"), kPlenty));
  array.resize({6, 5});
  std::vector<std::int16_t> expected = counting(30, 1);
  for (std::size_t row = 0; row < 6; ++row)
    for (std::size_t column = 0; column < 5; ++column)
      if (row == 5 || column == 4) expected[row * 5 + column] = 0;
  EXPECT_EQ(array.read<std::int16_t>(Region::all({6, 5})), expected);
}

TEST(Trim, LeavesOtherDimensionsAlone) {
  const auto store = std::make_shared<store::MemoryStore>();
  Array array = Array::create(store, "a", options_of(DataType::integer(2), {6, 5}, {4, 3}));
  array.write<std::int16_t>(Region::all({6, 5}), counting(30, 1));
  array.resize({6, 4});
  const std::vector<std::size_t> axes = {0};
  trim(store, array, axes);
  array.resize({6, 5});
  // Chunks that the end of dimension 0 does not cut are not looked at, however many there are.
  std::vector<std::int16_t> expected = counting(30, 1);
  expected[24] = expected[29] = 0;
  EXPECT_EQ(array.read<std::int16_t>(Region::all({6, 5})), expected);
}

TEST(BufferedArray, ObjectsComeByRows) {
  for (const std::uint64_t memory : {std::uint64_t{1}, kPlenty}) {
    const auto store = std::make_shared<store::MemoryStore>();
    ArrayOptions options = options_of({}, {0}, {4});
    options.object_codec = CodecConfig{"vlen-utf8", Json::object()};
    ChunkBuffer buffer(memory, nullptr);
    BufferedArray array(buffer, store, Array::create(store, "a", options), {kNoEnd}, true);
    for (std::uint64_t at = 0; at < 9; at += 3) {
      const Region region{{at}, {3}};
      const std::vector<Json> texts = {"α", std::string(50, 'x'), std::to_string(at)};
      array.write_objects(std::span(&region, 1), texts);
    }
    const Region late{{10}, {1}};
    array.write_objects(std::span(&late, 1), std::vector<Json>{"late"});
    buffer.write_all();
    array.publish();
    const Array read = Array::open(store, "a");
    const std::vector<Json> all = read.read_objects(Region::all({11}));
    EXPECT_EQ(all[3], "α");
    EXPECT_EQ(all[8], "6");
    EXPECT_EQ(all[9], "");
    EXPECT_EQ(all[10], "late");
    // Left-overs of objects go as those of elements do.
    ArrayMetadata metadata = read.metadata();
    metadata.shape = {6};
    store->set(store::Key("a/.zarray"), as_bytes(to_zarray(metadata)));
    const std::vector<std::size_t> axes = {0};
    trim(store, Array::open(store, "a"), axes);
    metadata.shape = {11};
    store->set(store::Key("a/.zarray"), as_bytes(to_zarray(metadata)));
    const std::vector<Json> trimmed = Array::open(store, "a").read_objects(Region::all({11}));
    EXPECT_EQ(trimmed[5], "3");
    EXPECT_EQ(trimmed[6], "");
    EXPECT_EQ(trimmed[10], "");
  }
}

TEST(BufferedArray, WhatCouldNotBeWrittenIsTriedAgain) {
  store::MemoryStore memory;
  for (std::uint64_t at = 0; at < 40; ++at) {
    memory.erase_prefix("");
    const auto faulty =
        std::make_shared<testing::FaultyStore>(memory, at, testing::FaultyStore::Fault::fail);
    std::uint64_t failures = 0;
    const auto insist = [&](const auto& call) {
      for (int tries = 0;; ++tries) {
        ASSERT_LT(tries, 3);
        try {
          call();
          return;
        } catch (const Error& error) {
          ++failures;
          EXPECT_EQ(error.code(), ErrorCode::io_error);
          EXPECT_NE(std::string_view(error.what()).find("planted fault"), std::string_view::npos);
        }
      }
    };
    std::optional<Array> made;
    insist([&] {
      made =
          Array::create(faulty, "a", options_of(DataType::integer(2), {0}, {4}), IfExists::replace);
    });
    ChunkBuffer buffer(16, nullptr);  // Two chunks.
    BufferedArray array(buffer, faulty, *made, {kNoEnd}, true);
    for (const std::uint64_t first : std::vector<std::uint64_t>{8, 0, 16, 2, 10, 4, 20, 14})
      insist([&] { write(array, {{first}, {2}}, counting(2, static_cast<int>(first))); });
    for (const std::uint64_t first : std::vector<std::uint64_t>{12, 6, 18, 22})
      insist([&] { write(array, {{first}, {2}}, counting(2, static_cast<int>(first))); });
    insist([&] { buffer.write_all(); });
    insist([&] { array.publish(); });
    const auto store = std::shared_ptr<store::Store>(std::shared_ptr<void>(), &memory);
    EXPECT_EQ(stored(store), counting(24)) << "call " << at;
    EXPECT_LE(failures, 1U);
  }
}

// Random orders of random selections, against a plain array in memory.
class Property : public ::testing::TestWithParam<int> {};

TEST_P(Property, IsAPlainArray) {
  std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()));
  const auto below = [&](std::uint64_t n) { return random() % n; };
  const std::size_t rank = 1 + below(3);
  Shape max(rank), chunk(rank), first(rank);
  for (std::size_t d = 0; d < rank; ++d) {
    max[d] = 1 + below(12);
    chunk[d] = 1 + below(6);
    first[d] = below(2) == 0 ? 0 : below(max[d] + 1);
  }
  const std::vector<DataType> types = {DataType::integer(2), DataType::floating(8),
                                       parse_typestr(">i4"), DataType::bytes(3)};
  ArrayOptions options = options_of(types[below(types.size())], first, chunk);
  if (below(4) == 0) options.order = Order::fortran(rank);
  options.separator = below(2) == 0 ? '.' : '/';
  options.write_empty_chunks = below(2) == 0;
  if (options.type.kind == Kind::integer) options.fill_value = 7;
  const std::uint64_t size = options.type.size;

  const auto store = std::make_shared<store::MemoryStore>();
  std::optional<ThreadPool> pool;
  if (below(2) == 0) pool.emplace(2);
  const std::uint64_t chunk_bytes = element_count(chunk) * size;
  const std::uint64_t memory =
      std::vector<std::uint64_t>{1, chunk_bytes, 3 * chunk_bytes, kPlenty}[below(4)];

  // What is expected: all of the maximal shape, and how long it is.
  Bytes plain(static_cast<std::size_t>(element_count(max) * size));
  Shape length = first;
  Bytes fill(static_cast<std::size_t>(size), std::byte{0});
  if (options.fill_value) {
    fill[0] = std::byte{7};  // Little-endian, as all that is written.
  }
  fill_region(plain, max, Region::all(max), fill);

  auto array = std::make_unique<Array>(Array::create(store, "a", options));
  for (int session = 0; session < 2; ++session) {
    ChunkBuffer buffer(memory, pool ? &*pool : nullptr);
    Array opened = Array::open(store, "a");
    opened.set_write_empty_chunks(options.write_empty_chunks);
    Shape end = max;
    for (std::uint64_t& side : end)
      if (below(3) == 0) side = kNoEnd;
    BufferedArray streamed(buffer, store, std::move(opened), end, session == 0 && below(2) == 0);
    for (int step = 0; step < 30; ++step) {
      std::vector<Region> selection;
      for (std::uint64_t boxes = 1 + below(3); boxes > 0; --boxes) {
        Region box;
        for (std::size_t d = 0; d < rank; ++d) {
          box.origin.push_back(below(max[d]));
          box.shape.push_back(below(5) == 0 ? 0 : 1 + below(max[d] - box.origin[d]));
        }
        selection.push_back(std::move(box));
      }
      Bytes elements;
      for (const Region& box : selection) {
        Bytes part(static_cast<std::size_t>(element_count(box.shape) * size));
        const std::uint64_t values = 1 + below(255);
        for (std::byte& byte : part) byte = static_cast<std::byte>(below(values));
        copy_region(part, box.shape, Region::all(box.shape), plain, max, box, size);
        if (!part.empty())
          for (std::size_t d = 0; d < rank; ++d)
            length[d] = std::max(length[d], box.origin[d] + box.shape[d]);
        elements.insert(elements.end(), part.begin(), part.end());
      }
      streamed.write(selection, elements);
      ASSERT_EQ(streamed.shape(), length);
      if (below(8) != 0) continue;
      buffer.write_all();
      streamed.publish();
      const Array read = Array::open(store, "a");
      ASSERT_EQ(read.shape(), length);
      Bytes expected(static_cast<std::size_t>(element_count(length) * size));
      copy_region(plain, max, Region::all(length), expected, length, Region::all(length), size);
      ASSERT_EQ(read.read_bytes(Region::all(length)), expected) << "step " << step;
    }
    buffer.write_all();
    streamed.publish();
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, Property, ::testing::Range(0, 300));

}  // namespace
}  // namespace engram::zarr
