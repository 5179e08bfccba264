#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engram/base/limits.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::backend {

/// A group or dataset of the tree that is appended to, with its own path, which leads through no
/// link.
struct Place {
  std::string path;
  hdmf::GroupBuilder* group = nullptr;
  hdmf::DatasetBuilder* dataset = nullptr;

  const hdmf::Attributes& attributes() const {
    return group ? group->attributes : dataset->attributes;
  }
};

/// The tree of a store that is appended to: finds what paths lead to, and makes references whole.
class AppendTree {
 public:
  AppendTree(hdmf::GroupBuilder root, std::function<std::string()> new_object_id,
             const Limits& limits);

  const hdmf::GroupBuilder& root() const noexcept { return root_; }
  hdmf::GroupBuilder& root() noexcept { return root_; }

  /// What `path` leads to, or nullopt: links are followed.
  std::optional<Place> find(const std::string& path);
  /// Throw Error(not_found) when there is nothing, or the other kind.
  Place node(const std::string& path);
  Place group(const std::string& path);
  Place dataset(const std::string& path);

  /// Throws Error(already_exists) when `group` has a member `name`.
  static void check_free(const Place& group, const std::string& name);

  /// Gives ids to objects without; Error(invalid_argument) for one that is taken, or where none are
  /// made.
  void give_ids(const std::string& path, hdmf::GroupBuilder& group);
  void give_id(const std::string& path, hdmf::Attributes& attributes);
  /// The ids given since the last call of either are taken for good, or are free again.
  void keep_ids() { fresh_ids_.clear(); }
  void drop_ids();

  /// Makes links and references lead to the target itself, with its ids. Throw Error(not_found)
  /// naming `path`, where they stand.
  void complete(const std::string& path, hdmf::GroupBuilder& group);
  void complete(const std::string& path, hdmf::DatasetBuilder& dataset);
  void complete(const std::string& path, hdmf::LinkBuilder& link);
  void complete(const std::string& path, hdmf::Value& value);

 private:
  void collect_ids(const hdmf::GroupBuilder& group);
  void complete(const std::string& path, hdmf::Reference& reference);
  void complete(const std::string& path, hdmf::Attributes& attributes);

  hdmf::GroupBuilder root_;
  const std::function<std::string()> new_object_id_;
  const Limits limits_;
  std::set<std::string, std::less<>> ids_;
  std::vector<std::string> fresh_ids_;
};

/// The path of the group that holds `path`: "/" of "/a".
std::string parent_path(const std::string& path);

/// The last name of `path`.
std::string base_name(const std::string& path);

}  // namespace engram::backend
