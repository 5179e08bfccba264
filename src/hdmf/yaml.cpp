// YAML as JSON values, by way of yaml-cpp.

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>

#include "engram/base/error.hpp"
#include "engram/hdmf/spec_source.hpp"

namespace engram::hdmf {
namespace {

constexpr std::uint64_t kMaxNodes = 2'000'000;

bool is_one_of(const std::string& text, std::initializer_list<const char*> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

template <typename T>
bool reads(std::string_view text, T& value, int base = 10) {
  const auto [end, error] = [&] {
    if constexpr (std::is_floating_point_v<T>) {
      return std::from_chars(text.data(), text.data() + text.size(), value);
    } else {
      return std::from_chars(text.data(), text.data() + text.size(), value, base);
    }
  }();
  return error == std::errc() && end == text.data() + text.size();
}

bool looks_like_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with('.')) text.remove_prefix(1);
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

Json number(const std::string& text) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t integer = 0;
  std::uint64_t natural = 0;
  double real = 0;
  if (digits.starts_with("0x") && reads(digits.substr(2), natural, 16)) return natural;
  if (digits.starts_with("0o") && reads(digits.substr(2), natural, 8)) return natural;
  if (reads(digits, integer)) return integer;
  if (reads(digits, natural)) return natural;
  if (reads(digits, real)) return real;
  return text;
}

// The core schema of YAML 1.2.
Json scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() != "?") return text;  // In quotes, or of a type that is named.
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return nullptr;
  if (is_one_of(text, {"true", "True", "TRUE"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE"})) return false;
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return std::numeric_limits<double>::quiet_NaN();
  if (is_one_of(text, {".inf", ".Inf", ".INF", "+.inf"}))
    return std::numeric_limits<double>::infinity();
  if (is_one_of(text, {"-.inf", "-.Inf", "-.INF"})) return -std::numeric_limits<double>::infinity();
  return looks_like_number(text) ? number(text) : Json(text);
}

class Converter {
 public:
  explicit Converter(const Limits& limits) : limits_(limits) {}

  Json convert(const YAML::Node& node, std::uint32_t depth = 0) {
    if (depth > limits_.max_json_depth)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("it is nested more than {} deep", limits_.max_json_depth));
    count(node);
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return scalar(node);
      case YAML::NodeType::Sequence: {
        Json list = Json::array();
        for (const YAML::Node& item : node) list.push_back(convert(item, depth + 1));
        return list;
      }
      case YAML::NodeType::Map: {
        Json object = Json::object();
        for (const auto& item : node) {
          if (!item.first.IsScalar())
            throw Error(ErrorCode::corrupt_data,
                        fmt::format("line {}: a key is no text", item.first.Mark().line + 1));
          object[item.first.Scalar()] = convert(item.second, depth + 1);
        }
        return object;
      }
      default:
        return nullptr;
    }
  }

 private:
  // An alias shares its anchor's memory until it is turned into JSON.
  void count(const YAML::Node& node) {
    bytes_ += node.IsScalar() ? node.Scalar().size() : 0;
    if (++nodes_ > kMaxNodes || bytes_ > limits_.max_json_bytes)
      throw Error(ErrorCode::limit_exceeded,
                  "it holds more than is allowed once its aliases are written out");
  }

  const Limits& limits_;
  std::uint64_t nodes_ = 0, bytes_ = 0;
};

}  // namespace

Json parse_yaml(const std::string& text, const Limits& limits) try {
  if (text.size() > limits.max_json_bytes)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("it has {} bytes, above {}", text.size(), limits.max_json_bytes));
  return Converter(limits).convert(YAML::Load(text));
} catch (const YAML::Exception& error) {
  throw Error(ErrorCode::corrupt_data,
              fmt::format("line {} is no YAML: {}", error.mark.line + 1, error.msg));
}

}  // namespace engram::hdmf
