#include "engram/schema/storage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"
#include "engram/store/key.hpp"
#include "engram/store/prefix_store.hpp"
#include "schema/names.hpp"
#include "schema/path_names.hpp"
#include "zarr/documents.hpp"

namespace engram::schema {
namespace {

// Where DataJoint keeps values by their hash, beside schemas when these have no prefix.
constexpr std::string_view kHashSection = "_hash";

bool is_wanted(const std::optional<std::string>& wanted, const std::string& name) {
  return !wanted || *wanted == name;
}

bool is_part_of_key(const std::string& name) { return name.find('=') != std::string::npos; }

// True where keys can begin with `path`: else nothing that lies below it can be read.
bool may_be_path(const std::string& path) {
  try {
    (void)store::Key(path);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::optional<SchemaAddress> address_of(const std::string& path, const PathOptions& options) {
  try {
    return parse_path(path, options);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

AddressWalk::AddressWalk(std::shared_ptr<const store::ReadableStore> root, Filter filter,
                         PathOptions options, const Limits& limits)
    : root_(std::move(root)),
      filter_(std::move(filter)),
      options_(std::move(options)),
      limits_(limits) {
  enter(Place::above_schema, trimmed_prefix(options_));
}

void AddressWalk::enter(Place place, std::string path) {
  if (levels_.size() >= limits_.max_depth)
    throw Error(ErrorCode::limit_exceeded, fmt::format("\"{}\" lies deeper than {} directories",
                                                       printable(path), limits_.max_depth));
  std::vector<std::string> names = root_->list_dir(path).prefixes;
  names_ += names.size();
  if (names_ > limits_.max_nodes)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("\"{}\" has more than {} directories in its schemas", root_->name(),
                            limits_.max_nodes));
  std::reverse(names.begin(), names.end());
  levels_.push_back({place, std::move(path), std::move(names)});
}

void AddressWalk::descend(Place place, const std::string& path, const std::string& name) {
  switch (place) {
    case Place::above_schema:
      if (is_part_of_key(name)) return enter(Place::above_schema, path);
      if (levels_.front().path.empty() && name == kHashSection) return;
      if (is_wanted(filter_.schema, name)) enter(Place::in_schema, path);
      return;
    case Place::in_schema:
      if (!is_part_of_key(name) && is_wanted(filter_.table, name)) enter(Place::in_table, path);
      return;
    case Place::in_table:
      if (is_part_of_key(name)) enter(Place::in_table, path);
      return;
  }
}

// What is neither an address nor Zarr is somebody else's.
std::optional<StoredObject> AddressWalk::object_at(const std::string& path) const {
  auto address = address_of(path, options_);
  if (!address || !is_wanted(filter_.field, address->field)) return std::nullopt;
  StoredObject object{std::move(*address), path, std::nullopt, {}};
  try {
    const auto node = zarr::find_node(*root_, path, limits_);
    if (!node) return std::nullopt;
    object.kind = node->is_array ? zarr::NodeKind::array : zarr::NodeKind::group;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::io_error) throw;
    object.fault = error.what();
  }
  return object;
}

std::optional<StoredObject> AddressWalk::next() {
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.names.empty()) {
      levels_.pop_back();
      continue;
    }
    const std::string name = std::move(level.names.back());
    level.names.pop_back();
    const Place place = level.place;
    const std::string path = zarr::join(level.path, name);
    if (!may_be_path(path)) continue;
    if (place != Place::in_table || is_part_of_key(name)) {
      descend(place, path, name);
    } else if (auto object = object_at(path)) {
      return object;
    }
  }
  return std::nullopt;
}

std::vector<StoredObject> list(std::shared_ptr<const store::ReadableStore> root, Filter filter,
                               PathOptions options, const Limits& limits) {
  AddressWalk walk(std::move(root), std::move(filter), std::move(options), limits);
  std::vector<StoredObject> found;
  while (auto object = walk.next()) found.push_back(std::move(*object));
  return found;
}

std::shared_ptr<const store::ReadableStore> open_store(
    std::shared_ptr<const store::ReadableStore> root, const std::string& path) {
  if (!zarr::find_node(*root, store::Key(path).str(), {}))
    throw Error(ErrorCode::not_found,
                fmt::format("there is no Zarr at \"{}\" in {}: neither .zgroup nor .zarray nor "
                            "zarr.json",
                            printable(path), root->name()));
  return std::make_shared<const store::PrefixReader>(std::move(root), store::Key(path));
}

std::shared_ptr<const store::ReadableStore> open_store(
    std::shared_ptr<const store::ReadableStore> root, const SchemaAddress& address,
    const PathOptions& options) {
  return open_store(std::move(root), to_path(address, options));
}

std::shared_ptr<store::Store> create_store(std::shared_ptr<store::Store> root,
                                           const SchemaAddress& address,
                                           const PathOptions& options) {
  const store::Key path(to_path(address, options));
  const store::Listing there = root->list_dir(path.str());
  if (root->size(path) || !there.keys.empty() || !there.prefixes.empty())
    throw Error(ErrorCode::already_exists,
                fmt::format("something lies at \"{}\" in {} already; another token makes another "
                            "place",
                            printable(path.str()), root->name()));
  return std::make_shared<store::PrefixStore>(std::move(root), path);
}

}  // namespace engram::schema
