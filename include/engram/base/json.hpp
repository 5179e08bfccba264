#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engram/base/limits.hpp"

#ifdef ENGRAM_OWN_BUILD
// Instantiated in json.cpp: a file that uses JSON compiles a tenth faster. Not for users: with it
// GCC 12 warns at -O3, wrongly, where a Json is compared with a literal.
extern template class nlohmann::basic_json<nlohmann::ordered_map>;
#endif

namespace engram {

/// JSON values; members keep the order in which they came.
using Json = nlohmann::ordered_json;

/// The value that `text` holds. Beyond RFC 8259, as zarr-python writes them: the bare tokens NaN,
/// Infinity and -Infinity become doubles, and a lone low surrogate `\udc80`..`\udcff` becomes the
/// single byte 0x80..0xff (Python's "surrogateescape"), so that text which is no UTF-8 survives.
/// Integers keep 64 bits (signed or unsigned), doubles are exact; an integer beyond 64 bits becomes
/// a double.
///
/// Throws Error(corrupt_data) with the offset and what was found when it is no JSON or no UTF-8,
/// and Error(limit_exceeded) when it is larger or deeper than `limits` allows. `documents_depth` is
/// how deep the documents lie that the limits of values and members are for: 0 where the text is
/// one, 2 in {"metadata": {"a/.zarray": document}}.
Json parse_json(std::string_view text, const Limits& limits = {},
                std::uint32_t documents_depth = 0);

/// How dump_json lays a value out.
enum class JsonStyle {
  zarr,     ///< As zarr-python 2 writes metadata: 4 blanks, members sorted by name, one element a
            ///< line.
  compact,  ///< As numcodecs' json2 writes: no blanks, members sorted by name.
  ordered,  ///< As zarr, members in their own order.
  line,     ///< For people and logs: no blanks, members in their own order.
};

/// `value` as ASCII text. Doubles have Python's shortest form and always a point or an exponent
/// ("1.0", "4.7e-06", "1e+16"); NaN and infinities are the bare tokens; bytes of a text that are no
/// UTF-8 become
/// `\udcXX`. Never throws for a value that was built by this library.
std::string dump_json(const Json& value, JsonStyle style);

/// `value` as Python's repr() prints a float: "0.1", "1e-05", "1e+16", "nan", "inf", "-inf".
std::string python_float(double value);

}  // namespace engram
