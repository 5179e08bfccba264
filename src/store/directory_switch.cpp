// Many files of a directory are replaced as one, by way of one symbolic link:
//
// 1. The new file of change number I is renamed to SCRATCH/next/I.
// 2. SCRATCH/state is made, a symbolic link to "last".
// 3. Each file to be replaced gets a second name, SCRATCH/last/I (a hard link), and a symbolic link
//    to SCRATCH/state/I takes its own: whoever opens it finds the same bytes. One that is not there
//    yet becomes a link to nothing, which reads as not there.
// 4. SCRATCH/state is replaced by a link to "next", by one rename. This is when everything changes.
// 5. SCRATCH/next/I is renamed over each link; where a file is to be removed, the link is.
//
// Each step can be done again: what was done is seen and passed over, and what SCRATCH/state says
// tells whether to go on with 3 or with 5. The links are relative, so that the directory may be
// moved or copied in between.

#include "directory_switch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "key_place.hpp"
#include "part_name.hpp"

namespace engram::store {
namespace {

constexpr const char* kState = "state";
constexpr const char* kNextState = "state.next";
constexpr const char* kLast = "last";
constexpr const char* kNext = "next";

// What the symbolic link `name` says; none: there is none.
std::optional<std::string> link_text(int directory, const std::string& name) {
  std::array<char, 4096> text{};
  const ssize_t size = ::readlinkat(directory, name.c_str(), text.data(), text.size());
  if (size < 0) return std::nullopt;
  return std::string(text.data(), static_cast<std::size_t>(size));
}

bool is_there(int directory, const std::string& name) {
  struct stat info {};
  return ::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
}

class Switch {
 public:
  Switch(DirectoryTree& tree, std::span<const Replacement> changes, const std::string& scratch,
         const std::function<void()>& on_step)
      : tree_(tree),
        changes_(changes),
        scratch_path_(scratch),
        on_step_(on_step),
        scratch_(directory(scratch)) {}

  bool run() {
    const auto state = link_text(scratch_->get(), kState);
    if (!state) {
      // What was begun is gone on with.
      if (!is_there(scratch_->get(), kNext) && !is_possible()) return false;
      prepare();
    }
    last_ = directory(scratch_path_ + "/" + kLast);
    next_ = directory(scratch_path_ + "/" + kNext);
    if (!state || *state == kLast) {
      for (std::size_t i = 0; i < changes_.size(); ++i) hide(i);
      turn();
    } else if (*state != kNext) {
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("{} leads to \"{}\", where nothing of engram's is",
                              tree_.full_path(scratch_path_ + "/" + kState), *state));
    }
    for (std::size_t i = 0; i < changes_.size(); ++i) put(i);
    return true;
  }

 private:
  void step() const {
    if (on_step_) on_step_();
  }

  // The directory at `path`, which is made where it is not there, as it is now.
  DirectoryTree::Handle directory(const std::string& path) {
    DirectoryTree::Handle found = tree_.find_or_make(path);
    return tree_.forget_if_removed(path, found) ? tree_.find_or_make(path) : found;
  }

  [[noreturn]] void fail(std::string_view action, const Key& key, int number) const {
    throw system_error(action, tree_.full_path(key.str()), number);
  }

  // What the symbolic link in the place of change `i` says.
  std::string link_for(std::size_t i) const {
    std::string up;
    const std::string& key = changes_[i].to.str();
    for (auto left = std::count(key.begin(), key.end(), '/'); left > 0; --left) up += "../";
    return fmt::format("{}{}/{}/{}", up, scratch_path_, kState, i);
  }

  // Whether links can be made here, and lead where they are meant to.
  bool is_possible() const {
    const int scratch = scratch_->get();
    ::unlinkat(scratch, kNextState, 0);
    ::unlinkat(scratch, "probe", 0);
    const FileDescriptor probe(
        ::openat(scratch, "probe", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    const bool has_links =
        probe.is_open() && ::linkat(scratch, "probe", scratch, kNextState, 0) == 0 &&
        ::unlinkat(scratch, kNextState, 0) == 0 && ::symlinkat("probe", scratch, kNextState) == 0;
    ::unlinkat(scratch, kNextState, 0);
    ::unlinkat(scratch, "probe", 0);
    if (!has_links) return false;
    return std::none_of(changes_.begin(), changes_.end(),
                        [&](const Replacement& change) { return is_behind_link(change.to.str()); });
  }

  // True when the file, or a directory on the way to it, is a symbolic link.
  bool is_behind_link(const std::string& key) const {
    open_how how{};
    how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    const auto fd = ::syscall(SYS_openat2, tree_.find("")->get(), key.c_str(), &how, sizeof how);
    if (fd < 0) return errno != ENOENT;
    const FileDescriptor file(static_cast<int>(fd));
    struct stat info {};
    return ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode);
  }

  // Steps 1 and 2. The state is the last to be made: with it, all new files are in their place.
  void prepare() {
    const DirectoryTree::Handle next = directory(scratch_path_ + "/" + kNext);
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      if (!changes_[i].from) continue;
      step();
      const KeyPlace from(*changes_[i].from);
      const DirectoryTree::Handle holder = directory(from.directory);
      const std::string name = std::to_string(i);
      const int error =
          ::renameat(holder->get(), from.name.c_str(), next->get(), name.c_str()) == 0 ? 0 : errno;
      if (error != 0 && error != ENOENT) fail("move", *changes_[i].from, error);
      if (error != 0 && !is_there(next->get(), name))
        throw Error(ErrorCode::corrupt_data, fmt::format("{} is to become {} and is not there",
                                                         tree_.full_path(changes_[i].from->str()),
                                                         tree_.full_path(changes_[i].to.str())));
    }
    step();
    if (::symlinkat(kLast, scratch_->get(), kState) != 0 && errno != EEXIST)
      throw system_error("make a link in", tree_.full_path(scratch_path_), errno);
  }

  // Step 3.
  void hide(std::size_t i) {
    const Key& key = changes_[i].to;
    const KeyPlace to(key);
    const DirectoryTree::Handle holder = directory(to.directory);
    const int folder = holder->get();
    const std::string text = link_for(i);
    if (link_text(folder, to.name) == text) return;
    step();
    const std::string name = std::to_string(i);
    if (::linkat(folder, to.name.c_str(), last_->get(), name.c_str(), 0) != 0 && errno != ENOENT &&
        errno != EEXIST)
      fail("link", key, errno);
    step();
    const std::string part = part_name(to.name, static_cast<std::uint32_t>(i));
    ::unlinkat(folder, part.c_str(), 0);
    if (::symlinkat(text.c_str(), folder, part.c_str()) != 0 ||
        ::renameat(folder, part.c_str(), folder, to.name.c_str()) != 0)
      fail("replace", key, errno);
  }

  // Step 4.
  void turn() const {
    step();
    ::unlinkat(scratch_->get(), kNextState, 0);
    if (::symlinkat(kNext, scratch_->get(), kNextState) != 0 ||
        ::renameat(scratch_->get(), kNextState, scratch_->get(), kState) != 0)
      throw system_error("make a link in", tree_.full_path(scratch_path_), errno);
  }

  // Step 5.
  void put(std::size_t i) {
    const Key& key = changes_[i].to;
    const KeyPlace to(key);
    const DirectoryTree::Handle holder = directory(to.directory);
    const int folder = holder->get();
    step();
    if (!changes_[i].from) {
      if (link_text(folder, to.name) == link_for(i) && ::unlinkat(folder, to.name.c_str(), 0) != 0)
        fail("remove", key, errno);
      return;
    }
    const std::string name = std::to_string(i);
    if (::renameat(next_->get(), name.c_str(), folder, to.name.c_str()) != 0 && errno != ENOENT)
      fail("write", key, errno);
    // That one is left where the link was made, but not renamed, before a crash.
    ::unlinkat(folder, part_name(to.name, static_cast<std::uint32_t>(i)).c_str(), 0);
  }

  DirectoryTree& tree_;
  std::span<const Replacement> changes_;
  const std::string scratch_path_;
  const std::function<void()>& on_step_;
  DirectoryTree::Handle scratch_, last_, next_;
};

}  // namespace

bool switch_together(DirectoryTree& tree, std::span<const Replacement> changes,
                     const std::string& scratch, const std::function<void()>& on_step) {
  return Switch(tree, changes, scratch, on_step).run();
}

}  // namespace engram::store
