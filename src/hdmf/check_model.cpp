// What holds in every HDMF file, whatever its schema.

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/json_member.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/map_references.hpp"
#include "engram/hdmf/validate.hpp"
#include "hdmf/check_tables.hpp"
#include "hdmf/node_index.hpp"
#include "hdmf/validate_data.hpp"

namespace engram::hdmf {
namespace {

using Severity = Finding::Severity;

bool is_uuid(const std::string& text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  const auto fits = [](char c, char form) {
    if (form == '-') return c == '-';
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  return text.size() == kForm.size() && std::equal(text.begin(), text.end(), kForm.begin(), fits);
}

class ModelCheck {
 public:
  ModelCheck(const GroupBuilder& root, const OnNode& on_node) : index_(root), on_node_(on_node) {}

  std::vector<Finding> run(const GroupBuilder& root) {
    check_group(root, "/");
    return std::move(findings_);
  }

 private:
  void add(Finding finding) { findings_.push_back(std::move(finding)); }

  void check_group(const GroupBuilder& group, const std::string& path) {
    if (on_node_) on_node_(path);
    check_attributes(group.attributes, path);
    if (is_table(group))
      check_table(group, path, index_, [this](Finding finding) { add(std::move(finding)); });
    for (const DatasetBuilder& dataset : group.datasets)
      check_dataset(dataset, join_path(path, dataset.name));
    for (const LinkBuilder& link : group.links)
      if (link.source == "." && !index_.find(link.path))
        add({Severity::error, Finding::Kind::dangling, join_path(path, link.name), "",
             fmt::format("is a link to {}, where there is nothing", link.path)});
    for (const GroupBuilder& child : group.groups) check_group(child, join_path(path, child.name));
  }

  void check_attributes(const Attributes& attributes, const std::string& path) {
    for (const auto& [name, value] : attributes)
      check_references(value, fmt::format("{}@{}", path, name));
    const bool has_type = attributes.find("neurodata_type") || attributes.find("data_type");
    if (has_type && !attributes.find("namespace"))
      add({Severity::error, Finding::Kind::unknown_type, path, "", "has a type, but no namespace"});
    const Value* id = attributes.find("object_id");
    if (!id) {
      if (has_type)
        add({Severity::warning, Finding::Kind::bad_id, path, "", "has a type, but no object_id"});
      return;
    }
    if (!id->is<std::string>() || !is_uuid(id->as<std::string>())) {
      add({Severity::warning, Finding::Kind::bad_id, path + "@object_id", "", "is no UUID"});
      return;
    }
    const auto [first, is_new] = ids_.emplace(id->as<std::string>(), path);
    if (!is_new)
      add({Severity::error, Finding::Kind::bad_id, path + "@object_id", "",
           fmt::format("is {}, which {} has too", excerpt(id->as<std::string>()), first->second)});
  }

  void check_dataset(const DatasetBuilder& dataset, const std::string& path) {
    if (on_node_) on_node_(path);
    check_attributes(dataset.attributes, path);
    const ObjectSource* objects = dataset.objects();
    if (!objects || dataset.is_null || !holds_references(objects->type())) return;
    try {
      const std::uint64_t before = objects->dangling();
      std::uint64_t lost = 0;
      for_each_value(*objects, [&](const Value& value) {
        lost += count_lost(value);
        return true;
      });
      lost += objects->dangling() - before;
      if (lost > 0)
        add({Severity::error, Finding::Kind::dangling, path, "",
             fmt::format("holds {} reference{} to where there is nothing", lost,
                         lost == 1 ? "" : "s")});
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      add({Severity::error, Finding::Kind::unreadable, path, "",
           fmt::format("can't be read: {}", error.what())});
    }
  }

  bool is_lost(const Reference& reference) const {
    return reference.source == "." && !index_.find(reference.path);
  }

  std::uint64_t count_lost(const Value& value) const {
    if (value.is<Reference>()) return is_lost(value.as<Reference>()) ? 1 : 0;
    if (value.is<RegionReference>()) return is_lost(value.as<RegionReference>().target) ? 1 : 0;
    std::uint64_t lost = 0;
    if (value.is<List>())
      for (const Value& one : value.as<List>()) lost += count_lost(one);
    if (value.is<Record>())
      for (const auto& [name, one] : value.as<Record>()) lost += count_lost(one);
    return lost;
  }

  void check_references(const Value& value, const std::string& place) {
    if (count_lost(value) == 0) return;
    const std::string target = value.is<Reference>() ? value.as<Reference>().path : "a place";
    add({Severity::error, Finding::Kind::dangling, place, "",
         fmt::format("refers to {}, where there is nothing", target)});
  }

  NodeIndex index_;
  const OnNode& on_node_;
  std::vector<Finding> findings_;
  std::unordered_map<std::string, std::string> ids_;
};

}  // namespace

std::vector<Finding> check_model(const GroupBuilder& root, const OnNode& on_node) {
  return ModelCheck(root, on_node).run(root);
}

}  // namespace engram::hdmf
