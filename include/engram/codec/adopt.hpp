#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/base/bytes.hpp"
#include "engram/codec/pipeline.hpp"

namespace engram::codec {

/// How shuffle + deflate chunks are declared.
enum class ShuffleForm {
  blosc_head,  ///< 24 bytes before the untouched stream make it a Blosc-1 buffer; codec blosc. Read
               ///< by everything.
  blosc_head_always,  ///< The same, and so for deflate alone: for Zarr v3, which has no zlib.
  verbatim,  ///< The stream as it is; filter shuffle, compressor zlib. Read by zarr-python.
};

/// What became of one chunk.
enum class Adoption {
  verbatim,  ///< The same bytes.
  framed,    ///< The same stream behind a head, or without its checksum.
  recoded,   ///< Decoded (where it was encoded) and encoded anew; nothing was decompressed.
  inflated,  ///< The same, and something was decompressed.
};

/// Makes chunks that are encoded under one list of codecs valid under another without decoding
/// them.
///
/// The rules, by the last codecs of the source (HDF5's order: shuffle, compressor, checksum):
///  - fletcher32 at the end: the sum is checked and its 4 bytes are cut off;
///  - a shuffle of elements of one byte changes nothing and is left out;
///  - then none, or one of zlib, gzip, zstd, lz4, bz2, blosc, alone: the bytes stay, and so does
///    the codec;
///  - shuffle, then zlib: a Blosc head, or both as they are (ShuffleForm); so zlib alone with
///    ShuffleForm::blosc_head_always;
///  - shuffle alone, or shuffle then zstd or bz2: both as they are.
///
/// Threads: every member may be called by many threads at once.
class Adopter {
 public:
  /// nullopt when chunks under `source` can't be kept: another codec, another order, a
  /// configuration that is wrong. Elements of the shuffle above 255 bytes, or a chunk above the
  /// longest block of Blosc (715 MB), can't have the head: then ShuffleForm::verbatim is taken
  /// instead. `element_size` is the array's, in case that an encoder asks for it.
  static std::optional<Adopter> make(const std::vector<CodecConfig>& source,
                                     std::uint64_t element_size, std::uint64_t chunk_size,
                                     ShuffleForm form);

  /// The codecs of the result, first applied first.
  const std::vector<CodecConfig>& codecs() const noexcept { return target_.configs(); }

  /// Changes `chunk` in place; room for kHeadroom more bytes in it spares a copy. `filter_mask`
  /// names codecs of the source that were skipped for this chunk: such a chunk is decoded and
  /// encoded, unless a Blosc head can say what it is (that head knows stored and unshuffled bytes).
  /// A stream is not decoded to see whether it is sound, but its first bytes are looked at. Throws
  /// Error(corrupt_data) when a checksum is wrong or a stream can't be right.
  Adoption adopt(Bytes& chunk, std::uint32_t filter_mask) const;

  /// Bytes by which adopt() may lengthen a chunk that it keeps.
  static constexpr std::size_t kHeadroom = 24;

 private:
  Adopter(Pipeline source, Pipeline target)
      : source_(std::move(source)), target_(std::move(target)) {}

  Adoption frame(Bytes& chunk, bool shuffled, bool deflated) const;
  Adoption recode(Bytes& chunk, std::uint32_t filter_mask) const;
  void check(BytesView chunk) const;

  Pipeline source_;  ///< Without the checksum.
  Pipeline target_;
  std::uint64_t element_size_ = 1, chunk_size_ = 0;
  bool checksum_ = false;            ///< fletcher32 stands last.
  bool head_ = false;                ///< A Blosc head is put in front.
  bool head_shuffled_ = false;       ///< It tells of a shuffle, the first codec of the source.
  std::uint8_t head_element_ = 1;    ///< Of the shuffle, or else of the array.
  std::uint32_t identity_mask_ = 0;  ///< Codecs of the source that change nothing.
};

/// HDF5's Fletcher-32 of `bytes`, as its filter 3 and numcodecs' fletcher32 store it
/// (little-endian, 4 bytes at the end).
std::uint32_t fletcher32(BytesView bytes) noexcept;

}  // namespace engram::codec
