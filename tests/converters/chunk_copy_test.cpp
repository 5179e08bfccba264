#include "converters/chunk_copy.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "converters/fake_chunks.hpp"
#include "engram/codec/pipeline.hpp"
#include "testing/expect_error.hpp"

namespace engram::converter {
namespace {

using testing::bytes_of;
using testing::dataset_of;
using testing::expect_error;
using testing::FakeChunkedArray;
using testing::FakeWriter;

const std::vector<CodecConfig> kZlib{{"zlib", {{"level", 4}}}};

class ChunkCopyTest : public ::testing::Test {
 protected:
  CopyResult run(const std::string& codec = "keep", unsigned threads = 2,
                 std::uint64_t memory = 64U << 20, std::stop_token stop = {}) {
    PlanRules rules;
    rules.codecs = parse_codec_rule(codec);
    rules.fast_paths = fast_paths;
    plan_ = make_plan(root, rules, writer, {});
    ThreadPool pool(threads);
    MemoryBudget budget(memory);
    Progress totals;
    for (const auto& planned : plan_.datasets) {
      totals.bytes_total += planned.array.bytes;
      totals.chunks_total += planned.array.chunks;
    }
    totals.nodes_total = plan_.datasets.size();
    ProgressMeter meter([this](const Progress& p) { last = p; }, totals);
    auto result = copy_datasets(plan_, writer, pool, budget, meter, std::move(stop));
    meter.finish();
    return result;
  }

  void expect_complete() const {
    EXPECT_EQ(last.bytes_done, last.bytes_total);
    EXPECT_EQ(last.chunks_done, last.chunks_total);
    EXPECT_EQ(last.nodes_done, last.nodes_total);
  }

  // 5 x 4 big-endian numbers 0..19 in chunks of 2 x 3, deflated; chunk 3 is missing.
  std::shared_ptr<FakeChunkedArray> big_endian_array() const {
    const codec::Pipeline pipeline(kZlib);
    std::map<std::uint64_t, Bytes> chunks;
    for (std::uint64_t number = 0; number < 6; ++number) {
      if (number == 3) continue;
      Bytes plain;
      for (std::uint64_t i = 0; i < 6; ++i) {
        const auto row = number / 2 * 2 + i / 3, column = number % 2 * 3 + i % 3;
        const bool inside = row < 5 && column < 4;
        plain.push_back(std::byte{0});
        plain.push_back(std::byte(inside ? row * 4 + column : 99));
      }
      chunks[number] = pipeline.encode(plain, 2);
    }
    return std::make_shared<FakeChunkedArray>(
        ArrayInfo{DataType::integer(2, ByteOrder::big), {5, 4}, {2, 3}, std::nullopt}, kZlib,
        std::move(chunks));
  }

  hdmf::GroupBuilder root;
  FakeWriter writer;
  bool fast_paths = true;
  Progress last;

 private:
  Plan plan_;
};

TEST_F(ChunkCopyTest, CopiesEncodedChunksAsTheyAre) {
  const auto source = big_endian_array();
  source->mask = 5;
  root.datasets.push_back(dataset_of("data", source));
  const auto result = run();
  const auto& plan = writer.plans.at("/data");
  EXPECT_TRUE(plan.copy);
  EXPECT_EQ(plan.source_codecs, kZlib);
  EXPECT_EQ(writer.encoded.at("/data").size(), 5U);
  EXPECT_EQ(writer.encoded.at("/data").count(3), 0U) << "a missing chunk stays missing";
  EXPECT_EQ(writer.masks.at("/data"), 5U);
  EXPECT_TRUE(writer.written.empty());
  EXPECT_EQ(result.bytes_read, 40U);
  EXPECT_EQ(result.bytes_copied, 40U);
  expect_complete();
}

TEST_F(ChunkCopyTest, DecodesChunksWithoutTheSourcesHelp) {
  root.datasets.push_back(dataset_of("data", big_endian_array()));
  const auto result = run("zstd:1");
  const auto& written = writer.written.at("/data");
  EXPECT_EQ(written.size(), 5U);
  EXPECT_EQ(written.at(0), bytes_of<std::int16_t>({0, 1, 2, 4, 5, 6}));
  EXPECT_EQ(written.at(1), bytes_of<std::int16_t>({3, 7})) << "cut at the end of a row";
  EXPECT_EQ(written.at(4), bytes_of<std::int16_t>({16, 17, 18})) << "cut at the last row";
  EXPECT_EQ(written.at(5), bytes_of<std::int16_t>({19})) << "cut at both";
  EXPECT_EQ(result.bytes_copied, 0U);
  expect_complete();
}

TEST_F(ChunkCopyTest, WithoutFastPathsAsksTheSourceForElements) {
  root.datasets.push_back(dataset_of("data", big_endian_array()));
  fast_paths = false;
  for (const char* codec : {"keep", "zstd:1"})
    expect_error(ErrorCode::unsupported, "elements were read: at /data", [&] { run(codec); });
}

TEST_F(ChunkCopyTest, ReadsElementsWhereThereAreNoChunks) {
  std::vector<std::int32_t> values(1'000'000);
  std::iota(values.begin(), values.end(), 0);
  root.datasets.push_back(dataset_of(
      "large", testing::fake_array(DataType::integer(4), {values.size() / 4, 4}, values)));
  root.datasets.push_back(
      dataset_of("small", testing::fake_array<std::int32_t>(DataType::integer(4), {2}, {7, 8})));
  root.datasets.push_back(
      dataset_of("scalar", testing::fake_array<std::int32_t>(DataType::integer(4), {}, {9})));
  root.datasets.push_back(
      dataset_of("empty", testing::fake_array<std::int32_t>(DataType::integer(4), {0}, {})));
  run();
  EXPECT_EQ(writer.written.at("/large").size(), 1U);
  EXPECT_EQ(writer.written.at("/large").at(0), bytes_of(values));
  EXPECT_EQ(writer.written.at("/small").at(0), bytes_of<std::int32_t>({7, 8}));
  EXPECT_EQ(writer.written.at("/scalar").at(0), bytes_of<std::int32_t>({9}));
  EXPECT_EQ(writer.written.count("/empty"), 0U);
  EXPECT_EQ(writer.plans.count("/empty"), 1U);
  expect_complete();
}

TEST_F(ChunkCopyTest, ThreadsAndMemoryChangeNothing) {
  for (int i = 0; i < 200; ++i) {
    std::vector<std::int16_t> values(static_cast<std::size_t>(i) * 997);
    std::iota(values.begin(), values.end(), static_cast<std::int16_t>(i));
    root.datasets.push_back(
        dataset_of("d" + std::to_string(i),
                   testing::fake_array(DataType::integer(2), {values.size()}, values)));
  }
  run("keep", 1);
  const auto expected = writer.written;
  for (const auto& [threads, memory] :
       std::vector<std::pair<unsigned, std::uint64_t>>{{4, 64U << 20}, {3, 1}, {8, 100'000}}) {
    writer.written.clear();
    run("keep", threads, memory);
    EXPECT_EQ(writer.written, expected);
  }
}

TEST_F(ChunkCopyTest, AChunkDearerThanTheBudgetPassesAlone) {
  std::map<std::uint64_t, Bytes> chunks;
  for (std::uint64_t i = 0; i < 8; ++i) chunks[i] = Bytes(2U << 20);
  root.datasets.push_back(dataset_of(
      "data", std::make_shared<FakeChunkedArray>(
                  ArrayInfo{DataType::integer(1), {8ULL << 21}, {2U << 20}, std::nullopt},
                  std::vector<CodecConfig>{}, chunks)));
  run("keep", 4, 1U << 20);
  EXPECT_EQ(writer.encoded.at("/data").size(), 8U);
  EXPECT_EQ(writer.most, 1);
}

TEST_F(ChunkCopyTest, WritesObjectsAndCountsThem) {
  root.datasets.push_back(dataset_of("text", testing::text_type(), {2}, {"a", "b"}));
  root.datasets.push_back(dataset_of("region",
                                     testing::object_type(hdmf::ObjectType::Kind::region_reference),
                                     {1}, {hdmf::Null{}}));
  std::vector<hdmf::Value> many(5000, hdmf::Value("x"));
  root.datasets.push_back(dataset_of("many", testing::text_type(), {5000}, many));
  const auto result = run();
  EXPECT_EQ(writer.objects.at("/many"), 5000U);
  EXPECT_EQ(writer.compressors.at("/many")->name, "blosc");
  EXPECT_EQ(result.references, 5002U);
  EXPECT_EQ(result.region_references, 1U);
  EXPECT_EQ(result.bytes_read, 300U);
  ASSERT_EQ(result.notices.size(), 3U);
  EXPECT_EQ(result.notices[0].path, "/text") << "in the order of the plan, not of the work";
  EXPECT_EQ(result.notices[2].path, "/many");
  expect_complete();
}

TEST_F(ChunkCopyTest, AFailureNamesTheDataset) {
  for (int i = 0; i < 50; ++i) {
    root.datasets.push_back(
        dataset_of("d" + std::to_string(i),
                   testing::fake_array<std::int32_t>(DataType::integer(4), {2}, {7, 8})));
  }
  writer.fails_at = "/d13";
  expect_error(ErrorCode::io_error, "planted fault: at /d13", [&] { run(); });
}

TEST_F(ChunkCopyTest, AChunkOutsideOfTheGridIsCorrupt) {
  const auto source = big_endian_array();
  source->also_listed = {{6, 10}};
  root.datasets.push_back(dataset_of("data", source));
  expect_error(ErrorCode::corrupt_data, "chunk number 6 is stored", [&] { run(); });
}

TEST_F(ChunkCopyTest, AStopRequestIsHeard) {
  root.datasets.push_back(
      dataset_of("d", testing::fake_array<std::int32_t>(DataType::integer(4), {2}, {7, 8})));
  std::stop_source stop;
  stop.request_stop();
  expect_error(ErrorCode::cancelled, "", [&] { run("keep", 2, 1U << 20, stop.get_token()); });
  EXPECT_TRUE(writer.written.empty());
}

}  // namespace
}  // namespace engram::converter
