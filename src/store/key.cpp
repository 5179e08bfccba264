#include "engram/store/key.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engram/base/bytes.hpp"
#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"
#include "part_name.hpp"

namespace engram::store {
namespace {

constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxKey = 4096;

[[noreturn]] void throw_bad_key(std::string_view text, std::string_view why) {
  throw Error(ErrorCode::invalid_argument,
              fmt::format("\"{}\" can't be a key of a store: {}", printable(text), why));
}

}  // namespace

std::string_view why_bad_name(std::string_view name) noexcept {
  if (name.empty()) return "it has an empty name";
  if (name == ".") return "it has the name \".\"";
  if (name == "..") return "it has the name \"..\"";
  if (name.size() > kMaxName) return "it has a name of more than 255 bytes";
  for (const char c : name) {
    if (c == '/') return "it has a '/' inside a name";
    if (c == '\\') return "it has a '\\'";
    if (c == '\0') return "it has a NUL";
  }
  if (!is_utf8(name)) return "it has a name that is no UTF-8";
  if (is_part_name(name)) return "it has a name that engram gives to half-written files";
  return {};
}

Key::Key(std::string_view text) : text_(text) {
  if (text.empty()) throw_bad_key(text, "it is empty");
  if (text.size() > kMaxKey) throw_bad_key(text, "it has more than 4096 bytes");
  std::size_t start = 0;
  for (;;) {
    const std::size_t end = std::min(text.find('/', start), text.size());
    const std::string_view why = why_bad_name(text.substr(start, end - start));
    if (!why.empty()) throw_bad_key(text, why);
    if (end == text.size()) return;
    start = end + 1;
  }
}

}  // namespace engram::store
