#include "engram/hdmf/spec.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace engram::hdmf {
namespace {

template <typename Specs>
const typename Specs::value_type* named(const Specs& specs, std::string_view name) noexcept {
  const auto found = std::find_if(specs.begin(), specs.end(),
                                  [name](const auto& spec) { return spec.name == name; });
  return found == specs.end() ? nullptr : &*found;
}

}  // namespace

bool operator==(const Dtype& a, const Dtype& b) { return a.data == b.data; }

bool operator==(const DtypeField& a, const DtypeField& b) {
  return a.name == b.name && a.doc == b.doc && a.dtype == b.dtype;
}

std::string to_string(const Dtype& dtype) {
  if (const std::string* name = dtype.primitive()) return *name;
  if (const ReferenceDtype* reference = dtype.reference())
    return fmt::format("{}reference to {}", reference->reference_type == "region" ? "region " : "",
                       reference->target_type);
  if (const auto* fields = dtype.fields()) {
    std::vector<std::string> names;
    names.reserve(fields->size());
    for (const DtypeField& field : *fields) names.push_back(field.name);
    return fmt::format("compound of {}", fmt::join(names, ", "));
  }
  return "any type";
}

const std::string* NodeSpec::type() const noexcept {
  if (type_def) return &*type_def;
  return type_inc ? &*type_inc : nullptr;
}

const AttributeSpec* NodeSpec::attribute(std::string_view wanted) const noexcept {
  return named(attributes, wanted);
}

const GroupSpec* GroupSpec::group(std::string_view wanted) const noexcept {
  return named(groups, wanted);
}

const DatasetSpec* GroupSpec::dataset(std::string_view wanted) const noexcept {
  return named(datasets, wanted);
}

const LinkSpec* GroupSpec::link(std::string_view wanted) const noexcept {
  return named(links, wanted);
}

const NodeSpec& node_spec(const TypeSpec& spec) noexcept {
  if (const auto* group = std::get_if<GroupSpec>(&spec)) return *group;
  return *std::get_if<DatasetSpec>(&spec);
}

}  // namespace engram::hdmf
