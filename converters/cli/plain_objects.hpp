#pragma once

#include <memory>
#include <string>

#include "converters/cli/elements.hpp"
#include "engram/store/store.hpp"

namespace engram::cli {

/// The objects of the Zarr array at `path` ("/a/b") as they are, where nothing says what they mean
/// to HDMF. nullptr where something does, or there is no array of objects. Bytes are printed as
/// text; one that is no UTF-8 becomes `\udcXX`, as Python's "surrogateescape" has it.
std::unique_ptr<Elements> plain_objects(const std::shared_ptr<const store::ReadableStore>& store,
                                        const std::string& path);

}  // namespace engram::cli
