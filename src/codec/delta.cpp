// numcodecs' delta: the first element, then differences of neighbours, calculated in `dtype` and
// stored as `astype`; the sums are taken in the type that holds both, as NumPy does. Integers wrap
// around, which decoding undoes.
#include <fmt/format.h>

#include <utility>

#include "codec/codecs.hpp"
#include "codec/element_codec.hpp"
#include "codec/numbers.hpp"

namespace engram::codec {
namespace {

// Times keep "no time" whatever is added to it.
struct TimeArithmetic {
  static std::int64_t minus(std::int64_t a, std::int64_t b) noexcept {
    if (a == kNotATime || b == kNotATime) return kNotATime;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
  }
  static std::int64_t plus(std::int64_t a, std::int64_t b) noexcept {
    if (a == kNotATime || b == kNotATime) return kNotATime;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }
};

template <typename T>
struct Arithmetic {
  static T minus(T a, T b) noexcept {
    if constexpr (std::is_same_v<T, bool>) {
      return a != b;
    } else if constexpr (std::is_integral_v<T>) {
      using Unsigned = std::make_unsigned_t<T>;
      return static_cast<T>(static_cast<Unsigned>(a) - static_cast<Unsigned>(b));
    } else {
      return cast_number<T>(widen(a) - widen(b));
    }
  }
  static T plus(T a, T b) noexcept {
    if constexpr (std::is_same_v<T, bool>) {
      return a || b;  // NumPy's sum of bools: numcodecs does not give back what it encoded.
    } else if constexpr (std::is_integral_v<T>) {
      using Unsigned = std::make_unsigned_t<T>;
      return static_cast<T>(static_cast<Unsigned>(a) + static_cast<Unsigned>(b));
    } else {
      return cast_number<T>(widen(a) + widen(b));
    }
  }
};

template <typename T, typename Rules>
void difference(T* numbers, std::size_t count) {
  for (std::size_t i = count; i-- > 1;) numbers[i] = Rules::minus(numbers[i], numbers[i - 1]);
}

template <typename T, typename Rules>
void accumulate(T* numbers, std::size_t count) {
  for (std::size_t i = 1; i < count; ++i) numbers[i] = Rules::plus(numbers[i - 1], numbers[i]);
}

class DeltaCodec final : public ElementCodec {
 public:
  DeltaCodec(const DataType& decoded, const DataType& encoded)
      : ElementCodec({"delta", {{"dtype", typestr(decoded)}, {"astype", typestr(encoded)}}},
                     decoded, encoded, Shape::flat),
        difference_type_(decoded.little_endian()),
        sum_type_(promoted(decoded, encoded)) {
    visit_number(sum_type_, "delta", [](auto) {});
  }

 private:
  void encode_elements(BytesView in, std::span<std::byte> out) const override {
    calculate(difference_type_, decoded_type(), in, encoded_type(), out, true);
  }
  void decode_elements(BytesView in, std::span<std::byte> out) const override {
    calculate(sum_type_, encoded_type(), in, decoded_type(), out, false);
  }

  static void calculate(const DataType& native, const DataType& from, BytesView in,
                        const DataType& to, std::span<std::byte> out, bool encodes) {
    visit_number(native, "delta", [&]<typename T>(std::type_identity<T>) {
      const std::size_t count = in.size() / from.size;
      const auto numbers = load_numbers<T>(from, in, native);
      const auto run = [&]<typename Rules>(std::type_identity<Rules>) {
        encodes ? difference<T, Rules>(numbers.get(), count)
                : accumulate<T, Rules>(numbers.get(), count);
      };
      if constexpr (std::is_same_v<T, std::int64_t>) {
        if (native.kind == Kind::timedelta)
          run(std::type_identity<TimeArithmetic>());
        else
          run(std::type_identity<Arithmetic<T>>());
      } else {
        run(std::type_identity<Arithmetic<T>>());
      }
      convert_numbers(native, std::as_bytes(std::span(numbers.get(), count)), to, out);
    });
  }

  DataType difference_type_;
  DataType sum_type_;
};

}  // namespace

BytesCodecPtr make_delta(const CodecConfig& config, const ChunkElements&) {
  DataType decoded = type_member(config, "dtype");
  DataType encoded = type_member(config, "astype", &decoded);
  for (const DataType* type : {&decoded, &encoded}) {
    visit_number(*type, "delta", [](auto) {});
    if (type->kind == Kind::datetime)
      throw Error(ErrorCode::unsupported,
                  fmt::format("codec delta of \"{}\": points in time can't be added, and numcodecs "
                              "can't decode it either: use the type <i8",
                              typestr(*type)));
  }
  return std::make_shared<DeltaCodec>(std::move(decoded), std::move(encoded));
}

}  // namespace engram::codec
