#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engram/base/limits.hpp"
#include "engram/store/store.hpp"

namespace engram::zarr {

/// What was done with a transaction that did not end: one whose process was killed.
enum class Recovery {
  nothing,      ///< There was none.
  rolled_back,  ///< It was not decided yet: the store is as it was before it, byte for byte.
  completed,    ///< It was: the store is as it was to be after it.
};

/// Ends the transaction on `store` that was left unfinished, if there is one. What Transaction
/// does first. Throws Error(already_exists) when a transaction is running, Error(corrupt_data)
/// naming the journal when that is damaged or none of engram's: then nothing is changed.
Recovery recover(store::Store& store, const Limits& limits = {});

struct TransactionOptions {
  /// Consolidated metadata that say something else than the single files: what another writer left
  /// that forgot them.
  enum class Stale {
    refuse,  ///< Error(corrupt_data) that names what differs; nothing is changed.
    renew,   ///< The single files are right, and commit() makes `.zmetadata` from them.
    trust,   ///< Nobody looks, which saves reading all metadata; what was stale stays so.
  };
  Stale stale = Stale::refuse;
  /// Makes each step durable before the next, so that the promise holds for a machine that loses
  /// its power, too. Without, it holds for a process that is killed.
  bool sync = true;
  Limits limits;
};

/// Changes of a store that are made together or not at all. It is a store itself: what is set and
/// erased through it is seen through it, by zarr::Group and zarr::Array as well, and becomes true
/// in the store behind it by commit().
///
///  - Values that are set lie in the store under `.engram-append/` until then, which no reader of
///    Zarr takes for a group or an array. Metadata documents (`.zgroup`, `.zarray`, `.zattrs`,
///    `zarr.json`) are held in memory. Nothing else of the store is touched, so that who reads it
///    sees no change.
///  - `.zmetadata`, where there is one, is amended by commit(), and can't be set. So is in Zarr v3
///    what the root's `zarr.json` holds of the others; until then it is seen as it was.
///  - Killed at any step, the store is as before or as after for all who open it: readers of
///    consolidated metadata and of single files, with or without engram. The next Transaction, or
///    recover(), ends what was left; see specs/zarr-layout.md. (One exception: on a store that
///    can't replace several values as one, see Store::replace_together(), readers may meet some of
///    the new metadata and chunks beside old ones between the kill and the recovery.)
///  - Who has the store open already when it is committed goes on with the old metadata and the
///    chunks there are: where arrays only grow, all that it sees is as it was.
///
/// Threads: the members of Store by many at once, different keys; commit() by one.
class Transaction final : public store::Store {
 public:
  /// Keeps other writers away, and recovers first. Throws what Store::lock() and recover() throw;
  /// see TransactionOptions::Stale.
  explicit Transaction(std::shared_ptr<store::Store> store, const TransactionOptions& options = {});
  /// What was not committed never was.
  ~Transaction() override;

  Recovery recovered() const noexcept;

  /// Makes all changes at once; nothing may be changed through this object afterwards. When it
  /// throws and is_decided(), the changes are made by the next recover(); else none was made.
  void commit();
  bool is_decided() const noexcept;

  std::optional<Bytes> get(const store::Key& key, std::uint64_t max_size) const override;
  std::optional<Bytes> get_range(const store::Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override;
  std::optional<std::uint64_t> size(const store::Key& key) const override;
  store::Listing list_dir(const std::string& prefix) const override;
  std::string name() const override;
  void set(const store::Key& key, BytesView value) override;
  void erase(const store::Key& key) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace engram::zarr
