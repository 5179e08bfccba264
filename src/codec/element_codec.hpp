#pragma once

#include <string_view>

#include "codec/codecs.hpp"
#include "engram/array/data_type.hpp"

namespace engram::codec {

/// A filter that makes one element of another: types and sizes are checked here, once.
class ElementCodec : public ConfiguredCodec {
 public:
  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const final;
  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const final;
  std::uint64_t decode(BytesView in, std::span<std::byte> out) const final;
  ChunkElements encoded_elements(const ChunkElements& decoded) const final;

 protected:
  enum class Shape : std::uint8_t {
    kept,
    flat
  };  ///< What numcodecs makes of a chunk's dimensions.

  ElementCodec(CodecConfig config, DataType decoded, DataType encoded, Shape shape);

  const DataType& decoded_type() const noexcept { return decoded_; }
  const DataType& encoded_type() const noexcept { return encoded_; }

 private:
  /// As many elements of the other type as `in` holds, into `out`, which has room for exactly them.
  virtual void encode_elements(BytesView in, std::span<std::byte> out) const = 0;
  virtual void decode_elements(BytesView in, std::span<std::byte> out) const = 0;

  DataType decoded_;
  DataType encoded_;
  Shape shape_;
};

/// The type that the member names, or `missing` where there is none (nullptr: it must be there).
/// Takes NumPy's short forms and names too ("f8", "uint8"). Throws Error(invalid_argument).
DataType type_member(const CodecConfig& config, std::string_view member,
                     const DataType* missing = nullptr);

}  // namespace engram::codec
