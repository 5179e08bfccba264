#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/posix_file.hpp"

namespace engram::store {

/// The directories below one root, opened name by name so that no symbolic link leads out of it.
/// The ones used last stay open: a file among thousands of one directory then costs no walk.
///
/// Threads: every member may be called by many threads at once.
class DirectoryTree {
 public:
  using Handle = std::shared_ptr<const FileDescriptor>;

  /// `root` is a directory that was opened with O_PATH; `root_path` is for messages.
  DirectoryTree(FileDescriptor root, std::string root_path);

  /// The directory at `path` ("" is the root), or nullptr when there is none. Throws
  /// Error(io_error) when a link on the way leads out of the root, or the system refuses.
  Handle find(const std::string& path);

  /// The same; what is missing is made.
  Handle find_or_make(const std::string& path);

  /// True when `directory` was removed from the file system; it is then forgotten, and asking for
  /// `path` again looks anew.
  bool forget_if_removed(const std::string& path, const Handle& directory);

  /// Opens `path`, which has a symbolic link in it, as long as it stays below the root. Not open
  /// when it leads to nothing. Throws Error(io_error) when it leads out, or the system can't tell.
  FileDescriptor open_through_links(const std::string& path, int flags) const;

  /// "ROOT/PATH", for messages.
  std::string full_path(std::string_view path) const;

 private:
  Handle open(const std::string& path, bool make);
  Handle open_child(const Handle& parent, const std::string& path, const std::string& name,
                    bool make);
  Handle recall(const std::string& path);
  void remember(const std::string& path, const Handle& directory);

  const std::string root_path_;
  const Handle root_;

  using Entry = std::pair<std::string, Handle>;
  std::mutex mutex_;
  std::list<Entry> used_last_;  // most recent first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> places_;
};

}  // namespace engram::store
