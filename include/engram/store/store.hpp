#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engram/base/bytes.hpp"
#include "engram/store/key.hpp"

namespace engram::store {

/// What lies directly below a prefix.
struct Listing {
  std::vector<std::string> keys;      ///< Names of values, sorted by bytes.
  std::vector<std::string> prefixes;  ///< Names of what has more below it, sorted by bytes.
};

/// Keeps a store for one writer; given back by its destructor.
class WriteLock {
 public:
  virtual ~WriteLock() = default;
};

/// One change of Store::replace_together(): the value of `from`, which is removed, becomes that of
/// `to`; without `from`, `to` is removed.
struct Replacement {
  Key to;
  std::optional<Key> from;
};

/// A place that holds Zarr data: a flat map from keys to byte strings, with the verbs of the Zarr
/// v2 abstract store interface.
///
/// Threads: every member may be called by many threads at once.
/// Errors: members throw Error(io_error). A key that is not there is an answer, never an error.
class ReadableStore {
 public:
  virtual ~ReadableStore() = default;

  /// The value of `key`, or nullopt when there is none. Throws Error(limit_exceeded) when it is
  /// longer than `max_size`.
  virtual std::optional<Bytes> get(const Key& key, std::uint64_t max_size) const = 0;

  /// The same into `out`, which becomes the value and may be used again for the next: false, and
  /// `out` of no meaning, when there is no value.
  virtual bool get_into(const Key& key, std::uint64_t max_size, Bytes& out) const;

  /// `size` bytes of the value of `key` from `offset` on; fewer, down to none, when the value ends
  /// earlier, or nullopt when there is no value. No more than these bytes are held in memory.
  virtual std::optional<Bytes> get_range(const Key& key, std::uint64_t offset,
                                         std::uint64_t size) const = 0;

  /// The size of the value of `key` in bytes, or nullopt when there is none.
  virtual std::optional<std::uint64_t> size(const Key& key) const = 0;

  /// What lies directly below `prefix` ("" is the root, else a key's text without a trailing '/').
  /// Empty when nothing. Names that no key can have are left out. Throws Error(invalid_argument)
  /// when `prefix` is neither, Error(unsupported) when the medium can't list (a web server).
  virtual Listing list_dir(const std::string& prefix) const = 0;

  /// Where the store is, for messages: "/data/x.zarr", "memory".
  virtual std::string name() const = 0;
};

/// A value that is written piece by piece, so that none of it need be held: it is there, whole,
/// once finish() has returned, and until then nothing of it. Without finish() it never was.
///
/// Threads: one at a time. Errors: Error(io_error); nothing but the destructor may be called then.
class ValueWriter {
 public:
  virtual ~ValueWriter() = default;

  /// `bytes` come behind all that was appended before.
  virtual void append(BytesView bytes) = 0;

  /// To be called once, as the last.
  virtual void finish() = 0;
};

/// A store that can be written.
class Store : public ReadableStore {
 public:
  /// Puts `value` under `key`. Whoever reads at the same time sees the old value or the new one,
  /// whole. A value can't lie below another one: to set "a" and "a/b" throws Error(io_error).
  virtual void set(const Key& key, BytesView value) = 0;

  /// As set(), for a value that comes in pieces; may not outlive the store. Of several writers of
  /// one key the one that is finished last counts. As it is here, the value is held in memory.
  virtual std::unique_ptr<ValueWriter> begin(const Key& key);

  /// Keys below `prefix` will be set. A store of directories makes the directory; as it is here,
  /// nothing.
  virtual void expect(const Key& prefix) { static_cast<void>(prefix); }

  /// Removes `key`; nothing happens when there is none.
  virtual void erase(const Key& key) = 0;

  /// Removes all keys below `prefix` (as for list_dir(); "" is all of them), not the key `prefix`
  /// itself. Not at once: whoever reads meanwhile may see some of them. Keys that others set
  /// meanwhile may stay. As it is here, one erase() for each key that list_dir() names.
  virtual void erase_prefix(const std::string& prefix);

  /// Gives the value of `from` to `to`, in the place of whatever that had, and removes `from`;
  /// nothing happens when there is no `from`. Whoever reads `to` at the same time sees the old
  /// value or the new one. As it is here, the value is read and written.
  virtual void move(const Key& from, const Key& to);

  /// Makes all `changes`, of which no two have one key. Where the medium can, whoever reads
  /// meanwhile, or after the process was killed in the middle, finds all `to` as they were or all
  /// as they are to be; elsewhere, as it is here, they are changed one after another in their
  /// order. `scratch` is a prefix in which the `from` lie and nothing else may change meanwhile;
  /// what is left in it when this was interrupted is needed to read the store, and to go on: the
  /// same call again completes it. To be removed by the caller afterwards.
  virtual void replace_together(std::span<const Replacement> changes, const std::string& scratch);

  /// Makes durable what was changed before: it is there after the machine lost its power. As it is
  /// here, nothing.
  virtual void sync() {}

  /// Keeps other writers that ask for the lock away, of this process and of others, as long as the
  /// result lives. Throws Error(already_exists) when one has it, Error(io_error) when the store
  /// can't be changed, Error(unsupported), as it is here, when the medium has no locks.
  virtual std::unique_ptr<WriteLock> lock();

  /// Ends the writing. For a store that is nothing until it is complete (a zip file) this is what
  /// makes it appear under its name; nothing may be set or erased after it. For others, as it is
  /// here, it does nothing.
  virtual void finish() {}
};

}  // namespace engram::store
