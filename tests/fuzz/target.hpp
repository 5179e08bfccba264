#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engram/base/bytes.hpp"
#include "engram/base/error.hpp"
#include "engram/base/limits.hpp"

// What each file NAME_fuzz.cpp of this folder defines. driver.cpp, or libFuzzer, calls it with one
// input after another; whatever these are, there is an answer or an engram::Error, soon, and in
// little memory.

/// Tries one input. Lets out only what is a fault. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace engram::fuzz {

/// Inputs as they should be, made by the format's writers; what is tried is made of them.
std::vector<std::string> seeds();

/// Bytes that one input may make the target allocate, at any one time.
std::size_t most_memory();

/// No input is longer.
inline constexpr std::size_t kMostInput = 64U << 10U;

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Limits under which an input can't ask for much.
inline Limits small_limits() {
  Limits limits;
  limits.max_json_bytes = 1U << 20U;
  limits.max_chunk_bytes = 1U << 20U;
  limits.max_nodes = 1000;
  limits.max_depth = 32;
  limits.max_attribute_bytes = 1U << 20U;
  limits.max_unstored_values = 1000;
  return limits;
}

/// Throws what no target lets in, so that the input counts as a fault.
inline void require(bool holds, const std::string& what) {
  if (!holds) throw std::logic_error("this does not hold: " + what);
}

/// Calls of is_answered() so far: where nearly all are refused, little is tried.
struct Answers {
  std::uint64_t given = 0, refused = 0;
};
inline Answers answers;

/// True when `call` came to an end, false when it threw an Error, as it may.
template <typename Call>
bool is_answered(const Call& call) {
  constexpr std::size_t kLongestMessage = 16U << 10U;
  try {
    call();
    ++answers.given;
    return true;
  } catch (const Error& error) {
    ++answers.refused;
    const std::string_view message = error.what();
    require(!message.empty() && message.size() < kLongestMessage,
            "messages are short enough to be read");
    return false;
  }
}

/// The first line of an input, and all behind it: a configuration, and what it is applied to.
inline std::pair<std::string_view, std::string_view> head_and_rest(std::string_view input) {
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return {input, {}};
  return {input.substr(0, end), input.substr(end + 1)};
}

}  // namespace engram::fuzz
