// engram diff and engram verify.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "converters/command/run_command.hpp"
#include "converters/command/sample_file.hpp"
#include "engram/base/json.hpp"
#include "testing/temp_dir.hpp"

namespace engram {
namespace {

using testing::run_engram;

class CompareCommandTest : public ::testing::Test {
 protected:
  CompareCommandTest() : source(dir / "in.h5"), target(dir / "out.zarr") {
    testing::make_sample(source);
    EXPECT_EQ(run_engram({"convert", source, target, "-q"}).status, 0);
  }

  // A chunk of /counts becomes that of other elements.
  void swap_chunks() const {
    std::filesystem::copy_file(target + "/counts/1.0", target + "/counts/2.0",
                               std::filesystem::copy_options::overwrite_existing);
  }

  const testing::TempDir dir;
  const std::string source, target;
};

TEST_F(CompareCommandTest, EqualFilesAreToldInOneLine) {
  for (const char* command : {"verify", "diff"}) {
    const auto result = run_engram({command, source, target});
    EXPECT_EQ(result.status, 0) << result.out << result.err;
    EXPECT_EQ(result.out.find("equal: 1 group, 3 datasets, 2 attributes, 1 link, 0 references; "
                              "16.0 kB compared in "),
              0U)
        << result.out;
    EXPECT_EQ(result.err, "");
  }
}

TEST_F(CompareCommandTest, ADifferenceIsALine) {
  swap_chunks();
  const auto result = run_engram({"diff", source, target});
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_EQ(result.out.find("value /counts: 2400 of 8000 elements differ; first (600, 0): 4800 in "
                            "A, 2400 in B\n1 difference: "),
            0U)
      << result.out;
  const auto verified = run_engram({"verify", source, target});
  EXPECT_EQ(verified.status, 1);
  EXPECT_NE(verified.out.find("4800 in the source, 2400 in the result"), std::string::npos)
      << verified.out;
}

TEST_F(CompareCommandTest, TheReportIsJson) {
  swap_chunks();
  const auto report = parse_json(run_engram({"verify", source, target, "--json"}).out);
  EXPECT_EQ(report["a"], source);
  EXPECT_EQ(report["b_format"], "Zarr v2");
  EXPECT_EQ(report["equal"], false);
  EXPECT_EQ(report["differences"], 1);
  EXPECT_EQ(report["listed"][0]["path"], "/counts");
  EXPECT_EQ(report["listed"][0]["index"], Json({600, 0}));
  EXPECT_EQ(report["listed"][0]["count"], 2400);
  const auto none = run_engram({"verify", source, target, "--json", "--max", "0"});
  EXPECT_EQ(parse_json(none.out)["listed"], Json::array());
  EXPECT_EQ(none.status, 1);
}

TEST_F(CompareCommandTest, QuietSaysItByTheStatusAlone) {
  EXPECT_EQ(run_engram({"diff", source, target, "--quiet"}).status, 0);
  swap_chunks();
  const auto result = run_engram({"diff", source, target, "--quiet"});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.out + result.err, "");
}

TEST_F(CompareCommandTest, WhatAConversionLeavesOutIsAllowed) {
  testing::make_sample_with_dangling_link(dir / "dangling.h5");
  ASSERT_EQ(run_engram({"convert", dir / "dangling.h5", dir / "dangling.zarr", "-q"}).status, 0);
  const auto result = run_engram({"verify", dir / "dangling.h5", dir / "dangling.zarr"});
  EXPECT_EQ(result.status, 0) << result.out;
  EXPECT_EQ(result.out.find("allowed /nowhere: the link is left out: "), 0U) << result.out;
}

TEST_F(CompareCommandTest, AnErrorNamesFileAndObject) {
  EXPECT_EQ(run_engram({"diff", source, dir / "nothing"}).status, 3);
  EXPECT_EQ(run_engram({"diff", source, target, "--memory", "0"}).status, 2);
  EXPECT_EQ(run_engram({"verify", source}).status, 2);
  std::filesystem::resize_file(target + "/counts/1.0", 20);
  const auto result = run_engram({"verify", source, target});
  EXPECT_EQ(result.status, 5) << result.err;
  EXPECT_NE(result.err.find("/counts"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find(target), std::string::npos) << result.err;
}

TEST_F(CompareCommandTest, ProgressCanBeFollowed) {
  const auto result = run_engram({"diff", source, target, "--progress", "json", "--quiet"});
  EXPECT_EQ(result.status, 0);
  const auto last =
      parse_json(result.err.substr(result.err.rfind('\n', result.err.size() - 2) + 1));
  EXPECT_EQ(last["nodes_done"], 3) << result.err;
}

}  // namespace
}  // namespace engram
