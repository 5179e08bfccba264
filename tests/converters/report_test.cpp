#include <gtest/gtest.h>

#include "engram/convert.hpp"

namespace engram {
namespace {

TEST(ReportTest, BytesInPowersOfTen) {
  const std::pair<std::uint64_t, const char*> cases[] = {{0, "0 B"},
                                                         {1, "1 B"},
                                                         {999, "999 B"},
                                                         {1000, "1.0 kB"},
                                                         {1500, "1.5 kB"},
                                                         {999'949, "999.9 kB"},
                                                         {999'950, "1.0 MB"},
                                                         {1'500'000'000, "1.5 GB"},
                                                         {12'345'678'901, "12.3 GB"},
                                                         {~0ULL, "18.4 EB"}};
  for (const auto& [bytes, text] : cases) EXPECT_EQ(format_bytes(bytes), text);
}

TEST(ReportTest, SecondsAsPeopleSayThem) {
  const std::pair<double, const char*> cases[] = {
      {0, "0.00 s"},        {0.04, "0.04 s"},
      {0.1, "0.1 s"},       {4.12, "4.1 s"},
      {59.94, "59.9 s"},    {59.96, "1 min 00 s"},
      {125, "2 min 05 s"},  {3599.4, "59 min 59 s"},
      {3600, "1 h 00 min"}, {3600 * 25 + 7 * 60, "25 h 07 min"}};
  for (const auto& [seconds, text] : cases) EXPECT_EQ(format_seconds(seconds), text);
}

ConvertReport report() {
  ConvertReport report;
  report.source = "in.nwb";
  report.target = "out.zarr";
  report.source_format = "HDF5";
  report.datasets = 71;
  report.groups = 34;
  report.links = 12;
  report.references = 6;
  report.bytes_read = 1'500'000'000;
  report.bytes_copied = 1'440'000'000;
  report.seconds = 4.1;
  report.written.files = 321;
  report.written.bytes = 700'000'000;
  return report;
}

TEST(ReportTest, OneSentence) {
  EXPECT_EQ(summary(report()),
            "71 datasets, 34 groups, 12 links, 6 references (0 unresolved): 1.5 GB in 4.1 s, 96 % "
            "copied as it was");
}

TEST(ReportTest, OneOfEach) {
  auto one = report();
  one.datasets = one.groups = one.links = one.references = one.region_references = 1;
  one.references_unresolved = 1;
  one.bytes_copied = one.bytes_read - 1;
  EXPECT_EQ(summary(one),
            "1 dataset, 1 group, 1 link, 1 reference (1 unresolved), 1 region reference: 1.5 GB in "
            "4.1 s, 99 % copied as it was")
      << "100 % would not be true";
  one.bytes_copied = one.bytes_read;
  EXPECT_NE(summary(one).find("100 % copied"), std::string::npos);
}

TEST(ReportTest, NothingReadHasNoShare) {
  auto none = report();
  none.bytes_read = none.bytes_copied = 0;
  EXPECT_EQ(summary(none),
            "71 datasets, 34 groups, 12 links, 6 references (0 unresolved): 0 B in 4.1 s");
}

TEST(ReportTest, ADryRunDoesNotClaimToHaveWritten) {
  auto dry = report();
  dry.dry_run = true;
  EXPECT_EQ(
      summary(dry),
      "71 datasets, 34 groups, 12 links, 6 references in attributes (0 unresolved): 1.5 GB would "
      "become 321 files of at most 700.0 MB, 96 % copied as it is");
}

TEST(ReportTest, JsonHasAllOfIt) {
  auto full = report();
  full.written = {1, 2, 3, 4, 5, 6};
  PlannedArray array;
  array.path = "/data";
  array.action = Action::copy;
  array.info = {DataType::integer(2), {10, 4}, {5, 4}, std::nullopt};
  array.codecs = {{"zlib", {{"level", 4}}}};
  array.bytes = 80;
  array.chunks = array.chunk_files = 2;
  full.arrays.push_back(array);
  array.path = "/text";
  array.action = Action::objects;
  array.reason = "because";
  full.arrays.push_back(array);
  full.notices.push_back({backend::Notice::Kind::left_out, "/x", "a time"});
  full.notices.push_back({backend::Notice::Kind::dangling, "/l", "a link"});
  full.notices.push_back({backend::Notice::Kind::changed, "/y", "an enumeration"});
  const auto json = to_json(full);
  EXPECT_EQ(json["source"], "in.nwb");
  EXPECT_EQ(json["dry_run"], false);
  EXPECT_EQ(json["datasets"], 71);
  EXPECT_EQ(json["written"].dump(),
            R"({"files":1,"bytes":2,"chunks_verbatim":3,"chunks_framed":4,"chunks_recoded":5,)"
            R"("chunks_inflated":6,"chunks_taken_over":0})");
  EXPECT_EQ(json["arrays"][0].dump(),
            R"({"path":"/data","action":"copy","shape":[10,4],"dtype":"<i2","chunk_shape":[5,4],)"
            R"("codecs":[{"id":"zlib","level":4}],"bytes":80,"chunks":2,"chunk_files":2})");
  EXPECT_EQ(json["arrays"][1]["reason"], "because");
  EXPECT_FALSE(json["arrays"][1].contains("dtype"));
  EXPECT_EQ(json["notices"].dump(), R"([{"kind":"left_out","path":"/x","text":"a time"},)"
                                    R"({"kind":"dangling","path":"/l","text":"a link"},)"
                                    R"({"kind":"changed","path":"/y","text":"an enumeration"}])");
}

TEST(ReportTest, ActionsHaveNames) {
  EXPECT_EQ(to_string(Action::copy), "copy");
  EXPECT_EQ(to_string(Action::recode), "recode");
  EXPECT_EQ(to_string(Action::objects), "objects");
}

}  // namespace
}  // namespace engram
