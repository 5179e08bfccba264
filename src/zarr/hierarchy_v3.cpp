#include "zarr/hierarchy_v3.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "base/json_member.hpp"
#include "engram/base/error.hpp"
#include "zarr/check_metadata.hpp"
#include "zarr/document_sizes.hpp"
#include "zarr/documents.hpp"
#include "zarr/node_walk.hpp"

namespace engram::zarr {
namespace {

constexpr std::array<std::string_view, 4> kGroupMembers = {"zarr_format", "node_type", "attributes",
                                                           kConsolidatedMember};
/// How deep they lie: {"consolidated_metadata": {"metadata": {"a/b": document}}}.
constexpr std::uint32_t kInlineDepth = 3;

// Of a group whose other members are checked: they need not be understood.
Json extensions_of(const Json& document) {
  Json extensions = Json::object();
  for (const auto& [name, value] : document.items())
    if (std::find(kGroupMembers.begin(), kGroupMembers.end(), name) == kGroupMembers.end())
      extensions[name] = value;
  return extensions;
}

// What `document` says of the node itself.
Node node_from_v3(std::string name, const Json& document, const Limits& limits) {
  if (!document.is_object())
    throw Error(ErrorCode::corrupt_data,
                fmt::format("metadata are {}, not a JSON object", excerpt(document)));
  Node node;
  node.zarr_format = 3;
  node.name = std::move(name);
  if (const Json& attributes = member_or_null(document, "attributes"); !attributes.is_null())
    node.attributes = check_attributes(attributes);
  (void)required_member(document, "node_type");
  if (!is_array_v3(document)) {
    check_group_v3(document);
    if (node.name.empty()) node.extensions = extensions_of(document);
    return node;
  }
  // What engram does not know makes one array unreadable, not the store.
  try {
    node.array = parse_zarr_json(document, limits);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    node.refusal = error.what();
  }
  return node;
}

class FilesV3 {
 public:
  FilesV3(const store::ReadableStore& store, const Limits& limits)
      : store_(store), limits_(limits), budget_(limits) {}

  Node read(const std::string& path, std::string name, const Json& document) {
    budget_.add_node(path);
    Node node = at_key(join(path, kNodeName),
                       [&] { return node_from_v3(std::move(name), document, limits_); });
    if (!is_group(node)) return node;
    for_each_place_below(store_, path, [&](const std::string& child, const std::string& below) {
      if (const auto found = read_document(store_, join(below, kNodeName), limits_))
        node.children.push_back(read(below, child, *found));
    });
    return node;
  }

 private:
  const store::ReadableStore& store_;
  const Limits& limits_;
  NodeBudget budget_;
};

Node inline_tree(const Json& root, const Json& metadata, const Limits& limits) {
  std::map<std::string_view, const Json*, PathOrder> documents = {{"", &root}};
  for (const auto& [path, document] : metadata.items()) {
    at_key(path, [&, text = path] { const store::Key checked{text}; });
    documents.emplace(path, &document);
  }
  const auto make = [&](std::string_view path, const Json* document) {
    return at_key(path, [&] {
      return node_from_v3(std::string(split_path(path).second), *document, limits);
    });
  };
  return ConsolidatedTree<const Json*, decltype(make)>(documents, limits, make).read();
}

}  // namespace

void check_group_v3(const Json& document) {
  if (required_member(document, "zarr_format") != 3)
    bad_member("zarr_format", document["zarr_format"], "3");
  check_members_v3(document, kGroupMembers);
}

std::optional<Json> read_root_v3(const store::ReadableStore& store, const Limits& limits) {
  const std::string key(kNodeName);
  return at_key(key, [&]() -> std::optional<Json> {
    const Limits wide = root_limits_v3(limits);
    const auto bytes = store.get(store::Key(key), wide.max_json_bytes);
    if (!bytes) return std::nullopt;
    if (bytes->size() > limits.max_json_bytes)
      check_documents(as_text(*bytes), limits, kInlineDepth);
    return parse_json(as_text(*bytes), wide, kInlineDepth);
  });
}

const Json* inline_metadata(const Json& root) {
  const Json& consolidated = root.is_object() ? member_or_null(root, kConsolidatedMember) : root;
  if (!consolidated.is_object() || member_or_null(consolidated, "kind") != "inline") return nullptr;
  const Json& metadata = member_or_null(consolidated, "metadata");
  if (!metadata.is_object())
    bad_member(kConsolidatedMember, consolidated, "an object with \"metadata\"");
  return &metadata;
}

std::optional<NodeKind> kind_of_root_v3(const store::ReadableStore& store, const Limits& limits) {
  const auto root = read_root_v3(store, limits);
  if (!root) return std::nullopt;
  return at_key(kNodeName, [&] { return is_array_v3(*root) ? NodeKind::array : NodeKind::group; });
}

std::optional<Node> read_hierarchy_v3(const store::ReadableStore& store, bool use_consolidated,
                                      const Limits& limits) {
  const auto root = read_root_v3(store, limits);
  if (!root) return std::nullopt;
  return at_key(kNodeName, [&]() -> std::optional<Node> {
    const Json* metadata = use_consolidated ? inline_metadata(*root) : nullptr;
    if (metadata != nullptr) return inline_tree(*root, *metadata, limits);
    return FilesV3(store, limits).read("", "", *root);
  });
}

}  // namespace engram::zarr
