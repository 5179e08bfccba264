// numcodecs' fixedscaleoffset: (x - offset) * scale, rounded, stored as `astype`; decoded as
// x / scale + offset. The two numbers come from JSON, and NumPy calculates with whole ones in the
// elements' own type and with real ones in double, so that they are told apart here too.
#include <fmt/format.h>

#include <cmath>
#include <type_traits>
#include <utility>

#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "codec/element_codec.hpp"
#include "codec/numbers.hpp"

namespace engram::codec {
namespace {

template <typename T>
T wrapped(T a, T b, bool multiply) noexcept {
  // Only the lowest bits of the result count, so that a sign need not be extended.
  using Bits = std::make_unsigned_t<std::conditional_t<std::is_same_v<T, bool>, char, T>>;
  const std::uint64_t x = static_cast<Bits>(a);
  const std::uint64_t y = static_cast<Bits>(b);
  return static_cast<T>(multiply ? x * y : x - y);
}

class FixedScaleOffsetCodec final : public ElementCodec {
 public:
  FixedScaleOffsetCodec(Json offset, Json scale, const DataType& decoded, const DataType& encoded)
      : ElementCodec({"fixedscaleoffset",
                      {{"scale", scale},
                       {"offset", offset},
                       {"dtype", typestr(decoded)},
                       {"astype", typestr(encoded)}}},
                     decoded, encoded, Shape::flat),
        offset_(std::move(offset)),
        scale_(std::move(scale)) {}

 private:
  void encode_elements(BytesView in, std::span<std::byte> out) const override {
    // NumPy's differences of bools and numbers are of int64.
    const DataType native = decoded_type().kind == Kind::boolean ? DataType::integer(8)
                                                                 : decoded_type().little_endian();
    visit_number(native, "fixedscaleoffset", [&]<typename T>(std::type_identity<T>) {
      const std::size_t count = in.size() / decoded_type().size;
      const auto numbers = load_numbers<T>(decoded_type(), in, native);
      const std::span<T> all(numbers.get(), count);
      if constexpr (std::is_integral_v<T>) {
        encode_integers(native, all, out);
      } else {
        encode_floating(all);
        convert_numbers(native, std::as_bytes(all), encoded_type(), out);
      }
    });
  }

  template <typename T>
  void encode_integers(const DataType& native, std::span<T> all, std::span<std::byte> out) const {
    const bool whole = offset_.is_number_integer() && scale_.is_number_integer();
    if (offset_.is_number_integer()) {
      const T offset = whole_number<T>(offset_, "offset");
      for (T& each : all) each = wrapped(each, offset, false);
    }
    if (whole) {
      const T scale = whole_number<T>(scale_, "scale");
      for (T& each : all) each = wrapped(each, scale, true);
      convert_numbers(native, std::as_bytes(all), encoded_type(), out);
      return;
    }
    const double offset = offset_.is_number_integer() ? 0.0 : offset_.get<double>();
    const auto scale = scale_.get<double>();
    const auto real = std::make_unique_for_overwrite<double[]>(all.size());
    for (std::size_t i = 0; i < all.size(); ++i)
      real[i] = std::nearbyint((static_cast<double>(all[i]) - offset) * scale);
    convert_numbers(DataType::floating(8), std::as_bytes(std::span(real.get(), all.size())),
                    encoded_type(), out);
  }

  template <typename T>
  void encode_floating(std::span<T> all) const {
    const T offset = cast_number<T>(offset_.get<double>());
    const T scale = cast_number<T>(scale_.get<double>());
    for (T& each : all) {
      each = cast_number<T>(widen(each) - widen(offset));
      each = cast_number<T>(widen(each) * widen(scale));
      if constexpr (kIsComplex<T>)
        each = {std::nearbyint(each.real()), std::nearbyint(each.imag())};
      else
        each = cast_number<T>(std::nearbyint(widen(each)));
    }
  }

  void decode_elements(BytesView in, std::span<std::byte> out) const override {
    // NumPy's quotients of integers are doubles.
    const bool real = encoded_type().kind == Kind::floating || encoded_type().kind == Kind::complex;
    const DataType native = real ? encoded_type().little_endian() : DataType::floating(8);
    visit_number(native, "fixedscaleoffset", [&]<typename T>(std::type_identity<T>) {
      if constexpr (!std::is_integral_v<T>) {
        const std::size_t count = in.size() / encoded_type().size;
        const auto numbers = load_numbers<T>(encoded_type(), in, native);
        const std::span<T> all(numbers.get(), count);
        decode_floating(all);
        convert_numbers(native, std::as_bytes(all), decoded_type(), out);
      }
    });
  }

  template <typename T>
  void decode_floating(std::span<T> all) const {
    const T offset = cast_number<T>(offset_.get<double>());
    const T scale = cast_number<T>(scale_.get<double>());
    for (T& each : all) {
      if constexpr (kIsComplex<T>) {
        each *= typename T::value_type{1} / scale.real();  // As NumPy divides by a real number.
        each += offset.real();
      } else {
        each = cast_number<T>(widen(each) / widen(scale));
        each = cast_number<T>(widen(each) + widen(offset));
      }
    }
  }

  // A whole number that has no place in the elements' type is an error for NumPy too.
  template <typename T>
  static T whole_number(const Json& value, std::string_view member) {
    const bool negative = !value.is_number_unsigned() && value.get<std::int64_t>() < 0;
    const bool fits = negative ? std::is_signed_v<T> &&
                                     value.get<std::int64_t>() >=
                                         static_cast<std::int64_t>(std::numeric_limits<T>::min())
                               : value.get<std::uint64_t>() <=
                                     static_cast<std::uint64_t>(std::numeric_limits<T>::max());
    if (!fits)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("codec fixedscaleoffset: {} is {}, which elements of {} bytes can't "
                              "hold: write it with a point to calculate in double",
                              member, excerpt(value), sizeof(T)));
    return static_cast<T>(negative ? static_cast<std::uint64_t>(value.get<std::int64_t>())
                                   : value.get<std::uint64_t>());
  }

  Json offset_;
  Json scale_;
};

Json number_of(const CodecConfig& config, std::string_view member) {
  const Json& found = required_member(config, member);
  if (found.is_boolean()) return Json(found.get<bool>() ? 1 : 0);
  if (!found.is_number())
    throw Error(ErrorCode::invalid_argument, fmt::format("codec {}: {} is {}, expected a number",
                                                         config.name, member, excerpt(found)));
  return found;
}

}  // namespace

BytesCodecPtr make_fixedscaleoffset(const CodecConfig& config, const ChunkElements&) {
  DataType decoded = type_member(config, "dtype");
  DataType encoded = type_member(config, "astype", &decoded);
  for (const DataType* type : {&decoded, &encoded}) {
    visit_number(*type, "fixedscaleoffset", [](auto) {});
    if (type->kind == Kind::datetime || type->kind == Kind::timedelta)
      throw Error(ErrorCode::unsupported,
                  fmt::format("codec fixedscaleoffset of \"{}\": it takes numbers, as which times "
                              "are <i8",
                              typestr(*type)));
  }
  return std::make_shared<FixedScaleOffsetCodec>(number_of(config, "offset"),
                                                 number_of(config, "scale"), std::move(decoded),
                                                 std::move(encoded));
}

}  // namespace engram::codec
