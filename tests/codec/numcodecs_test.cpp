// numcodecs' own fixtures, from the corpus: bytes that its versions since 2016 wrote.
#include <filesystem>
#include <iomanip>
#include <map>
#include <sstream>

#include "codec/fixtures.hpp"
#include "engram/codec/object_codec.hpp"
#include "testing/corpus.hpp"

namespace engram::codec {
namespace {

namespace fs = std::filesystem;

// The bytes of the array in a .npy file, in the order of memory, which is what codecs see.
Bytes npy_bytes(const fs::path& path) {
  const std::string text = file_text(path.string());
  const auto low = static_cast<unsigned char>(text.at(8));
  const auto high = static_cast<unsigned char>(text.at(9));
  return to_bytes(std::string_view(text).substr(10 + low + 256U * high));
}

std::size_t npy_element_size(const fs::path& path) {
  const std::string text = file_text(path.string());
  const std::size_t at = text.find("'descr': '") + 12;  // Behind the byte order and the kind.
  return static_cast<std::size_t>(std::stoul(text.substr(at)));
}

TEST(NumcodecsCorpus, BytesCodecsDecode) {
  const auto corpus = testing::corpus();
  if (!corpus) GTEST_SKIP() << "the corpus is not beside this checkout";
  std::map<std::string, int> decoded;
  for (const char* name :
       {"zlib", "gzip", "zstd", "lz4", "bz2", "blosc", "shuffle", "fletcher32"}) {
    const fs::path folder = *corpus / "codec-fixtures" / name;
    if (!fs::exists(folder)) continue;
    for (const auto& each : fs::recursive_directory_iterator(folder)) {
      const std::string file = each.path().filename().string();
      if (!file.starts_with("encoded.")) continue;
      SCOPED_TRACE(each.path().string());
      const CodecConfig config =
          config_of(parse_json(file_text((each.path().parent_path() / "config.json").string())));
      if (config.configuration.value("cname", "") == "snappy") {
        expect_error(ErrorCode::unsupported, "snappy", [&] { make_codec(config); });
        continue;
      }
      const fs::path array = folder / ("array." + file.substr(8, 2) + ".npy");
      const Bytes expected = npy_bytes(array);
      const BytesCodecPtr codec = make_codec(config);
      EXPECT_EQ(decode(*codec, to_bytes(file_text(each.path().string())), expected.size()),
                expected);
      EXPECT_EQ(decode(*codec, encode(*codec, expected, npy_element_size(array)), expected.size()),
                expected);
      ++decoded[name];
    }
  }
  for (const char* name : {"zlib", "gzip", "zstd", "lz4", "blosc", "shuffle"})
    EXPECT_GT(decoded[name], 10) << name;
}

TEST(NumcodecsCorpus, ObjectCodecsGiveTheSameBytesBack) {
  const auto corpus = testing::corpus();
  if (!corpus) GTEST_SKIP() << "the corpus is not beside this checkout";
  int decoded = 0;
  for (const char* name : {"vlen-utf8", "vlen-bytes", "vlen-array", "json2"}) {
    const fs::path folder = *corpus / "codec-fixtures" / name;
    if (!fs::exists(folder)) continue;
    for (const auto& each : fs::recursive_directory_iterator(folder)) {
      if (!each.path().filename().string().starts_with("encoded.")) continue;
      SCOPED_TRACE(each.path().string());
      const Json config =
          parse_json(file_text((each.path().parent_path() / "config.json").string()));
      const Bytes encoded = to_bytes(file_text(each.path().string()));
      if (config.at("id") == "json2") {
        Json items = parse_json(as_text(encoded));
        const auto shape = items.back().get<std::vector<std::uint64_t>>();
        const Json elements = decode_json2(encoded, shape);
        items[items.size() - 2] = "|O";  // What is not made of objects names another type.
        EXPECT_TRUE(as_text(encode_json2(elements, shape)) == dump_json(items, JsonStyle::compact));
      } else if (config.at("id") != "json") {  // Its first version, which nobody writes.
        ASSERT_GE(encoded.size(), 4U);
        const std::uint64_t count = std::to_integer<std::uint64_t>(encoded[0]) +
                                    256 * std::to_integer<std::uint64_t>(encoded[1]);
        EXPECT_EQ(encode_vlen(decode_vlen(encoded, count)), encoded);
      }
      ++decoded;
    }
  }
  EXPECT_GT(decoded, 15);
}

}  // namespace
}  // namespace engram::codec
