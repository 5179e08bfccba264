#include "backend/zarr_writer_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "backend/zarr_layout.hpp"
#include "engram/base/error.hpp"
#include "engram/store/key.hpp"

namespace engram::backend {
namespace {

constexpr std::string_view kTypeAttribute = "neurodata_type";
constexpr std::string_view kModuleType = "ProcessingModule";
// Room for a chunk's key or a metadata file's name below a node.
constexpr std::string_view kLongestFile = "/.zmetadata";

void refuse_name(const std::string& path, std::string_view reason) {
  throw Error(
      ErrorCode::unsupported,
      fmt::format("{} can't be written to Zarr: {}; rename it in the source", path, reason));
}

void check_name(const std::string& path, const std::string& name, int zarr_format) {
  if (layout::is_reserved_name(name, zarr_format))
    refuse_name(path, fmt::format("its name \"{}\" is that of a metadata file of Zarr", name));
  if (const std::string_view why = store::why_bad_name(name); !why.empty())
    refuse_name(path, fmt::format("its name {}", why));
  try {
    const store::Key checked(path.substr(1) + std::string(kLongestFile));
  } catch (const Error& error) {
    refuse_name(path, error.what());
  }
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

bool is_typed(const hdmf::Attributes& attributes) {
  return attributes.text(kTypeAttribute).has_value();
}

std::string base_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// A group whose typed members pynwb files under their own names in one set.
bool is_free_set(const hdmf::GroupBuilder& group) {
  const auto type = group.attributes.text(kTypeAttribute);
  return !type || *type == kModuleType;
}

Notice left_out(const std::string& path, const std::string& name, std::string_view why) {
  return {Notice::Kind::left_out, fmt::format("{}@{}", path, name),
          fmt::format("attribute left out: {}", why)};
}

bool has_field(const hdmf::Value& value, std::string_view name) {
  if (value.is<hdmf::List>()) {
    for (const hdmf::Value& item : value.as<hdmf::List>())
      if (has_field(item, name)) return true;
  }
  if (value.is<hdmf::Record>()) {
    for (const auto& [field, item] : value.as<hdmf::Record>())
      if (field == name || has_field(item, name)) return true;
  }
  return false;
}

}  // namespace

ZarrTree::ZarrTree(const hdmf::GroupBuilder& root, int zarr_format) : zarr_format_(zarr_format) {
  add("/", root);
  if (const hdmf::Value* location = root.attributes.find(layout::kSpecLocation)) {
    if (location->is<hdmf::Reference>()) schema_path_ = location->as<hdmf::Reference>().path;
    if (location->is<std::string>())
      schema_path_ = hdmf::join_path("/", location->as<std::string>());
    if (!typed_.contains(schema_path_)) schema_path_.clear();
  }
}

void ZarrTree::add(const std::string& path, const hdmf::GroupBuilder& group) {
  typed_.emplace(path, is_typed(group.attributes));
  std::set<std::string_view> names;
  const auto claim = [&](const std::string& name) {
    if (!names.insert(name).second)
      refuse_name(hdmf::join_path(path, name), "its group has another member of that name");
  };
  for (const hdmf::DatasetBuilder& dataset : group.datasets) {
    claim(dataset.name);
    const std::string below = hdmf::join_path(path, dataset.name);
    check_name(below, dataset.name, zarr_format_);
    typed_.emplace(below, is_typed(dataset.attributes));
  }
  for (const hdmf::LinkBuilder& link : group.links) claim(link.name);
  for (const hdmf::GroupBuilder& child : group.groups) {
    claim(child.name);
    const std::string below = hdmf::join_path(path, child.name);
    check_name(below, child.name, zarr_format_);
    add(below, child);
  }
}

std::vector<hdmf::LinkBuilder> ZarrTree::kept_links(const std::string& path,
                                                    const hdmf::GroupBuilder& group,
                                                    std::vector<Notice>& notices) const {
  // pynwb shows a link to a typed object under the object's own name. Of several with one such name
  // it reads the last from HDF5, and refuses a Zarr store that has them all.
  std::map<std::string, std::string_view> last;
  if (is_free_set(group)) {
    for (const hdmf::LinkBuilder& link : group.links) {
      const auto target = typed_.find(link.path);
      if (link.source != "." || target == typed_.end() || !target->second) continue;
      auto& name = last[base_of(link.path)];
      name = std::max<std::string_view>(name, link.name);
    }
  }
  std::vector<hdmf::LinkBuilder> kept;
  for (const hdmf::LinkBuilder& link : group.links) {
    const auto target = typed_.find(link.path);
    const std::string own_path = hdmf::join_path(path, link.name);
    const auto twin = last.find(base_of(link.path));
    const bool is_own = link.source == ".";
    if (is_own && target == typed_.end()) {
      notices.push_back({Notice::Kind::dangling, own_path,
                         fmt::format("link left out: there is nothing at {}", link.path)});
    } else if (is_own && target->second && !is_typed(group.attributes) &&
               parent_of(link.path) == path) {
      notices.push_back({Notice::Kind::left_out, own_path,
                         fmt::format("link left out: it is a second name for {} beside it, and "
                                     "pynwb refuses a file that has both",
                                     link.path)});
    } else if (is_own && target->second && twin != last.end() && twin->second != link.name) {
      notices.push_back(
          {Notice::Kind::left_out, own_path,
           fmt::format("link left out: pynwb would show {} under the name that \"{}\" "
                       "beside it leads to, and refuses a store that has both",
                       link.path, twin->second)});
    } else {
      kept.push_back(link);
    }
  }
  return kept;
}

Json attributes_to_json(const std::string& path, const hdmf::Attributes& attributes,
                        int zarr_format, std::vector<Notice>& notices) {
  Json json = Json::object();
  for (const auto& [name, value] : attributes) {
    if (path == "/" && name == layout::kSpecLocation) {
      if (value.is<hdmf::Reference>()) {
        json[name] = value.as<hdmf::Reference>().path.substr(1);
      } else if (value.is<std::string>()) {
        json[name] = value.as<std::string>();
      } else {
        notices.push_back(left_out(path, name, "it is neither a reference nor text"));
      }
    } else if (layout::is_reserved_attribute(name, zarr_format)) {
      notices.push_back(left_out(path, name, "engram gives this name a meaning of its own"));
    } else if (has_field(value, layout::kZarrDtype)) {
      notices.push_back(
          left_out(path, name, "it has a field zarr_dtype, for which hdmf-zarr refuses the file"));
    } else {
      json[name] = layout::attribute_to_json(value, zarr_format);
    }
  }
  return json;
}

Json dataset_attributes_to_json(const std::string& path, const hdmf::DatasetBuilder& dataset,
                                const ZarrWriteOptions& options, std::vector<Notice>& notices) {
  Json json = attributes_to_json(path, dataset.attributes, options.zarr_format, notices);
  if (!dataset.enumeration.empty()) {
    Json names = Json::object();
    for (const auto& [name, value] : dataset.enumeration) names[name] = value;
    json[std::string(layout::kEnumeration)] = std::move(names);
    notices.push_back({Notice::Kind::changed, path,
                       fmt::format("an enumeration became integers; its {} names are in {} {}",
                                   dataset.enumeration.size(),
                                   options.zarr_format == 3 ? "zarr.json as" : "attribute",
                                   layout::kEnumeration)});
  }
  if (dataset.is_null) json[std::string(layout::kDataspace)] = "null";
  // In the format of hdmf-zarr a single value has no dimension, though it lies in an array of one.
  // What came along from another store is kept.
  const bool has_dimensions = (options.zarr_format == 2 && options.compat == Compat::portable) ||
                              (!dataset.is_scalar && !dataset.is_null);
  if (has_dimensions && !dataset.dimension_names.empty() && !json.contains(layout::kDimensions))
    json[std::string(layout::kDimensions)] = dataset.dimension_names;
  return json;
}

}  // namespace engram::backend
