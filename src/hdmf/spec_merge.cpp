#include "hdmf/spec_merge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engram/base/error.hpp"
#include "engram/hdmf/dtype_rules.hpp"

namespace engram::hdmf {
namespace {

[[noreturn]] void refuse(const Dtype& own, const Dtype& inherited) {
  throw Error(ErrorCode::corrupt_data, fmt::format("its dtype is {}, which can't stand for {}",
                                                   to_string(own), to_string(inherited)));
}

void check_narrows(const Dtype& own, const Dtype& inherited) {
  const bool are_references = own.reference() && inherited.reference();
  const bool are_names = own.primitive() && inherited.primitive() &&
                         dtype_accepts(*inherited.primitive(), *own.primitive());
  if (!are_references && !are_names) refuse(own, inherited);
}

// The fields of both, those that are inherited first.
Dtype merged_fields(const std::vector<DtypeField>& own, const std::vector<DtypeField>& inherited) {
  std::vector<DtypeField> fields = inherited;
  for (const DtypeField& field : own) {
    const auto same = std::find_if(fields.begin(), fields.end(), [&field](const DtypeField& other) {
      return other.name == field.name;
    });
    if (same == fields.end()) {
      fields.push_back(field);
    } else {
      check_narrows(field.dtype, same->dtype);
      *same = field;
    }
  }
  return {std::move(fields)};
}

void merge_dtype(Dtype& own, const Dtype& inherited) {
  if (inherited.is_any()) return;
  if (own.is_any()) {
    own = inherited;
  } else if (own.fields() && inherited.fields()) {
    own = merged_fields(*own.fields(), *inherited.fields());
  } else {
    check_narrows(own, inherited);
  }
}

template <typename Spec>
void merge_data(Spec& spec, const Spec& inherited) {
  merge_dtype(spec.dtype, inherited.dtype);
  if (spec.dimensions.is_any()) spec.dimensions = inherited.dimensions;
  if (spec.value.is_null()) spec.value = inherited.value;
  if (spec.default_value.is_null()) spec.default_value = inherited.default_value;
  if (!spec.value.is_null()) spec.default_value = nullptr;
}

// Of what has no name, only one of each type can be told apart.
template <typename Spec>
bool has_nameless(const std::vector<Spec>& specs, const std::string& type) {
  return std::any_of(specs.begin(), specs.end(), [&type](const Spec& spec) {
    return !spec.name && spec.type() && *spec.type() == type;
  });
}

bool has_nameless_link(const GroupSpec& spec, const std::string& type) {
  return std::any_of(spec.links.begin(), spec.links.end(), [&type](const LinkSpec& link) {
    return !link.name && link.target_type == type;
  });
}

}  // namespace

std::uint64_t spec_count(const DatasetSpec& spec) { return 1 + spec.attributes.size(); }

std::uint64_t spec_count(const GroupSpec& spec) {
  std::uint64_t count = 1 + spec.attributes.size() + spec.links.size();
  for (const DatasetSpec& dataset : spec.datasets) count += spec_count(dataset);
  for (const GroupSpec& group : spec.groups) count += spec_count(group);
  return count;
}

void SpecMerger::spend(std::uint64_t nodes) {
  if (nodes > left_)
    throw Error(
        ErrorCode::limit_exceeded,
        "the types include each other so often that their specs grow beyond what is allowed");
  left_ -= nodes;
}

void SpecMerger::merge_attributes(NodeSpec& spec, const NodeSpec& inherited) {
  for (const AttributeSpec& attribute : inherited.attributes) {
    const auto own = std::find_if(
        spec.attributes.begin(), spec.attributes.end(),
        [&attribute](const AttributeSpec& other) { return other.name == attribute.name; });
    if (own == spec.attributes.end()) {
      spend(1);
      spec.attributes.push_back(attribute);
      continue;
    }
    try {
      merge_data(*own, attribute);
    } catch (Error& error) {
      error.at("attribute " + attribute.name);
      throw;
    }
  }
}

template <typename Spec>
void SpecMerger::merge_child(std::vector<Spec>& children, const Spec& inherited) {
  const auto own = std::find_if(children.begin(), children.end(), [&inherited](const Spec& child) {
    return child.name == inherited.name;
  });
  if (own == children.end()) {
    spend(spec_count(inherited));
    children.push_back(inherited);
    return;
  }
  const bool is_same = own->type_inc == inherited.type_inc;
  if (!is_same &&
      (!own->type_inc || !inherited.type_inc || !is_a_(*own->type_inc, *inherited.type_inc)))
    throw Error(ErrorCode::corrupt_data,
                fmt::format("\"{}\" includes {}, which is no {}, as what is inherited", *own->name,
                            own->type_inc.value_or("no type"),
                            inherited.type_inc.value_or("object without a type")));
  try {
    merge(*own, inherited);
  } catch (Error& error) {
    error.at(*own->name);
    throw;
  }
}

void SpecMerger::merge(DatasetSpec& spec, const DatasetSpec& inherited) {
  merge_data(spec, inherited);
  merge_attributes(spec, inherited);
}

void SpecMerger::merge(GroupSpec& spec, const GroupSpec& inherited) {
  for (const DatasetSpec& dataset : inherited.datasets)
    if (dataset.name) merge_child(spec.datasets, dataset);
  for (const GroupSpec& group : inherited.groups)
    if (group.name) merge_child(spec.groups, group);
  for (const LinkSpec& link : inherited.links) {
    if (link.name ? spec.link(*link.name) != nullptr : has_nameless_link(spec, link.target_type))
      continue;
    spend(1);
    spec.links.push_back(link);
  }
  const auto is_new = [&spec](const NodeSpec& child) {
    return !child.name && !has_nameless(spec.datasets, *child.type()) &&
           !has_nameless(spec.groups, *child.type());
  };
  for (const DatasetSpec& dataset : inherited.datasets) {
    if (!is_new(dataset)) continue;
    spend(spec_count(dataset));
    spec.datasets.push_back(dataset);
  }
  for (const GroupSpec& group : inherited.groups) {
    if (!is_new(group)) continue;
    spend(spec_count(group));
    spec.groups.push_back(group);
  }
  merge_attributes(spec, inherited);
}

void SpecMerger::merge(TypeSpec& spec, const TypeSpec& inherited) {
  if (spec.index() != inherited.index())
    throw Error(ErrorCode::corrupt_data,
                "one of it and what it includes is a group, the other a "
                "dataset");
  if (auto* group = std::get_if<GroupSpec>(&spec)) {
    merge(*group, std::get<GroupSpec>(inherited));
  } else {
    merge(std::get<DatasetSpec>(spec), std::get<DatasetSpec>(inherited));
  }
}

}  // namespace engram::hdmf
