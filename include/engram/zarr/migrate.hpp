#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engram/base/json.hpp"

namespace engram::zarr {

struct MigrateOptions {
  /// Only arrays that have one of these codecs, by name; empty: all.
  std::vector<std::string> codecs;
  bool dry_run = false;                 ///< Says what would be done; nothing is changed.
  unsigned threads = 0;                 ///< 0: one a core.
  std::uint64_t memory = 512ULL << 20;  ///< Bytes that chunks may take beside metadata.
  std::stop_token stop = {};  ///< Looked at between chunks: Error(cancelled), the array as it was.
  std::function<void(const std::string& path)> on_array;  ///< Before each array; may be empty.
};

/// An array whose data are of an older version of a codec's format.
struct MigratedArray {
  std::string path;
  std::string codec;                                ///< The first that is older than it could be.
  std::string from, to;                             ///< Its versions: "1.0".
  std::uint64_t chunks = 0;                         ///< Stored ones.
  std::uint64_t bytes_before = 0, bytes_after = 0;  ///< Of chunks; after a dry run both are 0.
};

struct MigrateReport {
  bool dry_run = false;
  std::uint64_t arrays = 0;             ///< All that were looked at.
  std::vector<MigratedArray> migrated;  ///< Sorted by path; in a dry run, those that would be.
  std::vector<std::string> notices;     ///< Arrays with codecs that are not known, by path.
};

Json to_json(const MigrateReport& report);
std::string summary(const MigrateReport& report);

/// Encodes anew, in place, the arrays of the Zarr store at `store` (a directory) whose codecs
/// have a version ("codec_version") older than the one that is written now; see
/// codec::known_codecs(). Each array is one transaction: whole or untouched, also when the process
/// is killed, and what it held is what it holds, which is checked chunk by chunk. Reading never
/// migrates anything.
///
/// Throws Error(not_found), Error(unsupported) for a store that can't be locked or listed,
/// Error(corrupt_data) naming a chunk that can't be decoded: arrays before that one are migrated.
MigrateReport migrate(const std::string& store, const MigrateOptions& options = {});

}  // namespace engram::zarr
