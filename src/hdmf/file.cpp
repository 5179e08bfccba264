#include "engram/hdmf/file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "engram/base/utf8.hpp"
#include "engram/hdmf/map_references.hpp"
#include "hdmf/file_set.hpp"
#include "hdmf/read_elements.hpp"
#include "hdmf/validate_data.hpp"

namespace engram::hdmf {
namespace {

/// Whether objects are of a type; each type is looked up once.
class TypeTest {
 public:
  explicit TypeTest(std::string_view wanted) : wanted_(wanted) {}

  bool operator()(const Object& object) {
    const auto type = object.neurodata_type();
    if (!type) return false;
    // A type may mean different things in two files.
    const auto key =
        std::make_tuple(object.file().location(), object.type_namespace().value_or(""), *type);
    const auto known = known_.find(key);
    if (known != known_.end()) return known->second;
    return known_.emplace(key, object.is_a(wanted_)).first->second;
  }

 private:
  std::string wanted_;
  std::map<std::tuple<std::string, std::string, std::string>, bool> known_;
};

}  // namespace

File::File(OpenedTree tree, const FileOptions& options, std::shared_ptr<const FileOpener> opener)
    : set_(std::make_shared<const FileSet>(std::move(tree), options, std::move(opener))),
      file_(&set_->first()) {}

Object File::root() const { return {set_, file_, TreeIndex::kRoot}; }
const std::string& File::location() const { return file_->location; }
const std::string& File::format() const { return file_->format; }

std::optional<Object> File::find(std::string_view path) const { return root().find(path); }
Object File::at(std::string_view path) const { return root().at(path); }

std::vector<Object> File::find_by_type(std::string_view type, Scope scope) const {
  TypeTest test(type);
  std::vector<Object> found;
  std::set<std::pair<const OpenFile*, std::uint32_t>> seen;
  std::vector<Place> todo{{file_, TreeIndex::kRoot}};
  while (!todo.empty()) {
    const Place from = todo.back();
    todo.pop_back();
    const TreeIndex& index = from.file->index;
    std::vector<Place> linked;
    index.each_below(from.entry, [&](std::uint32_t number) {
      if (index[number].link) {
        // Of links in the own file the targets come anyway.
        const bool is_wanted =
            scope == Scope::linked && (from.file != file_ || index[number].link->source != ".");
        if (!is_wanted) return;
        const Outcome outcome = set_->follow({from.file, number});
        if (const auto* failure = std::get_if<Failure>(&outcome)) set_->report(*failure);
        if (const auto* place = std::get_if<Place>(&outcome)) linked.push_back(*place);
        return;
      }
      if (!seen.emplace(from.file, number).second) return;
      Object object(set_, from.file, number);
      if (test(object)) found.push_back(std::move(object));
    });
    for (auto place = linked.rbegin(); place != linked.rend(); ++place)
      if (!seen.contains({place->file, place->entry})) todo.push_back(*place);
  }
  return found;
}

std::optional<Object> File::find_by_id(std::string_view object_id) const {
  const auto found = set_->by_id(*file_, object_id);
  if (!found) return std::nullopt;
  return Object(set_, file_, *found);
}

std::optional<Object> File::resolve(const Reference& reference) const {
  const Outcome outcome = set_->resolve(*file_, reference, "");
  if (const auto* failure = std::get_if<Failure>(&outcome)) set_->report(*failure);
  const auto* place = std::get_if<Place>(&outcome);
  if (!place) return std::nullopt;
  return Object(set_, place->file, place->entry);
}

Object File::at(const Reference& reference) const {
  const Outcome outcome = set_->resolve(*file_, reference, "");
  if (const auto* failure = std::get_if<Failure>(&outcome)) FileSet::raise(*failure);
  const Place place = std::get<Place>(outcome);
  return {set_, place.file, place.entry};
}

std::optional<Selection> File::resolve(const RegionReference& reference) const {
  const Outcome outcome = set_->resolve(*file_, reference, "");
  if (const auto* failure = std::get_if<Failure>(&outcome)) set_->report(*failure);
  const auto* place = std::get_if<Place>(&outcome);
  if (!place) return std::nullopt;
  return Selection(Object(set_, place->file, place->entry), reference.regions);
}

Selection File::at(const RegionReference& reference) const {
  const Outcome outcome = set_->resolve(*file_, reference, "");
  if (const auto* failure = std::get_if<Failure>(&outcome)) FileSet::raise(*failure);
  const Place place = std::get<Place>(outcome);
  return {Object(set_, place.file, place.entry), reference.regions};
}

const NamespaceCatalog& File::namespaces() const { return set_->catalog(*file_); }

Followed File::follow_all() const {
  Followed followed;
  const TreeIndex& index = file_->index;
  const auto follow_value = [&](const Value& value, const std::string& place) {
    each_reference(value, [&](const Value& one) {
      const bool is_region = one.is<RegionReference>();
      ++(is_region ? followed.region_references : followed.references);
      const Outcome outcome = is_region ? set_->resolve(*file_, one.as<RegionReference>(), place)
                                        : set_->resolve(*file_, one.as<Reference>(), place);
      if (const auto* failure = std::get_if<Failure>(&outcome)) {
        ++followed.lost_references;
        set_->report(*failure);
      }
    });
  };
  const auto follow_dataset = [&](const DatasetBuilder& dataset, const std::string& path) {
    const ObjectSource* objects = dataset.objects();
    if (!objects || dataset.is_null || !holds_references(objects->type())) return;
    const bool is_plain = objects->type().kind != ObjectType::Kind::record;
    const std::uint64_t before = objects->dangling();
    bool is_reading = true;
    try {
      for_each_value(*objects, [&](const Value& value) {
        if (is_plain && value.is<Null>()) ++followed.null_references;
        is_reading = false;
        follow_value(value, path);
        is_reading = true;
        return true;
      });
    } catch (const Error& error) {
      if (!is_reading) throw;  // Where strict: what was met is told by itself.
      set_->report({{Problem::Kind::unreadable, file_->location, path,
                     fmt::format("its references can't be read: {}", error.what())},
                    error.code()});
    }
    // The source gave these as null.
    const std::uint64_t lost = objects->dangling() - before;
    if (lost == 0) return;
    followed.references += lost;
    followed.lost_references += lost;
    if (is_plain) followed.null_references -= std::min(lost, followed.null_references);
    set_->report({{Problem::Kind::dangling, file_->location, path,
                   fmt::format("holds {} reference{} that lead{} nowhere", lost,
                               lost == 1 ? "" : "s", lost == 1 ? "s" : "")},
                  ErrorCode::not_found});
  };
  index.each_below(TreeIndex::kRoot, [&](std::uint32_t number) {
    const TreeIndex::Entry& entry = index[number];
    if (entry.link) {
      ++followed.links;
      const Outcome outcome = set_->follow({file_, number});
      if (const auto* failure = std::get_if<Failure>(&outcome)) {
        ++followed.lost_links;
        set_->report(*failure);
      }
      return;
    }
    const std::string path = index.path(number);
    for (const auto& [name, value] : entry.attributes())
      follow_value(value, fmt::format("{}@{}", path, name));
    if (entry.dataset) follow_dataset(*entry.dataset, path);
  });
  return followed;
}

std::vector<Problem> File::problems() const { return set_->problems(); }

std::vector<File> File::files() const {
  std::vector<File> all;
  for (const OpenFile* file : set_->files()) all.push_back(File(set_, file));
  return all;
}

}  // namespace engram::hdmf
