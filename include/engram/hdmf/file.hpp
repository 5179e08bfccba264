#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engram/base/limits.hpp"
#include "engram/hdmf/file_opener.hpp"
#include "engram/hdmf/namespace_catalog.hpp"
#include "engram/hdmf/object.hpp"
#include "engram/hdmf/problem.hpp"
#include "engram/hdmf/reference.hpp"
#include "engram/hdmf/selection.hpp"

namespace engram::hdmf {

struct FileOptions {
  Limits limits;
  /// A link, reference or region reference that leads nowhere throws Error where it is met, instead
  /// of being reported by File::problems().
  bool strict = false;
  /// What one call may read: Error(limit_exceeded) beyond.
  std::uint64_t max_read_bytes = 8ULL << 30;
  /// Other files that links and references may open, those that are not there included.
  std::uint32_t max_files = 1000;
};

/// How far a search goes.
enum class Scope {
  file,    ///< What lies in the file itself.
  linked,  ///< And what links lead to in other files, however often these link on.
};

/// What File::follow_all() came upon.
struct Followed {
  std::uint64_t links = 0;
  std::uint64_t references = 0;  ///< In attributes, datasets, records; null ones not counted.
  std::uint64_t region_references = 0;  ///< The same.
  std::uint64_t null_references = 0;
  std::uint64_t lost_links = 0;       ///< Links that lead nowhere.
  std::uint64_t lost_references = 0;  ///< References and region references that lead nowhere.
};

/// An HDMF or NWB file that is open for reading: see hdmf::open() in backend/open_file.hpp, and
/// docs/hdmf.md for how it is used. All metadata are in memory and no values.
///
/// A File is a handle that is cheap to copy; the file stays open as long as a File, an Object or a
/// Selection of it lives, and so do the other files that its links led to. Each of these is opened
/// once, when something first leads there.
///
/// Links and references that lead nowhere, or where they may not, are no errors: they are left out
/// and stand in problems(). FileOptions::strict, and the members called at(), make errors of them.
///
/// References are resolved by their path, as hdmf and hdmf-zarr do. Where there is nothing at the
/// path, the object with the reference's object_id is taken, and Problem::moved says so. Where the
/// object there has another id than the reference says, it is taken all the same, and
/// Problem::mismatch says so.
///
/// Threads: every member may be called by many threads at once.
class File {
 public:
  /// The file whose tree is `tree`. Without an `opener` links to other files lead nowhere. Throws
  /// Error(limit_exceeded) for more than Limits::max_nodes or Limits::max_depth; with
  /// FileOptions::strict Error(not_found) when its reader has found that something leads nowhere.
  explicit File(OpenedTree tree, const FileOptions& options = {},
                std::shared_ptr<const FileOpener> opener = nullptr);

  Object root() const;
  /// Where it lies: a path or URL.
  const std::string& location() const;
  /// "HDF5", "Zarr v2", "Zarr v3".
  const std::string& format() const;

  /// The object at `path` ("/a/b", "a/b", "/"), also through links and into other files. nullopt
  /// when there is none. at() throws Error(not_found) then, naming the path and, if it was a link,
  /// what became of it.
  std::optional<Object> find(std::string_view path) const;
  Object at(std::string_view path) const;

  /// All objects of `type`, or of a type that inherits from it, in the order of the tree: see
  /// Object::is_a().
  std::vector<Object> find_by_type(std::string_view type, Scope scope = Scope::file) const;

  /// The object of this file with that object_id, or nullopt.
  std::optional<Object> find_by_id(std::string_view object_id) const;

  /// What `reference`, a value of this file, refers to. at() throws Error(not_found) where this
  /// gives nullopt, Error(corrupt_data) for a bad region.
  std::optional<Object> resolve(const Reference& reference) const;
  std::optional<Selection> resolve(const RegionReference& reference) const;
  Object at(const Reference& reference) const;
  Selection at(const RegionReference& reference) const;

  /// The namespaces that the file has cached, loaded when first asked for. Empty when there are
  /// none, or Problem::namespaces says why they can't be used.
  const NamespaceCatalog& namespaces() const;

  /// Follows every link of this file and every reference in it. Values of datasets with references
  /// are read, in blocks, no others. A dataset that can't be read, or that claims more values than
  /// FileOptions::max_read_bytes holds, is reported as Problem::unreadable.
  Followed follow_all() const;

  /// What was met so far, in this file and those that it led to, in the order in which it was met;
  /// nothing twice, and no more than 10,000.
  std::vector<Problem> problems() const;

  /// This file and those that it led to so far.
  std::vector<File> files() const;

  /// True when both are the same open file.
  friend bool operator==(const File& a, const File& b) noexcept { return a.file_ == b.file_; }

 private:
  friend class Object;
  File(std::shared_ptr<const FileSet> set, const OpenFile* file)
      : set_(std::move(set)), file_(file) {}

  std::shared_ptr<const FileSet> set_;
  const OpenFile* file_;
};

}  // namespace engram::hdmf
