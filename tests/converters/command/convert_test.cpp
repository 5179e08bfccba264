#include <gtest/gtest.h>
#include <sys/mount.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "converters/command/run_command.hpp"
#include "converters/command/sample_file.hpp"
#include "engram/base/json.hpp"
#include "testing/source_dir.hpp"
#include "testing/temp_dir.hpp"

namespace engram {
namespace {

namespace fs = std::filesystem;
using testing::file_text;
using testing::files_below;
using testing::run_engram;
using testing::RunningCommand;
using testing::TempDir;

class ConvertCommandTest : public ::testing::Test {
 protected:
  ConvertCommandTest() : source(dir / "in.h5"), target(dir / "out.zarr") {
    testing::make_sample(source);
  }

  // That nothing of a failure is left.
  void expect_nothing_written() const {
    EXPECT_FALSE(fs::exists(target));
    EXPECT_FALSE(fs::exists(target + ".part"));
  }

  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  TempDir dir;
  const std::string source, target;
};

TEST_F(ConvertCommandTest, SaysOneSentenceAndWritesAStore) {
  const auto result = run_engram({"convert", source, target});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(
      result.out.find("3 datasets, 1 group, 1 link, 0 references (0 unresolved): 16.1 kB in "), 0U)
      << result.out;
  EXPECT_TRUE(has(result.out, ", 99 % copied as it was\n"));
  EXPECT_FALSE(fs::exists(target + ".part"));
  const auto metadata = parse_json(file_text(target + "/.zmetadata"));
  EXPECT_EQ(metadata["metadata"]["counts/.zarray"]["shape"], Json({1000, 8}));
  EXPECT_EQ(metadata["metadata"]["counts/.zarray"]["chunks"], Json({300, 8}));
  EXPECT_EQ(metadata["metadata"]["counts/.zarray"]["compressor"]["id"], "zlib");
  EXPECT_EQ(metadata["metadata"]["counts/.zattrs"]["unit"], "V");
  EXPECT_TRUE(fs::exists(target + "/counts/3.0"));
}

// Directories are made while the source is still being read: none is left of what is left out.
TEST_F(ConvertCommandTest, EveryDirectoryIsAGroupOrAnArray) {
  for (const std::string name : {"arrays", "links", "objects", "references"}) {
    const auto input = testing::source_path("tests/data/hdf5/" + name) + ".h5";
    ASSERT_EQ(run_engram({"convert", "--quiet", "--overwrite", input, target}).status, 0) << name;
    for (const auto& entry : fs::recursive_directory_iterator(target)) {
      if (!entry.is_directory()) continue;
      EXPECT_TRUE(fs::exists(entry.path() / ".zgroup") || fs::exists(entry.path() / ".zarray"))
          << entry.path();
    }
  }
}

TEST_F(ConvertCommandTest, AnExistingTargetNeedsOverwrite) {
  ASSERT_EQ(run_engram({"convert", source, target}).status, 0);
  std::ofstream(target + "/mark") << "old";
  const auto refused = run_engram({"convert", source, target});
  EXPECT_EQ(refused.status, 4);
  EXPECT_TRUE(has(refused.err, target + " is there already")) << refused.err;
  EXPECT_TRUE(fs::exists(target + "/mark"));
  EXPECT_EQ(run_engram({"convert", source, target, "--overwrite"}).status, 0);
  EXPECT_FALSE(fs::exists(target + "/mark"));
}

TEST_F(ConvertCommandTest, ThreadsAndMemoryChangeNoByte) {
  ASSERT_EQ(run_engram({"convert", source, target, "--threads", "1"}).status, 0);
  const auto expected = files_below(target);
  EXPECT_GT(expected.size(), 10U);
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{"--threads", "4"}, {"--threads", "3", "--memory", "1"}}) {
    std::vector<std::string> arguments{"convert", source, target, "--overwrite"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    ASSERT_EQ(run_engram(arguments).status, 0);
    EXPECT_EQ(files_below(target), expected);
  }
}

TEST_F(ConvertCommandTest, ADryRunWritesNothingAndSaysWhat) {
  const auto before = files_below(dir.path().string());
  const auto result = run_engram({"convert", "--dry-run", source, target});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(has(result.out, "/counts  (1000, 8)  <i2     (300, 8)  4       copy     zlib(4)"))
      << result.out;
  EXPECT_TRUE(has(result.out, "it is not chunked"));
  EXPECT_TRUE(has(result.out, " would become "));
  EXPECT_EQ(files_below(dir.path().string()), before);
  expect_nothing_written();
  EXPECT_EQ(run_engram({"convert", "--dry-run", source}).status, 0) << "needs no target";

  const auto plan = parse_json(run_engram({"convert", "--dry-run", "--json", source, target}).out);
  ASSERT_EQ(run_engram({"convert", source, target}).status, 0);
  EXPECT_EQ(plan["written"]["files"], files_below(target).size() - 1) << "all but .zmetadata";
  EXPECT_EQ(run_engram({"convert", "--dry-run", source, target}).status, 4);
}

TEST_F(ConvertCommandTest, ReportsAsAsked) {
  const auto json = run_engram({"convert", source, target, "--json"});
  const auto report = parse_json(json.out);
  EXPECT_EQ(report["datasets"], 3);
  EXPECT_EQ(report["source"], source);
  EXPECT_EQ(report["written"]["files"], files_below(target).size());
  EXPECT_EQ(report["written"]["chunks_verbatim"], 4);
  EXPECT_EQ(report["written"]["chunks_inflated"], 0);

  const auto quiet = run_engram({"convert", source, target, "--overwrite", "--quiet"});
  EXPECT_EQ(quiet.out + quiet.err, "");

  const auto progress =
      run_engram({"convert", source, target, "--overwrite", "--progress", "json"});
  const auto last = progress.err.substr(progress.err.rfind('\n', progress.err.size() - 2) + 1);
  EXPECT_EQ(parse_json(last)["bytes_done"], parse_json(last)["bytes_total"]) << progress.err;
}

TEST_F(ConvertCommandTest, CodecAndChunksAreTheUsersChoice) {
  ASSERT_EQ(run_engram({"convert", source, target, "--codec", "zstd:3", "--chunks", "500,4",
                        "--no-consolidate"})
                .status,
            0);
  EXPECT_FALSE(fs::exists(target + "/.zmetadata"));
  const auto array = parse_json(file_text(target + "/counts/.zarray"));
  EXPECT_EQ(array["compressor"]["id"], "zstd");
  EXPECT_EQ(array["chunks"], Json({500, 4}));
  EXPECT_TRUE(fs::exists(target + "/counts/1.1"));
  EXPECT_FALSE(fs::exists(target + "/counts/2.0"));
}

TEST_F(ConvertCommandTest, CodecAndChunksAreForSomePaths) {
  const auto result = run_engram({"convert", "--codec", "/none/**=lz4", "--codec", "/count?=zstd:3",
                                  "--chunks", "/**=500,4", source, target});
  ASSERT_EQ(result.status, 0) << result.err;
  const auto array = parse_json(file_text(target + "/counts/.zarray"));
  EXPECT_EQ(array["compressor"]["id"], "zstd");
  EXPECT_EQ(array["chunks"], Json({500, 4}));
  ASSERT_EQ(
      run_engram({"convert", source, target, "--overwrite", "--codec", "/none/**=lz4"}).status, 0);
  EXPECT_EQ(parse_json(file_text(target + "/counts/.zarray"))["compressor"]["id"], "zlib");
}

TEST_F(ConvertCommandTest, AZarrDirectoryConvertsToItself) {
  ASSERT_EQ(run_engram({"convert", source, target}).status, 0);
  const auto again = run_engram({"convert", target, dir / "again.zarr"});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(run_engram({"cat", target, "/counts", "--format", "json"}).out,
            run_engram({"cat", dir / "again.zarr", "/counts", "--format", "json"}).out);
  EXPECT_EQ(run_engram({"convert", target, target + "/inside"}).status, 2);
}

struct UsageCase {
  std::vector<std::string> arguments;
  std::string message;
};

TEST_F(ConvertCommandTest, MistakesOfUsageExitWith2) {
  const UsageCase cases[] = {
      {{}, "subcommand"},
      {{"transform"}, "subcommand"},
      {{"convert"}, "SOURCE"},
      {{"convert", source}, "TARGET"},
      {{"convert", source, target, "more"}, "more"},
      {{"convert", source, target, "--fast"}, "--fast"},
      {{"convert", source, target, "--compat", "v3"}, "--compat"},
      {{"convert", source, target, "--text", "latin1"}, "--text"},
      {{"convert", source, target, "--codec", "snappy"}, "snappy"},
      {{"convert", source, target, "--codec", "/counts"}, "does not say what is asked for"},
      {{"convert", source, target, "--codec", "/counts=snappy"}, "snappy"},
      {{"convert", source, target, "--codec", "/counts=verbatim"}, "not for /counts alone"},
      {{"convert", source, target, "--chunks", "/counts=many"}, "30000,64"},
      {{"convert", source, target, "--chunks", "10x10"}, "10x10"},
      {{"convert", source, target, "--memory", "lots"}, "lots"},
      {{"convert", source, target, "--memory", "0"}, "a size is a number above 0"},
      {{"convert", source, target, "--threads", "-1"}, "--threads"},
      {{"convert", source, target, "--progress", "loud"}, "--progress"},
      {{"convert", source, source, "--overwrite"}, "is the source"},
      {{"convert", source, ""}, "TARGET"},
      {{"cat", source}, "OBJECT"},
      {{"cat", source, "/counts", "--format", "xml"}, "--format"},
      {{"tree", source, "--depth", "0"}, "--depth"},
  };
  for (const auto& c : cases) {
    const auto result = run_engram(c.arguments);
    SCOPED_TRACE(c.message);
    EXPECT_EQ(result.status, 2) << result.err;
    EXPECT_TRUE(has(result.err, c.message)) << result.err;
    EXPECT_TRUE(has(result.err, "engram: error: "));
    EXPECT_EQ(result.out, "");
  }
  expect_nothing_written();
  EXPECT_TRUE(fs::is_regular_file(source));
}

TEST_F(ConvertCommandTest, HelpAndVersionExitWith0) {
  const auto help = run_engram({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_TRUE(has(help.out, "5  corrupt_data"));
  for (const char* command : {"convert", "tree", "cat"}) {
    const auto text = run_engram({command, "--help"});
    EXPECT_EQ(text.status, 0);
    EXPECT_TRUE(has(text.out, "Examples:")) << text.out;
  }
  EXPECT_TRUE(has(run_engram({"--version"}).out, "engram 0."));
}

struct FailureCase {
  const char* what;
  std::function<void(const std::string&)> make;  ///< Makes the source.
  std::vector<std::string> options;
  int status;
  std::string message;
};

TEST_F(ConvertCommandTest, BadInputHasItsCodeAndLeavesNothing) {
  const auto sample = file_text(source);
  const auto write = [](const std::string& text) {
    return [text](const std::string& path) { std::ofstream(path, std::ios::binary) << text; };
  };
  std::string garbage = sample.substr(0, 96);
  for (int i = 0; i < 4000; ++i) garbage += static_cast<char>(i * 7919 % 251);
  const FailureCase cases[] = {
      {"nothing there", [](const auto&) {}, {}, 3, "bad.h5"},
      {"an empty file", write(""), {}, 6, "bad.h5"},
      {"a text", write("This is no HDF5 file."), {}, 6, "signature"},
      {"only a signature", write(sample.substr(0, 8)), {}, 5, "bad.h5"},
      {"cut short", write(sample.substr(0, sample.size() / 2)), {}, 5, "bad.h5"},
      {"garbage behind the head", write(garbage), {}, 5, "bad.h5"},
      {"a directory that is no Zarr",
       [](const auto& p) { fs::create_directory(p); },
       {},
       6,
       "bad.h5"},
      {"too deep", testing::make_deep_file, {}, 7, "bad.h5"},
      {"a dangling link, strictly",
       testing::make_sample_with_dangling_link,
       {"--strict"},
       6,
       "/nowhere"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const auto bad = dir / "bad.h5";
    fs::remove_all(bad);
    c.make(bad);
    std::vector<std::string> arguments{"convert", bad, target};
    arguments.insert(arguments.end(), c.options.begin(), c.options.end());
    const auto result = run_engram(arguments);
    EXPECT_EQ(result.status, c.status) << result.err;
    EXPECT_TRUE(has(result.err, c.message)) << result.err;
    EXPECT_EQ(result.out, "");
    expect_nothing_written();
  }
}

TEST_F(ConvertCommandTest, ADanglingLinkIsAWarning) {
  testing::make_sample_with_dangling_link(source);
  const auto result = run_engram({"convert", source, target});
  EXPECT_EQ(result.status, 0);
  EXPECT_TRUE(has(result.err, "engram: warning: /nowhere: ")) << result.err;
}

TEST_F(ConvertCommandTest, TargetsThatCannotBeMade) {
  EXPECT_EQ(run_engram({"convert", source, dir / "missing/out.zarr"}).status, 3);
  EXPECT_EQ(run_engram({"convert", source, source + "/out.zarr"}).status, 3);
  EXPECT_EQ(run_engram({"convert", source, "/proc/out.zarr"}).status, 8);
}

// A full disk: a small one where this process may mount it, else files that may not grow.
TEST_F(ConvertCommandTest, AFullDiskIsAnIoError) {
  const auto disk = dir / "disk";
  fs::create_directory(disk);
  const bool mounted = ::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=32k") == 0;
  const auto full = run_engram({"convert", source, disk + "/out.zarr", "--codec", "none"},
                               mounted ? std::nullopt : std::optional<rlim_t>(512));
  EXPECT_EQ(full.status, 8) << full.err;
  EXPECT_TRUE(has(full.err, mounted ? "No space left" : "File too large")) << full.err;
  EXPECT_FALSE(fs::exists(disk + "/out.zarr"));
  if (mounted) {
    EXPECT_TRUE(has(full.err, "--resume goes on")) << full.err;
    ASSERT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=1M"), 0);
    const auto more =
        run_engram({"convert", source, disk + "/out.zarr", "--codec", "none", "--resume"});
    EXPECT_EQ(more.status, 0) << more.err;
    EXPECT_EQ(run_engram({"convert", source, target, "--codec", "none"}).status, 0);
    EXPECT_EQ(files_below(disk + "/out.zarr"), files_below(target));
    fs::remove_all(target);
    ::umount(disk.c_str());
  }

  EXPECT_EQ(run_engram({"convert", source, target, "--codec", "none"}, 512).status, 8);
  expect_nothing_written();
}

class InterruptedCommandTest : public ConvertCommandTest {
 protected:
  // What is kept to go on with, which does not look like a result; removed for the next.
  void expect_only_a_part() {
    EXPECT_FALSE(fs::exists(target));
    EXPECT_TRUE(fs::exists(target + ".part/conversion.json"));
    EXPECT_FALSE(fs::exists(target + ".part/.zgroup"));
    fs::remove_all(target + ".part");
  }

  // A conversion that takes minutes, caught in the midst of its work.
  std::unique_ptr<RunningCommand> start() {
    testing::make_sparse_file(source, 20ULL << 30);
    auto command = std::make_unique<RunningCommand>(std::vector<std::string>{
        "convert", source, target, "--codec", "bz2:9", "--memory", "100M"});
    for (int i = 0; i < 3000 && !fs::exists(target + ".part/store/large/.zarray"); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(fs::exists(target + ".part/store/large/.zarray"));
    return command;
  }
};

TEST_F(InterruptedCommandTest, ASignalStopsItCleanly) {
  for (const int number : {SIGINT, SIGTERM}) {
    const auto command = start();
    ::kill(command->pid(), number);
    const auto result = command->wait();
    EXPECT_EQ(result.status, 128 + number) << result.err;
    EXPECT_TRUE(has(result.err, "stop")) << result.err;
    EXPECT_TRUE(has(result.err, "the same command with --resume goes on")) << result.err;
    expect_only_a_part();
  }
}

TEST_F(InterruptedCommandTest, TheDeathOfTheWorkerIsToldAndTidiedUp) {
  for (const auto& [number, status, message] :
       {std::tuple{SIGKILL, 8, "killed from outside"}, {SIGSEGV, 5, "the HDF5 library failed"}}) {
    const auto command = start();
    ::kill(command->worker(), number);
    const auto result = command->wait();
    EXPECT_EQ(result.status, status) << result.err;
    EXPECT_TRUE(has(result.err, message)) << result.err;
    const bool kept = number == SIGKILL;
    EXPECT_EQ(has(result.err, "--resume goes on"), kept) << result.err;
    kept ? expect_only_a_part() : expect_nothing_written();
  }
}

TEST_F(InterruptedCommandTest, TwoAtATimeDoNotMeet) {
  const auto command = start();
  const auto second = run_engram({"convert", source, target, "--overwrite"});
  EXPECT_EQ(second.status, 4);
  EXPECT_TRUE(has(second.err, "another conversion that is running")) << second.err;
  EXPECT_TRUE(fs::exists(target + ".part"));
  ::kill(command->pid(), SIGTERM);
  EXPECT_EQ(command->wait().status, 128 + SIGTERM);
}

}  // namespace
}  // namespace engram
