#pragma once

#include "engram/codec/codec.hpp"

namespace engram::codec {

// One function a codec, each in the file of its name. They throw Error(invalid_argument) when the
// configuration is wrong; members that they do not know are ignored, as numcodecs' newer versions
// add some.
BytesCodecPtr make_zlib(const CodecConfig& config);
BytesCodecPtr make_gzip(const CodecConfig& config);
BytesCodecPtr make_zstd(const CodecConfig& config);
BytesCodecPtr make_lz4(const CodecConfig& config);
BytesCodecPtr make_bz2(const CodecConfig& config);
BytesCodecPtr make_blosc(const CodecConfig& config);
BytesCodecPtr make_shuffle(const CodecConfig& config);
BytesCodecPtr make_fletcher32(const CodecConfig& config);

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
