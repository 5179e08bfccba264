#include "converters/cli/terminal.hpp"

#include <gtest/gtest.h>

#include "converters/cli/plan_table.hpp"
#include "converters/cli/size_option.hpp"
#include "testing/expect_error.hpp"

namespace engram::cli {
namespace {

using testing::expect_error;

Progress half_way() {
  Progress progress;
  progress.bytes_done = 1'200'000'000;
  progress.bytes_total = 2'400'000'000;
  progress.chunks_done = 120;
  progress.chunks_total = 300;
  progress.nodes_total = 7;
  progress.path = "/acquisition/es/data";
  return progress;
}

TEST(ProgressLineTest, SaysAllWhereThereIsRoom) {
  EXPECT_EQ(progress_line(half_way(), 2, 200),
            "[############>           ]  50 %  1.2 GB of 2.4 GB  600.0 MB/s  2.0 s left  120/300 "
            "chunks  /acquisition/es/data");
}

TEST(ProgressLineTest, IsNeverWiderThanTheTerminal) {
  for (std::size_t width = 0; width < 130; ++width) {
    EXPECT_LE(progress_line(half_way(), 2, width).size(), width);
  }
}

TEST(ProgressLineTest, AShortLineKeepsTheEndOfThePath) {
  EXPECT_EQ(progress_line(half_way(), 2, 104),
            "[############>           ]  50 %  1.2 GB of 2.4 GB  600.0 MB/s  2.0 s left  120/300 "
            "chunks  ...n/es/data");
}

TEST(ProgressLineTest, BeginningAndEnd) {
  Progress progress = half_way();
  progress.bytes_done = 0;
  EXPECT_NE(progress_line(progress, 0, 80).find("[>                       ]   0 %"),
            std::string::npos);
  progress.bytes_done = progress.bytes_total;
  const auto end = progress_line(progress, 2, 80);
  EXPECT_NE(end.find("[########################] 100 %"), std::string::npos);
  EXPECT_EQ(end.find("left"), std::string::npos);
  EXPECT_NE(progress_line(Progress{}, 1, 80).find("100 %"), std::string::npos) << "nothing to do";
}

TEST(ProgressLineTest, NamesFromAFileCannotSteerTheTerminal) {
  Progress progress = half_way();
  progress.path = "/a\x1b[2J\n";
  EXPECT_NE(progress_line(progress, 2, 200).find("/a\\x1b[2J\\x0a"), std::string::npos);
  EXPECT_EQ(printable("a\tb\x7f"), "a\\x09b\\x7f");
}

TEST(ProgressJsonTest, IsOneLine) {
  const auto json = parse_json(progress_json(half_way(), 1.5));
  EXPECT_EQ(json["bytes_done"], 1'200'000'000);
  EXPECT_EQ(json["chunks_total"], 300);
  EXPECT_EQ(json["seconds"], 1.5);
  EXPECT_EQ(json["path"], "/acquisition/es/data");
}

TEST(SizeOptionTest, ReadsSizes) {
  const std::pair<const char*, std::uint64_t> cases[] = {
      {"1", 1},           {"1048576", 1048576}, {"512M", 512U << 20},   {"512MiB", 512U << 20},
      {"2g", 2ULL << 30}, {"1.5G", 3ULL << 29}, {"500MB", 500'000'000}, {"64k", 64U << 10},
      {"1T", 1ULL << 40}, {"10b", 10}};
  for (const auto& [text, bytes] : cases) EXPECT_EQ(parse_size(text), bytes) << text;
}

TEST(SizeOptionTest, RefusesTheRest) {
  for (const char* text :
       {"", "M", "0", "-1", "1X", "1MM", "1 M", "0.4", "nan", "inf", "1e9G", "99999999T", "1Mi"}) {
    SCOPED_TRACE(text);
    expect_error(ErrorCode::invalid_argument, "such as 512M", [&] { parse_size(text); });
  }
}

TEST(PlanTableTest, OneLineAnArray) {
  ConvertReport report;
  PlannedArray array;
  array.path = "/data";
  array.action = Action::copy;
  array.info = {DataType::integer(2), {10, 4}, {5, 4}, std::nullopt};
  array.codecs = {{"shuffle", {{"elementsize", 2}}}, {"zlib", {{"level", 4}}}};
  array.chunks = 2;
  report.arrays.push_back(array);
  array.path = "/text";
  array.action = Action::objects;
  array.codecs = {};
  array.reason = "because";
  report.arrays.push_back(array);
  EXPECT_EQ(plan_table(report),
            "PATH   SHAPE    TYPE    CHUNK   CHUNKS  ACTION   CODECS              WHY NOT COPIED\n"
            "/data  (10, 4)  <i2     (5, 4)  2       copy     shuffle(2) zlib(4)\n"
            "/text  (10, 4)  object          2       objects  none                because\n");
}

TEST(PlanTableTest, CodecsInWords) {
  const CodecConfig blosc{"blosc",
                          {{"cname", "zstd"}, {"clevel", 5}, {"shuffle", 2}, {"blocksize", 0}}};
  EXPECT_EQ(describe_codecs({blosc}), "blosc(zstd, 5, bitshuffle)");
  EXPECT_EQ(describe_codecs({}), "none");
}

}  // namespace
}  // namespace engram::cli
