#include "zarr/check_metadata.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace engram::zarr {
namespace {

TEST(AreSameTest, WhatIsWrittenAlike) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  // No two of these are.
  const std::vector<Json> values = {
      nullptr,
      false,
      0,
      1,
      -1,
      std::numeric_limits<std::uint64_t>::max(),
      0.0,
      -0.0,
      1.0,
      1.5,
      nan,
      std::numeric_limits<double>::infinity(),
      "",
      "1",
      Json::array(),
      Json::array({1, 2}),
      Json::array({2, 1}),
      Json::array({1, 2.0}),
      Json::object(),
      Json{{"a", 1}, {"b", 2}},
      Json{{"b", 2}, {"a", 1}},
      Json{{"a", 1}},
      Json{{"a", 1.0}, {"b", 2}},
      Json{{"a", {{"b", nullptr}}}},
      Json{{"a", {{"b", false}}}},
  };
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t j = 0; j < values.size(); ++j)
      EXPECT_EQ(are_same(values[i], values[j]), i == j)
          << dump_json(values[i], JsonStyle::line) << " " << dump_json(values[j], JsonStyle::line);
  EXPECT_TRUE(are_same(std::int64_t{7}, std::uint64_t{7}));
}

}  // namespace
}  // namespace engram::zarr
