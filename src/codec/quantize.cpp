// numcodecs' quantize: floating numbers rounded to as many binary places as `digits` decimal ones
// need, so that they compress; decoding only converts.
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "codec/element_codec.hpp"
#include "codec/numbers.hpp"

namespace engram::codec {
namespace {

// As numcodecs calculates it; not finite where it has no answer.
double scale_for(double digits) {
  double exponent = std::log10(std::pow(10.0, -digits));
  exponent = exponent < 0 ? std::floor(exponent) : std::ceil(exponent);
  return std::pow(2.0, std::ceil(std::log2(std::pow(10.0, -exponent))));
}

class QuantizeCodec final : public ElementCodec {
 public:
  QuantizeCodec(Json digits, const DataType& decoded, const DataType& encoded)
      : ElementCodec(
            {"quantize",
             {{"digits", digits}, {"dtype", typestr(decoded)}, {"astype", typestr(encoded)}}},
            decoded, encoded, Shape::kept),
        scale_(scale_for(digits.get<double>())) {}

 private:
  void encode_elements(BytesView in, std::span<std::byte> out) const override {
    if (!std::isfinite(scale_) || scale_ == 0)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("codec quantize can't round to {} digits",
                              excerpt(config().configuration.at("digits"))));
    const DataType native = decoded_type().little_endian();
    visit_number(native, "quantize", [&]<typename T>(std::type_identity<T>) {
      if constexpr (kIsFloating<T>) {
        const std::size_t count = in.size() / decoded_type().size;
        const auto numbers = load_numbers<T>(decoded_type(), in, native);
        const T scale = cast_number<T>(scale_);
        for (T& each : std::span(numbers.get(), count)) {
          each = cast_number<T>(widen(scale) * widen(each));
          each = cast_number<T>(std::nearbyint(widen(each)) / widen(scale));
        }
        convert_numbers(native, std::as_bytes(std::span(numbers.get(), count)), encoded_type(),
                        out);
      }
    });
  }

  void decode_elements(BytesView in, std::span<std::byte> out) const override {
    convert_numbers(encoded_type(), in, decoded_type(), out);
  }

  double scale_;
};

}  // namespace

BytesCodecPtr make_quantize(const CodecConfig& config, const ChunkElements&) {
  DataType decoded = type_member(config, "dtype");
  DataType encoded = type_member(config, "astype", &decoded);
  for (const DataType* type : {&decoded, &encoded})
    if (type->kind != Kind::floating)
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("codec quantize of \"{}\": it takes floating numbers only", typestr(*type)));
  const Json& digits = required_member(config, "digits");
  if (!digits.is_number())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("codec quantize: digits is {}, expected a number", excerpt(digits)));
  return std::make_shared<QuantizeCodec>(digits, std::move(decoded), std::move(encoded));
}

}  // namespace engram::codec
