#include "converters/same_selection.hpp"

#include <gtest/gtest.h>

#include "testing/expect_error.hpp"

namespace engram::converter {
namespace {

Region selected(Shape origin, Shape shape) { return {std::move(origin), std::move(shape)}; }

TEST(SameSelectionTest, LooksAtElements) {
  const std::vector<Region> whole{selected({0, 0}, {4, 4})};
  EXPECT_TRUE(same_selection(whole, {selected({0, 0}, {4, 1}), selected({0, 1}, {4, 3})}));
  EXPECT_TRUE(same_selection(whole, {selected({0, 0}, {3, 4}), selected({1, 0}, {3, 4})}));
  EXPECT_FALSE(same_selection(whole, {selected({0, 0}, {4, 3})}));
  EXPECT_TRUE(same_selection({}, {selected({1, 1}, {0, 5})}));
  EXPECT_FALSE(same_selection({}, whole));
  EXPECT_FALSE(same_selection(whole, {selected({0}, {4})}));
  EXPECT_TRUE(same_selection({selected({3}, {1}), selected({1}, {1})},
                             {selected({1}, {1}), selected({3}, {1})}));
  EXPECT_TRUE(same_selection({selected({}, {})}, {selected({}, {}), selected({}, {})}));
}

TEST(SameSelectionTest, RefusesWhatWouldTakeForEver) {
  std::vector<Region> rows, columns;
  for (std::uint64_t i = 0; i < 8000; ++i) {
    rows.push_back(selected({2 * i, 0}, {1, 16000}));
    columns.push_back(selected({0, 2 * i}, {16000, 1}));
  }
  EXPECT_FALSE(same_selection(rows, columns));
  rows.insert(rows.end(), columns.begin(), columns.end());
  testing::expect_error(ErrorCode::limit_exceeded, "too many pieces",
                        [&] { same_selection(rows, columns); });
}

}  // namespace
}  // namespace engram::converter
