#include "engram/store/directory_store.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "testing/expect_error.hpp"
#include "testing/store_text.hpp"
#include "testing/temp_dir.hpp"

namespace engram::testing {
namespace {

namespace fs = std::filesystem;

using store::DirectoryStore;
using store::Key;
using Mode = DirectoryStore::Mode;

void write(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t count_entries(const std::string& path) {
  return static_cast<std::size_t>(
      std::distance(fs::recursive_directory_iterator(path), fs::recursive_directory_iterator()));
}

/// Root may do everything, so that what needs a refusal of the system can't be shown.
bool is_root() { return ::geteuid() == 0; }

TEST(DirectoryStoreTest, ReadingNeedsTheDirectory) {
  const TempDir dir;
  for (const Mode mode : {Mode::read, Mode::update}) {
    expect_error(ErrorCode::not_found, dir / "none", [&] { DirectoryStore(dir / "none", mode); });
    EXPECT_FALSE(fs::exists(dir / "none"));
    write(dir / "file", "1");
    expect_error(ErrorCode::io_error, "Not a directory",
                 [&] { DirectoryStore(dir / "file", mode); });
  }
}

TEST(DirectoryStoreTest, CreatingNeedsAFreeNameInADirectory) {
  const TempDir dir;
  write(dir / "file", "1");
  for (const Mode mode : {Mode::create, Mode::create_fast}) {
    expect_error(ErrorCode::already_exists, dir.path().string(),
                 [&] { DirectoryStore(dir.path(), mode); });
    expect_error(ErrorCode::already_exists, dir / "file",
                 [&] { DirectoryStore(dir / "file", mode); });
    expect_error(ErrorCode::not_found, dir / "none/store",
                 [&] { DirectoryStore(dir / "none/store", mode); });
    expect_error(ErrorCode::io_error, "Not a directory",
                 [&] { DirectoryStore(dir / "file/store", mode); });
  }
  EXPECT_EQ(count_entries(dir.path()), 1U);
}

TEST(DirectoryStoreTest, APathIsNeeded) {
  expect_error(ErrorCode::invalid_argument, "empty", [] { DirectoryStore("", Mode::read); });
  expect_error(ErrorCode::invalid_argument, "NUL",
               [] { DirectoryStore(std::string("/tmp\0x", 6), Mode::read); });
}

TEST(DirectoryStoreTest, ValuesAreFilesAsZarrPythonHasThem) {
  const TempDir dir;
  DirectoryStore store(dir / "x.zarr/", Mode::create);
  EXPECT_EQ(store.name(), dir / "x.zarr/");
  store.set(Key("acquisition/es/data/0.1"), as_bytes("chunk"));
  EXPECT_EQ(read(dir / "x.zarr/acquisition/es/data/0.1"), "chunk");
  EXPECT_EQ(count_entries(dir.path()), 5U) << "and no others";
  const mode_t mask = ::umask(0);
  ::umask(mask);
  struct stat info {};
  ASSERT_EQ(::stat((dir / "x.zarr/acquisition/es/data/0.1").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0666U & ~mask);
}

TEST(DirectoryStoreTest, MakesTheDirectoryOfWhatIsExpected) {
  const TempDir dir;
  {
    DirectoryStore store(dir / "s", Mode::create);
    store.expect(Key("a/b"));
    store.expect(Key("a/b"));
    EXPECT_TRUE(fs::is_directory(dir / "s/a/b"));
    EXPECT_TRUE(store.list_dir("").keys.empty());
    store.set(Key("a/b/c"), as_bytes("1"));
    store.set(Key("f"), as_bytes("2"));
    expect_error(ErrorCode::io_error, dir / "s/f", [&] { store.expect(Key("f")); });
  }
  EXPECT_EQ(read(dir / "s/a/b/c"), "1");
  DirectoryStore reading(dir / "s", Mode::read);
  expect_error(ErrorCode::io_error, "for reading", [&] { reading.expect(Key("x")); });
  EXPECT_FALSE(fs::exists(dir / "s/x"));
}

TEST(DirectoryStoreTest, AStoreForReadingIsNotChanged) {
  const TempDir dir;
  write(dir / "a", "1");
  DirectoryStore store(dir.path(), Mode::read);
  EXPECT_EQ(text(store, "a"), "1");
  expect_error(ErrorCode::io_error, "opened for reading",
               [&] { store.set(Key("a"), as_bytes("2")); });
  expect_error(ErrorCode::io_error, "opened for reading", [&] { store.erase(Key("a")); });
  EXPECT_EQ(read(dir / "a"), "1");
}

TEST(DirectoryStoreTest, HalfWrittenFilesAndOddNamesAreNotListed) {
  const TempDir dir;
  fs::create_directory(dir / "group");
  for (const char* name : {"a", ".a.0000abcd.part", "b\\c", "\xff"}) write(dir / name, "1");
  ::mkfifo((dir / "pipe").c_str(), 0600);
  const DirectoryStore store(dir.path(), Mode::read);
  const auto listing = store.list_dir("");
  EXPECT_EQ(listing.keys, std::vector<std::string>{"a"});
  EXPECT_EQ(listing.prefixes, std::vector<std::string>{"group"});
}

TEST(DirectoryStoreTest, APipeIsNotWaitedFor) {
  const TempDir dir;
  ::mkfifo((dir / "pipe").c_str(), 0600);
  const DirectoryStore store(dir.path(), Mode::read);
  expect_error(ErrorCode::io_error, "no regular file", [&] { store.get(Key("pipe"), kNoLimit); });
  EXPECT_EQ(store.size(Key("pipe")), std::nullopt);
}

TEST(DirectoryStoreTest, LinksBelowTheRootAreFollowed) {
  const TempDir dir;
  fs::create_directories(dir / "objects/deep");
  write(dir / "objects/deep/1", "value");
  fs::create_symlink("objects/deep/1", dir / "file");
  fs::create_directory_symlink("objects", dir / "folder");
  fs::create_symlink("nowhere", dir / "dangling");
  fs::create_symlink("../objects/deep", dir / "objects/up");
  DirectoryStore store(dir.path(), Mode::update);
  EXPECT_EQ(text(store, "file"), "value");
  EXPECT_EQ(store.size(Key("file")), 5U);
  EXPECT_EQ(text(store, "folder/deep/1"), "value");
  EXPECT_EQ(text(store, "objects/up/1"), "value");
  EXPECT_EQ(text(store, "dangling"), std::nullopt);
  EXPECT_EQ(text(store, "dangling/x"), std::nullopt);
  EXPECT_EQ(store.size(Key("dangling")), std::nullopt);
  EXPECT_EQ(store.list_dir("").keys, std::vector<std::string>{"file"});
  EXPECT_EQ(store.list_dir("").prefixes, (std::vector<std::string>{"folder", "objects"}));
  EXPECT_EQ(store.list_dir("objects").prefixes, (std::vector<std::string>{"deep", "up"}));
  EXPECT_EQ(store.list_dir("folder/deep").keys, std::vector<std::string>{"1"});
  store.set(Key("folder/new"), as_bytes("2"));
  EXPECT_EQ(read(dir / "objects/new"), "2");
  store.set(Key("file"), as_bytes("own"));
  EXPECT_EQ(read(dir / "objects/deep/1"), "value") << "the link is replaced, not its target";
  EXPECT_EQ(text(store, "file"), "own");
}

// Each directory twice in the one before it: 2^40 paths of 41 directories.
TEST(DirectoryStoreTest, LinksDoNotMultiplyPaths) {
  const TempDir dir;
  constexpr int kDepth = 40;
  for (int i = 0; i <= kDepth; ++i) fs::create_directories(dir / ("d" + std::to_string(i)));
  for (int i = 0; i < kDepth; ++i) {
    const std::string from = "d" + std::to_string(i), to = "../d" + std::to_string(i + 1);
    fs::create_directory_symlink(to, dir / (from + "/a"));
    fs::create_directory_symlink(to, dir / (from + "/b"));
  }
  write(dir / "d2/value", "2");
  const DirectoryStore store(dir.path(), Mode::read);
  EXPECT_EQ(store.list_dir("").prefixes.size(), 41U);
  EXPECT_EQ(store.list_dir("d0").prefixes, (std::vector<std::string>{"a", "b"}));
  expect_error(ErrorCode::unsupported, (dir / "d0/a") + ", and", [&] { store.list_dir("d0/a"); });
  expect_error(ErrorCode::unsupported, "behind another one, " + (dir / "d0/a") + ",",
               [&] { store.list_dir("d0/a/b"); });
  EXPECT_EQ(text(store, "d0/a/b/value"), "2") << "what is asked for by its name is there";
  EXPECT_TRUE(store.list_dir("d" + std::to_string(kDepth - 1) + "/a").prefixes.empty());
}

TEST(DirectoryStoreTest, LinksOutOfTheRootAreRefused) {
  const TempDir dir;
  fs::create_directories(dir / "outside/sub");
  write(dir / "outside/secret", "secret");
  fs::create_directory(dir / "root");
  fs::create_symlink("../outside/secret", dir / "root/file");
  fs::create_symlink(dir / "outside/secret", dir / "root/absolute");
  fs::create_directory_symlink("../outside", dir / "root/folder");
  fs::create_symlink("loop", dir / "root/loop");
  DirectoryStore store(dir / "root", Mode::update);
  for (const char* key : {"file", "absolute", "folder/secret", "folder/none", "loop", "loop/x"}) {
    SCOPED_TRACE(key);
    expect_error(ErrorCode::io_error, "leads out of the store",
                 [&] { store.get(Key(key), kNoLimit); });
    expect_error(ErrorCode::io_error, "leads out of the store", [&] { store.size(Key(key)); });
  }
  for (const char* key : {"folder/new", "folder/sub/new", "folder/made/new"}) {
    SCOPED_TRACE(key);
    expect_error(ErrorCode::io_error, "leads out of the store",
                 [&] { store.set(Key(key), as_bytes("1")); });
    expect_error(ErrorCode::io_error, "leads out of the store", [&] { store.erase(Key(key)); });
  }
  expect_error(ErrorCode::io_error, "leads out of the store", [&] { store.list_dir("folder"); });
  EXPECT_TRUE(store.list_dir("").keys.empty());
  EXPECT_TRUE(store.list_dir("").prefixes.empty());
  EXPECT_EQ(count_entries(dir / "outside"), 2U);

  store.set(Key("file"), as_bytes("own"));
  EXPECT_EQ(read(dir / "outside/secret"), "secret");
  store.erase(Key("absolute"));
  EXPECT_EQ(read(dir / "outside/secret"), "secret");
}

TEST(DirectoryStoreTest, ErasingAPrefixLeavesNoDirectoriesAndFollowsNoLinks) {
  const TempDir dir;
  fs::create_directories(dir / "outside/sub");
  write(dir / "outside/sub/secret", "secret");
  DirectoryStore store(dir / "root", Mode::create);
  for (const char* key : {"a/b/c/1", "a/b/2", "a/3", "kept/4"}) store.set(Key(key), as_bytes("1"));
  fs::create_directory_symlink("../../outside", dir / "root/a/out");
  fs::create_directory_symlink("../kept", dir / "root/a/in");
  fs::create_symlink("../../outside/sub/secret", dir / "root/a/b/file");
  fs::create_directories(dir / "root/a/empty/empty");
  write(dir / "root/a/b/.2.0123abcd.part", "half");
  store.erase_prefix("a");
  EXPECT_FALSE(fs::exists(dir / "root/a"));
  EXPECT_EQ(read(dir / "root/kept/4"), "1");
  EXPECT_EQ(read(dir / "outside/sub/secret"), "secret");
  store.set(Key("a/b/c/1"), as_bytes("2"));
  EXPECT_EQ(text(store, "a/b/c/1"), "2");

  fs::create_directory_symlink("../outside", dir / "root/out");
  store.erase_prefix("out");
  EXPECT_FALSE(fs::is_symlink(dir / "root/out"));
  EXPECT_TRUE(fs::exists(dir / "outside/sub/secret"));
  fs::create_directory_symlink("../outside", dir / "root/out");
  expect_error(ErrorCode::io_error, "leads out of the store",
               [&] { store.erase_prefix("out/sub"); });
  EXPECT_TRUE(fs::exists(dir / "outside/sub/secret"));
}

TEST(DirectoryStoreTest, ErasingAPrefixLeavesWhatIsNoPartOfTheStore) {
  const TempDir dir;
  DirectoryStore store(dir.path(), Mode::update);
  store.set(Key("a/b/1"), as_bytes("1"));
  write(dir / "a/b/odd\\name", "somebody else's");
  store.erase_prefix("a");
  EXPECT_EQ(text(store, "a/b/1"), std::nullopt);
  EXPECT_EQ(read(dir / "a/b/odd\\name"), "somebody else's");
  DirectoryStore reading(dir.path(), Mode::read);
  expect_error(ErrorCode::io_error, "opened for reading", [&] { reading.erase_prefix("a"); });
}

TEST(DirectoryStoreTest, TheRootItselfMayBeALink) {
  const TempDir dir;
  fs::create_directory(dir / "real");
  write(dir / "real/a", "1");
  fs::create_directory_symlink("real", dir / "link");
  EXPECT_EQ(text(DirectoryStore(dir / "link", Mode::read), "a"), "1");
}

TEST(DirectoryStoreTest, AFastStoreDoesNotWriteThroughALink) {
  const TempDir dir;
  write(dir / "outside", "secret");
  DirectoryStore store(dir / "root", Mode::create_fast);
  fs::create_symlink("../outside", dir / "root/a");
  expect_error(ErrorCode::io_error, "can't write", [&] { store.set(Key("a"), as_bytes("1")); });
  EXPECT_EQ(read(dir / "outside"), "secret");
}

TEST(DirectoryStoreTest, DirectoriesThatWereRemovedAreMadeAgain) {
  for (const Mode mode : {Mode::create, Mode::create_fast}) {
    const TempDir dir;
    DirectoryStore store(dir / "root", mode);
    store.set(Key("a/b/c/1"), as_bytes("1"));
    fs::remove_all(dir / "root/a");
    EXPECT_EQ(text(store, "a/b/c/1"), std::nullopt);
    store.set(Key("a/b/c/2"), as_bytes("2"));
    EXPECT_EQ(read(dir / "root/a/b/c/2"), "2");
    fs::remove_all(dir / "root/a/b");
    fs::create_directories(dir / "root/a/b/c");
    write(dir / "root/a/b/c/3", "3");
    EXPECT_EQ(text(store, "a/b/c/3"), "3");
    EXPECT_EQ(store.size(Key("a/b/c/3")), 1U);
    EXPECT_EQ(store.list_dir("a/b/c").keys, std::vector<std::string>{"3"});
  }
}

TEST(DirectoryStoreTest, RemovingTheRootIsAnError) {
  const TempDir dir;
  DirectoryStore store(dir / "root", Mode::create);
  fs::remove_all(dir / "root");
  expect_error(ErrorCode::io_error, dir / "root/a", [&] { store.set(Key("a"), as_bytes("1")); });
  expect_error(ErrorCode::io_error, dir / "root/b", [&] { store.set(Key("b/c"), as_bytes("1")); });
}

TEST(DirectoryStoreTest, WorksOnWhenTheRootIsRenamed) {
  const TempDir dir;
  DirectoryStore store(dir / "x.part", Mode::create_fast);
  store.set(Key("a/1"), as_bytes("1"));
  fs::rename(dir / "x.part", dir / "x");
  store.set(Key("b/2"), as_bytes("2"));
  EXPECT_EQ(read(dir / "x/b/2"), "2");
  EXPECT_EQ(text(store, "a/1"), "1");
}

TEST(DirectoryStoreTest, ManyDirectoriesNeedFewDescriptors) {
  const TempDir dir;
  DirectoryStore store(dir / "root", Mode::create_fast);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 160;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  std::string deep = "deep";
  for (int i = 0; i < 300; ++i) deep += "/d";
  try {
    for (int i = 0; i < 300; ++i) {
      store.set(Key("d" + std::to_string(i) + "/x"), as_bytes("1"));
    }
    store.set(Key(deep), as_bytes("1"));
    EXPECT_EQ(text(store, "d0/x"), "1");
    EXPECT_EQ(text(store, deep), "1");
  } catch (const Error& e) {
    ADD_FAILURE() << e.what();
  }
  ::setrlimit(RLIMIT_NOFILE, &before);
}

/// While it lives, no file may grow beyond `bytes`, as on a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit small = before_;
    small.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit before_{};
  void (*old_handler_)(int) = SIG_DFL;
};

TEST(DirectoryStoreTest, AFailedWriteLeavesNothing) {
  const Bytes large(200'000);
  for (const Mode mode : {Mode::create, Mode::create_fast}) {
    const TempDir dir;
    DirectoryStore store(dir / "root", mode);
    store.set(Key("before"), as_bytes("1"));
    {
      const FullDisk full(100'000);
      expect_error(ErrorCode::io_error, (dir / "root/a/0.0").append(": File too large"),
                   [&] { store.set(Key("a/0.0"), large); });
    }
    EXPECT_EQ(text(store, "a/0.0"), std::nullopt);
    EXPECT_EQ(count_entries(dir / "root"), 2U);
    store.set(Key("a/0.0"), large);
    EXPECT_EQ(store.size(Key("a/0.0")), large.size());
  }
}

TEST(DirectoryStoreTest, AFailedWriteKeepsTheOldValue) {
  const TempDir dir;
  DirectoryStore store(dir.path(), Mode::update);
  store.set(Key("a"), as_bytes("old"));
  {
    const FullDisk full(100'000);
    expect_error(ErrorCode::io_error, "can't write", [&] { store.set(Key("a"), Bytes(200'000)); });
  }
  EXPECT_EQ(text(store, "a"), "old");
  EXPECT_EQ(count_entries(dir.path()), 1U);
}

TEST(DirectoryStoreTest, WhatTheSystemRefusesIsAnErrorWithItsReason) {
  if (is_root()) return;
  const TempDir dir;
  DirectoryStore store(dir.path(), Mode::update);
  store.set(Key("a/b"), as_bytes("1"));
  fs::permissions(dir / "a/b", fs::perms::none);
  expect_error(ErrorCode::io_error, "Permission denied", [&] { store.get(Key("a/b"), kNoLimit); });
  fs::permissions(dir / "a", fs::perms::owner_read | fs::perms::owner_exec);
  expect_error(ErrorCode::io_error, "Permission denied",
               [&] { store.set(Key("a/c"), as_bytes("1")); });
  expect_error(ErrorCode::io_error, "Permission denied", [&] { store.erase(Key("a/b")); });
  fs::permissions(dir / "a", fs::perms::owner_all);
}

TEST(DirectoryStoreTest, ReadersSeeOldOrNewValuesWhole) {
  const TempDir dir;
  DirectoryStore store(dir.path(), Mode::update);
  const Bytes ones(50'000, std::byte{1});
  const Bytes twos(60'000, std::byte{2});
  store.set(Key("a"), ones);
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    for (int i = 0; i < 300; ++i) store.set(Key("a"), i % 2 ? ones : twos);
    done = true;
  });
  while (!done) {
    const std::optional<Bytes> value = store.get(Key("a"), kNoLimit);
    ASSERT_TRUE(value);
    ASSERT_TRUE(*value == ones || *value == twos);
  }
}

}  // namespace
}  // namespace engram::testing
