#include "converters/source_identity.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <string_view>
#include <vector>

#include "base/posix_file.hpp"

namespace engram::converter {
namespace {

namespace bfs = boost::filesystem;

// The beginning and the end of a file are where formats keep what changes first; between them some
// places spread evenly.
constexpr std::uint64_t kEnds = 64U << 10;
constexpr std::uint64_t kSamples = 32;
constexpr std::uint64_t kSample = 4U << 10;

class Sum {
 public:
  void add(BytesView bytes) {
    sum_ = ::crc32_z(sum_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  }
  void add(std::string_view text) { add(std::as_bytes(std::span(text))); }
  std::string text() const { return fmt::format("{:08x}", sum_); }

 private:
  uLong sum_ = ::crc32_z(0, nullptr, 0);
};

struct stat status_of_source(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw system_error("look at", path, errno);
  return status;
}

std::string changed_at(const struct stat& status) {
  return fmt::format("{}.{:09}", status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

std::string samples_of(const std::string& path, std::uint64_t size) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd.is_open()) throw system_error("open", path, errno);
  Sum sum;
  sum.add(read_up_to(fd.get(), 0, std::min(size, kEnds), path));
  if (size > kEnds) sum.add(read_up_to(fd.get(), size - kEnds, kEnds, path));
  for (std::uint64_t i = 1; i <= kSamples && size > 2 * kEnds; ++i)
    sum.add(read_up_to(fd.get(), size / (kSamples + 1) * i, kSample, path));
  return sum.text();
}

Json file_identity(const std::string& path, const struct stat& status) {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  return {{"size", size}, {"changed", changed_at(status)}, {"samples", samples_of(path, size)}};
}

// Names, sizes and times; contents only of metadata could be told apart by them as well.
Json directory_identity(const std::string& path) {
  std::vector<std::string> names;
  for (bfs::recursive_directory_iterator at(path), end; at != end; ++at)
    if (!bfs::is_directory(at->symlink_status())) names.push_back(at->path().string());
  std::sort(names.begin(), names.end());
  Sum sum;
  std::uint64_t size = 0;
  for (const std::string& name : names) {
    struct stat status {};
    if (::lstat(name.c_str(), &status) != 0) throw system_error("look at", name, errno);
    size += static_cast<std::uint64_t>(status.st_size);
    sum.add(fmt::format("{}\n{} {}\n", std::string_view(name).substr(path.size()), status.st_size,
                        changed_at(status)));
  }
  return {{"files", names.size()}, {"size", size}, {"samples", sum.text()}};
}

}  // namespace

Json source_identity(const std::string& path) {
  boost::system::error_code error;
  const auto real = bfs::canonical(path, error);
  if (error) return {{"name", path}};
  Json identity = {{"name", real.string()}};
  const struct stat status = status_of_source(path);
  try {
    if (S_ISREG(status.st_mode)) identity.update(file_identity(path, status));
    if (S_ISDIR(status.st_mode)) identity.update(directory_identity(real.string()));
  } catch (const bfs::filesystem_error& failure) {
    throw system_error("list", path, failure.code().value());
  }
  return identity;
}

std::string checksum_of(std::string_view text) {
  Sum sum;
  sum.add(text);
  return sum.text();
}

}  // namespace engram::converter
