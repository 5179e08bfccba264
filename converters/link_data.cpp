#include "converters/link_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "converters/external_links.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/map_references.hpp"
#include "engram/hdmf/memory_source.hpp"
#include "engram/hdmf/namespace_catalog.hpp"

namespace engram::converter {
namespace {

using backend::Notice;
using hdmf::DatasetBuilder;
using hdmf::GroupBuilder;
using hdmf::LinkBuilder;
using hdmf::Value;

class Linker {
 public:
  Linker(const std::string& target, std::vector<Notice>& notices)
      : target_(target), notices_(notices) {}

  void run(GroupBuilder& tree) {
    find_targets(tree);
    link(tree, "/");
    lead_links(tree);
    if (not_linked_ == 0) return;
    notices_.push_back(
        {Notice::Kind::changed, first_,
         fmt::format("the values of this and {} other datasets are copied, not linked: they lie in "
                     "no directory that is a Zarr store, where hdmf-zarr could read them",
                     not_linked_ - 1)});
  }

 private:
  // Everything that a reference of the tree leads to.
  void find_targets(const GroupBuilder& group) {
    find_targets(group.attributes);
    for (const DatasetBuilder& dataset : group.datasets) {
      find_targets(dataset.attributes);
      const hdmf::ObjectSource* objects = dataset.objects();
      if (objects != nullptr && hdmf::holds_references(objects->type()))
        hdmf::for_each_value(*objects, [this](const Value& value) {
          find_targets(value);
          return true;
        });
    }
    for (const GroupBuilder& child : group.groups) find_targets(child);
  }

  bool find_targets(const hdmf::Attributes& attributes) {
    bool found = false;
    for (const auto& [name, value] : attributes) found = find_targets(value) || found;
    return found;
  }

  bool find_targets(Value value) {
    bool found = false;
    hdmf::map_references(value, [&](const hdmf::Reference& reference) {
      found = true;
      targets_.insert(reference.path);
      return std::optional(reference);
    });
    return found;
  }

  bool can_link(const DatasetBuilder& dataset, const std::string& place) {
    // pynwb asks some datasets of text for their values and does not look whether they are links.
    if (dataset.array() == nullptr) return false;
    if (dataset.is_scalar || dataset.is_null || dataset.shape().empty()) return false;
    if (hdmf::type_name(dataset.attributes) || targets_.contains(place)) return false;
    return !find_targets(dataset.attributes);
  }

  void link(GroupBuilder& group, const std::string& path) {
    std::erase_if(group.datasets, [&](const DatasetBuilder& dataset) {
      const std::string place = hdmf::join_path(path, dataset.name);
      if (!can_link(dataset, place)) return false;
      if (!dataset.origin) {
        if (!hdmf::is_in_memory(dataset) && not_linked_++ == 0) first_ = place;
        return false;
      }
      const std::string source = path_from_store(target_, *dataset.origin->store);
      if (source == ".")
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{} lies in {} itself, which is to be written: it can't be linked",
                                place, target_));
      const LinkBuilder made{dataset.name, source, dataset.origin->path};
      group.links.push_back(made);
      linked_.emplace(place, made);
      return true;
    });
    for (GroupBuilder& child : group.groups) link(child, hdmf::join_path(path, child.name));
  }

  void lead_links(GroupBuilder& group) const {
    for (LinkBuilder& link : group.links) {
      const auto found = link.source == "." ? linked_.find(link.path) : linked_.end();
      if (found == linked_.end()) continue;
      link.source = found->second.source;
      link.path = found->second.path;
    }
    for (GroupBuilder& child : group.groups) lead_links(child);
  }

  const std::string& target_;
  std::vector<Notice>& notices_;
  std::unordered_set<std::string> targets_;
  std::unordered_map<std::string, LinkBuilder> linked_;  ///< By the place that the array had.
  std::uint64_t not_linked_ = 0;
  std::string first_;
};

}  // namespace

void link_datasets(GroupBuilder& tree, const std::string& target, std::vector<Notice>& notices) {
  Linker(target, notices).run(tree);
}

}  // namespace engram::converter
