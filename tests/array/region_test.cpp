#include "engram/array/region.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <numeric>
#include <ostream>
#include <random>
#include <utility>
#include <vector>

#include "testing/expect_error.hpp"

namespace engram {
namespace {

using testing::expect_error;

constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

TEST(RegionTest, AllIsTheWholeArray) {
  EXPECT_EQ(Region::all({3, 4}), (Region{{0, 0}, {3, 4}}));
  EXPECT_EQ(Region::all({}), Region{});
}

TEST(RegionTest, CountsElements) {
  EXPECT_EQ(element_count({}), 1U);
  EXPECT_EQ(element_count({3, 4, 5}), 60U);
  EXPECT_EQ(element_count({3, 0, 5}), 0U);
  EXPECT_EQ(element_count({kLargest}), kLargest);
  EXPECT_EQ(element_count({kLargest, kLargest, 0}), 0U);
  expect_error(ErrorCode::limit_exceeded, "elements", [] {
    element_count({1ULL << 33, 1ULL << 31});
  });
}

TEST(RegionTest, ShapesArePrintedAsNumPyDoes) {
  EXPECT_EQ(to_string(Shape{}), "()");
  EXPECT_EQ(to_string(Shape{5}), "(5,)");
  EXPECT_EQ(to_string(Shape{3, 4}), "(3, 4)");
}

TEST(RegionTest, InsideIsInside) {
  const std::pair<Region, Shape> kInside[] = {
      {{{0, 0}, {3, 4}}, {3, 4}},
      {{{2, 4}, {1, 0}}, {3, 4}},
      {{{3}, {0}}, {3}},
      {{{0}, {kLargest}}, {kLargest}},
      {{{}, {}}, {}},
  };
  for (const auto& [region, shape] : kInside) EXPECT_NO_THROW(check_inside(region, shape));
}

TEST(RegionTest, OutsideIsRefusedNamingBoth) {
  const std::pair<Region, Shape> kOutside[] = {
      {{{0, 0}, {4, 4}}, {3, 4}}, {{{1, 0}, {3, 4}}, {3, 4}}, {{{4}, {0}}, {3}},
      {{{kLargest}, {1}}, {3}},   {{{1}, {kLargest}}, {3}},   {{{2}, {kLargest - 1}}, {kLargest}},
      {{{0}, {1}}, {1, 1}},       {{{0, 0}, {1}}, {1, 1}},    {{{0}, {1}}, {}},
  };
  for (const auto& [region, shape] : kOutside) {
    SCOPED_TRACE(to_string(region.shape));
    expect_error(ErrorCode::invalid_argument, "of shape " + to_string(shape),
                 [&, r = region, s = shape] { check_inside(r, s); });
  }
}

struct Copy {
  const char* name;
  Shape source_shape;
  Region from;
  Shape target_shape;
  Shape to;  // Where the same box begins in the target.

  friend std::ostream& operator<<(std::ostream& out, const Copy& c) { return out << c.name; }
};

/// The same copy, element after element, by the definition of C order.
void copy_slowly(const Bytes& source, const Copy& c, Bytes& target, std::size_t element_size) {
  const std::size_t rank = c.source_shape.size();
  for (std::uint64_t n = 0; n < element_count(c.from.shape); ++n) {
    Shape at(rank);
    std::uint64_t rest = n;
    for (std::size_t d = rank; d-- > 0;) {
      at[d] = rest % c.from.shape[d];
      rest /= c.from.shape[d];
    }
    std::uint64_t s = 0;
    std::uint64_t t = 0;
    for (std::size_t d = 0; d < rank; ++d) {
      s = s * c.source_shape[d] + c.from.origin[d] + at[d];
      t = t * c.target_shape[d] + c.to[d] + at[d];
    }
    std::memcpy(target.data() + t * element_size, source.data() + s * element_size, element_size);
  }
}

void expect_same_copy(const Copy& c, std::size_t element_size) {
  Bytes source(element_count(c.source_shape) * element_size);
  for (std::size_t i = 0; i < source.size(); ++i)
    source[i] = static_cast<std::byte>(i * 7 + i / 256);
  Bytes expected(element_count(c.target_shape) * element_size, std::byte{0xEE});
  Bytes target = expected;
  copy_slowly(source, c, expected, element_size);
  copy_region(source, c.source_shape, c.from, target, c.target_shape, {c.to, c.from.shape},
              element_size);
  EXPECT_TRUE(target == expected) << c << " with elements of " << element_size << " bytes";
}

const Copy kCopies[] = {
    {"Scalar", {}, {{}, {}}, {}, {}},
    {"Whole", {4, 5}, {{0, 0}, {4, 5}}, {4, 5}, {0, 0}},
    {"Rows", {6, 5}, {{2, 0}, {3, 5}}, {4, 5}, {1, 0}},
    {"Columns", {6, 5}, {{0, 1}, {6, 2}}, {6, 7}, {0, 4}},
    {"OneColumn", {6, 5}, {{0, 3}, {6, 1}}, {6, 1}, {0, 0}},
    {"IntoOneColumn", {6, 1}, {{0, 0}, {6, 1}}, {6, 3}, {0, 2}},
    {"Inner", {6, 5, 4}, {{1, 1, 1}, {3, 2, 2}}, {4, 4, 4}, {0, 1, 2}},
    {"MiddleAxis", {3, 5, 4}, {{0, 2, 0}, {3, 2, 4}}, {3, 2, 4}, {0, 0, 0}},
    {"FirstAxesFull", {3, 5, 4}, {{0, 0, 1}, {3, 5, 1}}, {3, 5, 2}, {0, 0, 1}},
    {"OnesBetween", {3, 1, 5, 1}, {{0, 0, 1, 0}, {3, 1, 3, 1}}, {3, 1, 3, 1}, {0, 0, 0, 0}},
    {"Nothing", {3, 5}, {{1, 5}, {2, 0}}, {3, 5}, {0, 0}},
    {"FromNothing", {0, 5}, {{0, 0}, {0, 5}}, {3, 5}, {1, 0}},
    {"One", {3, 5, 2}, {{2, 4, 1}, {1, 1, 1}}, {2, 2, 2}, {1, 0, 1}},
    {"FiveAxes",
     {2, 3, 2, 3, 2},
     {{0, 1, 0, 1, 0}, {2, 2, 1, 2, 2}},
     {2, 2, 2, 2, 2},
     {0, 0, 1, 0, 0}},
};

class CopyRegionTest : public ::testing::TestWithParam<Copy> {};

TEST_P(CopyRegionTest, CopiesTheBoxAndNothingElse) {
  for (const std::size_t element_size : {1U, 2U, 3U, 4U, 8U, 12U, 16U}) {
    expect_same_copy(GetParam(), element_size);
  }
}

INSTANTIATE_TEST_SUITE_P(Copies, CopyRegionTest, ::testing::ValuesIn(kCopies),
                         [](const auto& p) { return std::string(p.param.name); });

TEST(CopyRegionTest, RandomBoxes) {
  std::mt19937_64 random(3);
  const auto up_to = [&](std::uint64_t most) { return random() % (most + 1); };
  for (int i = 0; i < 2000; ++i) {
    Copy copy{"Random", {}, {}, {}, {}};
    const std::size_t rank = up_to(4);
    for (std::size_t d = 0; d < rank; ++d) {
      const std::uint64_t length = up_to(4);
      const std::uint64_t before_source = up_to(2);
      const std::uint64_t before_target = up_to(2);
      copy.from.origin.push_back(before_source);
      copy.from.shape.push_back(length);
      copy.source_shape.push_back(before_source + length + up_to(2));
      copy.to.push_back(before_target);
      copy.target_shape.push_back(before_target + length + up_to(2));
    }
    expect_same_copy(copy, 1 + up_to(8));
  }
}

// Runs of whole lines of memory, and others, into a target that no cache holds.
TEST(CopyRegionTest, IntoMuchMemory) {
  constexpr std::uint64_t kRows = 40'000;
  for (const std::uint64_t run : {48U, 60U, 64U, 96U, 128U})
    for (const std::uint64_t row : {128U, 192U})
      for (const std::uint64_t at : {0U, 32U, 64U}) {
        if (at + run > row) continue;
        expect_same_copy(
            {"Large", {300, 130}, {{3, 1}, {290, run / 2}}, {kRows, row / 2}, {39'000, at / 2}}, 2);
      }
}

TEST(CopyRegionTest, RefusesWhatDoesNotFit) {
  Bytes source(12);
  Bytes target(12);
  const Region box{{0, 0}, {2, 2}};
  expect_error(ErrorCode::invalid_argument, "of shape (1, 4)", [&] {
    copy_region(source, {3, 4}, box, target, {1, 4}, box, 1);
  });
  expect_error(ErrorCode::invalid_argument, "to one of shape (1, 2)", [&] {
    copy_region(source, {3, 4}, box, target, {3, 4}, {{0, 0}, {1, 2}}, 1);
  });
  expect_error(ErrorCode::invalid_argument, "source of a copy has 12 bytes", [&] {
    copy_region(source, {3, 4}, box, target, {3, 4}, box, 2);
  });
  Bytes large(24);
  expect_error(ErrorCode::invalid_argument, "target of a copy has 12 bytes", [&] {
    copy_region(large, {3, 4}, box, target, {3, 4}, box, 2);
  });
  expect_error(ErrorCode::limit_exceeded, "buffer size", [&] {
    copy_region(source, {kLargest}, {{0}, {1}}, target, {12}, {{0}, {1}}, 2);
  });
}

TEST(CopyRegionTest, BetweenOrders) {
  // 2 x 3 x 2 elements of 2 bytes, each with its own value.
  const Shape shape = {2, 3, 2};
  Bytes c_order(24), fortran(24), back(24);
  for (std::size_t i = 0; i < 12; ++i) c_order[2 * i] = static_cast<std::byte>(i);
  const Region all = Region::all(shape);
  const Order f = Order::fortran(3);
  copy_region(c_order, shape, all, fortran, shape, all, 2, {}, f);
  for (std::size_t x = 0; x < 2; ++x)
    for (std::size_t y = 0; y < 3; ++y)
      for (std::size_t z = 0; z < 2; ++z)
        EXPECT_EQ(fortran[2 * (x + 2 * y + 6 * z)], static_cast<std::byte>(6 * x + 2 * y + z));
  copy_region(fortran, shape, all, back, shape, all, 2, f);
  EXPECT_EQ(back, c_order);
  Bytes same(24);
  copy_region(fortran, shape, all, same, shape, all, 2, f, f);
  EXPECT_EQ(same, fortran);
  // A box of both.
  const Region box = {{0, 1, 1}, {2, 2, 1}};
  Bytes part(8);
  copy_region(fortran, shape, box, part, box.shape, Region::all(box.shape), 2, f);
  EXPECT_EQ(part[0], std::byte{3});
  EXPECT_EQ(part[2], std::byte{5});
  EXPECT_EQ(part[4], std::byte{9});
  EXPECT_EQ(part[6], std::byte{11});
}

TEST(CopyRegionTest, InEveryOrder) {
  const Shape shape = {2, 3, 4};
  const Region all = Region::all(shape);
  Bytes c_order(24);
  for (std::size_t i = 0; i < 24; ++i) c_order[i] = static_cast<std::byte>(i);
  std::vector<std::size_t> axes = {0, 1, 2};
  do {
    const Order order = Order::of(axes);
    Bytes turned(24), back(24);
    copy_region(c_order, shape, all, turned, shape, all, 1, {}, order);
    const Shape lengths = order.from_slowest(shape);
    for (std::size_t i = 0; i < 24; ++i) {
      Shape index(3);
      for (std::size_t d = 3, rest = i; d-- > 0; rest /= lengths[d])
        index[axes[d]] = rest % lengths[d];
      EXPECT_EQ(turned[i], c_order[12 * index[0] + 4 * index[1] + index[2]]);
    }
    copy_region(turned, shape, all, back, shape, all, 1, order);
    EXPECT_EQ(back, c_order);
  } while (std::next_permutation(axes.begin(), axes.end()));
}

TEST(Order, OfDimensions) {
  EXPECT_EQ(Order(), Order::of({0, 1, 2}));
  EXPECT_FALSE(Order() == Order::fortran(2));
  EXPECT_EQ(Order::fortran(3), Order::of({2, 1, 0}));
  EXPECT_TRUE(Order::fortran(1).is_c());
  EXPECT_TRUE(Order::fortran(1).is_fortran());
  EXPECT_FALSE(Order::of({1, 2, 0}).is_c() || Order::of({1, 2, 0}).is_fortran());
  EXPECT_EQ(Order::of({1, 2, 0}).from_slowest({7, 8, 9}), (Shape{8, 9, 7}));
  EXPECT_TRUE(Order().fits(5) && Order::fortran(2).fits(2));
  EXPECT_FALSE(Order::fortran(2).fits(3));
  const Order outer = Order::of({1, 2, 0}), order = Order::of({0, 2, 1});
  EXPECT_EQ(order.places_in(outer, 3), (std::vector<std::size_t>{2, 1, 0}));
  EXPECT_EQ(outer.then(order.places_in(outer, 3)), order);
  EXPECT_EQ(order.places_in({}, 3), (std::vector<std::size_t>{0, 2, 1}));
  for (const std::vector<std::size_t>& axes : {std::vector<std::size_t>{1}, {0, 0}, {0, 2}})
    expect_error(ErrorCode::invalid_argument, "no order of", [&] { Order::of(axes); });
}

TEST(FillRegionTest, FillsTheBoxAndNothingElse) {
  const Bytes element = {std::byte{1}, std::byte{2}, std::byte{3}};
  for (const Region& box : {Region{{0, 0}, {3, 4}}, Region{{1, 1}, {2, 2}}, Region{{2, 0}, {1, 4}},
                            Region{{0, 3}, {3, 1}}, Region{{1, 1}, {0, 2}}}) {
    Bytes buffer(36);
    fill_region(buffer, {3, 4}, box, element);
    for (std::uint64_t x = 0; x < 3; ++x)
      for (std::uint64_t y = 0; y < 4; ++y) {
        const bool is_inside = x >= box.origin[0] && x < box.origin[0] + box.shape[0] &&
                               y >= box.origin[1] && y < box.origin[1] + box.shape[1];
        for (std::size_t i = 0; i < 3; ++i)
          EXPECT_EQ(buffer[(4 * x + y) * 3 + i], is_inside ? element[i] : std::byte{0});
      }
  }
  Bytes scalar(3);
  fill_region(scalar, {}, {}, element);
  EXPECT_EQ(scalar, element);
  expect_error(ErrorCode::invalid_argument, "not inside", [&] {
    fill_region(scalar, {1}, {{1}, {1}}, element);
  });
}

}  // namespace
}  // namespace engram
