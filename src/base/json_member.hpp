#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engram/base/json.hpp"

namespace engram {

/// Throws Error(corrupt_data): `member "chunks" is [3,0], not a list of 2 lengths above zero`.
[[noreturn]] void bad_member(std::string_view member, const Json& found, std::string_view expected);

/// The member `name` of the object `json`; null where it has none.
const Json& member_or_null(const Json& json, std::string_view name);

/// The member `name` of the object `json`, which is a text. Throws like bad_member when it is none.
std::string text_member(const Json& json, std::string_view name);

/// True when `json` is this text; no Json is made of it to compare.
bool is_text(const Json& json, std::string_view text);

/// `json` as a length, in elements or bytes. Throws like bad_member when it is no integer from 0
/// on.
std::uint64_t length_of(const Json& json, std::string_view member);

/// `json` for a message: compact, and cut where it is long.
std::string excerpt(const Json& json);

}  // namespace engram
