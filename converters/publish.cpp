#include "converters/publish.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "converters/places.hpp"
#include "converters/unfinished.hpp"
#include "engram/backend/open.hpp"
#include "engram/base/error.hpp"

namespace engram::converter {
namespace {

namespace fs = boost::filesystem;

std::string reason(int number) { return std::generic_category().message(number); }

std::optional<struct stat> status_of(const std::string& path) noexcept {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

std::string parent_of(const std::string& target) {
  const auto parent = fs::path(target).parent_path().string();
  return parent.empty() ? "." : parent;
}

// What a file may replace: an empty one, or HDF5.
bool is_replaceable_file(const std::string& path) {
  boost::system::error_code error;
  const auto status = fs::symlink_status(path, error);
  if (error || !fs::is_regular_file(status)) return false;
  const auto size = fs::file_size(path, error);
  return !error && (size == 0 || backend::is_hdf5_file(path));
}

// What a directory may replace: an empty one, or one that says that it is Zarr.
bool is_replaceable_directory(const std::string& path) {
  boost::system::error_code error;
  const auto status = fs::symlink_status(path, error);
  if (error || !fs::is_directory(status)) return false;
  for (const char* name : {".zgroup", ".zarray", ".zmetadata", "zarr.json"}) {
    if (fs::is_regular_file(fs::path(path) / name, error)) return true;
  }
  return fs::is_empty(path, error) && !error;
}

[[noreturn]] void throw_exists(const std::string& target, const std::string& what) {
  throw Error(ErrorCode::already_exists, fmt::format("{} {}", target, what));
}

void check_replaceable(const std::string& target, const Publication::Options& options) {
  if (!options.overwrite) {
    throw_exists(target, "is there already: choose another name, or overwrite it (--overwrite)");
  }
  if (options.is_file ? !is_replaceable_file(target) : !is_replaceable_directory(target)) {
    throw_exists(target,
                 fmt::format("is neither {} nor an empty one and is not replaced: remove it "
                             "yourself if it may go",
                             options.is_file ? "an HDF5 file" : "a Zarr directory"));
  }
}

// True when nothing is in `part` but what a conversion leaves there.
bool holds_only_known(const std::string& part) {
  boost::system::error_code error;
  for (fs::directory_iterator at(part, error), end; !error && at != end; at.increment(error)) {
    auto name = at->path().filename().string();
    if (name.ends_with(".new")) name.resize(name.size() - 4);
    if (name != unfinished::kStore && name != unfinished::kRecord && name != unfinished::kWriting &&
        name != unfinished::kDurable && name != unfinished::kReplaced)
      return false;
  }
  return true;
}

void check_name(const std::string& target) {
  const auto name = fs::path(target).filename().string();
  if (name.empty() || name == "/" || name == "." || name == "..") {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" can't be the target: its last part is no name", target));
  }
  if (target.find('\0') != std::string::npos) {
    throw Error(ErrorCode::invalid_argument, "the target's name holds a NUL byte");
  }
}

void check_parent(const std::string& parent) {
  struct stat status {};
  if (::stat(parent.c_str(), &status) != 0) {
    const int number = errno;
    const bool missing = number == ENOENT || number == ENOTDIR;
    throw Error(missing ? ErrorCode::not_found : ErrorCode::io_error,
                fmt::format("the directory {} that the target is to lie in can't be used: {}",
                            parent, reason(number)));
  }
  if (!S_ISDIR(status.st_mode)) {
    throw Error(ErrorCode::not_found,
                fmt::format("{} is to hold the target and is no directory", parent));
  }
}

void check_apart(const std::string& source, const std::string& target) {
  if (source.empty()) return;  // Which would be the working directory.
  boost::system::error_code error;
  const auto from = fs::canonical(source, error);
  if (error) return;  // Whoever opens the source says what is wrong with it.
  auto to = fs::canonical(target, error);
  if (error) to = fs::canonical(parent_of(target), error) / fs::path(target).filename();
  if (error) return;
  const bool same = from == to || fs::equivalent(from, to, error);
  if (same || is_within(to, from) || is_within(from, to)) {
    throw Error(ErrorCode::invalid_argument, fmt::format("the target {} {} the source {}", target,
                                                         same                  ? "is"
                                                         : is_within(to, from) ? "lies in"
                                                                               : "holds",
                                                         source));
  }
}

// 0, or the number of the error.
int rename_with(const std::string& from, const std::string& to, unsigned flags) {
  return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0 ? 0 : errno;
}

bool is_unknown_flag(int number) {
  return number == EINVAL || number == ENOSYS || number == ENOTSUP;
}

void plain_rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return;
  const int number = errno;
  throw Error(ErrorCode::io_error,
              fmt::format("{} can't be renamed to {}: {}", from, to, reason(number)));
}

}  // namespace

std::string part_name(const std::string& target) {
  return without_trailing_slashes(target) + ".part";
}

void check_target(const std::string& source, const std::string& target,
                  const Publication::Options& options) {
  const auto name = without_trailing_slashes(target);
  check_name(name);
  check_parent(parent_of(name));
  check_apart(source, name);
  if (status_of(name)) check_replaceable(name, options);
}

Publication::Publication(const std::string& source, const std::string& target, Options options)
    : target_(without_trailing_slashes(target)),
      part_(part_name(target)),
      store_(part_ + "/" + unfinished::kStore),
      options_(options) {
  check_target(source, target, options);
  if (::mkdir(part_.c_str(), 0777) != 0) {
    if (errno != EEXIST) {
      const int number = errno;
      throw Error(ErrorCode::io_error, fmt::format("{} can't be made: {}", part_, reason(number)));
    }
    // Either a conversion runs, or one was killed.
    take_part();
    return;
  }
  try {
    lock_part();
    make_part();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::io_error) ::rmdir(part_.c_str());
    if (lock_ >= 0) ::close(lock_);
    throw;
  }
}

void Publication::make_part() {
  if (options_.is_file) return;
  if (::mkdir(store_.c_str(), 0777) == 0) return;
  const int number = errno;
  throw Error(ErrorCode::io_error, fmt::format("{} can't be made: {}", store_, reason(number)));
}

void Publication::take_part() {
  lock_part();
  try {
    // A store without a record was begun and no more.
    resumed_ = options_.resume && is_resumable(part_) && status_of(store_);
    if (resumed_) return;
    if (!options_.overwrite && !options_.resume) {
      throw_exists(part_, fmt::format("is {}: {}overwrite it (--overwrite), or remove it",
                                      describe_unfinished(part_),
                                      is_resumable(part_) ? "go on with it (--resume), " : ""));
    }
    if (!holds_only_known(part_)) {
      throw_exists(part_,
                   "holds what no conversion has put there: remove it yourself if it may go");
    }
    boost::system::error_code error;
    // The directory itself stays, and the lock on it.
    for (fs::directory_iterator at(part_, error), end; !error && at != end; at.increment(error))
      fs::remove_all(at->path(), error);
    if (error) {
      throw Error(ErrorCode::io_error,
                  fmt::format("{} can't be made anew: {}", part_, error.message()));
    }
    make_part();
  } catch (...) {
    ::close(lock_);
    throw;
  }
}

void Publication::lock_part() {
  lock_ = ::open(part_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (lock_ < 0) {
    const int number = errno;
    if (number == ENOTDIR || number == ELOOP) {
      throw_exists(part_, "is in the way and is no directory: remove it yourself if it may go");
    }
    throw Error(ErrorCode::io_error, fmt::format("{} can't be opened: {}", part_, reason(number)));
  }
  const bool locked = ::flock(lock_, LOCK_EX | LOCK_NB) == 0;
  const int number = locked ? 0 : errno;
  struct stat ours {};
  const auto there = status_of(part_);
  // Between mkdir and flock somebody may have taken it for a leftover and replaced it.
  const bool same = ::fstat(lock_, &ours) == 0 && there && there->st_ino == ours.st_ino &&
                    there->st_dev == ours.st_dev;
  // A file system without locks (some network ones) is no reason to refuse to work.
  if ((locked || number == ENOTSUP || number == ENOLCK || number == ENOSYS) && same) return;
  ::close(lock_);
  lock_ = -1;
  throw_exists(part_, "is being written by another conversion that is running");
}

void Publication::make_durable() const {
  if (::syncfs(lock_) == 0) return;
  const int number = errno;
  throw Error(ErrorCode::io_error, fmt::format("what was written to {} can't be made durable: {}",
                                               part_, reason(number)));
}

void Publication::rename_store() {
  int error = rename_with(store_, target_, RENAME_NOREPLACE);
  if (is_unknown_flag(error) && !status_of(target_)) {
    plain_rename(store_, target_);
    error = 0;
  }
  if (error == EEXIST || (error != 0 && status_of(target_))) {
    check_replaceable(target_, options_);
    // From here on `store` may be the old result, which nobody may go on with.
    ::unlink((part_ + "/" + unfinished::kRecord).c_str());
    kept_ = false;
    error = rename_with(store_, target_, RENAME_EXCHANGE);
    if (is_unknown_flag(error)) {
      const std::string old = part_ + "/" + unfinished::kReplaced;
      plain_rename(target_, old);
      try {
        plain_rename(store_, target_);
      } catch (...) {
        (void)::rename(old.c_str(), target_.c_str());
        throw;
      }
      error = 0;
    }
  }
  if (error != 0) {
    throw Error(ErrorCode::io_error, fmt::format("the result is complete, but {} can't be renamed "
                                                 "to {}: {}",
                                                 store_, target_, reason(error)));
  }
}

std::optional<std::string> Publication::publish(bool sync) {
  if (sync) make_durable();
  rename_store();
  published_ = true;
  std::optional<std::string> warning;
  if (sync) {
    const int parent = ::open(parent_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0 || ::fsync(parent) != 0)
      warning = fmt::format(
          "the result is in place, but whether its name would outlast a power "
          "cut is not known: {}",
          reason(errno));
    if (parent >= 0) ::close(parent);
  }
  boost::system::error_code failure;
  fs::remove_all(part_, failure);
  if (failure)
    warning = fmt::format("the result is in place, but {} is left: {}", part_, failure.message());
  return warning;
}

Publication::~Publication() {
  if (!published_ && !kept_) {
    // The error that brought us here matters more than one of the removal.
    boost::system::error_code ignored;
    fs::remove_all(part_, ignored);
  }
  if (lock_ >= 0) ::close(lock_);
}

bool remove_leftover(const std::string& target,
                     const std::optional<PartIdentity>& before) noexcept {
  try {
    const auto part = part_name(target);
    const auto now = part_identity(target);
    if (!now || now == before) return false;
    const int descriptor = ::open(part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) return false;
    const bool held = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    boost::system::error_code error;
    if (!held) fs::remove_all(part, error);
    ::close(descriptor);
    return !held && !error;
  } catch (...) {
    return false;
  }
}

std::optional<PartIdentity> part_identity(const std::string& target) noexcept {
  try {
    const auto status = status_of(part_name(target));
    if (!status) return std::nullopt;
    return PartIdentity{status->st_ino, status->st_ctim.tv_sec, status->st_ctim.tv_nsec};
  } catch (...) {
    return std::nullopt;
  }
}

}  // namespace engram::converter
