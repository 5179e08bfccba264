#include "hdmf/node_index.hpp"

namespace engram::hdmf {

NodeIndex::NodeIndex(const GroupBuilder& root) { add(root, "/"); }

void NodeIndex::add(const GroupBuilder& group, const std::string& path) {
  nodes_.emplace(path, NodeRef{&group, nullptr});
  for (const DatasetBuilder& dataset : group.datasets)
    nodes_.emplace(join_path(path, dataset.name), NodeRef{nullptr, &dataset});
  for (const GroupBuilder& child : group.groups) add(child, join_path(path, child.name));
}

NodeRef NodeIndex::find(std::string_view path) const {
  std::string key(path);
  while (key.size() > 1 && key.ends_with('/')) key.pop_back();
  if (!key.starts_with('/')) key.insert(key.begin(), '/');
  const auto found = nodes_.find(key);
  return found == nodes_.end() ? NodeRef{} : found->second;
}

}  // namespace engram::hdmf
