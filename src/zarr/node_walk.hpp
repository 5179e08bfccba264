#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "engram/base/error.hpp"
#include "engram/base/limits.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/hierarchy.hpp"
#include "zarr/documents.hpp"

namespace engram::zarr {

// What reading a hierarchy needs, whatever the version.

/// Counts nodes and depth on the way down.
class NodeBudget {
 public:
  explicit NodeBudget(const Limits& limits) : limits_(limits) {}

  void add_node(std::string_view path) {
    if (++nodes_ > limits_.max_nodes)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("the store has more than {} groups and arrays", limits_.max_nodes));
    const auto depth = static_cast<std::uint64_t>(std::count(path.begin(), path.end(), '/'));
    if (depth >= limits_.max_depth)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("\"{}\" lies deeper than {} groups", path, limits_.max_depth));
  }

 private:
  const Limits& limits_;
  std::uint64_t nodes_ = 0;
};

/// Where a path is split at its last '/': "a/b/.zarray" into "a/b" and ".zarray".
inline std::pair<std::string_view, std::string_view> split_path(std::string_view key) {
  const std::size_t slash = key.rfind('/');
  if (slash == std::string_view::npos) return {"", key};
  return {key.substr(0, slash), key.substr(slash + 1)};
}

/// Orders paths so that what lies below a group comes right after it: '/' before all other bytes.
struct PathOrder {
  bool operator()(std::string_view a, std::string_view b) const noexcept {
    const auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c); };
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [&](char x, char y) { return rank(x) < rank(y); });
  }
};

inline bool is_group(const Node& node) { return !node.array && node.refusal.empty(); }

/// Calls visit(name, path) for each name below the group at `path` that a node may have.
template <typename Visit>
void for_each_place_below(const store::ReadableStore& store, const std::string& path,
                          const Visit& visit) {
  for (const std::string& name : store.list_dir(path).prefixes)
    if (store::why_bad_name(name).empty()) visit(name, join(path, name));
}

/// The tree of nodes that consolidated metadata have, by path. `make(path, documents)` makes a Node
/// without its children.
template <typename Documents, typename Make>
class ConsolidatedTree {
 public:
  using Nodes = std::map<std::string_view, Documents, PathOrder>;

  /// `nodes` and `limits` must live as long as this.
  ConsolidatedTree(const Nodes& nodes, const Limits& limits, Make make)
      : nodes_(nodes), next_(nodes.begin()), budget_(limits), make_(std::move(make)) {}

  /// The root. Throws Error(corrupt_data) when there is none, or a node has no group above it.
  Node read() {
    if (next_ == nodes_.end() || !next_->first.empty())
      throw Error(ErrorCode::corrupt_data, "consolidated metadata have no root");
    Node root = read_node();
    if (next_ != nodes_.end())
      throw Error(
          ErrorCode::corrupt_data,
          fmt::format("consolidated metadata have \"{}\", but no group above it", next_->first));
    return root;
  }

 private:
  // The node at next_ and all below it.
  Node read_node() {
    const std::string_view path = next_->first;
    const Documents& documents = next_->second;
    ++next_;
    budget_.add_node(path);
    Node node = make_(path, documents);
    while (is_group(node) && next_ != nodes_.end() && split_path(next_->first).first == path)
      node.children.push_back(read_node());
    return node;
  }

  const Nodes& nodes_;
  typename Nodes::const_iterator next_;
  NodeBudget budget_;
  Make make_;
};

}  // namespace engram::zarr
