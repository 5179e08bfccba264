#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engram/hdmf/builder.hpp"

namespace engram::hdmf {

/// A group or a dataset, or neither.
struct NodeRef {
  const GroupBuilder* group = nullptr;
  const DatasetBuilder* dataset = nullptr;

  explicit operator bool() const noexcept { return group || dataset; }
  const Attributes& attributes() const { return group ? group->attributes : dataset->attributes; }
  const void* id() const noexcept {
    return group ? static_cast<const void*>(group) : static_cast<const void*>(dataset);
  }
};

/// All groups and datasets of a tree by their paths, so that many links and references are resolved
/// without searching. The tree must outlive it.
class NodeIndex {
 public:
  explicit NodeIndex(const GroupBuilder& root);

  /// At the absolute `path`, which leads through no link.
  NodeRef find(std::string_view path) const;

 private:
  void add(const GroupBuilder& group, const std::string& path);

  std::unordered_map<std::string, NodeRef> nodes_;
};

}  // namespace engram::hdmf
