#include "zarr/document_sizes.hpp"

#include <fmt/format.h>

#include <cstring>

#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"

namespace engram::zarr {
namespace {

constexpr std::size_t kLongestName = 200;

// The place behind the string that begins at the quote at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (std::size_t from = at + 1;;) {
    const std::size_t quote = text.find('"', from);
    if (quote == std::string_view::npos) return text.size();
    std::size_t slashes = 0;
    while (text[quote - 1 - slashes] == '\\') ++slashes;
    if (slashes % 2 == 0) return quote + 1;
    from = quote + 1;
  }
}

}  // namespace

void check_documents(std::string_view text, const Limits& limits, std::uint32_t documents_depth) {
  std::uint32_t depth = 0;
  std::size_t begin = 0;  // Of the document, with its name; it ends before the next comma.
  const auto check = [&](std::size_t end) {
    if (end - begin <= limits.max_json_bytes) return;
    const std::size_t quote = text.substr(begin, kLongestName).find('"');
    const std::string_view name = quote == std::string_view::npos
                                      ? std::string_view()
                                      : text.substr(begin + quote, kLongestName);
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("a document has more than {} bytes, the limit: {}",
                            limits.max_json_bytes, printable(name, kLongestName)));
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    switch (text[at]) {
      case '"':
        at = end_of_string(text, at) - 1;
        break;
      case '{':
      case '[':
        if (++depth == documents_depth) begin = at + 1;
        break;
      case '}':
      case ']':
        if (depth == documents_depth) check(at);
        if (depth > 0) --depth;
        break;
      case ',':
        if (depth == documents_depth) {
          check(at);
          begin = at + 1;
        }
        break;
      default:
        break;
    }
  }
  if (depth >= documents_depth) check(text.size());
}

}  // namespace engram::zarr
