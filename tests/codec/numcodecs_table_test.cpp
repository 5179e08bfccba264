// numcodecs_table.json: small arrays of every type through every codec, encoded and decoded by
// numcodecs itself. See tests/data/codec/make_numcodecs_table.py.
#include <algorithm>
#include <cmath>
#include <random>

#include "codec/fixtures.hpp"
#include "codec/numbers.hpp"
#include "engram/codec/object_codec.hpp"
#include "engram/codec/pipeline.hpp"
#include "testing/source_dir.hpp"

namespace engram::codec {
namespace {

const Json& table() {
  static const Json parsed =
      parse_json(file_text(testing::source_path("tests/data/codec/numcodecs_table.json")));
  return parsed;
}

std::string name_of(const Json& each) {
  return dump_json(each.at("codec"), JsonStyle::line) + " of " + each.value("dtype", "objects");
}

ChunkElements elements_of(const Json& each) {
  return {parse_typestr(each.at("dtype").get<std::string>()),
          each.at("shape").get<std::vector<std::uint64_t>>(), false};
}

// With bytes as {"bytes": base64}, as the table has them.
Json tagged(const Json& value) {
  if (value.is_binary())
    return {{"bytes", to_base64(std::as_bytes(std::span(value.get_binary())))}};
  Json out = value;
  if (value.is_structured())
    for (auto& member : out.items())
      member.value() =
          tagged(value.is_array() ? value[std::stoul(member.key())] : value[member.key()]);
  return out;
}

std::string text_of(const std::vector<Json>& objects) {
  Json list = Json::array();
  for (const Json& object : objects) list.push_back(tagged(object));
  return dump_json(list, JsonStyle::compact);  // As NaN equals nothing.
}

// zfp that loses something: within a hundredth of the largest number.
void expect_close(const DataType& type, const Bytes& found, const Bytes& expected) {
  ASSERT_EQ(found.size(), expected.size());
  const auto a = load_numbers<double>(type, found, DataType::floating(8));
  const auto b = load_numbers<double>(type, expected, DataType::floating(8));
  const std::size_t count = expected.size() / type.size;
  double largest = 0;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::fabs(b[i]));
  for (std::size_t i = 0; i < count; ++i) EXPECT_NEAR(a[i], b[i], largest / 100 + 0.5);
}

TEST(NumcodecsTable, BytesAreEncodedAndDecodedAsThere) {
  for (const Json& each : table().at("bytes")) {
    SCOPED_TRACE(name_of(each));
    const BytesCodecPtr codec = make_codec(config_of(each.at("codec")), elements_of(each));
    const Bytes array = bytes_of(each.at("array"));
    const Bytes encoded = bytes_of(each.at("encoded"));
    const Bytes decoded = bytes_of(each.at(each.contains("decoded") ? "decoded" : "array"));
    EXPECT_EQ(decode(*codec, encoded, decoded.size()), decoded);
    EXPECT_EQ(decode(*codec, encoded, decoded.size() + 1000), decoded) << "with room to spare";
    expect_error(ErrorCode::corrupt_data, "", [&] { decode(*codec, encoded, decoded.size() - 1); });
    const Bytes ours = encode(*codec, array, elements_of(each).type.size);
    if (each.contains("decoded") && !each.at("exact").get<bool>()) {
      expect_close(elements_of(each).type, decode(*codec, ours, array.size()), array);
      continue;
    }
    if (each.at("exact").get<bool>()) {
      EXPECT_EQ(ours, encoded);
    } else {
      EXPECT_EQ(decode(*codec, ours, array.size()), array);
    }
    EXPECT_EQ(make_codec(codec->config())->config(), codec->config());
  }
}

TEST(NumcodecsTable, PipelinesDecodeWhatIsThereBehindACompressor) {
  for (const Json& each : table().at("bytes")) {
    SCOPED_TRACE(name_of(each));
    const Pipeline pipeline({config_of(each.at("codec")), {"zlib", Json::object()}},
                            elements_of(each));
    const Bytes array = bytes_of(each.at("array"));
    const Bytes decoded = bytes_of(each.at(each.contains("decoded") ? "decoded" : "array"));
    const Bytes chunk =
        Pipeline({{"zlib", Json::object()}}).encode(bytes_of(each.at("encoded")), 1);
    EXPECT_EQ(pipeline.decode(chunk, decoded.size()), decoded);
    EXPECT_LE(pipeline.encode(array, 1).size(), pipeline.max_encoded_size(array.size()));
  }
}

TEST(NumcodecsTable, ObjectsAreEncodedAndDecodedAsThere) {
  for (const Json& each : table().at("objects")) {
    SCOPED_TRACE(name_of(each));
    const CodecConfig config = config_of(each.at("codec"));
    const auto shape = each.at("shape").get<std::vector<std::uint64_t>>();
    const Bytes encoded = bytes_of(each.at("encoded"));
    const std::vector<Json> objects = decode_objects(config, encoded, shape);
    EXPECT_EQ(text_of(objects), dump_json(each.at("objects"), JsonStyle::compact));
    if (config.name == "pickle") {
      expect_error(ErrorCode::unsupported, "never writes",
                   [&] { encode_objects(config, objects, shape); });
      continue;
    }
    const Bytes ours = encode_objects(config, objects, shape);
    // Members that were sorted are not in their own order any more, and so on: once more is enough.
    EXPECT_EQ(text_of(decode_objects(config, ours, shape)), text_of(objects));
    if (each.at("exact").get<bool>()) {
      EXPECT_EQ(as_text(ours), as_text(encoded));
    }
  }
}

// --- Damage: whatever is cut off or flipped, there is an answer or an Error ---

bool is_answer(ErrorCode code) {
  return code == ErrorCode::corrupt_data || code == ErrorCode::unsupported ||
         code == ErrorCode::limit_exceeded;
}

template <typename Decode>
void expect_answers(const Bytes& encoded, const Decode& call) {
  const auto attempt = [&](const Bytes& damaged) {
    try {
      call(damaged);
    } catch (const Error& error) {
      EXPECT_TRUE(is_answer(error.code())) << error.what();
    }
  };
  const std::size_t step = 1 + encoded.size() / 60;
  for (std::size_t size = 0; size < encoded.size(); size += step)
    attempt(Bytes(encoded.begin(), encoded.begin() + static_cast<std::ptrdiff_t>(size)));
  std::mt19937 random(static_cast<unsigned>(encoded.size()));
  for (std::size_t at = 0; at < encoded.size(); at += 1 + encoded.size() / 200) {
    Bytes damaged = encoded;
    damaged[at] ^= static_cast<std::byte>(1U << (random() % 8));
    attempt(damaged);
    damaged[at] = static_cast<std::byte>(random());
    attempt(damaged);
  }
}

TEST(Damage, OfBytesIsAnswered) {
  for (const Json& each : table().at("bytes")) {
    SCOPED_TRACE(name_of(each));
    const BytesCodecPtr codec = make_codec(config_of(each.at("codec")), elements_of(each));
    const std::size_t size =
        bytes_of(each.at(each.contains("decoded") ? "decoded" : "array")).size();
    expect_answers(bytes_of(each.at("encoded")), [&](const Bytes& damaged) {
      EXPECT_LE(decode(*codec, damaged, size).size(), size);
    });
  }
}

TEST(Damage, OfObjectsIsAnswered) {
  for (const Json& each : table().at("objects")) {
    SCOPED_TRACE(name_of(each));
    const CodecConfig config = config_of(each.at("codec"));
    const auto shape = each.at("shape").get<std::vector<std::uint64_t>>();
    expect_answers(bytes_of(each.at("encoded")), [&](const Bytes& damaged) {
      EXPECT_EQ(decode_objects(config, damaged, shape).size(), each.at("objects").size());
    });
  }
}

TEST(Damage, ChecksumsFindEveryFlippedBit) {
  for (const char* name : {"crc32", "crc32c", "adler32", "jenkins_lookup3", "fletcher32"}) {
    const BytesCodecPtr codec = make_codec({name, Json::object()});
    const Bytes encoded = encode(*codec, walk(50), 1);
    for (std::size_t bit = 0; bit < 8 * encoded.size(); ++bit) {
      Bytes damaged = encoded;
      damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      expect_error(ErrorCode::corrupt_data, name, [&] { decode(*codec, damaged, 50); });
    }
  }
}

// --- Round trips of noise ---

Bytes noise_of(const DataType& type, std::size_t count, unsigned seed) {
  Bytes bytes = noise(count * type.size, seed);
  if (type.kind == Kind::boolean)
    for (std::byte& each : bytes) each &= std::byte{1};
  return bytes;
}

std::vector<CodecConfig> lossless_codecs(const DataType& type) {
  const std::string name = typestr(type);
  const Json none = Json::object();
  std::vector<CodecConfig> configs = {
      {"zlib", none},
      {"gzip", none},
      {"bz2", none},
      {"zstd", {{"checksum", true}}},
      {"lz4", none},
      {"lzma", none},
      {"lzma", {{"format", 2}}},
      {"lzma", {{"format", 3}, {"filters", Json::array({{{"id", 3}, {"dist", 4}}, {{"id", 33}}})}}},
      {"blosc", {{"shuffle", -1}}},
      {"shuffle", {{"elementsize", type.size}}},
      {"base64", none},
      {"crc32", none},
      {"crc32c", none},
      {"adler32", none},
      {"jenkins_lookup3", {{"initval", 7}}},
      {"fletcher32", none},
      {"astype", {{"encode_dtype", name}, {"decode_dtype", name}}}};
  const bool whole = type.kind == Kind::integer || type.kind == Kind::unsigned_integer;
  if (whole) {
    configs.push_back({"delta", {{"dtype", name}}});
    // NumPy adds int64 and uint64 as float64.
    if (type.kind == Kind::integer || type.size < 8)
      configs.push_back({"delta", {{"dtype", name}, {"astype", ">i8"}}});
    configs.push_back({"astype", {{"encode_dtype", ">u8"}, {"decode_dtype", name}}});
  }
  if (type.kind == Kind::boolean) configs.push_back({"packbits", none});
  if (whole && type.size >= 4 && type.kind == Kind::integer && type.order == ByteOrder::little)
    configs.push_back({"zfpy", none});
  return configs;
}

TEST(RoundTrip, OfNoiseThroughEveryCodecAndType) {
  int count = 0;
  for (const char* name :
       {"|b1", "|i1", "<i2",  "<i4", "<i8",  "|u1",  "<u2",     "<u4",    "<u8", "<f2",
        "<f4", "<f8", "<f16", "<c8", "<c16", ">i2",  ">i4",     ">i8",    ">u2", ">u4",
        ">u8", ">f2", ">f4",  ">f8", ">c8",  ">c16", "<M8[ns]", "<m8[D]", ">m8"}) {
    const DataType type = parse_typestr(name);
    for (const CodecConfig& config : lossless_codecs(type)) {
      // Bytes of a long double that are no number are not kept.
      if (type.size == 16 && type.kind == Kind::floating && config.name == "astype") continue;
      SCOPED_TRACE(config.name + dump_json(config.configuration, JsonStyle::line) + name);
      for (const std::uint64_t rows : {1U, 7U, 100U}) {
        const ChunkElements elements{type, {rows, 3}, false};
        const Bytes data = noise_of(type, rows * 3, static_cast<unsigned>(rows));
        const Pipeline pipeline({config, {"zstd", Json::object()}}, elements);
        const Bytes chunk = pipeline.encode(data, type.size);
        ASSERT_EQ(pipeline.decode(chunk, data.size()), data) << rows;
        ++count;
      }
    }
  }
  EXPECT_GT(count, 1400);
}

TEST(RoundTrip, OfNoiseThroughChains) {
  const std::vector<CodecConfig> chain = {
      {"delta", {{"dtype", "<i2"}, {"astype", "<i4"}}},
      {"astype", {{"encode_dtype", "<f8"}, {"decode_dtype", "<i4"}}},
      {"bitround", {{"keepbits", 52}}},
      {"crc32c", Json::object()},
      {"base64", Json::object()},
      {"adler32", {{"location", "end"}}},
      {"lzma", Json::object()},
      {"blosc", Json::object()}};
  const Bytes data = noise(20000);
  const Pipeline pipeline(chain, {DataType::integer(2), {100, 100}, false});
  EXPECT_EQ(pipeline.decode(pipeline.encode(data, 2), data.size()), data);
}

}  // namespace
}  // namespace engram::codec
