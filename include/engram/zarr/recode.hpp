#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engram/base/limits.hpp"
#include "engram/zarr/array.hpp"
#include "engram/zarr/transaction.hpp"

namespace engram::zarr {

/// What recode() did.
struct Recoded {
  std::uint64_t chunks = 0;
  std::uint64_t bytes_before = 0, bytes_after = 0;  ///< Of chunks, as stored.
};

/// Gives the array at `path` of the transaction's store other codecs: every chunk that is stored is
/// decoded by the old ones, encoded by `codecs`, and decoded again, to be the same. It is true once
/// the transaction is committed, and until then nothing is.
///
/// `codecs` are as many as the array has, and for an array of objects the first is the same. Throws
/// Error(invalid_argument) otherwise, Error(corrupt_data) naming the chunk that can't be decoded,
/// or that does not come back.
Recoded recode(Transaction& transaction, std::string_view path, std::vector<CodecConfig> codecs,
               const Workers& workers = {}, const Limits& limits = {});

}  // namespace engram::zarr
