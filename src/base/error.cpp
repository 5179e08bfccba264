#include "engram/base/error.hpp"

#include <cstddef>
#include <utility>

#include "engram/base/utf8.hpp"

namespace engram {

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

Error::Error(ErrorCode code, std::string what) : code_(code), what_(std::move(what)) {}

void Error::at(std::string_view place) {
  constexpr std::size_t kShown = 1024;
  what_.append(": at ");
  if (place.size() <= 2 * kShown) {
    what_.append(place);
    return;
  }
  std::size_t head = kShown, tail = place.size() - kShown;
  while (head > kShown - 3 && continues_character(place[head])) --head;
  while (tail < place.size() - kShown + 3 && continues_character(place[tail])) ++tail;
  what_.append(place.substr(0, head)).append(" ... ").append(place.substr(tail));
}

}  // namespace engram
