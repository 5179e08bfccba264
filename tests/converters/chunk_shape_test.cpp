#include "converters/chunk_shape.hpp"

#include <gtest/gtest.h>

#include "testing/expect_error.hpp"

namespace engram::converter {
namespace {

using testing::expect_error;

struct ShapeCase {
  const char* what;
  Shape shape;
  std::uint64_t element_size;
  Shape chunk;
  friend std::ostream& operator<<(std::ostream& out, const ShapeCase& c) { return out << c.what; }
};

class AutomaticChunkTest : public ::testing::TestWithParam<ShapeCase> {};

TEST_P(AutomaticChunkTest, IsAsExpected) {
  const auto& c = GetParam();
  EXPECT_EQ(automatic_chunk_shape(c.shape, c.element_size), c.chunk);
}

TEST_P(AutomaticChunkTest, IsWithinBounds) {
  const auto& c = GetParam();
  const auto chunk = automatic_chunk_shape(c.shape, c.element_size);
  ASSERT_EQ(chunk.size(), c.shape.size());
  std::uint64_t elements = 1;
  for (const auto length : chunk) {
    EXPECT_GE(length, 1U);
    elements *= length;
  }
  EXPECT_TRUE(elements == 1 || elements * c.element_size <= kChunkBytes);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, AutomaticChunkTest,
    ::testing::Values(ShapeCase{"Scalar", {}, 8, {}}, ShapeCase{"Small", {100}, 8, {100}},
                      ShapeCase{"SmallTable", {1000, 384}, 2, {1000, 384}},
                      ShapeCase{"ExactlyOneChunk", {10'000'000}, 1, {10'000'000}},
                      ShapeCase{"EqualPieces", {10'000'001}, 1, {5'000'001}},
                      ShapeCase{"LongTimes", {100'000'000}, 8, {1'250'000}},
                      ShapeCase{"ManyChannels", {3'000'000, 384}, 2, {76'924, 64}},
                      ShapeCase{"EqualChannels", {3'000'000, 100}, 2, {100'000, 50}},
                      ShapeCase{"FewChannels", {20'000'000, 4}, 2, {1'250'000, 4}},
                      ShapeCase{"MoreChannelsThanSamples", {8, 100'000'000}, 2, {1, 5'000'000}},
                      ShapeCase{"Images", {2000, 512, 512}, 2, {19, 512, 512}},
                      ShapeCase{"FrameLargerThanAChunk", {4, 5000, 5000}, 2, {1, 1000, 5000}},
                      ShapeCase{"HugeRow", {3, 2, 30'000'000}, 1, {1, 1, 10'000'000}},
                      ShapeCase{"HugeElement", {5}, 20'000'000, {1}},
                      ShapeCase{"NoElementSize", {5}, 0, {5}}, ShapeCase{"Empty", {0}, 8, {1}},
                      ShapeCase{"NoSamples", {0, 384}, 2, {1, 384}},
                      ShapeCase{"NoChannels", {1'000'000'000, 0}, 8, {1'250'000, 1}}),
    [](const auto& p) { return p.param.what; });

TEST(ChunkRuleTest, ReadsWhatIsMeant) {
  EXPECT_EQ(parse_chunk_rule("keep").kind, ChunkRule::Kind::keep);
  EXPECT_EQ(parse_chunk_rule("auto").kind, ChunkRule::Kind::automatic);
  const auto rule = parse_chunk_rule("30000,64");
  EXPECT_EQ(rule.kind, ChunkRule::Kind::lengths);
  EXPECT_EQ(rule.lengths, (Shape{30000, 64}));
  EXPECT_EQ(parse_chunk_rule("7").lengths, Shape{7});
}

TEST(ChunkRuleTest, RefusesTheRest) {
  for (const char* text :
       {"", ",", "1,", ",1", "0", "3,0", "-1", "a", "1x", "1 ", "99999999999999999999", "1;2"}) {
    SCOPED_TRACE(text);
    expect_error(ErrorCode::invalid_argument, "30000,64", [&] { parse_chunk_rule(text); });
  }
}

}  // namespace
}  // namespace engram::converter
