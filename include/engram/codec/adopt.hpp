#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/base/bytes.hpp"

namespace engram::codec {

/// How shuffle + deflate chunks are declared.
enum class ShuffleForm {
  blosc_head,  ///< 24 bytes before the untouched stream make it a Blosc-1 buffer; codec blosc. Read
               ///< by everything.
  verbatim,    ///< The stream as it is; filter shuffle, compressor zlib. Read by zarr-python.
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
///  - then none, or one of zlib, zstd, bz2, blosc, alone: the bytes stay, and so does the codec;
///  - shuffle, then zlib: a Blosc head, or both as they are (ShuffleForm);
///  - shuffle alone, or shuffle then zstd or bz2: both as they are.
///
/// Threads: every member may be called by many threads at once.
class Adopter {
 public:
  /// nullopt when chunks under `source` can't be kept: another codec, another order, an element
  /// size above 255 or a chunk above 2^31-17 bytes for the head (then ShuffleForm::verbatim is
  /// taken instead).
  static std::optional<Adopter> make(const std::vector<CodecConfig>& source,
                                     std::uint64_t element_size, std::uint64_t chunk_size,
                                     ShuffleForm form);

  /// The codecs of the result, first applied first.
  const std::vector<CodecConfig>& codecs() const noexcept { return target_; }

  /// Changes `chunk` in place. `filter_mask` names codecs of the source that were skipped for this
  /// chunk: such a chunk is decoded and encoded. Throws Error(corrupt_data) when a checksum is
  /// wrong or a stream can't be right.
  Adoption adopt(Bytes& chunk, std::uint32_t filter_mask) const;

 private:
  Adopter() = default;

  std::vector<CodecConfig> source_, target_;
  std::uint64_t element_size_ = 1, chunk_size_ = 0;
  bool checksum_ = false;  ///< fletcher32 stands last.
  bool head_ = false;      ///< A Blosc head is put in front.
};

/// HDF5's Fletcher-32 of `bytes`, as its filter 3 and numcodecs' fletcher32 store it
/// (little-endian, 4 bytes at the end).
std::uint32_t fletcher32(BytesView bytes) noexcept;

}  // namespace engram::codec
