#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include "engram/base/bytes.hpp"
#include "engram/base/memory_budget.hpp"
#include "engram/base/thread_pool.hpp"
#include "engram/store/store.hpp"

namespace engram::store {

/// The 16 bytes of an MD5 (RFC 1321). It tells damage, not malice: whoever wants to can make two
/// values with one MD5.
using Md5Digest = std::array<std::byte, 16>;

/// The MD5 of `bytes`. Throws Error(unsupported) when the system's libcrypto has none.
Md5Digest md5_of(BytesView bytes);

/// 32 hexadecimal digits.
std::string to_hex(const Md5Digest& digest);

/// What tells one value from another.
struct ValueChecksum {
  Md5Digest md5{};
  std::uint64_t size = 0;  ///< In bytes.

  friend bool operator==(const ValueChecksum&, const ValueChecksum&) = default;
};

/// What tells a prefix, with all that lies below it, from another.
struct PrefixChecksum {
  Md5Digest md5{};
  std::uint64_t files = 0;  ///< Values below the prefix.
  std::uint64_t bytes = 0;  ///< In all of them.

  /// As the DANDI archive and the Python package `zarr-checksum` write it:
  /// "481a2f77ab786a0f45aafd5db0971caa-0--0".
  std::string text() const;

  friend bool operator==(const PrefixChecksum&, const PrefixChecksum&) = default;
};

/// The checksums of a store's values, gathered while they are written, and what follows from them:
/// the checksum that the DANDI archive has for a Zarr, and a list for md5sum(1).
///
/// Threads: every member may be called by many threads at once; bytes are hashed by the thread that
/// brings them, while no other one waits. What two threads say of one key at the same time comes
/// in any order, as it does in a store.
/// Memory: the text of each key and about 100 bytes.
class Checksums {
 public:
  /// The value of `key` is `value` from now on. Throws as md5_of().
  void set(const Key& key, BytesView value);
  void set(const Key& key, const ValueChecksum& checksum);

  /// There is no such key any more, or no key below this prefix ("" is all of them), as a store's
  /// members of these names.
  void erase(const Key& key);
  void erase_prefix(const std::string& prefix);

  /// `to` has what `from` had, which is gone. When nothing is known of `from`, then of `to`
  /// neither.
  void move(const Key& from, const Key& to);

  bool contains(const Key& key) const;

  /// The DANDI Zarr checksum of what lies below `prefix` ("" is the root, else a key's text). It is
  /// the MD5 of a JSON text of the checksums of what lies directly below it, prefixes and values,
  /// both sorted by name. A prefix that nothing is known of has the checksum of no files.
  PrefixChecksum below(const std::string& prefix = "") const;

  /// One line a value, sorted by key, as md5sum(1) prints them: in a directory store's directory
  /// `md5sum --check` takes them. Calls `write` with one or more lines at a time; the lock is held
  /// meanwhile, so that it must not call this object.
  void write_manifest(const std::function<void(std::string_view lines)>& write) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, ValueChecksum, std::less<>> values_;
};

/// Adds the values of `store` that `checksums` does not know: all of a store that is there; after a
/// run that was interrupted and continued, those that the first one wrote. What is known is not
/// looked at again. Values are read on `pool`, of which the caller is none of the threads, many at
/// a time, and large ones in blocks, within `budget`. `on_value` is called for each of them, by any
/// thread, before it is read and after each block; it may be empty.
///
/// Throws as the store's members do (Error(unsupported) when it can't be listed), Error(cancelled)
/// after a request by `stop`.
void add_missing(Checksums& checksums, const ReadableStore& store, ThreadPool& pool,
                 MemoryBudget& budget, std::stop_token stop = {},
                 const std::function<void(const std::string& key)>& on_value = nullptr);

}  // namespace engram::store
