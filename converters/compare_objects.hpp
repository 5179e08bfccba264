#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "converters/compare_context.hpp"
#include "engram/array/chunk_grid.hpp"
#include "engram/hdmf/object_source.hpp"

namespace engram::converter {

/// The values of two datasets of one shape, of which one at least holds objects, compared in blocks
/// of rows, along the larger chunks of the two. A block is read in boxes that begin small, because
/// nothing says how large a text is before it is read, and grow where values turn out to be small.
///
/// Threads: compare() may be called by many threads at once for different blocks.
class ObjectComparison {
 public:
  /// `pair` and `context` must live on.
  ObjectComparison(const DatasetPair& pair, CompareContext& context);

  std::uint64_t count() const noexcept { return blocks_.chunk_count(); }
  std::uint64_t cost() const noexcept;

  void compare(std::uint64_t block, ProgressMeter& progress);

  /// When all blocks are compared.
  void finish(ProgressMeter& progress);

  const DatasetPair& pair() const noexcept { return pair_; }

  /// Blocks that are still to be compared, for the caller to count down.
  std::atomic<std::uint64_t> open_blocks{0};

 private:
  using Values = std::vector<hdmf::Value>;

  static Values read(const hdmf::DatasetBuilder& dataset, const Region& region);
  std::uint64_t compare_box(const Region& box);
  void compare_one(const Region& box, std::uint64_t number, const hdmf::Value& a,
                   const hdmf::Value& b);
  void count_references(const hdmf::Value& value);

  const DatasetPair& pair_;
  CompareContext& context_;
  const ValueRules rules_;
  const hdmf::ObjectType a_type_, b_type_;
  const bool has_references_;
  const ChunkGrid blocks_;
  std::uint64_t block_bytes_ = 0;
  std::atomic<std::uint64_t> box_elements_;  ///< Of the next box.
  std::atomic<std::uint64_t> mapped_{0};     ///< Values that are equal as JSON only.
  ElementDifferences found_;
};

/// The bytes that a dataset of objects counts for in progress: nobody knows them before.
inline constexpr std::uint64_t kObjectBytes = 16;

}  // namespace engram::converter
