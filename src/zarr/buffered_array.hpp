#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "zarr/chunk_buffer.hpp"

namespace engram::zarr {

/// An array that grows while it is written, through a ChunkBuffer: its chunks are encoded once each
/// where what comes fills them, and its `.zarray` tells of a longer shape only when publish() says
/// so. Until then what was written beyond the published shape is invisible.
///
/// Writes that overlap: the last one wins. Elements that were never written are the fill value,
/// whatever a writer that was killed has left there.
///
/// Threads: as ChunkBuffer.
class BufferedArray {
 public:
  /// `max_shape` has UINT64_MAX where there is no end. `is_new`: nothing can lie beyond the shape.
  /// `buffer` must live longer. Throws Error(invalid_argument) when `max_shape` is no shape that
  /// the array can grow to, Error(unsupported) when engram can't write its elements.
  BufferedArray(ChunkBuffer& buffer, std::shared_ptr<store::Store> store, Array array,
                Shape max_shape, bool is_new, const Limits& limits = {});
  ~BufferedArray();
  BufferedArray(const BufferedArray&) = delete;
  BufferedArray& operator=(const BufferedArray&) = delete;

  /// As published.
  const Array& array() const noexcept { return array_; }
  /// With all that was written.
  const Shape& shape() const noexcept { return shape_; }
  const Shape& max_shape() const noexcept { return max_shape_; }

  /// Fills the boxes one after another with `elements` (little-endian, C order in each box). Throws
  /// Error(invalid_argument), before anything is done, for a box of another rank or beyond the
  /// maximal shape, or elements of another size; what an earlier chunk has failed with; what
  /// reading or writing a chunk fails with: then part of the elements may have been taken, and the
  /// same call may be tried again.
  void write(std::span<const Region> selection, BytesView elements);
  void write_objects(std::span<const Region> selection, std::span<const Json> objects);

  /// The metadata with shape().
  ArrayMetadata grown() const;

  /// Makes shape() that of `.zarray`. All chunks are written.
  void publish();

 private:
  template <typename Put>
  void fill(std::span<const Region> selection, Put put);
  BufferedChunk& chunk_at(const Shape& place, std::uint64_t count);
  std::uint64_t wanted_of(const Shape& place) const;
  bool may_be_stored(const Shape& place) const;
  Shape grown_shape(std::span<const Region> selection) const;
  void make_grid_for(const Shape& shape);
  void trim_once();
  [[noreturn]] void refuse(const std::string& why) const;
  void touch(const Region& box);

  ChunkBuffer& buffer_;
  std::shared_ptr<store::Store> store_;
  Array array_;
  Shape shape_, max_shape_;
  Limits limits_;
  bool is_trimmed_;
  Shape touched_;                  ///< Beyond it nothing is stored.
  std::shared_ptr<Array> chunks_;  ///< With room for whole chunks beyond the shape.
  ChunkPlaces places_;
};

}  // namespace engram::zarr
