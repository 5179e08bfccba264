#include "zarr/shard_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engram/base/error.hpp"
#include "engram/base/limits.hpp"
#include "engram/codec/pipeline.hpp"
#include "zarr/chunk_keys.hpp"
#include "zarr/chunk_walk.hpp"
#include "zarr/coded_values.hpp"
#include "zarr/documents.hpp"

namespace engram::zarr {
namespace {

// What indexes that are kept take in memory at most, about.
constexpr std::uint64_t kMostKept = 32U << 20U;
constexpr std::uint64_t kEntryInMemory = 24;

// What `key` is below `path`, or "".
std::string_view below_path(std::string_view key, std::string_view path) {
  if (path.empty()) return key;
  if (!key.starts_with(path) || key.size() <= path.size() || key[path.size()] != '/') return {};
  return key.substr(path.size() + 1);
}

// Of what lies in the shards of a level: chunks, or shards of the next.
const Shape& shape_in_level(const ArrayMetadata& metadata, std::size_t level) {
  return level + 1 < metadata.shards.size() ? metadata.shards[level + 1].shape
                                            : metadata.chunk_shape;
}

}  // namespace

ArrayMetadata ShardStore::chunk_keys(const ArrayMetadata& metadata) {
  ArrayMetadata keys;
  keys.shape = metadata.shape;
  keys.chunk_shape = metadata.chunk_shape;
  return keys;
}

ShardStore::ShardStore(const store::ReadableStore& below,
                       std::unique_ptr<const store::ReadableStore> owned, std::string path,
                       ArrayMetadata shards, ShardLevel level, const Shape& chunk_shape)
    : owned_(std::move(owned)),
      below_(below),
      path_(std::move(path)),
      shards_(std::move(shards)),
      level_(std::move(level)),
      places_(level_, chunk_shape) {
  keys_.shape = shards_.shape;
}

std::unique_ptr<const ShardStore> ShardStore::of(const store::ReadableStore& store,
                                                 const std::string& path,
                                                 const ArrayMetadata& metadata) {
  std::unique_ptr<const ShardStore> made;
  for (std::size_t i = 0; i < metadata.shards.size(); ++i) {
    std::unique_ptr<const store::ReadableStore> owned = std::move(made);
    const store::ReadableStore* below = owned ? owned.get() : &store;
    if (const auto& codecs = metadata.shards[i].codecs; !codecs.empty()) {
      owned = std::make_unique<DecodedValues>(*below, std::move(owned), codecs,
                                              max_shard_size(metadata, i));
      below = owned.get();
    }
    made = make(*below, std::move(owned), path, metadata, i);
  }
  return made;
}

std::unique_ptr<const ShardStore> ShardStore::of_level(const store::ReadableStore& below,
                                                       const std::string& path,
                                                       const ArrayMetadata& metadata,
                                                       std::size_t level) {
  return make(below, nullptr, path, metadata, level);
}

std::unique_ptr<const ShardStore> ShardStore::make(
    const store::ReadableStore& below, std::unique_ptr<const store::ReadableStore> owned,
    const std::string& path, const ArrayMetadata& metadata, std::size_t level) {
  ArrayMetadata keys = chunk_keys(metadata);
  if (level == 0) {
    keys.separator = metadata.separator;
    keys.keys_begin_with_c = metadata.keys_begin_with_c;
  }
  return std::unique_ptr<const ShardStore>(new ShardStore(below, std::move(owned), path, keys,
                                                          metadata.shards[level],
                                                          shape_in_level(metadata, level)));
}

std::uint64_t ShardStore::max_shard_size(const ArrayMetadata& metadata, std::size_t level) {
  const std::uint64_t most = Limits().max_chunk_bytes;
  const std::uint64_t count =
      ShardPlaces(metadata.shards[level], shape_in_level(metadata, level)).count();
  std::uint64_t chunk = most;
  if (level + 1 < metadata.shards.size())
    chunk = codec::Pipeline(metadata.shards[level + 1].codecs)
                .max_stored_size(max_shard_size(metadata, level + 1));
  else if (!metadata.is_object)
    chunk = codec::Pipeline(metadata.codecs).max_stored_size(size_of_chunk(metadata));
  const std::uint64_t index = ShardIndex::encoded_size(metadata.shards[level], count);
  return chunk > most / count ? most : std::min(most, index + chunk * count);
}

std::shared_ptr<const ShardIndex> ShardStore::read_index(const store::Key& shard) const {
  const auto shard_size = below_.size(shard);
  if (!shard_size) return nullptr;
  const std::uint64_t size = ShardIndex::encoded_size(level_, places_.count());
  if (*shard_size < size)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("a shard of {} bytes has no room for the index of its {} chunks",
                            *shard_size, places_.count()));
  const auto bytes = below_.get_range(shard, level_.index_at_start ? 0 : *shard_size - size, size);
  if (!bytes) return nullptr;
  return std::make_shared<const ShardIndex>(
      ShardIndex::decode(level_, *bytes, places_.count(), *shard_size));
}

std::shared_ptr<const ShardIndex> ShardStore::index_of(const store::Key& shard) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_key_.find(shard.str()); found != by_key_.end()) {
      kept_.splice(kept_.begin(), kept_, found->second);
      return found->second->index;
    }
  }
  auto index = at_key(shard.str(), [&] { return read_index(shard); });
  const std::lock_guard lock(mutex_);
  if (by_key_.contains(shard.str())) return index;
  kept_.push_front({shard.str(), index});
  by_key_.emplace(shard.str(), kept_.begin());
  const std::uint64_t most =
      std::max<std::uint64_t>(1, kMostKept / (kEntryInMemory * places_.count() + 1));
  while (kept_.size() > most) {
    by_key_.erase(kept_.back().key);
    kept_.pop_back();
  }
  return index;
}

std::optional<ShardStore::InShard> ShardStore::parse(const store::Key& key) const {
  const auto place = parse_chunk_key(keys_, below_path(key.str(), path_));
  if (!place) return std::nullopt;
  const auto [shard, number] = places_.find(*place);
  return InShard{store::Key(join(path_, chunk_key(shards_, shard))), number};
}

ShardStore::InShard ShardStore::place_of(const store::Key& key) const {
  auto found = parse(key);
  if (!found)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} is no chunk of shards below \"{}\"", key.str(), path_));
  return std::move(*found);
}

std::optional<ShardStore::Place> ShardStore::find(const store::Key& key) const {
  auto place = parse(key);
  if (!place) return std::nullopt;
  const auto index = index_of(place->shard);
  if (!index || !(*index)[place->number]) return std::nullopt;
  return Place{std::move(place->shard), *(*index)[place->number]};
}

std::optional<Bytes> ShardStore::get(const store::Key& key, std::uint64_t max_size) const {
  const auto place = find(key);
  if (!place) return std::nullopt;
  const auto& [shard, entry] = *place;
  return at_key(shard.str(), [&, &shard = shard, &entry = entry]() -> std::optional<Bytes> {
    if (entry.size > max_size)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("a chunk of a shard has {} bytes, above {}", entry.size, max_size));
    auto bytes = below_.get_range(shard, entry.offset, entry.size);
    if (bytes && bytes->size() != entry.size)
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("the shard ended at {} bytes while it was read, a chunk at {}",
                              entry.offset + bytes->size(), entry.offset + entry.size));
    return bytes;
  });
}

std::optional<Bytes> ShardStore::get_range(const store::Key& key, std::uint64_t offset,
                                           std::uint64_t size) const {
  const auto place = find(key);
  if (!place) return std::nullopt;
  const ShardIndex::Entry& entry = place->entry;
  const std::uint64_t from = std::min(offset, entry.size);
  return below_.get_range(place->shard, entry.offset + from, std::min(size, entry.size - from));
}

std::optional<std::uint64_t> ShardStore::size(const store::Key& key) const {
  const auto place = find(key);
  return place ? std::optional(place->entry.size) : std::nullopt;
}

store::Listing ShardStore::list_dir(const std::string& prefix) const {
  store::Listing listing;
  if (prefix != path_) return listing;
  for (const Shape& shard : stored_places(below_, path_, shards_)) {
    const auto index = index_of(store::Key(join(path_, chunk_key(shards_, shard))));
    for (std::uint64_t number = 0; index && number < places_.count(); ++number)
      if ((*index)[number]) listing.keys.push_back(chunk_key(keys_, places_.place(shard, number)));
  }
  std::sort(listing.keys.begin(), listing.keys.end());
  return listing;
}

}  // namespace engram::zarr
