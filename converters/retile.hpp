#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/base/memory_budget.hpp"
#include "engram/base/thread_pool.hpp"

namespace engram::converter {

/// How an array is cut into other chunks: in bands, each some rows of chunks of the target over a
/// part of the second dimension (all of it, if memory allows). The source is read band by band from
/// the first row on, so that none of its chunks is read or decoded twice for one part.
struct Bands {
  Shape chunk_shape;              ///< Of the target.
  std::uint64_t source_rows = 1;  ///< The source is read in multiples of so many rows.
  std::uint64_t rows = 0;         ///< Of a band; a multiple of a chunk's.
  std::uint64_t columns = 0;      ///< Of a part: lengths along dimension 1; 1 for one dimension.
  std::uint64_t bytes = 0;        ///< Held for a band, chunks that pass in and out apart.
};

/// The bands for an array of `source`, of which chunks of `chunk_shape` are wanted, in at most
/// `memory` bytes. Nothing where chunks are better read one by one: they lie in the source as they
/// are, or one after another; or no band fits.
std::optional<Bands> plan_bands(const ArrayInfo& source, const Shape& chunk_shape,
                                std::uint64_t memory);

/// True when engram itself decodes what was encoded with all of `codecs`.
bool all_known(const std::vector<CodecConfig>& codecs);

/// Takes the elements of chunk `number`, little-endian, cut at the array's end: the first `size`
/// bytes of `memory`, which has room for a whole chunk and may be changed.
using TakeChunk =
    std::function<void(std::uint64_t number, std::span<std::byte> memory, std::uint64_t size)>;

/// Whether chunk `number` is wanted. Empty: all are.
using IsWanted = std::function<bool(std::uint64_t number)>;

/// Reads `source` band by band and gives `take` each chunk that is wanted, several at a time, on
/// the threads of `pool`; the caller is none of them. A band of which none is wanted is not read.
/// Waits for free memory in `budget` once and holds it. Throws what reading and `take` throw, and
/// Error(cancelled).
void copy_bands(const ArraySource& source, const Bands& bands, const IsWanted& is_wanted,
                const TakeChunk& take, ThreadPool& pool, MemoryBudget& budget,
                std::stop_token stop);

}  // namespace engram::converter
