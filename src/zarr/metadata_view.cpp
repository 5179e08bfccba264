#include "zarr/metadata_view.hpp"

#include <algorithm>
#include <utility>

#include "base/json_member.hpp"
#include "zarr/document_sizes.hpp"
#include "zarr/documents.hpp"
#include "zarr/hierarchy_v3.hpp"

namespace engram::zarr {
namespace {

// `.zmetadata` holds all documents of a store.
constexpr std::uint64_t kConsolidatedFactor = 16;

NodeKind kind_of_node(const FoundNode& node) {
  return node.is_array ? NodeKind::array : NodeKind::group;
}

class FilesView final : public MetadataView {
 public:
  FilesView(StoreHandle store, const Limits& limits) : store_(std::move(store)), limits_(limits) {}

  std::optional<Json> document(const std::string& key) const override {
    return read_document(store_.reader(), key,
                         key == kNodeName ? root_limits_v3(limits_) : limits_);
  }

  std::optional<FoundNode> find(const std::string& path) const override {
    return find_node(store_.reader(), path, limits_);
  }

  std::vector<Child> children(const std::string& path) const override {
    std::vector<Child> children;
    for (std::string& name : store_.reader().list_dir(path).prefixes)
      if (const auto kind = kind_of(join(path, name))) children.push_back({std::move(name), *kind});
    return children;
  }

  void check_changeable() const override {}

 private:
  StoreHandle store_;
  Limits limits_;
};

void check_key(const std::string& key) {
  at_key(key, [&] { const store::Key checked(key); });
}

class ConsolidatedView final : public MetadataView {
 public:
  /// Documents by key.
  explicit ConsolidatedView(std::map<std::string, Json> documents)
      : documents_(std::move(documents)) {
    for (const auto& [key, document] : documents_) {
      const std::size_t slash = key.rfind('/');
      const std::string_view name = std::string_view(key).substr(slash + 1);
      const std::string path = slash == std::string::npos ? "" : key.substr(0, slash);
      check_key(key);
      // ".zarray" sorts before ".zgroup", so that an array stays one.
      if (name == kArrayName || name == kGroupName)
        nodes_.emplace(path, FoundNode{2, name == kArrayName});
      if (name == kNodeName)
        nodes_.emplace(
            path, FoundNode{3, at_key(key, [&, &node = document] { return is_array_v3(node); })});
    }
    for (const auto& [path, node] : nodes_) {
      if (path.empty()) continue;
      const std::size_t slash = path.rfind('/');
      const std::string above = slash == std::string::npos ? "" : path.substr(0, slash);
      children_[above].push_back({path.substr(slash + 1), kind_of_node(node)});
    }
    for (auto& [path, children] : children_)
      std::sort(children.begin(), children.end(),
                [](const Child& a, const Child& b) { return a.name < b.name; });
  }

  std::optional<Json> document(const std::string& key) const override {
    const auto found = documents_.find(key);
    return found == documents_.end() ? std::nullopt : std::optional(found->second);
  }

  std::optional<FoundNode> find(const std::string& path) const override {
    const auto found = nodes_.find(path);
    return found == nodes_.end() ? std::nullopt : std::optional(found->second);
  }

  std::vector<Child> children(const std::string& path) const override {
    const auto found = children_.find(path);
    return found == children_.end() ? std::vector<Child>() : found->second;
  }

  void check_changeable() const override {
    throw Error(ErrorCode::invalid_argument,
                "metadata can't be changed where they were opened consolidated: open the single "
                "files, change them, and consolidate again");
  }

 private:
  std::map<std::string, Json> documents_;
  std::map<std::string, FoundNode> nodes_;
  std::map<std::string, std::vector<Child>> children_;
};

}  // namespace

std::optional<NodeKind> MetadataView::kind_of(const std::string& path) const {
  const auto found = find(path);
  return found ? std::optional(kind_of_node(*found)) : std::nullopt;
}

int MetadataView::check_group_at(const std::string& path, const std::string& store_name) const {
  auto found = find(path);
  if (!found || found->is_array) refuse(path, NodeKind::group, store_name);
  const std::string key = join(path, found->zarr_format == 3 ? kNodeName : kGroupName);
  const auto group = found->document ? std::move(found->document) : document(key);
  if (!group) refuse(path, NodeKind::group, store_name);
  at_key(key, [&] { found->zarr_format == 3 ? check_group_v3(*group) : check_group(*group); });
  return found->zarr_format;
}

ArrayMetadata MetadataView::array(const std::string& path, const std::string& store_name,
                                  const Limits& limits) const {
  auto found = find(path);
  if (!found || !found->is_array) refuse(path, NodeKind::array, store_name);
  const std::string key = join(path, found->zarr_format == 3 ? kNodeName : kArrayName);
  const auto array = found->document ? std::move(found->document) : document(key);
  if (!array) refuse(path, NodeKind::array, store_name);
  return at_key(key, [&] {
    return found->zarr_format == 3 ? parse_zarr_json(*array, limits) : parse_zarray(*array, limits);
  });
}

Json MetadataView::attributes(const std::string& path, int zarr_format) const {
  const std::string key = join(path, zarr_format == 3 ? kNodeName : kAttributesName);
  auto found = document(key);
  if (!found) return Json::object();
  return at_key(key, [&] {
    if (zarr_format == 3)
      return check_attributes(found->is_object() ? found->value("attributes", Json::object())
                                                 : std::move(*found));
    return check_attributes(std::move(*found));
  });
}

void MetadataView::refuse(const std::string& path, NodeKind wanted,
                          const std::string& store_name) const {
  const auto found = kind_of(path);
  const auto one = [](NodeKind kind) { return kind == NodeKind::array ? "an array" : "a group"; };
  if (found)
    throw Error(ErrorCode::not_found, fmt::format("\"{}\" in {} is {}, not {}", path, store_name,
                                                  one(*found), one(wanted)));
  throw Error(ErrorCode::not_found,
              fmt::format("there is no {} at \"{}\" in {}",
                          wanted == NodeKind::array ? "array" : "group", path, store_name));
}

std::shared_ptr<const MetadataView> view_of_files(StoreHandle store, const Limits& limits) {
  return std::make_shared<const FilesView>(std::move(store), limits);
}

std::optional<Json> read_consolidated(const store::ReadableStore& store, const Limits& limits,
                                      Json* extensions) {
  return at_key(kConsolidatedName, [&]() -> std::optional<Json> {
    Limits wide = limits;
    wide.max_json_bytes = limits.max_json_bytes * kConsolidatedFactor;
    const auto bytes = store.get(store::Key(kConsolidatedName), wide.max_json_bytes);
    if (!bytes) return std::nullopt;
    if (bytes->size() > limits.max_json_bytes) check_documents(as_text(*bytes), limits);
    Json document = parse_json(as_text(*bytes), wide, kDocumentsDepth);
    if (!document.is_object())
      throw Error(
          ErrorCode::corrupt_data,
          fmt::format("consolidated metadata are {}, not a JSON object", excerpt(document)));
    const auto format = document.find("zarr_consolidated_format");
    if (format == document.end() || !format->is_number_integer() || *format != 1)
      throw Error(ErrorCode::unsupported,
                  "consolidated metadata have another \"zarr_consolidated_format\" than 1");
    const auto metadata = document.find("metadata");
    if (metadata == document.end() || !metadata->is_object())
      throw Error(ErrorCode::corrupt_data, "member \"metadata\" is missing or no JSON object");
    if (extensions != nullptr)
      for (auto& [name, value] : document.items())
        if (name != "metadata" && name != "zarr_consolidated_format") (*extensions)[name] = value;
    return std::move(*metadata);
  });
}

std::shared_ptr<const MetadataView> view_of_consolidated(const store::ReadableStore& store,
                                                         const Limits& limits) {
  std::map<std::string, Json> documents;
  if (auto metadata = read_consolidated(store, limits)) {
    for (auto& [key, document] : metadata->items()) documents.emplace(key, std::move(document));
    return std::make_shared<const ConsolidatedView>(std::move(documents));
  }
  auto root = read_root_v3(store, limits);
  const Json* metadata = root ? at_key(kNodeName, [&] { return inline_metadata(*root); }) : nullptr;
  if (metadata == nullptr)
    throw Error(
        ErrorCode::not_found,
        fmt::format("{} has no consolidated metadata (.zmetadata, or in zarr.json)", store.name()));
  for (const auto& [path, document] : metadata->items())
    documents.emplace(join(path, kNodeName), document);
  root->erase(std::string(kConsolidatedMember));
  documents.insert_or_assign(std::string(kNodeName), std::move(*root));
  return std::make_shared<const ConsolidatedView>(std::move(documents));
}

}  // namespace engram::zarr
