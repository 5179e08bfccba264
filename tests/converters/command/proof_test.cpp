// What a conversion leaves beside its result: --checksum, --manifest, --report.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "converters/command/run_command.hpp"
#include "converters/command/sample_file.hpp"
#include "engram/base/json.hpp"
#include "testing/temp_dir.hpp"

namespace engram {
namespace {

namespace fs = std::filesystem;
using testing::file_text;
using testing::run_engram;
using testing::RunningCommand;

class ProofCommandTest : public ::testing::Test {
 protected:
  ProofCommandTest() { testing::make_sample(source); }

  Json report() const { return parse_json(file_text(report_path)); }

  // What lies in the directory of the test.
  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(dir.path()))
      found.insert(entry.path().filename().string());
    return found;
  }

  testing::TempDir dir;
  const std::string source = dir / "in.h5", target = dir / "out.zarr", manifest = dir / "out.md5",
                    report_path = dir / "report.json";
};

TEST_F(ProofCommandTest, ChecksumManifestAndReportAgree) {
  const auto result = run_engram({"convert", source, target, "--manifest", manifest, "--report",
                                  report_path, "--threads", "2"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(names(), (std::set<std::string>{"in.h5", "out.zarr", "out.md5", "report.json"}));
  const auto told = report();
  const std::string checksum = told["checksum"];
  EXPECT_NE(result.out.find("\nDANDI Zarr checksum " + checksum + "\n"), std::string::npos);
  EXPECT_EQ(run_engram({"checksum", target}).out, checksum + "\n");
  const auto lines = file_text(manifest);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), told["written"]["files"].get<int>());
  EXPECT_EQ(told["outcome"], "complete");
  EXPECT_EQ(told["source_identity"]["size"], fs::file_size(source));
  EXPECT_EQ(told["options"]["threads"], 2);
  EXPECT_EQ(told["options"]["manifest"], manifest);
  for (const auto& array : told["arrays"]) {
    const std::string path = array["path"];
    EXPECT_EQ(run_engram({"checksum", target + path}).out,
              array["checksum"].get<std::string>() + "\n")
        << path;
  }
}

TEST_F(ProofCommandTest, NothingIsComputedUnasked) {
  ASSERT_EQ(run_engram({"convert", source, target, "--report", report_path}).status, 0);
  EXPECT_FALSE(report().contains("checksum"));
  EXPECT_FALSE(report()["arrays"][0].contains("checksum"));
}

TEST_F(ProofCommandTest, ADryRunHasAReportAndNoChecksum) {
  const auto planned = run_engram({"convert", "--dry-run", source, "--report", report_path});
  ASSERT_EQ(planned.status, 0) << planned.err;
  EXPECT_EQ(report()["outcome"], "planned");
  EXPECT_EQ(run_engram({"convert", "--dry-run", source, "--checksum"}).status, 2);
  EXPECT_EQ(run_engram({"convert", "--dry-run", source, "--manifest", manifest}).status, 2);
}

TEST_F(ProofCommandTest, AFailureHasAReport) {
  std::ofstream(source, std::ios::trunc) << "This is no HDF5 file.";
  std::ofstream(report_path) << "that of the run before";
  const auto result = run_engram(
      {"convert", source, target, "--quiet", "--report", report_path, "--manifest", manifest});
  EXPECT_EQ(result.status, 6);
  const auto told = report();
  EXPECT_EQ(told["outcome"], "failed");
  EXPECT_EQ(told["exit"], 6);
  EXPECT_EQ(told["error_code"], "unsupported");
  EXPECT_EQ("engram: error: " + told["error"].get<std::string>() + "\n", result.err);
  EXPECT_EQ(names(), (std::set<std::string>{"in.h5", "report.json"}));
}

TEST_F(ProofCommandTest, TheDeathOfTheWorkerHasAReport) {
  testing::make_sparse_file(source, 20ULL << 30);
  for (const int number : {SIGTERM, SIGKILL, SIGSEGV}) {
    RunningCommand command({"convert", source, target, "--codec", "bz2:9", "--memory", "100M",
                            "--report", report_path, "--manifest", manifest});
    for (int i = 0; i < 3000 && !fs::exists(target + ".part/store/large/.zarray"); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ::kill(number == SIGTERM ? command.pid() : command.worker(), number);
    const auto result = command.wait();
    const auto told = report();
    EXPECT_EQ(told["outcome"], "failed");
    EXPECT_EQ(told["exit"], result.status);
    EXPECT_NE(result.err.find(told["error"].get<std::string>()), std::string::npos) << result.err;
    EXPECT_FALSE(fs::exists(manifest));
    EXPECT_FALSE(fs::exists(manifest + ".part")) << number;
    EXPECT_FALSE(fs::exists(report_path + ".part"));
    fs::remove(report_path);
    fs::remove_all(target + ".part");
  }
}

TEST_F(ProofCommandTest, PlacesThatCantBeAreRefusedFirst) {
  struct Case {
    std::string path;
    int status;
  };
  fs::create_directory(dir / "there");
  const std::vector<Case> cases{{dir / "missing/file", 3}, {source, 2}, {dir / "there", 2},
                                {dir / "there/", 2},       {target, 2}, {source + "/file", 3}};
  for (const auto& c : cases) {
    for (const std::string option : {"--manifest", "--report"}) {
      const auto result = run_engram({"convert", source, target, option, c.path});
      EXPECT_EQ(result.status, c.status) << option << ' ' << c.path << ": " << result.err;
      EXPECT_FALSE(fs::exists(target));
    }
  }
  EXPECT_EQ(
      run_engram({"convert", source, target, "--manifest", manifest, "--report", manifest}).status,
      2);
  // In a target that would be replaced, it would go with it.
  ASSERT_EQ(run_engram({"convert", source, target}).status, 0);
  const auto inside =
      run_engram({"convert", source, target, "--overwrite", "--report", target + "/report.json"});
  EXPECT_EQ(inside.status, 2) << inside.err;
  EXPECT_EQ(run_engram({"checksum", target, "--manifest", target + "/x"}).status, 2);
  EXPECT_EQ(names(), (std::set<std::string>{"in.h5", "out.zarr", "there"}));
}

TEST_F(ProofCommandTest, WhatIsNoStoreHasNoChecksum) {
  EXPECT_EQ(run_engram({"checksum", dir / "nowhere"}).status, 3);
  EXPECT_EQ(run_engram({"checksum", source}).status, 6);
}

}  // namespace
}  // namespace engram
