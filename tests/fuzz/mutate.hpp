#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace engram::fuzz {

/// `input` with one to six changes: bits and bytes flipped, lengths and other numbers replaced (as
/// bytes and as digits), parts cut off, taken out, doubled, moved, put in from one of `seeds`,
/// values of JSON changed, exchanged and taken out, brackets nested. At most kMostInput bytes.
std::string mutate(std::string input, const std::vector<std::string>& seeds, std::mt19937& random);

/// Input number `number` of the series `series`, made of one of `seeds`: the same each time.
std::string make_case(const std::vector<std::string>& seeds, std::uint32_t series,
                      std::uint32_t number);

}  // namespace engram::fuzz
