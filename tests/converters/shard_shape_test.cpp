#include "converters/shard_shape.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "engram/base/error.hpp"
#include "testing/expect_error.hpp"

namespace engram::converter {
namespace {

using testing::expect_error;

struct ShardCase {
  const char* rule;
  Shape shape, chunk;
  std::uint64_t chunk_bytes;
  Shape shard;

  friend std::ostream& operator<<(std::ostream& out, const ShardCase& c) {
    return out << c.rule << " for " << to_string(c.shape);
  }
};

constexpr std::uint64_t kMiB = 1U << 20U;

class ShardShapeTest : public ::testing::TestWithParam<ShardCase> {};

TEST_P(ShardShapeTest, IsThis) {
  const auto& c = GetParam();
  EXPECT_EQ(shard_shape(parse_shard_rule(c.rule), c.shape, c.chunk, c.chunk_bytes), c.shard);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, ShardShapeTest,
    ::testing::Values(ShardCase{"none", {1000}, {10}, 10, {}}, ShardCase{"auto", {}, {}, 8, {}},
                      ShardCase{"auto", {10}, {10}, 80, {}}, ShardCase{"auto", {0}, {10}, 80, {}},
                      // All chunks of a small array, its last one cut.
                      ShardCase{"auto", {101}, {10}, 80, {110}},
                      ShardCase{"auto", {1000, 64}, {100, 10}, 2000, {1000, 70}},
                      // 2,000 chunks of 1 MiB: 4 shards of 500, not 3 of 512 and a rest.
                      ShardCase{"auto", {2000, 8}, {1, 8}, kMiB, {500, 8}},
                      // Whole rows of chunks where they fit, parts of one row where not.
                      ShardCase{"auto", {100, 100}, {1, 1}, kMiB, {5, 100}},
                      ShardCase{"auto", {4, 1024}, {1, 1}, kMiB, {1, 512}},
                      // A chunk that is larger than a shard should be.
                      ShardCase{"auto", {4}, {1}, 1024 * kMiB, {1}},
                      ShardCase{"100,20", {1000, 64}, {50, 10}, 2000, {100, 20}},
                      ShardCase{"2000", {1000}, {50}, 2000, {2000}},
                      ShardCase{"100,20", {1000}, {50}, 2000, {}}));

TEST(ShardRuleTest, RefusesWhatIsNone) {
  for (const char* text : {"", "keep", "0", "3,", "a", "-1", "99999999999999999999"})
    expect_error(ErrorCode::invalid_argument, "shards are", [&] { parse_shard_rule(text); });
  expect_error(ErrorCode::invalid_argument, "no whole number of its chunks of (50,)",
               [] { shard_shape(parse_shard_rule("120"), {1000}, {50}, 1); });
  expect_error(ErrorCode::invalid_argument, "above 1048576",
               [] { shard_shape(parse_shard_rule("4000000"), {4000000}, {1}, 1); });
}

}  // namespace
}  // namespace engram::converter
