#include "schema/names.hpp"

#include <fmt/format.h>

#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"
#include "engram/store/key.hpp"

namespace engram::schema {

std::string_view why_bad(std::string_view name) noexcept {
  if (const std::string_view why = store::why_bad_name(name); !why.empty()) return why;
  for (const char c : name) {
    if (c == '=') return "it has a '=', which parts of a key have";
    if (c == '%') return "it has a '%', which only values are escaped with";
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return "it has a control character";
  }
  return {};
}

void check_name(std::string_view what, std::string_view name) {
  const std::string_view why = why_bad(name);
  if (!why.empty())
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("\"{}\" can't be the name of a {} in a path: {}", printable(name), what, why));
}

}  // namespace engram::schema
