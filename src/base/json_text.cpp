// Writing JSON byte for byte as Python's json.dumps(ensure_ascii=True) does: nlohmann's own dump
// sorts, escapes and prints floats differently.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <vector>

#include "engram/base/json.hpp"
#include "engram/base/utf8.hpp"

namespace engram {
namespace {

constexpr std::size_t kIndent = 4;

/// Python compares texts by code points. That is the order of UTF-8's bytes, but for bytes that
/// are no UTF-8: those count as U+DC80 to U+DCFF.
bool less_in_python(const std::string& a, const std::string& b) {
  const auto [at_a, at_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (at_a == a.end() || at_b == b.end()) return at_a == a.end() && at_b != b.end();
  const auto code = [](char c) { return static_cast<unsigned char>(c); };
  if (code(*at_a) < 0x80 && code(*at_b) < 0x80) return code(*at_a) < code(*at_b);
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    const Utf8Step x = next_code_point(a, i);
    const Utf8Step y = next_code_point(b, j);
    if (x.code_point != y.code_point) return x.code_point < y.code_point;
    i += x.size;
    j += y.size;
  }
  return i >= a.size() && j < b.size();
}

class Printer {
 public:
  explicit Printer(JsonStyle style)
      : sorted_(style == JsonStyle::zarr || style == JsonStyle::compact),
        indented_(style == JsonStyle::zarr || style == JsonStyle::ordered) {}

  std::string take() { return std::move(out_); }

  void value(const Json& json) {
    switch (json.type()) {
      case Json::value_t::null:
      case Json::value_t::discarded:
        out_ += "null";
        break;
      case Json::value_t::boolean:
        out_ += json.get<bool>() ? "true" : "false";
        break;
      case Json::value_t::number_integer:
        fmt::format_to(std::back_inserter(out_), "{}", json.get<std::int64_t>());
        break;
      case Json::value_t::number_unsigned:
        fmt::format_to(std::back_inserter(out_), "{}", json.get<std::uint64_t>());
        break;
      case Json::value_t::number_float:
        number(json.get<double>());
        break;
      case Json::value_t::string:
        text(json.get_ref<const std::string&>());
        break;
      case Json::value_t::array:
        list('[', ']', json.get_ref<const Json::array_t&>(),
             [this](const Json& element) { value(element); });
        break;
      case Json::value_t::object:
        object(json.get_ref<const Json::object_t&>());
        break;
      case Json::value_t::binary:
        list('[', ']', json.get_binary(),
             [this](std::uint8_t byte) { fmt::format_to(std::back_inserter(out_), "{}", byte); });
        break;
    }
  }

 private:
  template <typename Items, typename Print>
  void list(char open, char close, const Items& items, const Print& print) {
    out_ += open;
    if (std::empty(items)) {
      out_ += close;
      return;
    }
    ++depth_;
    bool is_first = true;
    for (const auto& item : items) {
      if (!is_first) out_ += ',';
      is_first = false;
      new_line();
      print(item);
    }
    --depth_;
    new_line();
    out_ += close;
  }

  void object(const Json::object_t& members) {
    using Member = Json::object_t::value_type;
    std::vector<const Member*> order;
    order.reserve(members.size());
    for (const Member& member : members) order.push_back(&member);
    if (sorted_) {
      std::sort(order.begin(), order.end(), [](const Member* a, const Member* b) {
        return less_in_python(a->first, b->first);
      });
    }
    list('{', '}', order, [this](const Member* member) {
      text(member->first);
      out_ += indented_ ? ": " : ":";
      value(member->second);
    });
  }

  void new_line() {
    if (indented_) out_.append(1, '\n').append(depth_ * kIndent, ' ');
  }

  void number(double x) {
    if (std::isnan(x)) {
      out_ += "NaN";
    } else if (std::isinf(x)) {
      out_ += x > 0 ? "Infinity" : "-Infinity";
    } else {
      out_ += python_float(x);
    }
  }

  void text(const std::string& s) {
    out_ += '"';
    std::size_t i = 0;
    while (i < s.size()) {
      const char c = s[i];
      if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
        out_ += c;
        ++i;
        continue;
      }
      const Utf8Step step = next_code_point(s, i);
      escape(step.code_point);
      i += step.size;
    }
    out_ += '"';
  }

  void escape(char32_t code) {
    switch (code) {
      case '"':
        out_ += "\\\"";
        return;
      case '\\':
        out_ += "\\\\";
        return;
      case '\n':
        out_ += "\\n";
        return;
      case '\r':
        out_ += "\\r";
        return;
      case '\t':
        out_ += "\\t";
        return;
      case '\f':
        out_ += "\\f";
        return;
      case '\b':
        out_ += "\\b";
        return;
      default:
        break;
    }
    if (code >= 0x10000) {
      code -= 0x10000;
      unit(0xD800 + (code >> 10));
      unit(0xDC00 + (code & 0x3FF));
    } else {
      unit(code);
    }
  }

  void unit(char32_t code) {
    fmt::format_to(std::back_inserter(out_), "\\u{:04x}", static_cast<std::uint32_t>(code));
  }

  bool sorted_;
  bool indented_;
  std::size_t depth_ = 0;
  std::string out_;
};

}  // namespace

std::string dump_json(const Json& value, JsonStyle style) {
  Printer printer(style);
  printer.value(value);
  return printer.take();
}

std::string python_float(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";

  std::array<char, 64> buffer{};
  const auto end =
      std::to_chars(buffer.begin(), buffer.end(), value, std::chars_format::scientific).ptr;
  std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  std::string out;
  if (text.front() == '-') {
    out += '-';
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  std::string digits(text.substr(0, e));
  if (digits.size() > 1) digits.erase(1, 1);  // the point
  const char* exponent_start = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  int exponent = 0;
  std::from_chars(exponent_start, text.data() + text.size(), exponent);

  // Python's rule: as many places as it takes between 1e-4 and 1e16, else an exponent.
  if (exponent < -4 || exponent >= 16) {
    out += digits[0];
    if (digits.size() > 1) out.append(1, '.').append(digits, 1);
    return out + fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
  }
  if (exponent < 0) {
    return out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
  }
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) {
    return out.append(digits).append(whole - digits.size(), '0').append(".0");
  }
  return out.append(digits, 0, whole).append(1, '.').append(digits, whole);
}

}  // namespace engram
