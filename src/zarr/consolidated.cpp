#include "engram/zarr/consolidated.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "zarr/consolidate_from.hpp"
#include "zarr/consolidated_v3.hpp"
#include "zarr/documents.hpp"
#include "zarr/metadata_view.hpp"

namespace engram::zarr {
namespace {

using Documents = std::map<std::string, Json>;

bool is_metadata_key(std::string_view key) {
  return key.ends_with(kGroupName) || key.ends_with(kArrayName) || key.ends_with(kAttributesName);
}

// The name of a folder of chunks of an array whose separator is '/'.
bool is_number(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The metadata documents of a store, as zarr-python finds them: everywhere, whether or not they
// belong to a node. Only chunks are not looked through.
class Collector {
 public:
  Collector(const store::ReadableStore& store, const Limits& limits)
      : store_(store), limits_(limits) {}

  Documents take() {
    visit("", 0);
    return std::move(documents_);
  }

 private:
  void visit(const std::string& path, std::uint32_t depth) {
    if (depth > limits_.max_depth)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("\"{}\" lies deeper than {} groups", path, limits_.max_depth));
    const store::Listing listing = store_.list_dir(path);
    bool is_array = false;
    for (const std::string& name : listing.keys) {
      if (!is_metadata_key(name)) continue;
      is_array = is_array || name == kArrayName;
      const std::string key = join(path, name);
      if (auto document = read_document(store_, key, limits_))
        documents_.emplace(key, std::move(*document));
      // A group or an array has at most three.
      if (documents_.size() > 3 * limits_.max_nodes)
        throw Error(ErrorCode::limit_exceeded,
                    fmt::format("the store has more than {} groups and arrays", limits_.max_nodes));
    }
    for (const std::string& name : listing.prefixes)
      if (!is_array || !is_number(name)) visit(join(path, name), depth + 1);
  }

  const store::ReadableStore& store_;
  const Limits& limits_;
  Documents documents_;
};

std::string canonical(const Json& document) { return dump_json(document, JsonStyle::compact); }

// The members of a `.zmetadata` that is made anew which are not zarr-python's: they stay. One that
// can't be read has none.
Json extensions_of_consolidated(const store::ReadableStore& store, const Limits& limits) {
  Json extensions = Json::object();
  try {
    (void)read_consolidated(store, limits, &extensions);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt_data && error.code() != ErrorCode::unsupported) throw;
    return Json::object();
  }
  return extensions;
}

// The text of `.zmetadata` that has `documents`.
std::string consolidated_text(Documents&& documents, Json&& extensions) {
  Json metadata = Json::object();
  auto& members = metadata.get_ref<Json::object_t&>();
  members.reserve(documents.size());
  for (auto& [key, document] : documents) members.emplace_back(key, std::move(document));
  Json all = Json::object();
  all["metadata"] = std::move(metadata);
  all["zarr_consolidated_format"] = 1;
  for (auto& [name, value] : extensions.items()) all[name] = std::move(value);
  return dump_json(all, JsonStyle::zarr);
}

bool say_the_same(const Json& a, const Json& b) { return canonical(a) == canonical(b); }

}  // namespace

void consolidate(store::Store& store, const Limits& limits) {
  consolidate_from(store, store, limits);
}

void consolidate_from(const store::ReadableStore& before, store::Store& store,
                      const Limits& limits) {
  if (is_v3_root(store)) return consolidate_v3(store, limits);
  Documents documents = Collector(store, limits).take();
  if (!documents.contains(std::string(kGroupName)) && !documents.contains(std::string(kArrayName)))
    throw Error(ErrorCode::not_found,
                fmt::format("there is no group or array at the root of {}", store.name()));
  const std::string text =
      consolidated_text(std::move(documents), extensions_of_consolidated(before, limits));
  store.set(store::Key(kConsolidatedName), as_bytes(text));
}

std::optional<std::string> amended_consolidated(const store::ReadableStore& store,
                                                const DocumentChanges& changes,
                                                const Limits& limits) {
  Json extensions = Json::object();
  auto consolidated = read_consolidated(store, limits, &extensions);
  if (!consolidated) return std::nullopt;
  Documents documents;
  for (auto& [key, document] : consolidated->get_ref<Json::object_t&>())
    documents.emplace(key, std::move(document));
  for (const auto& [key, document] : changes) {
    if (document)
      documents.insert_or_assign(key, *document);
    else
      documents.erase(key);
  }
  return consolidated_text(std::move(documents), std::move(extensions));
}

ConsolidatedCheck check_consolidated(const store::ReadableStore& store, const Limits& limits) {
  if (is_v3_root(store)) return check_consolidated_v3(store, limits);
  const Documents files = Collector(store, limits).take();
  const auto consolidated = read_consolidated(store, limits);
  Documents entries;
  if (consolidated)
    for (const auto& [key, document] : consolidated->items()) entries.emplace(key, document);
  ConsolidatedCheck check;
  check.exists = consolidated.has_value();
  for (const auto& [key, document] : files) {
    const auto entry = entries.find(key);
    if (entry == entries.end()) {
      check.missing.push_back(key);
    } else if (!say_the_same(entry->second, document)) {
      check.stale.push_back(key);
    }
  }
  for (const auto& [key, document] : entries)
    if (!files.contains(key)) check.superfluous.push_back(key);
  return check;
}

}  // namespace engram::zarr
