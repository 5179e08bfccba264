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
#include <vector>

#include "base/posix_file.hpp"
#include "direct_writes.hpp"
#include "directory_lock.hpp"
#include "directory_switch.hpp"
#include "directory_tree.hpp"
#include "flat_listing.hpp"
#include "key_place.hpp"
#include "part_name.hpp"

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

std::string path_below(const std::string& path, const std::string& name) {
  return path.empty() ? name : fmt::format("{}/{}", path, name);
}

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
  int in_directory(const KeyPlace& place, bool make, const Operation& operation) {
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
    const KeyPlace place(key);
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

  /// A symbolic link is one here, whatever it leads to.
  static NodeType entry_type(int directory, const dirent& entry) {
    if (entry.d_type == DT_REG) return NodeType::file;
    if (entry.d_type == DT_DIR) return NodeType::directory;
    struct stat info {};
    if (::fstatat(directory, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) return NodeType::none;
    return type_of(info.st_mode);
  }

  /// True when `target` is one of the directories that the way to `path` leads through.
  bool is_above(const struct stat& target, const std::string& path) {
    for (std::size_t end = path.rfind('/');; end = path.rfind('/', end - 1)) {
      const std::string above = end == std::string::npos ? "" : path.substr(0, end);
      const DirectoryTree::Handle directory = tree.find(above);
      struct stat info {};
      if (directory && ::fstat(directory->get(), &info) == 0 && info.st_dev == target.st_dev &&
          info.st_ino == target.st_ino)
        return true;
      if (above.empty()) return false;
    }
  }

  /// What the link at `path` leads to. None where that is a directory above it: two such links
  /// would make a tree without end.
  NodeType target_type(const std::string& path) {
    struct stat info {};
    try {
      const FileDescriptor target = tree.open_through_links(path, O_PATH);
      if (!target.is_open() || ::fstat(target.get(), &info) != 0) return NodeType::none;
      if (S_ISDIR(info.st_mode) && is_above(info, path)) return NodeType::none;
    } catch (const Error&) {
      return NodeType::none;  // A link that leads out is no part of the store.
    }
    if (S_ISDIR(info.st_mode)) refuse_behind_link(path);
    return type_of(info.st_mode);
  }

  /// Throws when the way to the directory that the link at `path` leads to has another link in it.
  /// Thirty directories with two links to the next one each are a thousand million paths; behind
  /// one link there are no more than there are directories.
  void refuse_behind_link(const std::string& path) {
    for (std::size_t end = path.find('/'); end != std::string::npos;
         end = path.find('/', end + 1)) {
      const std::string above = path.substr(0, end);
      const KeyPlace place{Key(above)};
      const DirectoryTree::Handle directory = tree.find(place.directory);
      struct stat info {};
      if (!directory ||
          ::fstatat(directory->get(), place.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
          !S_ISLNK(info.st_mode))
        continue;
      throw Error(
          ErrorCode::unsupported,
          fmt::format("can't list {}: this symbolic link to a directory lies behind another "
                      "one, {}, and such links can make endlessly many paths of a few "
                      "directories; put a directory in the place of one of them",
                      tree.full_path(path), tree.full_path(above)));
    }
  }

  static bool is_link_to_directory(int directory, const std::string& name) {
    struct stat info {};
    if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return false;
    if (!S_ISLNK(info.st_mode)) return false;
    return ::fstatat(directory, name.c_str(), &info, 0) == 0 && S_ISDIR(info.st_mode);
  }

  /// Makes the file `name`; leaves none when that fails. Returns the error number.
  int write_file(int directory, const std::string& name, int flags, BytesView value) {
    FileDescriptor fd(::openat(directory, name.c_str(),
                               flags | O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!fd.is_open()) return errno;
    int error = writes.write(fd.get(), value);
    const int close_error = fd.close();
    if (error == 0) error = close_error;
    if (error != 0) ::unlinkat(directory, name.c_str(), 0);
    return error;
  }

  /// A new file beside `name`, for writing, and what it is called.
  std::pair<FileDescriptor, std::string> make_part(int directory, const std::string& name) {
    for (;;) {
      std::string part = part_name(name, next_part++);
      FileDescriptor fd(::openat(directory, part.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
      if (fd.is_open() || errno != EEXIST) return {std::move(fd), std::move(part)};
    }
  }

  /// Makes a file beside `name` and gives it that name when it is whole.
  int write_and_rename(int directory, const std::string& name, BytesView value) {
    auto [file, part] = make_part(directory, name);
    if (!file.is_open()) return errno;
    int error = writes.write(file.get(), value);
    const int close_error = file.close();
    if (error == 0) error = close_error;
    if (error == 0 && ::renameat(directory, part.c_str(), directory, name.c_str()) != 0)
      error = errno;
    if (error != 0) ::unlinkat(directory, part.c_str(), 0);
    return error;
  }

  void check_writable(const std::string& path) const {
    if (mode == Mode::read) {
      throw Error(ErrorCode::io_error, fmt::format("can't change {}: the store was opened for "
                                                   "reading",
                                                   tree.full_path(path)));
    }
  }

  /// The directory at `path` as it is now, or nullptr. Throws when `path` is no prefix.
  DirectoryTree::Handle find_now(const std::string& path) {
    if (!path.empty()) Key{path};
    DirectoryTree::Handle found = tree.find(path);
    if (found && tree.forget_if_removed(path, found)) found = tree.find(path);
    return found;
  }

  /// What lies in `directory`, which is at `path`: its names. Those that no key has are among them.
  std::vector<std::pair<std::string, NodeType>> entries(int directory,
                                                        const std::string& path) const {
    FileDescriptor fd(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.is_open()) throw system_error("list", tree.full_path(path), errno);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), &::closedir);
    if (!stream) throw system_error("list", tree.full_path(path), errno);
    fd.release();
    std::vector<std::pair<std::string, NodeType>> found;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(stream.get());
      if (!entry) break;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      found.emplace_back(name, entry_type(directory, *entry));
    }
    if (errno != 0) throw system_error("list", tree.full_path(path), errno);
    return found;
  }

  /// Removes all values in `directory` and below it, and the directories that are empty then.
  void remove_below(int directory, const std::string& path) {
    for (const auto& [name, type] : entries(directory, path)) {
      const std::string child_path = path_below(path, name);
      if (type == NodeType::directory) {
        if (why_bad_name(name).empty()) remove_tree(directory, name, child_path);
      } else if (why_bad_name(name).empty() || is_part_name(name)) {
        if (::unlinkat(directory, name.c_str(), 0) != 0 && errno != ENOENT && errno != EISDIR) {
          throw system_error("remove", tree.full_path(child_path), errno);
        }
      }
    }
  }

  /// Removes what lies below the directory `name`, which is at `path`, and the directory itself
  /// when it is empty then. Of a link to a directory the link goes, and what it leads to stays.
  void remove_tree(int parent, const std::string& name, const std::string& path) {
    const FileDescriptor child(
        ::openat(parent, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (child.is_open()) {
      remove_below(child.get(), path);
      if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0) return;
    } else if (errno == ENOTDIR) {
      if (is_link_to_directory(parent, name) && ::unlinkat(parent, name.c_str(), 0) != 0) {
        throw system_error("remove the link", tree.full_path(path), errno);
      }
      return;
    }
    // Somebody has set a key there meanwhile, or there is what is no part of the store.
    if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOENT) return;
    throw system_error("remove the directory", tree.full_path(path), errno);
  }

  const std::string root;
  const Mode mode;
  DirectoryTree tree;
  DirectWrites writes;
  std::atomic<std::uint32_t> next_part{std::random_device{}()};
};

/// A file beside the one that it becomes; the directory stays open, wherever it is moved.
class DirectoryStore::PartWriter final : public ValueWriter {
 public:
  PartWriter(Impl& impl, const Key& key) : path_(impl.path_of(key)), name_(KeyPlace(key).name) {
    const int error = impl.in_directory(KeyPlace(key), true, [&](int directory) {
      auto [file, part] = impl.make_part(directory, name_);
      if (!file.is_open()) return errno;
      file_ = std::move(file);
      part_ = std::move(part);
      directory_ = FileDescriptor(::openat(directory, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
      if (directory_.is_open()) return 0;
      const int failed = errno;
      ::unlinkat(directory, part_.c_str(), 0);
      return failed;
    });
    if (error != 0) throw system_error("write", path_, error);
  }
  ~PartWriter() override {
    if (!finished_) ::unlinkat(directory_.get(), part_.c_str(), 0);
  }
  PartWriter(const PartWriter&) = delete;
  PartWriter& operator=(const PartWriter&) = delete;

  void append(BytesView bytes) override { check(write_all(file_.get(), bytes)); }

  void finish() override {
    check(file_.close());
    check(::renameat(directory_.get(), part_.c_str(), directory_.get(), name_.c_str()) == 0
              ? 0
              : errno);
    finished_ = true;
  }

 private:
  void check(int error) const {
    if (error != 0) throw system_error("write", path_, error);
  }

  const std::string path_, name_;
  FileDescriptor file_, directory_;
  std::string part_;
  bool finished_ = false;
};

DirectoryStore::DirectoryStore(std::string root, Mode mode)
    : impl_(std::make_unique<Impl>(std::move(root), mode)) {}

DirectoryStore::~DirectoryStore() = default;

std::optional<Bytes> DirectoryStore::get(const Key& key, std::uint64_t max_size) const {
  Bytes value;
  if (!get_into(key, max_size, value)) return std::nullopt;
  return value;
}

bool DirectoryStore::get_into(const Key& key, std::uint64_t max_size, Bytes& out) const {
  struct stat info {};
  const FileDescriptor fd = impl_->open_file(key, info);
  if (!fd.is_open()) return false;
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > max_size) throw too_large(impl_->path_of(key), size, max_size);
  out.resize(size);
  out.resize(read_into(fd.get(), 0, out, impl_->path_of(key)));
  return true;
}

std::optional<Bytes> DirectoryStore::get_range(const Key& key, std::uint64_t offset,
                                               std::uint64_t size) const {
  struct stat info {};
  const FileDescriptor fd = impl_->open_file(key, info);
  if (!fd.is_open()) return std::nullopt;
  const auto file_size = static_cast<std::uint64_t>(info.st_size);
  if (offset >= file_size) return Bytes();
  return read_up_to(fd.get(), offset, std::min(size, file_size - offset), impl_->path_of(key));
}

std::optional<std::uint64_t> DirectoryStore::size(const Key& key) const {
  const KeyPlace place(key);
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
  Listing listing;
  const DirectoryTree::Handle directory = impl_->find_now(prefix);
  if (!directory) return listing;
  for (const auto& [name, own_type] : impl_->entries(directory->get(), prefix)) {
    if (!why_bad_name(name).empty()) continue;
    NodeType type = own_type;
    if (type == NodeType::link) {
      type = impl_->target_type(path_below(prefix, name));
    }
    if (type == NodeType::file) listing.keys.push_back(name);
    if (type == NodeType::directory) listing.prefixes.push_back(name);
  }
  std::sort(listing.keys.begin(), listing.keys.end());
  std::sort(listing.prefixes.begin(), listing.prefixes.end());
  return listing;
}

std::string DirectoryStore::name() const { return impl_->root; }

void DirectoryStore::set(const Key& key, BytesView value) {
  impl_->check_writable(key.str());
  const KeyPlace place(key);
  const int error = impl_->in_directory(place, true, [&](int directory) {
    const bool fast = impl_->mode == Mode::create_fast || impl_->mode == Mode::update_fast;
    return fast ? impl_->write_file(directory, place.name, O_TRUNC, value)
                : impl_->write_and_rename(directory, place.name, value);
  });
  if (error != 0) throw system_error("write", impl_->path_of(key), error);
}

std::unique_ptr<ValueWriter> DirectoryStore::begin(const Key& key) {
  impl_->check_writable(key.str());
  return std::make_unique<PartWriter>(*impl_, key);
}

void DirectoryStore::erase(const Key& key) {
  impl_->check_writable(key.str());
  const KeyPlace place(key);
  const int error = impl_->in_directory(place, false, [&](int directory) {
    return ::unlinkat(directory, place.name.c_str(), 0) == 0 ? 0 : errno;
  });
  // A directory is no value, so that there is nothing to remove.
  if (error != 0 && error != ENOENT && error != EISDIR) {
    throw system_error("remove", impl_->path_of(key), error);
  }
}

void DirectoryStore::expect(const Key& prefix) {
  impl_->check_writable(prefix.str());
  impl_->tree.find_or_make(prefix.str());
}

void DirectoryStore::erase_prefix(const std::string& prefix) {
  impl_->check_writable(prefix);
  if (prefix.empty()) {
    const DirectoryTree::Handle root = impl_->tree.find("");
    return impl_->remove_below(root->get(), "");
  }
  const KeyPlace place{Key(prefix)};
  const DirectoryTree::Handle parent = impl_->find_now(place.directory);
  if (parent) impl_->remove_tree(parent->get(), place.name, prefix);
}

void DirectoryStore::move(const Key& from, const Key& to) {
  impl_->check_writable(to.str());
  const KeyPlace source(from);
  const KeyPlace target(to);
  const int error = impl_->in_directory(target, true, [&](int directory) {
    const DirectoryTree::Handle holder = impl_->find_now(source.directory);
    if (!holder) return 0;
    if (::renameat(holder->get(), source.name.c_str(), directory, target.name.c_str()) == 0)
      return 0;
    const int number = errno;
    // Of either of them; what is not there has nothing to give.
    struct stat info {};
    const bool is_missing =
        ::fstatat(holder->get(), source.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0;
    return number == ENOENT && is_missing ? 0 : number;
  });
  if (error != 0) throw system_error("write", impl_->path_of(to), error);
}

void DirectoryStore::replace_together(std::span<const Replacement> changes,
                                      const std::string& scratch) {
  impl_->check_writable(scratch);
  if (!switch_together(impl_->tree, changes, scratch)) Store::replace_together(changes, scratch);
}

void DirectoryStore::sync() {
  const DirectoryTree::Handle root = impl_->find_now("");
  // The handle is a path only, which can't be written.
  const FileDescriptor fd(root ? ::openat(root->get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                               : -1);
  if (!fd.is_open() || ::syncfs(fd.get()) != 0)
    throw system_error("make durable what was written to", impl_->root, errno);
}

std::unique_ptr<WriteLock> DirectoryStore::lock() {
  impl_->check_writable("");
  const DirectoryTree::Handle root = impl_->find_now("");
  if (!root) throw system_error("lock", impl_->root, ENOENT);
  return std::make_unique<DirectoryLock>(root->get(), impl_->root);
}

}  // namespace engram::store
