// What the filters of elements, lzma, zfpy and the checksums take as configuration.
#include <bit>
#include <cstring>
#include <ostream>

#include "codec/crc32c.hpp"
#include "codec/fixtures.hpp"
#include "codec/half.hpp"
#include "codec/jenkins.hpp"
#include "engram/codec/object_codec.hpp"
#include "engram/codec/pipeline.hpp"

namespace engram::codec {
namespace {

constexpr ErrorCode kUnsupported = ErrorCode::unsupported;

class BadFilterTest : public ::testing::TestWithParam<BadConfig> {};

INSTANTIATE_TEST_SUITE_P(
    Configs, BadFilterTest,
    ::testing::Values(
        BadConfig{"DeltaWithoutType", "delta", "{}", kInvalid, "dtype is missing"},
        BadConfig{"DeltaOfText", "delta", R"({"dtype":"<U3"})", kUnsupported, "\"<U3\""},
        BadConfig{"DeltaOfObjects", "delta", R"({"dtype":"|O"})", kUnsupported, "|O"},
        BadConfig{"DeltaOfDates", "delta", R"({"dtype":"<M8[s]"})", kUnsupported, "points in time"},
        BadConfig{"DeltaTypeNumber", "delta", R"({"dtype":4})", kInvalid, "dtype is 4"},
        BadConfig{"DeltaList", "delta", "[]", kInvalid, "no JSON object"},
        BadConfig{"AsTypeMissing", "astype", R"({"encode_dtype":"<i4"})", kInvalid, "decode_dtype"},
        BadConfig{"AsTypeUnits", "astype", R"({"encode_dtype":"<M8[s]","decode_dtype":"<M8[ns]"})",
                  kUnsupported, "units of time"},
        BadConfig{"ScaleMissing", "fixedscaleoffset", R"({"dtype":"<f8","offset":1})", kInvalid,
                  "scale is missing"},
        BadConfig{"OffsetNull", "fixedscaleoffset", R"({"dtype":"<f8","offset":null,"scale":1})",
                  kInvalid, "offset is missing"},
        BadConfig{"ScaleText", "fixedscaleoffset", R"({"dtype":"<f8","offset":1,"scale":"1"})",
                  kInvalid, "scale is \"1\""},
        BadConfig{"QuantizeIntegers", "quantize", R"({"dtype":"<i4","digits":1})", kInvalid,
                  "floating"},
        BadConfig{"QuantizeDigits", "quantize", R"({"dtype":"<f4","digits":"1"})", kInvalid,
                  "digits is \"1\""},
        BadConfig{"BitRoundMissing", "bitround", "{}", kInvalid, "keepbits is missing"},
        BadConfig{"BitRoundNegative", "bitround", R"({"keepbits":-1})", kInvalid, "keepbits is -1"},
        BadConfig{"ChecksumPlace", "crc32", R"({"location":"middle"})", kInvalid, "\"middle\""},
        BadConfig{"JenkinsStart", "jenkins_lookup3", R"({"initval":-1})", kInvalid, "initval"},
        BadConfig{"JenkinsPrefix", "jenkins_lookup3", R"({"prefix":7})", kInvalid, "prefix"},
        BadConfig{"CategorizeObjects", "categorize", R"({"dtype":"|O","labels":[]})", kUnsupported,
                  "array of objects"},
        BadConfig{"CategorizeBytes", "categorize", R"({"dtype":"|S3","labels":[]})", kInvalid,
                  "|S3"},
        BadConfig{"CategorizeLabels", "categorize", R"({"dtype":"<U3","labels":[1]})", kInvalid,
                  "labels"},
        BadConfig{"LzmaFormat", "lzma", R"({"format":4})", kInvalid, "format is 4"},
        BadConfig{"LzmaRaw", "lzma", R"({"format":3})", kInvalid, "needs filters"},
        BadConfig{"LzmaBoth", "lzma", R"({"preset":1,"filters":[{"id":33}]})", kInvalid,
                  "together"},
        BadConfig{"LzmaPreset", "lzma", R"({"preset":10})", kInvalid, "preset is 10"},
        BadConfig{"LzmaCheckOfAlone", "lzma", R"({"format":2,"check":4})", kInvalid, "checks"},
        BadConfig{"LzmaCheck", "lzma", R"({"check":5})", kUnsupported, "check 5"},
        BadConfig{"LzmaFilter", "lzma", R"({"filters":[{"id":99}]})", kUnsupported, "filter 99"},
        BadConfig{"LzmaFilters", "lzma", R"({"filters":{}})", kInvalid, "filters"},
        BadConfig{"LzmaFilterOption", "lzma", R"({"filters":[{"id":33,"lc":-1}]})", kInvalid,
                  "lc of a filter is -1"},
        BadConfig{"ZfpMode", "zfpy", R"({"mode":6})", kInvalid, "mode is 6"},
        BadConfig{"ZfpRate", "zfpy", R"({"mode":2,"rate":1e9})", kInvalid, "rate"}),
    [](const auto& p) { return std::string(p.param.why); });

TEST_P(BadFilterTest, IsRefused) {
  expect_error(GetParam().code, GetParam().text, [] {
    make_codec({GetParam().name, parse_json(GetParam().configuration)});
  });
}

TEST(ElementCodecs, TakeWholeElementsOnly) {
  const BytesCodecPtr delta = make_codec({"delta", {{"dtype", "<i4"}}});
  expect_error(kInvalid, "elements of 4 bytes", [&] { encode(*delta, walk(7), 4); });
  expect_error(ErrorCode::corrupt_data, "found 7 bytes", [&] { decode(*delta, walk(7), 8); });
}

TEST(ElementCodecs, RefuseNumbersThatHaveNoPlace) {
  const CodecConfig config{"fixedscaleoffset", {{"dtype", "|u1"}, {"offset", 1000}, {"scale", 1}}};
  expect_error(kInvalid, "offset is 1000", [&] { encode(*make_codec(config), walk(7), 1); });
  const CodecConfig negative{"fixedscaleoffset", {{"dtype", "<u4"}, {"offset", -1}, {"scale", 1}}};
  expect_error(kInvalid, "offset is -1", [&] { encode(*make_codec(negative), walk(8), 4); });
}

TEST(BitRound, MustKnowTheTypeToEncodeOnly) {
  const CodecConfig config{"bitround", {{"keepbits", 3}}};
  EXPECT_EQ(decode(*make_codec(config), walk(8), 8), walk(8));
  expect_error(kInvalid, "floating numbers", [&] { encode(*make_codec(config), walk(8), 4); });
  const BytesCodecPtr narrow =
      make_codec({"bitround", {{"keepbits", 24}}}, {DataType::floating(4), {}, false});
  expect_error(kInvalid, "keepbits is 24", [&] { encode(*narrow, walk(8), 4); });
}

TEST(BitRound, FollowsTheTypeThroughAPipeline) {
  // astype makes single precision of double, which has 23 bits to keep.
  const std::vector<CodecConfig> chain = {
      {"astype", {{"encode_dtype", ">f4"}, {"decode_dtype", "<f8"}}},
      {"bitround", {{"keepbits", 1}}}};
  const double value = 1.6;
  const Bytes in(std::as_bytes(std::span(&value, 1)).begin(),
                 std::as_bytes(std::span(&value, 1)).end());
  const Pipeline pipeline(chain, {DataType::floating(8), {1}, false});
  EXPECT_EQ(pipeline.encode(in, 8), to_bytes(std::string_view("\x3f\xc0\0\0", 4)));  // 1.5
  EXPECT_THROW(Pipeline({chain[1]}, {DataType::integer(4), {1}, false}).encode(walk(4), 4), Error);
}

TEST(Zfpy, TakesChunksOfUpTo4Dimensions) {
  const CodecConfig config{"zfpy", {{"mode", 4}, {"tolerance", 1e-3}}};
  const auto refused = [&](const ChunkElements& elements, std::size_t size, std::string_view text) {
    expect_error(kInvalid, text, [&] { encode(*make_codec(config, elements), walk(size), 4); });
  };
  refused({DataType::floating(4), {1, 1, 1, 1, 2}, false}, 8, "5 dimensions");
  refused({DataType::floating(4), {2, 2}, true}, 16, "Fortran");
  refused({DataType::floating(4, ByteOrder::big), {2}, false}, 8, ">f4");
  refused({DataType::unsigned_integer(4), {2}, false}, 8, "<u4");
  refused({DataType::floating(4), {3}, false}, 8, "for 8 bytes");
  refused({DataType::floating(4), {0}, false}, 0, "for 0 bytes");
}

TEST(Zfpy, IsBoundedForTinyChunksOfManyDimensions) {
  for (const char* mode :
       {R"({"mode":4})", R"({"mode":2,"rate":64})", R"({"mode":2,"rate":1000})"}) {
    for (const std::uint64_t last : {1U, 2U, 5U, 9U}) {
      const ChunkElements elements{DataType::floating(8), {1, 1, 1, last}, false};
      const Bytes data(8 * last);
      const BytesCodecPtr codec = make_codec({"zfpy", parse_json(mode)}, elements);
      EXPECT_EQ(decode(*codec, encode(*codec, data, 8), data.size()), data) << mode << last;
    }
  }
}

TEST(Checksums, AreTheOnesOfTheirStandards) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283U);  // The usual check value.
  EXPECT_EQ(crc32c(Bytes(32)), 0x8a9136aaU);              // RFC 3720, B.4
  EXPECT_EQ(crc32c(Bytes(32, std::byte{0xff})), 0x62a8ab43U);
  EXPECT_EQ(jenkins_lookup3(as_bytes(""), 0), 0xdeadbeefU);  // lookup3.c, driver5
  EXPECT_EQ(jenkins_lookup3(as_bytes("Four score and seven years ago"), 0), 0x17770551U);
  EXPECT_EQ(jenkins_lookup3(as_bytes("Four score and seven years ago"), 1), 0xcd628161U);
}

TEST(Checksums, TakeAPrefix) {
  const Bytes data = to_bytes("seven years ago");
  const BytesCodecPtr text = make_codec({"jenkins_lookup3", {{"prefix", "Four score and "}}});
  const Bytes encoded = encode(*text, data, 1);
  EXPECT_EQ(Bytes(encoded.end() - 4, encoded.end()), to_bytes("\x51\x05\x77\x17"));
  EXPECT_EQ(decode(*text, encoded, data.size()), data);
  const BytesCodecPtr other = make_codec({"jenkins_lookup3", {{"prefix", {1, 2}}}});
  expect_error(ErrorCode::corrupt_data, "jenkins", [&] { decode(*other, encoded, data.size()); });
}

TEST(Base64, PassesOverLineEnds) {
  const BytesCodecPtr codec = make_codec({"base64", Json::object()});
  EXPECT_EQ(decode(*codec, to_bytes("aGVs\r\nbG8=\n"), 5), to_bytes("hello"));
  expect_error(ErrorCode::corrupt_data, "", [&] { decode(*codec, to_bytes("aGVsbG8"), 5); });
}

TEST(Half, RoundsOnceAndToEven) {
  EXPECT_EQ(static_cast<double>(Half(1.0 + 0x1p-11)), 1.0);
  EXPECT_EQ(static_cast<double>(Half(1.0 + 0x1.8p-10)), 1.0 + 0x1p-9);
  // In single precision first this would be a tie, and then round down.
  EXPECT_EQ(static_cast<double>(Half(1.0 + 0x1p-11 + 0x1p-40)), 1.0 + 0x1p-10);
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const auto half = std::bit_cast<Half>(static_cast<std::uint16_t>(bits));
    const Half again(static_cast<double>(half));
    EXPECT_EQ(std::memcmp(&again, &half, 2), 0) << bits;
  }
}

}  // namespace
}  // namespace engram::codec
