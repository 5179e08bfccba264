#include "hdmf/tree_index.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engram/base/error.hpp"

namespace engram::hdmf {
namespace {

bool is_name(std::string_view name) {
  return !name.empty() && name.find('/') == std::string_view::npos && name != "." && name != "..";
}

}  // namespace

TreeIndex::TreeIndex(const GroupBuilder& root, const Limits& limits) {
  entries_.push_back({&root, nullptr, nullptr, kNone, 0, 0});
  std::uint32_t depth = 0;
  for (std::uint32_t level = 0; level < size(); ++depth) {
    if (depth > limits.max_depth)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("groups are nested deeper than {} levels", limits.max_depth));
    // Level by level, so that what a group holds lies together.
    for (const std::uint32_t end = size(); level < end; ++level)
      if (entries_[level].group) add_children(level, limits);
  }
}

void TreeIndex::add_children(std::uint32_t parent, const Limits& limits) {
  const GroupBuilder& group = *entries_[parent].group;
  const std::uint64_t most = std::min<std::uint64_t>(limits.max_nodes, kNone - 1);
  const std::uint64_t more = group.groups.size() + group.datasets.size() + group.links.size();
  if (entries_.size() + more > most + 1)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("the file has more than {} groups, datasets and links", most));
  const std::size_t first = entries_.size();
  for (const GroupBuilder& child : group.groups)
    entries_.push_back({&child, nullptr, nullptr, parent, 0, 0});
  for (const DatasetBuilder& child : group.datasets)
    entries_.push_back({nullptr, &child, nullptr, parent, 0, 0});
  for (const LinkBuilder& child : group.links)
    entries_.push_back({nullptr, nullptr, &child, parent, 0, 0});
  const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(first);
  // Stable: of one name a group comes before a dataset, and that before a link.
  std::stable_sort(begin, entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.name() < b.name(); });
  const Entry* last = nullptr;
  auto out = begin;
  for (auto at = begin; at != entries_.end(); ++at) {
    if (!is_name(at->name()) || (last && last->name() == at->name())) {
      refused_.push_back(join_path(path(parent), at->name()));
      continue;
    }
    *out = *at;
    last = &*out++;
  }
  entries_.erase(out, entries_.end());
  entries_[parent].first_child = static_cast<std::uint32_t>(first);
  entries_[parent].child_count = static_cast<std::uint32_t>(entries_.size() - first);
}

std::uint32_t TreeIndex::child(std::uint32_t parent, std::string_view name) const {
  const Entry& group = entries_[parent];
  const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(group.first_child);
  const auto end = begin + static_cast<std::ptrdiff_t>(group.child_count);
  const auto found = std::lower_bound(
      begin, end, name,
      [](const Entry& entry, std::string_view sought) { return entry.name() < sought; });
  if (found == end || found->name() != name) return kNone;
  return static_cast<std::uint32_t>(found - entries_.begin());
}

std::string TreeIndex::path(std::uint32_t number) const {
  std::vector<std::uint32_t> way;
  for (std::uint32_t at = number; at != kRoot; at = entries_[at].parent) way.push_back(at);
  if (way.empty()) return "/";
  std::string path;
  for (auto at = way.rbegin(); at != way.rend(); ++at)
    path.append("/").append(entries_[*at].name());
  return path;
}

}  // namespace engram::hdmf
