#include "engram/hdmf/data_chunk_iterator.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>

#include "engram/base/error.hpp"
#include "testing/expect_error.hpp"
#include "testing/fake_sources.hpp"

namespace engram::hdmf {
namespace {

using testing::bytes_of;
using testing::expect_error;

std::vector<std::int32_t> counting(std::size_t count, std::int32_t first = 0) {
  std::vector<std::int32_t> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

TEST(Selection, MaskIsRunsAlongTheLastDimension) {
  const std::vector<bool> mask = {true, true, false, false, true,  false,  //
                                  true, true, true,  false, false, false};
  EXPECT_EQ(select_mask(mask, {4, 3}),
            (std::vector<Region>{{{0, 0}, {1, 2}}, {{1, 1}, {1, 1}}, {{2, 0}, {1, 3}}}));
  EXPECT_EQ(selected_count(select_mask(mask, {4, 3})), 6U);
  EXPECT_EQ(select_mask({false, true, true}, {3}), (std::vector<Region>{{{1}, {2}}}));
  EXPECT_EQ(select_mask({true}, {}), (std::vector<Region>{Region{}}));
  EXPECT_TRUE(select_mask({false, false}, {2}).empty());
  expect_error(ErrorCode::invalid_argument, "a mask of 3 elements for shape (2,)", [] {
    select_mask({true, true, true}, {2});
  });
}

TEST(Selection, PointsAndRows) {
  const std::vector<Shape> points = {{3, 1}, {0, 0}};
  EXPECT_EQ(select_points(points), (std::vector<Region>{{{3, 1}, {1, 1}}, {{0, 0}, {1, 1}}}));
  const std::vector<Shape> mixed = {{3, 1}, {0}};
  expect_error(ErrorCode::invalid_argument, "different ranks", [&] { select_points(mixed); });

  const std::vector<std::uint64_t> rows = {4, 5, 6, 2, 3, 3};
  EXPECT_EQ(select_rows(rows, {8}),
            (std::vector<Region>{{{4, 0}, {3, 8}}, {{2, 0}, {2, 8}}, {{3, 0}, {1, 8}}}));
}

TEST(Selection, CountIsChecked) {
  const std::vector<Region> boxes(2, Region{{0}, {UINT64_MAX}});
  expect_error(ErrorCode::limit_exceeded, "", [&] { selected_count(boxes); });
}

// What hdmf 6.2's GenericDataChunkIterator chooses; tests/interop asks hdmf itself.
struct Choice {
  Shape shape;
  std::uint64_t element_size;
  Shape chunk, buffer;  // With hdmf's own 10 MB and 1 GB.
};

class BlockShapes : public ::testing::TestWithParam<Choice> {};

TEST_P(BlockShapes, AreThoseOfHdmf) {
  const Choice& wanted = GetParam();
  const Shape chunk = default_chunk_shape(wanted.shape, wanted.element_size, 10'000'000);
  EXPECT_EQ(chunk, wanted.chunk);
  EXPECT_EQ(default_buffer_shape(wanted.shape, chunk, wanted.element_size, 1'000'000'000),
            wanted.buffer);
}

INSTANTIATE_TEST_SUITE_P(
    Choices, BlockShapes,
    ::testing::Values(Choice{{2000000, 384}, 2, {156240, 30}, {1562400, 300}},
                      Choice{{1000}, 8, {1000}, {1000}},
                      Choice{{100000000}, 8, {1250000}, {100000000}},
                      Choice{{300, 1080, 1920}, 2, {65, 195, 390}, {260, 780, 1560}},
                      Choice{{7, 5, 3}, 1, {7, 5, 3}, {7, 5, 3}},
                      Choice{{1000000, 2, 2}, 4, {500000, 1, 1}, {1000000, 2, 2}},
                      Choice{{64, 64, 64, 100000}, 2, {7, 7, 7, 10934}, {21, 21, 21, 32802}}));

TEST(BlockShapes, AreNeverNothing) {
  EXPECT_EQ(default_chunk_shape({5, 5}, 8, 1), (Shape{1, 1}));
  EXPECT_EQ(default_buffer_shape({5, 5}, {2, 2}, 8, 1), (Shape{2, 2}));
  EXPECT_EQ(default_chunk_shape({}, 8, 100), Shape{});
}

TEST(IterateBlocks, CoversAnArrayByWholeChunks) {
  const auto source = testing::fake_array(DataType::integer(4), {5, 6}, counting(30));
  const auto blocks = iterate_blocks(source, {.chunk_shape = {1, 2}, .buffer_shape = {2, 4}});
  EXPECT_EQ(blocks->max_shape(), (Shape{5, 6}));
  EXPECT_EQ(blocks->chunk_shape(), (Shape{1, 2}));
  EXPECT_EQ(std::get<DataType>(blocks->type()), DataType::integer(4));
  Bytes all(30 * 4);
  std::vector<Region> regions;
  while (const auto chunk = blocks->next()) {
    ASSERT_EQ(chunk->selection.size(), 1U);
    const Region& region = chunk->selection[0];
    regions.push_back(region);
    copy_region(std::get<Bytes>(chunk->elements), region.shape, Region::all(region.shape), all,
                {5, 6}, region, 4);
  }
  EXPECT_EQ(all, bytes_of(counting(30)));
  EXPECT_EQ(regions, (std::vector<Region>{{{0, 0}, {2, 4}},
                                          {{0, 4}, {2, 2}},
                                          {{2, 0}, {2, 4}},
                                          {{2, 4}, {2, 2}},
                                          {{4, 0}, {1, 4}},
                                          {{4, 4}, {1, 2}}}));
  EXPECT_FALSE(blocks->next());
}

TEST(IterateBlocks, TakesAPart) {
  const auto source = testing::fake_array(DataType::integer(4), {5, 6}, counting(30));
  const auto blocks = iterate_blocks(source, {.chunk_shape = {2, 2}, .buffer_shape = {2, 2}},
                                     Region{{1, 2}, {2, 2}});
  EXPECT_EQ(blocks->max_shape(), (Shape{2, 2}));
  const auto chunk = blocks->next();
  EXPECT_EQ(std::get<Bytes>(chunk->elements), bytes_of(std::vector<std::int32_t>{8, 9, 14, 15}));
  EXPECT_FALSE(blocks->next());
  expect_error(ErrorCode::invalid_argument, "not inside", [&] {
    iterate_blocks(source, {}, Region{{1, 2}, {2, 9}});
  });
}

TEST(IterateBlocks, AnEmptyArrayHasNone) {
  const auto source =
      testing::fake_array(DataType::integer(4), {0, 6}, std::vector<std::int32_t>{});
  EXPECT_FALSE(iterate_blocks(source)->next());
}

TEST(IterateBlocks, BadShapes) {
  const auto source = testing::fake_array(DataType::integer(4), {5, 6}, counting(30));
  const std::vector<std::pair<BlockOptions, std::string>> bad = {
      {{.chunk_shape = {2}}, "chunk shape (2,) does not fit an array of shape (5, 6)"},
      {{.chunk_shape = {0, 2}}, "chunk shape (0, 2)"},
      {{.chunk_shape = {6, 2}}, "chunk shape (6, 2)"},
      {{.chunk_shape = {2, 2}, .buffer_shape = {7, 2}}, "buffer shape (7, 2)"},
      {{.chunk_shape = {2, 2}, .buffer_shape = {3, 2}}, "no whole number of chunks"},
      {{.chunk_shape = {2, 4}, .buffer_shape = {2, 2}}, "no whole number of chunks"},
  };
  for (const auto& [options, message] : bad)
    expect_error(ErrorCode::invalid_argument, message,
                 [&, &options = options] { iterate_blocks(source, options); });
  expect_error(ErrorCode::invalid_argument, "without end", [] {
    iterate_blocks(IteratorInfo{DataType::integer(4), {kUnlimited}, {}},
                   [](const Region&) { return Bytes(); });
  });
}

TEST(IterateBlocks, AReadThatThrewIsTriedAgain) {
  int calls = 0;
  const auto blocks = iterate_blocks(IteratorInfo{DataType::integer(1), {2}, {}},
                                     [&](const Region& region) {
                                       if (++calls == 2) throw std::runtime_error("once");
                                       return Bytes(element_count(region.shape));
                                     },
                                     {.chunk_shape = {1}, .buffer_shape = {1}});
  EXPECT_TRUE(blocks->next());
  EXPECT_THROW(blocks->next(), std::runtime_error);
  EXPECT_EQ(blocks->next()->selection[0].origin, Shape{1});
  EXPECT_FALSE(blocks->next());
}

TEST(IterateRows, GathersRows) {
  int at = 0;
  const auto rows =
      iterate_rows<std::int32_t>({kUnlimited, 2},
                                 [&]() -> std::optional<std::vector<std::int32_t>> {
                                   if (at == 7) return std::nullopt;
                                   if (++at == 3)
                                     return std::vector<std::int32_t>{};  // Nothing for a moment.
                                   return std::vector<std::int32_t>{at, -at};
                                 },
                                 {.buffer_rows = 4});
  const auto first = rows->next();
  EXPECT_EQ(first->selection, (std::vector<Region>{{{0, 0}, {4, 2}}}));
  EXPECT_EQ(std::get<Bytes>(first->elements),
            bytes_of(std::vector<std::int32_t>{1, -1, 2, -2, 4, -4, 5, -5}));
  const auto second = rows->next();
  EXPECT_EQ(second->selection, (std::vector<Region>{{{4, 0}, {2, 2}}}));
  EXPECT_FALSE(rows->next());
  EXPECT_FALSE(rows->next());
}

TEST(IterateRows, AlongAnotherDimensionASliceIsABox) {
  bool is_done = false;
  const auto rows = iterate_rows<std::int32_t>({3, kUnlimited},
                                               [&]() -> std::optional<std::vector<std::int32_t>> {
                                                 if (is_done) return std::nullopt;
                                                 is_done = true;
                                                 return counting(6);
                                               },
                                               {.axis = 1, .first = 10});
  EXPECT_EQ(rows->next()->selection, (std::vector<Region>{{{0, 10}, {3, 1}}, {{0, 11}, {3, 1}}}));
}

TEST(IterateRows, OfValues) {
  bool is_done = false;
  const auto rows = iterate_values(IteratorInfo{ObjectType{}, {kUnlimited}, {}},
                                   [&]() -> std::optional<std::vector<Value>> {
                                     if (is_done) return std::nullopt;
                                     is_done = true;
                                     return std::vector<Value>{"a", "b"};
                                   },
                                   {.first = 5});
  const auto chunk = rows->next();
  EXPECT_EQ(chunk->selection, (std::vector<Region>{{{5}, {2}}}));
  EXPECT_EQ(std::get<std::vector<Value>>(chunk->elements), (std::vector<Value>{"a", "b"}));
}

TEST(IterateRows, BadOnes) {
  const auto nothing = []() -> std::optional<Bytes> { return std::nullopt; };
  const IteratorInfo info{DataType::integer(4), {kUnlimited, 2}, {}};
  expect_error(ErrorCode::invalid_argument, "no dimension 2",
               [&] { iterate_rows(info, nothing, {.axis = 2}); });
  expect_error(ErrorCode::invalid_argument, "no end along another",
               [&] { iterate_rows(info, nothing, {.axis = 1}); });
  expect_error(ErrorCode::invalid_argument, "iterate_values", [&] {
    iterate_rows(IteratorInfo{ObjectType{}, {kUnlimited}, {}}, nothing);
  });
  expect_error(ErrorCode::invalid_argument, "iterate_rows", [&] {
    iterate_values(info, []() -> std::optional<std::vector<Value>> { return std::nullopt; });
  });
  expect_error(ErrorCode::invalid_argument, "5 bytes are no whole number of slices of 8", [&] {
    iterate_rows(info, []() -> std::optional<Bytes> { return Bytes(5); })->next();
  });
}

TEST(MakeIterator, EndsOnce) {
  int calls = 0;
  const auto iterator = make_iterator({DataType::integer(1), {1}, {}}, [&] {
    ++calls;
    return std::optional<DataChunk>();
  });
  EXPECT_FALSE(iterator->next());
  EXPECT_FALSE(iterator->next());
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace engram::hdmf
