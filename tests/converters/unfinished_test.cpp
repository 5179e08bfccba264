#include "converters/unfinished.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "converters/checkpoint.hpp"
#include "converters/source_identity.hpp"
#include "converters/tracked_store.hpp"
#include "engram/store/directory_store.hpp"
#include "testing/expect_error.hpp"
#include "testing/temp_dir.hpp"

namespace engram::converter {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::TempDir;

void put_text(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path) << text;
}

void set_time(const std::string& path, std::time_t seconds) {
  const timespec times[2] = {{seconds, 0}, {seconds, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

TEST(SourceIdentityTest, TellsWhatWasChanged) {
  const TempDir dir;
  const std::string file = dir / "a.h5", store = dir / "a.zarr";
  std::string content(1'000'000, 'x');
  put_text(file, content);
  put_text(store + "/.zgroup", "{}");
  put_text(store + "/x/0", "123");
  set_time(file, 1000);
  set_time(store + "/x/0", 1000);
  const Json of_file = source_identity(file), of_store = source_identity(store);
  EXPECT_EQ(source_identity(file), of_file);
  EXPECT_EQ(source_identity(store), of_store);
  EXPECT_NE(of_file, of_store);
  EXPECT_EQ(of_file["size"], 1'000'000);
  EXPECT_EQ(of_store["files"], 2);

  set_time(file, 1001);
  EXPECT_NE(source_identity(file), of_file);
  // A change that leaves size and time.
  content.front() = 'y';
  put_text(file, content);
  set_time(file, 1000);
  EXPECT_NE(source_identity(file), of_file);

  put_text(store + "/x/0", "1234");
  set_time(store + "/x/0", 1000);
  EXPECT_NE(source_identity(store), of_store);
  put_text(store + "/x/0", "123");
  set_time(store + "/x/0", 1000);
  EXPECT_EQ(source_identity(store), of_store);
  put_text(store + "/x/1", "");
  EXPECT_NE(source_identity(store), of_store);

  EXPECT_EQ(source_identity("https://example.org/a.zarr"),
            Json({{"name", "https://example.org/a.zarr"}}));
}

class UnfinishedTest : public ::testing::Test {
 protected:
  UnfinishedTest() : part(dir / "out.zarr.part"), store(part + "/store") {
    fs::create_directories(store);
  }

  std::set<std::string> files() const {
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(store))
      if (!entry.is_directory()) found.insert(fs::relative(entry.path(), store).string());
    return found;
  }

  Json record(const Json& settings = {{"codec", "keep"}}) const {
    return make_record("a.nwb", {{"name", "/data/a.nwb"}, {"size", 5}}, settings,
                       {{"engram", "1.0"}});
  }

  TempDir dir;
  const std::string part, store;
};

TEST_F(UnfinishedTest, ARecordIsReadAsItWasWritten) {
  EXPECT_FALSE(is_resumable(part));
  write_record(part, record());
  EXPECT_EQ(read_record(part), record());
  write_record(part, record({{"codec", "zlib:4"}}));
  EXPECT_EQ((*read_record(part))["options"]["codec"], "zlib:4");
  EXPECT_TRUE(describe_unfinished(part).starts_with("an unfinished conversion of a.nwb, begun 20"));
}

TEST_F(UnfinishedTest, WhatIsNoRecordIsNone) {
  for (const char* text : {"", "{", "[]", "7", "\xff", "{\"begun\": "}) {
    put_text(part + "/conversion.json", text);
    EXPECT_FALSE(is_resumable(part)) << text;
    EXPECT_EQ(describe_unfinished(part), "left by a conversion that did not end");
  }
  put_text(part + "/conversion.json", R"({"begun": 7, "source": []})");
  EXPECT_TRUE(describe_unfinished(part).starts_with("an unfinished conversion of"));
  fs::remove(part + "/conversion.json");
  put_text(dir / "elsewhere.json", "{}");
  fs::create_symlink(dir / "elsewhere.json", part + "/conversion.json");
  EXPECT_FALSE(is_resumable(part)) << "a link is no record";
}

TEST_F(UnfinishedTest, OnlyTheSameConversionGoesOn) {
  EXPECT_NO_THROW(check_same_conversion(part, record(), record()));
  struct Case {
    const char* message;
    std::function<void(Json&)> change;
  };
  const Case cases[] = {
      {"that file has changed since", [](Json& r) { r["identity"]["size"] = 6; }},
      {"this is one of /data/a.nwb", [](Json& r) { r["identity"]["name"] = "/data/b.nwb"; }},
      {"other options: codec:", [](Json& r) { r["options"]["codec"] = "zlib:4"; }},
      {"other options: codec, text:",
       [](Json& r) {
         r["options"] = {{"text", 1}};
       }},
      {"other versions: engram:", [](Json& r) { r["versions"]["engram"] = "0.0"; }},
      {"that file has changed since", [](Json& r) { r.erase("identity"); }},
      {"that file has changed since", [](Json& r) { r["identity"] = 7; }},
      {"other options", [](Json& r) { r.erase("options"); }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    Json before = record();
    c.change(before);
    expect_error(ErrorCode::already_exists, c.message,
                 [&] { check_same_conversion(part, before, record()); });
  }
}

// A store like those of conversions, with chunks that a thread each was about to write.
class DoubtfulTest : public UnfinishedTest {
 protected:
  DoubtfulTest() {
    store::DirectoryStore directory(dir / "unused", store::DirectoryStore::Mode::create);
    TrackedStore tracked(
        std::make_shared<store::DirectoryStore>(store, store::DirectoryStore::Mode::update_fast),
        part + "/writing", 3);
    for (const char* key : {".zgroup", "a/.zarray", "a/0", "a/1", "b/c/0.0"})
      tracked.set(store::Key(key), Bytes(3));
  }
};

TEST_F(DoubtfulTest, AfterAKillWhatWasBeingWrittenIs) {
  EXPECT_EQ(noted_keys(part + "/writing"), std::vector<std::string>{"b/c/0.0"});
  put_text(store + "/a/2", "");
  fs::create_symlink("/etc/passwd", store + "/a/3");
  remove_doubtful(part, record());
  EXPECT_EQ(files(), (std::set<std::string>{".zgroup", "a/.zarray", "a/0", "a/1"}));
}

TEST_F(DoubtfulTest, NotesLeadNowhereElse) {
  put_text(dir / "mine", "x");
  for (const char* key : {"../../mine", "/etc/passwd", "a/../../../mine", "a//b", "\\"}) {
    put_text(part + "/writing", key);
    EXPECT_TRUE(noted_keys(part + "/writing").empty()) << key;
    remove_doubtful(part, record());
  }
  EXPECT_TRUE(fs::exists(dir / "mine"));
}

TEST_F(DoubtfulTest, AfterAPowerCutWhatIsNewerThanTheCheckpointIs) {
  Json before = record();
  before["boot"] = "another";
  for (const auto& [name, seconds] : {std::pair{"a/0", 100}, {"a/1", 200}, {"b/c/0.0", 300}})
    set_time(store + "/" + name, seconds);
  put_text(part + "/durable", "\n");
  set_time(part + "/durable", 200);
  remove_doubtful(part, before);
  EXPECT_EQ(files(), std::set<std::string>{"a/0"}) << "the same time is not before";
  fs::remove(part + "/durable");
  remove_doubtful(part, before);
  EXPECT_EQ(files(), std::set<std::string>{}) << "without a checkpoint all are";
}

TEST_F(DoubtfulTest, WithoutNotesItIsAsAfterAPowerCut) {
  fs::remove(part + "/writing");
  remove_doubtful(part, record());
  EXPECT_EQ(files(), std::set<std::string>{});
}

TEST_F(UnfinishedTest, NotesHoldOneKeyAThread) {
  auto directory =
      std::make_shared<store::DirectoryStore>(store, store::DirectoryStore::Mode::update_fast);
  TrackedStore tracked(directory, part + "/writing", 4);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&tracked, t] {
      for (int i = 0; i < 200; ++i)
        tracked.set(store::Key("t" + std::to_string(t) + "/" + std::to_string(i)), Bytes(10));
    });
  threads.clear();
  EXPECT_LE(noted_keys(part + "/writing").size(), 4U);
  EXPECT_EQ(files().size(), 800U);
  expect_error(ErrorCode::io_error, "/proc/writing",
               [&] { TrackedStore(directory, "/proc/writing", 1); });
  EXPECT_TRUE(noted_keys(part + "/nothing").empty());
}

TEST_F(UnfinishedTest, ACheckpointMarksWhatIsDurable) {
  put_text(store + "/a/0", "x");
  {
    const Checkpoint checkpoint(part, std::chrono::milliseconds(10));
    for (int i = 0; i < 1000 && !fs::exists(part + "/durable"); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_TRUE(fs::exists(part + "/durable"));
  Json before = record();
  before["boot"] = "another";
  set_time(part + "/durable", 4'000'000'000);
  { const Checkpoint checkpoint(part, std::chrono::hours(1)); }
  EXPECT_FALSE(fs::exists(part + "/durable")) << "of a clock that was set back";
}

}  // namespace
}  // namespace engram::converter
