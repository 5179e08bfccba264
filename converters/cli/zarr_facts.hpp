#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engram/base/json.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/hierarchy.hpp"

namespace engram::cli {

/// What a Zarr array has beside what every dataset has.
struct ZarrFacts {
  zarr::ArrayMetadata metadata;
  std::uint64_t chunks = 0;  ///< In the grid; 2^64 - 1 where they are more.
  /// Those that are there, and their bytes. None where the store can't list.
  std::optional<std::uint64_t> stored_chunks, stored_bytes;
};

/// The arrays of a store, by path.
class ZarrArrays {
 public:
  /// Reads all metadata of `store`.
  explicit ZarrArrays(std::shared_ptr<const store::ReadableStore> store);

  /// Of the array at `path` ("/a/b", "/"); nullopt where there is none. Counts its chunks.
  std::optional<ZarrFacts> facts(std::string_view path) const;

 private:
  std::shared_ptr<const store::ReadableStore> store_;
  zarr::Node root_;
};

/// "shuffle + zlib(4), 9.8 KB, 3 of 4 chunks"; empty when there is nothing to tell.
std::string describe(const ZarrFacts& facts);

/// Adds the facts to a dataset's JSON.
void add_facts(Json& json, const ZarrFacts& facts);

}  // namespace engram::cli
