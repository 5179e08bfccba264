#include "hdf5/external_storage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstring>
#include <optional>

namespace engram::hdf5 {

ExternalStorage::ExternalStorage(const File& file, hid_t creation_properties)
    : directory_(boost::filesystem::path(file.path()).parent_path().string()),
      guard_(file.guard()) {
  const int count =
      check(H5Pget_external_count(creation_properties), "read the external files of a dataset");
  for (int i = 0; i < count; ++i) {
    std::array<char, 4096> name{};
    off_t offset = 0;
    hsize_t size = 0;
    check(H5Pget_external(creation_properties, static_cast<unsigned>(i), name.size() - 1,
                          name.data(), &offset, &size),
          "read the external files of a dataset");
    if (offset < 0)
      throw Error(ErrorCode::corrupt_data,
                  "an external file of a dataset begins before its first byte");
    parts_.push_back({name.data(), static_cast<std::uint64_t>(offset), size});
  }
}

FileDescriptor ExternalStorage::open(const Part& part) const {
  const bool is_absolute = part.name.starts_with('/');
  if (!is_absolute && !directory_.empty()) {
    FileDescriptor beside = guard_->open(directory_ + '/' + part.name);
    if (beside.is_open() || (errno != ENOENT && errno != ENOTDIR)) return beside;
  }
  return guard_->open(part.name);
}

std::string ExternalStorage::refused() const {
  for (const Part& part : parts_) {
    (void)guard_->take_refusal();
    if (open(part).is_open()) continue;
    if (const auto path = guard_->take_refusal()) return *path;
  }
  return "";
}

void ExternalStorage::read(std::uint64_t offset, std::span<std::byte> out) const {
  for (const Part& part : parts_) {
    if (out.empty()) return;
    if (offset >= part.size) {
      offset -= part.size;
      continue;
    }
    const std::span<std::byte> here =
        out.first(std::min<std::uint64_t>(out.size(), part.size - offset));
    (void)guard_->take_refusal();
    const FileDescriptor file = open(part);
    if (!file.is_open()) {
      const int error = errno;
      if (const auto path = guard_->take_refusal())
        throw Error(ErrorCode::unsupported,
                    "can't read values that lie in another file: " + outside_text(*path));
      throw Error(error == ENOENT || error == ENOTDIR ? ErrorCode::not_found : ErrorCode::io_error,
                  fmt::format("can't read: unable to open external raw data file {}: {}", part.name,
                              std::strerror(error)));
    }
    const std::uint64_t start = checked_add(part.offset, offset, "a place in an external file");
    const std::size_t got = read_into(file.get(), start, here, part.name);
    std::fill(here.begin() + static_cast<std::ptrdiff_t>(got), here.end(), std::byte{0});
    out = out.subspan(here.size());
    offset = 0;
  }
  if (!out.empty())
    throw Error(ErrorCode::corrupt_data,
                "can't read: the external files have fewer bytes than the dataset");
}

}  // namespace engram::hdf5
