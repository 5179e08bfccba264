#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engram/array/data_type.hpp"
#include "engram/array/region.hpp"
#include "engram/base/json.hpp"

namespace engram {

/// A codec by name and configuration, in numcodecs' words: {"zlib", {"level": 4}}, {"shuffle",
/// {"elementsize": 2}}, {"blosc", {"cname": "zstd", "clevel": 5, "shuffle": 2, "blocksize": 0}}.
struct CodecConfig {
  std::string name;
  Json configuration = Json::object();

  friend bool operator==(const CodecConfig&, const CodecConfig&) = default;
};

/// What an array of fixed-size elements is, apart from its values.
struct ArrayInfo {
  DataType type;  ///< As the elements are stored.
  Shape shape;
  Shape chunk_shape;                ///< Empty: not chunked.
  std::optional<Bytes> fill_value;  ///< One element of `type`; none: undefined, read as zeros.
};

/// A chunk that exists, as it lies: `number` counts places of the grid in C order.
struct EncodedChunk {
  std::uint64_t number = 0;
  std::uint64_t size = 0;  ///< Bytes as stored.
};

/// The chunks of an array as they lie in their file.
///
/// Threads: every member may be called by many threads at once.
class EncodedChunks {
 public:
  virtual ~EncodedChunks() = default;

  /// What was applied to each chunk, first applied first. Empty: chunks are stored as they are.
  virtual const std::vector<CodecConfig>& codecs() const = 0;

  /// All chunks that exist, by number. Chunks that are not listed hold the fill value.
  virtual std::vector<EncodedChunk> chunks() const = 0;

  /// Puts the bytes of `chunk` into `out`, which has its size, and returns the chunk's filter mask:
  /// bit k set means that codec k was not applied to this chunk. Throws Error(corrupt_data),
  /// Error(io_error).
  virtual std::uint32_t read(const EncodedChunk& chunk, std::span<std::byte> out) const = 0;
};

/// An array that can be read: an HDF5 dataset or a Zarr array of fixed-size elements.
///
/// Threads: every member may be called by many threads at once.
class ArraySource {
 public:
  virtual ~ArraySource() = default;

  virtual const ArrayInfo& info() const = 0;

  /// The elements of `region`, C order, one after another, as `info().type.little_endian()`. `out`
  /// has exactly their size. Throws Error(corrupt_data), Error(unsupported) (a filter that nobody
  /// here can decode, by name), Error(io_error).
  virtual void read(const Region& region, std::span<std::byte> out) const = 0;

  /// False when nothing is stored and every element is the fill value, however large the shape.
  virtual bool is_stored() const { return true; }

  /// The chunks as they lie, or nullptr where elements can be had only by read().
  virtual const EncodedChunks* encoded() const { return nullptr; }

  /// The chunks as they lie, to be looked at and not to be taken elsewhere: encoded(), or those of
  /// an array that gives none out. nullptr where it can't be told which chunks there are. Good as
  /// long as the source lives. May take as long as a listing of all chunks.
  virtual std::shared_ptr<const EncodedChunks> stored() const {
    return {std::shared_ptr<const EncodedChunks>(), encoded()};
  }
};

/// An array that is being written.
///
/// Threads: members may be called by many threads at once for different chunks.
class ArraySink {
 public:
  virtual ~ArraySink() = default;

  /// Counts a chunk that is there already, of an earlier run that did not end, as written: true,
  /// and it must not be written again. False, as it is here, when there is none.
  virtual bool take_over(std::uint64_t chunk_number) {
    static_cast<void>(chunk_number);
    return false;
  }

  /// The number of the value of the store that the chunk lies in. Where several chunks share one (a
  /// shard), one thread writes all of them, in the order of their numbers, and then calls
  /// finish_shard(). As it is here, each chunk lies in one of its own.
  virtual std::uint64_t shard_of(std::uint64_t chunk_number) const { return chunk_number; }

  /// Whether shard_of() puts more than one chunk into a shard.
  virtual bool has_shards() const { return false; }

  /// All chunks of the shard that there are have been written or taken over.
  virtual void finish_shard(std::uint64_t shard) { static_cast<void>(shard); }

  /// Takes a chunk as it lies in the source, encoded with the codecs that the sink was created for
  /// but for those that `filter_mask` names. `bytes` may be changed by the call.
  virtual void write_encoded(std::uint64_t chunk_number, std::uint32_t filter_mask,
                             Bytes& bytes) = 0;

  /// Encodes one chunk and stores it. `elements` are little-endian and C order and cover the part
  /// of the array that the chunk holds (cut at the array's end).
  virtual void write(std::uint64_t chunk_number, BytesView elements) = 0;

  /// The same with the first `size` bytes of `memory`, which has room for a whole chunk and may be
  /// changed by the call.
  virtual void write_in(std::uint64_t chunk_number, std::span<std::byte> memory,
                        std::uint64_t size) {
    write(chunk_number, memory.first(static_cast<std::size_t>(size)));
  }
};

}  // namespace engram
