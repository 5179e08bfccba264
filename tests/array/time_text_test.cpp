#include <gtest/gtest.h>

#include <limits>
#include <ostream>

#include "engram/array/data_type.hpp"
#include "engram/array/element.hpp"

namespace engram {
namespace {

struct Case {
  const char* unit;
  std::int64_t count;
  const char* text;
  friend std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.text; }
};

// The texts are NumPy's: str(np.datetime64(count, unit)).
TEST(TimeText, IsNumPys) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  for (const Case& c : {Case{"D", 0, "1970-01-01"},
                        Case{"D", -1, "1969-12-31"},
                        Case{"D", 11016, "2000-02-29"},
                        Case{"D", -719528, "0000-01-01"},
                        Case{"D", -719529, "-001-12-31"},
                        Case{"Y", 56, "2026"},
                        Case{"Y", -1971, "-001"},
                        Case{"M", 13, "1971-02"},
                        Case{"M", -1, "1969-12"},
                        Case{"W", 1, "1970-01-08"},
                        Case{"h", -1, "1969-12-31T23"},
                        Case{"m", 61, "1970-01-01T01:01"},
                        Case{"s", 1700000000, "2023-11-14T22:13:20"},
                        Case{"ms", -1, "1969-12-31T23:59:59.999"},
                        Case{"us", 1, "1970-01-01T00:00:00.000001"},
                        Case{"ns", 1700000000123456789, "2023-11-14T22:13:20.123456789"},
                        Case{"ns", kMost, "2262-04-11T23:47:16.854775807"},
                        Case{"as", -1, "1969-12-31T23:59:59.999999999999999999"},
                        Case{"25us", 3, "1970-01-01T00:00:00.000075"},
                        Case{"7D", 2, "1970-01-15"},
                        Case{"ns", kNotATime, "NaT"},
                        Case{"D", kNotATime, "NaT"},
                        Case{"", 5, "5"}})
    EXPECT_EQ(time_text(DataType::datetime(c.unit), c.count), c.text);
}

TEST(TimeText, OfTheFurthestTimesIsDefined) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  for (const char* unit : {"Y", "M", "W", "D", "h", "m", "s", "ms", "1000Y", "2147483647as"})
    for (const std::int64_t count : {kMost, -kMost})
      EXPECT_FALSE(time_text(DataType::datetime(unit), count).empty()) << unit;
}

TEST(Element, HasTheTypeOfItsBytes) {
  using namespace std::chrono;
  EXPECT_EQ(data_type_of<bool>(), DataType::boolean());
  EXPECT_EQ(data_type_of<std::int16_t>(), DataType::integer(2));
  EXPECT_EQ(data_type_of<std::uint64_t>(), DataType::unsigned_integer(8));
  EXPECT_EQ(data_type_of<float>(), DataType::floating(4));
  EXPECT_EQ(data_type_of<std::complex<double>>(), DataType::complex(16));
  EXPECT_EQ(data_type_of<sys_time<nanoseconds>>(), DataType::datetime("ns"));
  EXPECT_EQ(data_type_of<milliseconds>(), DataType::timedelta("ms"));
  EXPECT_FALSE(Element<char>);
  EXPECT_FALSE(Element<std::string>);
}

}  // namespace
}  // namespace engram
