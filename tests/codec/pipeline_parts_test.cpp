#include <fmt/format.h>

#include <utility>

#include "codec/fixtures.hpp"
#include "engram/codec/pipeline.hpp"

namespace engram::codec {
namespace {

using PartCheck = Pipeline::PartCheck;

Bytes part_of(const Pipeline& pipeline, BytesView stored, std::uint64_t size, std::uint64_t offset,
              std::uint64_t count, PartCheck check = PartCheck::as_whole) {
  Bytes out(count);
  pipeline.decode_part(stored, size, offset, out, check);
  return out;
}

CodecConfig blosc_of(const std::string& compressor, int shuffle, int block_size, int level = 5) {
  return {
      "blosc",
      {{"cname", compressor}, {"clevel", level}, {"shuffle", shuffle}, {"blocksize", block_size}}};
}

std::vector<std::vector<CodecConfig>> pipelines() {
  std::vector<std::vector<CodecConfig>> all = {
      {},
      {{"zlib", {{"level", 1}}}},
      {{"gzip", {{"level", 5}}}},
      {{"shuffle", {{"elementsize", 4}}}, {"zlib", {{"level", 1}}}},
      {blosc_of("lz4", 1, 0), {"crc32", Json::object()}}};
  for (const char* compressor : {"blosclz", "lz4", "lz4hc", "zlib", "zstd"})
    for (const int shuffle : {0, 1, 2})
      for (const int block_size : {0, 1024})
        all.push_back({blosc_of(compressor, shuffle, block_size)});
  all.push_back({blosc_of("lz4", 1, 0, 0)});  // Stored.
  return all;
}

TEST(DecodePart, GivesWhatTheWholeHasThere) {
  for (const std::vector<CodecConfig>& configs : pipelines()) {
    const Pipeline pipeline(configs);
    for (const auto& [size, element_size] :
         std::initializer_list<std::pair<std::size_t, std::uint64_t>>{
             {200'000, 4}, {40'000, 1}, {39'999, 2}, {9'998, 8}, {100, 4}, {3, 4}}) {
      const Bytes data = walk(size);
      const Bytes stored = pipeline.encode(data, element_size);
      const std::string what =
          fmt::format("{} codecs, {} bytes of {}, {}", configs.size(), size, element_size,
                      configs.empty() ? "" : configs[0].configuration.dump());
      for (const auto& [offset, count] :
           std::initializer_list<std::pair<std::uint64_t, std::uint64_t>>{{0, size},
                                                                          {0, 0},
                                                                          {size, 0},
                                                                          {size - 1, 1},
                                                                          {1, size - 1},
                                                                          {0, 1},
                                                                          {size / 3, size / 2},
                                                                          {size / 2, 1}}) {
        const auto from = data.begin() + static_cast<std::ptrdiff_t>(offset);
        for (const PartCheck check : {PartCheck::as_whole, PartCheck::less})
          EXPECT_EQ(part_of(pipeline, stored, size, offset, count, check),
                    Bytes(from, from + static_cast<std::ptrdiff_t>(count)))
              << what << ": " << count << " at " << offset;
      }
    }
  }
}

TEST(EncodeIntoMemory, GivesTheSameWhateverWasThereBefore) {
  Buffer memory(1'000'000);
  std::fill(memory.bytes().begin(), memory.bytes().end(), std::byte{0xaa});
  for (const std::vector<CodecConfig>& configs : pipelines()) {
    const Pipeline pipeline(configs);
    for (const Bytes& data : {walk(800), noise(800), walk(300'000), noise(300'000), Bytes()}) {
      const Bytes expected = pipeline.encode(data, 8);
      const BytesView got = pipeline.encode(data, 8, memory);
      EXPECT_EQ(Bytes(got.begin(), got.end()), expected) << data.size();
    }
  }
}

TEST(DecodePart, KnowsWhatItTakesLessWorkFor) {
  EXPECT_TRUE(Pipeline({}).decodes_parts());
  EXPECT_TRUE(Pipeline({blosc_of("zstd", 2, 0)}).decodes_parts());
  for (const char* name : {"zlib", "gzip"}) {
    const Pipeline pipeline({{name, {{"level", 1}}}});
    EXPECT_FALSE(pipeline.decodes_parts());
    EXPECT_TRUE(pipeline.decodes_parts(PartCheck::less));
  }
  EXPECT_FALSE(Pipeline({{"shuffle", {{"elementsize", 4}}}, {"zlib", {{"level", 1}}}})
                   .decodes_parts(PartCheck::less));
  EXPECT_FALSE(Pipeline({blosc_of("lz4", 1, 0), {"crc32", Json::object()}}).decodes_parts());
}

// Noise comes as stored blocks, text as matches; gzip also as members of any size.
TEST(DecodePart, StopsWhereAPartOfZlibOrGzipEnds) {
  for (const char* name : {"zlib", "gzip"})
    for (const int level : {1, 9})
      for (const Bytes& data :
           std::vector<Bytes>{noise(500'000), walk(500'000), Bytes(500'000, std::byte{7})}) {
        const Pipeline pipeline({{name, {{"level", level}}}});
        const Bytes stored = pipeline.encode(data, 1);
        Bytes damaged = stored;
        damaged.back() ^= std::byte{0xff};  // Of the checksum, or the length behind it.
        for (std::size_t offset = 0; offset < 400'000; offset += 49'973) {
          const auto from = data.begin() + static_cast<std::ptrdiff_t>(offset);
          const Bytes expected(from, from + 1000);
          EXPECT_EQ(part_of(pipeline, stored, data.size(), offset, 1000, PartCheck::less), expected)
              << name << " " << level << " at " << offset;
          if (offset < 300'000) {
            EXPECT_EQ(part_of(pipeline, damaged, data.size(), offset, 1000, PartCheck::less),
                      expected);
          }
          expect_error(ErrorCode::corrupt_data, name,
                       [&] { part_of(pipeline, damaged, data.size(), offset, 1000); });
        }
      }
  const Pipeline gzip({{"gzip", {{"level", 5}}}});
  const Bytes data = walk(500'000);
  Bytes members;
  for (std::size_t at = 0; at < data.size(); at += 125'000) {
    const Bytes member = gzip.encode(BytesView(data).subspan(at, 125'000), 1);
    members.insert(members.end(), member.begin(), member.end());
  }
  for (const std::size_t offset : {0U, 60'000U, 124'990U, 260'000U, 374'900U, 499'000U})
    EXPECT_EQ(part_of(gzip, members, data.size(), offset, 1000, PartCheck::less),
              Bytes(data.begin() + static_cast<std::ptrdiff_t>(offset),
                    data.begin() + static_cast<std::ptrdiff_t>(offset) + 1000));
}

TEST(DecodePart, RefusesAnotherSizeAndWhatIsNoPart) {
  for (const std::vector<CodecConfig>& configs : pipelines()) {
    const Pipeline pipeline(configs);
    const Bytes data = walk(5000);
    const Bytes stored = pipeline.encode(data, 4);
    for (const std::uint64_t wrong : {4996U, 5004U})
      expect_error(ErrorCode::corrupt_data, "", [&] { part_of(pipeline, stored, wrong, 100, 50); });
    expect_error(ErrorCode::invalid_argument, "51 bytes at 4950",
                 [&] { part_of(pipeline, stored, 5000, 4950, 51); });
    expect_error(ErrorCode::invalid_argument, "0 bytes at 5001",
                 [&] { part_of(pipeline, stored, 5000, 5001, 0); });
  }
}

// Whatever a byte is changed to: the part comes out, right or wrong, or an error that says so.
TEST(DecodePart, SurvivesDamage) {
  for (const std::vector<CodecConfig>& configs : pipelines()) {
    const Pipeline pipeline(configs);
    const Bytes stored = pipeline.encode(walk(3000), 4);
    for (std::size_t at = 0; at < stored.size(); at += at < 64 ? 1 : 97)
      for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
        Bytes damaged = stored;
        damaged[at] ^= static_cast<std::byte>(flip);
        for (const PartCheck check : {PartCheck::as_whole, PartCheck::less}) try {
            part_of(pipeline, damaged, 3000, 1000, 500, check);
          } catch (const Error& error) {
            EXPECT_NE(error.code(), ErrorCode::invalid_argument) << error.what();
          }
      }
    for (std::size_t size = 0; size < stored.size(); size += size < 40 ? 1 : 101)
      expect_error(ErrorCode::corrupt_data, "",
                   [&] { part_of(pipeline, BytesView(stored).first(size), 3000, 0, 3000); });
  }
}

}  // namespace
}  // namespace engram::codec
