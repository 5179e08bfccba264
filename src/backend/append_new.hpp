#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backend/append_tree.hpp"
#include "engram/backend/append.hpp"
#include "engram/hdmf/namespace_catalog.hpp"
#include "engram/zarr/hierarchy.hpp"

namespace engram::backend {

/// Groups, datasets, links and attributes that are put into a store that is there. Each call checks
/// and returns what writes; until then only the tree knows of them, which is as it was when the
/// call has thrown.
class NewNodes {
 public:
  using Write = std::function<void()>;

  NewNodes(std::shared_ptr<store::Store> store, AppendTree& tree, const AppendOptions& options);

  Write add(const std::string& parent, hdmf::GroupBuilder group);
  Write add(const std::string& parent, hdmf::DatasetBuilder dataset);
  Write add(const std::string& parent, hdmf::LinkBuilder link);
  Write set_attribute(const std::string& path, const std::string& name, hdmf::Value value);

  bool has_new() const noexcept { return !paths_.empty(); }
  /// Whether `path` was added.
  bool is_new(const std::string& path) const { return paths_.contains(path); }

  const std::vector<Notice>& notices() const noexcept { return notices_; }

 private:
  template <typename Siblings, typename Check>
  void keep_if_right(Siblings& siblings, const Check& check);

  void check_links(const std::string& path, const hdmf::GroupBuilder& group);
  void note_new(const std::string& path, const hdmf::GroupBuilder& group);
  void name_dimensions();
  void write_group(const std::string& path, const hdmf::GroupBuilder& group);
  void write_dataset(const std::string& path, const hdmf::DatasetBuilder& dataset);
  void write_array(const std::string& path, const hdmf::DatasetBuilder& dataset);
  Json attributes_at(const std::string& path) const;

  std::shared_ptr<store::Store> store_;
  AppendTree& tree_;
  const AppendOptions& options_;
  zarr::HierarchyWriter hierarchy_;
  std::unique_ptr<Writer> writer_;
  std::optional<hdmf::NamespaceCatalog> catalog_;
  std::set<std::string> paths_;
  std::vector<Notice> notices_;
};

}  // namespace engram::backend
