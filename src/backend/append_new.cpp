#include "backend/append_new.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backend/key_path.hpp"
#include "backend/zarr_layout.hpp"
#include "backend/zarr_writer_tree.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/dimension_names.hpp"
#include "zarr/chunk_walk.hpp"
#include "zarr/documents.hpp"

namespace engram::backend {
namespace {

ArrayPlan plan_of(const ArrayInfo& info, const AppendOptions& options) {
  ArrayPlan plan;
  plan.info = info;
  if (plan.info.chunk_shape.empty() && !info.shape.empty()) {
    zarr::ArrayOptions choice;
    choice.type = info.type;
    choice.shape = info.shape;
    choice.compressor = std::nullopt;
    plan.info.chunk_shape = zarr::make_metadata(choice, options.limits).chunk_shape;
  }
  if (options.codec) plan.codecs.push_back(*options.codec);
  return plan;
}

}  // namespace

NewNodes::NewNodes(std::shared_ptr<store::Store> store, AppendTree& tree,
                   const AppendOptions& options)
    : store_(std::move(store)),
      tree_(tree),
      options_(options),
      hierarchy_(store_),
      writer_(make_zarr_writer(store_, options.write)) {}

// Links that the writer would leave out are none that were asked for.
void NewNodes::check_links(const std::string& path, const hdmf::GroupBuilder& group) {
  const ZarrTree all(tree_.root(), 2);
  const std::function<void(const std::string&, const hdmf::GroupBuilder&)> check =
      [&](const std::string& at, const hdmf::GroupBuilder& each) {
        std::vector<Notice> left_out;
        all.kept_links(at, each, left_out);
        if (!left_out.empty())
          throw Error(ErrorCode::unsupported,
                      fmt::format("{}: {}", left_out.front().path, left_out.front().text));
        for (const hdmf::GroupBuilder& child : each.groups)
          check(hdmf::join_path(at, child.name), child);
      };
  check(path, group);
}

void NewNodes::note_new(const std::string& path, const hdmf::GroupBuilder& group) {
  paths_.insert(path);
  for (const hdmf::DatasetBuilder& dataset : group.datasets)
    paths_.insert(hdmf::join_path(path, dataset.name));
  for (const hdmf::GroupBuilder& child : group.groups)
    note_new(hdmf::join_path(path, child.name), child);
}

// By the cached schema, where there is one that can be loaded.
void NewNodes::name_dimensions() {
  if (!catalog_) {
    try {
      catalog_ = hdmf::NamespaceCatalog::load_cached(tree_.root(), options_.limits);
    } catch (const Error&) {
      catalog_.emplace();
    }
  }
  if (!catalog_->namespaces().empty()) hdmf::name_dimensions(tree_.root(), *catalog_);
}

// Takes the last of `siblings`, which was just added, and the ids that it got, back when `check`
// throws.
template <typename Siblings, typename Check>
void NewNodes::keep_if_right(Siblings& siblings, const Check& check) {
  try {
    check();
  } catch (...) {
    siblings.pop_back();
    tree_.drop_ids();
    throw;
  }
  tree_.keep_ids();
}

NewNodes::Write NewNodes::add(const std::string& parent, hdmf::GroupBuilder group) {
  const Place place = tree_.group(parent);
  AppendTree::check_free(place, group.name);
  const std::string path = hdmf::join_path(place.path, group.name);
  auto& siblings = place.group->groups;
  siblings.push_back(std::move(group));
  keep_if_right(siblings, [&] {
    tree_.give_ids(path, siblings.back());
    tree_.complete(path, siblings.back());
    check_links(path, siblings.back());
  });
  return [this, path] {
    name_dimensions();
    const Place added = tree_.group(path);
    write_group(path, *added.group);
    note_new(path, *added.group);
  };
}

NewNodes::Write NewNodes::add(const std::string& parent, hdmf::DatasetBuilder dataset) {
  const Place place = tree_.group(parent);
  AppendTree::check_free(place, dataset.name);
  const std::string path = hdmf::join_path(place.path, dataset.name);
  auto& siblings = place.group->datasets;
  siblings.push_back(std::move(dataset));
  keep_if_right(siblings, [&] {
    tree_.give_id(path, siblings.back().attributes);
    tree_.complete(path, siblings.back());
    const ZarrTree checked(tree_.root(), 2);
  });
  return [this, path] {
    name_dimensions();
    write_dataset(path, *tree_.dataset(path).dataset);
    paths_.insert(path);
  };
}

NewNodes::Write NewNodes::add(const std::string& parent, hdmf::LinkBuilder link) {
  const Place place = tree_.group(parent);
  AppendTree::check_free(place, link.name);
  if (link.name.empty() || link.name.find('/') != std::string::npos)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" can't be the name of a link in {}", link.name, place.path));
  tree_.complete(place.path, link);
  auto& links = place.group->links;
  links.push_back(link);
  try {
    std::vector<Notice> left_out;
    ZarrTree(tree_.root(), 2).kept_links(place.path, *place.group, left_out);
    for (const Notice& notice : left_out)
      if (notice.path == hdmf::join_path(place.path, link.name))
        throw Error(ErrorCode::unsupported, fmt::format("{}: {}", notice.path, notice.text));
  } catch (...) {
    links.pop_back();
    throw;
  }
  return [this, path = place.path, link] {
    Json attributes = attributes_at(path);
    const std::string name(layout::kZarrLink);
    if (!attributes.contains(name)) attributes[name] = Json::array();
    attributes[name].push_back(layout::links_to_json({link}).front());
    zarr::write_attributes(*store_, key_path(path), attributes);
  };
}

NewNodes::Write NewNodes::set_attribute(const std::string& path, const std::string& name,
                                        hdmf::Value value) {
  const Place place = tree_.node(path);
  const std::string where = place.path + "@" + name;
  if (name.empty() || name == "object_id")
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("{} can't be set: {}", where,
                    name.empty() ? "an attribute has a name" : "others refer to the object by it"));
  tree_.complete(where, value);
  hdmf::Attributes one;
  one.set(name, value);
  std::vector<Notice> left_out;
  const Json json = attributes_to_json(place.path, one, 2, left_out);
  const bool is_spec_location = place.path == "/" && name == layout::kSpecLocation;
  if (!left_out.empty() || is_spec_location || name == layout::kDimensions)
    throw Error(ErrorCode::unsupported,
                fmt::format("{} can't be set: {}", where,
                            left_out.empty() ? "its name has a meaning of its own in Zarr"
                                             : left_out.front().text));
  auto& attributes = place.group ? place.group->attributes : place.dataset->attributes;
  attributes.set(name, std::move(value));
  return [this, name, at = place.path, json] {
    Json all = attributes_at(at);
    all[name] = json.at(name);
    zarr::write_attributes(*store_, key_path(at), all);
  };
}

Json NewNodes::attributes_at(const std::string& path) const {
  const auto document = zarr::read_document(
      *store_, zarr::join(key_path(path), zarr::kAttributesName), options_.limits);
  return document ? zarr::check_attributes(*document) : Json::object();
}

void NewNodes::write_group(const std::string& path, const hdmf::GroupBuilder& group) {
  Json attributes = attributes_to_json(path, group.attributes, 2, notices_);
  if (!group.links.empty())
    attributes[std::string(layout::kZarrLink)] = layout::links_to_json(group.links);
  hierarchy_.write_group(key_path(path), attributes);
  for (const hdmf::DatasetBuilder& dataset : group.datasets)
    write_dataset(hdmf::join_path(path, dataset.name), dataset);
  for (const hdmf::GroupBuilder& child : group.groups)
    write_group(hdmf::join_path(path, child.name), child);
}

void NewNodes::write_dataset(const std::string& path, const hdmf::DatasetBuilder& dataset) {
  dataset_attributes_to_json(path, dataset, options_.write, notices_);
  if (dataset.array()) return write_array(path, dataset);
  const ObjectResult result =
      writer_->write_objects(path, dataset, {options_.block_bytes, std::nullopt});
  notices_.insert(notices_.end(), result.notices.begin(), result.notices.end());
}

void NewNodes::write_array(const std::string& path, const hdmf::DatasetBuilder& dataset) {
  const ArraySource& source = *dataset.array();
  const ArrayInfo& info = source.info();
  const ArrayPlan plan = plan_of(info, options_);
  const auto sink = writer_->create_array(path, dataset, plan);
  if (!source.is_stored() || element_count(info.shape) == 0) return;
  const ChunkGrid grid(info.shape, plan.info.chunk_shape);
  const std::uint64_t chunk_size = element_count(plan.info.chunk_shape) * info.type.size;
  zarr::run_tasks(options_.workers, grid.chunk_count(), 3 * chunk_size, [&](std::uint64_t number) {
    const Region region = grid.region(grid.place(number));
    Bytes elements(static_cast<std::size_t>(element_count(region.shape) * info.type.size));
    source.read(region, elements);
    sink->write(number, elements);
  });
}

}  // namespace engram::backend
