#include "engram/codec/adopt.hpp"

#include <algorithm>
#include <map>
#include <ostream>
#include <string>

#include "codec/blosc_frame.hpp"
#include "codec/fixtures.hpp"

namespace engram::codec {
namespace {

struct Chunk {
  std::vector<CodecConfig> source;
  std::uint64_t element_size = 0;
  std::uint32_t mask = 0;
  Bytes raw, encoded;
};

/// A chunk that HDF5 stored.
Chunk hdf5_chunk(std::string_view name) {
  for (const Json& each : fixtures().at("chunks")) {
    if (each.at("name") != name) continue;
    Chunk chunk;
    for (const Json& codec : each.at("source"))
      chunk.source.push_back({codec.at("name").get<std::string>(), codec.at("configuration")});
    chunk.element_size = each.at("element_size").get<std::uint64_t>();
    chunk.mask = each.at("mask").get<std::uint32_t>();
    chunk.raw = bytes_of(each.at("raw"));
    chunk.encoded = bytes_of(each.at("encoded"));
    return chunk;
  }
  throw std::runtime_error("no chunk " + std::string(name));
}

std::optional<Adopter> adopter_of(const Chunk& chunk, ShuffleForm form) {
  return Adopter::make(chunk.source, chunk.element_size, chunk.raw.size(), form);
}

std::string names(const std::vector<CodecConfig>& codecs) {
  std::string text;
  for (const CodecConfig& codec : codecs) text += (text.empty() ? "" : "+") + codec.name;
  return text;
}

bool ends_with(const Bytes& bytes, const Bytes& end) {
  return bytes.size() >= end.size() && std::equal(end.rbegin(), end.rend(), bytes.rbegin());
}

struct AdoptCase {
  const char* chunk;
  const char* headed;  ///< The codecs with ShuffleForm::blosc_head, and what became of the chunk.
  Adoption with_head;
  const char* plain;  ///< The same with ShuffleForm::verbatim.
  Adoption without_head;

  friend std::ostream& operator<<(std::ostream& out, const AdoptCase& c) { return out << c.chunk; }
};

constexpr Adoption kVerbatim = Adoption::verbatim;
constexpr Adoption kFramed = Adoption::framed;
constexpr Adoption kRecoded = Adoption::recoded;
constexpr Adoption kInflated = Adoption::inflated;

const std::vector<AdoptCase> kAdoptCases = {
    {"Plain", "", kVerbatim, "", kVerbatim},
    {"Shuffle", "shuffle", kVerbatim, "shuffle", kVerbatim},
    {"Deflate", "zlib", kVerbatim, "zlib", kVerbatim},
    {"ShuffleDeflate", "blosc", kFramed, "shuffle+zlib", kVerbatim},
    {"ShuffleDeflateF8", "blosc", kFramed, "shuffle+zlib", kVerbatim},
    {"ShuffleDeflateBig", "blosc", kFramed, "shuffle+zlib", kVerbatim},
    {"ShuffleDeflateRecords", "blosc", kFramed, "shuffle+zlib", kVerbatim},
    {"ShuffleDeflateBytes", "zlib", kVerbatim, "zlib", kVerbatim},
    {"ShuffleDeflateLong", "shuffle+zlib", kVerbatim, "shuffle+zlib", kVerbatim},
    {"ShuffleDeflateNoise", "blosc", kFramed, "shuffle+zlib", kVerbatim},
    {"ShuffleDeflateTiny", "blosc", kFramed, "shuffle+zlib", kVerbatim},
    {"ShuffleDeflateAsLong", "blosc", kInflated, "shuffle+zlib", kVerbatim},
    {"ShuffleDeflateMask1", "blosc", kFramed, "shuffle+zlib", kInflated},
    {"ShuffleDeflateMask2", "blosc", kFramed, "shuffle+zlib", kRecoded},
    {"ShuffleDeflateMask3", "blosc", kFramed, "shuffle+zlib", kRecoded},
    {"DeflateMask", "zlib", kRecoded, "zlib", kRecoded},
    {"Fletcher", "", kFramed, "", kFramed},
    {"FletcherOdd", "", kFramed, "", kFramed},
    {"DeflateFletcher", "zlib", kFramed, "zlib", kFramed},
    {"All", "blosc", kFramed, "shuffle+zlib", kFramed},
    {"AllMask4", "blosc", kFramed, "shuffle+zlib", kVerbatim},
    {"AllMask2", "blosc", kFramed, "shuffle+zlib", kRecoded},
    {"AllMask6", "blosc", kFramed, "shuffle+zlib", kRecoded},
    {"AllMask7", "blosc", kFramed, "shuffle+zlib", kRecoded},
    {"Zstd", "zstd", kVerbatim, "zstd", kVerbatim},
    {"ShuffleZstd", "shuffle+zstd", kVerbatim, "shuffle+zstd", kVerbatim},
    {"Bz2", "bz2", kVerbatim, "bz2", kVerbatim},
    {"BloscBlosclz", "blosc", kVerbatim, "blosc", kVerbatim},
    {"BloscLz4", "blosc", kVerbatim, "blosc", kVerbatim},
    {"BloscZlib", "blosc", kVerbatim, "blosc", kVerbatim},
    {"BloscZstd", "blosc", kVerbatim, "blosc", kVerbatim},
};

class AdoptTest : public ::testing::TestWithParam<AdoptCase> {
 protected:
  void expect(ShuffleForm form, const char* codecs, Adoption adoption) {
    const Chunk chunk = hdf5_chunk(GetParam().chunk);
    const auto adopter = adopter_of(chunk, form);
    ASSERT_TRUE(adopter);
    EXPECT_EQ(names(adopter->codecs()), codecs);
    Bytes adopted = chunk.encoded;
    EXPECT_EQ(adopter->adopt(adopted, chunk.mask), adoption);
    EXPECT_EQ(Pipeline(adopter->codecs()).decode(adopted, chunk.raw.size()), chunk.raw);
    if (adoption == Adoption::verbatim) {
      EXPECT_EQ(adopted, chunk.encoded);
    }
    if (adoption == Adoption::framed) {
      Bytes kept = chunk.encoded;
      const auto sum = static_cast<std::uint32_t>(chunk.source.size() - 1);
      if (chunk.source.back().name == "fletcher32" && ((chunk.mask >> sum) & 1U) == 0)
        kept.resize(kept.size() - 4);
      EXPECT_TRUE(ends_with(adopted, kept)) << "the stream is untouched";
      EXPECT_LE(adopted.size(), kept.size() + Adopter::kHeadroom);
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Hdf5Chunks, AdoptTest, ::testing::ValuesIn(kAdoptCases),
                         [](const auto& p) { return std::string(p.param.chunk); });

TEST_P(AdoptTest, WithABloscHead) {
  expect(ShuffleForm::blosc_head, GetParam().headed, GetParam().with_head);
}

TEST_P(AdoptTest, Verbatim) {
  expect(ShuffleForm::verbatim, GetParam().plain, GetParam().without_head);
}

TEST(Adopt, TheTableHasEveryChunk) {
  EXPECT_EQ(kAdoptCases.size(), fixtures().at("chunks").size());
}

TEST(Adopt, TheHeadIsTheOneThatTheSpecificationNames) {
  const Chunk chunk = hdf5_chunk("ShuffleDeflate");
  const auto adopter = adopter_of(chunk, ShuffleForm::blosc_head);
  EXPECT_EQ(dump_json(adopter->codecs()[0].configuration, JsonStyle::line),
            R"({"cname":"zlib","clevel":4,"shuffle":1,"blocksize":0})");
  Bytes adopted = chunk.encoded;
  adopter->adopt(adopted, 0);
  const auto n = static_cast<unsigned char>(chunk.encoded.size() & 0xffU);
  const auto m = static_cast<unsigned char>(chunk.encoded.size() >> 8U);
  const auto all = static_cast<unsigned>(chunk.encoded.size() + 24);
  const std::vector<unsigned> head = {2,          1,         0x71, 2, 0xd0, 7, 0, 0, 0xd0, 7, 0, 0,
                                      all & 0xff, all >> 8U, 0,    0, 20,   0, 0, 0, n,    m, 0, 0};
  ASSERT_EQ(adopted.size(), chunk.encoded.size() + 24);
  for (std::size_t i = 0; i < head.size(); ++i)
    EXPECT_EQ(std::to_integer<unsigned>(adopted[i]), head[i]) << "byte " << i;
}

// Zarr v3 has no zlib: deflate alone gets a head too, whatever was skipped for the chunk.
TEST(Adopt, DeflateAloneHasAHeadWhereItIsAskedFor) {
  const Bytes raw = to_bytes(std::string(600, 'x') + std::string(600, 'y'));
  const CodecConfig zlib{"zlib", {{"level", 7}}};
  const CodecConfig identity{"shuffle", {{"elementsize", 1}}};
  for (const auto& source : {std::vector{zlib}, std::vector{identity, zlib}}) {
    const auto zlib_bit = std::uint32_t{1} << (source.size() - 1);
    const auto adopter = Adopter::make(source, 4, raw.size(), ShuffleForm::blosc_head_always);
    ASSERT_TRUE(adopter);
    ASSERT_EQ(names(adopter->codecs()), "blosc");
    EXPECT_EQ(adopter->codecs()[0].configuration["shuffle"], 0);
    EXPECT_EQ(adopter->codecs()[0].configuration["clevel"], 7);
    const Bytes encoded = Pipeline({zlib}).encode(raw, 4);
    Bytes framed = encoded, stored = raw;
    EXPECT_EQ(adopter->adopt(framed, 0), Adoption::framed);
    EXPECT_TRUE(ends_with(framed, encoded));
    EXPECT_EQ(Pipeline(adopter->codecs()).decode(framed, raw.size()), raw);
    EXPECT_EQ(adopter->adopt(stored, zlib_bit), Adoption::framed);
    EXPECT_EQ(Pipeline(adopter->codecs()).decode(stored, raw.size()), raw);
    Bytes damaged = raw;
    expect_error(ErrorCode::corrupt_data, "zlib", [&] { (void)adopter->adopt(damaged, 0); });
    EXPECT_EQ(names(Adopter::make(source, 4, raw.size(), ShuffleForm::blosc_head)->codecs()),
              "zlib");
  }
  // Elements that no head can tell of.
  EXPECT_EQ(names(Adopter::make({zlib}, 300, 1200, ShuffleForm::blosc_head_always)->codecs()),
            "zlib");
}

TEST(Adopt, UnallocatedBitsOfTheMaskMeanNothing) {
  const Chunk chunk = hdf5_chunk("All");
  const auto adopter = adopter_of(chunk, ShuffleForm::blosc_head);
  Bytes adopted = chunk.encoded;
  EXPECT_EQ(adopter->adopt(adopted, 0xfffffff8U), Adoption::framed);
  EXPECT_EQ(Pipeline(adopter->codecs()).decode(adopted, chunk.raw.size()), chunk.raw);
}

TEST(Adopt, AMaskOnAShuffleOfBytesChangesNothing) {
  const Chunk chunk = hdf5_chunk("ShuffleDeflateBytes");
  const auto adopter = adopter_of(chunk, ShuffleForm::blosc_head);
  Bytes adopted = chunk.encoded;
  EXPECT_EQ(adopter->adopt(adopted, 1), Adoption::verbatim);
  Bytes raw = chunk.raw;
  EXPECT_EQ(adopter->adopt(raw, 3), Adoption::recoded);
  EXPECT_EQ(Pipeline(adopter->codecs()).decode(raw, chunk.raw.size()), chunk.raw);
}

// Each size near the one that Blosc takes for stored bytes, and each mask.
TEST(Adopt, StreamsAboutAsLongAsTheirData) {
  const std::vector<CodecConfig> source = {{"shuffle", {{"elementsize", 2}}},
                                           {"zlib", {{"level", 6}}}};
  std::map<Adoption, int> seen;
  for (std::size_t zeros = 0; zeros < 64; zeros += 2) {
    Bytes raw = noise(400, static_cast<unsigned>(zeros));
    std::fill_n(raw.begin(), zeros, std::byte{0});
    const auto adopter = Adopter::make(source, 2, raw.size(), ShuffleForm::blosc_head);
    for (std::uint32_t mask = 0; mask < 4; ++mask) {
      std::vector<CodecConfig> applied;
      for (std::size_t i = 0; i < 2; ++i)
        if (((mask >> i) & 1U) == 0) applied.push_back(source[i]);
      Bytes chunk = Pipeline(applied).encode(raw, 2);
      ++seen[adopter->adopt(chunk, mask)];
      EXPECT_EQ(Pipeline(adopter->codecs()).decode(chunk, raw.size()), raw) << zeros << " " << mask;
    }
  }
  EXPECT_GT(seen[Adoption::inflated], 0);
  EXPECT_GT(seen[Adoption::framed], 100);
  EXPECT_EQ(seen.size(), 2U);
}

TEST(Adopt, RecodesWithTheArraysElementSize) {
  const CodecConfig blosc = {"blosc", {{"cname", "lz4"}, {"clevel", 5}, {"shuffle", 1}}};
  const Bytes raw = walk(40000);
  const auto adopter = Adopter::make({blosc}, 8, raw.size(), ShuffleForm::blosc_head);
  Bytes chunk = raw;
  EXPECT_EQ(adopter->adopt(chunk, 1), Adoption::recoded);
  EXPECT_EQ(parse_blosc_head(chunk).element_size, 8U);
  EXPECT_EQ(Pipeline({blosc}).decode(chunk, raw.size()), raw);
}

// --- What can't be kept
// ---------------------------------------------------------------------------

struct Refused {
  const char* why;
  std::vector<CodecConfig> source;
};

TEST(Adopt, LeavesOtherPipelinesToTheReader) {
  const CodecConfig shuffle = {"shuffle", {{"elementsize", 4}}};
  const CodecConfig zlib = {"zlib", {{"level", 4}}};
  const CodecConfig blosc = {"blosc", {{"cname", "lz4"}}};
  const CodecConfig sum = {"fletcher32", Json::object()};
  for (const Refused& each : std::vector<Refused>{
           {"a filter of HDF5 alone", {{"hdf5:32000", Json::object()}}},
           {"one behind a shuffle", {shuffle, {"hdf5:32000", Json::object()}}},
           {"one behind a codec", {zlib, {"hdf5:4", Json::object()}}},
           {"another order", {zlib, shuffle}},
           {"two compressors", {zlib, zlib}},
           {"two shuffles", {shuffle, shuffle}},
           {"a checksum in front", {sum, shuffle, zlib}},
           {"two checksums", {sum, sum}},
           {"shuffle and blosc", {shuffle, blosc}},
           {"a level that is none", {{"zlib", {{"level", 77}}}}},
           {"a compressor that is none", {{"blosc", {{"cname", "snappy"}}}}},
           {"no whole number of elements", {{"shuffle", {{"elementsize", 7}}}, zlib}},
           {"elements longer than the chunk", {{"shuffle", {{"elementsize", 2000}}}, zlib}}})
    EXPECT_FALSE(Adopter::make(each.source, 4, 1000, ShuffleForm::blosc_head)) << each.why;
  EXPECT_FALSE(Adopter::make({}, 4, 0, ShuffleForm::blosc_head));
  const CodecConfig nothing = {"shuffle", {{"elementsize", 1}}};
  EXPECT_TRUE(Adopter::make(std::vector<CodecConfig>(31, nothing), 4, 1000, ShuffleForm::verbatim));
  EXPECT_FALSE(
      Adopter::make(std::vector<CodecConfig>(32, nothing), 4, 1000, ShuffleForm::verbatim));
}

TEST(Adopt, TakesTheVerbatimFormWhereTheHeadCanNot) {
  const auto codecs = [](int element, std::uint64_t chunk) {
    const auto adopter =
        Adopter::make({{"shuffle", {{"elementsize", element}}}, {"zlib", {{"level", 4}}}},
                      static_cast<std::uint64_t>(element), chunk, ShuffleForm::blosc_head);
    return adopter ? names(adopter->codecs()) : "none";
  };
  EXPECT_EQ(codecs(255, 25500), "blosc");
  EXPECT_EQ(codecs(256, 25600), "shuffle+zlib");
  EXPECT_EQ(codecs(1, 25600), "zlib");
  EXPECT_EQ(codecs(0, 25600), "zlib");
  EXPECT_EQ(codecs(2, kBloscMaxBlock / 2 * 2), "blosc");
  EXPECT_EQ(codecs(2, kBloscMaxBlock / 2 * 2 + 2), "shuffle+zlib");
}

struct Damage {
  const char* why;
  const char* chunk;
  std::uint32_t mask;
  void (*damage)(Bytes&);
  const char* text;

  friend std::ostream& operator<<(std::ostream& out, const Damage& d) { return out << d.why; }
};

void cut(Bytes& b) { b.pop_back(); }
void lengthen(Bytes& b) { b.push_back(std::byte{0}); }
void empty(Bytes& b) { b.clear(); }
void flip(Bytes& b) { b[b.size() * 2 / 3] ^= std::byte{1}; }
void flip_first(Bytes& b) { b[0] ^= std::byte{0x08}; }
void flip_size(Bytes& b) { b[4] ^= std::byte{0x08}; }

class DamageTest : public ::testing::TestWithParam<Damage> {};

INSTANTIATE_TEST_SUITE_P(
    Chunks, DamageTest,
    ::testing::Values(Damage{"PlainShort", "Plain", 0, cut, "1999 bytes, expected 2000"},
                      Damage{"PlainLong", "Plain", 0, lengthen, "2001 bytes, expected 2000"},
                      Damage{"PlainEmpty", "Plain", 0, empty, "0 bytes, expected 2000"},
                      Damage{"ShuffleShort", "Shuffle", 0, cut, "1999 bytes"},
                      Damage{"DeflateEmpty", "Deflate", 0, empty, "zlib stream"},
                      Damage{"DeflateHead", "Deflate", 0, flip_first, "zlib stream"},
                      Damage{"HeadedEmpty", "ShuffleDeflate", 0, empty, "zlib stream"},
                      Damage{"HeadedHead", "ShuffleDeflate", 0, flip_first, "zlib stream"},
                      Damage{"AsLong", "ShuffleDeflateAsLong", 0, flip, "zlib"},
                      Damage{"MaskedShort", "ShuffleDeflateMask2", 2, cut, "1999 bytes"},
                      Damage{"MaskedLong", "ShuffleDeflateMask3", 3, lengthen, "2001 bytes"},
                      Damage{"MaskNotTrue", "ShuffleDeflate", 2, [](Bytes&) {}, "expected 2000"},
                      Damage{"DeflateMaskNotTrue", "Deflate", 1, [](Bytes&) {}, "expected 2000"},
                      Damage{"SumFlipped", "Fletcher", 0, flip, "fletcher32 checksum is"},
                      Damage{"SumShort", "Fletcher", 0, cut, "fletcher32"},
                      Damage{"SumEmpty", "Fletcher", 0, empty, "too few"},
                      Damage{"SumOfStreamFlipped", "All", 0, flip, "fletcher32"},
                      Damage{"SumNotThere", "AllMask4", 0, [](Bytes&) {}, "fletcher32"},
                      Damage{"ZstdHead", "Zstd", 0, flip_first, "zstd stream"},
                      Damage{"ZstdEmpty", "Zstd", 0, empty, "zstd stream"},
                      Damage{"Bz2Head", "Bz2", 0, flip_first, "bz2 stream"},
                      Damage{"BloscShort", "BloscZlib", 0, cut, "its head says"},
                      Damage{"BloscLong", "BloscZlib", 0, lengthen, "its head says"},
                      Damage{"BloscEmpty", "BloscZlib", 0, empty, "0 bytes"},
                      Damage{"BloscSize", "BloscZlib", 0, flip_size, "expected 2400"}),
    [](const auto& p) { return std::string(p.param.why); });

TEST_P(DamageTest, IsNoticed) {
  const Chunk chunk = hdf5_chunk(GetParam().chunk);
  const auto adopter = adopter_of(chunk, ShuffleForm::blosc_head);
  ASSERT_TRUE(adopter);
  Bytes damaged = chunk.encoded;
  GetParam().damage(damaged);
  expect_error(ErrorCode::corrupt_data, GetParam().text,
               [&] { adopter->adopt(damaged, GetParam().mask); });
}

}  // namespace
}  // namespace engram::codec
