#include "engram/zarr/hierarchy.hpp"

#include <fmt/format.h>

#include <string_view>

#include "engram/base/error.hpp"
#include "zarr/documents.hpp"
#include "zarr/hierarchy_v3.hpp"
#include "zarr/metadata_view.hpp"
#include "zarr/node_walk.hpp"

namespace engram::zarr {
namespace {

// A type that engram does not know makes one array unreadable, not the store.
void read_array_metadata(Node& node, const Json& document, const Limits& limits) {
  try {
    node.array = parse_zarray(document, limits);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    node.refusal = error.what();
  }
}

class FileReader {
 public:
  FileReader(const store::ReadableStore& store, const Limits& limits)
      : store_(store), limits_(limits), budget_(limits) {}

  // nullopt: neither a group nor an array.
  std::optional<Node> read(const std::string& path, std::string name) {
    const auto array = document(join(path, kArrayName));
    const auto group = array ? std::nullopt : document(join(path, kGroupName));
    if (!array && !group) return std::nullopt;
    budget_.add_node(path);
    Node node;
    node.name = std::move(name);
    if (const auto attributes = document(join(path, kAttributesName)))
      node.attributes =
          at_key(join(path, kAttributesName), [&] { return check_attributes(*attributes); });
    if (array) {
      at_key(join(path, kArrayName), [&] { read_array_metadata(node, *array, limits_); });
      return node;
    }
    at_key(join(path, kGroupName), [&] { check_group(*group); });
    for_each_place_below(store_, path, [&](const std::string& child, const std::string& below) {
      if (auto found = read(below, child)) node.children.push_back(std::move(*found));
    });
    return node;
  }

 private:
  std::optional<Json> document(const std::string& key) const {
    return read_document(store_, key, limits_);
  }

  const store::ReadableStore& store_;
  const Limits& limits_;
  NodeBudget budget_;
};

struct NodeDocuments {
  const Json* group = nullptr;
  const Json* array = nullptr;
  Json* attributes = nullptr;
};

// What `documents` say of the node at `path` itself. Takes the attributes.
Node node_from(std::string_view path, const NodeDocuments& documents, const Limits& limits) {
  Node node;
  node.name = split_path(path).second;
  if (documents.attributes)
    node.attributes = at_key(join(path, kAttributesName),
                             [&] { return check_attributes(std::move(*documents.attributes)); });
  if (documents.array) {
    at_key(join(path, kArrayName), [&] { read_array_metadata(node, *documents.array, limits); });
  } else {
    at_key(join(path, kGroupName), [&] { check_group(*documents.group); });
  }
  return node;
}

// Takes `metadata`, an object, apart.
Node tree_of(Json& metadata, const Limits& limits) {
  std::map<std::string_view, NodeDocuments, PathOrder> nodes;
  auto node = nodes.end();
  for (auto& [key, document] : metadata.get_ref<Json::object_t&>()) {
    const auto [path, name] = split_path(key);
    at_key(key, [&, &text = key] { const store::Key checked{text}; });
    // Those of one node stand together as a rule, and nodes in their order.
    if (node == nodes.end() || node->first != path)
      node = nodes.try_emplace(node == nodes.end() ? node : std::next(node), path);
    if (name == kGroupName) node->second.group = &document;
    if (name == kArrayName) node->second.array = &document;
    if (name == kAttributesName) node->second.attributes = &document;
  }
  std::erase_if(nodes, [](const auto& each) { return !each.second.group && !each.second.array; });
  const auto make = [&](std::string_view path, const NodeDocuments& documents) {
    return node_from(path, documents, limits);
  };
  return ConsolidatedTree<NodeDocuments, decltype(make)>(nodes, limits, make).read();
}

// `document` with `blanks` more before each line but the first. Line ends stand only between its
// tokens.
void append_indented(std::string& out, std::string_view document, std::size_t blanks) {
  for (std::size_t end = document.find('\n'); end != std::string_view::npos;
       end = document.find('\n')) {
    out.append(document, 0, end + 1).append(blanks, ' ');
    document.remove_prefix(end + 1);
  }
  out.append(document);
}

// A member of an object that is written with indents.
void append_member(std::string& out, bool is_first, std::string_view name,
                   std::string_view document, std::size_t blanks) {
  out += is_first ? "\n" : ",\n";
  out.append(blanks, ' ');
  out += dump_json(name, JsonStyle::compact);
  out += ": ";
  append_indented(out, document, blanks);
}

}  // namespace

bool is_zarr(const store::ReadableStore& store) {
  return has_document(store, "", kConsolidatedName) || has_document(store, "", kGroupName) ||
         has_document(store, "", kArrayName) || has_document(store, "", kNodeName);
}

std::optional<NodeKind> kind_of_root(const store::ReadableStore& store, const Limits& limits) {
  if (has_document(store, "", kGroupName) || has_document(store, "", kConsolidatedName))
    return NodeKind::group;
  return has_document(store, "", kArrayName) ? NodeKind::array : kind_of_root_v3(store, limits);
}

Node read_hierarchy(const store::ReadableStore& store, bool use_consolidated,
                    const Limits& limits) {
  if (use_consolidated) {
    Json extensions = Json::object();
    if (auto metadata = read_consolidated(store, limits, &extensions)) {
      Node root = at_key(kConsolidatedName, [&] { return tree_of(*metadata, limits); });
      root.extensions = std::move(extensions);
      return root;
    }
  }
  auto root = FileReader(store, limits).read("", "");
  if (!root) root = read_hierarchy_v3(store, use_consolidated, limits);
  if (!root)
    throw Error(ErrorCode::not_found,
                fmt::format("\"{}\" is no Zarr group or array: it has neither .zgroup nor .zarray "
                            "nor zarr.json",
                            store.name()));
  return std::move(*root);
}

HierarchyWriter::HierarchyWriter(std::shared_ptr<store::Store> store, int zarr_format)
    : store_(std::move(store)), zarr_format_(zarr_format) {}

void HierarchyWriter::extend(std::string name, Json value) {
  extension_name_ = std::move(name);
  extension_ = std::move(value);
  if (zarr_format_ == 3) extension_["must_understand"] = false;
}

void HierarchyWriter::write_group(const std::string& path, const Json& attributes) {
  if (zarr_format_ == 3) {
    Json document = group_document_v3(attributes);
    if (path.empty() && !extension_name_.empty()) document[extension_name_] = extension_;
    return put(join(path, kNodeName), document);
  }
  put(join(path, kGroupName), Json{{"zarr_format", 2}});
  if (!attributes.empty()) put(join(path, kAttributesName), attributes);
}

void HierarchyWriter::write_array(const std::string& path, const ArrayMetadata& metadata,
                                  const Json& attributes) {
  if (zarr_format_ == 3) return put(join(path, kNodeName), to_zarr_json(metadata, attributes));
  put(join(path, kArrayName), to_zarray_json(metadata));
  if (!attributes.empty()) put(join(path, kAttributesName), attributes);
}

void HierarchyWriter::put(const std::string& key, const Json& document) {
  std::string text = dump_json(document, zarr_format_ == 3 ? JsonStyle::ordered : JsonStyle::zarr);
  store_->set(store::Key(key), as_bytes(text));
  const std::lock_guard lock(mutex_);
  bytes_ += text.size();
  ++files_;
  documents_[key] = std::move(text);
}

void HierarchyWriter::consolidate() {
  const std::lock_guard lock(mutex_);
  const bool is_v3 = zarr_format_ == 3;
  const std::string text = is_v3 ? consolidated_v3() : consolidated_v2();
  store_->set(store::Key(is_v3 ? kNodeName : kConsolidatedName), as_bytes(text));
  bytes_ += text.size();
  // The root of v3 was a file before.
  if (is_v3)
    bytes_ -= documents_.find(kNodeName)->second.size();
  else
    ++files_;
}

std::string HierarchyWriter::consolidated_v2() const {
  std::string text;
  // Indented and with their keys, documents of a few lines are not twice as long.
  text.reserve(2 * bytes_);
  text += "{";
  if (!extension_name_.empty()) {
    append_member(text, true, extension_name_, dump_json(extension_, JsonStyle::zarr), 4);
    text += ",";
  }
  text += "\n    \"metadata\": {";
  bool first = true;
  for (const auto& [key, document] : documents_) {
    append_member(text, first, key, document, 8);
    first = false;
  }
  text += first ? "},\n" : "\n    },\n";
  text += "    \"zarr_consolidated_format\": 1\n}";
  return text;
}

// The root's document with one member more.
std::string HierarchyWriter::consolidated_v3() const {
  std::string text = documents_.find(kNodeName)->second;
  text.reserve(2 * bytes_);
  text.resize(text.rfind("\n}"));
  text += fmt::format(
      ",\n    \"{}\": {{\n        \"kind\": \"inline\",\n        "
      "\"must_understand\": false,\n        \"metadata\": {{",
      kConsolidatedMember);
  bool first = true;
  for (const auto& [key, document] : documents_) {
    if (key == kNodeName) continue;
    append_member(text, first, split_path(key).first, document, 12);
    first = false;
  }
  text += first ? "}\n    }\n}" : "\n        }\n    }\n}";
  return text;
}

std::uint64_t HierarchyWriter::files() const {
  const std::lock_guard lock(mutex_);
  return files_;
}

std::uint64_t HierarchyWriter::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace engram::zarr
