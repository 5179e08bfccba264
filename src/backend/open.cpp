// What lies at a path is told by its content, never by its name:
//
// 1. a directory, or a URL of a web server: Zarr when it holds zarr.json (v3), .zgroup, .zarray or
//    .zmetadata (v2);
// 2. a file: HDF5 when its signature stands at byte 0, 512, 1024, 2048, ... (before it lies a
//    user block, as MATLAB and others write, which may be anything, a zip too);
// 3. a file that begins as a zip: Zarr as a directory is;
// 4. else it is refused, with what was found.

#include "engram/backend/open.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "engram/base/error.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/store/open_store.hpp"
#include "engram/zarr/hierarchy.hpp"

namespace engram::backend {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSignature("\x89HDF\r\n\x1a\n", 8);
constexpr std::uint64_t kFirstUserBlock = 512;

struct KnownStart {
  std::string_view start, name;
};
constexpr std::array kKnown = {
    KnownStart{"\x1f\x8b", "a gzip file: unpack it first"},
    KnownStart{"CDF\x01", "a netCDF 3 file"},
    KnownStart{"CDF\x02", "a netCDF 3 file"},
    KnownStart{"version https://git-lfs", "a Git LFS pointer: fetch the file itself"},
    KnownStart{"/annex/objects", "a git-annex pointer: fetch the file itself"},
    KnownStart{"\x89HDF",
               "a damaged HDF5 file: its signature was changed, as by a transfer as text"},
};

std::string read_at(std::ifstream& file, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return bytes;
}

bool has_signature(std::ifstream& file, std::uint64_t size) {
  for (std::uint64_t offset = 0; offset + kSignature.size() <= size;
       offset = offset == 0 ? kFirstUserBlock : 2 * offset)
    if (read_at(file, offset, kSignature.size()) == kSignature) return true;
  return false;
}

std::string what_is(std::ifstream& file, std::uint64_t size) {
  if (size == 0) return "an empty file";
  const std::string start = read_at(file, 0, 32);
  const auto found = std::find_if(kKnown.begin(), kKnown.end(), [&](const KnownStart& known) {
    return start.starts_with(known.start);
  });
  return found == kKnown.end() ? "a file without HDF5's signature" : std::string(found->name);
}

[[noreturn]] void refuse(const std::string& path, std::string_view found) {
  throw Error(
      ErrorCode::unsupported,
      fmt::format("{} is {}; engram reads HDF5 files and Zarr directories, zip files and URLs",
                  path, found));
}

}  // namespace

bool is_hdf5_file(const std::string& path) {
  std::error_code failed;
  const std::uint64_t size = fs::file_size(path, failed);
  std::ifstream file(path, std::ios::binary);
  return !failed && file && has_signature(file, size);
}

namespace {

// `kind` is what lies there, for messages: "a directory".
std::unique_ptr<Reader> open_zarr(std::shared_ptr<const store::ReadableStore> store,
                                  std::string_view kind, const ReadOptions& options) {
  if (!zarr::is_zarr(*store))
    refuse(store->name(), fmt::format("{} without .zgroup or zarr.json", kind));
  return open_zarr_reader(std::move(store), options);
}

std::unique_ptr<Reader> open_file(const std::string& path, const ReadOptions& options) {
  std::error_code failed;
  const std::uint64_t size = fs::file_size(path, failed);
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (failed || !file)
    throw Error(ErrorCode::io_error,
                fmt::format("can't read {}: {}", path,
                            failed ? failed.message() : std::string(std::strerror(errno))));
  if (has_signature(file, size)) return open_hdf5_reader(path, options);
  if (store::is_zip_file(path)) return open_zarr(store::open_store(path), "a zip file", options);
  refuse(path, what_is(file, size));
}

std::unique_ptr<Reader> open_path(const std::string& path, const ReadOptions& options) {
  std::error_code failed;
  const fs::file_status status = fs::status(path, failed);
  switch (status.type()) {
    case fs::file_type::not_found:
      throw Error(ErrorCode::not_found, fmt::format("there is nothing at {}", path));
    case fs::file_type::directory:
      return open_zarr(
          std::make_shared<const store::DirectoryStore>(path, store::DirectoryStore::Mode::read),
          "a directory", options);
    case fs::file_type::regular:
      return open_file(path, options);
    case fs::file_type::none:
      throw Error(ErrorCode::io_error, fmt::format("can't read {}: {}", path, failed.message()));
    default:
      refuse(path, "neither a file nor a directory");
  }
}

}  // namespace

std::unique_ptr<Reader> open_reader(const std::string& path, const ReadOptions& options) {
  if (const auto local = store::local_path(path)) return open_path(*local, options);
  return open_zarr(store::open_store(path), "a place", options);
}

std::unique_ptr<Reader> open_reader(const std::string& path, const Limits& limits) {
  return open_reader(path, ReadOptions{limits, std::nullopt, {}});
}

}  // namespace engram::backend
