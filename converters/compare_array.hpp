#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "converters/compare_blocks.hpp"
#include "converters/compare_context.hpp"
#include "converters/compare_elements.hpp"

namespace engram::converter {

/// The elements of two arrays of one shape, compared block by block:
///  - by the bytes of their chunks as they lie, where both have the same chunks under the same
///    codecs: if these are the same, so are the elements;
///  - else decoded.
/// Blocks that neither array stores anything of are not read: there both have their fill value.
///
/// Threads: compare() may be called by many threads at once for different blocks.
class ArrayComparison {
 public:
  /// Lists the chunks of both. `pair` and `context` must live on.
  ArrayComparison(const DatasetPair& pair, CompareContext& context);

  /// Blocks to compare, and the bytes that are held meanwhile.
  std::uint64_t count() const noexcept {
    return numbers_ ? numbers_->size() : blocks_->chunk_count();
  }
  std::uint64_t cost() const noexcept { return cost_; }

  /// Bytes of A in one block.
  std::uint64_t block_bytes() const noexcept { return block_bytes_; }

  void compare(std::uint64_t index, ProgressMeter& progress);

  /// When all blocks are compared: what lies between them, the result, and the meter.
  void finish(ProgressMeter& progress);

  const DatasetPair& pair() const noexcept { return pair_; }

  /// Blocks that are still to be compared, for the caller to count down.
  std::atomic<std::uint64_t> open_blocks{0};

 private:
  // One of the two.
  struct Side {
    Side(const ArraySource& of, const std::string& in) : source(of), file(in) {}

    void list(const std::string& path);
    const EncodedChunk* find(std::uint64_t number) const;
    std::uint64_t chunk_bytes() const;
    Bytes fill() const;

    const ArraySource& source;
    const std::string& file;
    std::shared_ptr<const EncodedChunks> stored;
    std::optional<std::vector<EncodedChunk>> chunks;  ///< All that are stored, where it is known.
    std::unique_ptr<const BlockReader> reader;
  };

  void list();
  void choose_blocks();
  void read(const Side& side, const Region& region, std::span<std::byte> out) const;
  bool same_as_stored(std::uint64_t number) const;
  void compare_elements(const Region& region, BytesView a, BytesView b);
  void compare_holes();

  const DatasetPair& pair_;
  CompareContext& context_;
  const ElementRules elements_;
  Side a_, b_;
  std::optional<ChunkGrid> blocks_;
  std::optional<std::vector<std::uint64_t>> numbers_;  ///< Of the blocks to compare; none: all.
  bool by_stored_ = false;                             ///< Chunks may be the same as they lie.
  std::uint64_t cost_ = 0, block_bytes_ = 0;
  std::atomic<std::uint64_t> elements_done_{0};
  ElementDifferences found_;
};

}  // namespace engram::converter
