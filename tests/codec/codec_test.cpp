// What all codecs must do, once for each of them.
#include "engram/codec/codec.hpp"

#include <algorithm>
#include <ostream>
#include <thread>
#include <vector>

#include "codec/fixtures.hpp"

namespace engram::codec {
namespace {

TEST(NumcodecsFixtures, Decode) {
  for (const Json& each : fixtures().at("codecs")) {
    SCOPED_TRACE(each.at("name").get<std::string>());
    const BytesCodecPtr codec = make_codec(config_of(each.at("codec")));
    const Bytes expected =
        bytes_of(fixtures().at("arrays").at(each.at("array").get<std::string>()));
    const Bytes encoded = bytes_of(each.at("encoded"));
    EXPECT_EQ(decode(*codec, encoded, expected.size()), expected);
    EXPECT_EQ(decode(*codec, encoded, expected.size() + 1000), expected) << "with room to spare";
    if (expected.size() > 1)
      expect_error(ErrorCode::corrupt_data, "",
                   [&] { decode(*codec, encoded, expected.size() - 1); });
  }
}

TEST(NumcodecsFixtures, DecodeAfterEncodingHere) {
  for (const Json& each : fixtures().at("codecs")) {
    SCOPED_TRACE(each.at("name").get<std::string>());
    const BytesCodecPtr codec = make_codec(config_of(each.at("codec")));
    const Bytes expected =
        bytes_of(fixtures().at("arrays").at(each.at("array").get<std::string>()));
    const Bytes encoded = encode(*codec, expected, each.at("element_size").get<std::uint64_t>());
    EXPECT_EQ(decode(*codec, encoded, expected.size()), expected);
  }
}

// Shuffle and checksum have one right answer; compressors don't.
TEST(NumcodecsFixtures, FiltersEncodeTheSame) {
  for (const Json& each : fixtures().at("codecs")) {
    const CodecConfig config = config_of(each.at("codec"));
    if (config.name != "shuffle" && config.name != "fletcher32") continue;
    SCOPED_TRACE(each.at("name").get<std::string>());
    const Bytes array = bytes_of(fixtures().at("arrays").at(each.at("array").get<std::string>()));
    EXPECT_EQ(encode(*make_codec(config), array, 1), bytes_of(each.at("encoded")));
  }
}

struct CodecCase {
  std::string_view name;
  CodecConfig config;
  bool finds_damage;  ///< By a checksum.

  friend std::ostream& operator<<(std::ostream& out, const CodecCase& c) { return out << c.name; }
};

CodecConfig blosc(const char* cname, int shuffle, int level = 5, int blocksize = 0) {
  return {"blosc",
          {{"cname", cname}, {"clevel", level}, {"shuffle", shuffle}, {"blocksize", blocksize}}};
}

const std::vector<CodecCase> kCodecCases = {
    {"Zlib", {"zlib", {{"level", 6}}}, true},
    {"Zlib0", {"zlib", {{"level", 0}}}, true},
    {"Gzip", {"gzip", {{"level", 1}}}, true},
    {"Zstd", {"zstd", {{"level", 3}}}, false},
    {"ZstdChecksum", {"zstd", {{"level", 1}, {"checksum", true}}}, true},
    {"Lz4", {"lz4", Json::object()}, false},
    {"Bz2", {"bz2", {{"level", 9}}}, true},
    {"Shuffle4", {"shuffle", {{"elementsize", 4}}}, false},
    {"Shuffle12", {"shuffle", {{"elementsize", 12}}}, false},
    {"Fletcher32", {"fletcher32", Json::object()}, true},
    {"BloscBlosclz", blosc("blosclz", 1), false},
    {"BloscLz4", blosc("lz4", 1), false},
    {"BloscLz4hc", blosc("lz4hc", 0, 9), false},
    {"BloscZlib", blosc("zlib", 1, 5, 4096), false},
    {"BloscZlibBits", blosc("zlib", 2), false},
    {"BloscZstdBits", blosc("zstd", 2), false},
    {"BloscStored", blosc("zstd", 1, 0), false},
};

class CodecTest : public ::testing::TestWithParam<CodecCase> {
 protected:
  const BytesCodecPtr codec_ = make_codec(GetParam().config);
};

INSTANTIATE_TEST_SUITE_P(Codecs, CodecTest, ::testing::ValuesIn(kCodecCases),
                         [](const auto& p) { return std::string(p.param.name); });

TEST_P(CodecTest, GivesBackWhatItEncoded) {
  for (const std::size_t size : {1U, 7U, 8U, 127U, 128U, 1000U, 65536U, 1000003U}) {
    for (const Bytes& data : {Bytes(size), walk(size), noise(size)}) {
      for (const std::uint64_t element_size : {1U, 2U, 8U, 24U, 255U, 300U}) {
        const Bytes encoded = encode(*codec_, data, element_size);
        ASSERT_EQ(decode(*codec_, encoded, size), data) << size << " by " << element_size;
        if (size > 1000) break;
      }
    }
  }
}

TEST_P(CodecTest, GivesBackNothing) {
  const Bytes encoded = encode(*codec_, {}, 4);
  EXPECT_EQ(decode(*codec_, encoded, 0), Bytes());
  EXPECT_EQ(decode(*codec_, encoded, 10), Bytes());
}

TEST_P(CodecTest, EncodesTheSameEachTimeAndInEachThread) {
  const Bytes data = walk(300000);
  const Bytes first = encode(*codec_, data, 2);
  EXPECT_EQ(encode(*codec_, noise(5000), 2).empty(), false);  // Contexts are used again.
  EXPECT_EQ(encode(*codec_, data, 2), first);
  std::vector<std::jthread> threads;
  std::vector<Bytes> found(4);
  for (Bytes& each : found) threads.emplace_back([&] { each = encode(*codec_, data, 2); });
  threads.clear();
  for (const Bytes& each : found) EXPECT_EQ(each, first);
}

TEST_P(CodecTest, NeverWritesPastItsOutput) {
  const Bytes data = walk(5000);
  const Bytes encoded = encode(*codec_, data, 2);
  for (const std::size_t size : {0U, 1U, 2500U, 4999U})
    expect_error(ErrorCode::corrupt_data, "", [&] { decode(*codec_, encoded, size); });
}

TEST_P(CodecTest, RefusesWhatIsCutShort) {
  const Bytes data = walk(5000);
  const Bytes encoded = encode(*codec_, data, 2);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{15},
                                 encoded.size() / 2, encoded.size() - 1}) {
    Bytes decoded;
    try {
      decoded = decode(*codec_,
                       Bytes(encoded.begin(), encoded.begin() + static_cast<std::ptrdiff_t>(size)),
                       data.size());
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_data) << error.what();
      continue;
    }
    // A shuffle alone can't know; whoever asked for a number of bytes does.
    EXPECT_EQ(GetParam().config.name, "shuffle");
    EXPECT_LT(decoded.size(), data.size());
  }
}

TEST_P(CodecTest, FindsFlippedBits) {
  if (!GetParam().finds_damage) return;
  const Bytes data = walk(700);
  const Bytes encoded = encode(*codec_, data, 2);
  // gzip's head has bytes that say nothing about the data (time, system).
  for (std::size_t i = GetParam().config.name == "gzip" ? 10 : 0; i < encoded.size(); ++i) {
    Bytes damaged = encoded;
    damaged[i] ^= std::byte{0x10};
    try {
      // Bits that pad a stream to whole bytes may change without harm.
      EXPECT_EQ(decode(*codec_, damaged, data.size()), data) << "byte " << i;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_data) << error.what();
    }
  }
}

TEST_P(CodecTest, HasACompleteConfigurationThatMakesTheSameCodec) {
  const CodecConfig& complete = codec_->config();
  EXPECT_EQ(complete.name, GetParam().config.name);
  EXPECT_EQ(make_codec(complete)->config(), complete);
  for (const auto& member : GetParam().config.configuration.items())
    EXPECT_EQ(complete.configuration.at(member.key()), member.value());
}

TEST(Codecs, MakeNothingOfNothing) {
  for (const char* name :
       {"base64", "zlib", "gzip", "bz2", "lzma", "zstd", "lz4", "blosc", "shuffle", "crc32",
        "crc32c", "adler32", "fletcher32", "jenkins_lookup3"}) {
    SCOPED_TRACE(name);
    const BytesCodecPtr codec = make_codec({name, Json::object()});
    EXPECT_TRUE(decode(*codec, encode(*codec, {}, 1), 0).empty());
  }
}

}  // namespace
}  // namespace engram::codec
