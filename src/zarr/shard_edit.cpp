#include "zarr/shard_edit.hpp"

#include <algorithm>

#include "engram/base/error.hpp"

namespace engram::zarr {

std::unique_ptr<ShardEdit> ShardEdit::of(store::Store& store, const std::string& path,
                                         const ArrayMetadata& metadata) {
  std::unique_ptr<ShardEdit> made;
  for (std::size_t level = 0; level < metadata.shards.size(); ++level) {
    store::Store* below = made ? made.get() : &store;
    std::unique_ptr<CodedValues> coded;
    if (const auto& codecs = metadata.shards[level].codecs; !codecs.empty()) {
      coded = std::make_unique<CodedValues>(*below, codecs,
                                            ShardStore::max_shard_size(metadata, level));
      below = coded.get();
    }
    auto before = ShardStore::of_level(*below, path, metadata, level);
    made.reset(new ShardEdit(*below, std::move(made), std::move(coded), std::move(before)));
  }
  return made;
}

std::optional<std::optional<Bytes>> ShardEdit::changed(const store::Key& key) const {
  const auto place = before_->place_of(key);
  const std::lock_guard lock(mutex_);
  const auto shard = changes_.find(place.shard.str());
  if (shard == changes_.end()) return std::nullopt;
  const auto chunk = shard->second.find(place.number);
  if (chunk == shard->second.end()) return std::nullopt;
  return std::make_optional<std::optional<Bytes>>(chunk->second);
}

std::optional<Bytes> ShardEdit::get(const store::Key& key, std::uint64_t max_size) const {
  auto now = changed(key);
  if (!now) return before_->get(key, max_size);
  if (*now && (*now)->size() > max_size)
    throw Error(ErrorCode::limit_exceeded, "a chunk that was written is too large to be read");
  return std::move(*now);
}

std::optional<Bytes> ShardEdit::get_range(const store::Key& key, std::uint64_t offset,
                                          std::uint64_t size) const {
  const auto now = changed(key);
  if (!now) return before_->get_range(key, offset, size);
  if (!*now) return std::nullopt;
  const Bytes& value = **now;
  const auto from = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(offset, value.size()));
  const auto count = static_cast<std::ptrdiff_t>(
      std::min<std::uint64_t>(size, value.size() - static_cast<std::uint64_t>(from)));
  return Bytes(value.begin() + from, value.begin() + from + count);
}

std::optional<std::uint64_t> ShardEdit::size(const store::Key& key) const {
  const auto now = changed(key);
  if (!now) return before_->size(key);
  return *now ? std::optional<std::uint64_t>((*now)->size()) : std::nullopt;
}

store::Listing ShardEdit::list_dir(const std::string& prefix) const {
  return before_->list_dir(prefix);
}

void ShardEdit::set(const store::Key& key, BytesView value) {
  const auto place = before_->place_of(key);
  Bytes held(value.begin(), value.end());
  const std::lock_guard lock(mutex_);
  changes_[place.shard.str()].insert_or_assign(place.number, std::move(held));
}

void ShardEdit::erase(const store::Key& key) {
  const auto place = before_->place_of(key);
  const std::lock_guard lock(mutex_);
  changes_[place.shard.str()].insert_or_assign(place.number, std::nullopt);
}

void ShardEdit::commit() {
  for (const auto& [shard, changes] : changes_) write(store::Key(shard), changes);
  if (owned_) owned_->commit();
}

void ShardEdit::write(const store::Key& shard, const Changes& changes) {
  const ShardLevel& level = before_->level();
  const auto old = before_->index(shard);
  ShardIndex index(before_->chunk_count());
  const std::uint64_t index_size = ShardIndex::encoded_size(level, index.chunk_count());
  std::uint64_t end = level.index_at_start ? index_size : 0;
  bool is_empty = true;
  for (std::uint64_t number = 0; number < index.chunk_count(); ++number) {
    const auto change = changes.find(number);
    std::optional<std::uint64_t> size;
    if (change != changes.end()) {
      if (change->second) size = change->second->size();
    } else if (old && (*old)[number]) {
      size = (*old)[number]->size;
    }
    if (!size) continue;
    index[number] = ShardIndex::Entry{end, *size};
    end = checked_add(end, *size, "the size of a shard");
    is_empty = false;
  }
  if (is_empty) return below_.erase(shard);
  const auto value = below_.begin(shard);
  if (level.index_at_start) value->append(index.encode(level));
  for (std::uint64_t number = 0; number < index.chunk_count(); ++number) {
    if (!index[number]) continue;
    if (const auto change = changes.find(number); change != changes.end()) {
      value->append(*change->second);
      continue;
    }
    const ShardIndex::Entry& entry = *(*old)[number];
    const auto bytes = below_.get_range(shard, entry.offset, entry.size);
    if (!bytes || bytes->size() != entry.size) {
      Error error(ErrorCode::corrupt_data, "a chunk of this shard ends before its size");
      error.at(shard.str());
      throw error;
    }
    value->append(*bytes);
  }
  if (!level.index_at_start) value->append(index.encode(level));
  value->finish();
}

}  // namespace engram::zarr
