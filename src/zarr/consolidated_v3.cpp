#include "zarr/consolidated_v3.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

#include "base/json_member.hpp"
#include "engram/base/error.hpp"
#include "zarr/documents.hpp"
#include "zarr/hierarchy_v3.hpp"
#include "zarr/node_walk.hpp"

namespace engram::zarr {
namespace {

using DocumentsV3 = std::map<std::string, Json>;

// The documents below the root, by path.
class CollectorV3 {
 public:
  CollectorV3(const store::ReadableStore& store, const Limits& limits)
      : store_(store), limits_(limits), budget_(limits) {}

  DocumentsV3 take(const Json& root) {
    visit("", root);
    return std::move(documents_);
  }

 private:
  void visit(const std::string& path, const Json& document) {
    budget_.add_node(path);
    if (!document.is_object() || member_or_null(document, "node_type") != "group") return;
    for_each_place_below(store_, path, [&](const std::string&, const std::string& below) {
      auto found = read_document(store_, join(below, kNodeName), limits_);
      if (!found) return;
      visit(below, *found);
      documents_.emplace(below, std::move(*found));
    });
  }

  const store::ReadableStore& store_;
  const Limits& limits_;
  NodeBudget budget_;
  DocumentsV3 documents_;
};

// What a document says of its node alone: as consolidated, each group's has an empty member too.
Json own_part(Json document) {
  if (document.is_object()) document.erase(std::string(kConsolidatedMember));
  return document;
}

std::string own_text(const Json& document) {
  return dump_json(own_part(document), JsonStyle::compact);
}

[[noreturn]] void throw_gone(const store::ReadableStore& store) {
  throw Error(ErrorCode::not_found,
              fmt::format("{} of {} is not there any more", kNodeName, store.name()));
}

}  // namespace

bool is_v3_root(const store::ReadableStore& store) {
  return !has_document(store, "", kGroupName) && !has_document(store, "", kArrayName) &&
         !has_document(store, "", kConsolidatedName) && has_document(store, "", kNodeName);
}

std::optional<std::string> path_of_node(std::string_view key) {
  if (key == kNodeName) return "";
  if (!key.ends_with(kNodeName) || key[key.size() - kNodeName.size() - 1] != '/')
    return std::nullopt;
  return std::string(key.substr(0, key.size() - kNodeName.size() - 1));
}

bool amend_consolidated_v3(Json& root, const DocumentChanges& changes) {
  if (inline_metadata(root) == nullptr) return false;
  Json& metadata = root[std::string(kConsolidatedMember)]["metadata"];
  for (const auto& [key, document] : changes) {
    const auto path = path_of_node(key);
    if (!path || path->empty()) continue;
    if (document)
      metadata[*path] = own_part(*document);
    else
      metadata.erase(*path);
  }
  return true;
}

void consolidate_v3(store::Store& store, const Limits& limits) {
  auto root = read_root_v3(store, limits);
  if (!root) throw_gone(store);
  if (at_key(kNodeName, [&] { return is_array_v3(*root); })) return;  // It is all there is.
  Json metadata = Json::object();
  for (auto& [path, document] : CollectorV3(store, limits).take(*root))
    metadata[path] = own_part(std::move(document));
  (*root)[std::string(kConsolidatedMember)] = {
      {"kind", "inline"}, {"must_understand", false}, {"metadata", std::move(metadata)}};
  write_node_v3(store, "", *root);
}

ConsolidatedCheck check_consolidated_v3(const store::ReadableStore& store, const Limits& limits) {
  const auto root = read_root_v3(store, limits);
  if (!root) throw_gone(store);
  const DocumentsV3 files = CollectorV3(store, limits).take(*root);
  ConsolidatedCheck check;
  check.key = kNodeName;
  const auto metadata = inline_metadata(*root);
  check.exists = metadata != nullptr;
  for (const auto& [path, document] : files) {
    const std::string key = join(path, kNodeName);
    if (metadata == nullptr || !metadata->contains(path)) {
      check.missing.push_back(key);
    } else if (own_text(metadata->at(path)) != own_text(document)) {
      check.stale.push_back(key);
    }
  }
  if (metadata != nullptr)
    for (const auto& [path, document] : metadata->items())
      if (!files.contains(path)) check.superfluous.push_back(join(path, kNodeName));
  return check;
}

}  // namespace engram::zarr
