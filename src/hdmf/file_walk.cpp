// Paths, links and references, followed from place to place:
//
// 1. The names of the path lie on a stack, the next one on top.
// 2. A name that is a link puts the names of its target on top, and goes on at the root of the
//    target's file; that may be another one, which is opened if it was not yet.
// 3. What is not found below a link is the fault of the first link whose names are still being
//    taken; else the caller has named what is not there.

#include <fmt/format.h>

#include <utility>

#include "engram/base/utf8.hpp"
#include "hdmf/file_set.hpp"
#include "hdmf/path_names.hpp"

namespace engram::hdmf {
namespace {

constexpr std::size_t kNoLink = ~std::size_t{0};

bool has(const OpenFile& file, std::uint32_t entry, std::string_view id) {
  const Value* value = file.index[entry].attributes().find("object_id");
  return value && value->is<std::string>() && value->as<std::string>() == id;
}

}  // namespace

class FileSet::Walk {
 public:
  Walk(const FileSet& set, Place from) : set_(set), at_(from) {}

  Outcome along(std::string_view path, Place* last_link) {
    if (path.starts_with('/')) at_.entry = TreeIndex::kRoot;
    push_names(path, names_);
    return run(last_link);
  }

  // `at_` is the link.
  Outcome through_link() {
    if (auto failure = enter(at_)) return *std::move(failure);
    return run(nullptr);
  }

 private:
  Outcome run(Place* last_link) {
    while (!names_.empty()) {
      const std::string_view name = names_.back();
      names_.pop_back();
      if (link_names_from_ != kNoLink && names_.size() < link_names_from_)
        link_names_from_ = kNoLink;
      const TreeIndex& index = at_.file->index;
      const std::uint32_t child =
          index[at_.entry].group ? index.child(at_.entry, name) : TreeIndex::kNone;
      if (child == TreeIndex::kNone) {
        if (link_names_from_ == kNoLink) return std::monostate();
        return fail(Problem::Kind::dangling, ErrorCode::not_found,
                    fmt::format("there is nothing at {}", printable(target_)));
      }
      if (!index[child].link) {
        at_.entry = child;
        continue;
      }
      const bool is_last_name = names_.empty() && link_names_from_ == kNoLink;
      if (is_last_name && last_link) *last_link = {at_.file, child};
      if (auto failure = enter({at_.file, child})) return *std::move(failure);
    }
    return at_;
  }

  // Goes on where `link` leads.
  std::optional<Failure> enter(Place link) {
    const LinkBuilder& builder = *link.file->index[link.entry].link;
    if (link_names_from_ == kNoLink) {
      link_names_from_ = names_.size();
      link_ = link;
    }
    if (++hops_ > set_.options_.limits.max_link_hops)
      return fail(Problem::Kind::loop, ErrorCode::corrupt_data,
                  fmt::format("it leads round in a circle, or through more than {} links",
                              set_.options_.limits.max_link_hops));
    target_ = builder.path;
    const OpenFile* file = link.file;
    if (builder.source != ".") {
      auto other = set_.other(*file, builder.source);
      if (auto* failure = std::get_if<Failure>(&other))
        return fail(failure->problem.kind, failure->code, "it " + failure->problem.text);
      file = std::get<const OpenFile*>(other);
      target_ += fmt::format(" of the file {}", file->location);
    }
    at_ = {file, TreeIndex::kRoot};
    push_names(builder.path, names_);
    return std::nullopt;
  }

  Failure fail(Problem::Kind kind, ErrorCode code, std::string_view text) const {
    const LinkBuilder& builder = *link_.file->index[link_.entry].link;
    return {{kind, link_.file->location, link_.file->index.path(link_.entry),
             fmt::format("the link to {} leads nowhere: {}", printable(builder.path), text)},
            code};
  }

  const FileSet& set_;
  Place at_;
  std::vector<std::string_view> names_;
  /// As many names as lay on the stack when `link_` was entered; kNoLink: in no link.
  std::size_t link_names_from_ = kNoLink;
  Place link_;
  std::string target_;  ///< Of the link that was entered last, for messages.
  std::uint32_t hops_ = 0;
};

Outcome FileSet::walk(Place from, std::string_view path, Place* link) const {
  return Walk(*this, from).along(path, link);
}

Outcome FileSet::follow(Place link) const { return Walk(*this, link).through_link(); }

Outcome FileSet::resolve(const OpenFile& file, const Reference& reference,
                         std::string_view place) const {
  const auto failure = [&](Problem::Kind kind, ErrorCode code, std::string_view text) {
    return Failure{{kind, file.location, std::string(place),
                    fmt::format("the reference to {} {}", printable(reference.path), text)},
                   code};
  };
  const OpenFile* target_file = &file;
  if (reference.source != ".") {
    auto found = other(file, reference.source);
    if (auto* failed = std::get_if<Failure>(&found))
      return failure(failed->problem.kind, failed->code, failed->problem.text);
    target_file = std::get<const OpenFile*>(found);
    if (reference.source_object_id &&
        target_file->root.attributes.text("object_id").value_or(*reference.source_object_id) !=
            *reference.source_object_id)
      report(failure(Problem::Kind::mismatch, ErrorCode::corrupt_data,
                     "was made for another file than the one that has this name now"));
  }
  const std::string path = reference.path.starts_with('/') ? reference.path : "/" + reference.path;
  Outcome outcome = walk({target_file, TreeIndex::kRoot}, path);
  const auto& id = reference.object_id;
  if (const auto* found = std::get_if<Place>(&outcome)) {
    if (id && found->file->index[found->entry].attributes().find("object_id") &&
        !has(*found->file, found->entry, *id))
      report(failure(
          Problem::Kind::mismatch, ErrorCode::corrupt_data,
          fmt::format("has the object_id {}, but the object there has another", printable(*id))));
    return outcome;
  }
  if (const auto by_its_id = id ? by_id(*target_file, *id) : std::nullopt) {
    report(failure(Problem::Kind::moved, ErrorCode::not_found,
                   fmt::format("leads to nothing, but its object was found by its id at {}",
                               target_file->index.path(*by_its_id))));
    return Place{target_file, *by_its_id};
  }
  if (const auto* failed = std::get_if<Failure>(&outcome))
    return failure(failed->problem.kind, failed->code,
                   fmt::format("leads nowhere: {}", failed->problem.text));
  return failure(Problem::Kind::dangling, ErrorCode::not_found,
                 "leads nowhere: there is nothing at that place");
}

Outcome FileSet::resolve(const OpenFile& file, const RegionReference& reference,
                         std::string_view place) const {
  Outcome outcome = resolve(file, reference.target, place);
  const auto* found = std::get_if<Place>(&outcome);
  if (!found) return outcome;
  const auto bad = [&](std::string_view text) {
    return Failure{{Problem::Kind::bad_region, file.location, std::string(place),
                    fmt::format("the region reference to {} is none: {}",
                                printable(reference.target.path), text)},
                   ErrorCode::corrupt_data};
  };
  const DatasetBuilder* dataset = found->file->index[found->entry].dataset;
  if (!dataset) return bad("that is a group, not a dataset");
  for (const Region& region : reference.regions) {
    try {
      check_inside(region, dataset->shape());
    } catch (const Error& error) {
      return bad(error.what());
    }
  }
  return outcome;
}

}  // namespace engram::hdmf
