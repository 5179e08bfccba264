#include "engram/hdmf/make.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "engram/base/error.hpp"
#include "hdmf/member_names.hpp"

namespace engram::hdmf {
namespace {

constexpr std::string_view kNamespace = "namespace";
constexpr std::string_view kType = "neurodata_type";

ObjectType type_of(ObjectType::Kind kind) {
  ObjectType type;
  type.kind = kind;
  return type;
}

template <typename T>
std::vector<Value> to_values(std::vector<T> values) {
  return {std::make_move_iterator(values.begin()), std::make_move_iterator(values.end())};
}

template <typename T>
DatasetBuilder make_row(std::string name, ObjectType type, std::vector<T> values) {
  const Shape shape{values.size()};
  return make_dataset(std::move(name), std::move(type), to_values(std::move(values)), shape);
}

template <typename Make>
DatasetBuilder named(std::string name, Make make) {
  check_member_name(name);
  try {
    DatasetBuilder dataset;
    dataset.data = make();
    dataset.is_scalar = dataset.shape().empty();
    dataset.name = std::move(name);
    return dataset;
  } catch (Error& error) {
    error.at(name);
    throw;
  }
}

}  // namespace

Reference reference_to(std::string path) {
  Reference reference;
  reference.path = std::move(path);
  return reference;
}

RegionReference region_of(std::string path, std::vector<Region> regions) {
  return {reference_to(std::move(path)), std::move(regions)};
}

ObjectType text_type() { return type_of(ObjectType::Kind::text); }
ObjectType reference_type() { return type_of(ObjectType::Kind::reference); }
ObjectType region_type() { return type_of(ObjectType::Kind::region_reference); }

ObjectType number_type(DataType type) {
  ObjectType number = type_of(ObjectType::Kind::number);
  number.type = std::move(type);
  return number;
}

ObjectType sequence_type(ObjectType element) {
  ObjectType type = type_of(ObjectType::Kind::sequence);
  type.element = std::make_shared<const ObjectType>(std::move(element));
  return type;
}

ObjectType record_type(std::vector<ObjectField> fields) {
  ObjectType type = type_of(ObjectType::Kind::record);
  type.fields = std::move(fields);
  return type;
}

DatasetBuilder make_dataset(std::string name, DataType type, Bytes elements, Shape shape,
                            Shape chunk_shape) {
  return named(std::move(name), [&] {
    return memory_array({std::move(type), std::move(shape), std::move(chunk_shape), std::nullopt},
                        std::move(elements));
  });
}

DatasetBuilder make_dataset(std::string name, ObjectType type, std::vector<Value> values,
                            Shape shape, Shape chunk_shape) {
  return named(std::move(name), [&] {
    return memory_objects(std::move(type), std::move(shape), std::move(values),
                          std::move(chunk_shape));
  });
}

DatasetBuilder make_dataset(std::string name, std::vector<std::string> values) {
  return make_row(std::move(name), text_type(), std::move(values));
}

DatasetBuilder make_dataset(std::string name, std::vector<Reference> values) {
  return make_row(std::move(name), reference_type(), std::move(values));
}

DatasetBuilder make_dataset(std::string name, std::vector<RegionReference> values) {
  return make_row(std::move(name), region_type(), std::move(values));
}

DatasetBuilder make_scalar(std::string name, std::string value) {
  return make_dataset(std::move(name), text_type(), {Value(std::move(value))}, Shape{});
}

DatasetBuilder make_scalar(std::string name, const char* value) {
  return make_scalar(std::move(name), std::string(value));
}

DatasetBuilder make_scalar(std::string name, Reference value) {
  return make_dataset(std::move(name), reference_type(), {Value(std::move(value))}, Shape{});
}

void set_type(Attributes& attributes, std::string_view name_space, std::string_view type) {
  attributes.set(std::string(kNamespace), name_space);
  attributes.set(std::string(kType), type);
}

GroupBuilder make_group(std::string name) {
  check_member_name(name);
  GroupBuilder group;
  group.name = std::move(name);
  return group;
}

GroupBuilder make_object(std::string name, std::string_view name_space, std::string_view type) {
  GroupBuilder group = make_group(std::move(name));
  set_type(group.attributes, name_space, type);
  return group;
}

DatasetBuilder make_object(DatasetBuilder dataset, std::string_view name_space,
                           std::string_view type) {
  set_type(dataset.attributes, name_space, type);
  return dataset;
}

GroupBuilder& require_group(GroupBuilder& root, std::string_view path) {
  GroupBuilder* group = &root;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string name(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (name.empty()) continue;
    const auto found =
        std::find_if(group->groups.begin(), group->groups.end(),
                     [&name](const GroupBuilder& child) { return child.name == name; });
    group = found == group->groups.end() ? &add(*group, make_group(name)) : &*found;
  }
  return *group;
}

GroupBuilder& add(GroupBuilder& group, GroupBuilder member) {
  check_member_name(member.name);
  return group.groups.emplace_back(std::move(member));
}

DatasetBuilder& add(GroupBuilder& group, DatasetBuilder member) {
  check_member_name(member.name);
  return group.datasets.emplace_back(std::move(member));
}

LinkBuilder& add_link(GroupBuilder& group, std::string name, std::string path) {
  return add_external_link(group, std::move(name), ".", std::move(path));
}

LinkBuilder& add_external_link(GroupBuilder& group, std::string name, std::string source,
                               std::string path) {
  check_member_name(name);
  return group.links.emplace_back(LinkBuilder{std::move(name), std::move(source), std::move(path)});
}

}  // namespace engram::hdmf
