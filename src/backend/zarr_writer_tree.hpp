#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "engram/backend/backend.hpp"
#include "engram/backend/open.hpp"
#include "engram/base/json.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::backend {

/// What is known of a tree before it is written.
class ZarrTree {
 public:
  /// Throws Error(unsupported) naming the path when a name can't be the name of a group or array in
  /// Zarr, or stands twice in one group.
  ZarrTree(const hdmf::GroupBuilder& root, int zarr_format);

  /// The links of `group` that are written. What is left out goes to `notices`: dangling links, and
  /// names for a typed object beside it in an untyped group, for which pynwb refuses the file.
  std::vector<hdmf::LinkBuilder> kept_links(const std::string& path,
                                            const hdmf::GroupBuilder& group,
                                            std::vector<Notice>& notices) const;

  /// The path of the cached schemas, "/specifications"; "" when there are none.
  const std::string& schema_path() const noexcept { return schema_path_; }

 private:
  void add(const std::string& path, const hdmf::GroupBuilder& group);

  int zarr_format_;
  std::unordered_map<std::string, bool> typed_;  ///< Path of each node to whether it has a type.
  std::string schema_path_;
};

/// Attributes as JSON, as `zarr_format` has them. What Zarr or hdmf-zarr can't have goes to
/// `notices` as left out.
Json attributes_to_json(const std::string& path, const hdmf::Attributes& attributes,
                        int zarr_format, std::vector<Notice>& notices);

/// The same for a dataset, with what is known of it beside its attributes.
Json dataset_attributes_to_json(const std::string& path, const hdmf::DatasetBuilder& dataset,
                                const ZarrWriteOptions& options, std::vector<Notice>& notices);

}  // namespace engram::backend
