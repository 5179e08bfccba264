#include "zarr/chunk_cache.hpp"

#include <iterator>
#include <utility>

namespace engram::zarr {

std::shared_ptr<const Bytes> ChunkCache::find(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  const auto found = places_.find(key);
  if (found == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->chunk;
}

std::uint64_t ChunkCache::version() const {
  const std::scoped_lock lock(mutex_);
  return version_;
}

std::shared_ptr<const Bytes> ChunkCache::keep(const std::string& key, Bytes chunk,
                                              std::uint64_t version) {
  auto kept = std::make_shared<const Bytes>(std::move(chunk));
  const std::scoped_lock lock(mutex_);
  if (version != version_ || kept->size() > most_) return kept;
  if (const auto found = places_.find(key); found != places_.end()) drop(found->second);
  while (held_ + kept->size() > most_) drop(std::prev(entries_.end()));
  entries_.push_front({key, kept});
  places_[key] = entries_.begin();
  held_ += kept->size();
  return kept;
}

void ChunkCache::forget(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  ++version_;
  if (const auto found = places_.find(key); found != places_.end()) drop(found->second);
}

void ChunkCache::forget_all() {
  const std::scoped_lock lock(mutex_);
  ++version_;
  entries_.clear();
  places_.clear();
  held_ = 0;
}

void ChunkCache::drop(Entries::iterator entry) {
  held_ -= entry->chunk->size();
  places_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace engram::zarr
