#include "directory_tree.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace engram::store {
namespace {

// Well below the 1024 files that a process may usually have open.
constexpr std::size_t kMostOpen = 128;
constexpr int kDirectoryFlags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int kMostAttempts = 16;

bool is_link(int directory, const std::string& name) {
  struct stat info {};
  return ::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISLNK(info.st_mode);
}

}  // namespace

DirectoryTree::DirectoryTree(FileDescriptor root, std::string root_path)
    : root_path_(std::move(root_path)),
      root_(std::make_shared<const FileDescriptor>(std::move(root))) {}

DirectoryTree::Handle DirectoryTree::find(const std::string& path) { return open(path, false); }

DirectoryTree::Handle DirectoryTree::find_or_make(const std::string& path) {
  return open(path, true);
}

bool DirectoryTree::forget_if_removed(const std::string& path, const Handle& directory) {
  struct stat info {};
  if (path.empty() || ::fstat(directory->get(), &info) != 0 || info.st_nlink != 0) return false;
  const std::scoped_lock lock(mutex_);
  // What lay below it went with it.
  for (auto at = used_last_.begin(); at != used_last_.end();) {
    if (at->first == path || at->first.starts_with(path + '/')) {
      places_.erase(at->first);
      at = used_last_.erase(at);
    } else {
      ++at;
    }
  }
  return true;
}

FileDescriptor DirectoryTree::open_through_links(const std::string& path, int flags) const {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 0;; ++attempt) {
    const auto fd = ::syscall(SYS_openat2, root_->get(), path.c_str(), &how, sizeof how);
    if (fd >= 0) return FileDescriptor(static_cast<int>(fd));
    // Something was renamed meanwhile, so that the kernel could not be sure.
    if ((errno == EAGAIN || errno == EINTR) && attempt < kMostAttempts) continue;
    if (errno == ENOENT || errno == ENOTDIR) return {};
    if (errno == EXDEV || errno == ELOOP || errno == ENOSYS || errno == EPERM) {
      throw Error(ErrorCode::io_error,
                  fmt::format("can't follow a symbolic link of {}: it leads out of the store",
                              full_path(path)));
    }
    throw system_error("open", full_path(path), errno);
  }
}

std::string DirectoryTree::full_path(std::string_view path) const {
  if (path.empty()) return root_path_;
  return fmt::format("{}{}{}", root_path_, root_path_.ends_with('/') ? "" : "/", path);
}

DirectoryTree::Handle DirectoryTree::open(const std::string& path, bool make) {
  if (path.empty()) return root_;
  if (Handle known = recall(path)) return known;
  const std::size_t slash = path.rfind('/');
  const bool is_top = slash == std::string::npos;
  const std::string parent_path = is_top ? "" : path.substr(0, slash);
  const std::string name = is_top ? path : path.substr(slash + 1);
  Handle parent = open(parent_path, make);
  if (!parent) return nullptr;
  Handle found = open_child(parent, path, name, make);
  if (!found && forget_if_removed(parent_path, parent)) {
    parent = open(parent_path, make);
    if (parent) found = open_child(parent, path, name, make);
  }
  if (found) {
    remember(path, found);
  } else if (make) {
    throw system_error("make the directory", full_path(path), ENOENT);
  }
  return found;
}

DirectoryTree::Handle DirectoryTree::open_child(const Handle& parent, const std::string& path,
                                                const std::string& name, bool make) {
  FileDescriptor fd(::openat(parent->get(), name.c_str(), kDirectoryFlags));
  int error = fd.is_open() ? 0 : errno;
  if (error == ENOENT && make) {
    if (::mkdirat(parent->get(), name.c_str(), 0777) != 0 && errno != EEXIST) {
      if (errno == ENOENT) return nullptr;
      throw system_error("make the directory", full_path(path), errno);
    }
    fd = FileDescriptor(::openat(parent->get(), name.c_str(), kDirectoryFlags));
    error = fd.is_open() ? 0 : errno;
  }
  if (error == ENOTDIR && is_link(parent->get(), name)) {
    fd = open_through_links(path, O_PATH | O_DIRECTORY);
    error = fd.is_open() ? 0 : ENOTDIR;
  }
  if (error == ENOENT || (error == ENOTDIR && !make)) return nullptr;
  if (error != 0) throw system_error("open the directory", full_path(path), error);
  return std::make_shared<const FileDescriptor>(std::move(fd));
}

DirectoryTree::Handle DirectoryTree::recall(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  const auto found = places_.find(path);
  if (found == places_.end()) return nullptr;
  used_last_.splice(used_last_.begin(), used_last_, found->second);
  return found->second->second;
}

void DirectoryTree::remember(const std::string& path, const Handle& directory) {
  const std::scoped_lock lock(mutex_);
  if (places_.contains(path)) return;
  used_last_.emplace_front(path, directory);
  places_.emplace(used_last_.front().first, used_last_.begin());
  if (used_last_.size() > kMostOpen) {
    places_.erase(used_last_.back().first);
    used_last_.pop_back();
  }
}

}  // namespace engram::store
