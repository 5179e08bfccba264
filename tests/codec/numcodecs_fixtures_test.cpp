// numcodecs' own fixtures, from the corpus: what its versions since 2016 wrote, each with the array
// that it was. Values are compared, not only decoded.
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <set>

#include "codec/element_json.hpp"
#include "codec/fixtures.hpp"
#include "codec/numbers.hpp"
#include "engram/codec/object_codec.hpp"
#include "testing/corpus.hpp"

namespace engram::codec {
namespace {

namespace fs = std::filesystem;

// An array as NumPy saved it.
struct Npy {
  std::string descr;
  std::vector<std::uint64_t> shape;
  bool fortran = false;
  Bytes bytes;  ///< In the order of memory; of object arrays: a pickle.

  bool is_object() const { return descr == "|O"; }
  std::uint64_t count() const {
    std::uint64_t all = 1;
    for (const std::uint64_t extent : shape) all *= extent;
    return all;
  }
};

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t at = text.find(begin) + begin.size();
  return text.substr(at, text.find(end, at) - at);
}

Npy read_npy(const fs::path& path) {
  const std::string text = file_text(path.string());
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text.at(at)); };
  const bool is_long = byte(6) > 1;
  const std::size_t start = is_long ? 12 : 10;
  const std::size_t size = byte(8) + 256U * byte(9) + (is_long ? 65536U * byte(10) : 0U);
  const std::string head = text.substr(start, size);
  Npy npy;
  npy.descr = between(head, "'descr': '", "'");
  npy.fortran = between(head, "'fortran_order': ", ",") == "True";
  std::istringstream shape(between(head, "'shape': (", ")"));
  for (std::string extent; std::getline(shape, extent, ',');)
    if (extent.find_first_of("0123456789") != std::string::npos)
      npy.shape.push_back(std::stoull(extent));
  npy.bytes = to_bytes(std::string_view(text).substr(start + size));
  return npy;
}

// The values of an array, in the order of memory.
std::vector<Json> values_of(const Npy& npy) {
  if (npy.is_object()) return decode_objects({"pickle", Json::object()}, npy.bytes, npy.shape);
  const DataType type = parse_typestr(npy.descr);
  std::vector<Json> values;
  for (std::size_t at = 0; at < npy.bytes.size(); at += type.size)
    values.push_back(json_of_element(type, BytesView(npy.bytes).subspan(at, type.size)));
  return values;
}

struct Fixture {
  CodecConfig config;
  Npy array;
  Bytes encoded;
  std::string path;
};

// Calls visit(fixture) for all of codec `name` and returns how many there are.
int for_each_fixture(const fs::path& corpus, const std::string& name,
                     const std::function<void(const Fixture&)>& visit) {
  int count = 0;
  const fs::path folder = corpus / "codec-fixtures" / name;
  for (const auto& each : fs::recursive_directory_iterator(folder)) {
    const std::string file = each.path().filename().string();
    if (!file.starts_with("encoded.")) continue;
    const fs::path codec = each.path().parent_path();
    const fs::path array = codec.parent_path() / ("array." + file.substr(8, 2) + ".npy");
    const Fixture fixture{config_of(parse_json(file_text((codec / "config.json").string()))),
                          read_npy(array), to_bytes(file_text(each.path().string())),
                          each.path().string()};
    SCOPED_TRACE(fixture.path);
    visit(fixture);
    ++count;
  }
  return count;
}

ChunkElements elements_of(const Npy& npy) {
  return {parse_typestr(npy.descr), npy.shape, npy.fortran};
}

bool is_lossy(const std::string& name) {
  return name == "quantize" || name == "fixedscaleoffset" || name == "astype";
}

// How far a decoded value may be from the one that was encoded.
double tolerance(const CodecConfig& config) {
  if (config.name == "quantize")
    return std::pow(10.0, -config.configuration.at("digits").get<double>()) * 2;
  if (config.name == "fixedscaleoffset")
    return 1.0 / config.configuration.at("scale").get<double>();
  return 1e-3;  // astype of float64 in single precision, of numbers around 1000.
}

void expect_close(const Bytes& found, const Npy& array, double most) {
  const DataType type = parse_typestr(array.descr);
  ASSERT_EQ(type, DataType::floating(8));
  ASSERT_EQ(found.size(), array.bytes.size());
  const auto a = load_numbers<double>(type, found, type);
  const auto b = load_numbers<double>(type, array.bytes, type);
  for (std::size_t i = 0; i < array.count(); ++i) ASSERT_NEAR(a[i], b[i], most) << "element " << i;
}

TEST(NumcodecsCorpus, CompressorsDecodeToTheSameBytes) {
  const auto corpus = testing::corpus();
  if (!corpus) return;
  for (const char* name : {"zlib", "gzip", "zstd", "lz4", "bz2", "lzma", "blosc", "zfpy"}) {
    const int count = for_each_fixture(*corpus, name, [](const Fixture& fixture) {
      if (fixture.config.configuration.value("cname", "") == "snappy") {
        expect_error(ErrorCode::unsupported, "snappy", [&] { make_codec(fixture.config); });
        return;
      }
      const BytesCodecPtr codec = make_codec(fixture.config, elements_of(fixture.array));
      const Bytes& expected = fixture.array.bytes;
      EXPECT_EQ(decode(*codec, fixture.encoded, expected.size()), expected);
      const Bytes ours = encode(*codec, expected, parse_typestr(fixture.array.descr).size);
      EXPECT_EQ(decode(*codec, ours, expected.size()), expected);
    });
    EXPECT_GT(count, 10) << name;
  }
}

TEST(NumcodecsCorpus, FiltersMakeTheSameBytesAndGiveThemBack) {
  const auto corpus = testing::corpus();
  if (!corpus) return;
  for (const char* name : {"shuffle", "delta", "fixedscaleoffset", "quantize", "packbits", "astype",
                           "crc32", "crc32c", "adler32", "base64"}) {
    const int count = for_each_fixture(*corpus, name, [&](const Fixture& fixture) {
      const BytesCodecPtr codec = make_codec(fixture.config, elements_of(fixture.array));
      const Bytes& array = fixture.array.bytes;
      EXPECT_EQ(encode(*codec, array, 1), fixture.encoded);
      const Bytes decoded = decode(*codec, fixture.encoded, array.size());
      if (is_lossy(fixture.config.name))
        return expect_close(decoded, fixture.array, tolerance(fixture.config));
      // NumPy's sum of bools is no difference taken back: numcodecs does not give them back either.
      if (fixture.config.configuration.value("dtype", "") == "|b1") return;
      EXPECT_EQ(decoded, array);
    });
    EXPECT_GT(count, 1) << name;
  }
}

TEST(NumcodecsCorpus, ObjectCodecsDecodeToTheSameValues) {
  const auto corpus = testing::corpus();
  if (!corpus) return;
  std::map<std::string, int> decoded;
  for (const char* name :
       {"vlen-utf8", "vlen-bytes", "vlen-array", "json2", "msgpack2", "categorize", "pickle"}) {
    for_each_fixture(*corpus, name, [&](const Fixture& fixture) {
      const auto& shape = fixture.array.shape;
      if (fixture.config.name == "json") {  // The first version, which nobody writes.
        expect_error(ErrorCode::unsupported, "json2",
                     [&] { decode_objects(fixture.config, fixture.encoded, shape); });
        return;
      }
      const std::vector<Json> expected = values_of(fixture.array);
      const std::vector<Json> found = decode_objects(fixture.config, fixture.encoded, shape);
      EXPECT_TRUE(found == expected);
      ++decoded[name];
      if (fixture.config.name == "pickle") return;
      const Bytes ours = encode_objects(fixture.config, found, shape);
      EXPECT_TRUE(decode_objects(fixture.config, ours, shape) == expected);
      if (fixture.config.name != "msgpack2" && fixture.array.is_object()) {
        EXPECT_TRUE(ours == fixture.encoded);
      }
    });
  }
  for (const char* name :
       {"vlen-utf8", "vlen-bytes", "vlen-array", "json2", "msgpack2", "categorize", "pickle"})
    EXPECT_GT(decoded[name], 0) << name;
}

TEST(NumcodecsCorpus, WhatIsNotKnownIsRefusedByName) {
  const auto corpus = testing::corpus();
  if (!corpus) return;
  static const std::set<std::string> kHere = {
      "adler32",    "astype",    "base64",   "blosc",   "bz2",
      "categorize", "crc32",     "crc32c",   "delta",   "fixedscaleoffset",
      "gzip",       "json2",     "lz4",      "lzma",    "msgpack2",
      "packbits",   "pickle",    "quantize", "shuffle", "vlen-array",
      "vlen-bytes", "vlen-utf8", "zfpy",     "zlib",    "zstd"};
  for (const auto& each : fs::directory_iterator(*corpus / "codec-fixtures")) {
    const std::string name = each.path().filename().string();
    if (kHere.contains(name)) {
      EXPECT_TRUE(is_known_codec(name) || is_object_codec(name)) << name;
      continue;
    }
    EXPECT_EQ(name, "pcodec");
    expect_error(ErrorCode::unsupported, "\"pcodec\" is not known", [&] {
      make_codec({name, Json::object()});
    });
  }
}

}  // namespace
}  // namespace engram::codec
