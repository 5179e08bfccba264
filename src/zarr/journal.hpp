#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engram/base/limits.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/transaction.hpp"

namespace engram::zarr {

/// Where a transaction keeps what is not true yet. Never a group or an array, and no name in it is
/// one of metadata.
inline constexpr std::string_view kJournalPrefix = ".engram-append";

/// A value that a transaction gives to `key`: it lies under journal_key(number) and has `size`
/// bytes. Without number the key is removed.
struct JournalEntry {
  std::string key;
  std::optional<std::uint64_t> number;
  std::uint64_t size = 0;
};

/// What is to be done, once it is decided.
struct CommitRecord {
  std::vector<JournalEntry> unseen;    ///< Chunks that nobody looks for before the metadata change.
  std::vector<JournalEntry> together;  ///< All that readers see, in the order of need.
};

store::Key journal_key(std::uint64_t number);

/// True for keys of the journal.
bool is_journal_key(std::string_view key) noexcept;

/// Writes the record: from then on the transaction is decided.
void write_record(store::Store& store, const CommitRecord& record);

/// nullopt where there is none. Throws Error(corrupt_data) for one that is damaged or hostile.
std::optional<CommitRecord> read_record(const store::ReadableStore& store, const Limits& limits);

/// Does what `record`, which lies in `store`, says, from wherever it was left, and removes the
/// journal.
void complete(store::Store& store, const CommitRecord& record, bool sync);

/// Ends what was left, by whoever holds the lock of `store`.
Recovery recover_locked(store::Store& store, bool sync, const Limits& limits);

}  // namespace engram::zarr
