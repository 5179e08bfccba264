#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/base/limits.hpp"
#include "engram/base/thread_pool.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::backend {

/// Something about one node that a user should know: what was left out, and what was changed to
/// fit.
struct Notice {
  enum class Kind {
    changed,   ///< All values are kept, but not as they were: names of an enumeration, a wider
               ///< number; or as near as a codec keeps them that was asked for.
    dangling,  ///< A link or reference that leads nowhere was left out.
    left_out,  ///< Something that the target can't hold was left out.
  };
  Kind kind = Kind::changed;
  std::string path;  ///< The node; an attribute as "/a/b@name".
  std::string text;  ///< A sentence: what it was, what became of it, why.

  friend bool operator==(const Notice&, const Notice&) = default;
};

/// Reads a file of one format into the HDMF model.
class Reader {
 public:
  virtual ~Reader() = default;

  /// All metadata and no array values. The sources in the tree live on after the reader is gone.
  /// Throws Error(corrupt_data), Error(unsupported), Error(limit_exceeded), each naming the node.
  ///
  /// `on_node`, of an HDF5 file, gets each group and dataset as it comes to be in the tree, a group
  /// before what lies in it: libhdf5 has one thread, and what others can do meanwhile need not wait
  /// for the whole tree. What it throws, read_tree() throws.
  virtual hdmf::GroupBuilder read_tree(const hdmf::OnNode& on_node) = 0;
  hdmf::GroupBuilder read_tree() { return read_tree({}); }

  /// What read_tree() could not bring along as it was, in the order of the tree.
  virtual const std::vector<Notice>& notices() const = 0;

  /// Metadata documents that say something else where they lie than in `.zmetadata`, from which the
  /// tree is read: their keys, "a/.zattrs". None of HDF5, or where nothing can be listed. Reads all
  /// of them. Throws Error(corrupt_data) for one that is no JSON.
  virtual std::vector<std::string> outdated() const { return {}; }

  /// "HDF5", "Zarr v2" or "Zarr v3".
  virtual std::string format() const = 0;
};

/// How an array is to be written.
struct ArrayPlan {
  ArrayInfo info;                   ///< type, shape, chunk shape and fill value of the target.
  std::vector<CodecConfig> codecs;  ///< Of the target, first applied first.
  /// Codecs of the encoded chunks that the sink will be given; only for arrays whose chunks are
  /// copied.
  std::vector<CodecConfig> source_codecs;
  bool copy = false;  ///< Chunks come encoded, by ArraySink::write_encoded.
  /// Chunks are laid together in shards of this shape (Zarr v3), along each dimension a whole
  /// number of chunks. Empty: each chunk by itself.
  Shape shard_shape;
  /// HDF5: the array is one run of elements; chunks are the pieces that it is passed in, and there
  /// are no codecs.
  bool contiguous = false;
};

/// How a dataset of objects is to be stored.
struct ObjectPlan {
  std::uint64_t block_bytes = 1U << 20U;  ///< Of values held at a time, about; one chunk at least.
  /// The compressor behind the object codec. Not set: the writer's own; none inside: not
  /// compressed.
  std::optional<std::optional<CodecConfig>> compressor;
};

/// What came of a dataset of objects.
struct ObjectResult {
  std::uint64_t references = 0;  ///< References that were written.
  std::uint64_t dangling = 0;    ///< References that led nowhere, written as null.
  std::uint64_t bytes = 0;       ///< Bytes of the values before compression.
  std::vector<Notice> notices;
};

/// Counters of what a writer did, for the report.
struct WriterCounters {
  std::uint64_t files = 0;  ///< Files (keys) written.
  std::uint64_t bytes = 0;  ///< Bytes in them.
  std::uint64_t chunks_verbatim =
      0;  ///< Chunk files that hold the source's bytes and nothing else.
  std::uint64_t chunks_framed =
      0;  ///< Chunk files that hold the source's bytes behind or without a frame.
  std::uint64_t chunks_recoded = 0;   ///< Chunks that were decoded and encoded again, or encoded.
  std::uint64_t chunks_inflated = 0;  ///< Chunks that had to be decompressed.
  /// Chunks that an earlier run had written; of the others above they are none.
  std::uint64_t chunks_taken_over = 0;
};

/// Writes the HDMF model in one format.
///
/// Threads: create_array, write_objects and counters may be called by many threads at once, between
/// write_tree and finish.
class Writer {
 public:
  virtual ~Writer() = default;

  /// The codecs under which chunks that are encoded with `codecs` can be stored without decoding
  /// them, or nullopt when they can't be.
  virtual std::optional<std::vector<CodecConfig>> adopt(
      const ArrayInfo& info, const std::vector<CodecConfig>& codecs) const = 0;

  /// Something will be written at `path`: what can be made ready for it is. It changes nothing of
  /// what a reader finds in the end, and a path that nothing can be written at is passed over. May
  /// be called by many threads at once. As it is here, nothing.
  virtual void expect(const std::string& path) { static_cast<void>(path); }

  /// True where a reference can be written only when what it leads to has been created: datasets
  /// with references come after all others.
  virtual bool references_last() const noexcept { return false; }

  /// Groups, their attributes and links, and what is known of datasets: all but arrays' metadata
  /// and values. With a `pool`, several groups at a time; the caller is none of its threads. Throws
  /// Error(cancelled) after a request by `stop`.
  virtual void write_tree(const hdmf::GroupBuilder& root, ThreadPool* pool = nullptr,
                          std::stop_token stop = {}) = 0;

  /// The metadata of the array at `path`, and a sink for its chunks. `dataset` gives attributes and
  /// what the plan does not say (scalar, enumeration).
  virtual std::unique_ptr<ArraySink> create_array(const std::string& path,
                                                  const hdmf::DatasetBuilder& dataset,
                                                  const ArrayPlan& plan) = 0;

  /// A dataset of objects, metadata and values, read block by block.
  virtual ObjectResult write_objects(const std::string& path, const hdmf::DatasetBuilder& dataset,
                                     const ObjectPlan& plan = {}) = 0;

  /// Whatever is known only at the end (consolidated metadata). Nothing may be written after it.
  virtual void finish() = 0;

  /// Things that write_tree and create_array had to change or leave out.
  virtual std::vector<Notice> notices() const = 0;

  virtual WriterCounters counters() const = 0;
};

}  // namespace engram::backend
