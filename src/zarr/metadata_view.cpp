#include "zarr/metadata_view.hpp"

#include <algorithm>
#include <utility>

#include "base/json_member.hpp"
#include "zarr/document_sizes.hpp"
#include "zarr/documents.hpp"

namespace engram::zarr {
namespace {

// `.zmetadata` holds all documents of a store.
constexpr std::uint64_t kConsolidatedFactor = 16;

class FilesView final : public MetadataView {
 public:
  FilesView(StoreHandle store, const Limits& limits) : store_(std::move(store)), limits_(limits) {}

  std::optional<Json> document(const std::string& key) const override {
    return read_document(store_.reader(), key, limits_);
  }

  std::optional<NodeKind> kind_of(const std::string& path) const override {
    if (has_document(store_.reader(), path, kArrayName)) return NodeKind::array;
    if (has_document(store_.reader(), path, kGroupName)) return NodeKind::group;
    return std::nullopt;
  }

  std::vector<Child> children(const std::string& path) const override {
    std::vector<Child> children;
    for (std::string& name : store_.reader().list_dir(path).prefixes)
      if (const auto kind = kind_of(join(path, name))) children.push_back({std::move(name), *kind});
    return children;
  }

  void check_changeable() const override {}
  bool has_v3(const std::string& path) const override {
    return has_document(store_.reader(), path, kNodeName);
  }

 private:
  StoreHandle store_;
  Limits limits_;
};

void check_key(const std::string& key) {
  at_key(key, [&] { const store::Key checked(key); });
}

class ConsolidatedView final : public MetadataView {
 public:
  explicit ConsolidatedView(Json metadata) {
    for (auto& [key, document] : metadata.items()) documents_.emplace(key, std::move(document));
    for (const auto& [key, document] : documents_) {
      const std::size_t slash = key.rfind('/');
      const std::string_view name = std::string_view(key).substr(slash + 1);
      const std::string path = slash == std::string::npos ? "" : key.substr(0, slash);
      check_key(key);
      // ".zarray" sorts before ".zgroup", so that an array stays one.
      if (name == kArrayName || name == kGroupName)
        kinds_.emplace(path, name == kArrayName ? NodeKind::array : NodeKind::group);
    }
    for (const auto& [path, kind] : kinds_) {
      if (path.empty()) continue;
      const std::size_t slash = path.rfind('/');
      const std::string above = slash == std::string::npos ? "" : path.substr(0, slash);
      children_[above].push_back({path.substr(slash + 1), kind});
    }
    for (auto& [path, children] : children_)
      std::sort(children.begin(), children.end(),
                [](const Child& a, const Child& b) { return a.name < b.name; });
  }

  std::optional<Json> document(const std::string& key) const override {
    const auto found = documents_.find(key);
    return found == documents_.end() ? std::nullopt : std::optional(found->second);
  }

  std::optional<NodeKind> kind_of(const std::string& path) const override {
    const auto found = kinds_.find(path);
    return found == kinds_.end() ? std::nullopt : std::optional(found->second);
  }

  std::vector<Child> children(const std::string& path) const override {
    const auto found = children_.find(path);
    return found == children_.end() ? std::vector<Child>() : found->second;
  }

  void check_changeable() const override {
    throw Error(ErrorCode::invalid_argument,
                "metadata can't be changed where they were opened from .zmetadata: open the single "
                "files, change them, and consolidate again");
  }

 private:
  std::map<std::string, Json> documents_;
  std::map<std::string, NodeKind> kinds_;
  std::map<std::string, std::vector<Child>> children_;
};

}  // namespace

void MetadataView::refuse(const std::string& path, NodeKind wanted,
                          const std::string& store_name) const {
  const auto found = kind_of(path);
  const auto one = [](NodeKind kind) { return kind == NodeKind::array ? "an array" : "a group"; };
  if (found)
    throw Error(ErrorCode::not_found, fmt::format("\"{}\" in {} is {}, not {}", path, store_name,
                                                  one(*found), one(wanted)));
  if (has_v3(path))
    throw Error(ErrorCode::unsupported,
                fmt::format("\"{}\" in {} is of Zarr v3, which engram reads as a whole hierarchy "
                            "(read_hierarchy()) or as an array",
                            path, store_name));
  throw Error(ErrorCode::not_found,
              fmt::format("there is no {} at \"{}\" in {}",
                          wanted == NodeKind::array ? "array" : "group", path, store_name));
}

std::shared_ptr<const MetadataView> view_of_files(StoreHandle store, const Limits& limits) {
  return std::make_shared<const FilesView>(std::move(store), limits);
}

std::optional<Json> read_consolidated(const store::ReadableStore& store, const Limits& limits) {
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
    return std::move(*metadata);
  });
}

std::shared_ptr<const MetadataView> view_of_consolidated(const store::ReadableStore& store,
                                                         const Limits& limits) {
  auto metadata = read_consolidated(store, limits);
  if (!metadata)
    throw Error(ErrorCode::not_found,
                fmt::format("{} has no consolidated metadata (.zmetadata)", store.name()));
  return std::make_shared<const ConsolidatedView>(std::move(*metadata));
}

}  // namespace engram::zarr
