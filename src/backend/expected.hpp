#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engram/backend/backend.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::backend {

/// What is read of the result of a conversion of what a writer was given: what the format can't
/// hold is left out or changed, with the writer's own words for it.
///
/// Threads: every member may be called by many threads at once.
class Expected {
 public:
  virtual ~Expected() = default;

  /// The links of `group`, at `path`, that are written; what is left out goes to `notices`.
  virtual std::vector<hdmf::LinkBuilder> links(const std::string& path,
                                               const hdmf::GroupBuilder& group,
                                               std::vector<Notice>& notices) const = 0;

  /// What is read of the attribute `name` of the node at `path`; nullopt, with a notice: it is left
  /// out.
  virtual std::optional<hdmf::Value> attribute(const std::string& path, const std::string& name,
                                               const hdmf::Value& value,
                                               std::vector<Notice>& notices) const = 0;

  /// What is read of `value`, an element of a dataset of `type`, as an element of `read_as`.
  virtual hdmf::Value element(const hdmf::ObjectType& type, const hdmf::ObjectType& read_as,
                              const hdmf::Value& value) const = 0;

  /// Why an array of `type` may be one of `found`, whose elements have the same bytes; empty when
  /// it may not.
  virtual std::string why_bytes_are_kept(const DataType& type, const DataType& found) const = 0;

  /// True when `found` is all that the result says of the type of objects of `type`.
  virtual bool is_spelled_as(const hdmf::ObjectType& type, const hdmf::ObjectType& found) const = 0;
};

}  // namespace engram::backend
