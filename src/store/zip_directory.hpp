#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "zip_reader.hpp"

namespace engram::store {

/// The record at the end of every archive, without its comment.
inline constexpr std::uint64_t kEndSize = 22;

/// Goes through the directory of the zip archive in `fd`, in its order, and gives each entry with
/// its name to `take`. Throws Error(corrupt_data) that names `path` when the file is no archive, or
/// its directory is broken, or its entries must overlap; Error(unsupported) when it is one part of
/// several.
///
/// minizip, which writes the archives, is not used for this: that of Debian 12 gives wrong sizes
/// for zip64 entries, and does not tell where an entry lies without reading at each one's place.
void read_zip_directory(int fd, std::uint64_t file_size, const std::string& path,
                        const std::function<void(std::string name, const ZipEntry&)>& take);

/// The number in `size` bytes (8 at most) of `bytes` from `at` on, least significant first.
std::uint64_t little_endian(BytesView bytes, std::size_t at, std::size_t size);

}  // namespace engram::store
