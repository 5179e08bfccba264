#include "engram/base/buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "testing/expect_error.hpp"

namespace engram {
namespace {

TEST(Buffer, HasTheBytesThatWereAskedFor) {
  for (const std::size_t size : {0U, 1U, 4096U, 5U << 20U, 9U << 20U}) {
    Buffer buffer(size);
    ASSERT_EQ(buffer.size(), size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.bytes().data()) % (size >= 4096 ? 64 : 1),
              0U);
    ASSERT_EQ(buffer.bytes().size(), size);
    std::fill(buffer.bytes().begin(), buffer.bytes().end(), std::byte{7});
    const Buffer moved = std::move(buffer);
    EXPECT_EQ(std::count(moved.bytes().begin(), moved.bytes().end(), std::byte{7}), size);
  }
  EXPECT_EQ(Buffer().size(), 0U);
}

TEST(Buffer, RefusesWhatNoMemoryHolds) {
  testing::expect_error(ErrorCode::limit_exceeded, "18446744073709551615 bytes", [] {
    static_cast<void>(Buffer{std::numeric_limits<std::uint64_t>::max()});
  });
}

}  // namespace
}  // namespace engram
