#include "hdmf/box_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "engram/base/error.hpp"
#include "testing/expect_error.hpp"

namespace engram::hdmf {
namespace {

using Numbers = std::vector<std::uint64_t>;

// The elements of an array of `shape` that `boxes` select, as their numbers in C order, read with
// at most `most` elements at a time.
Numbers selected(const std::vector<Region>& boxes, const Shape& shape, std::uint64_t most) {
  const BoxOrder order = in_order(boxes, shape.size());
  Numbers out(order.count, ~std::uint64_t{0});
  Numbers read;
  gather(
      order, most,
      [&](const Region& region) {
        read.clear();
        Shape index(shape.size(), 0);
        for (std::uint64_t left = element_count(region.shape); left > 0; --left) {
          std::uint64_t number = 0;
          for (std::size_t d = 0; d < shape.size(); ++d)
            number = number * shape[d] + region.origin[d] + index[d];
          read.push_back(number);
          for (std::size_t d = shape.size(); d-- > 0;) {
            if (++index[d] < region.shape[d]) break;
            index[d] = 0;
          }
        }
      },
      [&](std::uint64_t from, std::uint64_t to, std::uint64_t count) {
        std::copy_n(read.begin() + static_cast<std::ptrdiff_t>(from), count,
                    out.begin() + static_cast<std::ptrdiff_t>(to));
      });
  return out;
}

// The same, by looking at each element.
Numbers plainly(const std::vector<Region>& boxes, const Shape& shape) {
  Numbers out;
  Shape index(shape.size(), 0);
  for (std::uint64_t number = 0; number < element_count(shape); ++number) {
    const bool is_in = std::any_of(boxes.begin(), boxes.end(), [&](const Region& box) {
      for (std::size_t d = 0; d < shape.size(); ++d)
        if (index[d] < box.origin[d] || index[d] >= box.origin[d] + box.shape[d]) return false;
      return true;
    });
    if (is_in) out.push_back(number);
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
  return out;
}

struct Selected {
  const char* why;
  std::vector<Region> boxes;
  Shape shape;  ///< Of the array.
  Numbers numbers;
  Shape selection_shape;
  friend std::ostream& operator<<(std::ostream& out, const Selected& s) { return out << s.why; }
};

class BoxOrderTest : public ::testing::TestWithParam<Selected> {};

TEST_P(BoxOrderTest, IsThatOfTheArray) {
  const auto& [why, boxes, shape, numbers, selection_shape] = GetParam();
  for (const std::uint64_t most : {1U, 2U, 7U, 1000U})
    EXPECT_EQ(selected(boxes, shape, most), numbers);
  EXPECT_EQ(in_order(boxes, shape.size()).shape, selection_shape);
}

INSTANTIATE_TEST_SUITE_P(
    Boxes, BoxOrderTest,
    ::testing::Values(
        Selected{"Nothing", {}, {3, 3}, {}, {0}},
        Selected{"AnEmptyBox", {{{1, 1}, {0, 2}}}, {3, 3}, {}, {0, 2}},
        Selected{"OneBox", {{{1, 1}, {2, 2}}}, {3, 3}, {4, 5, 7, 8}, {2, 2}},
        Selected{"AScalar", {{{}, {}}}, {}, {0}, {}},
        Selected{"OnePoint", {{{1, 2}, {1, 1}}}, {3, 3}, {5}, {1, 1}},
        Selected{"PointsAsTheyStand",
                 {{{2, 0}, {1, 1}}, {{0, 1}, {1, 1}}, {{2, 0}, {1, 1}}},
                 {3, 3},
                 {6, 1, 6},
                 {3}},
        Selected{"BoxesInTheOrderOfTheArray", {{{4}, {2}}, {{0}, {2}}}, {6}, {0, 1, 4, 5}, {4}},
        Selected{"NotBoxByBox", {{{0, 0}, {2, 1}}, {{0, 2}, {2, 1}}}, {2, 3}, {0, 2, 3, 5}, {2, 2}},
        Selected{"OverlapsOnce", {{{0}, {3}}, {{2}, {2}}, {{1}, {2}}}, {5}, {0, 1, 2, 3}, {4}},
        Selected{
            "RowsAndColumns", {{{0, 1}, {1, 2}}, {{2, 1}, {1, 2}}}, {3, 3}, {1, 2, 7, 8}, {2, 2}},
        Selected{"NoProduct", {{{0, 0}, {1, 2}}, {{1, 1}, {1, 2}}}, {2, 3}, {0, 1, 4, 5}, {4}},
        Selected{"ThreeDimensions",
                 {{{0, 0, 0}, {2, 1, 1}}, {{0, 1, 1}, {2, 1, 1}}},
                 {2, 2, 2},
                 {0, 3, 4, 7},
                 {4}}),
    [](const auto& test) { return test.param.why; });

TEST(BoxOrder, IsThatOfTheArrayForBoxesOfAllKinds) {
  std::mt19937 random(7);
  const auto below = [&](std::uint64_t end) { return std::uint64_t{random()} % end; };
  for (int round = 0; round < 3000; ++round) {
    Shape shape(1 + below(4));
    for (std::uint64_t& length : shape) length = 1 + below(6);
    std::vector<Region> boxes(1 + below(6));
    for (Region& box : boxes)
      for (const std::uint64_t length : shape) {
        box.origin.push_back(below(length));
        box.shape.push_back(below(length - box.origin.back() + 1));
      }
    const bool are_points = std::all_of(boxes.begin(), boxes.end(), [](const Region& box) {
      return element_count(box.shape) == 1;
    });
    if (are_points) continue;
    const Numbers expected = plainly(boxes, shape);
    ASSERT_EQ(selected(boxes, shape, 1 + below(40)), expected) << "round " << round;
    const Shape selection = in_order(boxes, shape.size()).shape;
    EXPECT_EQ(element_count(selection), expected.size());
  }
}

TEST(BoxOrder, BoxesThatCutEachOtherTooMuchAreRefused) {
  // Every row has another selection, and each is in pieces.
  std::vector<Region> boxes;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    boxes.push_back({{i, 2 * i}, {100'000, 1}});
    boxes.push_back({{i, 10'000 + 2 * i}, {100'000 - i, 1}});
  }
  testing::expect_error(ErrorCode::limit_exceeded, "too many pieces", [&] { in_order(boxes, 2); });
}

TEST(BoxOrder, ManyBoxesApartAreNoTrouble) {
  std::vector<Region> boxes;
  for (std::uint64_t i = 0; i < 200'000; ++i) boxes.push_back({{2 * i, 5}, {1, 10}});
  const BoxOrder order = in_order(boxes, 2);
  EXPECT_EQ(order.count, 2'000'000U);
  EXPECT_EQ(order.shape, (Shape{200'000, 10}));
}

}  // namespace
}  // namespace engram::hdmf
