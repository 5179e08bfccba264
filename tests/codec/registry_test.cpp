#include <ostream>

#include "codec/fixtures.hpp"

namespace engram::codec {
namespace {

TEST(Registry, KnowsItsNames) {
  for (const char* name : {"adler32", "base64", "blosc", "bz2", "crc32", "crc32c", "fletcher32",
                           "gzip", "flac", "jenkins_lookup3", "lz4", "lzma", "packbits", "shuffle",
                           "wavpack", "zfpy", "zlib", "zstd"}) {
    EXPECT_TRUE(is_known_codec(name)) << name;
    EXPECT_EQ(make_codec({name, Json::object()})->config().name, name);
  }
  for (const char* name : {"", "ZLIB", "zlib ", "hdf5:32000", "pcodec", "vlen-utf8", "json2"})
    EXPECT_FALSE(is_known_codec(name)) << name;
}

TEST(Registry, FillsInWhatIsLeftOutAsNumcodecsDoes) {
  const auto complete = [](const char* name) {
    return dump_json(make_codec({name, Json::object()})->config().configuration, JsonStyle::line);
  };
  EXPECT_EQ(complete("zlib"), R"({"level":1})");
  EXPECT_EQ(complete("gzip"), R"({"level":1})");
  EXPECT_EQ(complete("bz2"), R"({"level":1})");
  EXPECT_EQ(complete("zstd"), R"({"level":0})");
  EXPECT_EQ(complete("lz4"), R"({"acceleration":1})");
  EXPECT_EQ(complete("shuffle"), R"({"elementsize":4})");
  EXPECT_EQ(complete("fletcher32"), "{}");
  EXPECT_EQ(complete("crc32"), "{}");
  EXPECT_EQ(complete("jenkins_lookup3"), R"({"initval":0,"prefix":null})");
  EXPECT_EQ(complete("lzma"), R"({"format":1,"check":-1,"preset":null,"filters":null})");
  EXPECT_EQ(complete("zfpy"),
            R"({"mode":4,"compression_kwargs":{"tolerance":-1},"tolerance":-1,"rate":-1,)"
            R"("precision":-1})");
  EXPECT_EQ(complete("wavpack"),
            R"({"level":1,"bps":0.0,"dynamic_noise_shaping":true,"shaping_weight":0.0,)"
            R"("num_encoding_threads":1,"num_decoding_threads":8})");
  EXPECT_EQ(complete("flac"), R"({"tmpdir":null,"level":5,"blocksize":null,"sample_rate":48000})");
  EXPECT_EQ(complete("blosc"), R"({"cname":"lz4","clevel":5,"shuffle":1,"blocksize":0})");
}

class BadConfigTest : public ::testing::TestWithParam<BadConfig> {};

INSTANTIATE_TEST_SUITE_P(
    Configs, BadConfigTest,
    ::testing::Values(
        BadConfig{"Unknown", "pcodec", "{}", ErrorCode::unsupported,
                  "\"pcodec\" is not known; there are adler32,"},
        BadConfig{"OfObjects", "vlen-utf8", "{}", ErrorCode::unsupported, "array of objects"},
        BadConfig{"Hdf5Only", "hdf5:32000", "{}", ErrorCode::unsupported, "hdf5:32000"},
        BadConfig{"LevelAbove", "zlib", R"({"level":10})", kInvalid, "level is 10"},
        BadConfig{"LevelBelow", "gzip", R"({"level":-2})", kInvalid, "from -1 to 9"},
        BadConfig{"LevelText", "zlib", R"({"level":"6"})", kInvalid, "level is \"6\""},
        BadConfig{"LevelReal", "zlib", R"({"level":6.0})", kInvalid, "level is 6.0"},
        BadConfig{"LevelNull", "zlib", R"({"level":null})", kInvalid, "level is null"},
        BadConfig{"LevelHuge", "zlib", R"({"level":18446744073709551615})", kInvalid, "level is"},
        BadConfig{"Bz2Level0", "bz2", R"({"level":0})", kInvalid, "from 1 to 9"},
        BadConfig{"List", "zlib", "[]", kInvalid, "no JSON object"},
        BadConfig{"BloscList", "blosc", "[]", kInvalid, "no JSON object"},
        BadConfig{"ZstdText", "zstd", "\"x\"", kInvalid, "no JSON object"},
        BadConfig{"ZstdChecksum", "zstd", R"({"checksum":1})", kInvalid, "checksum"},
        BadConfig{"ShuffleBelow", "shuffle", R"({"elementsize":-1})", kInvalid, "elementsize"},
        BadConfig{"ShuffleHuge", "shuffle", R"({"elementsize":9000000000})", kInvalid,
                  "9000000000"},
        BadConfig{"BloscName", "blosc", R"({"cname":7})", kInvalid, "cname"},
        BadConfig{"BloscSnappy", "blosc", R"({"cname":"snappy"})", ErrorCode::unsupported,
                  "snappy"},
        BadConfig{"BloscShuffle", "blosc", R"({"shuffle":3})", kInvalid, "from -1 to 2"},
        BadConfig{"BloscBlocks", "blosc", R"({"blocksize":2147483647})", kInvalid, "blocksize"}),
    [](const auto& p) { return std::string(p.param.why); });

TEST_P(BadConfigTest, IsRefused) {
  expect_error(GetParam().code, GetParam().text, [] {
    make_codec({GetParam().name, parse_json(GetParam().configuration)});
  });
}

TEST(Registry, IgnoresMembersThatItDoesNotKnow) {
  const CodecConfig config{"blosc", {{"cname", "zstd"}, {"typesize", 2}, {"new", "x"}}};
  EXPECT_EQ(make_codec(config)->config().configuration.size(), 4U);
}

struct Spelling {
  const char* text;
  const char* name;
  const char* configuration;

  friend std::ostream& operator<<(std::ostream& out, const Spelling& s) { return out << s.text; }
};

TEST(ParseCodec, ReadsWhatAUserWrites) {
  for (const Spelling& each : {
           Spelling{"zlib", "zlib", R"({"level":6})"},
           Spelling{"zlib:1", "zlib", R"({"level":1})"},
           Spelling{"gzip:5", "gzip", R"({"level":5})"},
           Spelling{"bz2", "bz2", R"({"level":9})"},
           Spelling{"zstd:-3", "zstd", R"({"level":-3})"},
           Spelling{"zstd", "zstd", R"({"level":3})"},
           Spelling{"lz4", "lz4", R"({"acceleration":1})"},
           Spelling{"lzma:9", "lzma", R"({"format":1,"check":-1,"preset":9,"filters":null})"},
           Spelling{"blosc", "blosc", R"({"cname":"zstd","clevel":5,"shuffle":1,"blocksize":0})"},
           Spelling{"blosc:lz4", "blosc",
                    R"({"cname":"lz4","clevel":5,"shuffle":1,"blocksize":0})"},
           Spelling{"blosc:zlib:9", "blosc",
                    R"({"cname":"zlib","clevel":9,"shuffle":1,"blocksize":0})"},
           Spelling{"blosc:zstd:5:bitshuffle", "blosc",
                    R"({"cname":"zstd","clevel":5,"shuffle":2,"blocksize":0})"},
           Spelling{"blosc:zstd:noshuffle", "blosc",
                    R"({"cname":"zstd","clevel":5,"shuffle":0,"blocksize":0})"},
       }) {
    const auto config = parse_codec(each.text);
    ASSERT_TRUE(config) << each;
    EXPECT_EQ(config->name, each.name) << each;
    EXPECT_EQ(dump_json(config->configuration, JsonStyle::line), each.configuration) << each;
  }
  EXPECT_EQ(parse_codec("none"), std::nullopt);
}

TEST(ParseCodec, RefusesTheRestAndSaysWhatThereIs) {
  for (const char* text :
       {"", ":", "zlib:", "zlib:x", "zlib:10", "zlib:6:7", "zlib:6 ", "Zlib", "lzma:10", "shuffle",
        "fletcher32", "blosc:", "blosc:snappy", "blosc:zstd:10", "blosc:zstd:5:", "blosc:zstd:5:x",
        "blosc:zstd:5:shuffle:1", "none:1", "zstd:99999999999999999999"})
    expect_error(ErrorCode::invalid_argument, "as in blosc:zstd:5:bitshuffle",
                 [&] { parse_codec(text); });
  expect_error(ErrorCode::invalid_argument, "level is 10", [] { parse_codec("zlib:10"); });
}

std::string chain_of(const std::vector<CodecConfig>& codecs) {
  std::string text;
  for (const CodecConfig& codec : codecs)
    text += codec.name + dump_json(codec.configuration, JsonStyle::line);
  return text;
}

TEST(ParseCodecs, ReadsChains) {
  const std::string bitshuffled = R"(blosc{"cname":"zstd","clevel":5,"shuffle":2,"blocksize":0})";
  const std::string wavpack =
      R"("dynamic_noise_shaping":true,"shaping_weight":0.0,"num_encoding_threads":1,"num_decoding_threads":8})";
  const auto chain = [](std::string_view text) { return chain_of(parse_codecs(text)); };
  EXPECT_EQ(chain("none"), "");
  EXPECT_EQ(chain("zlib:1"), R"(zlib{"level":1})");
  EXPECT_EQ(chain("delta"), "delta{}");
  EXPECT_EQ(chain("delta+blosc:zstd:5:bitshuffle"), "delta{}" + bitshuffled);
  EXPECT_EQ(chain("wavpack"), R"(wavpack{"level":1,"bps":0.0,)" + wavpack);
  EXPECT_EQ(chain("wavpack:3:4.5"), R"(wavpack{"level":3,"bps":4.5,)" + wavpack);
  EXPECT_EQ(chain("delta+flac:8"),
            R"(delta{}flac{"tmpdir":null,"level":8,"blocksize":null,"sample_rate":48000})");
  EXPECT_EQ(chain("anscombe-v1:97.5:86+blosc:zstd:5:bitshuffle"),
            R"(anscombe-v1{"zero_level":86,"conversion_gain":97.5})" + bitshuffled);
}

TEST(ParseCodecs, RefusesTheRest) {
  for (const char* text : {"",
                           "+",
                           "delta+",
                           "+delta",
                           "delta:1",
                           "delta:<i2",
                           "none+zlib",
                           "delta+none",
                           "zlib+delta",
                           "blosc+wavpack",
                           "wavpack+flac",
                           "wavpack:",
                           "wavpack:5",
                           "wavpack:1:25",
                           "wavpack:1:2:3",
                           "wavpack:1.5",
                           "flac:9",
                           "flac:5:1",
                           "anscombe-v1",
                           "anscombe-v1:97",
                           "anscombe-v1:0:86",
                           "anscombe-v1:x:86",
                           "anscombe-v1:97:86:uint8",
                           "poisson:1:2",
                           "delta+snappy"})
    expect_error(ErrorCode::invalid_argument, "as in ", [&] { parse_codecs(text); });
  expect_error(ErrorCode::invalid_argument, "delta must stand before",
               [] { parse_codecs("zlib+delta"); });
  expect_error(ErrorCode::invalid_argument, "level is 9", [] { parse_codecs("flac:9"); });
}

TEST(FitCodecs, LeavesOutWhatDoesNotTakeTheElements) {
  const auto fit = [](std::string_view text, const DataType& type) {
    const FittedCodecs fitted = fit_codecs(parse_codecs(text), {type, {10, 4}, false});
    std::string all;
    for (const CodecConfig& codec : fitted.codecs) {
      all += codec.name;
      if (codec.name == "delta") all += codec.configuration.at("dtype").get<std::string>();
      all += ' ';
    }
    for (const std::string& name : fitted.left_out) all += "-" + name + " ";
    return all;
  };
  const DataType i2 = DataType::integer(2), u2 = DataType::unsigned_integer(2);
  EXPECT_EQ(fit("delta+zstd", i2), "delta<i2 zstd ");
  EXPECT_EQ(fit("delta+zstd", DataType::unsigned_integer(8)), "delta<u8 zstd ");
  EXPECT_EQ(fit("delta+zstd", DataType::integer(4, ByteOrder::big)), "delta>i4 zstd ");
  EXPECT_EQ(fit("delta+zstd", DataType::floating(8)), "zstd -delta ");
  EXPECT_EQ(fit("delta+zstd", DataType::boolean()), "zstd -delta ");
  EXPECT_EQ(fit("wavpack", DataType::floating(4)), "wavpack ");
  EXPECT_EQ(fit("wavpack", DataType::integer(1)), "wavpack ");
  EXPECT_EQ(fit("wavpack", DataType::integer(2, ByteOrder::big)), "-wavpack ");
  for (const DataType& type : {u2, DataType::integer(8), DataType::floating(8)})
    EXPECT_EQ(fit("wavpack", type), "-wavpack ");
  EXPECT_EQ(fit("flac", i2), "flac ");
  EXPECT_EQ(fit("flac", u2), "-flac ");
  EXPECT_EQ(fit("anscombe-v1:97:86+zstd", i2), "anscombe-v1 zstd ");
  EXPECT_EQ(fit("anscombe-v1:97:86+zstd", u2), "anscombe-v1 zstd ");
  EXPECT_EQ(fit("anscombe-v1:97:86+zstd", DataType::integer(4)), "zstd -anscombe-v1 ");
  // Of its codes.
  EXPECT_EQ(fit("anscombe-v1:97:86+delta+zstd", i2), "anscombe-v1 delta|u1 zstd ");
  EXPECT_EQ(fit("anscombe-v1:97:86+flac", i2), "anscombe-v1 -flac ");
}

TEST(Loss, IsToldByThoseThatLoseSomething) {
  const auto loss = [](const char* name, const char* configuration) {
    return make_codec({name, parse_json(configuration)})->loss();
  };
  EXPECT_EQ(loss("zlib", "{}"), "");
  EXPECT_EQ(loss("flac", "{}"), "");
  EXPECT_EQ(loss("wavpack", "{}"), "");
  EXPECT_EQ(loss("wavpack", R"({"bps":3.5})"),
            "about 3.5 bits of a sample are kept, with no bound on how much one changes");
  for (const char* gain : {"conversion_gain", "photon_sensitivity"})
    EXPECT_EQ(loss("anscombe-v1", ("{\"zero_level\":86,\"" + std::string(gain) + "\":97}").c_str()),
              "counts take steps of 0.5 standard deviations of the photons' noise: those from 0 to "
              "32767 change by at most 440, others become the nearest of these");
  EXPECT_EQ(loss("poisson", R"({"dark_signal":0,"photon_sensitivity":97,"use_lookup":false})"),
            "values take steps of 0.5 standard deviations of the photons' noise");
}

TEST(Registry, ShowsLittleOfALongConfiguration) {
  const std::string long_text(100'000, 'x');
  for (const CodecConfig& config :
       std::initializer_list<CodecConfig>{{long_text, Json::object()},
                                          {"zlib", {{"level", long_text}}},
                                          {"blosc", {{"cname", long_text}}},
                                          {"lzma", {{"filters", {{{"id", long_text}}}}}},
                                          {"delta", {{"dtype", Json::array({long_text})}}},
                                          {"quantize", {{"dtype", "<f8"}, {"digits", long_text}}},
                                          {"crc32", {{"location", long_text}}}}) {
    try {
      make_codec(config);
      ADD_FAILURE() << config.name;
    } catch (const Error& error) {
      EXPECT_LT(std::string_view(error.what()).size(), 1000U) << config.name;
    }
  }
}

}  // namespace
}  // namespace engram::codec
