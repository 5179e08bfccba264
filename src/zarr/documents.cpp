#include "zarr/documents.hpp"

#include <utility>

#include "base/json_member.hpp"

namespace engram::zarr {
namespace {

// The root's document holds those of all nodes.
constexpr std::uint64_t kRootFactor = 16;

bool is_metadata_name(std::string_view name) {
  return name == kGroupName || name == kArrayName || name == kAttributesName ||
         name == kConsolidatedName || name == kNodeName;
}

void put(store::Store& store, const std::string& key, const Json& document, JsonStyle style) {
  const std::string text = dump_json(document, style);
  store.set(store::Key(key), as_bytes(text));
}

}  // namespace

std::string join(std::string_view path, std::string_view name) {
  if (path.empty() || name.empty()) return std::string(path.empty() ? name : path);
  return fmt::format("{}/{}", path, name);
}

bool has_document(const store::ReadableStore& store, const std::string& path,
                  std::string_view name) {
  return store.size(store::Key(join(path, name))).has_value();
}

std::string normal_path(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return {};
  const store::Key checked(path);
  for (std::string_view rest = path; !rest.empty();) {
    const std::size_t slash = rest.find('/');
    if (const std::string_view name = rest.substr(0, slash); is_metadata_name(name))
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("\"{}\" can't be a group or an array: Zarr keeps metadata in {}",
                              path, name));
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  }
  return checked.str();
}

std::optional<Json> read_document(const store::ReadableStore& store, const std::string& key,
                                  const Limits& limits) {
  return at_key(key, [&]() -> std::optional<Json> {
    const auto bytes = store.get(store::Key(key), limits.max_json_bytes);
    if (!bytes) return std::nullopt;
    return parse_json(as_text(*bytes), limits);
  });
}

void check_group(const Json& document) {
  if (!document.is_object())
    throw Error(ErrorCode::corrupt_data,
                fmt::format("group metadata are {}, not a JSON object", excerpt(document)));
  const auto format = document.find("zarr_format");
  if (format == document.end())
    throw Error(ErrorCode::corrupt_data, "member \"zarr_format\" is missing");
  if (!format->is_number_integer() || *format != 2) bad_member("zarr_format", *format, "2");
}

Json check_attributes(Json document) {
  if (!document.is_object())
    throw Error(ErrorCode::corrupt_data,
                fmt::format("attributes are {}, not a JSON object", excerpt(document)));
  return document;
}

std::optional<FoundNode> find_node(const store::ReadableStore& store, const std::string& path,
                                   const Limits& limits) {
  if (has_document(store, path, kArrayName)) return FoundNode{2, true};
  if (has_document(store, path, kGroupName)) return FoundNode{2, false};
  const std::string key = join(path, kNodeName);
  auto document = read_document(store, key, path.empty() ? root_limits_v3(limits) : limits);
  if (!document) return std::nullopt;
  const bool is_array = at_key(key, [&] { return is_array_v3(*document); });
  return FoundNode{3, is_array, std::move(document)};
}

void make_place(store::Store& store, const std::string& path, IfExists if_exists, int zarr_format,
                const Limits& limits) {
  std::vector<std::string> missing;
  for (std::size_t end = path.rfind('/'); !path.empty();) {
    const std::string above = end == std::string::npos ? "" : path.substr(0, end);
    const auto found = find_node(store, above, limits);
    if (found && found->is_array)
      throw Error(ErrorCode::already_exists,
                  fmt::format("\"{}\" in {} is an array: nothing can be created below it", above,
                              store.name()));
    if (found && found->zarr_format != zarr_format)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("\"{}\" in {} is a group of Zarr v{}: nothing of v{} can be created "
                              "below it",
                              above, store.name(), found->zarr_format, zarr_format));
    if (!found) missing.push_back(above);
    if (above.empty()) break;
    end = above.rfind('/');
  }
  if (if_exists == IfExists::replace) {
    erase_node(store, path);
  } else if (const auto there = find_node(store, path, limits)) {
    throw Error(ErrorCode::already_exists,
                fmt::format("there is {} at \"{}\" in {}", there->is_array ? "an array" : "a group",
                            path, store.name()));
  }
  for (; !missing.empty(); missing.pop_back())
    write_group(store, missing.back(), Json::object(), zarr_format);
}

void erase_node(store::Store& store, const std::string& path) {
  for (const std::string_view name : {kArrayName, kGroupName, kNodeName})
    store.erase(store::Key(join(path, name)));
  store.erase_prefix(path);
}

void write_group(store::Store& store, const std::string& path, const Json& attributes,
                 int zarr_format) {
  require_object(attributes);
  if (zarr_format == 3) return write_node_v3(store, path, group_document_v3(attributes));
  write_attributes(store, path, attributes);
  put(store, join(path, kGroupName), Json{{"zarr_format", 2}}, JsonStyle::zarr);
}

void write_node_v3(store::Store& store, const std::string& path, const Json& document) {
  put(store, join(path, kNodeName), document, JsonStyle::ordered);
}

Json group_document_v3(const Json& attributes) {
  return {{"attributes", attributes}, {"zarr_format", 3}, {"node_type", "group"}};
}

bool is_array_v3(const Json& document) {
  const Json& type = document.is_object() ? member_or_null(document, "node_type") : document;
  if (!is_text(type, "group") && !is_text(type, "array"))
    bad_member("node_type", type, "\"group\" or \"array\"");
  return is_text(type, "array");
}

Limits root_limits_v3(const Limits& limits) {
  Limits wide = limits;
  wide.max_json_bytes = limits.max_json_bytes * kRootFactor;
  return wide;
}

void write_attributes_v3(store::Store& store, const std::string& path, const Json& attributes,
                         const Limits& limits) {
  require_object(attributes);
  const std::string key = join(path, kNodeName);
  auto document = read_document(store, key, path.empty() ? root_limits_v3(limits) : limits);
  if (!document)
    throw Error(ErrorCode::not_found,
                fmt::format("{} is not there any more in {}", key, store.name()));
  at_key(key, [&] { (void)is_array_v3(*document); });
  (*document)["attributes"] = attributes;
  write_node_v3(store, path, *document);
}

void write_attributes(store::Store& store, const std::string& path, const Json& attributes) {
  require_object(attributes);
  const std::string key = join(path, kAttributesName);
  if (attributes.empty()) return store.erase(store::Key(key));
  put(store, key, attributes, JsonStyle::ordered);
}

void check_format(int zarr_format) {
  if (zarr_format != 2 && zarr_format != 3)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("there is no Zarr format {}: it is 2 or 3", zarr_format));
}

void require_object(const Json& attributes) {
  if (!attributes.is_object())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("attributes are {}, not a JSON object", excerpt(attributes)));
}

void merge_attributes(Json& attributes, const Json& changes) {
  require_object(changes);
  for (const auto& [name, value] : changes.items()) attributes[name] = value;
}

}  // namespace engram::zarr
