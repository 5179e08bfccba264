#pragma once

#include <string>

#include "engram/store/store.hpp"

namespace engram::store {

/// A store in a directory: the value of key "a/b" is the file "a/b" below it, as zarr-python's
/// DirectoryStore has it. Symbolic links below the root are followed as long as they stay below it
/// (where the kernel can tell: Linux 5.6); one that leads out throws Error(io_error) where it is
/// used, and is left out of listings, as one that leads to a directory above it is. list_dir()
/// names empty directories too. It throws Error(unsupported) naming both where a link to a
/// directory lies behind another one, so that the paths of a tree are no more than the square of
/// what lies in it.
///
/// set() throws Error(io_error) with the path and the system's reason, a full disk among them, and
/// leaves no part of the value.
class DirectoryStore final : public Store {
 public:
  enum class Mode {
    read,         ///< The directory must be there; set() and erase() throw Error(io_error).
    create,       ///< The directory must not be there and is made; its parent must be there.
    create_fast,  ///< As create, for a directory that nobody reads before it is renamed: set()
                  ///< writes straight to the final name instead of through a temporary file.
    update,       ///< The directory must be there.
    update_fast,  ///< As update, with the set() of create_fast.
  };

  /// Throws Error(not_found) when `root` (or, to create, its parent) is missing,
  /// Error(already_exists) when a directory to create is there, Error(io_error) with the system's
  /// reason otherwise.
  DirectoryStore(std::string root, Mode mode);
  ~DirectoryStore() override;

  std::optional<Bytes> get(const Key& key, std::uint64_t max_size) const override;
  bool get_into(const Key& key, std::uint64_t max_size, Bytes& out) const override;
  std::optional<Bytes> get_range(const Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override;
  std::optional<std::uint64_t> size(const Key& key) const override;
  Listing list_dir(const std::string& prefix) const override;
  std::string name() const override;
  void set(const Key& key, BytesView value) override;
  std::unique_ptr<ValueWriter> begin(const Key& key) override;
  void erase(const Key& key) override;
  /// Directories below `prefix`, and that of `prefix` itself, go too when nothing else is left in
  /// them; half-written files that nobody finished count as nothing. Symbolic links are removed,
  /// never followed.
  void expect(const Key& prefix) override;
  void erase_prefix(const std::string& prefix) override;
  void move(const Key& from, const Key& to) override;
  /// All at once for whoever follows symbolic links, as every reader of directories does: each `to`
  /// becomes a link through one other link, which is turned by one rename, and then a file again.
  /// One after another where the file system has no symbolic or hard links, or such a link is on
  /// the way to a `to`.
  void replace_together(std::span<const Replacement> changes, const std::string& scratch) override;
  /// By syncfs(): all of the file system that the directory is on.
  void sync() override;
  /// flock() on the directory. A file system without locks is no reason to refuse.
  std::unique_ptr<WriteLock> lock() override;

 private:
  struct Impl;
  class PartWriter;
  std::unique_ptr<Impl> impl_;
};

}  // namespace engram::store
