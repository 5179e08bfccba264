// Namespaces that a file keeps a copy of: /specifications/NAME/VERSION/{namespace, SOURCE...}, each
// a text that holds JSON.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "engram/base/error.hpp"
#include "engram/hdmf/spec_source.hpp"
#include "hdmf/spec_cache_names.hpp"

namespace engram::hdmf {
namespace {

const std::string* text_in(const std::vector<Value>& values) {
  if (values.size() != 1 || !values.front().is<std::string>()) return nullptr;
  return &values.front().as<std::string>();
}

class CachedSource final : public SpecSource {
 public:
  CachedSource(const GroupBuilder& version, std::string path, std::string description,
               const Limits& limits)
      : version_(version),
        path_(std::move(path)),
        description_(std::move(description)),
        limits_(limits) {}

  const std::string& description() const override { return description_; }
  Json namespaces() const override { return document(std::string(kNamespaceDocument)); }
  Json schema(const std::string& source) const override {
    // What was loaded from "nwb.base.yaml" is cached as "nwb.base".
    for (const std::string_view ending : {"", ".yaml", ".yml"})
      if (source.ends_with(ending))
        if (const std::string name = source.substr(0, source.size() - ending.size()); find(name))
          return document(name);
    return document(source);
  }

 private:
  const DatasetBuilder* find(const std::string& name) const {
    const auto found =
        std::find_if(version_.datasets.begin(), version_.datasets.end(),
                     [&name](const DatasetBuilder& dataset) { return dataset.name == name; });
    return found == version_.datasets.end() ? nullptr : &*found;
  }

  Json document(const std::string& name) const try {
    const DatasetBuilder* dataset = find(name);
    if (!dataset) throw Error(ErrorCode::not_found, "there is no such document");
    const ObjectSource* objects = dataset->objects();
    if (!objects || objects->type().kind != ObjectType::Kind::text ||
        element_count(objects->shape()) != 1)
      throw Error(ErrorCode::corrupt_data, "the document is not one text");
    const std::vector<Value> values = objects->read(Region::all(objects->shape()));
    const std::string* text = text_in(values);
    if (!text) throw Error(ErrorCode::corrupt_data, "the document is not one text");
    return parse_json(*text, limits_);
  } catch (Error& error) {
    error.at(join_path(path_, name));
    throw;
  }

  const GroupBuilder& version_;
  std::string path_, description_;
  Limits limits_;
};

const GroupBuilder* cache_of(const GroupBuilder& root, std::string& path) {
  path = kUsualSpecPlace;
  if (const Value* location = root.attributes.find(kSpecLocation)) {
    if (location->is<Reference>()) path = location->as<Reference>().path;
    if (location->is<std::string>()) path = join_path("/", location->as<std::string>());
  }
  if (path.starts_with("//")) path.erase(0, 1);
  return root.find_group(path);
}

// "2.10.0-alpha.1" is {2, 10, 0}, then "-alpha.1".
std::pair<std::vector<std::uint64_t>, std::string_view> parts_of(std::string_view version) {
  std::vector<std::uint64_t> numbers;
  if (version.starts_with('v')) version.remove_prefix(1);
  while (!version.empty()) {
    std::uint64_t number = 0;
    const auto [end, error] =
        std::from_chars(version.data(), version.data() + version.size(), number);
    if (error != std::errc()) break;
    numbers.push_back(number);
    version.remove_prefix(static_cast<std::size_t>(end - version.data()));
    if (!version.starts_with('.')) break;
    version.remove_prefix(1);
  }
  while (!numbers.empty() && numbers.back() == 0) numbers.pop_back();
  return {std::move(numbers), version};
}

}  // namespace

bool is_older_version(std::string_view a, std::string_view b) {
  const auto [a_numbers, a_rest] = parts_of(a);
  const auto [b_numbers, b_rest] = parts_of(b);
  if (a_numbers != b_numbers) return a_numbers < b_numbers;
  if (a_rest.empty() || b_rest.empty()) return !a_rest.empty() && b_rest.empty();
  return a_rest < b_rest;
}

std::vector<CachedNamespace> cached_namespaces(const GroupBuilder& root, const Limits& limits) {
  std::vector<CachedNamespace> all;
  std::string place;
  const GroupBuilder* cache = cache_of(root, place);
  if (!cache) return all;
  for (const GroupBuilder& name : cache->groups)
    for (const GroupBuilder& version : name.groups)
      all.push_back({name.name, version.name,
                     std::make_shared<const CachedSource>(
                         version, join_path(join_path(place, name.name), version.name),
                         fmt::format("{} {} in {}", name.name, version.name, place), limits)});
  std::stable_sort(all.begin(), all.end(), [](const CachedNamespace& a, const CachedNamespace& b) {
    return a.name != b.name ? a.name < b.name : is_older_version(a.version, b.version);
  });
  return all;
}

std::vector<CachedNamespace> newest(std::vector<CachedNamespace> all) {
  std::vector<CachedNamespace> out;
  for (CachedNamespace& one : all) {
    const auto same = std::find_if(out.begin(), out.end(), [&one](const CachedNamespace& other) {
      return other.name == one.name;
    });
    if (same == out.end()) {
      out.push_back(std::move(one));
    } else if (is_older_version(same->version, one.version)) {
      *same = std::move(one);
    }
  }
  return out;
}

}  // namespace engram::hdmf
