// Nothing in the metadata bounds what a chunk of objects decodes to: a small one must not make a
// large one, and a real one must not be refused.
#include "zarr/object_chunk.hpp"

#include <fstream>
#include <initializer_list>
#include <string>

#include "engram/codec/object_codec.hpp"
#include "engram/codec/pipeline.hpp"
#include "testing/expect_error.hpp"
#include "testing/sanitizer.hpp"

namespace engram::zarr {
namespace {

using testing::expect_error;

ArrayMetadata metadata_with(const CodecConfig& compressor) {
  ArrayMetadata metadata;
  metadata.is_object = true;
  metadata.shape = metadata.chunk_shape = {2};
  metadata.codecs = {{"vlen-utf8", Json::object()}, compressor};
  metadata.has_compressor = true;
  return metadata;
}

Bytes text_of(std::size_t size) {
  const std::string text(size, 'x');
  return codec::encode_vlen({text, ""});
}

// A line of /proc/self/status in bytes: "VmRSS" is what is held now, "VmHWM" the most that was.
std::uint64_t memory_of(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return 1024 * std::stoull(line.substr(name.size() + 1));
  return 0;
}

void forget_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

const std::initializer_list<CodecConfig> kCompressors = {{"zlib", {{"level", 9}}},
                                                         {"gzip", {{"level", 9}}},
                                                         {"bz2", {{"level", 9}}},
                                                         {"zstd", {{"level", 1}}},
                                                         {"lzma", {{"preset", 0}}}};

TEST(ObjectChunk, ThatIsLargeIsRead) {
  for (const CodecConfig& compressor : kCompressors) {
    const ArrayMetadata metadata = metadata_with(compressor);
    const Bytes stored = codec::Pipeline({compressor}).encode(text_of(5'000'000), 1);
    const std::vector<Json> objects = decode_objects(metadata, stored, {});
    EXPECT_EQ(objects.at(0).get_ref<const std::string&>().size(), 5'000'000U) << compressor.name;
  }
}

TEST(ObjectChunk, ThatIsSmallMakesNoLargeOne) {
  if (testing::kThreadSanitizer) GTEST_SKIP() << "ThreadSanitizer's own memory counts too";
  for (const CodecConfig& compressor :
       std::initializer_list<CodecConfig>{{"zlib", {{"level", 1}}}, {"zstd", {{"level", 1}}}}) {
    const ArrayMetadata metadata = metadata_with(compressor);
    const Bytes stored = codec::Pipeline({compressor}).encode(text_of(std::size_t{120} << 20U), 1);
    forget_peak();
    const std::uint64_t before = memory_of("VmRSS");
    expect_error(ErrorCode::limit_exceeded, "out of proportion",
                 [&] { decode_objects(metadata, stored, {}); });
    EXPECT_LT(memory_of("VmHWM"), before + (100U << 20U)) << compressor.name;
  }
}

// Of this length the first guess is that of a filter.
TEST(ObjectChunk, OfFourKilobytesMakesNoLargeOne) {
  if (testing::kThreadSanitizer) GTEST_SKIP() << "ThreadSanitizer's own memory counts too";
  const CodecConfig zstd = {"zstd", {{"level", 1}}};
  Bytes stored = codec::Pipeline({zstd}).encode(text_of(std::size_t{70} << 20U), 1);
  ASSERT_LT(stored.size(), 4088U);
  // A frame that decoders skip.
  const std::size_t rest = 4096 - stored.size() - 8;
  for (const unsigned byte : {0x50U, 0x2aU, 0x4dU, 0x18U}) stored.push_back(std::byte(byte));
  for (unsigned i = 0; i < 4; ++i) stored.push_back(std::byte(rest >> (8 * i) & 0xffU));
  stored.resize(4096);
  expect_error(ErrorCode::limit_exceeded, "out of proportion",
               [&] { decode_objects(metadata_with(zstd), stored, {}); });
}

// Each of them makes eight bytes of one.
TEST(ObjectChunk, BehindManyFiltersIsStillBounded) {
  if (testing::kThreadSanitizer) GTEST_SKIP() << "ThreadSanitizer's own memory counts too";
  ArrayMetadata metadata = metadata_with({"packbits", Json::object()});
  for (int i = 0; i < 5; ++i) metadata.codecs.push_back({"packbits", Json::object()});
  forget_peak();
  const std::uint64_t before = memory_of("VmRSS");
  expect_error(ErrorCode::limit_exceeded, "out of proportion",
               [&] { decode_objects(metadata, Bytes(10'000), {}); });
  EXPECT_LT(memory_of("VmHWM"), before + (100U << 20U));
}

TEST(ObjectChunk, UnderSmallLimitsIsRead) {
  Limits limits;
  limits.max_chunk_bytes = 20'000;
  for (const char* codec : {"zlib", "zstd", "crc32c"}) {
    const CodecConfig config = {codec, Json::object()};
    const Bytes stored = codec::Pipeline({config}).encode(text_of(9'000), 1);
    EXPECT_EQ(decode_objects(metadata_with(config), stored, limits).size(), 2U) << codec;
  }
}

TEST(ObjectChunk, PassesThroughFiltersBehindItsCodec) {
  ArrayMetadata metadata = metadata_with({"zlib", Json::object()});
  metadata.codecs = {{"vlen-utf8", Json::object()},
                     {"shuffle", {{"elementsize", 4}}},
                     {"crc32c", Json::object()},
                     {"base64", Json::object()},
                     {"lzma", Json::object()}};
  const codec::Pipeline rest({metadata.codecs.begin() + 1, metadata.codecs.end()});
  const std::vector<Json> objects =
      decode_objects(metadata, rest.encode(codec::encode_vlen({"one", "two"}), 1), {});
  EXPECT_EQ(objects, (std::vector<Json>{"one", "two"}));
}

TEST(ObjectChunk, OfRecordsIsReadFromPickleOnly) {
  ArrayMetadata metadata = metadata_with({"zlib", Json::object()});
  metadata.object_dtype = parse_json(R"([["a","|O"]])");
  expect_error(ErrorCode::unsupported, "structured type", [&] { check_object_codec(metadata); });
  metadata.codecs[0].name = "pickle";
  check_object_codec(metadata);
}

}  // namespace
}  // namespace engram::zarr
