#include "engram/hdmf/namespace_catalog.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engram/base/error.hpp"

namespace engram::hdmf {

const TypeEntry* Namespace::find(std::string_view type) const noexcept {
  const auto found = types_.find(type);
  return found == types_.end() ? nullptr : found->second.get();
}

std::vector<std::string> Namespace::hierarchy(std::string_view type) const {
  std::vector<std::string> all;
  for (const TypeEntry* entry = find(type); entry;) {
    all.push_back(entry->name);
    const auto& parent = node_spec(entry->spec).type_inc;
    entry = parent ? find(*parent) : nullptr;
  }
  return all;
}

bool Namespace::is_a(std::string_view type, std::string_view ancestor) const {
  for (const TypeEntry* entry = find(type); entry;) {
    if (entry->name == ancestor) return true;
    const auto& parent = node_spec(entry->spec).type_inc;
    entry = parent ? find(*parent) : nullptr;
  }
  return false;
}

std::vector<std::string> Namespace::direct_subtypes(std::string_view type) const {
  std::vector<std::string> all;
  for (const auto& [name, entry] : types_)
    if (node_spec(entry->spec).type_inc == type) all.push_back(name);
  return all;
}

const Namespace* NamespaceCatalog::find(std::string_view name) const noexcept {
  const auto found = std::find_if(namespaces_.begin(), namespaces_.end(),
                                  [name](const auto& one) { return one->name() == name; });
  return found == namespaces_.end() ? nullptr : found->get();
}

const TypeEntry* NamespaceCatalog::type_of(const Attributes& attributes) const {
  const auto type = type_name(attributes);
  const auto name_space = attributes.text("namespace");
  const Namespace* found = name_space ? find(*name_space) : nullptr;
  return found && type ? found->find(*type) : nullptr;
}

NamespaceCatalog NamespaceCatalog::load_cached(const GroupBuilder& root, const Limits& limits) {
  std::vector<std::shared_ptr<const SpecSource>> sources;
  for (CachedNamespace& cached : newest(cached_namespaces(root, limits)))
    sources.push_back(std::move(cached.source));
  return load(sources);
}

std::optional<std::string> type_name(const Attributes& attributes) {
  if (auto type = attributes.text("neurodata_type")) return type;
  return attributes.text("data_type");
}

}  // namespace engram::hdmf
