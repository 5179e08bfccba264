#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engram/array/element.hpp"
#include "engram/array/region.hpp"
#include "engram/backend/open.hpp"
#include "engram/base/bytes.hpp"
#include "engram/base/limits.hpp"
#include "engram/base/thread_pool.hpp"
#include "engram/hdmf/builder.hpp"
#include "engram/hdmf/data_chunk_iterator.hpp"
#include "engram/store/store.hpp"

namespace engram::backend {

/// A dataset that is to be made for what comes piece by piece.
struct StreamOptions {
  std::string path;        ///< "/acquisition/es/data"; its group is in the tree.
  hdmf::ElementType type;  ///< Records with text are refused: their text has no known length.
  Shape max_shape;         ///< hdmf::kUnlimited where there is no end: there it begins with 0.
  Shape chunk_shape;       ///< Empty: chosen, whole slices along the first dimension, about 1 MiB.
  /// nullopt: Blosc with zstd, level 5, bit shuffle; for values
  /// ZarrWriteOptions::object_compressor.
  std::optional<std::vector<CodecConfig>> codecs;
  std::optional<Bytes> fill_value;  ///< One element of `type`, for gaps; none: zeros.
};

/// What `iterator` says of itself, for the dataset at `path`.
StreamOptions stream_options(std::string path, const hdmf::DataChunkIterator& iterator);

/// A dataset that is there and is to be written on.
struct OpenStream {
  std::string path;  ///< Of the array itself, not of a link to it.
  Shape max_shape =
      {};  ///< Empty: unlimited along the first dimension, and as it is along the others.
};

struct StreamSessionOptions {
  /// Bytes of chunks in memory, of all datasets together: half of it for chunks that are not full
  /// or wait, half for encoding. One chunk is held always, however large.
  std::uint64_t memory = 256ULL << 20;
  /// Encodes and stores chunks; none: the calling thread. It must live longer than the session, and
  /// none of its threads may call the session.
  ThreadPool* pool = nullptr;
  /// flush() returns when all lies on the disk, so that a crash of the machine loses nothing of it.
  bool sync = false;
  ZarrWriteOptions layout = {};  ///< For create(), of Zarr v2: Error(unsupported) for v3.
  Limits limits = {};
};

class StreamSession;

/// A dataset that is written piece by piece, in any order; a part of its session. See
/// StreamSession for threads and errors.
class StreamedDataset {
 public:
  ~StreamedDataset();
  StreamedDataset(const StreamedDataset&) = delete;
  StreamedDataset& operator=(const StreamedDataset&) = delete;

  const std::string& path() const noexcept;  ///< "/acquisition/es/data".
  const hdmf::ElementType& type() const noexcept;
  const Shape& max_shape() const noexcept;
  const Shape& chunk_shape() const noexcept;
  Shape shape() const;          ///< With all that was written.
  Shape flushed_shape() const;  ///< What readers see.

  /// Fills boxes, one after another, with `elements`: little-endian, C order in each box. The
  /// dataset becomes as long as they need. Where elements were written before, the last ones win;
  /// those that never are, are the fill value.
  void write(const Region& region, BytesView elements);
  void write(std::span<const Region> selection, BytesView elements);
  void write(const hdmf::DataChunk& chunk);

  /// Writes whole slices behind the end of dimension `axis`. Returns where they are.
  Region append(BytesView elements, std::size_t axis = 0);

  // The same as values of C++ types. Throw Error(invalid_argument) naming both types when the
  // elements are none of `T`.

  template <Element T>
  void write(const Region& region, std::type_identity_t<std::span<const T>> elements) {
    check_type(data_type_of<T>());
    write(region, std::as_bytes(elements));
  }
  template <Element T>
  Region append(std::type_identity_t<std::span<const T>> elements, std::size_t axis = 0) {
    check_type(data_type_of<T>());
    return append(std::as_bytes(elements), axis);
  }

  // The same for datasets of text, references and what holds them. A value of another kind than
  // the dataset's is Error(invalid_argument), and nothing of the call is taken.

  void write_values(const Region& region, std::span<const hdmf::Value> values);
  void write_values(std::span<const Region> selection, std::span<const hdmf::Value> values);
  Region append_values(std::span<const hdmf::Value> values, std::size_t axis = 0);

 private:
  friend class StreamSession;
  struct Impl;
  explicit StreamedDataset(std::unique_ptr<Impl> impl);
  void check_type(const DataType& asked) const;

  std::unique_ptr<Impl> impl_;
};

/// Datasets of one Zarr store that are written piece by piece and become visible together.
///
/// What is written goes to buffers of whole chunks. A chunk is encoded and stored once where what
/// comes fills it; where memory is short, the partial chunk that was used least recently is stored
/// and read back when more of it comes. Chunks beyond a dataset's shape are invisible, and flush()
/// makes all shapes those of what was written, so that whoever opens the store at any time, also
/// after this process was killed, finds it whole up to the last flush: first all chunks, then
/// `.zmetadata` with all shapes in one step, then each `.zarray`. A reader that goes by
/// `.zmetadata` so never sees one dataset longer than another that was flushed with it; one that
/// goes by the single files may, for as long as the `.zarray`s are written.
/// Elements inside a shape that readers see already change for them when their chunk is stored.
///
/// A session keeps other sessions and transactions (see zarr/transaction.hpp) away from its store
/// until it is closed, where the medium has locks. Other writers must not write the store
/// meanwhile.
///
/// Threads: all members of a session and its datasets may be called by many threads at once; they
/// take turns. A call that brings more than `memory` holds waits until chunks are stored.
///
/// Errors: Error with the dataset's path and the store. A chunk that can't be stored (a full disk)
/// stays in memory, the error is thrown by the next call, whatever dataset that is for, and the
/// next flush() tries again; of a call that throws it, part may have been taken, and it may be
/// repeated. Mistakes in a call (a selection of another rank, beyond the maximal shape, elements of
/// another size) are found before anything is taken.
class StreamSession {
 public:
  /// Makes a store in the directory `path`, which must not be there: the tree `root` with the
  /// values of its datasets, and a dataset of no length yet for each of `streams`. A dataset of
  /// `root` that is streamed gives the attributes and has no `data` (a null pointer); one that is
  /// not in `root` is added. The store appears under its name when it is whole. Throws
  /// Error(already_exists), Error(invalid_argument), Error(unsupported), and what the sources
  /// throw.
  static StreamSession create(const std::string& path, hdmf::GroupBuilder root,
                              const std::vector<StreamOptions>& streams,
                              const StreamSessionOptions& options = {});
  /// The same in `store`, which is empty.
  static StreamSession create(std::shared_ptr<store::Store> store, hdmf::GroupBuilder root,
                              const std::vector<StreamOptions>& streams,
                              const StreamSessionOptions& options = {});

  /// Goes on at the end of datasets of the store at `path`. A flush that was interrupted is brought
  /// to its end: where `.zmetadata` has a dataset longer than its `.zarray` does, that is its
  /// shape; where it is behind, it is mended. A transaction that was interrupted is ended first.
  /// Throws Error(already_exists) when another session or transaction has the store,
  /// Error(not_found), Error(unsupported) for a zip file and for datasets whose elements engram
  /// does not write, as those of pickled objects.
  static StreamSession open(const std::string& path, const std::vector<OpenStream>& streams,
                            const StreamSessionOptions& options = {});
  static StreamSession open(std::shared_ptr<store::Store> store,
                            const std::vector<OpenStream>& streams,
                            const StreamSessionOptions& options = {});

  /// close(), whose errors are lost. What a session that was killed has not flushed is not there.
  ~StreamSession();
  StreamSession(StreamSession&& other) noexcept;
  StreamSession& operator=(StreamSession&& other) = delete;

  /// Lives as long as the session does. Throws Error(not_found), naming those that there are.
  StreamedDataset& dataset(std::string_view path);
  std::vector<StreamedDataset*> datasets();

  /// Makes all that was written visible, and durable where StreamSessionOptions::sync is set. When
  /// it throws, readers see what they saw before or all of it, and it may be called again.
  void flush();

  /// flush(), and the end of writing; then nothing more is taken (Error(invalid_argument)). Does
  /// nothing when it was done before.
  void close();
  bool is_open() const;

 private:
  struct Impl;
  friend class StreamedDataset;
  explicit StreamSession(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace engram::backend
