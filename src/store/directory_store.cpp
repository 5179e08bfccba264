#include "engram/store/directory_store.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <random>
#include <utility>

#include "directory_tree.hpp"
#include "part_name.hpp"
#include "posix_file.hpp"

namespace engram::store {
namespace {

// Not to wait in open() for whoever may write to a pipe that somebody put there.
constexpr int kReadFlags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;

enum class NodeType { none, file, directory, link, other };

NodeType type_of(mode_t mode) {
  if (S_ISREG(mode)) return NodeType::file;
  if (S_ISDIR(mode)) return NodeType::directory;
  return S_ISLNK(mode) ? NodeType::link : NodeType::other;
}

/// A key as directory and name.
struct Place {
  explicit Place(const Key& key) {
    const std::size_t slash = key.str().rfind('/');
    const bool is_top = slash == std::string::npos;
    directory = is_top ? "" : key.str().substr(0, slash);
    name = is_top ? key.str() : key.str().substr(slash + 1);
  }
  std::string directory;
  std::string name;
};

FileDescriptor open_root(const std::string& root, DirectoryStore::Mode mode) {
  if (root.empty() || root.find('\0') != std::string::npos) {
    throw Error(ErrorCode::invalid_argument, "the path of a directory store is empty or has a NUL");
  }
  const bool create =
      mode == DirectoryStore::Mode::create || mode == DirectoryStore::Mode::create_fast;
  if (create && ::mkdir(root.c_str(), 0777) != 0) {
    if (errno == EEXIST) {
      throw Error(ErrorCode::already_exists, fmt::format("{} is there already", root));
    }
    if (errno == ENOENT) {
      throw Error(
          ErrorCode::not_found,
          fmt::format("can't make {}: the directory that it would lie in is not there", root));
    }
    throw system_error("make the directory", root, errno);
  }
  FileDescriptor fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open()) {
    if (errno == ENOENT) {
      throw Error(ErrorCode::not_found, fmt::format("there is no directory {}", root));
    }
    throw system_error("open the directory", root, errno);
  }
  return fd;
}

}  // namespace

struct DirectoryStore::Impl {
  Impl(std::string root_path, Mode mode_)
      : root(std::move(root_path)), mode(mode_), tree(open_root(root, mode_), root) {}

  std::string path_of(const Key& key) const { return tree.full_path(key.str()); }

  /// Calls `operation` with the directory of `place` until it does not fail for the reason that
  /// the directory was removed and made again. Returns its error number; ENOENT without directory.
  template <typename Operation>
  int in_directory(const Place& place, bool make, const Operation& operation) {
    for (bool is_first = true;; is_first = false) {
      const DirectoryTree::Handle directory =
          make ? tree.find_or_make(place.directory) : tree.find(place.directory);
      if (!directory) return ENOENT;
      const int error = operation(directory->get());
      const bool again =
          error == ENOENT && is_first && tree.forget_if_removed(place.directory, directory);
      if (!again) return error;
    }
  }

  /// The file of `key`, open for reading, and its status; not open when there is none.
  FileDescriptor open_file(const Key& key, struct stat& info) {
    const Place place(key);
    FileDescriptor fd;
    int error = in_directory(place, false, [&](int directory) {
      fd = FileDescriptor(::openat(directory, place.name.c_str(), kReadFlags | O_NOFOLLOW));
      return fd.is_open() ? 0 : errno;
    });
    if (error == ELOOP) {
      fd = tree.open_through_links(key.str(), kReadFlags);
      error = fd.is_open() ? 0 : ENOENT;
    }
    if (error == ENOENT) return {};
    if (error != 0) throw system_error("open", path_of(key), error);
    if (::fstat(fd.get(), &info) != 0) throw system_error("look at", path_of(key), errno);
    if (S_ISDIR(info.st_mode)) return {};
    if (!S_ISREG(info.st_mode)) {
      throw Error(ErrorCode::io_error,
                  fmt::format("can't read {}: it is no regular file", path_of(key)));
    }
    return fd;
  }

  NodeType entry_type(int directory, const std::string& prefix, const dirent& entry) const {
    if (entry.d_type == DT_REG) return NodeType::file;
    if (entry.d_type == DT_DIR) return NodeType::directory;
    struct stat info {};
    if (::fstatat(directory, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) return NodeType::none;
    if (!S_ISLNK(info.st_mode)) return type_of(info.st_mode);
    const std::string path = prefix.empty() ? entry.d_name : prefix + '/' + entry.d_name;
    try {
      const FileDescriptor target = tree.open_through_links(path, O_PATH);
      if (!target.is_open() || ::fstat(target.get(), &info) != 0) return NodeType::none;
      return type_of(info.st_mode);
    } catch (const Error&) {
      return NodeType::none;  // A link that leads out is no part of the store.
    }
  }

  /// Makes the file `name`; leaves none when that fails. Returns the error number.
  static int write_file(int directory, const std::string& name, int flags, BytesView value) {
    FileDescriptor fd(::openat(directory, name.c_str(),
                               flags | O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!fd.is_open()) return errno;
    int error = write_all(fd.get(), value);
    const int close_error = fd.close();
    if (error == 0) error = close_error;
    if (error != 0) ::unlinkat(directory, name.c_str(), 0);
    return error;
  }

  /// Makes a file beside `name` and gives it that name when it is whole.
  int write_and_rename(int directory, const std::string& name, BytesView value) {
    for (;;) {
      const std::string part = part_name(name, next_part++);
      int error = write_file(directory, part, O_EXCL, value);
      if (error == EEXIST) continue;
      if (error == 0 && ::renameat(directory, part.c_str(), directory, name.c_str()) != 0) {
        error = errno;
        ::unlinkat(directory, part.c_str(), 0);
      }
      return error;
    }
  }

  void check_writable(const Key& key) const {
    if (mode == Mode::read) {
      throw Error(ErrorCode::io_error,
                  fmt::format("can't change {}: the store was opened for reading", path_of(key)));
    }
  }

  const std::string root;
  const Mode mode;
  DirectoryTree tree;
  std::atomic<std::uint32_t> next_part{std::random_device{}()};
};

DirectoryStore::DirectoryStore(std::string root, Mode mode)
    : impl_(std::make_unique<Impl>(std::move(root), mode)) {}

DirectoryStore::~DirectoryStore() = default;

std::optional<Bytes> DirectoryStore::get(const Key& key, std::uint64_t max_size) const {
  struct stat info {};
  const FileDescriptor fd = impl_->open_file(key, info);
  if (!fd.is_open()) return std::nullopt;
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > max_size) {
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("{} has {} bytes, more than the {} that it may have",
                            impl_->path_of(key), size, max_size));
  }
  return read_up_to(fd.get(), size, impl_->path_of(key));
}

std::optional<std::uint64_t> DirectoryStore::size(const Key& key) const {
  const Place place(key);
  struct stat info {};
  const int error = impl_->in_directory(place, false, [&](int directory) {
    const int result = ::fstatat(directory, place.name.c_str(), &info, AT_SYMLINK_NOFOLLOW);
    return result == 0 ? 0 : errno;
  });
  if (error == ENOENT) return std::nullopt;
  if (error != 0) throw system_error("look at", impl_->path_of(key), error);
  if (S_ISLNK(info.st_mode) && !impl_->open_file(key, info).is_open()) return std::nullopt;
  if (!S_ISREG(info.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(info.st_size);
}

Listing DirectoryStore::list_dir(const std::string& prefix) const {
  if (!prefix.empty()) Key{prefix};
  DirectoryTree::Handle handle = impl_->tree.find(prefix);
  if (handle && impl_->tree.forget_if_removed(prefix, handle)) handle = impl_->tree.find(prefix);
  Listing listing;
  if (!handle) return listing;

  const std::string path = impl_->tree.full_path(prefix);
  FileDescriptor fd(::openat(handle->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open()) throw system_error("list", path, errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), &::closedir);
  if (!stream) throw system_error("list", path, errno);
  fd.release();
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (!entry) break;
    if (!why_bad_name(entry->d_name).empty()) continue;
    const NodeType type = impl_->entry_type(handle->get(), prefix, *entry);
    if (type == NodeType::file) listing.keys.emplace_back(entry->d_name);
    if (type == NodeType::directory) listing.prefixes.emplace_back(entry->d_name);
  }
  if (errno != 0) throw system_error("list", path, errno);
  std::sort(listing.keys.begin(), listing.keys.end());
  std::sort(listing.prefixes.begin(), listing.prefixes.end());
  return listing;
}

std::string DirectoryStore::name() const { return impl_->root; }

void DirectoryStore::set(const Key& key, BytesView value) {
  impl_->check_writable(key);
  const Place place(key);
  const int error = impl_->in_directory(place, true, [&](int directory) {
    const bool fast = impl_->mode == Mode::create_fast || impl_->mode == Mode::update_fast;
    return fast ? Impl::write_file(directory, place.name, O_TRUNC, value)
                : impl_->write_and_rename(directory, place.name, value);
  });
  if (error != 0) throw system_error("write", impl_->path_of(key), error);
}

void DirectoryStore::erase(const Key& key) {
  impl_->check_writable(key);
  const Place place(key);
  const int error = impl_->in_directory(place, false, [&](int directory) {
    return ::unlinkat(directory, place.name.c_str(), 0) == 0 ? 0 : errno;
  });
  // A directory is no value, so that there is nothing to remove.
  if (error != 0 && error != ENOENT && error != EISDIR) {
    throw system_error("remove", impl_->path_of(key), error);
  }
}

}  // namespace engram::store
