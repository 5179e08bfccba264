#pragma once

#include <cstdint>
#include <string_view>

#include "engram/base/limits.hpp"

namespace engram::zarr {

/// How deep the documents of a `.zmetadata` lie: {"metadata": {"a/.zarray": document}}.
inline constexpr std::uint32_t kDocumentsDepth = 2;

/// Throws Error(limit_exceeded), naming it, when one of the documents in the JSON text of a
/// `.zmetadata`, or of another that has them `documents_depth` deep, is longer than a document may
/// be. Takes no memory and builds nothing: before a text
/// of a hundred megabytes is parsed it shows whether it is many documents or a bomb. What is no
/// JSON passes; the parser says so.
void check_documents(std::string_view text, const Limits& limits,
                     std::uint32_t documents_depth = kDocumentsDepth);

}  // namespace engram::zarr
