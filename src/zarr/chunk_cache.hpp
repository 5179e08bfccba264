#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engram/base/bytes.hpp"

namespace engram::zarr {

/// Decoded chunks that were read last, up to a number of bytes. Threads: may be used by many.
class ChunkCache {
 public:
  explicit ChunkCache(std::uint64_t bytes) : most_(bytes) {}

  /// The chunk, which becomes the last to go; nullptr when it is not here.
  std::shared_ptr<const Bytes> find(const std::string& key);

  /// Changes whenever something was forgotten that may have been read before.
  std::uint64_t version() const;

  /// Puts a chunk here that was read after version() was `version`, unless it is larger than all of
  /// the cache or may be overtaken by then; the chunks that were not asked for longest make room.
  std::shared_ptr<const Bytes> keep(const std::string& key, Bytes chunk, std::uint64_t version);

  void forget(const std::string& key);
  void forget_all();

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Bytes> chunk;
  };
  using Entries = std::list<Entry>;

  void drop(Entries::iterator entry);

  const std::uint64_t most_;
  mutable std::mutex mutex_;
  Entries entries_;  ///< The last used first.
  std::map<std::string, Entries::iterator> places_;
  std::uint64_t held_ = 0, version_ = 0;
};

}  // namespace engram::zarr
