// The files that are open together, and what is worked out of each of them once.

#include "hdmf/file_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engram/base/utf8.hpp"

namespace engram::hdmf {
namespace {

constexpr std::size_t kMaxProblems = 10'000;

}  // namespace

std::string_view to_string(Problem::Kind kind) noexcept {
  static constexpr std::array<std::string_view, 11> kNames = {
      "dangling", "loop",     "missing_file", "outside",    "unreadable", "bad_region",
      "moved",    "mismatch", "duplicate",    "namespaces", "left_out"};
  return kNames.at(static_cast<std::size_t>(kind));
}

bool is_loss(Problem::Kind kind) noexcept { return kind <= Problem::Kind::bad_region; }

FileSet::FileSet(OpenedTree tree, const FileOptions& options,
                 std::shared_ptr<const FileOpener> opener)
    : options_(options), opener_(std::move(opener)) {
  const std::string& identity = tree.identity.empty() ? tree.location : tree.identity;
  const auto slot = slots_.emplace(identity, std::make_shared<Slot>()).first->second;
  std::call_once(slot->once, [&] { first_ = &add(*slot, std::move(tree)); });
}

const OpenFile& FileSet::add(Slot& slot, OpenedTree tree) const {
  std::vector<Problem> problems = std::move(tree.problems);
  slot.file = std::make_unique<const OpenFile>(std::move(tree), options_.limits);
  {
    const std::lock_guard lock(mutex_);
    files_.push_back(slot.file.get());
  }
  const std::string& location = slot.file->location;
  for (Problem& problem : problems) {
    problem.file = location;
    report({std::move(problem), ErrorCode::not_found});
  }
  for (const std::string& path : slot.file->index.refused())
    report({{Problem::Kind::duplicate, location, path,
             "the name is taken by another object of the group, or is none: left out"},
            ErrorCode::corrupt_data});
  return *slot.file;
}

void FileSet::open(Slot& slot, const LinkPlaces::Place& place) const {
  // What is wrong with a file is told by each link that leads there, so it is kept.
  try {
    add(slot, opener_->open(place));
  } catch (const Error& error) {
    slot.error = error;
  }
}

std::variant<const OpenFile*, Failure> FileSet::other(const OpenFile& holder,
                                                      const std::string& source) const {
  const auto fail = [&](Problem::Kind kind, ErrorCode code, std::string text) {
    return Failure{{kind, holder.location, "", std::move(text)}, code};
  };
  const std::string shown = printable(source);
  if (!opener_)
    return fail(Problem::Kind::missing_file, ErrorCode::not_found,
                fmt::format("leads to the file {}, but this file was opened without a place that "
                            "others could be found from",
                            shown));
  const LinkPlaces places = opener_->places(holder.location, source);
  if (!places.refusal.empty())
    return fail(Problem::Kind::outside, ErrorCode::unsupported,
                fmt::format("leads to the file {}: {}", shown, places.refusal));
  for (const LinkPlaces::Place& place : places.places) {
    std::shared_ptr<Slot> slot;
    {
      const std::lock_guard lock(mutex_);
      auto& kept = slots_[place.identity.empty() ? place.location : place.identity];
      if (!kept) {
        if (slots_.size() > std::size_t{options_.max_files} + 1) {
          slots_.erase(place.identity.empty() ? place.location : place.identity);
          return fail(Problem::Kind::unreadable, ErrorCode::limit_exceeded,
                      fmt::format("leads to the file {}: links lead to more than {} files", shown,
                                  options_.max_files));
        }
        kept = std::make_shared<Slot>();
      }
      slot = kept;
    }
    std::call_once(slot->once, [&] { open(*slot, place); });
    if (!slot->error) return slot->file.get();
    if (slot->error->code() == ErrorCode::not_found && !slot->file) continue;
    return fail(
        Problem::Kind::unreadable, slot->error->code(),
        fmt::format("leads to the file {}, which can't be read: {}", shown, slot->error->what()));
  }
  return fail(Problem::Kind::missing_file, ErrorCode::not_found,
              fmt::format("leads to the file {}, which is not there", shown));
}

std::vector<const OpenFile*> FileSet::files() const {
  const std::lock_guard lock(mutex_);
  return files_;
}

const NamespaceCatalog& FileSet::catalog(const OpenFile& file) const {
  std::call_once(file.catalog_made_, [&] {
    try {
      file.catalog_ = NamespaceCatalog::load_cached(file.root, options_.limits);
    } catch (const Error& error) {
      report({{Problem::Kind::namespaces, file.location, "/",
               fmt::format("the cached namespaces can't be used, and types are told by their "
                           "names alone: {}",
                           error.what())},
              error.code()});
    }
  });
  return file.catalog_;
}

std::optional<std::uint32_t> FileSet::by_id(const OpenFile& file, std::string_view id) const {
  std::call_once(file.ids_made_, [&] {
    file.index.each_below(TreeIndex::kRoot, [&](std::uint32_t number) {
      const TreeIndex::Entry& entry = file.index[number];
      if (entry.link) return;
      const Value* value = entry.attributes().find("object_id");
      if (!value || !value->is<std::string>()) return;
      const auto [first, is_new] = file.ids_.emplace(value->as<std::string>(), number);
      if (!is_new)
        report({{Problem::Kind::duplicate, file.location, file.index.path(number),
                 fmt::format("has the object_id {}, which {} has too",
                             printable(value->as<std::string>()), file.index.path(first->second))},
                ErrorCode::corrupt_data});
    });
  });
  const auto found = file.ids_.find(id);
  if (found == file.ids_.end()) return std::nullopt;
  return found->second;
}

void FileSet::report(const Failure& failure) const {
  const Problem& problem = failure.problem;
  if (options_.strict && is_loss(problem.kind)) raise(failure);
  const std::lock_guard lock(mutex_);
  if (problems_.size() >= kMaxProblems) return;
  if (seen_.emplace(problem.kind, problem.file, problem.path, problem.text).second)
    problems_.push_back(problem);
}

std::vector<Problem> FileSet::problems() const {
  const std::lock_guard lock(mutex_);
  return problems_;
}

void FileSet::raise(const Failure& failure) {
  const Problem& problem = failure.problem;
  throw Error(failure.code, fmt::format("{}: {}: {}", printable(problem.file),
                                        printable(problem.path), problem.text));
}

}  // namespace engram::hdmf
