#include "store/direct_writes.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <vector>

#include "base/posix_file.hpp"
#include "engram/base/buffer.hpp"
#include "engram/store/directory_store.hpp"
#include "testing/temp_dir.hpp"

namespace engram::store {
namespace {

constexpr std::size_t kPage = 4096, kLarge = DirectWrites::kLarge;

// `size` bytes that tell their place and `seed`, `off` bytes behind where a page begins.
class Value {
 public:
  Value(std::size_t size, std::size_t off, unsigned seed) : buffer_(size + 2 * kPage) {
    std::byte* const start = buffer_.bytes().data();
    const auto address = reinterpret_cast<std::uintptr_t>(start);
    bytes_ = {start + (kPage - address % kPage) % kPage + off, size};
    for (std::size_t i = 0; i < size; ++i)
      bytes_[i] = static_cast<std::byte>((i * 2654435761U + seed) >> 11U);
  }
  BytesView bytes() const { return bytes_; }

 private:
  Buffer buffer_;
  std::span<std::byte> bytes_;
};

bool same(BytesView a, BytesView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

std::vector<std::string> places() {
  std::vector<std::string> found{::testing::TempDir()};
  if (::access("/dev/shm", W_OK) == 0) found.emplace_back("/dev/shm/");  // In memory.
  return found;
}

TEST(DirectWritesTest, WritesAllBytesWhateverTheirNumberAndPlace) {
  for (const std::string& place : places()) {
    std::string name = place + "engram-direct-XXXXXX";
    const FileDescriptor file(::mkstemp(name.data()));
    ASSERT_TRUE(file.is_open()) << name;
    ASSERT_EQ(::unlink(name.c_str()), 0);
    DirectWrites writes;
    for (const std::size_t size : {std::size_t{0}, std::size_t{5}, kLarge - 1, kLarge, kLarge + 1,
                                   kLarge + kPage - 1, kLarge + kPage, 3 * kLarge + 17})
      for (const std::size_t off : {0U, 1U, 512U}) {
        ASSERT_EQ(::ftruncate(file.get(), 0), 0);
        ASSERT_EQ(::lseek(file.get(), 0, SEEK_SET), 0);
        const Value value(size, off, static_cast<unsigned>(size + off));
        ASSERT_EQ(writes.write(file.get(), value.bytes()), 0) << place << size << "+" << off;
        EXPECT_TRUE(same(read_up_to(file.get(), 0, size + 10, name), value.bytes()))
            << place << size << "+" << off;
        EXPECT_EQ(::fcntl(file.get(), F_GETFL) & O_DIRECT, 0);
      }
  }
}

TEST(DirectWritesTest, TellsWhyItCant) {
  const testing::TempDir dir;
  const std::string path = dir / "a";
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0666));
  DirectWrites writes;
  for (const std::size_t size : {std::size_t{5}, kLarge}) {
    const Value value(size, 0, 1);
    EXPECT_EQ(writes.write(file.get(), value.bytes()), EBADF);
  }
  const Value value(kLarge, 0, 1);
  const FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  if (!full.is_open()) GTEST_SKIP() << "there is no device that is full";
  EXPECT_EQ(writes.write(full.get(), value.bytes()), ENOSPC);
}

TEST(DirectWritesTest, LeavesLargeValuesOutOfTheCache) {
  const testing::TempDir dir;
  struct statfs system {};
  ASSERT_EQ(::statfs(dir.path().c_str(), &system), 0);
  constexpr auto kExt4 = 0xEF53, kXfs = 0x58465342;
  if (system.f_type != kExt4 && system.f_type != kXfs)
    GTEST_SKIP() << "of this file system it is not known whether it can";
  const std::string path = dir / "a";
  const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  const Value value(4 * kLarge + 5, 0, 1);
  ASSERT_EQ(DirectWrites().write(file.get(), value.bytes()), 0);
  void* const mapped = ::mmap(nullptr, value.bytes().size(), PROT_READ, MAP_SHARED, file.get(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  std::vector<unsigned char> pages(4 * kLarge / kPage + 1);
  ASSERT_EQ(::mincore(mapped, value.bytes().size(), pages.data()), 0);
  ::munmap(mapped, value.bytes().size());
  const auto cached = std::count_if(pages.begin(), pages.end(),
                                    [](unsigned char page) { return (page & 1U) != 0; });
  EXPECT_LT(cached, static_cast<std::ptrdiff_t>(pages.size() / 2)) << "of " << pages.size();
}

TEST(DirectWritesTest, ManyAtOnceThroughAStore) {
  const testing::TempDir dir;
  for (const auto mode : {DirectoryStore::Mode::create, DirectoryStore::Mode::create_fast}) {
    const std::string root = dir / std::to_string(static_cast<int>(mode));
    DirectoryStore store(root, mode);
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < 6; ++t)
      threads.emplace_back([&store, t] {
        for (unsigned i = 0; i < 5; ++i) {
          const Value value(kLarge + 1000 * t + i, t % 2 * 8, 10 * t + i);
          store.set(Key("a/" + std::to_string(10 * t + i)), value.bytes());
        }
      });
    threads.clear();
    for (unsigned t = 0; t < 6; ++t)
      for (unsigned i = 0; i < 5; ++i) {
        const Value value(kLarge + 1000 * t + i, 0, 10 * t + i);
        const auto got = store.get(Key("a/" + std::to_string(10 * t + i)), 2 * kLarge);
        ASSERT_TRUE(got && same(*got, value.bytes())) << t << " " << i;
      }
    // A shorter value leaves nothing of a longer one behind.
    const Value shorter(kLarge, 0, 99);
    store.set(Key("a/0"), shorter.bytes());
    EXPECT_TRUE(same(*store.get(Key("a/0"), 2 * kLarge), shorter.bytes()));
  }
}

}  // namespace
}  // namespace engram::store
