#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string_view>

#include "engram/array/data_type.hpp"

namespace engram {
namespace {

// Counts of 64 bits times a factor, and days of the year 9 * 10^18.
__extension__ using Wide = __int128;

struct Unit {
  std::string_view name;
  std::int64_t per_day;  ///< 0: one of a second's fractions, or more than a day.
  int digits;            ///< Of a second's fraction.
};

constexpr std::int64_t kSecondsPerDay = 86400;

constexpr std::array<Unit, 11> kUnits = {{{"D", 1, 0},
                                          {"h", 24, 0},
                                          {"m", 24 * 60, 0},
                                          {"s", kSecondsPerDay, 0},
                                          {"ms", 0, 3},
                                          {"us", 0, 6},
                                          {"ns", 0, 9},
                                          {"ps", 0, 12},
                                          {"fs", 0, 15},
                                          {"as", 0, 18},
                                          {"W", 0, 0}}};

Wide floor_divide(Wide a, Wide b) { return a / b - (a % b < 0 ? 1 : 0); }

// A calendar day, and the year that it lies in. Years from March on have their leap day at the end,
// and 400 of them always 146097 days.
struct Date {
  Wide year;
  int month, day;
};

Date date_of(Wide days) {
  constexpr int kDaysOf400Years = 146097;
  days += 719468;  // Days from 0000-03-01 to 1970-01-01.
  const Wide era = floor_divide(days, kDaysOf400Years);
  const int day_of_era = static_cast<int>(days - era * kDaysOf400Years);
  const int year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int month_from_march = (5 * day_of_year + 2) / 153;
  const int day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const int month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return {era * 400 + year_of_era + (month <= 2 ? 1 : 0), month, day};
}

// Years have 64 bits.
std::string year_text(Wide year) { return fmt::format("{:04}", static_cast<std::int64_t>(year)); }

std::string day_text(Wide days) {
  const Date date = date_of(days);
  return fmt::format("{}-{:02}-{:02}", year_text(date.year), date.month, date.day);
}

std::string text_of(std::string_view unit, Wide count) {
  if (unit == "Y") return year_text(count + 1970);
  if (unit == "M") {
    const Wide years = floor_divide(count, 12);
    return fmt::format("{}-{:02}", year_text(years + 1970),
                       static_cast<int>(count - years * 12) + 1);
  }
  if (unit == "W") return day_text(count * 7);
  std::int64_t per_day = 0, per_second = 1;
  int digits = 0;
  for (const Unit& known : kUnits) {
    if (known.name != unit) continue;
    per_day = known.per_day;
    digits = known.digits;
  }
  if (per_day == 1) return day_text(count);
  for (int i = 0; i < digits; ++i) per_second *= 10;
  const Wide in_day = per_day != 0 ? Wide{per_day} : Wide{kSecondsPerDay} * per_second;
  const Wide days = floor_divide(count, in_day);
  const Wide rest = count - days * in_day;
  std::string text = day_text(days);
  if (unit == "h") return text + fmt::format("T{:02}", static_cast<int>(rest));
  if (unit == "m")
    return text +
           fmt::format("T{:02}:{:02}", static_cast<int>(rest / 60), static_cast<int>(rest % 60));
  const auto seconds = static_cast<int>(rest / per_second);
  text += fmt::format("T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (digits > 0)
    text += fmt::format(".{:0{}}", static_cast<std::int64_t>(rest % per_second), digits);
  return text;
}

}  // namespace

std::string time_text(const DataType& type, std::int64_t count) {
  if (count == kNotATime) return "NaT";
  if (type.unit.empty()) return fmt::format("{}", count);
  std::int64_t factor = 1;
  const char* const end = type.unit.data() + type.unit.size();
  const char* const unit = std::from_chars(type.unit.data(), end, factor).ptr;
  return text_of({unit, static_cast<std::size_t>(end - unit)}, Wide{count} * factor);
}

}  // namespace engram
