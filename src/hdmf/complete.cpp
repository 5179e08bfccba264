// How a tree is completed:
//
// 1. names are checked, ids made, and all groups, datasets and links noted by their paths;
// 2. the target of each link is found, through other links where it has to be;
// 3. so are those of references: of attributes in place, of datasets by reading all of them once to
//    be checked, and by a source that does it again when they are written.

#include "engram/hdmf/complete.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "engram/base/error.hpp"
#include "engram/base/limits.hpp"
#include "engram/hdmf/map_references.hpp"
#include "engram/hdmf/namespace_catalog.hpp"
#include "hdmf/member_names.hpp"

namespace engram::hdmf {
namespace {

constexpr std::string_view kObjectId = "object_id";

[[noreturn]] void refuse(std::string why) {
  throw Error(ErrorCode::invalid_argument, std::move(why));
}

// What lies at a path. Without pointers into the tree, which may be moved while values are read.
struct Member {
  std::optional<std::string> object_id;
  bool is_dataset = false;
  Shape shape;  ///< Of a dataset.
};

// The members of a tree by their paths.
class Members {
 public:
  struct Target {
    std::string path;
    std::string source = ".";      ///< Not ".": a link on the way leads to another file.
    const Member* node = nullptr;  ///< Where it is of this file.
  };

  void add(std::string path, Member node) { nodes_.emplace(std::move(path), std::move(node)); }
  void add_link(std::string path, LinkBuilder link) {
    links_.emplace(std::move(path), std::move(link));
  }

  // Where `path` leads; nullopt and a reason when nowhere.
  std::optional<Target> find(const std::string& path, std::string& why) const {
    std::vector<std::string> names;  // last first
    push_names(path, names);
    std::string place = "/";
    std::uint32_t hops = 0;
    while (!names.empty()) {
      const std::string next = join_path(place, names.back());
      names.pop_back();
      if (nodes_.contains(next)) {
        place = next;
        continue;
      }
      const auto link = links_.find(next);
      if (link == links_.end()) {
        why = fmt::format("there is no {}", next);
        return std::nullopt;
      }
      if (++hops > Limits{}.max_link_hops) {
        why = fmt::format("the links on the way lead to each other, or are more than {}",
                          Limits{}.max_link_hops);
        return std::nullopt;
      }
      if (link->second.source != ".") return beyond(link->second, names);
      push_names(link->second.path, names);
      place = "/";
    }
    return Target{place, ".", &nodes_.at(place)};
  }

 private:
  static void push_names(std::string_view path, std::vector<std::string>& names) {
    while (!path.empty()) {
      const std::size_t slash = path.rfind('/');
      const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
      if (!name.empty()) names.emplace_back(name);
      path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
    }
  }

  static Target beyond(const LinkBuilder& link, std::vector<std::string>& names) {
    Target target{link.path.starts_with('/') ? link.path : "/" + link.path, link.source, nullptr};
    for (; !names.empty(); names.pop_back()) target.path = join_path(target.path, names.back());
    return target;
  }

  std::unordered_map<std::string, Member> nodes_;
  std::unordered_map<std::string, LinkBuilder> links_;
};

class Completer {
 public:
  Completer(GroupBuilder& root, const CompleteOptions& options)
      : root_(root), options_(options), places_(std::make_shared<Members>()) {}

  void run() {
    note(root_, "/");
    root_id_ = root_.attributes.text(kObjectId);
    finish(root_, "/");
  }

 private:
  void note(GroupBuilder& group, const std::string& path) {
    places_->add(path, {id_of(group.attributes), false, {}});
    std::set<std::string_view> names;
    const auto claim = [&](const std::string& name) {
      try {
        check_member_name(name);
      } catch (Error& error) {
        error.at(path);
        throw;
      }
      if (!names.insert(name).second)
        refuse(fmt::format("the group {} has two members of the name \"{}\"", path, name));
    };
    for (DatasetBuilder& dataset : group.datasets) {
      claim(dataset.name);
      const std::string place = join_path(path, dataset.name);
      if (dataset.array() == nullptr && dataset.objects() == nullptr)
        refuse(fmt::format("the dataset {} has no data", place));
      places_->add(place, {id_of(dataset.attributes), true, dataset.shape()});
    }
    for (const LinkBuilder& link : group.links) {
      claim(link.name);
      places_->add_link(join_path(path, link.name), link);
    }
    for (GroupBuilder& child : group.groups) {
      claim(child.name);
      note(child, join_path(path, child.name));
    }
  }

  std::optional<std::string> id_of(Attributes& attributes) const {
    if (options_.object_ids && type_name(attributes) && !attributes.find(kObjectId))
      attributes.set(std::string(kObjectId), new_object_id());
    return attributes.text(kObjectId);
  }

  void finish(GroupBuilder& group, const std::string& path) {
    finish(group.attributes, path);
    for (LinkBuilder& link : group.links) finish(link, join_path(path, link.name));
    for (DatasetBuilder& dataset : group.datasets) {
      const std::string place = join_path(path, dataset.name);
      finish(dataset.attributes, place);
      finish(dataset, place);
    }
    for (GroupBuilder& child : group.groups) finish(child, join_path(path, child.name));
  }

  void finish(LinkBuilder& link, const std::string& place) const {
    if (link.source != ".") return;
    std::string why;
    auto target = places_->find(link.path, why);
    if (!target) refuse(fmt::format("the link {} leads to {}, but {}", place, link.path, why));
    link.path = std::move(target->path);
    link.source = std::move(target->source);
  }

  void finish(Attributes& attributes, const std::string& path) const {
    std::vector<Attributes::Item> changed;
    for (const auto& [name, value] : attributes) {
      Value copy = value;
      check(copy, fmt::format("{}@{}", path, name));
      map_references(copy, map());
      if (!(copy == value)) changed.emplace_back(name, std::move(copy));
    }
    for (auto& [name, value] : changed) attributes.set(name, std::move(value));
  }

  void finish(DatasetBuilder& dataset, const std::string& path) const {
    const ObjectSource* objects = dataset.objects();
    if (objects == nullptr || !holds_references(objects->type())) return;
    try {
      for_each_value(*objects, [&](const Value& value) {
        check(value, path);
        return true;
      });
    } catch (Error& error) {
      if (error.code() != ErrorCode::invalid_argument) error.at(path);
      throw;
    }
    auto source = std::get<std::shared_ptr<const ObjectSource>>(dataset.data);
    dataset.data = map_references(std::move(source), map());
  }

  // Throws for references in `value`, which stands at `place`, that lead nowhere.
  void check(const Value& value, const std::string& place) const {
    if (value.is<Reference>()) {
      check(value.as<Reference>(), place);
    } else if (value.is<RegionReference>()) {
      check(value.as<RegionReference>(), place);
    } else if (value.is<List>()) {
      for (const Value& item : value.as<List>()) check(item, place);
    } else if (value.is<Record>()) {
      for (const auto& [name, item] : value.as<Record>()) check(item, place);
    }
  }

  const Member* check(const Reference& reference, const std::string& place) const {
    if (reference.source != ".") return nullptr;
    std::string why;
    const auto target = places_->find(reference.path, why);
    if (!target)
      refuse(fmt::format("a reference of {} leads to {}, but {}", place, reference.path, why));
    return target->node;
  }

  void check(const RegionReference& region, const std::string& place) const {
    const Member* node = check(region.target, place);
    if (node == nullptr) return;
    if (!node->is_dataset)
      refuse(fmt::format("a region reference of {} leads to {}, which is a group", place,
                         region.target.path));
    try {
      for (const Region& box : region.regions) check_inside(box, node->shape);
    } catch (Error& error) {
      error.at(fmt::format("a region reference of {} to {}", place, region.target.path));
      throw;
    }
  }

  // Holds on to what it needs, as the sources that get it live on.
  ReferenceMap map() const {
    return [places = places_,
            root_id = root_id_](const Reference& reference) -> std::optional<Reference> {
      if (reference.source != ".") return reference;
      std::string why;
      auto target = places->find(reference.path, why);
      if (!target) return std::nullopt;
      Reference full = reference;
      full.source = std::move(target->source);
      full.path = std::move(target->path);
      if (target->node == nullptr) return full;
      full.object_id = target->node->object_id;
      full.source_object_id = root_id;
      return full;
    };
  }

  GroupBuilder& root_;
  const CompleteOptions& options_;
  std::shared_ptr<Members> places_;
  std::optional<std::string> root_id_;
};

}  // namespace

std::string new_object_id() { return boost::uuids::to_string(boost::uuids::random_generator()()); }

void complete(GroupBuilder& root, const CompleteOptions& options) {
  Completer(root, options).run();
}

}  // namespace engram::hdmf
