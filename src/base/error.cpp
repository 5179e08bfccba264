#include "engram/base/error.hpp"

#include <cstddef>
#include <utility>

#include "engram/base/utf8.hpp"

namespace engram {
namespace {

// Of a text that is too long to be read, as many bytes of each end, or a little less: characters
// stay whole.
std::string both_ends(std::string text, std::size_t shown) {
  if (text.size() <= 2 * shown) return text;
  std::size_t head = shown, tail = text.size() - shown;
  while (head > shown - 3 && continues_character(text[head])) --head;
  while (tail < text.size() - shown + 3 && continues_character(text[tail])) ++tail;
  return text.replace(head, tail - head, " ... ");
}

}  // namespace

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::already_exists:
      return "already_exists";
    case ErrorCode::corrupt_data:
      return "corrupt_data";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::limit_exceeded:
      return "limit_exceeded";
    case ErrorCode::io_error:
      return "io_error";
    case ErrorCode::cancelled:
      return "cancelled";
  }
  return "unknown";
}

Error::Error(ErrorCode code, std::string what)
    : code_(code), what_(both_ends(std::move(what), 2048)) {}

void Error::at(std::string_view place) {
  what_.append(": at ").append(both_ends(std::string(place), 1024));
}

}  // namespace engram
