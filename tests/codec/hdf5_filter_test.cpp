#include "engram/codec/hdf5_filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <vector>

#include "codec/bit_shuffle.hpp"
#include "codec/fixtures.hpp"
#include "engram/codec/adopt.hpp"
#include "engram/codec/pipeline.hpp"

namespace engram::codec {
namespace {

struct FilteredChunk {
  std::string name;
  CodecConfig config;
  Bytes encoded, decoded;
};

/// What hdf5plugin made: see tests/data/hdf5/make_filters.py.
const std::vector<FilteredChunk>& filtered_chunks() {
  static const auto all = [] {
    const Json table =
        parse_json(file_text(testing::source_path("tests/data/hdf5/filter_chunks.json")));
    std::vector<FilteredChunk> chunks;
    for (const Json& each : table.at("chunks"))
      chunks.push_back({each.at("name").get<std::string>(),
                        {each.at("id").get<std::string>(), {{"values", each.at("values")}}},
                        bytes_of(each.at("encoded")),
                        bytes_of(table.at("arrays").at(each.at("decoded").get<std::string>()))});
    return chunks;
  }();
  return all;
}

const FilteredChunk& filtered_chunk(const std::string& name) {
  const auto found = std::find_if(filtered_chunks().begin(), filtered_chunks().end(),
                                  [&](const FilteredChunk& each) { return each.name == name; });
  if (found == filtered_chunks().end()) throw std::runtime_error("no chunk " + name);
  return *found;
}

CodecConfig filter_config(int number, const Json& values) {
  return {fmt::format("hdf5:{}", number), {{"values", values}}};
}

TEST(Hdf5Filter, DecodesWhatHdf5pluginWrote) {
  ASSERT_GT(filtered_chunks().size(), 200U);
  for (const FilteredChunk& each : filtered_chunks()) {
    const BytesCodecPtr codec = make_hdf5_decoder(each.config);
    EXPECT_EQ(codec->config(), each.config);
    EXPECT_TRUE(decode(*codec, each.encoded, each.decoded.size()) == each.decoded) << each.name;
    Bytes larger(each.decoded.size() + 1000);
    EXPECT_EQ(codec->decode(each.encoded, larger), each.decoded.size()) << each.name;
  }
}

TEST(Hdf5Filter, IsPartOfPipelinesThatOnlyDecode) {
  const FilteredChunk& chunk = filtered_chunk("lz4, blocks of 100 bytes");
  const std::vector<CodecConfig> codecs = {
      {"shuffle", {{"elementsize", 2}}}, chunk.config, {"fletcher32", Json::object()}};
  const Bytes stored = Pipeline({codecs[2]}).encode(chunk.encoded, 1);
  const Pipeline pipeline = Pipeline::decoder(codecs);
  const Bytes expected = Pipeline({codecs[0]}).decode(chunk.decoded, chunk.decoded.size());
  EXPECT_EQ(pipeline.decode(stored, expected.size()), expected);
  // Skipped for a chunk.
  const Bytes bare = Pipeline({codecs[0]}).encode(expected, 2);
  EXPECT_EQ(pipeline.decode(bare, expected.size(), 0b110), expected);
  expect_error(ErrorCode::corrupt_data, "decodes to 1002 bytes, expected 1003",
               [&] { (void)pipeline.decode(stored, 1003); });
  expect_error(ErrorCode::corrupt_data, "lz4 (HDF5 filter 32004)",
               [&] { (void)Pipeline::decoder({chunk.config}).decode(chunk.encoded, 1001); });
}

TEST(Hdf5Filter, IsNothingThatZarrHas) {
  for (const char* name : {"hdf5:32000", "hdf5:32001", "hdf5:32004", "hdf5:32008", "hdf5:32013",
                           "hdf5:32022", "hdf5:32023"}) {
    EXPECT_TRUE(is_hdf5_decoder(name)) << name;
    EXPECT_FALSE(is_known_codec(name)) << name;
    expect_error(ErrorCode::unsupported, name, [&] { make_codec({name, Json::object()}); });
    expect_error(ErrorCode::unsupported, name, [&] { Pipeline({{name, Json::object()}}); });
    EXPECT_EQ(Adopter::make({{name, Json::object()}}, 4, 100, ShuffleForm::blosc_head),
              std::nullopt);
  }
  for (const char* name : {"", "hdf5:", "hdf5:1", "hdf5:32026", "lz4", "zlib"})
    EXPECT_FALSE(is_hdf5_decoder(name)) << name;
  expect_error(ErrorCode::unsupported, "hdf5:32026", [] {
    make_hdf5_decoder({"hdf5:32026", Json::object()});
  });
  EXPECT_EQ(make_decoder({"zlib", Json::object()})->config().name, "zlib");
  const BytesCodecPtr lz4 = make_decoder(filter_config(32004, Json::array()));
  expect_error(ErrorCode::unsupported, "lz4 (HDF5 filter 32004) is only decoded here",
               [&] { encode(*lz4, walk(10), 1); });
}

// Bit by bit, as the format says.
Bytes shuffled_bits(BytesView in, std::size_t element_size) {
  const std::size_t count = in.size() / element_size;
  Bytes out(in.size());
  for (std::size_t element = 0; element < count; ++element)
    for (std::size_t bit = 0; bit < element_size * 8; ++bit) {
      const auto byte = std::to_integer<unsigned>(in[element * element_size + bit / 8]);
      out[bit * count / 8 + element / 8] |=
          static_cast<std::byte>((byte >> bit % 8 & 1U) << element % 8);
    }
  return out;
}

TEST(BitShuffle, IsUndone) {
  for (const std::size_t element_size : {1U, 2U, 3U, 4U, 5U, 7U, 8U, 12U, 16U, 17U, 300U}) {
    for (const std::size_t count : {8U, 16U, 56U, 64U, 72U, 128U, 1000U}) {
      const Bytes elements = noise(element_size * count);
      Bytes planes(elements.size()), out(elements.size());
      unshuffle_bits(shuffled_bits(elements, element_size), planes, out, element_size);
      EXPECT_TRUE(out == elements) << count << " elements of " << element_size << " bytes";
    }
  }
}

TEST(Hdf5Filter, BitshuffleTakesItsUsualBlocksWhereNothingIsSaid) {
  // 8192 bytes, but at least 128 elements, a multiple of 8.
  for (const auto& [element_size, block] :
       {std::pair<std::size_t, std::size_t>{1, 8192}, {3, 2728}, {100, 128}, {16, 512}}) {
    const Bytes elements = walk(element_size * (2 * block + 21));
    Bytes encoded;
    for (const std::size_t count : {block, block, std::size_t{16}}) {
      const Bytes part = shuffled_bits(
          BytesView(elements).subspan(encoded.size(), count * element_size), element_size);
      encoded.insert(encoded.end(), part.begin(), part.end());
    }
    encoded.insert(encoded.end(), elements.begin() + static_cast<std::ptrdiff_t>(encoded.size()),
                   elements.end());
    for (const Json& values : {Json{0, 4, element_size}, Json{0, 4, element_size, 0},
                               Json{0, 4, element_size, block, 0}}) {
      const BytesCodecPtr codec = make_hdf5_decoder(filter_config(32008, values));
      EXPECT_TRUE(decode(*codec, encoded, elements.size()) == elements) << element_size;
    }
  }
}

// A machine of the other byte order has written its words, and HDF5 swaps the elements later.
TEST(Hdf5Filter, ZfpMayBeOfTheOtherByteOrder) {
  const FilteredChunk& chunk = filtered_chunk("zfp <f8 (7, 9)");
  Json values = chunk.config.configuration.at("values");
  for (std::size_t i = 1; i < values.size(); ++i)
    values[i] = __builtin_bswap32(values[i].get<std::uint32_t>());
  Bytes expected = chunk.decoded;
  for (auto at = expected.begin(); at != expected.end(); at += 8) std::reverse(at, at + 8);
  const BytesCodecPtr codec = make_hdf5_decoder(filter_config(32013, values));
  EXPECT_TRUE(decode(*codec, chunk.encoded, expected.size()) == expected);
}

TEST(Hdf5Filter, BloscHasSnappyThatZarrHasNot) {
  const FilteredChunk& chunk = filtered_chunk("blosc snappy, shuffle 1");
  expect_error(ErrorCode::unsupported, "snappy", [&] {
    decode(*make_codec({"blosc", Json::object()}), chunk.encoded, chunk.decoded.size());
  });
}

TEST(Hdf5Filter, RoundedNumbersAreWhatTheyAre) {
  for (const int number : {32022, 32023}) {
    const BytesCodecPtr codec = make_hdf5_decoder(filter_config(number, {3, 4, 0, 0, 0}));
    EXPECT_EQ(decode(*codec, walk(100), 100), walk(100));
    expect_error(ErrorCode::corrupt_data, "expected at most 99 bytes",
                 [&] { decode(*codec, walk(100), 99); });
  }
}

struct BadValues {
  const char* why;
  int number;
  Json values;
  ErrorCode code;
  const char* text;
};

TEST(Hdf5Filter, RefusesClientDataThatItCannotHave) {
  const Json zfp = filtered_chunk("zfp <f8 (7, 9)").config.configuration.at("values");
  Json old_zfp = zfp, no_zfp = zfp;
  old_zfp[1] = old_zfp[1].get<std::uint32_t>() - (1U << 24U);
  no_zfp[1] = 7;
  for (const BadValues& each : {
           BadValues{"too few", 32008, {0, 4}, ErrorCode::corrupt_data, "2 values of client data"},
           BadValues{"no list", 32008, "x", ErrorCode::corrupt_data, "0 values of client data"},
           BadValues{"negative", 32008, {0, 4, -1}, ErrorCode::corrupt_data, "2 values of"},
           BadValues{"empty elements", 32008, {0, 4, 0}, ErrorCode::corrupt_data, "no bytes"},
           BadValues{"compressor",
                     32008,
                     {0, 4, 4, 0, 9},
                     ErrorCode::unsupported,
                     "bitshuffle (HDF5 filter 32008) names the compressor 9"},
           BadValues{"short head", 32013, {1, 2, 3}, ErrorCode::corrupt_data, "3 values of"},
           BadValues{"no head", 32013, no_zfp, ErrorCode::corrupt_data, "no valid head"},
           BadValues{"old zfp", 32013, old_zfp, ErrorCode::unsupported, "zfp's format 4"},
       }) {
    SCOPED_TRACE(each.why);
    expect_error(each.code, each.text,
                 [&] { make_hdf5_decoder(filter_config(each.number, each.values)); });
  }
}

struct Lie {
  const char* chunk;
  std::size_t at;  ///< Where its bytes are replaced by
  std::uint8_t bytes[4];
  const char* text;  ///< In the message.
};

TEST(Hdf5Filter, SeesLies) {
  const char* const lz4 = "lz4, blocks of 100 bytes";
  const char* const bits = "bitshuffle lz4, blocks of 64, elements of 4 bytes";
  const char* const bits_zstd = "bitshuffle zstd, blocks of 64, elements of 4 bytes";
  for (const Lie& each : {
           Lie{lz4, 0, {1, 0, 0, 0}, "says that it decodes to"},
           Lie{lz4, 8, {0, 0, 0, 0}, "its blocks have no bytes"},
           Lie{lz4, 8, {0, 0, 0, 99}, "does not decode to 99"},
           Lie{lz4, 8, {0xff, 0xff, 0xff, 0xff}, "does not decode to 1002"},
           Lie{lz4, 12, {0xff, 0xff, 0xff, 0xff}, "says that it has 4294967295 bytes"},
           Lie{lz4, 12, {0, 0, 0, 1}, "does not decode to 100"},
           Lie{bits, 0, {0, 0, 0, 1}, "it decodes to"},
           Lie{bits, 4, {0, 0, 3, 1}, "no elements of 4"},
           Lie{bits, 8, {0, 0, 0, 20}, "no multiple of 8"},
           Lie{bits, 8, {0, 0, 0, 32}, "does not decode to 32 by LZ4"},
           Lie{bits, 12, {0x7f, 0, 0, 0}, "says that it has 2130706432 bytes"},
           Lie{bits_zstd, 8, {0, 0, 0, 32}, "more than the 32 bytes expected"},
           Lie{bits_zstd, 16, {1, 2, 3, 4}, "bitshuffle (HDF5 filter 32008) is damaged: zstd"},
       }) {
    const FilteredChunk& chunk = filtered_chunk(each.chunk);
    Bytes encoded = chunk.encoded;
    for (std::size_t i = 0; i < 4; ++i) encoded.at(each.at + i) = std::byte{each.bytes[i]};
    SCOPED_TRACE(each.text);
    expect_error(ErrorCode::corrupt_data, each.text,
                 [&] { decode(*make_hdf5_decoder(chunk.config), encoded, chunk.decoded.size()); });
  }
}

// Whatever is cut off or changed, there is an error or a chunk, and nothing outside is touched.
TEST(Hdf5Filter, SurvivesDamage) {
  std::mt19937 random(7);
  for (const FilteredChunk& each : filtered_chunks()) {
    const BytesCodecPtr codec = make_hdf5_decoder(each.config);
    const auto try_it = [&](const Bytes& encoded) {
      try {
        decode(*codec, encoded, each.decoded.size());
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::corrupt_data) << error.what();
      }
    };
    for (std::size_t size = 0; size < each.encoded.size(); size += 1 + size / 8) {
      try_it({each.encoded.begin(), each.encoded.begin() + static_cast<std::ptrdiff_t>(size)});
    }
    for (int i = 0; i < 50; ++i) {
      Bytes flipped = each.encoded;
      flipped[random() % flipped.size()] ^= static_cast<std::byte>(1U << random() % 8);
      try_it(flipped);
    }
  }
}

TEST(Hdf5Filter, SaysWhatIsCutShort) {
  for (const char* name : {"lz4, blocks of 100 bytes", "bitshuffle lz4, 71 of 3 bytes",
                           "bitshuffle zstd, 71 of 3 bytes", "lzf, 71 of 8 bytes"}) {
    const FilteredChunk& chunk = filtered_chunk(name);
    const BytesView all = chunk.encoded;
    for (const std::size_t left : {std::size_t{3}, all.size() / 2, all.size() - 1})
      expect_error(
          ErrorCode::corrupt_data,
          fmt::format("chunk of {} bytes of {}", left, std::string(name).substr(0, 3)), [&] {
            const Bytes out =
                decode(*make_hdf5_decoder(chunk.config), all.first(left), chunk.decoded.size());
            if (out.size() < chunk.decoded.size())  // LZF does not say how long it is.
              throw Error(ErrorCode::corrupt_data, fmt::format("chunk of {} bytes of lzf", left));
          });
  }
}

}  // namespace
}  // namespace engram::codec
