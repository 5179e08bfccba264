#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <utility>

#include "converters/compare_values.hpp"
#include "engram/base/json.hpp"
#include "engram/base/utf8.hpp"

namespace engram::converter {
namespace {

using hdmf::Value;

// What is shown of a value, about; the rest is "...".
constexpr std::size_t kShown = 100;
constexpr std::size_t kShownBytes = 24;
constexpr std::size_t kShownBoxes = 4;

// At most kShown bytes of `text`, whole characters.
std::string_view beginning(std::string_view text) {
  if (text.size() <= kShown) return text;
  std::size_t end = kShown;
  while (end > 0 && continues_character(text[end])) --end;
  return text.substr(0, end);
}

// Two NaNs may differ in their bits.
std::string show_number(double value) {
  if (!std::isnan(value)) return python_float(value);
  return fmt::format("nan (0x{:016x})", std::bit_cast<std::uint64_t>(value));
}

std::string show_target(const hdmf::Reference& reference) {
  return reference.source == "." ? reference.path
                                 : fmt::format("{} of {}", reference.path, reference.source);
}

struct Show {
  std::string operator()(const hdmf::Null&) const { return "null"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(std::uint64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const { return show_number(value); }
  std::string operator()(const std::complex<double>& value) const {
    return fmt::format("({}, {}i)", show_number(value.real()), show_number(value.imag()));
  }
  std::string operator()(const std::string& text) const {
    const std::string_view shown = beginning(text);
    return dump_json(Json(std::string(shown)), JsonStyle::compact) +
           (shown.size() < text.size() ? fmt::format("... ({} bytes)", text.size()) : "");
  }
  std::string operator()(const Bytes& bytes) const {
    std::string text = "0x";
    for (std::size_t i = 0; i < bytes.size() && i < kShownBytes; ++i)
      text += fmt::format("{:02x}", std::to_integer<unsigned>(bytes[i]));
    return bytes.size() > kShownBytes ? fmt::format("{}... ({} bytes)", text, bytes.size()) : text;
  }
  std::string operator()(const hdmf::Reference& reference) const {
    return "reference to " + show_target(reference);
  }
  std::string operator()(const hdmf::RegionReference& region) const {
    std::string text = "region of " + show_target(region.target) + ":";
    for (std::size_t i = 0; i < region.regions.size() && i < kShownBoxes; ++i)
      text += fmt::format(" {} from {} on", to_string(region.regions[i].shape),
                          to_string(region.regions[i].origin));
    if (region.regions.empty()) return text + " nothing";
    return region.regions.size() > kShownBoxes
               ? fmt::format("{}... ({} boxes)", text, region.regions.size())
               : text;
  }
  std::string operator()(const hdmf::List& list) const {
    std::string text = "[";
    for (const Value& item : list) {
      if (text.size() > 1) text += ", ";
      if (text.size() > kShown) return text + "...]";
      text += show(item);
    }
    return text + "]";
  }
  std::string operator()(const hdmf::Record& record) const {
    std::string text = "{";
    for (const auto& [name, item] : record) {
      if (text.size() > 1) text += ", ";
      if (text.size() > kShown) return text + "...}";
      text += name + ": " + show(item);
    }
    return text + "}";
  }
};

}  // namespace

std::pair<std::string, std::string> show_apart(const Value& a, const Value& b) {
  std::pair<std::string, std::string> both(show(a), show(b));
  if (both.first != both.second) return both;
  const auto ids = [](const Value& value) -> std::string {
    const hdmf::Reference* reference = std::get_if<hdmf::Reference>(&value.data);
    if (const auto* region = std::get_if<hdmf::RegionReference>(&value.data))
      reference = &region->target;
    if (reference == nullptr) return "";
    return fmt::format(" (object id {}, in the file {})", reference->object_id.value_or("none"),
                       reference->source_object_id.value_or("none"));
  };
  both.first += ids(a);
  both.second += ids(b);
  return both;
}

std::string show(const Value& value) { return std::visit(Show{}, value.data); }

}  // namespace engram::converter
