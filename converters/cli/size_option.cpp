#include "converters/cli/size_option.hpp"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <cmath>
#include <string>

#include "engram/base/error.hpp"

namespace engram::cli {
namespace {

// The factor that a unit stands for; 0: no unit.
double factor_of(std::string_view unit) {
  if (unit.empty() || unit == "b") return 1;
  constexpr std::string_view kLetters = "kmgt";
  const auto power = kLetters.find(unit.front());
  if (power == std::string_view::npos) return 0;
  const auto rest = unit.substr(1);
  if (!rest.empty() && rest != "b" && rest != "ib") return 0;
  return std::pow(rest == "b" ? 1000.0 : 1024.0, static_cast<double>(power + 1));
}

}  // namespace

std::uint64_t parse_size(std::string_view text) {
  double number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  std::string unit(rest, end);
  for (char& c : unit) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const double bytes = std::floor(number * factor_of(unit));
  constexpr double kMost = 9.0e18;
  if (error != std::errc() || !(bytes >= 1) || bytes > kMost) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("a size is a number above 0 with K, M, G or T behind it where wanted, "
                            "such as 512M, not \"{}\"",
                            text));
  }
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace engram::cli
