// The codecs for movies of few photons and for recordings: what their Python originals made
// (tests/data/codecs/make_fixtures.py) is decoded for ever, and what we make is the same, or
// decodes to the same.
#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "codec/fixtures.hpp"
#include "codec/numbers.hpp"
#include "codec/photon_table.hpp"
#include "engram/codec/pipeline.hpp"

namespace engram::codec {
namespace {

constexpr ErrorCode kBadValue = ErrorCode::invalid_argument;

struct DomainCase {
  std::string name;
  CodecConfig config;
  ChunkElements elements;
  Bytes array, encoded, decoded;
  bool exact = false;
};

const std::vector<DomainCase>& domain_cases() {
  static const std::vector<DomainCase> all = [] {
    std::vector<DomainCase> made;
    for (const char* file : {"photon", "wavpack", "flac"}) {
      const std::string path = std::string("tests/data/codecs/") + file + ".json";
      const Json table = parse_json(file_text(testing::source_path(path)));
      for (const Json& each : table.at("bytes"))
        made.push_back({dump_json(each.at("codec"), JsonStyle::line) + " of " +
                            dump_json(each.at("shape"), JsonStyle::line) + " " +
                            each.at("dtype").get<std::string>(),
                        config_of(each.at("codec")),
                        {parse_typestr(each.at("dtype").get<std::string>()),
                         each.at("shape").get<std::vector<std::uint64_t>>(), false},
                        bytes_of(each.at("array")),
                        bytes_of(each.at("encoded")),
                        bytes_of(each.at(each.contains("decoded") ? "decoded" : "array")),
                        each.at("exact").get<bool>()});
    }
    return made;
  }();
  return all;
}

double distance(const DataType& type, const Bytes& a, const Bytes& b) {
  const auto x = load_numbers<double>(type, a, DataType::floating(8));
  const auto y = load_numbers<double>(type, b, DataType::floating(8));
  double sum = 0;
  for (std::size_t i = 0; i < a.size() / type.size; ++i) sum += std::fabs(x[i] - y[i]);
  return sum;
}

TEST(DomainCodecs, DecodeWhatTheirOriginalsMade) {
  std::set<std::string> names;
  for (const DomainCase& each : domain_cases()) {
    SCOPED_TRACE(each.name);
    names.insert(each.config.name);
    const BytesCodecPtr codec = make_codec(each.config, each.elements);
    EXPECT_EQ(decode(*codec, each.encoded, each.decoded.size()), each.decoded);
    EXPECT_EQ(decode(*codec, each.encoded, each.decoded.size() + 1000), each.decoded)
        << "with room to spare";
    expect_error(ErrorCode::corrupt_data, "",
                 [&] { decode(*codec, each.encoded, each.decoded.size() - 1); });
    // Who reads alone need not know the elements.
    EXPECT_EQ(decode(*make_codec(each.config), each.encoded, each.decoded.size()), each.decoded);
    const Pipeline chain({each.config, {"zlib", Json::object()}}, each.elements);
    const Bytes chunk = Pipeline({{"zlib", Json::object()}}).encode(each.encoded, 1);
    EXPECT_EQ(chain.decode(chunk, each.decoded.size()), each.decoded);
  }
  EXPECT_EQ(names, (std::set<std::string>{"anscombe-v1", "flac", "poisson", "wavpack"}));
}

TEST(DomainCodecs, EncodeAsTheirOriginals) {
  for (const DomainCase& each : domain_cases()) {
    SCOPED_TRACE(each.name);
    const BytesCodecPtr codec = make_codec(each.config, each.elements);
    const Bytes ours = encode(*codec, each.array, each.elements.type.size);
    if (each.exact) {
      EXPECT_EQ(ours, each.encoded);
    }
    const Bytes back = decode(*codec, ours, each.array.size());
    const bool is_lossy = each.decoded != each.array;
    if (!is_lossy) {
      EXPECT_EQ(back, each.array);
    } else if (each.config.name == "wavpack") {  // Another libwavpack may lose other bits.
      EXPECT_LE(distance(each.elements.type, back, each.array),
                1.5 * distance(each.elements.type, each.decoded, each.array));
    } else {
      EXPECT_EQ(back, each.decoded);
    }
    EXPECT_EQ(make_codec(codec->config())->config(), codec->config());
    Json written = codec->config().configuration;
    for (const auto& [key, value] : each.config.configuration.items())
      EXPECT_EQ(written.at(key), value) << key;
  }
}

TEST(DomainCodecs, AnswerDamage) {
  for (const DomainCase& each : domain_cases()) {
    SCOPED_TRACE(each.name);
    const BytesCodecPtr codec = make_codec(each.config, each.elements);
    const auto attempt = [&](const Bytes& damaged) {
      try {
        EXPECT_LE(decode(*codec, damaged, each.decoded.size()).size(), each.decoded.size());
      } catch (const Error& error) {
        EXPECT_TRUE(error.code() == ErrorCode::corrupt_data ||
                    error.code() == ErrorCode::unsupported)
            << error.what();
      }
    };
    const Bytes& good = each.encoded;
    for (std::size_t size = 0; size < good.size(); size += 1 + good.size() / 40)
      attempt(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)));
    std::mt19937 random(static_cast<unsigned>(good.size()));
    for (std::size_t at = 0; at < good.size(); at += 1 + good.size() / 100) {
      Bytes damaged = good;
      damaged[at] ^= static_cast<std::byte>(1U << (random() % 8));
      attempt(damaged);
    }
  }
}

// A flipped bit in the middle of what has checksums is found.
TEST(DomainCodecs, OfSoundFindDamage) {
  for (const DomainCase& each : domain_cases()) {
    if (each.config.name != "wavpack" && each.config.name != "flac") continue;
    if (each.encoded.size() < 400) continue;
    SCOPED_TRACE(each.name);
    const BytesCodecPtr codec = make_codec(each.config, each.elements);
    Bytes damaged = each.encoded;
    damaged[damaged.size() * 3 / 4] ^= std::byte{16};
    expect_error(ErrorCode::corrupt_data, each.config.name + " stream",
                 [&] { decode(*codec, damaged, each.decoded.size()); });
    damaged = each.encoded;
    damaged.resize(damaged.size() / 2);
    expect_error(ErrorCode::corrupt_data, each.config.name + " stream",
                 [&] { decode(*codec, damaged, each.decoded.size()); });
  }
}

class BadDomainConfigTest : public ::testing::TestWithParam<BadConfig> {};

INSTANTIATE_TEST_SUITE_P(
    Configs, BadDomainConfigTest,
    ::testing::Values(
        BadConfig{"GainMissing", "anscombe-v1", R"({"zero_level":1})", kBadValue,
                  "conversion_gain is missing"},
        BadConfig{"GainNull", "anscombe-v1", R"({"zero_level":1,"conversion_gain":0})", kBadValue,
                  "a number above 0"},
        BadConfig{"GainText", "anscombe-v1", R"({"zero_level":1,"conversion_gain":"2"})", kBadValue,
                  "conversion_gain is \"2\""},
        BadConfig{"ZeroMissing", "anscombe-v1", R"({"conversion_gain":2.5})", kBadValue,
                  "zero_level is missing"},
        BadConfig{"ZeroHuge", "anscombe-v1", R"({"zero_level":1e305,"conversion_gain":1e-9})",
                  kBadValue, "no table"},
        BadConfig{"CodesOfText", "anscombe-v1",
                  R"({"zero_level":1,"conversion_gain":2,"encoded_dtype":"<U3"})",
                  ErrorCode::unsupported, "expected integers"},
        BadConfig{"CountsReal", "anscombe-v1",
                  R"({"zero_level":1,"photon_sensitivity":2,"decoded_dtype":"float32"})",
                  ErrorCode::unsupported, "expected integers"},
        BadConfig{"AnscombeList", "anscombe-v1", "[]", kBadValue, "no JSON object"},
        BadConfig{"PoissonWithoutZero", "poisson", R"({"photon_sensitivity":2})", kBadValue,
                  "dark_signal is missing"},
        BadConfig{"PoissonBeta", "poisson", R"({"photon_sensitivity":2,"dark_signal":0,"beta":-1})",
                  kBadValue, "beta is -1"},
        BadConfig{"PoissonWide", "poisson",
                  R"({"photon_sensitivity":2,"dark_signal":0,"decoded_dtype":"int32"})",
                  ErrorCode::unsupported, "use_lookup must be false"},
        BadConfig{"PoissonOneCode", "poisson", R"({"photon_sensitivity":1e9,"dark_signal":0})",
                  kBadValue, "all counts have one code"},
        BadConfig{"PoissonOfThePast", "poisson",
                  R"({"signal_to_photon_gain":2,"dark_signal":0,"beta":0.5})",
                  ErrorCode::unsupported, "four versions under development"},
        BadConfig{"WavpackLevel", "wavpack", R"({"level":5})", kBadValue, "from 1 to 4"},
        BadConfig{"WavpackBits", "wavpack", R"({"bps":25})", kBadValue, "from 0 to 24"},
        BadConfig{"WavpackBitsText", "wavpack", R"({"bps":"3"})", kBadValue, "bps is \"3\""},
        BadConfig{"WavpackWeight", "wavpack", R"({"shaping_weight":2})", kBadValue, "from -1 to 1"},
        BadConfig{"WavpackShaping", "wavpack", R"({"dynamic_noise_shaping":"x"})", kBadValue,
                  "expected true or false"},
        BadConfig{"FlacLevel", "flac", R"({"level":9})", kBadValue, "from 0 to 8"},
        BadConfig{"FlacRate", "flac", R"({"sample_rate":0})", kBadValue, "sample_rate is 0"},
        BadConfig{"FlacBlock", "flac", R"({"blocksize":-1})", kBadValue, "blocksize is -1"}),
    [](const auto& p) { return std::string(p.param.why); });

TEST_P(BadDomainConfigTest, IsRefused) {
  expect_error(GetParam().code, GetParam().text, [] {
    make_codec({GetParam().name, parse_json(GetParam().configuration)});
  });
}

CodecConfig anscombe_config(double gain) {
  return {"anscombe-v1", {{"zero_level", 86}, {"conversion_gain", gain}}};
}

// By the range of their values codes of 8 bits are too few; decoded they would be something else.
TEST(Anscombe, EncodesOnlyWhatItDecodes) {
  const ChunkElements elements{DataType::integer(2), {4}, false};
  const Bytes counts(8);
  EXPECT_EQ(encode(*make_codec(anscombe_config(97), elements), counts, 2).size(), 4U);
  for (const double gain : {8.0, 1.0})
    expect_error(kBadValue, "the gain of one photon is too small",
                 [&] { encode(*make_codec(anscombe_config(gain), elements), counts, 2); });
  CodecConfig below = anscombe_config(97);
  below.configuration["zero_level"] = -500;
  expect_error(kBadValue, "zero level is below 0",
               [&] { encode(*make_codec(below, elements), counts, 2); });
}

TEST(Anscombe, FitsTheArrayOrSaysThatItDoesNot) {
  for (const DataType& type : {DataType::floating(8), DataType::integer(2, ByteOrder::big),
                               DataType::floating(2), DataType::integer(4)})
    expect_error(ErrorCode::unsupported, "the array has", [&] {
      make_codec(anscombe_config(97), {type, {4}, false});
    });
  EXPECT_NO_THROW(make_codec(anscombe_config(97), {DataType::unsigned_integer(2), {4}, false}));
  const BytesCodecPtr codec = make_codec(anscombe_config(97));
  expect_error(kBadValue, "elements of 2 bytes", [&] { encode(*codec, Bytes(3), 2); });
}

TEST(Anscombe, PassesTheTypeOfItsCodesOn) {
  const ChunkElements elements{DataType::integer(2), {2, 3}, false};
  EXPECT_EQ(make_codec(anscombe_config(97), elements)->encoded_elements(elements).type,
            DataType::unsigned_integer(1));
  EXPECT_EQ(make_codec(anscombe_config(97), elements)->encoded_elements(elements).shape,
            elements.shape);
}

TEST(Anscombe, SaysHowMuchItChanges) {
  const auto table =
      PhotonTable::anscombe(97, 86, DataType::unsigned_integer(1), DataType::integer(2));
  Bytes counts(2 * 32768), codes(32768), back(2 * 32768);
  for (std::size_t i = 0; i < 32768; ++i) {
    counts[2 * i] = static_cast<std::byte>(i & 255U);
    counts[2 * i + 1] = static_cast<std::byte>(i >> 8U);
  }
  table.encode(DataType::integer(2), counts, codes);
  table.decode(codes, back);
  const auto x = load_numbers<std::int16_t>(DataType::integer(2), counts, DataType::integer(2));
  const auto y = load_numbers<std::int16_t>(DataType::integer(2), back, DataType::integer(2));
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < 32768; ++i)
    most = std::max(most, static_cast<std::uint64_t>(std::abs(x[i] - y[i])));
  EXPECT_TRUE(table.is_faithful());
  EXPECT_EQ(table.most_change(), most);
  EXPECT_GT(most, 100U);
}

TEST(AnscombeHead, IsTakenByLengthAlone) {
  const CodecConfig config{"anscombe-v1", {{"zero_level", 86}, {"photon_sensitivity", 97}}};
  // Codes that could be a head: of 5 elements of 1 dimension.
  const Bytes codes = {std::byte{1}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{5},
                       std::byte{0}, std::byte{0}, std::byte{0}, std::byte{7}, std::byte{7},
                       std::byte{7}, std::byte{7}, std::byte{7}};
  const ChunkElements five{DataType::integer(2), {5}, false},
      all{DataType::integer(2), {13}, false};
  EXPECT_EQ(decode(*make_codec(config, five), codes, 10).size(), 10U);
  EXPECT_EQ(decode(*make_codec(config, all), codes, 26).size(), 26U);
  const ChunkElements nine{DataType::integer(2), {9}, false};
  expect_error(ErrorCode::corrupt_data, "no head with their shape",
               [&] { decode(*make_codec(config, nine), codes, 18); });
  const ChunkElements more{DataType::integer(2), {14}, false};
  expect_error(ErrorCode::corrupt_data, "are not the codes of 14 elements",
               [&] { decode(*make_codec(config, more), codes, 28); });
}

TEST(AnscombeHead, OfSingleBytesIsRefused) {
  const CodecConfig config{"poisson", {{"zero_level", 0}, {"photon_sensitivity", 97}}};
  const ChunkElements elements{DataType::integer(2), {2, 3}, false};
  Bytes chunk(9, std::byte{4});
  chunk[0] = std::byte{2};
  chunk[1] = std::byte{2};
  chunk[2] = std::byte{3};
  expect_error(ErrorCode::unsupported, "its shape in single bytes",
               [&] { decode(*make_codec(config, elements), chunk, 12); });
}

TEST(Sound, TakesItsOwnElementsOnly) {
  const ChunkElements real{DataType::floating(8), {4}, false};
  const ChunkElements big{DataType::integer(2, ByteOrder::big), {4}, false};
  for (const char* name : {"wavpack", "flac"}) {
    const CodecConfig config{name, Json::object()};
    for (const ChunkElements& elements : {real, big, ChunkElements{}})
      expect_error(kBadValue, "it takes \"",
                   [&] { encode(*make_codec(config, elements), walk(32), 8); });
    const ChunkElements pairs{DataType::integer(2), {4, 2}, false};
    expect_error(kBadValue, "whole samples of 2 channels",
                 [&] { encode(*make_codec(config, pairs), walk(6), 2); });
    expect_error(kBadValue, "0 bytes are none",
                 [&] { encode(*make_codec(config, pairs), Bytes(), 2); });
  }
}

TEST(Sound, HoldsNoise) {
  for (const char* name : {"wavpack", "flac"})
    for (const std::vector<std::uint64_t>& shape :
         std::initializer_list<std::vector<std::uint64_t>>{
             {1}, {17}, {200'001}, {90'000, 2}, {2, 9}}) {
      std::uint64_t count = 2;
      for (const std::uint64_t extent : shape) count *= extent;
      const BytesCodecPtr codec =
          make_codec({name, Json::object()}, {DataType::integer(2), shape, false});
      const Bytes data = noise(count);
      EXPECT_EQ(decode(*codec, encode(*codec, data, 2), data.size()), data) << name;
    }
  for (const std::int64_t size : {1, 2, 4}) {
    const ChunkElements wide{DataType::integer(static_cast<std::uint64_t>(size)), {3, 4096}, false};
    const Bytes data = noise(3U * 4096U * static_cast<unsigned>(size));
    const BytesCodecPtr codec = make_codec({"wavpack", {{"level", 4}}}, wide);
    EXPECT_EQ(decode(*codec, encode(*codec, data, 4), data.size()), data) << size;
  }
}

TEST(Sound, FlacRefusesBlocksThatItCannotMake) {
  const ChunkElements elements{DataType::integer(2), {100}, false};
  expect_error(kBadValue, "codec flac can't encode with", [&] {
    encode(*make_codec({"flac", {{"blocksize", 3}}}, elements), walk(200), 2);
  });
}

}  // namespace
}  // namespace engram::codec
