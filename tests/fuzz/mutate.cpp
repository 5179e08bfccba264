#include "fuzz/mutate.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <iterator>
#include <string_view>

#include "engram/base/error.hpp"
#include "engram/base/json.hpp"
#include "fuzz/target.hpp"

namespace engram::fuzz {
namespace {

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t end) { return end == 0 ? 0 : random() % end; }

// Where programs that read numbers go wrong.
constexpr std::array<std::uint64_t, 16> kNumbers = {0,
                                                    1,
                                                    2,
                                                    0x7f,
                                                    0x80,
                                                    0xff,
                                                    0x7fff,
                                                    0x8000,
                                                    0xffff,
                                                    0x10000,
                                                    0x7fff'ffff,
                                                    0x8000'0000,
                                                    0xffff'ffff,
                                                    0x1'0000'0000,
                                                    0x7fff'ffff'ffff'ffff,
                                                    0xffff'ffff'ffff'ffff};

constexpr std::array<std::string_view, 22> kDigits = {"0",
                                                      "1",
                                                      "-1",
                                                      "-0",
                                                      "7",
                                                      "33",
                                                      "255",
                                                      "65536",
                                                      "1048577",
                                                      "2147483648",
                                                      "4294967295",
                                                      "4294967296",
                                                      "9007199254740993",
                                                      "9223372036854775807",
                                                      "9223372036854775808",
                                                      "-9223372036854775809",
                                                      "18446744073709551615",
                                                      "18446744073709551616",
                                                      "0.5",
                                                      "1e400",
                                                      "1e-400",
                                                      "1E19"};

constexpr std::array<std::string_view, 24> kTokens = {"null",
                                                      "true",
                                                      "[]",
                                                      "{}",
                                                      "\"\"",
                                                      "NaN",
                                                      "-Infinity",
                                                      "\"|O\"",
                                                      "\"<f8\"",
                                                      "\"|V0\"",
                                                      "\"<M8[ns]\"",
                                                      "\"<U1\"",
                                                      "\"|S9999999999\"",
                                                      "[[\"a\",\"<i4\"]]",
                                                      "[[\"a\",\"<i2\",[3,3]]]",
                                                      "\"\\ud800\"",
                                                      "\"\\u0000\"",
                                                      "\"\xff\"",
                                                      ",",
                                                      ":",
                                                      "[",
                                                      "}",
                                                      "..",
                                                      "/"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A run of digits from a random place on, with its sign: its start and size; none: size 0.
std::pair<std::size_t, std::size_t> find_number(const std::string& text, Random& random) {
  std::size_t start = below(random, text.size());
  while (start < text.size() && !is_digit(text[start])) ++start;
  std::size_t end = start;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (start > 0 && end > start && text[start - 1] == '-') --start;
  return {start, end - start};
}

void change_number(std::string& text, Random& random) {
  const auto [start, size] = find_number(text, random);
  if (size == 0) return;
  std::string replacement(kDigits[below(random, kDigits.size())]);
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data() + start, text.data() + start + size, value);
  if (random() % 2 == 0 && parsed.ec == std::errc()) {
    const auto bits = static_cast<std::uint64_t>(value);
    const std::array<std::uint64_t, 6> near = {bits + 1, bits - 1, bits * 2,
                                               bits / 2, 0 - bits, bits * 16};
    replacement = std::to_string(static_cast<std::int64_t>(near[below(random, near.size())]));
  }
  text.replace(start, size, replacement);
}

// A JSON token, or what looks like one.
void change_token(std::string& text, Random& random) {
  std::size_t start = below(random, text.size());
  const auto ends = [](char c) {
    return c == ',' || c == ':' || c == '[' || c == ']' || c == '{' || c == '}' || c == '\n';
  };
  while (start < text.size() && ends(text[start])) ++start;
  std::size_t end = start;
  while (end < text.size() && !ends(text[end]) && end - start < 64) ++end;
  text.replace(start, end - start, kTokens[below(random, kTokens.size())]);
}

void put_number(std::string& bytes, Random& random) {
  const std::size_t size = std::size_t{1} << (random() % 4);
  if (bytes.size() < size) return;
  // Heads are where sizes stand.
  const std::size_t room = bytes.size() - size + 1;
  const std::size_t at = below(random, random() % 2 == 0 ? std::min<std::size_t>(room, 32) : room);
  std::uint64_t number = kNumbers[below(random, kNumbers.size())];
  if (random() % 4 == 0) number = random() % 4096;
  const bool is_little = random() % 4 != 0;
  for (std::size_t i = 0; i < size; ++i)
    bytes[at + (is_little ? i : size - 1 - i)] = static_cast<char>(number >> (8 * i) & 0xffU);
}

void nest(std::string& text, Random& random) {
  const std::size_t depth = std::size_t{1} << (random() % 13);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kPairs = {
      {{"[", "]"}, {"{\"a\":", "}"}, {"(", ")"}, {"a/", "/b"}}};
  const auto& [open, close] = kPairs[below(random, kPairs.size())];
  std::string before, after;
  for (std::size_t i = 0; i < depth; ++i) {
    before += open;
    after += close;
  }
  const std::size_t at = below(random, text.size() + 1);
  text.insert(at, random() % 2 == 0 ? before : before + "1" + after);
}

void change_bytes(std::string& input, Random& random) {
  const std::size_t at = below(random, input.size());
  const std::size_t size = below(random, std::min<std::size_t>(input.size() - at, 64)) + 1;
  switch (random() % 8) {
    case 0:
      input[at] = static_cast<char>(random());
      break;
    case 1:
      input[at] = static_cast<char>(input[at] ^ (1 << static_cast<int>(random() % 8)));
      break;
    case 2:
      input.resize(at);
      break;
    case 3:
      input.erase(at, size);
      break;
    case 4:
      input.insert(at, input.substr(at, size));
      break;
    case 5:
      input.insert(below(random, input.size()), input.substr(at, size));
      break;
    case 6:
      input.insert(at, size, static_cast<char>(random() % 2 == 0 ? random() : 0xffU));
      break;
    default:
      // Only the end of the input, or the whole of it, once more.
      input += input.substr(random() % 2 == 0 ? at : 0);
      break;
  }
}

// The beginning of one input with the end of another, or a piece of that in the middle.
void splice(std::string& input, const std::vector<std::string>& seeds, Random& random) {
  const std::string& other = seeds[below(random, seeds.size())];
  const std::size_t from = below(random, other.size() + 1);
  const std::size_t at = below(random, input.size() + 1);
  if (random() % 2 == 0) {
    input = input.substr(0, at) + other.substr(from);
  } else {
    input.insert(at, other.substr(from, below(random, 256)));
  }
}

// A JSON list or object that begins a line, or a document of several: its start and size; none: 0.
std::pair<std::size_t, std::size_t> find_json(const std::string& text, Random& random) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < text.size() && starts.size() < 64; ++i) {
    const bool begins = i == 0 || text[i - 1] == '\n' || text[i - 1] == '\x1e';
    if (begins && (text[i] == '[' || text[i] == '{')) starts.push_back(i);
  }
  if (starts.empty()) return {0, 0};
  const std::size_t start = starts[below(random, starts.size())];
  std::size_t depth = 0;
  bool is_string = false;
  for (std::size_t i = start; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && text[i - 1] != '\\') is_string = !is_string;
    if (is_string) continue;
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && --depth == 0) return {start, i + 1 - start};
  }
  return {0, 0};
}

void collect(Json& value, std::vector<Json*>& all) {
  all.push_back(&value);
  if (value.is_structured())
    for (Json& inner : value) collect(inner, all);
}

Json parse_or(std::string_view text) {
  try {
    return parse_json(text);
  } catch (const Error&) {
    return {};
  }
}

void change_value(Json& value, const Json& other, Random& random) {
  const auto at = [&] { return static_cast<std::ptrdiff_t>(below(random, value.size())); };
  switch (random() % 6) {
    case 0:
      value = Json(other);
      return;
    case 1:
      value = parse_or(kTokens[below(random, kTokens.size())]);
      return;
    case 2:
      if (value.is_array() && !value.empty()) {
        value.push_back(Json(value[below(random, value.size())]));
        return;
      }
      break;
    case 3:
      if (value.is_structured() && !value.empty()) {
        value.erase(std::next(value.begin(), at()));
        return;
      }
      break;
    default:
      break;
  }
  if (value.is_string() && random() % 2 == 0) {
    auto& text = value.get_ref<std::string&>();
    if (text.empty() || random() % 4 == 0) {
      text += static_cast<char>(random() % 128);
    } else {
      change_number(text, random);
      text[below(random, text.size())] = static_cast<char>(' ' + random() % 95);
    }
  } else {
    value = parse_or(kDigits[below(random, kDigits.size())]);
  }
}

// One value within a JSON text, so that it stays one. False where there is none.
bool change_json(std::string& text, Random& random) {
  const auto [start, size] = find_json(text, random);
  if (size == 0) return false;
  Json document = parse_or(std::string_view(text).substr(start, size));
  std::vector<Json*> all;
  collect(document, all);
  const Json other = *all[below(random, all.size())];
  change_value(*all[below(random, all.size())], other, random);
  text.replace(start, size, dump_json(document, JsonStyle::line));
  return true;
}

void change(std::string& input, const std::vector<std::string>& seeds, Random& random) {
  if (random() % 2 == 0 && change_json(input, random)) return;
  switch (random() % 16) {
    case 0:
    case 1:
    case 2:
      return change_number(input, random);
    case 3:
    case 4:
      return change_token(input, random);
    case 5:
    case 6:
    case 7:
      return put_number(input, random);
    case 8:
      return nest(input, random);
    case 9:
    case 10:
      return splice(input, seeds, random);
    default:
      return change_bytes(input, random);
  }
}

}  // namespace

std::string mutate(std::string input, const std::vector<std::string>& seeds, Random& random) {
  // Often only what stands behind the line with the configuration.
  std::string head;
  const std::size_t line = input.find('\n');
  if (line < input.size() - 1 && (input[0] == '[' || input[0] == '{') && random() % 2 == 0) {
    head = input.substr(0, line + 1);
    input.erase(0, line + 1);
  }
  for (auto changes = random() % 2 == 0 ? 1 : 1 + random() % 6; changes > 0; --changes) {
    if (input.empty()) input = seeds[below(random, seeds.size())];
    if (input.empty()) input = "0";
    change(input, seeds, random);
    if (input.size() > kMostInput) input.resize(kMostInput);
  }
  return (head + input).substr(0, kMostInput);
}

std::string make_case(const std::vector<std::string>& seeds, std::uint32_t series,
                      std::uint32_t number) {
  std::seed_seq sequence{series, number};
  Random random(sequence);
  return mutate(seeds[below(random, seeds.size())], seeds, random);
}

}  // namespace engram::fuzz
