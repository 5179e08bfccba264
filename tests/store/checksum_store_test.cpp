#include "engram/store/checksum_store.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engram/store/directory_store.hpp"
#include "engram/store/memory_store.hpp"
#include "testing/expect_error.hpp"
#include "testing/faulty_store.hpp"
#include "testing/store_text.hpp"
#include "testing/temp_dir.hpp"

namespace engram::store {
namespace {

using engram::testing::FaultyStore;
using engram::testing::TempDir;

// A store on a directory, whose gathered checksums are held against those of what lies there.
class ChecksumStoreTest : public ::testing::Test {
 protected:
  void set(const std::string& key, std::string_view value) { store.set(Key(key), as_bytes(value)); }

  PrefixChecksum read() const { return read(*directory); }

  static PrefixChecksum read(const ReadableStore& from) {
    Checksums all;
    ThreadPool pool(1);
    MemoryBudget budget(1 << 20);
    add_missing(all, from, pool, budget);
    return all.below();
  }

  TempDir dir;
  std::shared_ptr<DirectoryStore> directory =
      std::make_shared<DirectoryStore>(dir / "store", DirectoryStore::Mode::create);
  std::shared_ptr<Checksums> checksums = std::make_shared<Checksums>();
  ChecksumStore store{directory, checksums};
};

TEST_F(ChecksumStoreTest, EveryChangeIsFollowed) {
  set("a/0", "1");
  set("a/1", "22");
  set("b", "333");
  EXPECT_EQ(checksums->below(), read());
  set("b", "4");
  store.erase(Key("a/0"));
  store.erase(Key("a/0"));
  EXPECT_EQ(checksums->below(), read());
  store.move(Key("a/1"), Key("c/d"));
  store.move(Key("not there"), Key("b"));
  EXPECT_EQ(checksums->below(), read());
  EXPECT_EQ(checksums->below().files, 2U);
  store.erase_prefix("c");
  EXPECT_EQ(checksums->below(), read());
  EXPECT_EQ(checksums->below().files, 1U);
}

TEST_F(ChecksumStoreTest, ValuesInPieces) {
  const auto writer = store.begin(Key("a"));
  writer->append(as_bytes("one "));
  writer->append(as_bytes("value"));
  (void)store.begin(Key("b"));
  EXPECT_EQ(checksums->below().files, 0U);
  writer->finish();
  EXPECT_EQ(checksums->below(), read());
  EXPECT_EQ(checksums->below().files, 1U);
}

TEST_F(ChecksumStoreTest, ValuesReplacedTogether) {
  set("a", "old");
  set("gone", "old");
  set("scratch/a", "new");
  set("scratch/b", "new too");
  const std::vector<Replacement> changes{
      {Key("a"), Key("scratch/a")}, {Key("b"), Key("scratch/b")}, {Key("gone"), std::nullopt}};
  store.replace_together(changes, "scratch");
  store.erase_prefix("scratch");
  EXPECT_EQ(checksums->below(), read());
  EXPECT_EQ(checksums->below().files, 2U);
}

TEST_F(ChecksumStoreTest, WhatWasThereBeforeIsNotKnown) {
  directory->set(Key("before"), as_bytes("1"));
  set("new", "2");
  EXPECT_EQ(checksums->below().files, 1U);
  store.move(Key("before"), Key("new"));
  EXPECT_EQ(checksums->below().files, 0U);
  ThreadPool pool(1);
  MemoryBudget budget(1 << 20);
  add_missing(*checksums, store, pool, budget);
  EXPECT_EQ(checksums->below(), read());
}

TEST_F(ChecksumStoreTest, PassesTheRestOn) {
  set("a", "0123456789");
  store.expect(Key("made/ready"));
  EXPECT_TRUE(std::filesystem::is_directory(dir.path() / "store/made/ready"));
  EXPECT_EQ(store.name(), directory->name());
  EXPECT_EQ(store.size(Key("a")), 10U);
  EXPECT_EQ(engram::testing::as_string(store.get_range(Key("a"), 2, 3)), "234");
  Bytes value;
  EXPECT_TRUE(store.get_into(Key("a"), 10, value));
  EXPECT_EQ(as_text(value), "0123456789");
  EXPECT_EQ(store.list_dir("").keys, std::vector<std::string>{"a"});
  store.sync();
  const auto lock = store.lock();
  engram::testing::expect_error(ErrorCode::already_exists, "", [&] { (void)directory->lock(); });
}

// After any fault, what is known is so, and add_missing() brings the rest.
TEST(ChecksumStoreFaultTest, NothingWrongIsKnown) {
  for (const auto fault : {FaultyStore::Fault::fail, FaultyStore::Fault::cut_short}) {
    for (std::uint64_t call = 0; call < 12; ++call) {
      MemoryStore memory;
      memory.set(Key("a"), as_bytes("old"));
      const auto faulty = std::make_shared<FaultyStore>(memory, call, fault);
      const auto checksums = std::make_shared<Checksums>();
      checksums->set(Key("a"), as_bytes("old"));
      ChecksumStore store(faulty, checksums);
      const auto tried = [](const auto& change) {
        try {
          change();
        } catch (const Error&) {
          return;
        }
      };
      tried([&] { store.set(Key("a"), as_bytes("new value")); });
      tried([&] { store.set(Key("b"), as_bytes("second value")); });
      tried([&] { store.move(Key("a"), Key("c")); });
      tried([&] { store.erase(Key("b")); });
      tried([&] { store.set(Key("d/e"), as_bytes("third value")); });
      const std::vector<Replacement> changes{{Key("c"), Key("d/e")}};
      tried([&] { store.replace_together(changes, "d"); });
      tried([&] { store.erase_prefix("d"); });
      ThreadPool pool(1);
      MemoryBudget budget(1 << 20);
      add_missing(*checksums, memory, pool, budget);
      Checksums read;
      add_missing(read, memory, pool, budget);
      EXPECT_EQ(checksums->below(), read.below()) << call;
    }
  }
}

}  // namespace
}  // namespace engram::store
