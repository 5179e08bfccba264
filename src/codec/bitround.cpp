// numcodecs' bitround: floating numbers whose fraction is rounded to `keepbits` bits, half to even.
// Its configuration does not name their type; decoding changes nothing.
#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "codec/numbers.hpp"

namespace engram::codec {
namespace {

unsigned fraction_bits(const DataType& type) {
  if (type.kind == Kind::floating && type.size == 2) return 10;
  if (type.kind == Kind::floating && type.size == 4) return 23;
  if (type.kind == Kind::floating && type.size == 8) return 52;
  return 0;
}

template <typename Bits>
void round_numbers(std::span<Bits> numbers, unsigned dropped) {
  const auto mask = static_cast<Bits>(~Bits{0} << dropped);
  const auto half = static_cast<Bits>((Bits{1} << (dropped - 1)) - 1);
  for (Bits& each : numbers) {
    const auto odd = static_cast<Bits>((each >> dropped) & Bits{1});
    each = static_cast<Bits>((each + odd + half) & mask);
  }
}

class BitRoundCodec final : public ConfiguredCodec {
 public:
  BitRoundCodec(std::int64_t keep, DataType type)
      : ConfiguredCodec({"bitround", {{"keepbits", keep}}}),
        keep_(static_cast<std::uint64_t>(keep)),
        type_(std::move(type)) {}

  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override { return decoded_size; }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    const unsigned bits = fraction_bits(type_);
    if (bits == 0)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("codec bitround of \"{}\": it rounds floating numbers of 2, 4 or 8 "
                              "bytes",
                              typestr(type_)));
    if (keep_ > bits)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("codec bitround: keepbits is {}, \"{}\" has {}", keep_,
                              typestr(type_), bits));
    if (in.size() % type_.size != 0)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("codec bitround takes elements of {} bytes, {} bytes are none",
                              type_.size, in.size()));
    if (keep_ == bits) {
      if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
      return in.size();
    }
    const DataType stored = DataType::unsigned_integer(type_.size, type_.order);
    const DataType native = stored.little_endian();
    const auto dropped = static_cast<unsigned>(bits - keep_);
    const std::size_t count = in.size() / type_.size;
    visit_number(native, "bitround", [&]<typename T>(std::type_identity<T>) {
      if constexpr (std::is_unsigned_v<T> && sizeof(T) > 1) {
        const auto numbers = load_numbers<T>(stored, in, native);
        const std::span<T> all(numbers.get(), count);
        round_numbers(all, dropped);
        convert_numbers(native, std::as_bytes(all), stored, out);
      }
    });
    return in.size();
  }

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    if (in.size() > out.size())
      throw Error(
          ErrorCode::corrupt_data,
          fmt::format("rounded chunk has {} bytes, expected at most {}", in.size(), out.size()));
    if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
    return in.size();
  }

  ChunkElements encoded_elements(const ChunkElements& decoded) const override {
    ChunkElements encoded = decoded;
    if (fraction_bits(decoded.type) > keep_)  // numcodecs' result is one of integers.
      encoded.type = DataType::integer(decoded.type.size, decoded.type.order);
    return encoded;
  }

 private:
  std::uint64_t keep_;
  DataType type_;
};

}  // namespace

BytesCodecPtr make_bitround(const CodecConfig& config, const ChunkElements& elements) {
  required_member(config, "keepbits");
  return std::make_shared<BitRoundCodec>(integer_member(config, "keepbits", 0, 0, INT32_MAX),
                                         elements.type);
}

}  // namespace engram::codec
