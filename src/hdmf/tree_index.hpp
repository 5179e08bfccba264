#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engram/base/limits.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::hdmf {

/// All groups, datasets and links of a tree, numbered so that what a group holds is one run of
/// numbers, sorted by name: names are found by halving, and 24 to 40 bytes a node are all it takes.
/// The tree must outlive it. Read by many threads at once.
class TreeIndex {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  static constexpr std::uint32_t kRoot = 0;

  /// One of the three; the others are nullptr.
  struct Entry {
    const GroupBuilder* group = nullptr;
    const DatasetBuilder* dataset = nullptr;
    const LinkBuilder* link = nullptr;
    std::uint32_t parent = kNone;
    std::uint32_t first_child = 0, child_count = 0;

    const std::string& name() const noexcept {
      return group ? group->name : dataset ? dataset->name : link->name;
    }
    const Attributes& attributes() const noexcept {
      return group ? group->attributes : dataset->attributes;
    }
  };

  /// Throws Error(limit_exceeded) for more nodes or levels than `limits` allows.
  TreeIndex(const GroupBuilder& root, const Limits& limits);

  const Entry& operator[](std::uint32_t number) const { return entries_[number]; }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(entries_.size()); }

  /// What the group `parent` has under `name`, or kNone.
  std::uint32_t child(std::uint32_t parent, std::string_view name) const;

  /// "/a/b"; "/" of the root.
  std::string path(std::uint32_t number) const;

  /// Paths of what is not here, because its name was taken or is none.
  const std::vector<std::string>& refused() const noexcept { return refused_; }

  /// All numbers from `number` down, a group before what it holds, in the order of the tree. Links
  /// are not followed. `visit` returns nothing.
  template <typename Visit>
  void each_below(std::uint32_t number, const Visit& visit) const {
    std::vector<std::uint32_t> todo{number};
    while (!todo.empty()) {
      const std::uint32_t at = todo.back();
      todo.pop_back();
      visit(at);
      const Entry& entry = entries_[at];
      for (std::uint32_t i = entry.child_count; i-- > 0;) todo.push_back(entry.first_child + i);
    }
  }

 private:
  void add_children(std::uint32_t parent, const Limits& limits);

  std::vector<Entry> entries_;
  std::vector<std::string> refused_;
};

}  // namespace engram::hdmf
