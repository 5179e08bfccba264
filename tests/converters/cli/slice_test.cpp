#include "converters/cli/slice.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "engram/base/bytes.hpp"
#include "testing/expect_error.hpp"

namespace engram::cli {
namespace {

using testing::expect_error;

// The numbers of the elements that a slice takes, in order, counted in C order of the array.
std::vector<std::uint64_t> taken(std::string_view text, const Shape& shape,
                                 std::uint64_t most_elements) {
  std::vector<std::uint64_t> all;
  for_each_block(parse_slice(text, shape), most_elements,
                 [&](const Region& box, const auto& picked) {
                   check_inside(box, shape);
                   if (element_count(box.shape) != 1) {
                     EXPECT_LE(element_count(box.shape), std::max<std::uint64_t>(most_elements, 1));
                   }
                   for (auto place : picked) {
                     std::uint64_t number = 0, stride = 1;
                     for (std::size_t i = shape.size(); i-- > 0;) {
                       number += (box.origin[i] + place % box.shape[i]) * stride;
                       place /= box.shape[i];
                       stride *= shape[i];
                     }
                     EXPECT_EQ(place, 0U);
                     all.push_back(number);
                   }
                 });
  return all;
}

struct SliceCase {
  const char* what;
  Shape shape;
  std::string_view text;
  Shape result_shape;
  std::vector<std::uint64_t> elements;  ///< As NumPy takes them of arange(...).reshape(shape).
  friend std::ostream& operator<<(std::ostream& out, const SliceCase& c) { return out << c.what; }
};

class SliceTest : public ::testing::TestWithParam<SliceCase> {};

TEST_P(SliceTest, TakesWhatNumPyTakes) {
  const auto& c = GetParam();
  EXPECT_EQ(parse_slice(c.text, c.shape).shape(), c.result_shape);
  for (const std::uint64_t most : {0U, 1U, 2U, 3U, 5U, 7U, 1000U}) {
    EXPECT_EQ(taken(c.text, c.shape, most), c.elements) << "in blocks of " << most;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Slices, SliceTest,
    ::testing::Values(SliceCase{"All", {2, 3}, "", {2, 3}, {0, 1, 2, 3, 4, 5}},
                      SliceCase{"Colon", {2, 3}, ":", {2, 3}, {0, 1, 2, 3, 4, 5}},
                      SliceCase{"Dots", {2, 3}, "...", {2, 3}, {0, 1, 2, 3, 4, 5}},
                      SliceCase{"Scalar", {}, "", {}, {0}},
                      SliceCase{"ScalarDots", {}, "...", {}, {0}},
                      SliceCase{"Index", {2, 3}, "1", {3}, {3, 4, 5}},
                      SliceCase{"LastIndex", {2, 3}, "-1", {3}, {3, 4, 5}},
                      SliceCase{"TwoIndices", {2, 3}, "1, 2", {}, {5}},
                      SliceCase{"Range", {10}, "2:5", {3}, {2, 3, 4}},
                      SliceCase{"NegativeRange", {10}, "-3:-1", {2}, {7, 8}},
                      SliceCase{"CutAtTheEnd", {4}, "2:100", {2}, {2, 3}},
                      SliceCase{"CutAtTheStart", {4}, "-100:2", {2}, {0, 1}},
                      SliceCase{"Backwards", {4}, "3:1", {0}, {}},
                      SliceCase{"Beyond", {4}, "7:9", {0}, {}},
                      SliceCase{"Step", {10}, "::3", {4}, {0, 3, 6, 9}},
                      SliceCase{"StepInRange", {10}, "1:8:3", {3}, {1, 4, 7}},
                      SliceCase{"StepLongerThanAll", {4}, "1::100", {1}, {1}},
                      SliceCase{"Reversed", {4}, "::-1", {4}, {3, 2, 1, 0}},
                      SliceCase{"ReversedStep", {10}, "8:1:-3", {3}, {8, 5, 2}},
                      SliceCase{"ReversedToTheStart", {10}, "2::-1", {3}, {2, 1, 0}},
                      SliceCase{"ReversedFromBeyond", {4}, "100:1:-1", {2}, {3, 2}},
                      SliceCase{"Columns", {3, 4}, ":, 1", {3}, {1, 5, 9}},
                      SliceCase{"DotsThenIndex", {2, 2, 3}, "..., -1", {2, 2}, {2, 5, 8, 11}},
                      SliceCase{"IndexThenDots", {2, 2, 3}, "1, ...", {2, 3}, {6, 7, 8, 9, 10, 11}},
                      SliceCase{"DotsInBetween", {2, 2, 3}, "0, ..., 1", {2}, {1, 4}},
                      SliceCase{"DotsForNothing", {2, 3}, "0, ..., 1", {}, {1}},
                      SliceCase{"Box", {3, 4}, "1:3, 1:4:2", {2, 2}, {5, 7, 9, 11}},
                      SliceCase{"MirroredBox", {3, 4}, "::-2, ::-2", {2, 2}, {11, 9, 3, 1}},
                      SliceCase{"TrailingComma", {2, 3}, "1,", {3}, {3, 4, 5}},
                      SliceCase{"Spaces", {10}, " 2 : 8 : 2 ", {3}, {2, 4, 6}},
                      SliceCase{"Empty", {0, 3}, ":", {0, 3}, {}}),
    [](const auto& p) { return p.param.what; });

TEST(SliceParserTest, RefusesTheRest) {
  const std::pair<const char*, const char*> cases[] = {
      {"4", "index 4 of dimension 0, which has 4"},
      {"-5", "index -5 of dimension 0"},
      {"0, 0, 0", "3 indices, and the dataset has 2"},
      {"..., ...", "more than one"},
      {"a", "whole number"},
      {"1.5", "whole number"},
      {"1:2:3:4", "start:stop:step"},
      {"::0", "step of 0"},
      {",2", "empty index"},
      {"99999999999999999999", "whole number"},
      {"9223372036854775807:", "whole number"},
      {"[0]", "whole number"},
  };
  for (const auto& [text, message] : cases) {
    SCOPED_TRACE(text);
    expect_error(ErrorCode::invalid_argument, message, [&, text = text] {
      parse_slice(text, {4, 5});
    });
  }
  expect_error(ErrorCode::invalid_argument, "too long", [] { parse_slice("0", {1ULL << 63}); });
}

TEST(SliceParserTest, HugeArraysAreNoTrouble) {
  const auto selection = parse_slice("-1, ::-4000000000000000000", {1ULL << 60, 1ULL << 61});
  EXPECT_EQ(selection.axes[0], (AxisSelection{(1ULL << 60) - 1, 1, 1, true}));
  EXPECT_EQ(selection.axes[1].count, 1U);
}

}  // namespace
}  // namespace engram::cli
