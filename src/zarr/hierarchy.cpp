#include "engram/zarr/hierarchy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "engram/base/error.hpp"
#include "zarr/documents.hpp"
#include "zarr/metadata_view.hpp"

namespace engram::zarr {
namespace {

// Counts nodes and depth on the way down.
class Budget {
 public:
  explicit Budget(const Limits& limits) : limits_(limits) {}

  void add_node(std::string_view path) {
    if (++nodes_ > limits_.max_nodes)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("the store has more than {} groups and arrays", limits_.max_nodes));
    const auto depth = static_cast<std::uint64_t>(std::count(path.begin(), path.end(), '/'));
    if (depth >= limits_.max_depth)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("\"{}\" lies deeper than {} groups", path, limits_.max_depth));
  }

 private:
  const Limits& limits_;
  std::uint64_t nodes_ = 0;
};

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
    for (const std::string& child : store_.list_dir(path).prefixes) {
      if (!store::why_bad_name(child).empty()) continue;
      if (auto found = read(join(path, child), child)) node.children.push_back(std::move(*found));
    }
    return node;
  }

 private:
  std::optional<Json> document(const std::string& key) const {
    return read_document(store_, key, limits_);
  }

  const store::ReadableStore& store_;
  const Limits& limits_;
  Budget budget_;
};

// Where `path` is split: "a/b/.zarray" into "a/b" and ".zarray".
std::pair<std::string_view, std::string_view> split(std::string_view key) {
  const std::size_t slash = key.rfind('/');
  if (slash == std::string_view::npos) return {"", key};
  return {key.substr(0, slash), key.substr(slash + 1)};
}

struct Documents {
  const Json* group = nullptr;
  const Json* array = nullptr;
  const Json* attributes = nullptr;
};

// Orders paths so that what lies below a group comes right after it: '/' before all other bytes.
struct PathOrder {
  bool operator()(std::string_view a, std::string_view b) const noexcept {
    const auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c); };
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [&](char x, char y) { return rank(x) < rank(y); });
  }
};

// The nodes of consolidated metadata, as a tree.
class ConsolidatedReader {
 public:
  ConsolidatedReader(const Json& metadata, const Limits& limits)
      : limits_(limits), budget_(limits) {
    for (const auto& [key, document] : metadata.items()) {
      const auto [path, name] = split(key);
      at_key(key, [&, text = key] { const store::Key checked{text}; });
      if (name == kGroupName) nodes_[std::string(path)].group = &document;
      if (name == kArrayName) nodes_[std::string(path)].array = &document;
      if (name == kAttributesName) nodes_[std::string(path)].attributes = &document;
    }
    std::erase_if(nodes_,
                  [](const auto& node) { return !node.second.group && !node.second.array; });
  }

  Node read() {
    next_ = nodes_.begin();
    if (next_ == nodes_.end() || !next_->first.empty())
      throw Error(ErrorCode::corrupt_data, "consolidated metadata have no root");
    Node root = read_node();
    if (next_ != nodes_.end())
      throw Error(
          ErrorCode::corrupt_data,
          fmt::format("consolidated metadata have \"{}\", but no group above it", next_->first));
    return root;
  }

 private:
  // The node at next_ and all below it.
  Node read_node() {
    const std::string& path = next_->first;
    const Documents& documents =
        next_->second;  // No structured binding: lambdas use it (clang 14).
    ++next_;
    budget_.add_node(path);
    Node node;
    node.name = split(path).second;
    if (documents.attributes)
      node.attributes = at_key(join(path, kAttributesName),
                               [&] { return check_attributes(*documents.attributes); });
    if (documents.array) {
      at_key(join(path, kArrayName), [&] { read_array_metadata(node, *documents.array, limits_); });
      return node;
    }
    at_key(join(path, kGroupName), [&] { check_group(*documents.group); });
    while (next_ != nodes_.end() && split(next_->first).first == path && !next_->first.empty())
      node.children.push_back(read_node());
    return node;
  }

  const Limits& limits_;
  Budget budget_;
  std::map<std::string, Documents, PathOrder> nodes_;
  std::map<std::string, Documents, PathOrder>::const_iterator next_;
};

// `document` one level (8 blanks) deeper. Line ends stand only between its tokens.
void append_indented(std::string& out, std::string_view document) {
  for (std::size_t end = document.find('\n'); end != std::string_view::npos;
       end = document.find('\n')) {
    out.append(document, 0, end + 1).append(8, ' ');
    document.remove_prefix(end + 1);
  }
  out.append(document);
}

}  // namespace

Node read_hierarchy(const store::ReadableStore& store, bool use_consolidated,
                    const Limits& limits) {
  if (use_consolidated) {
    const auto metadata = read_consolidated(store, limits);
    if (metadata)
      return at_key(kConsolidatedName,
                    [&] { return ConsolidatedReader(*metadata, limits).read(); });
  }
  auto root = FileReader(store, limits).read("", "");
  if (!root)
    throw Error(ErrorCode::not_found,
                fmt::format("\"{}\" is no Zarr v2 group or array: it has neither .zgroup nor "
                            ".zarray",
                            store.name()));
  return std::move(*root);
}

HierarchyWriter::HierarchyWriter(std::shared_ptr<store::Store> store) : store_(std::move(store)) {}

void HierarchyWriter::write_group(const std::string& path, const Json& attributes) {
  put(join(path, kGroupName), Json{{"zarr_format", 2}});
  if (!attributes.empty()) put(join(path, kAttributesName), attributes);
}

void HierarchyWriter::write_array(const std::string& path, const ArrayMetadata& metadata,
                                  const Json& attributes) {
  put(join(path, kArrayName), to_zarray_json(metadata));
  if (!attributes.empty()) put(join(path, kAttributesName), attributes);
}

void HierarchyWriter::put(const std::string& key, const Json& document) {
  std::string text = dump_json(document, JsonStyle::zarr);
  store_->set(store::Key(key), as_bytes(text));
  const std::lock_guard lock(mutex_);
  bytes_ += text.size();
  ++files_;
  documents_[key] = std::move(text);
}

void HierarchyWriter::consolidate() {
  const std::lock_guard lock(mutex_);
  std::string text;
  // Indented and with their keys, documents of a few lines are not twice as long.
  text.reserve(2 * bytes_);
  text += "{\n    \"metadata\": {";
  bool first = true;
  for (const auto& [key, document] : documents_) {
    text += first ? "\n        " : ",\n        ";
    first = false;
    text += dump_json(key, JsonStyle::compact);
    text += ": ";
    append_indented(text, document);
  }
  text += first ? "},\n" : "\n    },\n";
  text += "    \"zarr_consolidated_format\": 1\n}";
  store_->set(store::Key(kConsolidatedName), as_bytes(text));
  bytes_ += text.size();
  ++files_;
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
