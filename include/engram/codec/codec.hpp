#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/array/data_type.hpp"
#include "engram/base/bytes.hpp"

namespace engram::codec {

/// The elements of a chunk as a codec is given them to encode. Most codecs see bytes only; zfpy
/// must know all of it, bitround the type.
struct ChunkElements {
  DataType type;                     ///< Single bytes where nothing is known.
  std::vector<std::uint64_t> shape;  ///< Of the chunk; empty: not known, or one element.
  bool fortran_order = false;        ///< The first dimension varies fastest.
};

/// Decodes parts of a stream for less than the whole. Threads: as BytesCodec.
class PartDecoder {
 public:
  virtual ~PartDecoder() = default;

  /// Decodes of `in`, which as a whole decodes to `decoded_size` bytes, those from `offset` on into
  /// `out`, all of it. False, with anything in `out`, when the whole must be decoded for it, be it
  /// to find out what is wrong. Throws Error(corrupt_data) as BytesCodec::decode() does, and when
  /// `in` decodes to another size; damage outside of the part may stay unseen.
  virtual bool decode_part(BytesView in, std::uint64_t decoded_size, std::uint64_t offset,
                           std::span<std::byte> out) const = 0;

  /// False when damage of the part may stay unseen too, where decode() sees it: by a checksum of
  /// the whole.
  virtual bool is_checked() const noexcept { return true; }
};

/// Turns bytes into bytes and back: a compressor, a filter or a checksum, as numcodecs defines
/// them.
///
/// A codec is immutable. Threads: every member may be called by many threads at once.
class BytesCodec {
 public:
  virtual ~BytesCodec() = default;

  /// Name and configuration as they stand in Zarr v2 metadata.
  virtual const CodecConfig& config() const noexcept = 0;

  /// The most bytes that encode() makes of `decoded_size` bytes.
  virtual std::uint64_t max_encoded_size(std::uint64_t decoded_size) const = 0;

  /// Encodes `in` into the front of `out`, which has max_encoded_size(in.size()) bytes or more, and
  /// returns the bytes written. `element_size` is the size of one array element (Blosc's typesize);
  /// 1 where there is none.
  virtual std::uint64_t encode(BytesView in, std::span<std::byte> out,
                               std::uint64_t element_size) const = 0;

  /// Decodes `in` into the front of `out` and returns the bytes written. Throws Error(corrupt_data)
  /// when `in` is no valid stream or decodes to more than out.size() bytes: a small input can't
  /// make a large output.
  virtual std::uint64_t decode(BytesView in, std::span<std::byte> out) const = 0;

  /// What decodes a part of a stream for less than the whole, or nullptr. Lives as long as this.
  virtual const PartDecoder* parts() const noexcept { return nullptr; }

  /// What encode() loses, as a sentence with a bound where there is one: "counts from 0 to 32767
  /// change by at most 47". Empty: nothing is lost.
  virtual std::string loss() const { return {}; }

  /// What encode() makes of `decoded` elements: what the next codec of a pipeline is given. Bytes,
  /// unless the codec says otherwise.
  virtual ChunkElements encoded_elements(const ChunkElements& decoded) const;
};

using BytesCodecPtr = std::shared_ptr<const BytesCodec>;

/// The codec that `config` names: none of the table in registry.cpp throws Error(unsupported) with
/// the name, what is there and what can be done; a bad configuration Error(invalid_argument).
/// `elements` are those that it will be given to encode; decoding needs none.
///
/// Known, byte for byte as numcodecs defines them:
///  - compressors: blosc (blosclz, lz4, lz4hc, zlib, zstd; all shuffles), bz2, gzip, lz4, lzma,
///  zfpy,
///    zlib, zstd;
///  - filters of elements, which take their types from the configuration: astype, bitround,
///    categorize (of "U"), delta, fixedscaleoffset, packbits, quantize, shuffle;
///  - checksums: adler32, crc32, crc32c, fletcher32, jenkins_lookup3; and base64.
///
/// As the packages of their names make them: wavpack (without loss, unless `bps` is set) and flac,
/// which must know the elements to encode; anscombe-v1 and poisson, in all forms that are known,
/// which never are without loss (docs/codecs.md).
///
/// What turns objects into bytes is in object_codec.hpp.
BytesCodecPtr make_codec(const CodecConfig& config, const ChunkElements& elements = {});

/// True when make_codec knows the name.
bool is_known_codec(std::string_view name) noexcept;

/// The codec that a user's text names: "none" (nullopt), "zlib:6", "gzip:5", "bz2:9", "zstd:3",
/// "lzma:6", "lz4", "blosc:zstd:5:bitshuffle" (inner codec, level, and "noshuffle", "shuffle" or
/// "bitshuffle"); levels may be left out. A plugin's codec is "NAME" or "NAME:member=value,...",
/// and gets the version that is written. Throws Error(invalid_argument) that names the text and
/// what is known.
std::optional<CodecConfig> parse_codec(std::string_view text);

/// The codecs that a user's text names, the first applied first, with "+" between them:
/// "delta+blosc:zstd:5:bitshuffle". "none": none of them. Each is one that parse_codec() reads, or
///  - "delta": differences of neighbours, whose type fit_codecs() fills in;
///  - "wavpack:3", "wavpack:3:4.5" (level, and with loss the bits that a sample may take);
///  - "flac:5" (level);
///  - "anscombe-v1:97:86", with loss: the signal of one photon, and that of none.
/// These stand before others, as they are given elements. Throws as parse_codec() does.
std::vector<CodecConfig> parse_codecs(std::string_view text);

/// What of a user's codecs is for an array.
struct FittedCodecs {
  std::vector<CodecConfig> codecs;
  std::vector<std::string> left_out;  ///< Names of those that do not take its elements.
};

/// `codecs` of parse_codecs() for `elements`.
FittedCodecs fit_codecs(const std::vector<CodecConfig>& codecs, const ChunkElements& elements);

}  // namespace engram::codec
