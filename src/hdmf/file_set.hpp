#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

#include "engram/base/error.hpp"
#include "engram/hdmf/file.hpp"
#include "hdmf/tree_index.hpp"

namespace engram::hdmf {

/// One file of a FileSet. Immutable but for what is worked out when first asked for.
class OpenFile {
 public:
  OpenFile(OpenedTree tree, const Limits& limits)
      : root(std::move(tree.root)),
        location(std::move(tree.location)),
        format(std::move(tree.format)),
        index(root, limits) {}

  const GroupBuilder root;
  const std::string location, format;
  const TreeIndex index;

 private:
  friend class FileSet;

  mutable std::once_flag catalog_made_, ids_made_;
  mutable NamespaceCatalog catalog_;
  mutable std::unordered_map<std::string_view, std::uint32_t> ids_;
};

/// A group or dataset of one of the files.
struct Place {
  const OpenFile* file = nullptr;
  std::uint32_t entry = TreeIndex::kRoot;
};

/// Why something leads nowhere.
struct Failure {
  Problem problem;
  ErrorCode code = ErrorCode::not_found;
};

/// A place; nothing, where the caller's own path names nothing; or what became of a link.
using Outcome = std::variant<std::monostate, Place, Failure>;

/// A file, and those that its links and references led to. All handles share it.
///
/// Threads: every member may be called by many threads at once.
class FileSet {
 public:
  FileSet(OpenedTree tree, const FileOptions& options, std::shared_ptr<const FileOpener> opener);

  const OpenFile& first() const noexcept { return *first_; }
  const FileOptions& options() const noexcept { return options_; }
  std::vector<const OpenFile*> files() const;

  /// What lies at `path` below `from`, or below its root when `path` is absolute. Gives the last
  /// link that it came through as `link`, when that was the last name of the path.
  Outcome walk(Place from, std::string_view path, Place* link = nullptr) const;
  /// Where the link at `link` leads.
  Outcome follow(Place link) const;

  /// What a reference leads to, which stands at `place` ("/a@b", for reports) of `file`.
  Outcome resolve(const OpenFile& file, const Reference& reference, std::string_view place) const;
  /// The dataset of a region reference; its boxes were checked against it.
  Outcome resolve(const OpenFile& file, const RegionReference& reference,
                  std::string_view place) const;

  const NamespaceCatalog& catalog(const OpenFile& file) const;
  std::optional<std::uint32_t> by_id(const OpenFile& file, std::string_view id) const;

  /// Keeps a problem for problems(), once. Throws it instead when it is a loss and
  /// FileOptions::strict is set.
  void report(const Failure& failure) const;
  std::vector<Problem> problems() const;

  /// Throws `failure` as an Error.
  [[noreturn]] static void raise(const Failure& failure);

 private:
  struct Slot {
    std::once_flag once;
    std::unique_ptr<const OpenFile> file;
    std::optional<Error> error;
  };
  class Walk;

  const OpenFile& add(Slot& slot, OpenedTree tree) const;
  void open(Slot& slot, const LinkPlaces::Place& place) const;
  /// The file that `source`, which stands in `holder`, means. The failure has no path yet.
  std::variant<const OpenFile*, Failure> other(const OpenFile& holder,
                                               const std::string& source) const;

  const FileOptions options_;
  const std::shared_ptr<const FileOpener> opener_;
  const OpenFile* first_ = nullptr;

  mutable std::mutex mutex_;  ///< Of what follows.
  mutable std::map<std::string, std::shared_ptr<Slot>> slots_;
  mutable std::vector<const OpenFile*> files_;
  mutable std::vector<Problem> problems_;
  mutable std::set<std::tuple<Problem::Kind, std::string, std::string, std::string>> seen_;
};

}  // namespace engram::hdmf
