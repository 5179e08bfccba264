#include "json_rewrite.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "engram/base/error.hpp"

namespace engram::json_detail {
namespace {

// U+FDD0 is a noncharacter: text has it hardly ever, and may.
constexpr std::string_view kMarker = "\xEF\xB7\x90";
constexpr unsigned kMarkerCode = 0xFDD0;

// What follows the marker.
constexpr char kItself = 'm';
constexpr char kByte = 'b';  // and two hexadecimal digits
constexpr char kNan = 'n';
constexpr char kInfinity = 'i';
constexpr char kMinusInfinity = 'j';

/// A piece of the original text and what stands for it.
struct Edit {
  std::size_t offset;
  std::size_t size;
  std::string replacement;
  bool needed;  ///< False for the marker itself, which only matters beside other edits.
};

std::string marked(char what) { return std::string(kMarker) + what; }

/// The value of the escape "\uXXXX" at `offset`, or nullopt when there is none.
std::optional<unsigned> escape_at(std::string_view text, std::size_t offset) {
  if (offset > text.size() || text.substr(offset, 2) != "\\u") return std::nullopt;
  const std::string_view digits = text.substr(offset + 2, 4);
  unsigned value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, 16);
  if (digits.size() != 4 || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

bool is_high_surrogate(unsigned code) { return code >= 0xD800 && code <= 0xDBFF; }
bool is_low_surrogate(unsigned code) { return code >= 0xDC00 && code <= 0xDFFF; }

/// Calls `on_edit` for each piece of `text` to rewrite, in order; stops when it returns false.
template <typename OnEdit>
class Scanner {
 public:
  Scanner(std::string_view text, OnEdit on_edit) : text_(text), on_edit_(on_edit) {}

  void run() {
    while (at_ < text_.size() && go_on_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        string();
      } else if (c == 'N') {
        token("NaN", kNan);
      } else if (c == 'I') {
        token("Infinity", kInfinity);
      } else if (c == '-') {
        token("-Infinity", kMinusInfinity);
      } else {
        ++at_;
      }
    }
  }

 private:
  void edit(std::size_t size, std::string replacement, bool needed) {
    go_on_ = on_edit_(Edit{at_, size, std::move(replacement), needed});
    at_ += size;
  }

  void token(std::string_view name, char kind) {
    if (text_.substr(at_, name.size()) == name) {
      edit(name.size(), '"' + marked(kind) + '"', true);
    } else {
      ++at_;
    }
  }

  void string() {
    while (at_ < text_.size() && go_on_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return;
      }
      if (c == '\\') {
        escape();
      } else if (c == kMarker[0] && text_.substr(at_, kMarker.size()) == kMarker) {
        edit(kMarker.size(), marked(kItself), false);
      } else {
        ++at_;
      }
    }
  }

  void escape() {
    const std::optional<unsigned> code = escape_at(text_, at_);
    if (!code) {
      at_ += 2;
    } else if (*code == kMarkerCode) {
      edit(6, marked(kItself), false);
    } else if (is_high_surrogate(*code) &&
               is_low_surrogate(escape_at(text_, at_ + 6).value_or(0))) {
      at_ += 12;
    } else if (*code >= 0xDC80 && *code <= 0xDCFF) {
      edit(6, marked(kByte) + fmt::format("{:02x}", *code - 0xDC00), true);
    } else if (is_high_surrogate(*code) || is_low_surrogate(*code)) {
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("JSON has the lone surrogate {} at byte {}, which stands for no "
                              "character",
                              text_.substr(at_, 6), at_));
    } else {
      at_ += 6;
    }
  }

  std::string_view text_;
  OnEdit on_edit_;
  std::size_t at_ = 0;
  bool go_on_ = true;
};

}  // namespace

std::optional<std::string> rewrite(std::string_view text) {
  bool needed = false;
  Scanner(text, [&](const Edit& edit) {
    needed = edit.needed;
    return !needed;
  }).run();
  if (!needed) return std::nullopt;

  std::string out;
  out.reserve(text.size() + text.size() / 8);
  std::size_t copied = 0;
  Scanner(text, [&](const Edit& edit) {
    out.append(text.substr(copied, edit.offset - copied)).append(edit.replacement);
    copied = edit.offset + edit.size;
    return true;
  }).run();
  out.append(text.substr(copied));
  return out;
}

std::size_t original_offset(std::string_view text, std::size_t offset) {
  std::size_t grown = 0;
  std::size_t shrunk = 0;
  std::optional<std::size_t> inside;
  Scanner(text, [&](const Edit& edit) {
    const std::size_t start = edit.offset + grown - shrunk;
    if (offset < start) return false;
    if (offset < start + edit.replacement.size()) {
      inside = edit.offset;
      return false;
    }
    grown += edit.replacement.size();
    shrunk += edit.size;
    return true;
  }).run();
  return inside.value_or(offset + shrunk - grown);
}

std::variant<std::string, double> restore(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (;;) {
    const std::size_t marker = text.find(kMarker);
    out.append(text.substr(0, marker));
    if (marker == std::string_view::npos) return out;
    text.remove_prefix(marker + kMarker.size());
    // rewrite() puts one of its letters behind every marker.
    const char kind = text.front();
    text.remove_prefix(1);
    if (kind == kNan) return std::numeric_limits<double>::quiet_NaN();
    if (kind == kInfinity) return std::numeric_limits<double>::infinity();
    if (kind == kMinusInfinity) return -std::numeric_limits<double>::infinity();
    if (kind == kItself) {
      out.append(kMarker);
    } else {
      unsigned byte = 0;
      std::from_chars(text.data(), text.data() + 2, byte, 16);
      text.remove_prefix(2);
      out += static_cast<char>(byte);
    }
  }
}

}  // namespace engram::json_detail
