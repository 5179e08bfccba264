#pragma once

#include <string>
#include <string_view>

#include "engram/base/json.hpp"

namespace engram::converter {

/// What tells the source at `path` from the same one after a change, in a moment however large it
/// is: of a file its real path, size, time of the last change and a checksum of samples from all
/// over it; of a directory those of each file, together. Of anything else (a URL) its name only.
///
/// Equal JSON means: not changed, as far as can be told without reading everything. Throws
/// Error(io_error) when what is there can't be read.
Json source_identity(const std::string& path);

/// A checksum of `text`, to tell one from another where nobody deceives.
std::string checksum_of(std::string_view text);

}  // namespace engram::converter
