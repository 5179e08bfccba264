#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/codecs.hpp"

namespace engram::codec {

// One function a filter, each in the file of its name (blosc: blosc.cpp). They throw as
// make_hdf5_decoder() does.
BytesCodecPtr make_hdf5_bitshuffle(const CodecConfig& config);
BytesCodecPtr make_hdf5_blosc(const CodecConfig& config);
BytesCodecPtr make_hdf5_lz4(const CodecConfig& config);
BytesCodecPtr make_hdf5_lzf(const CodecConfig& config);
BytesCodecPtr make_hdf5_rounded(const CodecConfig& config);
BytesCodecPtr make_hdf5_zfp(const CodecConfig& config);

/// "lz4 (HDF5 filter 32004)", for messages.
std::string hdf5_filter_text(const CodecConfig& config);

/// The filter's client data. Throws Error(corrupt_data) when there are fewer than `least`.
std::vector<std::uint32_t> hdf5_values(const CodecConfig& config, std::size_t least);

/// What the decoders share.
class Hdf5Decoder : public ConfiguredCodec {
 public:
  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const final;
  std::uint64_t encode(BytesView in, std::span<std::byte> out,
                       std::uint64_t element_size) const final;

 protected:
  explicit Hdf5Decoder(const CodecConfig& config)
      : ConfiguredCodec(config), text_(hdf5_filter_text(config)) {}

  /// Throws Error(corrupt_data): "chunk of 7 bytes of lz4 (HDF5 filter 32004) is damaged: WHAT".
  [[noreturn]] void damaged(BytesView chunk, std::string_view what) const;

 private:
  std::string text_;
};

}  // namespace engram::codec
