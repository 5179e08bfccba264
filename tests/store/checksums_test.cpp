#include "engram/store/checksums.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "engram/store/memory_store.hpp"
#include "testing/expect_error.hpp"
#include "testing/faulty_store.hpp"
#include "testing/store_text.hpp"

namespace engram::store {
namespace {

using engram::testing::FaultyStore;
using Values = std::map<std::string, std::string>;

constexpr const char* kNoFiles = "481a2f77ab786a0f45aafd5db0971caa-0--0";

std::string bytes_0_to_255() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

Values small_tree() {
  return {{".zgroup", R"({"zarr_format": 2})"}, {"a/.zarray", "x"}, {"a/0.0", ""},
          {"a/0.1", bytes_0_to_255()},          {"a-b/0", "1"},     {"a/b/c/d", "deep"}};
}

void set_all(Checksums& checksums, const Values& values) {
  for (const auto& [key, value] : values) checksums.set(Key(key), as_bytes(value));
}

std::string manifest_of(const Checksums& checksums) {
  std::string text;
  checksums.write_manifest([&](std::string_view lines) { text += lines; });
  return text;
}

TEST(Md5Test, IsRfc1321) {
  EXPECT_EQ(to_hex(md5_of({})), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(to_hex(md5_of(as_bytes("message digest"))), "f96b697d7cb7938d525a2f31aaf161d0");
}

struct KnownChecksum {
  const char* name;
  Values values;
  const char* expected;
  friend std::ostream& operator<<(std::ostream& out, const KnownChecksum& k) {
    return out << k.name;
  }
};
class KnownChecksumTest : public ::testing::TestWithParam<KnownChecksum> {};

TEST_P(KnownChecksumTest, IsThatOfZarrChecksum) {
  Checksums checksums;
  set_all(checksums, GetParam().values);
  EXPECT_EQ(checksums.below().text(), GetParam().expected);
}

// Given by zarr-checksum 0.4.7 of directories with these files.
INSTANTIATE_TEST_SUITE_P(Checksums, KnownChecksumTest,
                         ::testing::Values(KnownChecksum{"Nothing", {}, kNoFiles},
                                           KnownChecksum{"OneFile",
                                                         {{".zgroup", "{}"}},
                                                         "3866168a402d34a9387d0c82ff118090-1--2"},
                                           KnownChecksum{"Tree", small_tree(),
                                                         "4876218ad8496b8b18ff6e95afedbae0-6--280"},
                                           KnownChecksum{"OddNames",
                                                         {{"\u00b5/\U0001F600", "1"},
                                                          {"quote\"s'/x", "2"},
                                                          {"tab\there", "3"},
                                                          {"\x7f", "4"},
                                                          {"line\nend", "5"},
                                                          {"Z", "6"},
                                                          {"\uffff", "7"},
                                                          {"\U00010000", "8"}},
                                                         "ec335cf14f19a3abf31ca1040f169305-8--8"}),
                         [](const auto& p) { return p.param.name; });

TEST(ChecksumsTest, EveryPrefixHasItsOwn) {
  Checksums checksums;
  set_all(checksums, small_tree());
  EXPECT_EQ(checksums.below("a").text(), "721480d7339a031469776719ad152bc7-4--261");
  EXPECT_EQ(checksums.below("a/b").text(), "484aba5fc951e1835e6b9aa2ea812b34-1--4");
  EXPECT_EQ(checksums.below("a/b").files, 1U);
  EXPECT_EQ(checksums.below("a").bytes, 261U);
  EXPECT_EQ(checksums.below("nowhere").text(), kNoFiles);
  EXPECT_EQ(checksums.below("a/.zarray").text(), kNoFiles) << "a value has nothing below it";
  engram::testing::expect_error(ErrorCode::invalid_argument, "",
                                [&] { (void)checksums.below("a/"); });
}

TEST(ChecksumsTest, TheLastValueCounts) {
  Checksums once;
  set_all(once, small_tree());
  Checksums twice;
  for (const auto& [key, value] : small_tree()) twice.set(Key(key), as_bytes("before"));
  set_all(twice, small_tree());
  EXPECT_EQ(twice.below(), once.below());
}

TEST(ChecksumsTest, WhatIsErasedIsForgotten) {
  Checksums checksums;
  checksums.set(Key(".zgroup"), as_bytes("{}"));
  const auto before = checksums.below();
  set_all(checksums, {{"a", "1"}, {"b/c", "2"}, {"b/d/e", "3"}, {"b-c", "4"}});
  checksums.erase(Key("a"));
  checksums.erase(Key("not there"));
  checksums.erase_prefix("b");
  EXPECT_TRUE(checksums.contains(Key("b-c")));
  checksums.erase(Key("b-c"));
  EXPECT_EQ(checksums.below(), before);
  checksums.erase_prefix("");
  EXPECT_EQ(checksums.below().text(), kNoFiles);
}

TEST(ChecksumsTest, AMoveTakesWhatIsKnown) {
  Checksums checksums;
  set_all(checksums, {{"a", "1"}, {"b", "2"}});
  checksums.move(Key("a"), Key("b"));
  Checksums expected;
  set_all(expected, {{"b", "1"}});
  EXPECT_EQ(checksums.below(), expected.below());
  checksums.move(Key("b"), Key("b"));
  EXPECT_EQ(checksums.below(), expected.below());
  checksums.move(Key("unknown"), Key("b"));
  EXPECT_FALSE(checksums.contains(Key("b"))) << "nobody knows what it has now";
}

TEST(ChecksumsTest, TheManifestIsSortedByKeyAsMd5sumPrintsIt) {
  Checksums checksums;
  set_all(checksums,
          {{"a/x", "1"}, {"a-b/x", "1"}, {".z", "1"}, {"two\nlines", "1"}, {"c\r", "1"}});
  const std::string one = to_hex(md5_of(as_bytes("1")));
  EXPECT_EQ(manifest_of(checksums), one + "  .z\n" + one + "  a-b/x\n" + one + "  a/x\n\\" + one +
                                        "  c\\r\n\\" + one + "  two\\nlines\n");
}

TEST(ChecksumsTest, ManyThreadsGiveTheSame) {
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  const auto add = [](Checksums& checksums, int thread) {
    for (int i = 0; i < kEach; ++i) {
      const auto name = std::to_string(thread) + "/" + std::to_string(i);
      checksums.set(Key(name), as_bytes(name));
      checksums.set(Key(name + ".scratch"), as_bytes("x"));
      checksums.erase(Key(name + ".scratch"));
    }
  };
  Checksums one;
  for (int t = 0; t < kThreads; ++t) add(one, t);
  Checksums many;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) threads.emplace_back([&, t] { add(many, t); });
  }
  EXPECT_EQ(many.below(), one.below());
  EXPECT_EQ(manifest_of(many), manifest_of(one));
}

class AddMissingTest : public ::testing::Test {
 protected:
  void set(const std::string& key, std::string_view value) { store.set(Key(key), as_bytes(value)); }

  MemoryStore store;
  Checksums checksums;
  ThreadPool pool{3};
  MemoryBudget budget{1 << 20};  // Less than one block.
};

TEST_F(AddMissingTest, ReadsAStoreThatIsThere) {
  for (const auto& [key, value] : small_tree()) set(key, value);
  add_missing(checksums, store, pool, budget);
  EXPECT_EQ(checksums.below().text(), "4876218ad8496b8b18ff6e95afedbae0-6--280");
}

TEST_F(AddMissingTest, LargeValuesAreReadInBlocks) {
  // One block less a byte, one, one and a byte, and two.
  for (const std::size_t size : {(16U << 20) - 1, 16U << 20, (16U << 20) + 1, 32U << 20}) {
    const std::string value(size, 'x');
    set(std::to_string(size), value);
    Checksums known;
    known.set(Key("v"), as_bytes(value));
    MemoryStore one;
    one.set(Key("v"), as_bytes(value));
    Checksums read;
    add_missing(read, one, pool, budget);
    EXPECT_EQ(read.below(), known.below()) << size;
  }
}

TEST_F(AddMissingTest, WhatIsKnownIsNotReadAgain) {
  set("old", "written by the first run");
  set("new", "written by the second");
  checksums.set(Key("new"), as_bytes("written by the second"));
  std::atomic<int> read = 0;
  add_missing(checksums, store, pool, budget, {}, [&](const std::string& key) {
    EXPECT_EQ(key, "old");
    ++read;
  });
  EXPECT_EQ(read, 1);
  Checksums all;
  set_all(all, {{"old", "written by the first run"}, {"new", "written by the second"}});
  EXPECT_EQ(checksums.below(), all.below());
}

TEST_F(AddMissingTest, ThousandsOfValuesAndDeepPrefixes) {
  std::string deep = "d";
  for (int i = 0; i < 1000; ++i) deep += "/d";
  Checksums expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string key = "a/" + std::to_string(i);
    set(key, key);
    expected.set(Key(key), as_bytes(key));
  }
  set(deep, "x");
  expected.set(Key(deep), as_bytes("x"));
  add_missing(checksums, store, pool, budget);
  EXPECT_EQ(checksums.below(), expected.below());
}

TEST_F(AddMissingTest, AFaultIsAnError) {
  for (const auto& [key, value] : small_tree()) set(key, value);
  FaultyStore counting(store, ~0ULL, FaultyStore::Fault::fail);
  Checksums all;
  add_missing(all, counting, pool, budget);
  for (std::uint64_t call = 0; call < counting.calls(); ++call) {
    FaultyStore faulty(store, call, FaultyStore::Fault::fail);
    Checksums none;
    engram::testing::expect_error(ErrorCode::io_error, "planted fault",
                                  [&] { add_missing(none, faulty, pool, budget); });
  }
}

TEST_F(AddMissingTest, StopsOnRequest) {
  set("a", "1");
  std::stop_source stop;
  stop.request_stop();
  engram::testing::expect_error(ErrorCode::cancelled, "", [&] {
    add_missing(checksums, store, pool, budget, stop.get_token());
  });
}

}  // namespace
}  // namespace engram::store
