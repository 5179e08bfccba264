// numcodecs' zfpy by libzfp: a stream of zfp with its full head, which says type, shape and mode,
// so that decoding needs no configuration.
#include <fmt/format.h>
#include <zfp.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "codec/zfp_decoder.hpp"
#include "engram/base/error.hpp"

namespace engram::codec {
namespace {

// Python's numbers of the modes are libzfp's.
constexpr std::int64_t kDefaultMode = zfp_mode_fixed_accuracy;
constexpr std::size_t kMaxRank = 4;

zfp_type type_of(const DataType& type) {
  const bool native = !type.has_byte_order() || type.order == ByteOrder::little;
  if (native && type.kind == Kind::integer && type.size == 4) return zfp_type_int32;
  if (native && type.kind == Kind::integer && type.size == 8) return zfp_type_int64;
  if (native && type.kind == Kind::floating && type.size == 4) return zfp_type_float;
  if (native && type.kind == Kind::floating && type.size == 8) return zfp_type_double;
  return zfp_type_none;
}

struct Settings {
  std::int64_t mode = kDefaultMode;
  double tolerance = -1, rate = -1;
  std::int64_t precision = -1;
};

class ZfpyCodec final : public ConfiguredCodec {
 public:
  ZfpyCodec(CodecConfig config, Settings settings, ChunkElements elements)
      : ConfiguredCodec(std::move(config)), settings_(settings), elements_(std::move(elements)) {}

  // Blocks of 4^rank elements are filled up, and each is as long as the worst one of its mode.
  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override {
    constexpr std::string_view kWhat = "the size of an encoded chunk";
    const std::uint64_t size = elements_.type.size;
    std::uint64_t count = decoded_size / size + 4;
    if (!elements_.shape.empty()) {
      count = 1;
      for (const std::uint64_t extent : elements_.shape)
        count = checked_multiply(count, checked_add(extent, 3, kWhat) / 4 * 4, kWhat);
    }
    const auto rate = static_cast<std::uint64_t>(std::max(settings_.rate, 0.0)) / 8 + 1;
    return checked_add(checked_multiply(count, std::max(2 * size, rate), kWhat), 4096, kWhat);
  }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    // libzfp writes whole words.
    auto aligned = std::make_unique_for_overwrite<std::byte[]>(in.size());
    if (!in.empty()) std::memcpy(aligned.get(), in.data(), in.size());
    const ZfpField field = field_of(in.size(), aligned.get());
    const ZfpStream stream(opened_zfp(zfp_stream_open(nullptr)));
    set_mode(stream.get(), field.get());
    const std::size_t most = zfp_stream_maximum_size(stream.get(), field.get()) + 64;
    const std::size_t words = most / sizeof(std::uint64_t) + 2;
    const auto buffer = std::make_unique<std::uint64_t[]>(words);
    const ZfpBits bits(opened_zfp(stream_open(buffer.get(), words * sizeof(std::uint64_t))));
    zfp_stream_set_bit_stream(stream.get(), bits.get());
    zfp_stream_rewind(stream.get());
    zfp_write_header(stream.get(), field.get(), ZFP_HEADER_FULL);
    const std::size_t written = zfp_compress(stream.get(), field.get());
    if (written == 0 || written > out.size())
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("zfp can't encode {} bytes into {}", in.size(), out.size()));
    std::memcpy(out.data(), buffer.get(), written);
    return written;
  }

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    ZfpDecoder decoder(in);
    const std::uint64_t size = decoder.decoded_size();
    if (size == 0 || size > out.size())
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("zfp stream says that it decodes to {} bytes, expected at most {}",
                              size, out.size()));
    // libzfp writes elements, which want their alignment.
    const auto aligned = std::make_unique_for_overwrite<std::uint64_t[]>(size / 8 + 1);
    const std::span<std::byte> room(reinterpret_cast<std::byte*>(aligned.get()), size);
    decoder.decode(room);
    std::memcpy(out.data(), room.data(), size);
    return size;
  }

 private:
  ZfpField field_of(std::size_t size, void* elements) const {
    const zfp_type type = type_of(elements_.type);
    if (type == zfp_type_none)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("codec zfpy of \"{}\": it takes <i4, <i8, <f4 and <f8",
                              typestr(elements_.type)));
    if (elements_.fortran_order && elements_.shape.size() > 1)
      throw Error(ErrorCode::invalid_argument,
                  "codec zfpy does not take chunks in Fortran's order");
    std::vector<std::uint64_t> shape = elements_.shape;
    if (shape.empty()) shape.push_back(size / elements_.type.size);
    std::uint64_t count = elements_.type.size;
    for (const std::uint64_t extent : shape)
      count = checked_multiply(count, extent, "the size of a chunk");
    if (shape.size() > kMaxRank || count != size || size == 0)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("codec zfpy takes chunks of 1 to 4 dimensions and at least one "
                              "element, found {} dimensions for {} bytes",
                              shape.size(), size));
    ZfpField field(opened_zfp(zfp_field_alloc()));
    zfp_field_set_type(field.get(), type);
    zfp_field_set_pointer(field.get(), elements);
    std::reverse(shape.begin(), shape.end());  // libzfp's x varies fastest.
    shape.resize(kMaxRank, 0);
    field->nx = shape[0];
    field->ny = shape[1];
    field->nz = shape[2];
    field->nw = shape[3];
    return field;
  }

  // As zfpy chooses: a parameter that is not above -1 means no loss.
  void set_mode(zfp_stream* stream, const zfp_field* field) const {
    if (settings_.mode == zfp_mode_fixed_accuracy && settings_.tolerance > -1)
      zfp_stream_set_accuracy(stream, settings_.tolerance);
    else if (settings_.mode == zfp_mode_fixed_rate && settings_.rate > -1)
      zfp_stream_set_rate(stream, settings_.rate, field->type, zfp_field_dimensionality(field), 0);
    else if (settings_.mode == zfp_mode_fixed_precision && settings_.precision > -1)
      zfp_stream_set_precision(stream, static_cast<uint>(settings_.precision));
    else
      zfp_stream_set_reversible(stream);
  }

  Settings settings_;
  ChunkElements elements_;
};

double real_member(const CodecConfig& config, std::string_view member) {
  const Json* found = optional_member(config, member);
  if (found == nullptr) return -1;
  if (!found->is_number())
    throw Error(ErrorCode::invalid_argument,
                fmt::format("codec zfpy: {} is {}, expected a number", member, excerpt(*found)));
  return found->get<double>();
}

}  // namespace

BytesCodecPtr make_zfpy(const CodecConfig& config, const ChunkElements& elements) {
  Settings settings;
  settings.mode = integer_member(config, "mode", kDefaultMode, zfp_mode_null, zfp_mode_reversible);
  settings.tolerance = real_member(config, "tolerance");
  settings.rate = real_member(config, "rate");
  if (!(settings.rate <= ZFP_MAX_BITS))
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("codec zfpy: rate is {}, expected at most {}", settings.rate, ZFP_MAX_BITS));
  settings.precision = integer_member(config, "precision", -1, -1, ZFP_MAX_PREC);
  Json used = Json::object();
  CodecConfig complete{"zfpy", {{"mode", settings.mode}, {"compression_kwargs", Json::object()}}};
  for (const char* member : {"tolerance", "rate", "precision"}) {
    const Json* given = optional_member(config, member);
    complete.configuration[member] = given == nullptr ? Json(-1) : *given;
  }
  const char* const parameter = settings.mode == zfp_mode_fixed_rate        ? "rate"
                                : settings.mode == zfp_mode_fixed_precision ? "precision"
                                                                            : "tolerance";
  used[parameter] = complete.configuration[parameter];
  complete.configuration["compression_kwargs"] = std::move(used);
  return std::make_shared<ZfpyCodec>(std::move(complete), settings, elements);
}

}  // namespace engram::codec
