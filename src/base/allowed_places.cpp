// A file is opened in two steps: first as a mere place (O_PATH), of which the system tells the true
// path; then, when that is allowed, that very place is opened for reading, by its descriptor.
#include "base/allowed_places.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <system_error>

namespace engram {
namespace {

std::string place_of(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

// "" where the system does not tell.
std::string true_path(int fd) {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = ::readlink(place_of(fd).c_str(), path.data(), path.size());
  if (size <= 0 || static_cast<std::size_t>(size) >= path.size() || path[0] != '/') return "";
  return {path.data(), static_cast<std::size_t>(size)};
}

FileDescriptor failed(int error) {
  errno = error;
  return {};
}

}  // namespace

bool AllowedPlaces::contains(std::string_view path) const noexcept {
  return std::any_of(directories_.begin(), directories_.end(), [&](std::string_view directory) {
    if (!path.starts_with(directory)) return false;
    return directory.ends_with('/') || path.size() == directory.size() ||
           path[directory.size()] == '/';
  });
}

FileDescriptor AllowedPlaces::open(const std::string& path, std::string& refused) const {
  if (path.empty() || path.find('\0') != std::string::npos) return failed(ENOENT);
  const FileDescriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!place.is_open()) return {};
  const std::string real = true_path(place.get());
  if (!contains(real)) {
    refused = real.empty() ? path : real;
    return failed(EACCES);
  }
  struct stat info {};
  if (::fstat(place.get(), &info) != 0) return {};
  if (!S_ISREG(info.st_mode)) return failed(EINVAL);
  return FileDescriptor(::open(place_of(place.get()).c_str(), O_RDONLY | O_CLOEXEC));
}

std::string existing_directory(const std::string& path) {
  std::error_code error;
  const auto found = std::filesystem::canonical(path, error);
  if (error || !std::filesystem::is_directory(found, error))
    throw Error(ErrorCode::not_found, fmt::format("the directory {} can't be used: {}", path,
                                                  error ? error.message() : "it is no directory"));
  return found.string();
}

}  // namespace engram
