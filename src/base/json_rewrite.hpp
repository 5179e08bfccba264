#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace engram::json_detail {

/// zarr-python writes two things that RFC 8259 has not: the bare tokens NaN, Infinity, -Infinity,
/// and lone surrogate escapes. A text that holds one is rewritten before it is parsed; each
/// becomes a piece of a string that begins with one marker character, and where the text itself
/// has that character it is marked too, so that nothing can be mistaken.

/// `text` rewritten, or nullopt where it needs none. Throws Error(corrupt_data) for a lone
/// surrogate that stands for no byte.
std::optional<std::string> rewrite(std::string_view text);

/// The offset in `text` that `offset` in its rewritten form came from.
std::size_t original_offset(std::string_view text, std::size_t offset);

/// What a string of a rewritten text stands for: a text, or the number of a bare token.
std::variant<std::string, double> restore(std::string_view text);

}  // namespace engram::json_detail
