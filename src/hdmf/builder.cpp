#include "engram/hdmf/builder.hpp"

#include <algorithm>
#include <cstdint>

#include "engram/base/limits.hpp"
#include "hdmf/path_names.hpp"

namespace engram::hdmf {
namespace {

using NodePointer = std::variant<std::monostate, const GroupBuilder*, const DatasetBuilder*>;

template <typename Nodes>
const typename Nodes::value_type* named(const Nodes& nodes, std::string_view name) {
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [name](const auto& node) { return node.name == name; });
  return found == nodes.end() ? nullptr : &*found;
}

NodePointer find(const GroupBuilder& root, std::string_view path) {
  std::vector<std::string_view> names;
  push_names(path, names);
  std::uint32_t hops = Limits{}.max_link_hops;
  NodePointer node = &root;
  while (!names.empty()) {
    if (!std::holds_alternative<const GroupBuilder*>(node)) return {};
    const GroupBuilder& group = *std::get<const GroupBuilder*>(node);
    const std::string_view name = names.back();
    names.pop_back();
    if (const GroupBuilder* child = named(group.groups, name)) {
      node = child;
    } else if (const DatasetBuilder* dataset = named(group.datasets, name)) {
      node = dataset;
    } else if (const LinkBuilder* link = named(group.links, name)) {
      if (link->source != "." || hops-- == 0) return {};
      push_names(link->path, names);
      node = &root;
    } else {
      return {};
    }
  }
  return node;
}

}  // namespace

const Value* Attributes::find(std::string_view name) const noexcept {
  const auto found = std::find_if(items_.begin(), items_.end(),
                                  [name](const Item& item) { return item.first == name; });
  return found == items_.end() ? nullptr : &found->second;
}

void Attributes::set(std::string name, Value value) {
  const auto found = std::find_if(items_.begin(), items_.end(),
                                  [&name](const Item& item) { return item.first == name; });
  if (found == items_.end()) {
    items_.emplace_back(std::move(name), std::move(value));
  } else {
    found->second = std::move(value);
    std::erase_if(forms_, [&](const auto& form) { return form.first == found->first; });
  }
}

void Attributes::replace(std::string_view name, Value value) {
  const auto found = std::find_if(items_.begin(), items_.end(),
                                  [name](const Item& item) { return item.first == name; });
  if (found != items_.end()) found->second = std::move(value);
}

void Attributes::set_form(const std::string& name, StoredForm form) {
  std::erase_if(forms_, [&](const auto& known) { return known.first == name; });
  forms_.emplace_back(name, std::move(form));
}

const StoredForm* Attributes::form(std::string_view name) const noexcept {
  const auto found = std::find_if(forms_.begin(), forms_.end(),
                                  [name](const auto& form) { return form.first == name; });
  return found == forms_.end() ? nullptr : &found->second;
}

void Attributes::erase(std::string_view name) {
  std::erase_if(forms_, [name](const auto& form) { return form.first == name; });
  std::erase_if(items_, [name](const Item& item) { return item.first == name; });
}

std::optional<std::string> Attributes::text(std::string_view name) const {
  const Value* value = find(name);
  if (!value || !value->is<std::string>()) return std::nullopt;
  return value->as<std::string>();
}

const ArraySource* DatasetBuilder::array() const noexcept {
  const auto* source = std::get_if<std::shared_ptr<const ArraySource>>(&data);
  return source ? source->get() : nullptr;
}

const ObjectSource* DatasetBuilder::objects() const noexcept {
  const auto* source = std::get_if<std::shared_ptr<const ObjectSource>>(&data);
  return source ? source->get() : nullptr;
}

const Shape& DatasetBuilder::shape() const {
  static const Shape kNone;
  if (const ArraySource* source = array()) return source->info().shape;
  if (const ObjectSource* source = objects()) return source->shape();
  return kNone;
}

const GroupBuilder* GroupBuilder::find_group(std::string_view path) const {
  const NodePointer node = find(*this, path);
  const auto* found = std::get_if<const GroupBuilder*>(&node);
  return found ? *found : nullptr;
}

const DatasetBuilder* GroupBuilder::find_dataset(std::string_view path) const {
  const NodePointer node = find(*this, path);
  const auto* found = std::get_if<const DatasetBuilder*>(&node);
  return found ? *found : nullptr;
}

std::string join_path(std::string_view parent, std::string_view name) {
  std::string path(parent);
  if (!path.ends_with('/')) path += '/';
  return path.append(name);
}

}  // namespace engram::hdmf
