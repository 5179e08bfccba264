#include "engram/hdmf/selection.hpp"

#include <gtest/gtest.h>

#include "engram/base/error.hpp"
#include "engram/hdmf/file.hpp"
#include "testing/expect_error.hpp"
#include "testing/fake_sources.hpp"

namespace engram::hdmf {
namespace {

using testing::expect_error;

RegionReference region_at(const char* path, std::vector<Region> boxes) {
  return {Reference{".", path, {}, {}}, std::move(boxes)};
}

File selected_file(const FileOptions& options = {}) {
  OpenedTree tree;
  tree.location = "/d/f.h5";
  tree.root.datasets.push_back(testing::dataset_of(
      "n", testing::fake_array<std::int16_t>(DataType::integer(2), {3, 4},
                                             {0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23})));
  tree.root.datasets.push_back(testing::dataset_of(
      "t", testing::text_type(), {4}, {Value("a"), Value("b"), Value("c"), Value("d")}));
  tree.root.datasets.push_back(testing::dataset_of(
      "flags", testing::fake_array<std::uint8_t>(DataType::boolean(), {3}, {0, 1, 1})));
  tree.root.groups.emplace_back().name = "g";
  return File(std::move(tree), options);
}

TEST(Selection, ReadsWhatTheBoxesSelect) {
  const Selection two = selected_file().at(region_at("/n", {{{1, 0}, {2, 1}}, {{1, 3}, {2, 1}}}));
  EXPECT_EQ(two.read<std::int16_t>(), (std::vector<std::int16_t>{10, 13, 20, 23}));
  EXPECT_EQ(two.read<double>(), (std::vector<double>{10, 13, 20, 23}));
  EXPECT_EQ(two.values(), (std::vector<Value>{10, 13, 20, 23}));
  EXPECT_EQ(two.shape(), (Shape{2, 2}));
  EXPECT_EQ(two.count(), 4U);
  EXPECT_EQ(two.object().path(), "/n");
  EXPECT_EQ(two.regions().size(), 2U);
}

TEST(Selection, ReadsPointsInTheirOrder) {
  const Selection points =
      selected_file().at(region_at("/n", {{{2, 3}, {1, 1}}, {{0, 0}, {1, 1}}, {{2, 3}, {1, 1}}}));
  EXPECT_EQ(points.read<int>(), (std::vector<int>{23, 0, 23}));
  EXPECT_EQ(points.values(), (std::vector<Value>{23, 0, 23}));
}

TEST(Selection, ReadsTextAndBooleans) {
  const Selection text = selected_file().at(region_at("/t", {{{3}, {1}}, {{0}, {2}}}));
  EXPECT_EQ(text.read<std::string>(), (std::vector<std::string>{"a", "b", "d"}));
  EXPECT_EQ(text.read<Value>(), (std::vector<Value>{"a", "b", "d"}));
  EXPECT_EQ(selected_file().at(region_at("/flags", {{{1}, {2}}})).read<bool>(),
            (std::vector<bool>{true, true}));
  expect_error(ErrorCode::invalid_argument, "holds text, not int32: at /t",
               [&] { text.read<int>(); });
}

TEST(Selection, MayBeEmpty) {
  const Selection none = selected_file().at(region_at("/n", {}));
  EXPECT_TRUE(none.read<int>().empty());
  EXPECT_EQ(none.shape(), Shape{0});
}

TEST(Selection, IsBounded) {
  FileOptions options;
  options.max_read_bytes = 8;
  const File small = selected_file(options);
  expect_error(ErrorCode::limit_exceeded, "at /n: at /d/f.h5", [&] {
    small.at(region_at("/n", {{{0, 0}, {3, 4}}})).read<std::int16_t>();
  });
  EXPECT_EQ(small.at(region_at("/n", {{{0, 0}, {1, 4}}})).read<std::int16_t>().size(), 4U);
}

struct BadRegion {
  const char* why;
  RegionReference reference;
  Problem::Kind kind;
  const char* part;
  friend std::ostream& operator<<(std::ostream& out, const BadRegion& bad) {
    return out << bad.why;
  }
};

class BadRegionTest : public ::testing::TestWithParam<BadRegion> {};

TEST_P(BadRegionTest, IsReported) {
  const File file = hdmf::selected_file();
  EXPECT_FALSE(file.resolve(GetParam().reference).has_value());
  ASSERT_EQ(file.problems().size(), 1U);
  EXPECT_EQ(to_string(file.problems()[0].kind), to_string(GetParam().kind));
  EXPECT_NE(file.problems()[0].text.find(GetParam().part), std::string::npos)
      << file.problems()[0].text;
  expect_error(
      GetParam().kind == Problem::Kind::dangling ? ErrorCode::not_found : ErrorCode::corrupt_data,
      GetParam().part, [&] { file.at(GetParam().reference); });
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, BadRegionTest,
    ::testing::Values(
        BadRegion{"Beyond", region_at("/n", {{{2, 0}, {2, 1}}}), Problem::Kind::bad_region,
                  "region of shape (2, 1) at (2, 0) is not inside an array of shape (3, 4)"},
        BadRegion{"OneOfTwoBeyond", region_at("/n", {{{0, 0}, {1, 1}}, {{3, 0}, {1, 1}}}),
                  Problem::Kind::bad_region, "at (3, 0)"},
        BadRegion{"FarBeyond", region_at("/n", {{{~0ULL, 0}, {2, 1}}}), Problem::Kind::bad_region,
                  "not inside"},
        BadRegion{"OfAnotherRank", region_at("/n", {{{0}, {1}}}), Problem::Kind::bad_region,
                  "not inside"},
        BadRegion{"RaggedBox", region_at("/n", {{{0, 0}, {1}}}), Problem::Kind::bad_region,
                  "not inside"},
        BadRegion{"OfAGroup", region_at("/g", {{{0}, {1}}}), Problem::Kind::bad_region,
                  "is a group"},
        BadRegion{"OfNothing", region_at("/none", {{{0}, {1}}}), Problem::Kind::dangling,
                  "there is nothing at that place"}),
    [](const auto& test) { return test.param.why; });

}  // namespace
}  // namespace engram::hdmf
