#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "engram/hdmf/spec.hpp"

namespace engram::hdmf {

/// Whether a type is another or inherits from it.
using IsA = std::function<bool(std::string_view type, std::string_view ancestor)>;

/// Adds to a spec what it inherits from another: of what both have, the spec's own words count, and
/// the other's fill the gaps.
class SpecMerger {
 public:
  /// At most `max_nodes` specs of any kind are added in all.
  SpecMerger(IsA is_a, std::uint64_t max_nodes) : is_a_(std::move(is_a)), left_(max_nodes) {}

  /// Throws Error(corrupt_data) when the two can't go together, Error(limit_exceeded).
  void merge(GroupSpec& spec, const GroupSpec& inherited);
  void merge(DatasetSpec& spec, const DatasetSpec& inherited);
  void merge(TypeSpec& spec, const TypeSpec& inherited);

 private:
  void merge_attributes(NodeSpec& spec, const NodeSpec& inherited);
  template <typename Spec>
  void merge_child(std::vector<Spec>& children, const Spec& inherited);
  void spend(std::uint64_t nodes);

  IsA is_a_;
  std::uint64_t left_;
};

/// How many specs of any kind `spec` is made of.
std::uint64_t spec_count(const GroupSpec& spec);
std::uint64_t spec_count(const DatasetSpec& spec);

}  // namespace engram::hdmf
