// The codecs for movies of few photons that store steps of the noise instead of counts. Their names
// and bytes have changed more often than their keys:
//
//   name         keys                                    bytes
//   anscombe-v1  conversion_gain, zero_level             the codes alone. anscombe-transform 1.0,
//   for
//                                                        Zarr v2 and v3
//   anscombe-v1  photon_sensitivity, zero_level          the codes, or a head and the codes. What
//   poisson      the same                                came before 1.0
//   poisson      dark_signal, photon_sensitivity, beta,  the codes alone. poisson-numcodecs
//                use_lookup
//
// The head is u32 little-endian: the number of dimensions and each of them. Whether it is there
// follows from the length: a chunk has as many codes as elements, which the array says; a head has
// 4 bytes or more, so that no length is right both with it and without. For the few elements that
// nothing is known of, the room that they are decoded into says how many there are.
//
// Two forms were written by versions under development only and are refused, because what they mean
// can't be told: a head of single bytes (three tables under the same keys), and
// signal_to_photon_gain (four formulas).
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <utility>

#include "codec/codecs.hpp"
#include "codec/configuration.hpp"
#include "codec/element_codec.hpp"
#include "codec/little_endian.hpp"
#include "codec/numbers.hpp"
#include "codec/photon_table.hpp"

namespace engram::codec {
namespace {

constexpr std::size_t kMostDimensions = 64;  // NumPy's.
constexpr std::size_t kWord = sizeof(std::uint32_t);

double photon_member(const CodecConfig& config, std::string_view member, bool positive) {
  const Json& found = required_member(config, member);
  const double value = found.is_number() ? found.get<double>() : std::nan("");
  if (!std::isfinite(value) || (positive && value <= 0))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("codec {}: {} is {}, expected a number{}", config.name, member,
                            excerpt(found), positive ? " above 0" : ""));
  return value;
}

DataType photon_type(const CodecConfig& config, std::string_view member, const DataType& missing,
                     bool integers) {
  DataType type = type_member(config, member, &missing);
  const bool is_integer = type.kind == Kind::integer || type.kind == Kind::unsigned_integer;
  if (!is_integer && (integers || type.kind != Kind::floating))
    throw Error(ErrorCode::unsupported,
                fmt::format("codec {}: {} is \"{}\", expected {}", config.name, member,
                            typestr(type), integers ? "integers" : "numbers"));
  return type;
}

// The elements that are encoded, which are decoded to elements of `decoded`. Readers take those for
// the array's without a look.
DataType photon_elements(const std::string& codec, const ChunkElements& elements,
                         const DataType& decoded) {
  if (elements.shape.empty() && elements.type == DataType{}) return decoded;
  const DataType& given = elements.type;
  const auto is_integer = [](const DataType& type) {
    return type.kind == Kind::integer || type.kind == Kind::unsigned_integer;
  };
  const bool fits = given.size == decoded.size &&
                    (given.size == 1 || given.order == decoded.order) &&
                    (given.kind == decoded.kind || (is_integer(given) && is_integer(decoded)));
  if (!fits)
    throw Error(ErrorCode::unsupported,
                fmt::format("codec {} decodes to \"{}\", and the array has \"{}\"", codec,
                            typestr(decoded), typestr(given)));
  return given;
}

void require_faithful(const std::string& codec, const PhotonTable& table, const DataType& encoded) {
  if (table.is_faithful()) return;
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("codec {}: with these numbers codes go up to {:.0f}, and \"{}\" must hold "
                  "each from 0 on without a gap to be decoded again: the gain of one "
                  "photon is too small, or the zero level is below 0",
                  codec, table.highest(), typestr(encoded)));
}

std::string loss_of(const PhotonTable& table, double beta) {
  return fmt::format(
      "counts take steps of {} standard deviations of the photons' noise: those from 0 "
      "to {} change by at most {}, others become the nearest of these",
      beta, table.last_count(), table.most_change());
}

/// Codes alone.
class PhotonCodec final : public ElementCodec {
 public:
  PhotonCodec(CodecConfig config, double beta, PhotonTable table, const DataType& given,
              const DataType& encoded)
      : ElementCodec(std::move(config), given, encoded, Shape::kept),
        beta_(beta),
        table_(std::move(table)) {}

  std::string loss() const override { return loss_of(table_, beta_); }

 private:
  void encode_elements(BytesView in, std::span<std::byte> out) const override {
    require_faithful(config().name, table_, encoded_type());
    table_.encode(decoded_type(), in, out);
  }
  void decode_elements(BytesView in, std::span<std::byte> out) const override {
    table_.decode(in, out);
  }

  double beta_;
  PhotonTable table_;
};

/// Codes, of those who wrote before 1.0, behind a head or not.
class HeadedPhotonCodec final : public ConfiguredCodec {
 public:
  HeadedPhotonCodec(CodecConfig config, PhotonTable table, DataType given, DataType encoded,
                    std::vector<std::uint64_t> shape, bool writes_head)
      : ConfiguredCodec(std::move(config)),
        table_(std::move(table)),
        given_(std::move(given)),
        encoded_(std::move(encoded)),
        shape_(std::move(shape)),
        writes_head_(writes_head) {}

  std::string loss() const override { return loss_of(table_, PhotonTable::kAnscombeBeta); }

  std::uint64_t max_encoded_size(std::uint64_t decoded_size) const override {
    constexpr std::string_view kWhat = "the size of an encoded chunk";
    const std::uint64_t count = decoded_size / given_.size + 1;
    return checked_add(checked_multiply(count, encoded_.size, kWhat), (kMostDimensions + 1) * kWord,
                       kWhat);
  }

  std::uint64_t encode(BytesView in, std::span<std::byte> out, std::uint64_t) const override {
    require_faithful(config().name, table_, encoded_);
    if (in.size() % given_.size != 0)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("codec {} takes elements of {} bytes, {} bytes are none",
                              config().name, given_.size, in.size()));
    const std::uint64_t count = in.size() / given_.size;
    std::size_t head = 0;
    if (writes_head_) {
      const std::vector<std::uint64_t> shape =
          shape_.empty() ? std::vector<std::uint64_t>{count} : shape_;
      if (shape.size() > kMostDimensions || product(shape) != count)
        throw Error(
            ErrorCode::invalid_argument,
            fmt::format("codec {}: {} elements are no chunk of the array", config().name, count));
      store_u32(out.data(), static_cast<std::uint32_t>(shape.size()));
      for (const std::uint64_t extent : shape) {
        if (extent > UINT32_MAX)
          throw Error(ErrorCode::limit_exceeded,
                      fmt::format("codec {}: a chunk is {} long, it takes at most {}",
                                  config().name, extent, UINT32_MAX));
        store_u32(out.data() + (head += kWord), static_cast<std::uint32_t>(extent));
      }
      head += kWord;
    }
    const std::uint64_t size = count * encoded_.size;
    table_.encode(given_, in, out.subspan(head, size));
    return head + size;
  }

  std::uint64_t decode(BytesView in, std::span<std::byte> out) const override {
    const std::uint64_t count = shape_.empty() ? out.size() / given_.size : product(shape_);
    const std::uint64_t codes = checked_multiply(count, encoded_.size, "the size of a chunk");
    if (count > out.size() / given_.size || in.size() < codes)
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("codec {}: {} bytes are not the codes of {} elements", config().name,
                              in.size(), count));
    const std::size_t head = in.size() - codes;
    if (head != 0) check_head(in.first(head), count);
    table_.decode(in.subspan(head), out.first(count * given_.size));
    return count * given_.size;
  }

 private:
  static std::uint64_t product(const std::vector<std::uint64_t>& shape) {
    std::uint64_t count = 1;
    for (const std::uint64_t extent : shape)
      count = checked_multiply(count, extent, "elements of a chunk");
    return count;
  }

  void check_head(BytesView head, std::uint64_t count) const {
    const auto dimensions = static_cast<std::size_t>(head[0]);
    if (head.size() == 1 + dimensions) {
      std::uint64_t elements = 1;
      for (std::size_t d = 1; d < head.size() && elements <= count; ++d)
        elements *= static_cast<std::uint64_t>(head[d]);
      if (elements == count)
        throw Error(ErrorCode::unsupported,
                    fmt::format("codec {}: the chunk begins with its shape in single bytes, as "
                                "versions under development wrote it, each with other codes: read "
                                "it with the version that wrote it, and write it again",
                                config().name));
    }
    const bool whole = head.size() % kWord == 0 && load_u32(head.data()) == head.size() / kWord - 1;
    std::uint64_t elements = 1;
    for (std::size_t at = kWord; whole && at < head.size() && elements <= count; at += kWord)
      elements *= load_u32(head.data() + at);
    if (!whole || elements != count)
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("codec {}: {} bytes before the codes of {} elements are no head with "
                              "their shape",
                              config().name, head.size(), count));
  }

  PhotonTable table_;
  DataType given_, encoded_;
  std::vector<std::uint64_t> shape_;
  bool writes_head_;
};

// What has photon_sensitivity and zero_level.
BytesCodecPtr make_headed(const CodecConfig& config, const ChunkElements& elements) {
  const double gain = photon_member(config, "photon_sensitivity", true);
  const double zero = photon_member(config, "zero_level", false);
  // Who did not write the type meant int8 first and uint8 later. Below 128 they are the same, and
  // above only the latter finds the count again.
  const DataType encoded =
      photon_type(config, "encoded_dtype", DataType::unsigned_integer(1), true);
  const DataType decoded = photon_type(config, "decoded_dtype", DataType::integer(2), true);
  CodecConfig complete{config.name,
                       {{"zero_level", config.configuration.at("zero_level")},
                        {"photon_sensitivity", config.configuration.at("photon_sensitivity")}}};
  // Those who wrote no types wrote no head, at last.
  const bool has_types = optional_member(config, "encoded_dtype") != nullptr;
  if (has_types) {
    complete.configuration["encoded_dtype"] = config.configuration.at("encoded_dtype");
    complete.configuration["decoded_dtype"] = optional_member(config, "decoded_dtype") == nullptr
                                                  ? Json("int16")
                                                  : config.configuration.at("decoded_dtype");
  }
  DataType given = photon_elements(config.name, elements, decoded);
  return std::make_shared<HeadedPhotonCodec>(std::move(complete),
                                             PhotonTable::anscombe(gain, zero, encoded, decoded),
                                             std::move(given), encoded, elements.shape, has_types);
}

/// poisson without a table: each number by the formula.
class PoissonFormula final : public ElementCodec {
 public:
  struct Numbers {
    double sensitivity = 1, dark_signal = 0, beta = 0.5;
  };

  PoissonFormula(CodecConfig config, Numbers numbers, const DataType& given, DataType decoded,
                 const DataType& encoded)
      : ElementCodec(std::move(config), given, encoded, Shape::kept),
        numbers_(numbers),
        decoded_(std::move(decoded)) {}

  std::string loss() const override {
    return fmt::format("values take steps of {} standard deviations of the photons' noise",
                       numbers_.beta);
  }

 private:
  void encode_elements(BytesView in, std::span<std::byte> out) const override {
    calculate(decoded_type(), in, encoded_type(), out, [this](double value) {
      const double photons = (value - numbers_.dark_signal) / numbers_.sensitivity;
      // As NumPy's maximum, which keeps what is no number.
      const double above = photons + 3.0 / 8;
      const double root = 2.0 * std::sqrt(above < 0 ? 0 : above);
      return std::nearbyint(root / numbers_.beta);
    });
  }
  void decode_elements(BytesView in, std::span<std::byte> out) const override {
    calculate(encoded_type(), in, decoded_, out, [this](double value) {
      const double root = value * numbers_.beta;
      const double photons = root * root / 4.0 - 1.0 / 8;
      return std::nearbyint(photons * numbers_.sensitivity + numbers_.dark_signal);
    });
  }

  template <typename Formula>
  static void calculate(const DataType& from, BytesView in, const DataType& to,
                        std::span<std::byte> out, const Formula& formula) {
    const DataType real = DataType::floating(8);
    const std::size_t count = in.size() / from.size;
    const auto numbers = load_numbers<double>(from, in, real);
    const std::span<double> all(numbers.get(), count);
    for (double& each : all) each = formula(each);
    convert_numbers(real, std::as_bytes(all), to, out);
  }

  Numbers numbers_;
  DataType decoded_;  ///< The array's may be unsigned where this is not.
};

}  // namespace

BytesCodecPtr make_anscombe(const CodecConfig& config, const ChunkElements& elements) {
  if (optional_member(config, "conversion_gain") == nullptr &&
      optional_member(config, "photon_sensitivity") != nullptr)
    return make_headed(config, elements);
  const double gain = photon_member(config, "conversion_gain", true);
  const double zero = photon_member(config, "zero_level", false);
  const DataType encoded =
      photon_type(config, "encoded_dtype", DataType::unsigned_integer(1), true);
  const DataType decoded = photon_type(config, "decoded_dtype", DataType::integer(2), true);
  CodecConfig complete{"anscombe-v1",
                       {{"zero_level", config.configuration.at("zero_level")},
                        {"conversion_gain", config.configuration.at("conversion_gain")}}};
  for (const char* member : {"encoded_dtype", "decoded_dtype"})
    if (const Json* given = optional_member(config, member))
      complete.configuration[member] = *given;
  const DataType given = photon_elements(config.name, elements, decoded);
  return std::make_shared<PhotonCodec>(std::move(complete), PhotonTable::kAnscombeBeta,
                                       PhotonTable::anscombe(gain, zero, encoded, decoded), given,
                                       encoded);
}

BytesCodecPtr make_poisson(const CodecConfig& config, const ChunkElements& elements) {
  if (optional_member(config, "signal_to_photon_gain") != nullptr)
    throw Error(ErrorCode::unsupported,
                "codec poisson with signal_to_photon_gain: four versions under development had "
                "these keys, each with another formula: read it with the version that wrote it, "
                "and write it again");
  if (optional_member(config, "dark_signal") == nullptr &&
      optional_member(config, "zero_level") != nullptr)
    return make_headed(config, elements);
  PoissonFormula::Numbers numbers;
  numbers.dark_signal = photon_member(config, "dark_signal", false);
  numbers.sensitivity = photon_member(config, "photon_sensitivity", true);
  const bool has_beta = optional_member(config, "beta") != nullptr;
  if (has_beta) numbers.beta = photon_member(config, "beta", true);
  const bool use_lookup = boolean_member(config, "use_lookup", true);
  const DataType encoded =
      photon_type(config, "encoded_dtype", DataType::unsigned_integer(1), use_lookup);
  const DataType decoded = photon_type(config, "decoded_dtype", DataType::integer(2), use_lookup);
  const auto or_usual = [&config](std::string_view member, const char* usual) {
    const Json* found = optional_member(config, member);
    return found == nullptr ? Json(usual) : *found;
  };
  CodecConfig complete{"poisson",
                       {{"dark_signal", config.configuration.at("dark_signal")},
                        {"photon_sensitivity", config.configuration.at("photon_sensitivity")},
                        {"encoded_dtype", or_usual("encoded_dtype", "uint8")},
                        {"decoded_dtype", or_usual("decoded_dtype", "int16")},
                        {"beta", has_beta ? config.configuration.at("beta") : Json(0.5)},
                        {"use_lookup", use_lookup}}};
  const DataType given = photon_elements(config.name, elements, decoded);
  if (!use_lookup)
    return std::make_shared<PoissonFormula>(std::move(complete), numbers, given, decoded, encoded);
  return std::make_shared<PhotonCodec>(
      std::move(complete), numbers.beta,
      PhotonTable::poisson(numbers.sensitivity, numbers.dark_signal, numbers.beta, encoded,
                           decoded),
      given, encoded);
}

}  // namespace engram::codec
