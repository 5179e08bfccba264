#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engram/base/buffer.hpp"
#include "engram/codec/codec.hpp"

namespace engram::codec {

/// Codecs applied one after another, the first first.
///
/// Threads: every member may be called by many threads at once.
class Pipeline {
 public:
  /// Throws as make_codec() does. `elements` are those that encode() will be given; who only
  /// decodes, or has no codec that asks for them, may leave them out.
  explicit Pipeline(const std::vector<CodecConfig>& configs, const ChunkElements& elements = {});

  /// Of codecs that are only to decode what a file has, filters of HDF5 too. Throws as
  /// make_decoder() does (hdf5_filter.hpp).
  static Pipeline decoder(const std::vector<CodecConfig>& configs);

  /// The codecs with their full configurations.
  const std::vector<CodecConfig>& configs() const noexcept { return configs_; }

  bool empty() const noexcept { return codecs_.empty(); }

  /// The most bytes that encode() makes of `decoded_size` bytes.
  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const;

  /// The most bytes that a chunk of `decoded_size` bytes can sensibly have as stored, whoever wrote
  /// it: twice max_encoded_size() and some more, since other encoders may need more room than ours.
  std::uint64_t max_stored_size(std::uint64_t decoded_size) const;

  /// `in` after all codecs. `element_size` is the size of one array element.
  Bytes encode(BytesView in, std::uint64_t element_size) const;

  /// The same as a view: of `memory`, which is made large enough and may be used again for the
  /// next, or of `in` where there are no codecs.
  BytesView encode(BytesView in, std::uint64_t element_size, Buffer& memory) const;

  /// `in` before all codecs but those whose bit is set in `filter_mask`; exactly `decoded_size`
  /// bytes. Throws Error(corrupt_data) with both sizes when it is another number, and what the
  /// codec found otherwise.
  Bytes decode(BytesView in, std::uint64_t decoded_size, std::uint32_t filter_mask = 0) const;

  /// The same straight into `out`, which must be filled exactly. After an Error its bytes are
  /// undefined.
  void decode(BytesView in, std::span<std::byte> out, std::uint32_t filter_mask = 0) const;

  /// How closely a part is looked at.
  enum class PartCheck {
    as_whole,  ///< Damage of it is seen where decode() sees it.
    less,      ///< Not by a checksum of the whole (zlib, gzip), if that saves decoding the rest.
  };

  /// True when decode_part() takes less work than decode().
  bool decodes_parts(PartCheck check = PartCheck::as_whole) const noexcept;

  /// Of the `decoded_size` bytes that `in` was before all codecs those from `offset` on, into
  /// `out`, all of it. Errors as for PartDecoder::decode_part().
  void decode_part(BytesView in, std::uint64_t decoded_size, std::uint64_t offset,
                   std::span<std::byte> out, PartCheck check = PartCheck::as_whole) const;

 private:
  void add(BytesCodecPtr codec, ChunkElements& given);

  std::vector<CodecConfig> configs_;
  std::vector<BytesCodecPtr> codecs_;
  std::vector<std::uint64_t> element_sizes_;  ///< What each codec is given; the first: unknown.
};

}  // namespace engram::codec
