#include "engram/hdmf/dtype_rules.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace engram::hdmf {
namespace {

// What the specification language calls a type, and which of it is meant.
constexpr std::array<std::pair<std::string_view, std::string_view>, 32> kNames = {{
    {"float", "float32"},
    {"float32", "float32"},
    {"double", "float64"},
    {"float64", "float64"},
    {"long", "int64"},
    {"int64", "int64"},
    {"int", "int32"},
    {"int32", "int32"},
    {"short", "int16"},
    {"int16", "int16"},
    {"int8", "int8"},
    {"uint", "uint32"},
    {"uint32", "uint32"},
    {"uint16", "uint16"},
    {"uint8", "uint8"},
    {"uint64", "uint64"},
    {"numeric", "numeric"},
    {"text", "utf8"},
    {"utf", "utf8"},
    {"utf8", "utf8"},
    {"utf-8", "utf8"},
    {"ascii", "ascii"},
    {"bytes", "ascii"},
    {"str", "utf8"},
    {"bool", "bool"},
    {"object", "object"},
    {"region", "region"},
    {"isodatetime", "isodatetime"},
    {"datetime", "isodatetime"},
    {"date", "isodatetime"},
    {"ref", "object"},
    {"reference", "object"},
}};

// Number types from narrow to wide, a kind each.
constexpr std::array<std::string_view, 4> kSigned = {"int8", "int16", "int32", "int64"};
constexpr std::array<std::string_view, 4> kUnsigned = {"uint8", "uint16", "uint32", "uint64"};
constexpr std::array<std::string_view, 2> kFloats = {"float32", "float64"};

template <std::size_t N>
std::optional<std::size_t> rank_in(const std::array<std::string_view, N>& kind,
                                   std::string_view name) noexcept {
  const auto found = std::find(kind.begin(), kind.end(), name);
  if (found == kind.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kind.begin());
}

template <std::size_t N>
bool is_as_wide(const std::array<std::string_view, N>& kind, std::string_view specified,
                std::string_view found) noexcept {
  const auto least = rank_in(kind, specified);
  const auto rank = rank_in(kind, found);
  return least && rank && *rank >= *least;
}

}  // namespace

std::string_view canonical_dtype(std::string_view name) noexcept {
  const auto* found = std::find_if(kNames.begin(), kNames.end(),
                                   [name](const auto& pair) { return pair.first == name; });
  return found == kNames.end() ? std::string_view() : found->second;
}

bool dtype_accepts(std::string_view specified, std::string_view found) noexcept {
  const std::string_view wanted = canonical_dtype(specified);
  const std::string_view given = canonical_dtype(found);
  if (wanted.empty() || given.empty()) return false;
  if (wanted == given) return true;
  if (wanted == "utf8") return given == "ascii";
  if (wanted == "numeric")
    return rank_in(kSigned, given) || rank_in(kUnsigned, given) || rank_in(kFloats, given);
  return is_as_wide(kSigned, wanted, given) || is_as_wide(kUnsigned, wanted, given) ||
         is_as_wide(kFloats, wanted, given);
}

}  // namespace engram::hdmf
