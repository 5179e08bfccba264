#include "converters/result_file.hpp"

#include <fmt/format.h>

#include <boost/filesystem.hpp>

#include "base/posix_file.hpp"
#include "converters/places.hpp"
#include "engram/base/error.hpp"

namespace engram::converter {
namespace {

namespace fs = boost::filesystem;

// True when the file `name` in the directory `parent`, which is canonical, is what lies at `place`
// or lies in it.
bool is_at_or_in(const fs::path& parent, const fs::path& name, const std::string& given) {
  const std::string place = without_trailing_slashes(given);
  if (place.empty()) return false;
  boost::system::error_code failed;
  auto there = fs::canonical(place, failed);
  if (failed) {
    there = fs::canonical(fs::absolute(place).parent_path(), failed) / fs::path(place).filename();
    if (failed) return false;
  }
  return is_within(parent / name, there);
}

}  // namespace

void ResultFile::check(const std::string& path, const std::string& source,
                       const std::string& target) {
  const fs::path name = fs::path(path).filename();
  boost::system::error_code failed;
  if (name.empty() || name == "." || name == ".." || path.find('\0') != std::string::npos ||
      fs::is_directory(path, failed))
    throw Error(ErrorCode::invalid_argument, fmt::format("\"{}\" is no name for a file", path));
  const fs::path parent = fs::canonical(fs::absolute(path).parent_path(), failed);
  if (failed || !fs::is_directory(parent, failed))
    throw Error(ErrorCode::not_found,
                fmt::format("the directory that {} is to lie in is not there", path));
  for (const std::string& other : {source, target}) {
    if (!is_at_or_in(parent, name, other)) continue;
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("{} would be {}, or lie in it: choose another place for it", path, other));
  }
}

ResultFile::ResultFile(const std::string& path, const std::string& source,
                       const std::string& target)
    : file_((check(path, source, target), path), true) {}

void ResultFile::remove_leftover(const std::string& path) noexcept {
  try {
    boost::system::error_code failed;
    // Who can take it over holds it, and its destructor removes it.
    if (fs::exists(path + ".part", failed)) const store::PartFile leftover(path, true);
  } catch (...) {
    return;  // It is somebody's, or can't be removed.
  }
}

void ResultFile::write(std::string_view text) {
  if (const int error = write_all(file_.file()->get(), as_bytes(text)))
    throw system_error("write", file_.path(), error);
}

void ResultFile::publish() { file_.publish(); }

}  // namespace engram::converter
