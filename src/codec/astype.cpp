// numcodecs' astype: elements of `decode_dtype` are stored as `encode_dtype`.
#include <fmt/format.h>

#include <utility>

#include "codec/codecs.hpp"
#include "codec/element_codec.hpp"
#include "codec/numbers.hpp"

namespace engram::codec {
namespace {

class AsTypeCodec final : public ElementCodec {
 public:
  AsTypeCodec(const DataType& decoded, const DataType& encoded)
      : ElementCodec(
            {"astype", {{"encode_dtype", typestr(encoded)}, {"decode_dtype", typestr(decoded)}}},
            decoded, encoded, Shape::kept) {}

 private:
  void encode_elements(BytesView in, std::span<std::byte> out) const override {
    convert_numbers(decoded_type(), in, encoded_type(), out);
  }
  void decode_elements(BytesView in, std::span<std::byte> out) const override {
    convert_numbers(encoded_type(), in, decoded_type(), out);
  }
};

bool is_time(const DataType& type) {
  return type.kind == Kind::datetime || type.kind == Kind::timedelta;
}

}  // namespace

BytesCodecPtr make_astype(const CodecConfig& config, const ChunkElements&) {
  DataType encoded = type_member(config, "encode_dtype");
  DataType decoded = type_member(config, "decode_dtype");
  for (const DataType* type : {&decoded, &encoded}) visit_number(*type, "astype", [](auto) {});
  if (is_time(encoded) && is_time(decoded) && encoded.unit != decoded.unit)
    throw Error(ErrorCode::unsupported,
                fmt::format("codec astype from \"{}\" to \"{}\": units of time are not converted",
                            typestr(decoded), typestr(encoded)));
  return std::make_shared<AsTypeCodec>(std::move(decoded), std::move(encoded));
}

}  // namespace engram::codec
