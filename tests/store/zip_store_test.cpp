#include "engram/store/zip_store.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "raw_zip.hpp"
#include "testing/expect_error.hpp"
#include "testing/store_text.hpp"
#include "testing/temp_dir.hpp"

namespace engram::testing {
namespace {

namespace fs = std::filesystem;

using store::Key;
using store::ZipStore;
using ZipMode = ZipStore::Mode;
using Names = std::vector<std::string>;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Names entries_of(const TempDir& dir) {
  Names names;
  for (const auto& entry : fs::directory_iterator(dir.path())) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class ZipStoreTest : public ::testing::Test {
 protected:
  std::string file(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary) << bytes;
    return path_;
  }
  TempDir dir_;
  std::string path_ = dir_ / "x.zip";
};

// Reading.

TEST_F(ZipStoreTest, ReadsEveryFormOfEntry) {
  const std::string large(300'000, 'y');
  std::vector<RawEntry> entries;
  for (const bool zip64 : {false, true}) {
    for (const bool descriptor : {false, true}) {
      for (const bool packed : {false, true}) {
        const auto name = fmt::format("a/{:d}{:d}{:d}", zip64, descriptor, packed);
        RawEntry entry = packed ? deflated(name, large + name) : stored(name, large + name);
        entry.zip64 = zip64;
        entry.descriptor = descriptor;
        entries.push_back(entry);
      }
    }
  }
  entries.push_back(deflated("empty", ""));
  for (const bool zip64 : {false, true}) {
    for (const char* prefix : {"", "#!/bin/sh\n"}) {
      RawEnd end;
      end.zip64 = zip64;
      end.prefix = prefix;
      end.comment = zip64 ? "" : "a comment";
      if (zip64 && *prefix != '\0') continue;
      const ZipStore store(file(raw_zip(entries, end)), ZipMode::read);
      EXPECT_EQ(store.list_dir("a").keys.size(), 8U);
      for (const std::string& name : store.list_dir("a").keys) {
        const auto key = "a/" + name;
        EXPECT_TRUE(text(store, key) == large + key) << key;
        EXPECT_EQ(store.size(Key(key)), large.size() + key.size());
        EXPECT_EQ(as_string(store.get_range(Key(key), 299'999, 3)), "ya/");
        EXPECT_EQ(as_string(store.get_range(Key(key), 300'002, 100)), name);
        EXPECT_EQ(as_string(store.get_range(Key(key), 400'000, 100)), "");
      }
      EXPECT_EQ(text(store, "empty"), "");
    }
  }
}

// Of the numbers of zip64 only those stand in the extra field that do not fit where they should.
// The file has a hole of 5 GiB in it, which takes no room.
TEST_F(ZipStoreTest, ReadsEntriesBeyondFourGigabytes) {
  constexpr std::uint64_t kSize = 5ULL << 30U;
  const std::string full = little(0xFFFF'FFFFU, 4);
  const auto header = [](const std::string& sizes, const std::string& name,
                         const std::string& extra) {
    return little(45, 2) + little(0, 2) + little(0, 2) + little(0, 2) + little(0x21, 2) + sizes +
           little(name.size(), 2) + little(extra.size(), 2);
  };
  const auto record = [&](const std::string& sizes, const std::string& name,
                          const std::string& extra, const std::string& place) {
    return "PK\x01\x02" + little(45, 2) + header(sizes, name, extra) + little(0, 2) + little(0, 2) +
           little(0, 2) + little(0, 4) + place + name + extra;
  };
  const std::string both = little(kSize, 8) + little(kSize, 8);
  const std::string large_local = little(1, 2) + little(16, 2) + both;
  const std::string large_sizes = little(0, 4) + full + full;
  const RawEntry small = stored("small", "value");
  const std::string small_sizes = little(small.checksum, 4) + little(5, 4) + little(5, 4);
  const std::string large =
      "PK\x03\x04" + header(large_sizes, "large", large_local) + "large" + large_local;
  const std::uint64_t behind = large.size() + kSize;
  const std::string last = "PK\x03\x04" + header(small_sizes, "small", "") + "small" + small.bytes;
  // Fields of others may stand around.
  const std::string other = little(0x5455, 2) + little(1, 2) + "x";
  const std::string directory =
      record(large_sizes, "large", other + little(1, 2) + little(16, 2) + both, little(0, 4)) +
      record(small_sizes, "small", little(1, 2) + little(8, 2) + little(behind, 8) + other, full);
  const std::uint64_t start = behind + last.size(), end = start + directory.size();
  const std::string tail =
      directory + "PK\x06\x06" + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8) +
      little(2, 8) + little(2, 8) + little(directory.size(), 8) + little(start, 8) + "PK\x06\x07" +
      little(0, 4) + little(end, 8) + little(1, 4) + "PK\x05\x06" + little(0, 4) + little(2, 2) +
      little(2, 2) + little(directory.size(), 4) + full + little(0, 2);
  file(large);
  {
    std::ofstream out(path_, std::ios::binary | std::ios::in);
    out.seekp(static_cast<std::streamoff>(behind));
    out << last << tail;
  }
  const ZipStore store(path_, ZipMode::read);
  EXPECT_EQ(store.list_dir("").keys, (Names{"large", "small"}));
  EXPECT_EQ(store.size(Key("large")), kSize);
  EXPECT_EQ(as_string(store.get_range(Key("large"), kSize - 3, 100)), std::string(3, '\0'));
  expect_error(ErrorCode::limit_exceeded, "large has 5368709120 bytes, more than the 1000000",
               [&] { store.get(Key("large"), 1'000'000); });
  EXPECT_EQ(text(store, "small"), "value");
}

TEST_F(ZipStoreTest, LeavesOutWhatIsNoKey) {
  using namespace std::string_literals;
  std::vector<RawEntry> entries = {stored("a/b", "1")};
  for (const auto& name : {"dir/"s, "../evil"s, "/etc/passwd"s, "a/../../evil"s, "a\\b"s, "a\0b"s,
                           ""s, "a//b"s, "."s, "x/./y"s, "\xff"s, std::string(5000, 'x'),
                           "a/" + std::string(300, 'y'), "C:\\evil"s, ".x.01234567.part"s}) {
    entries.push_back(stored(name, "evil"));
  }
  const ZipStore store(file(raw_zip(entries)), ZipMode::read);
  EXPECT_EQ(store.list_dir("").keys, Names{});
  EXPECT_EQ(store.list_dir("").prefixes, Names{"a"});
  EXPECT_EQ(store.list_dir("a").keys, Names{"b"});
  EXPECT_EQ(store.list_dir("dir").keys, Names{});
  EXPECT_EQ(text(store, "a/b"), "1");
}

TEST_F(ZipStoreTest, TheLastOfTheSameNameCounts) {
  const ZipStore store(
      file(raw_zip({stored("a", "first"), deflated("a", "second"), stored("a", "third")})),
      ZipMode::read);
  EXPECT_EQ(text(store, "a"), "third");
  EXPECT_EQ(store.list_dir("").keys, Names{"a"});
}

TEST_F(ZipStoreTest, RefusesDamagedAndLyingEntriesWhenTheyAreAskedFor) {
  struct Case {
    const char* name;
    RawEntry entry;
    ErrorCode code;
    const char* message;
  };
  const auto changed = [](RawEntry entry, auto change) {
    change(entry);
    return entry;
  };
  const RawEntry plain = stored("a", "a value of some length");
  const RawEntry packed = deflated("a", std::string(10'000, 'x'));
  const std::vector<Case> cases = {
      {"checksum", changed(plain, [](RawEntry& e) { e.checksum ^= 1; }), ErrorCode::corrupt_data,
       "its checksum"},
      {"packed checksum", changed(packed, [](RawEntry& e) { e.checksum ^= 1; }),
       ErrorCode::corrupt_data, "its checksum"},
      {"other sizes", changed(plain, [](RawEntry& e) { e.size = 1000; }), ErrorCode::corrupt_data,
       "is stored, and has 1000 bytes that take 22"},
      {"inflates to more", changed(packed, [](RawEntry& e) { e.size = 9'999; }),
       ErrorCode::corrupt_data, "inflates to more than the 9999"},
      {"inflates to less", changed(packed, [](RawEntry& e) { e.size = 10'001; }),
       ErrorCode::corrupt_data, "inflates to 10000 bytes, not the 10001"},
      {"can't inflate so far", changed(packed, [](RawEntry& e) { e.size = 1ULL << 31U; }),
       ErrorCode::corrupt_data, "can't inflate"},
      {"no deflate", changed(plain, [](RawEntry& e) { e.method = 8; }), ErrorCode::corrupt_data,
       "its deflate stream"},
      {"deflate cut", changed(packed, [](RawEntry& e) { e.bytes.resize(e.bytes.size() / 2); }),
       ErrorCode::corrupt_data, "cut short"},
      {"no header", changed(plain, [](RawEntry& e) { e.local_signature = "PK\x09\x09"; }),
       ErrorCode::corrupt_data, "no header in front of it"},
      {"header elsewhere", changed(plain, [](RawEntry& e) { e.offset = 7; }),
       ErrorCode::corrupt_data, "no header in front of it"},
      {"header outside", changed(plain, [](RawEntry& e) { e.offset = 0xFFFF'0000U; }),
       ErrorCode::corrupt_data, "no header in front of it"},
      {"header far outside",
       changed(plain,
               [](RawEntry& e) {
                 e.offset = ~0ULL - 5;
                 e.zip64 = true;
               }),
       ErrorCode::corrupt_data, "no header in front of it"},
      {"encrypted", changed(plain, [](RawEntry& e) { e.flags = 1; }), ErrorCode::unsupported,
       "encrypted"},
      {"strongly encrypted", changed(plain, [](RawEntry& e) { e.flags = 0x40; }),
       ErrorCode::unsupported, "encrypted"},
      {"bzip2", changed(plain, [](RawEntry& e) { e.method = 12; }), ErrorCode::unsupported,
       "compressed with bzip2"},
      {"LZMA", changed(plain, [](RawEntry& e) { e.method = 14; }), ErrorCode::unsupported,
       "compressed with LZMA"},
      {"unknown", changed(plain, [](RawEntry& e) { e.method = 77; }), ErrorCode::unsupported,
       "compressed with method 77"},
  };
  for (const auto& [name, entry, code, message] : cases) {
    SCOPED_TRACE(name);
    const ZipStore store(file(raw_zip({stored("good", "1"), entry, stored("z", "2")})),
                         ZipMode::read);
    expect_error(code, message, [&] { text(store, "a"); });
    expect_error(code, "at a: at " + path_, [&] { text(store, "a"); });
    try {
      const auto range = store.get_range(Key("a"), 0, 100);
      EXPECT_LE(range->size(), 100U);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
    }
    EXPECT_EQ(text(store, "good"), "1") << "the others are none the worse";
    EXPECT_EQ(text(store, "z"), "2");
  }
}

TEST_F(ZipStoreTest, RefusesArchivesThatAreNone) {
  using namespace std::string_literals;
  const std::string good = raw_zip({stored("a", "value"), stored("b", "other")});
  struct Case {
    const char* name;
    std::string bytes;
  };
  RawEnd many, outside, sized, huge;
  many.count = 1000;
  outside.offset = 0x7FFF'FFFFU;
  sized.size = 0x7FFF'FFFFU;
  huge.count = 1ULL << 60U;
  huge.zip64 = true;
  for (const auto& [name, bytes] : std::initializer_list<Case>{
           {"empty", ""},
           {"text", "hello"},
           {"signature alone", "PK\x03\x04"},
           {"cut", good.substr(0, good.size() - 30)},
           {"end cut", good.substr(0, good.size() - 5)},
           {"more entries than there are", raw_zip({stored("a", "1")}, many)},
           {"directory outside", raw_zip({stored("a", "1")}, outside)},
           {"directory too long", raw_zip({stored("a", "1")}, sized)},
           {"endless", raw_zip({stored("a", "1")}, huge)}}) {
    SCOPED_TRACE(name);
    file(bytes);
    expect_error(ErrorCode::corrupt_data, "is no zip archive, or a damaged one",
                 [&] { ZipStore(path_, ZipMode::read); });
    expect_error(ErrorCode::corrupt_data, path_, [&] { ZipStore(path_, ZipMode::append); });
    EXPECT_EQ(entries_of(dir_), Names{"x.zip"});
  }
}

// The bombs of Fifield: many entries of the directory over the same bytes.
TEST_F(ZipStoreTest, RefusesEntriesThatOverlap) {
  std::vector<RawEntry> entries = {deflated("a", std::string(1'000'000, '\0'))};
  for (int i = 0; i < 100; ++i) {
    RawEntry again = entries.front();
    again.stored_size = again.bytes.size();
    again.bytes.clear();
    again.offset = 0;
    again.name = fmt::format("{}", i);
    entries.push_back(again);
  }
  file(raw_zip(entries));
  expect_error(ErrorCode::corrupt_data, "overlap", [&] { ZipStore(path_, ZipMode::read); });
  RawEntry outside = stored("a", "1");
  outside.size = 5'000;
  outside.stored_size = 5'000;
  file(raw_zip({outside}));
  expect_error(ErrorCode::corrupt_data, "outside", [&] { ZipStore(path_, ZipMode::read); });
  outside.zip64 = true;
  outside.size = ~0ULL - 10;
  outside.stored_size = ~0ULL - 10;
  file(raw_zip({stored("b", "1"), outside}));
  EXPECT_THROW(ZipStore(path_, ZipMode::read), Error);
}

TEST_F(ZipStoreTest, ABombIsBoundedByWhatMayBeTaken) {
  const ZipStore store(file(raw_zip({deflated("a", std::string(50'000'000, '\0'))})),
                       ZipMode::read);
  EXPECT_LT(fs::file_size(path_), 100'000U);
  expect_error(ErrorCode::limit_exceeded, "a has 50000000 bytes, more than the 1000000",
               [&] { store.get(Key("a"), 1'000'000); });
  EXPECT_EQ(store.get_range(Key("a"), 40'000'000, 10)->size(), 10U);
}

TEST_F(ZipStoreTest, NoDamageCrashesIt) {
  const std::string good = [] {
    RawEntry wide = deflated("b/c", std::string(5'000, 'x'));
    wide.zip64 = true;
    RawEnd end;
    end.zip64 = true;
    return raw_zip({stored("a", "value"), wide, deflated("d", "short")}, end);
  }();
  std::mt19937 random(7);
  for (int i = 0; i < 3'000; ++i) {
    std::string bytes = good;
    for (int j = 0; j < 1 + i % 4; ++j) {
      bytes[random() % bytes.size()] = static_cast<char>(i % 3 == 0 ? 0xFF : random());
    }
    if (i % 10 == 0) bytes.resize(random() % bytes.size());
    try {
      const ZipStore store(file(bytes), ZipMode::read);
      for (const char* key : {"a", "b/c", "d"}) {
        try {
          const auto value = store.get(Key(key), 100'000);
          EXPECT_LE(value ? value->size() : 0, 100'000U);
          store.get_range(Key(key), 2, 50);
        } catch (const Error&) {
        }
      }
    } catch (const Error&) {
    }
  }
}

TEST_F(ZipStoreTest, ReadingNeedsAFile) {
  expect_error(ErrorCode::not_found, path_, [&] { ZipStore(path_, ZipMode::read); });
  expect_error(ErrorCode::not_found, path_, [&] { ZipStore(path_, ZipMode::append); });
  EXPECT_TRUE(entries_of(dir_).empty());
  expect_error(ErrorCode::io_error, "no regular file",
               [&] { ZipStore(dir_.path().string(), ZipMode::read); });
  expect_error(ErrorCode::invalid_argument, "empty", [] { ZipStore("", ZipMode::read); });
}

TEST_F(ZipStoreTest, AStoreForReadingIsNotChanged) {
  const std::string bytes = raw_zip({stored("a", "1")});
  ZipStore store(file(bytes), ZipMode::read);
  expect_error(ErrorCode::io_error, "opened for reading",
               [&] { store.set(Key("a"), as_bytes("2")); });
  expect_error(ErrorCode::io_error, "opened for reading", [&] { store.erase(Key("a")); });
  expect_error(ErrorCode::io_error, "opened for reading", [&] { store.erase_prefix(""); });
  EXPECT_NO_THROW(store.finish());
  EXPECT_EQ(store.name(), path_);
  EXPECT_EQ(read_file(path_), bytes);
}

// Writing.

TEST_F(ZipStoreTest, IsThereWhenItIsFinishedAndNotBefore) {
  {
    ZipStore store(path_, ZipMode::create);
    store.set(Key("a"), as_bytes("1"));
    EXPECT_EQ(entries_of(dir_), Names{"x.zip.part"});
  }
  EXPECT_TRUE(entries_of(dir_).empty());
  {
    ZipStore store(path_, ZipMode::create);
    store.set(Key("a"), as_bytes("1"));
    store.finish();
    EXPECT_EQ(entries_of(dir_), Names{"x.zip"});
    EXPECT_EQ(text(store, "a"), "1");
    expect_error(ErrorCode::io_error, "is finished", [&] { store.set(Key("b"), as_bytes("1")); });
    expect_error(ErrorCode::io_error, "is finished", [&] { store.erase(Key("a")); });
  }
  EXPECT_EQ(text(ZipStore(path_, ZipMode::read), "a"), "1");
}

TEST_F(ZipStoreTest, CreatingNeedsAFreeName) {
  file("something");
  expect_error(ErrorCode::already_exists, path_, [&] { ZipStore(path_, ZipMode::create); });
  expect_error(ErrorCode::not_found, "is not there",
               [&] { ZipStore(dir_ / "none/x.zip", ZipMode::create); });
  fs::remove(path_);
  ZipStore store(path_, ZipMode::create);
  store.set(Key("a"), as_bytes("1"));
  file("somebody else's");
  expect_error(ErrorCode::already_exists, path_, [&] { store.finish(); });
  EXPECT_EQ(read_file(path_), "somebody else's");
}

TEST_F(ZipStoreTest, TakesOverWhatAKilledWriterHasLeft) {
  std::ofstream(path_ + ".part") << "left";
  {
    ZipStore store(path_, ZipMode::create);
    expect_error(ErrorCode::already_exists, "is being written by another",
                 [&] { ZipStore(path_, ZipMode::create); });
    store.set(Key("a"), as_bytes("1"));
    store.finish();
  }
  EXPECT_EQ(read_file(path_), [&] {
    ZipStore again(dir_ / "y.zip", ZipMode::create);
    again.set(Key("a"), as_bytes("1"));
    again.finish();
    return read_file(dir_ / "y.zip");
  }()) << "the same sets make the same file";
}

TEST_F(ZipStoreTest, AppendingKeepsTheOldFileUntilTheEnd) {
  const std::string old = raw_zip({stored("a/keep", "1"), deflated("a/packed", "packed"),
                                   stored("b/gone", "2"), stored("c", "3"), stored("c", "last")});
  file(old);
  {
    ZipStore store(path_, ZipMode::append);
    EXPECT_EQ(text(store, "a/packed"), "packed");
    store.set(Key("c"), as_bytes("new"));
  }
  EXPECT_EQ(read_file(path_), old);
  {
    ZipStore store(path_, ZipMode::append);
    EXPECT_EQ(text(store, "c"), "last");
    store.set(Key("c"), as_bytes("new"));
    store.set(Key("\u00e9"), as_bytes("name"));
    store.erase_prefix("b");
    EXPECT_EQ(read_file(path_), old);
    store.finish();
    EXPECT_EQ(text(store, "a/packed"), "packed");
  }
  EXPECT_EQ(entries_of(dir_), Names{"x.zip"});
  const ZipStore store(path_, ZipMode::read);
  EXPECT_EQ(store.list_dir("").keys, (Names{"c", "\u00e9"}));
  EXPECT_EQ(store.list_dir("").prefixes, Names{"a"});
  EXPECT_EQ(text(store, "c"), "new");
  EXPECT_EQ(text(store, "a/keep"), "1");
  EXPECT_EQ(text(store, "a/packed"), "packed");
  EXPECT_EQ(read_file(path_).find("b/gone"), std::string::npos);
}

TEST_F(ZipStoreTest, WhatWasReplacedIsNotInTheFile) {
  ZipStore store(path_, ZipMode::create);
  for (int i = 0; i < 100; ++i) store.set(Key("a"), Bytes(10'000, std::byte{1}));
  store.set(Key("b"), as_bytes("gone"));
  store.erase(Key("b"));
  store.finish();
  EXPECT_LT(fs::file_size(path_), 11'000U);
  EXPECT_EQ(store.get(Key("a"), kNoLimit), Bytes(10'000, std::byte{1}));
  EXPECT_EQ(store.list_dir("").keys, Names{"a"});
}

TEST_F(ZipStoreTest, AppendRefusesWhatItCantCopy) {
  RawEntry strange = stored("a", "1");
  strange.method = 12;
  file(raw_zip({strange}));
  expect_error(ErrorCode::unsupported, "bzip2", [&] { ZipStore(path_, ZipMode::append); });
  EXPECT_EQ(entries_of(dir_), Names{"x.zip"});
}

TEST_F(ZipStoreTest, HoldsMoreEntriesThanSixteenBitsCount) {
  constexpr int kMany = 70'000;
  ZipStore store(path_, ZipMode::create);
  for (int i = 0; i < kMany; ++i) store.set(Key(fmt::format("d/{}", i)), as_bytes("1"));
  store.finish();
  const ZipStore read(path_, ZipMode::read);
  EXPECT_EQ(read.list_dir("d").keys.size(), static_cast<std::size_t>(kMany));
  EXPECT_EQ(text(read, "d/69999"), "1");
}

TEST_F(ZipStoreTest, AFullDiskLeavesNothing) {
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 100'000;
  ::setrlimit(RLIMIT_FSIZE, &small);
  {
    ZipStore store(path_, ZipMode::create);
    store.set(Key("a"), as_bytes("1"));
    expect_error(ErrorCode::io_error, "File too large",
                 [&] { store.set(Key("b"), Bytes(200'000)); });
    expect_error(ErrorCode::io_error, "writing failed before",
                 [&] { store.set(Key("c"), as_bytes("1")); });
    expect_error(ErrorCode::io_error, "writing failed before", [&] { store.finish(); });
    EXPECT_EQ(text(store, "a"), "1");
    EXPECT_EQ(text(store, "b"), std::nullopt);
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_TRUE(entries_of(dir_).empty());
}

}  // namespace
}  // namespace engram::testing
