#include "zarr/chunk_cache.hpp"

#include <gtest/gtest.h>

namespace engram::zarr {
namespace {

TEST(ChunkCacheTest, LetsGoWhatWasNotUsedLongest) {
  ChunkCache cache(100);
  for (const char* key : {"a", "b", "c"}) cache.keep(key, Bytes(30, std::byte{1}), cache.version());
  EXPECT_NE(cache.find("a"), nullptr);
  cache.keep("d", Bytes(30), cache.version());
  EXPECT_EQ(cache.find("b"), nullptr);
  EXPECT_NE(cache.find("a"), nullptr);
  EXPECT_NE(cache.find("c"), nullptr);
  cache.keep("e", Bytes(100), cache.version());
  for (const char* key : {"a", "c", "d"}) EXPECT_EQ(cache.find(key), nullptr) << key;
  EXPECT_EQ(cache.find("e")->size(), 100U);
  EXPECT_EQ(cache.keep("f", Bytes(101), cache.version())->size(), 101U);
  EXPECT_EQ(cache.find("f"), nullptr) << "larger than all of it";
  EXPECT_NE(cache.find("e"), nullptr);
}

TEST(ChunkCacheTest, KeepsOneChunkOfAKey) {
  ChunkCache cache(100);
  for (const std::size_t size : {60U, 50U, 80U}) cache.keep("a", Bytes(size), cache.version());
  EXPECT_EQ(cache.find("a")->size(), 80U);
  cache.keep("b", Bytes(20), cache.version());
  EXPECT_NE(cache.find("a"), nullptr) << "both fit";
}

TEST(ChunkCacheTest, DoesNotKeepWhatWasReadBeforeItWasForgotten) {
  ChunkCache cache(100);
  const std::uint64_t version = cache.version();
  cache.forget("a");
  EXPECT_EQ(cache.keep("a", Bytes(10), version)->size(), 10U);
  EXPECT_EQ(cache.find("a"), nullptr);
  cache.keep("a", Bytes(10), cache.version());
  const auto held = cache.find("a");
  cache.forget_all();
  EXPECT_EQ(cache.find("a"), nullptr);
  EXPECT_EQ(held->size(), 10U) << "who has it keeps it";
}

}  // namespace
}  // namespace engram::zarr
