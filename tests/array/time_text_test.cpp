#include <gtest/gtest.h>

#include <limits>
#include <ostream>

#include "engram/array/data_type.hpp"
#include "engram/array/element.hpp"

namespace engram {
namespace {

struct TimeCase {
  const char* unit;
  std::int64_t count;
  const char* text;
  friend std::ostream& operator<<(std::ostream& out, const TimeCase& c) { return out << c.text; }
};

// The texts are NumPy's: str(np.datetime64(count, unit)).
TEST(TimeText, IsNumPys) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  for (const TimeCase& c : {TimeCase{"D", 0, "1970-01-01"},
                            TimeCase{"D", -1, "1969-12-31"},
                            TimeCase{"D", 11016, "2000-02-29"},
                            TimeCase{"D", -719528, "0000-01-01"},
                            TimeCase{"D", -719529, "-001-12-31"},
                            TimeCase{"Y", 56, "2026"},
                            TimeCase{"Y", -1971, "-001"},
                            TimeCase{"M", 13, "1971-02"},
                            TimeCase{"M", -1, "1969-12"},
                            TimeCase{"W", 1, "1970-01-08"},
                            TimeCase{"h", -1, "1969-12-31T23"},
                            TimeCase{"m", 61, "1970-01-01T01:01"},
                            TimeCase{"s", 1700000000, "2023-11-14T22:13:20"},
                            TimeCase{"ms", -1, "1969-12-31T23:59:59.999"},
                            TimeCase{"us", 1, "1970-01-01T00:00:00.000001"},
                            TimeCase{"ns", 1700000000123456789, "2023-11-14T22:13:20.123456789"},
                            TimeCase{"ns", kMost, "2262-04-11T23:47:16.854775807"},
                            TimeCase{"as", -1, "1969-12-31T23:59:59.999999999999999999"},
                            TimeCase{"25us", 3, "1970-01-01T00:00:00.000075"},
                            TimeCase{"7D", 2, "1970-01-15"},
                            TimeCase{"ns", kNotATime, "NaT"},
                            TimeCase{"D", kNotATime, "NaT"},
                            TimeCase{"", 5, "5"}})
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
