#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>
#include <utility>

#include "engram/convert.hpp"
#include "engram/hdmf/make.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/write.hpp"
#include "testing/expect_error.hpp"
#include "testing/store_content.hpp"
#include "testing/temp_dir.hpp"

namespace engram {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;

// A store with an array of many chunks, one that is retiled, small arrays, text and references.
class ResumeTest : public ::testing::Test {
 protected:
  ResumeTest() : source(dir / "in.zarr"), target(dir / "out.zarr"), part(target + ".part") {
    hdmf::GroupBuilder root;
    std::vector<std::int32_t> numbers(400'000);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = static_cast<std::int32_t>(i * i % 9973);
    hdmf::add(root, hdmf::make_dataset("chunks", numbers, {400'000}, {500}));
    hdmf::add(root, hdmf::make_dataset("tiles", numbers, {2000, 200}, {7, 200}));
    for (int i = 0; i < 20; ++i)
      hdmf::add(hdmf::require_group(root, "small"),
                hdmf::make_dataset(std::to_string(i), std::vector<double>(10, i)));
    std::vector<std::string> texts;
    for (int i = 0; i < 3000; ++i) texts.push_back("text " + std::to_string(i));
    hdmf::add(root, hdmf::make_dataset("text", texts));
    hdmf::add(root, hdmf::make_dataset(
                        "reference", std::vector<hdmf::Reference>{hdmf::reference_to("/small/3")}));
    write(root, source);
    options.codec = "bz2:9";
    options.chunks_for = {{"/tiles", "30,20"}};
    options.threads = 2;
    convert(source, dir / "whole.zarr", options);
    whole = content(dir / "whole.zarr");
  }

  static testing::StoreContent content(const std::string& path) {
    return testing::content_of(store::DirectoryStore(path, store::DirectoryStore::Mode::read));
  }

  std::ptrdiff_t files_there() const {
    std::error_code ignored;
    const fs::directory_iterator files(part + "/store/chunks", ignored);
    return ignored ? 0 : std::distance(begin(files), end(files));
  }

  // Begins, or goes on, and stops when a hundred files more are there.
  void interrupt() {
    std::stop_source stop;
    ConvertOptions stopped = options;
    stopped.stop = stop.get_token();
    const std::ptrdiff_t enough = files_there() + 100;
    const std::jthread watch([&](const std::stop_token& end) {
      while (!end.stop_requested() && files_there() < enough)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      stop.request_stop();
    });
    expect_error(ErrorCode::cancelled, "the same command with --resume goes on",
                 [&] { convert(source, target, stopped); });
    EXPECT_FALSE(fs::exists(target));
    EXPECT_TRUE(fs::exists(part));
  }

  testing::TempDir dir;
  const std::string source, target, part;
  ConvertOptions options;
  testing::StoreContent whole;
};

TEST_F(ResumeTest, EndsAsIfItHadNotStopped) {
  interrupt();
  expect_error(ErrorCode::already_exists, "is an unfinished conversion of " + source,
               [&] { convert(source, target, options); });
  options.resume = true;
  // Another number of threads and another budget make the same.
  options.threads = 3;
  options.memory = 8U << 20;
  const ConvertReport report = convert(source, target, options);
  EXPECT_EQ(content(target), whole);
  EXPECT_FALSE(fs::exists(part));
  EXPECT_EQ(report.written.files, whole.size());
}

TEST_F(ResumeTest, WhatIsThereIsNotMadeAgain) {
  interrupt();
  std::map<std::string, fs::file_time_type> before;
  for (const auto& entry : fs::recursive_directory_iterator(part + "/store/chunks"))
    before[entry.path().filename().string()] = entry.last_write_time();
  options.resume = true;
  const ConvertReport report = convert(source, target, options);
  std::uint64_t kept = 0, chunks = 0;
  for (const auto& [name, time] : before) {
    if (name.starts_with(".")) continue;
    ++chunks;
    if (fs::last_write_time(target + "/chunks/" + name) == time) ++kept;
  }
  EXPECT_GE(kept + options.threads, chunks) << "one a thread may have been cut short";
  EXPECT_GE(report.written.chunks_taken_over, kept);
  EXPECT_EQ(content(target), whole);
}

TEST_F(ResumeTest, ManyTimes) {
  std::mt19937 random(7);
  for (int run = 0; run < 3; ++run) {
    interrupt();
    options.resume = true;
    // As if killed: some of the files are gone, and one is half.
    for (const auto& entry : fs::recursive_directory_iterator(part + "/store"))
      if (entry.is_regular_file() && random() % 3 == 0) fs::remove(entry.path());
    interrupt();
    convert(source, target, options);
    EXPECT_EQ(content(target), whole);
    fs::remove_all(target);
    options.resume = false;
  }
}

TEST_F(ResumeTest, IsBegunWhereThereIsNothing) {
  options.resume = true;
  EXPECT_EQ(convert(source, target, options).written.chunks_taken_over, 0U);
  EXPECT_EQ(content(target), whole);
  expect_error(ErrorCode::already_exists, "is there already",
               [&] { convert(source, target, options); });
}

TEST_F(ResumeTest, OtherOptionsOrSourcesAreRefused) {
  interrupt();
  options.resume = true;
  ConvertOptions other = options;
  other.codec = "bz2:8";
  expect_error(ErrorCode::already_exists,
               "it was begun with other options: codec:", [&] { convert(source, target, other); });
  std::ofstream(source + "/small/3/0", std::ios::app) << "x";
  expect_error(ErrorCode::already_exists, "that file has changed since",
               [&] { convert(source, target, options); });
  EXPECT_TRUE(fs::exists(part)) << "what was done stays, for who puts the source back";
  options.resume = false;
  options.overwrite = true;
  fs::remove(source + "/small/3/0");
  convert(source, target, options);
  EXPECT_FALSE(fs::exists(part));
}

TEST_F(ResumeTest, WhatWasDoneStaysWhenGoingOnFailsAtOnce) {
  interrupt();
  options.resume = true;
  const std::string record = part + "/conversion.json";
  fs::create_directory(record + ".new");
  expect_error(ErrorCode::io_error, "conversion.json", [&] { convert(source, target, options); });
  EXPECT_GT(files_there(), 0);
  fs::remove(record + ".new");

  Json other = parse_json(content(part)["conversion.json"]);
  const Json plan = other["plan"];
  other["plan"] = "another";
  std::ofstream(record) << dump_json(other, JsonStyle::ordered);
  expect_error(ErrorCode::already_exists, "whose datasets were others than they are now",
               [&] { convert(source, target, options); });
  EXPECT_GT(files_there(), 0);
  other["plan"] = plan;
  std::ofstream(record) << dump_json(other, JsonStyle::ordered);
  EXPECT_GT(convert(source, target, options).written.chunks_taken_over, 0U);
  EXPECT_EQ(content(target), whole);
}

TEST_F(ResumeTest, ASourceThatChangesMeanwhileIsNoSource) {
  options.on_plan = [&](const auto&) {
    std::ofstream(source + "/small/3/.zattrs", std::ios::app) << " ";
  };
  expect_error(ErrorCode::corrupt_data, "changed while it was read",
               [&] { convert(source, target, options); });
  EXPECT_FALSE(fs::exists(target));
  EXPECT_FALSE(fs::exists(part));
}

TEST_F(ResumeTest, ATreeFromMemoryHasNothingToGoOnWith) {
  WriteOptions write_options;
  write_options.resume = true;
  expect_error(ErrorCode::invalid_argument, "comes from no file",
               [&] { write({}, target, write_options); });
}

}  // namespace
}  // namespace engram
