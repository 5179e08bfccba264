#include "base/thread_buffer.hpp"

#include <gtest/gtest.h>

namespace engram {
namespace {

TEST(ThreadBuffer, IsUsedAgainButNeverTwiceAtOnce) {
  const std::byte* first = nullptr;
  {
    ThreadBuffer buffer;
    buffer.bytes().resize(1000);
    first = buffer.bytes().data();
  }
  ThreadBuffer again;
  again.bytes().resize(1000);
  EXPECT_EQ(again.bytes().data(), first);
  ThreadBuffer other;
  other.bytes().resize(1000);
  EXPECT_NE(other.bytes().data(), first);
}

TEST(ThreadBuffer, GivesLargeOnesBack) {
  {
    ThreadBuffer buffer;
    buffer.bytes().resize(64U << 20);
  }
  const ThreadBuffer unused;
  ThreadBuffer buffer;
  EXPECT_LT(buffer.bytes().capacity(), 64U << 20);
}

}  // namespace
}  // namespace engram
