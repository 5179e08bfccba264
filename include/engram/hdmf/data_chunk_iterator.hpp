#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/array/element.hpp"
#include "engram/array/region.hpp"
#include "engram/base/bytes.hpp"
#include "engram/hdmf/object_source.hpp"
#include "engram/hdmf/value.hpp"

namespace engram::hdmf {

/// The length of a dimension that may grow without end, in a maximal shape.
inline constexpr std::uint64_t kUnlimited = UINT64_MAX;

/// What the elements of a dataset are: of fixed size, or values.
using ElementType = std::variant<DataType, ObjectType>;

/// Some elements of a dataset and where they go.
struct DataChunk {
  /// Boxes of the dataset, filled one after another, each in C order. Where two overlap the later
  /// one wins. See select_mask() and its like for selections that are no boxes.
  std::vector<Region> selection;
  /// Elements of fixed size, little-endian at every depth; or values.
  std::variant<Bytes, std::vector<Value>> elements;
};

/// Where the true ones of `mask`, which has `shape`, lie: runs along the last dimension. The
/// elements that go there are in C order, as h5py and NumPy take them for a mask. Throws
/// Error(invalid_argument) when `mask` has another number of elements than `shape`.
std::vector<Region> select_mask(const std::vector<bool>& mask, const Shape& shape);

/// A box of one element for each of `points`. Throws Error(invalid_argument) unless all have the
/// same rank.
std::vector<Region> select_points(std::span<const Shape> points);

/// Whole slices at `rows` of the first dimension, in their order, of a dataset whose other
/// dimensions are `row_shape`; neighbours in rising order are one box.
std::vector<Region> select_rows(std::span<const std::uint64_t> rows, const Shape& row_shape);

/// The elements in all boxes of a selection together. Throws Error(limit_exceeded) beyond 64 bits.
std::uint64_t selected_count(std::span<const Region> selection);

/// A dataset that comes piece by piece: hdmf's AbstractDataChunkIterator. Pieces may come in any
/// order and leave gaps, which are the fill value.
///
/// Threads: one at a time uses an iterator; whoever exhausts several calls all of them on one
/// thread.
class DataChunkIterator {
 public:
  virtual ~DataChunkIterator() = default;

  virtual const ElementType& type() const = 0;

  /// How long the dataset may become: kUnlimited where that is not known.
  virtual const Shape& max_shape() const = 0;

  /// The chunk shape that suits the pieces; empty: none better than another.
  virtual const Shape& chunk_shape() const = 0;

  /// The next piece, or nullopt at the end. May throw anything.
  virtual std::optional<DataChunk> next() = 0;
};

/// What an iterator is apart from its pieces.
struct IteratorInfo {
  ElementType type;
  Shape max_shape;
  Shape chunk_shape = {};  ///< Empty: none better than another.
};

/// An iterator over what `next` returns until it is nullopt, and no more after that.
std::unique_ptr<DataChunkIterator> make_iterator(IteratorInfo info,
                                                 std::function<std::optional<DataChunk>()> next);

/// How slices become pieces.
struct RowOptions {
  std::uint64_t buffer_rows = 1;  ///< Slices that are gathered to one piece, at least.
  std::size_t axis = 0;           ///< The dimension along which slices follow one another.
  std::uint64_t first = 0;        ///< The place of the first slice along it.
};

/// hdmf's DataChunkIterator: an iterator over slices across all other dimensions, which follow one
/// another along one. `next` returns the elements of one slice or of several, one slice after
/// another; none at all for a moment without data; nullopt at the end. Throws
/// Error(invalid_argument) when another dimension than that has no length or there is no such
/// dimension; its next() when elements are no whole number of slices.
std::unique_ptr<DataChunkIterator> iterate_rows(IteratorInfo info,
                                                std::function<std::optional<Bytes>()> next,
                                                const RowOptions& options = {});

/// The same for values: text, references.
std::unique_ptr<DataChunkIterator> iterate_values(
    IteratorInfo info, std::function<std::optional<std::vector<Value>>()> next,
    const RowOptions& options = {});

/// The same for elements that are `T`. `max_shape` as in IteratorInfo.
template <Element T>
std::unique_ptr<DataChunkIterator> iterate_rows(Shape max_shape,
                                                std::function<std::optional<std::vector<T>>()> next,
                                                const RowOptions& options = {}) {
  return iterate_rows(
      IteratorInfo{data_type_of<T>(), std::move(max_shape), {}},
      [next = std::move(next)]() -> std::optional<Bytes> {
        const std::optional<std::vector<T>> rows = next();
        if (!rows) return std::nullopt;
        Bytes bytes;
        if constexpr (std::is_same_v<T, bool>) {
          for (const bool value : *rows) bytes.push_back(std::byte{value});
        } else {
          const BytesView view = std::as_bytes(std::span(*rows));
          bytes.assign(view.begin(), view.end());
        }
        return bytes;
      },
      options);
}

/// How an array is cut into blocks. A shape that is empty is chosen as hdmf's
/// GenericDataChunkIterator chooses it.
struct BlockOptions {
  Shape chunk_shape = {};                      ///< Of the dataset to be made.
  Shape buffer_shape = {};                     ///< Of a piece: whole chunks.
  std::uint64_t chunk_bytes = 10'000'000;      ///< About; for a chunk shape that is chosen.
  std::uint64_t buffer_bytes = 1'000'000'000;  ///< About; for a buffer shape that is chosen.
};

/// hdmf's GenericDataChunkIterator: the elements of `source`, or of the box `part` of it (then at
/// the origin of the new dataset), block by block in C order, so that each block is whole chunks.
/// Throws Error(invalid_argument) when a shape that is given has another rank than the array or a
/// length of 0, is longer than the array, or blocks are no whole chunks.
std::unique_ptr<DataChunkIterator> iterate_blocks(std::shared_ptr<const ArraySource> source,
                                                  const BlockOptions& options = {},
                                                  const std::optional<Region>& part = {});

/// The same over whatever `read` returns for a box of an array of `info.max_shape`, which has no
/// unlimited dimension: what is computed block by block.
std::unique_ptr<DataChunkIterator> iterate_blocks(IteratorInfo info,
                                                  std::function<Bytes(const Region&)> read,
                                                  const BlockOptions& options = {});

/// The chunk shape that hdmf's GenericDataChunkIterator chooses for an array of `shape`, no length
/// of which is 0: the array's proportions, about `chunk_bytes`, no more than the array.
Shape default_chunk_shape(const Shape& shape, std::uint64_t element_size,
                          std::uint64_t chunk_bytes);

/// The buffer shape that it chooses: a multiple of the chunk shape, about `buffer_bytes`, no more
/// than the array.
Shape default_buffer_shape(const Shape& shape, const Shape& chunk_shape, std::uint64_t element_size,
                           std::uint64_t buffer_bytes);

}  // namespace engram::hdmf
