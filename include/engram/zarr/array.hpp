#pragma once

#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/array/chunk_grid.hpp"
#include "engram/array/element.hpp"
#include "engram/base/error.hpp"
#include "engram/base/limits.hpp"
#include "engram/base/memory_budget.hpp"
#include "engram/base/thread_pool.hpp"
#include "engram/codec/pipeline.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/metadata.hpp"
#include "engram/zarr/store_handle.hpp"

namespace engram::zarr {

class ChunkCache;
class MetadataView;

namespace detail {

/// Throws Error(limit_exceeded): a region has more elements than memory can hold.
[[noreturn]] void refuse_region(std::uint64_t count);

/// Bytes that no process can have: half of what 64-bit systems address.
inline constexpr std::uint64_t kBeyondMemory = 1ULL << 46U;

/// `count` values that are 0.
template <typename Vector>
Vector make_values(std::uint64_t count) try {
  if (count > kBeyondMemory / sizeof(typename Vector::value_type)) refuse_region(count);
  return Vector(static_cast<std::size_t>(count));
} catch (const std::bad_alloc&) {
  refuse_region(count);
}

}  // namespace detail

/// Who does the work on the chunks of a region. Without a pool: the calling thread, one chunk after
/// another.
struct Workers {
  ThreadPool* pool = nullptr;  ///< The calling thread must be none of its threads.
  /// What chunks that are worked on at the same time may take; none: 512 MiB for this call.
  MemoryBudget* budget = nullptr;
  std::stop_token stop = {};  ///< Looked at between chunks: Error(cancelled).
};

/// A region and the memory that its elements go to.
struct RegionBuffer {
  Region region;
  std::span<std::byte> out;  ///< Of the exact size.
};

/// A Zarr array in a store: v2, or v3 with shards or without.
///
/// A region is given and taken as elements in C order. Chunks that are not there hold the fill
/// value (null: zeros).
///
/// Threads: members that read may be called by many threads at once. write() may too, where no two
/// regions touch one chunk, or one shard. Whoever calls resize(), append() or changes attributes
/// must be the only one that uses the array then.
///
/// Errors: Error(corrupt_data) names the key of the chunk; Error(unsupported) a codec that engram
/// does not know, when values are used; Error(invalid_argument) a region outside the array, a
/// buffer of another size, a store that can't be written.
class Array {
 public:
  /// The array at `path` ("" or "a/b") of `store`. Throws Error(not_found) when there is none,
  /// saying what is there instead; Error(corrupt_data) naming key and member.
  static Array open(StoreHandle store, std::string_view path = "", const Limits& limits = {});

  /// A new array at `path`, and the groups above it that are not there yet. Throws
  /// Error(already_exists) (see IfExists) and when another array lies above it.
  static Array create(StoreHandle store, std::string_view path, const ArrayOptions& options,
                      IfExists if_exists = IfExists::refuse, const Limits& limits = {});
  static Array create(StoreHandle store, std::string_view path, const ArrayMetadata& metadata,
                      const Json& attributes = Json::object(),
                      IfExists if_exists = IfExists::refuse, const Limits& limits = {});

  /// The array at `path` ("" or "a/b") whose metadata are `metadata` (already read from wherever
  /// they lie).
  Array(StoreHandle store, std::string path, ArrayMetadata metadata, const Limits& limits = {});

  const ArrayMetadata& metadata() const noexcept { return metadata_; }
  const Shape& shape() const noexcept { return metadata_.shape; }
  const ChunkGrid& grid() const noexcept { return grid_; }
  const std::string& path() const noexcept { return path_; }

  // Elements of fixed size, as bytes: C order, little-endian at every depth. A buffer has their
  // exact size. What is large is read soonest into memory of the caller's, such as a Buffer: what
  // is returned is zeros before it is read.
  //
  // Of a chunk that is wanted in part no more is decoded than must be (blosc: whole blocks), and
  // without codecs no more is read; damage elsewhere in it is not noticed then. For zlib and gzip
  // see set_check_parts().

  void read(const Region& region, std::span<std::byte> out, const Workers& workers = {}) const;
  Bytes read_bytes(const Region& region, const Workers& workers = {}) const;

  /// Many regions at once: a chunk that several of them have a part of is read and decoded once,
  /// and no thread waits for a region to end. A list of all the chunks, 32 bytes each, is held
  /// meanwhile.
  void read(std::span<const RegionBuffer> parts, const Workers& workers = {}) const;

  /// Keeps decoded chunks that were read last, up to `bytes` in all, for who reads parts of the
  /// same chunks again and again; 0, as it is at first, keeps none. Chunks are decoded whole then.
  /// What is written through this object, or a copy of it, is forgotten; what others write to the
  /// store meanwhile may not be seen.
  void cache_chunks(std::uint64_t bytes);

  /// Whether a chunk of zlib or gzip that is wanted in part is decoded to its end, where the
  /// checksum of the whole is: as it is at first. Else it is decoded as far as it is wanted, and
  /// damage of it may come as other values.
  void set_check_parts(bool is_on) noexcept { check_parts_ = is_on; }
  bool check_parts() const noexcept { return check_parts_; }

  /// Chunks that `region` covers (as far as they lie in the array) are not read before they are
  /// written. With shards, one after another is written anew with what it had before; the chunks of
  /// one that are written are held in memory, encoded.
  void write(const Region& region, BytesView elements, const Workers& workers = {});

  // The same as values. Throw Error(invalid_argument) naming both types when the elements are none
  // of `T`; their byte order does not matter.

  template <Element T>
  std::vector<T> read(const Region& region, const Workers& workers = {}) const;
  template <Element T>
  void read(const Region& region, std::type_identity_t<std::span<T>> out,
            const Workers& workers = {}) const;
  template <Element T>
  void write(const Region& region, std::type_identity_t<std::span<const T>> elements,
             const Workers& workers = {});

  // Objects ("|O"), C order, as JSON: see codec/object_codec.hpp for what each codec makes of them.

  std::vector<Json> read_objects(const Region& region, const Workers& workers = {}) const;
  /// Throws Error(unsupported) for pickle, which engram never writes.
  void write_objects(const Region& region, std::span<const Json> objects,
                     const Workers& workers = {});

  /// Whether a chunk whose elements are all the fill value, bit for bit, is written (as zarr-python
  /// does unless told otherwise) or left out, and removed where it is there.
  void set_write_empty_chunks(bool is_on) noexcept { write_empty_chunks_ = is_on; }
  bool write_empty_chunks() const noexcept { return write_empty_chunks_; }

  /// Another shape of the same rank. Chunks that lie outside of it are removed; one that lies
  /// partly outside stays as it is, so that its values are there again when the array grows (as in
  /// zarr-python).
  void resize(const Shape& shape);

  /// Makes room at the end of dimension `axis` and writes `elements` there: whole slices of the
  /// array across all other dimensions. Returns the region that was added.
  Region append(BytesView elements, std::size_t axis = 0, const Workers& workers = {});
  template <Element T>
  Region append(std::type_identity_t<std::span<const T>> elements, std::size_t axis = 0,
                const Workers& workers = {});
  Region append_objects(std::span<const Json> objects, std::size_t axis = 0,
                        const Workers& workers = {});

  /// As those of Group.
  Json attributes() const;
  void set_attributes(const Json& attributes);
  void update_attributes(const Json& changes);

  /// The chunks of the array that are stored, with the size that each has there, by number in the
  /// grid; nullopt where the store can't be listed (a web server).
  std::optional<std::vector<EncodedChunk>> stored_chunks() const;

  /// The bytes of the chunk as stored, or nullopt where there is none.
  std::optional<Bytes> read_chunk(const Shape& place) const;

  /// Where read_chunk() reads: chunks under their chunk_key(). With shards for one task: their
  /// indexes are read once and kept, so that what is changed afterwards is not seen. Throws
  /// Error(unsupported) for shards that engram does not read.
  std::shared_ptr<const store::ReadableStore> chunk_store() const;

  /// What a chunk may have as stored at most, whatever its codecs make of it. Throws as read().
  std::uint64_t max_stored_size() const;

  /// The store's key of a chunk. Of one in a shard, which has none, its place in the array instead.
  store::Key chunk_key(const Shape& place) const;

 private:
  friend class Group;

  Array(StoreHandle store, std::string path, ArrayMetadata metadata,
        std::shared_ptr<const MetadataView> view, const Limits& limits);

  const codec::Pipeline& pipeline() const;
  const ArrayMetadata& chunk_keys() const noexcept {
    return chunk_keys_ ? *chunk_keys_ : metadata_;
  }
  std::string_view document_name() const noexcept;
  ChunkGrid grid_of_values(const Shape& shape) const;
  void write_by_shard(const Region& region,
                      const std::function<void(store::Store&, const Region&)>& write);
  void write_part(store::Store& store, const Region& region, const Region& part, BytesView elements,
                  const Workers& workers);
  void write_objects_part(store::Store& store, const Region& region, const Region& part,
                          std::span<const Json> objects, const Workers& workers);
  void check_type(const DataType& asked) const;
  void check_buffer(const Region& region, std::uint64_t size) const;

  StoreHandle store_;
  std::string path_;
  ArrayMetadata metadata_;
  ChunkGrid grid_;
  Limits limits_;
  std::shared_ptr<const MetadataView> view_;  ///< Where attributes are read; none: the store.
  std::shared_ptr<const ArrayMetadata>
      chunk_keys_;                           ///< How chunks of shards are named; none: no shards.
  std::optional<codec::Pipeline> pipeline_;  ///< Of elements, or of what objects became.
  std::optional<Error> refusal_;             ///< Why there is no pipeline.
  bool write_empty_chunks_ = true, check_parts_ = true;
  std::shared_ptr<ChunkCache> cache_;  ///< None: nothing is kept.
};

template <Element T>
std::vector<T> Array::read(const Region& region, const Workers& workers) const {
  check_type(data_type_of<T>());
  if constexpr (std::is_same_v<T, bool>) {
    const Bytes bytes = read_bytes(region, workers);
    std::vector<bool> values(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) values[i] = bytes[i] != std::byte{0};
    return values;
  } else {
    check_inside(region, metadata_.shape);
    auto values = detail::make_values<std::vector<T>>(element_count(region.shape));
    read(region, std::as_writable_bytes(std::span(values)), workers);
    return values;
  }
}

template <Element T>
void Array::read(const Region& region, std::type_identity_t<std::span<T>> out,
                 const Workers& workers) const {
  check_type(data_type_of<T>());
  read(region, std::as_writable_bytes(out), workers);
}

template <Element T>
void Array::write(const Region& region, std::type_identity_t<std::span<const T>> elements,
                  const Workers& workers) {
  check_type(data_type_of<T>());
  write(region, std::as_bytes(elements), workers);
}

template <Element T>
Region Array::append(std::type_identity_t<std::span<const T>> elements, std::size_t axis,
                     const Workers& workers) {
  check_type(data_type_of<T>());
  return append(std::as_bytes(elements), axis, workers);
}

}  // namespace engram::zarr
