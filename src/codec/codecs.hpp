#pragma once

#include <span>
#include <string_view>

#include "codec/format_version.hpp"
#include "engram/codec/codec.hpp"

namespace engram::codec {

// One function a codec, each in the file of its name (poisson in that of anscombe). They throw
// Error(invalid_argument) when the configuration is wrong; members that they do not know are
// ignored, as numcodecs' newer versions add some. Most don't look at `elements`.
BytesCodecPtr make_adler32(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_anscombe(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_astype(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_base64(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_bitround(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_blosc(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_bz2(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_categorize(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_crc32(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_crc32c(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_delta(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_fixedscaleoffset(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_flac(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_fletcher32(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_gzip(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_jenkins_lookup3(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_lz4(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_lzma(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_packbits(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_poisson(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_quantize(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_shuffle(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_wavpack(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_zfpy(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_zlib(const CodecConfig& config, const ChunkElements& elements);
BytesCodecPtr make_zstd(const CodecConfig& config, const ChunkElements& elements);

/// A codec that is part of engram.
struct BuiltIn {
  std::string_view name;
  BytesCodecPtr (*make)(const CodecConfig&, const ChunkElements&);
};

std::span<const BuiltIn> built_in_codecs() noexcept;

/// Of the data format of each: what numcodecs reads and writes, which has no versions of its own.
inline constexpr FormatVersion kBuiltInVersion{1, 0};

/// What all codecs share: a configuration that is complete, whatever was left out.
class ConfiguredCodec : public BytesCodec {
 public:
  const CodecConfig& config() const noexcept final { return config_; }

 protected:
  explicit ConfiguredCodec(CodecConfig config) : config_(std::move(config)) {}

 private:
  CodecConfig config_;
};

}  // namespace engram::codec
