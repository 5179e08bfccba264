#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/base/bytes.hpp"
#include "engram/codec/adopt.hpp"
#include "engram/codec/pipeline.hpp"

namespace engram::backend {

/// Whether chunks may need an HDF5 plugin to be read.
enum class Hdf5Filters {
  common,      ///< Only filters that every HDF5 library has: shuffle, deflate, fletcher32.
  registered,  ///< Also blosc, zstd and bzip2, for which readers need a plugin.
};

/// Makes chunks that are encoded as Zarr has them valid in an HDF5 dataset without decoding them:
/// the reverse of codec::Adopter. Shuffle, deflate (numcodecs' zlib) and fletcher32 are HDF5's own
/// filters, in that order; a Blosc frame of one zlib stream is that stream behind a head, which is
/// taken off. What the frame of a chunk says else (stored bytes, no shuffle) is said by the chunk's
/// filter mask. Other Blosc frames with zlib inside are decoded and encoded.
///
/// Threads: every member may be called by many threads at once.
class Hdf5Adopter {
 public:
  /// nullopt when chunks under `source` can't be kept.
  static std::optional<Hdf5Adopter> make(const std::vector<CodecConfig>& source,
                                         std::uint64_t element_size, std::uint64_t chunk_size,
                                         Hdf5Filters filters);

  /// The codecs of the result, first applied first: each is a filter.
  const std::vector<CodecConfig>& codecs() const noexcept { return target_.configs(); }

  /// The chunks get a checksum at their end, as HDF5's fletcher32 does it, where they have none.
  void add_checksum();

  struct Adopted {
    codec::Adoption adoption = codec::Adoption::verbatim;
    std::uint32_t filter_mask = 0;  ///< Of codecs().
  };
  /// Changes `chunk` in place; `filter_mask` is that of the source. Throws Error(corrupt_data).
  Adopted adopt(Bytes& chunk, std::uint32_t filter_mask) const;

 private:
  Hdf5Adopter(codec::Pipeline source, codec::Pipeline target)
      : source_(std::move(source)), target_(std::move(target)) {}

  Adopted adopt_stream(Bytes& chunk, std::uint32_t filter_mask) const;
  Adopted unframe(Bytes& chunk) const;
  Adopted recode(Bytes& chunk, std::uint32_t filter_mask) const;

  codec::Pipeline source_, target_;
  std::uint64_t element_size_ = 1, chunk_size_ = 0;
  bool framed_ = false;    ///< The source is Blosc, the target is not.
  bool shuffled_ = false;  ///< The target begins with shuffle.
  bool checksum_ = false;  ///< Of add_checksum().
};

}  // namespace engram::backend
