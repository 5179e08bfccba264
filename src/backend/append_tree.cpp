#include "backend/append_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backend/zarr_writer_record.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/map_references.hpp"
#include "engram/hdmf/namespace_catalog.hpp"
#include "zarr/journal.hpp"

namespace engram::backend {
namespace {

constexpr const char* kObjectId = "object_id";

template <typename Nodes>
auto* named(Nodes& nodes, std::string_view name) {
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [name](const auto& node) { return node.name == name; });
  return found == nodes.end() ? nullptr : &*found;
}

std::vector<std::string> names_of(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) names.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return names;
}

// References are completed where they are read, so that a source of many is not held in memory.
class CompletedSource final : public hdmf::ObjectSource {
 public:
  CompletedSource(std::shared_ptr<const ObjectSource> source,
                  std::function<void(hdmf::Value&)> complete)
      : source_(std::move(source)), complete_(std::move(complete)) {}

  const hdmf::ObjectType& type() const override { return source_->type(); }
  const Shape& shape() const override { return source_->shape(); }
  const Shape& chunk_shape() const override { return source_->chunk_shape(); }
  std::vector<hdmf::Value> read(const Region& region) const override {
    std::vector<hdmf::Value> values = source_->read(region);
    for (hdmf::Value& value : values) complete_(value);
    return values;
  }
  std::uint64_t dangling() const override { return source_->dangling(); }

 private:
  std::shared_ptr<const ObjectSource> source_;
  std::function<void(hdmf::Value&)> complete_;
};

}  // namespace

std::string parent_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

AppendTree::AppendTree(hdmf::GroupBuilder root, std::function<std::string()> new_object_id,
                       const Limits& limits)
    : root_(std::move(root)), new_object_id_(std::move(new_object_id)), limits_(limits) {
  collect_ids(root_);
}

void AppendTree::collect_ids(const hdmf::GroupBuilder& group) {
  const auto add = [&](const hdmf::Attributes& attributes) {
    if (const auto id = attributes.text(kObjectId)) ids_.insert(*id);
  };
  add(group.attributes);
  for (const hdmf::DatasetBuilder& dataset : group.datasets) add(dataset.attributes);
  for (const hdmf::GroupBuilder& child : group.groups) collect_ids(child);
}

std::optional<Place> AppendTree::find(const std::string& path) {
  std::vector<std::string> names = names_of(path);
  std::reverse(names.begin(), names.end());
  Place place{"/", &root_, nullptr};
  for (std::uint32_t hops = 0; !names.empty();) {
    if (!place.group) return std::nullopt;
    const std::string name = std::move(names.back());
    names.pop_back();
    const std::string below = hdmf::join_path(place.path, name);
    if (auto* child = named(place.group->groups, name)) {
      place = {below, child, nullptr};
    } else if (auto* dataset = named(place.group->datasets, name)) {
      place = {below, nullptr, dataset};
    } else if (const auto* link = named(place.group->links, name)) {
      if (link->source != "." || ++hops > limits_.max_link_hops) return std::nullopt;
      std::vector<std::string> target = names_of(link->path);
      names.insert(names.end(), target.rbegin(), target.rend());
      place = {"/", &root_, nullptr};
    } else {
      return std::nullopt;
    }
  }
  return place;
}

Place AppendTree::node(const std::string& path) {
  auto place = find(path);
  if (!place)
    throw Error(ErrorCode::not_found, fmt::format("there is no group or dataset at {}", path));
  return std::move(*place);
}

Place AppendTree::group(const std::string& path) {
  Place place = node(path);
  if (!place.group)
    throw Error(ErrorCode::not_found, fmt::format("{} is a dataset, not a group", path));
  return place;
}

Place AppendTree::dataset(const std::string& path) {
  Place place = node(path);
  if (!place.dataset)
    throw Error(ErrorCode::not_found, fmt::format("{} is a group, not a dataset", path));
  return place;
}

void AppendTree::check_free(const Place& group, const std::string& name) {
  const bool is_taken = named(group.group->groups, name) || named(group.group->datasets, name) ||
                        named(group.group->links, name);
  if (group.path == "/" && name == zarr::kJournalPrefix)
    throw Error(ErrorCode::unsupported,
                fmt::format("\"{}\" is where engram keeps the journal of an append: choose "
                            "another name",
                            name));
  if (is_taken)
    throw Error(ErrorCode::already_exists, fmt::format("{} is there already: choose another name",
                                                       hdmf::join_path(group.path, name)));
}

void AppendTree::give_id(const std::string& path, hdmf::Attributes& attributes) {
  if (const hdmf::Value* id = attributes.find(kObjectId)) {
    if (id->is<std::string>() && !ids_.insert(id->as<std::string>()).second)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("{} has the object_id {}, which another object has already", path,
                              id->as<std::string>()));
    if (id->is<std::string>()) fresh_ids_.push_back(id->as<std::string>());
    return;
  }
  if (!hdmf::type_name(attributes)) return;
  if (!new_object_id_)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} is an object without object_id: give it a UUID, or set "
                            "AppendOptions::new_object_id",
                            path));
  std::string id = new_object_id_();
  if (!ids_.insert(id).second)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("AppendOptions::new_object_id made {}, which is taken", id));
  fresh_ids_.push_back(id);
  attributes.set(kObjectId, std::move(id));
}

void AppendTree::drop_ids() {
  for (const std::string& id : fresh_ids_) ids_.erase(id);
  fresh_ids_.clear();
}

void AppendTree::give_ids(const std::string& path, hdmf::GroupBuilder& group) {
  give_id(path, group.attributes);
  for (hdmf::DatasetBuilder& dataset : group.datasets)
    give_id(hdmf::join_path(path, dataset.name), dataset.attributes);
  for (hdmf::GroupBuilder& child : group.groups) give_ids(hdmf::join_path(path, child.name), child);
}

void AppendTree::complete(const std::string& path, hdmf::Reference& reference) {
  if (reference.source != ".") return;
  const auto target = find(reference.path);
  if (!target)
    throw Error(ErrorCode::not_found,
                fmt::format("{} refers to {}, where there is nothing", path, reference.path));
  reference.path = target->path;
  reference.object_id = target->attributes().text(kObjectId);
  reference.source_object_id = root_.attributes.text(kObjectId);
}

void AppendTree::complete(const std::string& path, hdmf::Value& value) {
  if (value.is<hdmf::Reference>()) {
    complete(path, value.as<hdmf::Reference>());
  } else if (value.is<hdmf::RegionReference>()) {
    complete(path, value.as<hdmf::RegionReference>().target);
  } else if (value.is<hdmf::List>()) {
    for (hdmf::Value& item : value.as<hdmf::List>()) complete(path, item);
  } else if (value.is<hdmf::Record>()) {
    for (auto& [name, item] : value.as<hdmf::Record>()) complete(path, item);
  }
}

void AppendTree::complete(const std::string& path, hdmf::Attributes& attributes) {
  hdmf::Attributes completed;
  for (const auto& [name, value] : attributes) {
    hdmf::Value copy = value;
    complete(fmt::format("{}@{}", path, name), copy);
    completed.set(name, std::move(copy));
  }
  attributes = std::move(completed);
}

void AppendTree::complete(const std::string& path, hdmf::LinkBuilder& link) {
  if (link.source != ".") return;
  const auto target = find(link.path);
  if (!target)
    throw Error(ErrorCode::not_found, fmt::format("the link {} leads to {}, where there is nothing",
                                                  hdmf::join_path(path, link.name), link.path));
  link.path = target->path;
}

void AppendTree::complete(const std::string& path, hdmf::DatasetBuilder& dataset) {
  complete(path, dataset.attributes);
  const hdmf::ObjectSource* objects = dataset.objects();
  if (!objects || !hdmf::holds_references(objects->type())) return;
  dataset.data = std::make_shared<const CompletedSource>(
      std::get<std::shared_ptr<const hdmf::ObjectSource>>(dataset.data),
      [this, path](hdmf::Value& value) { complete(path, value); });
}

void AppendTree::complete(const std::string& path, hdmf::GroupBuilder& group) {
  complete(path, group.attributes);
  for (hdmf::DatasetBuilder& dataset : group.datasets)
    complete(hdmf::join_path(path, dataset.name), dataset);
  for (hdmf::LinkBuilder& link : group.links) complete(path, link);
  for (hdmf::GroupBuilder& child : group.groups) complete(hdmf::join_path(path, child.name), child);
}

}  // namespace engram::backend
