#include "zarr/shard_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "engram/base/error.hpp"
#include "engram/base/limits.hpp"
#include "engram/codec/pipeline.hpp"
#include "engram/store/memory_store.hpp"
#include "testing/expect_error.hpp"

namespace engram::zarr {
namespace {

using store::Key;
using testing::expect_error;

Bytes bytes_of(std::string_view text) { return to_bytes(text); }

// A shard with the chunks of `texts`, by number, in the order of the map, behind or before its
// index.
Bytes shard_of(const ShardLevel& level, std::uint64_t count,
               const std::map<std::uint64_t, std::string>& texts) {
  ShardIndex index(count);
  Bytes chunks;
  const std::uint64_t start = level.index_at_start ? ShardIndex::encoded_size(level, count) : 0;
  for (const auto& [number, text] : texts) {
    index[number] = ShardIndex::Entry{start + chunks.size(), text.size()};
    const Bytes bytes = bytes_of(text);
    chunks.insert(chunks.end(), bytes.begin(), bytes.end());
  }
  Bytes shard = index.encode(level);
  shard.insert(level.index_at_start ? shard.end() : shard.begin(), chunks.begin(), chunks.end());
  return shard;
}

// An array of 10 x 4 in shards of 4 x 4 with chunks of 2 x 1.
ArrayMetadata metadata_of(const ShardLevel& form) {
  ArrayMetadata metadata;
  metadata.zarr_format = 3;
  metadata.shape = {10, 4};
  metadata.chunk_shape = {2, 1};
  metadata.keys_begin_with_c = true;
  metadata.separator = '/';
  metadata.shards = {form};
  metadata.shards[0].shape = {4, 4};
  return metadata;
}

class ShardStoreTest : public ::testing::TestWithParam<ShardLevel> {};

TEST_P(ShardStoreTest, ReadsChunks) {
  const ArrayMetadata metadata = metadata_of(GetParam());
  store::MemoryStore memory;
  memory.set(Key("a/c/0/0"), shard_of(metadata.shards[0], 8, {{0, "zero"}, {5, "five"}, {7, ""}}));
  memory.set(Key("a/c/2/0"), shard_of(metadata.shards[0], 8, {{3, "last"}}));
  const auto shards = ShardStore::of(memory, "a", metadata);
  const std::map<std::string, std::optional<std::string>> expected = {
      {"a/0.0", "zero"},        {"a/1.1", "five"},       {"a/1.3", ""},
      {"a/4.3", "last"},        {"a/0.1", std::nullopt}, {"a/2.0", std::nullopt},
      {"a/9.9", std::nullopt},  {"a/x", std::nullopt},   {"b/0.0", std::nullopt},
      {"a/c/0/0", std::nullopt}};
  for (const auto& [key, text] : expected) {
    const auto found = shards->get(Key(key), 100);
    ASSERT_EQ(found.has_value(), text.has_value()) << key;
    const auto size = shards->size(Key(key));
    EXPECT_EQ(size, text ? std::optional<std::uint64_t>(text->size()) : std::nullopt) << key;
    if (text) {
      EXPECT_EQ(as_text(*found), *text) << key;
    }
  }
  EXPECT_EQ(as_text(*shards->get_range(Key("a/1.1"), 1, 2)), "iv");
  EXPECT_EQ(as_text(*shards->get_range(Key("a/1.1"), 3, 20)), "e") << "none of its neighbour";
  EXPECT_EQ(as_text(*shards->get_range(Key("a/1.1"), 9, 1)), "");
  EXPECT_EQ(shards->get_range(Key("a/0.1"), 0, 1), std::nullopt);
  EXPECT_EQ(shards->list_dir("a").keys, (std::vector<std::string>{"0.0", "1.1", "1.3", "4.3"}));
  EXPECT_TRUE(shards->list_dir("b").keys.empty());
  expect_error(ErrorCode::limit_exceeded, "above 3", [&] { (void)shards->get(Key("a/1.1"), 3); });
}

INSTANTIATE_TEST_SUITE_P(Forms, ShardStoreTest,
                         ::testing::Values(ShardLevel{},
                                           ShardLevel{{}, true, true, ByteOrder::little, {}, {}},
                                           ShardLevel{{}, false, false, ByteOrder::little, {}, {}},
                                           ShardLevel{{}, true, false, ByteOrder::big, {}, {}}));

TEST(ShardStore, ShardsInShards) {
  ArrayMetadata metadata = metadata_of({});
  metadata.shards.push_back({{2, 2}, true, true, ByteOrder::little, {}, {}});
  // Of 4 x 4: four shards of 2 x 2, each of two chunks of 2 x 1.
  const std::string inner(as_text(shard_of(metadata.shards[1], 2, {{1, "deep"}})));
  store::MemoryStore memory;
  memory.set(Key("c/1/0"), shard_of(metadata.shards[0], 4, {{0, "xx"}, {3, inner}}));
  const auto shards = ShardStore::of(memory, "", metadata);
  EXPECT_EQ(as_text(*shards->get(Key("3.3"), 100)), "deep");
  EXPECT_EQ(shards->get(Key("3.2"), 100), std::nullopt);
  expect_error(ErrorCode::corrupt_data, "no room for the index",
               [&] { (void)shards->get(Key("2.0"), 100); });
}

TEST(ShardStore, ScalarsHaveOneChunk) {
  ArrayMetadata metadata;
  metadata.keys_begin_with_c = true;
  metadata.shards = {ShardLevel{}};
  store::MemoryStore memory;
  memory.set(Key("a/c"), shard_of(metadata.shards[0], 1, {{0, "one"}}));
  EXPECT_EQ(as_text(*ShardStore::of(memory, "a", metadata)->get(Key("a/0"), 10)), "one");
}

// Damage: a shard of eight chunks with one, and where a byte of it is changed.
TEST(ShardStore, DamageIsSeen) {
  for (const bool at_start : {false, true}) {
    ShardLevel level;
    level.index_at_start = at_start;
    const ArrayMetadata metadata = metadata_of(level);
    const Bytes good = shard_of(metadata.shards[0], 8, {{0, "0123456789"}});
    store::MemoryStore memory;
    const std::uint64_t size = ShardIndex::encoded_size(level, 8);
    for (std::uint64_t i = 0; i < size; ++i) {
      Bytes bad = good;
      bad[at_start ? i : good.size() - 1 - i] ^= std::byte{0x40};
      memory.set(Key("a/c/0/0"), bad);
      expect_error(ErrorCode::corrupt_data, "CRC-32C",
                   [&] { (void)ShardStore::of(memory, "a", metadata)->get(Key("a/0.0"), 100); });
    }
    memory.set(Key("a/c/0/0"), BytesView(good).first(size - 1));
    expect_error(ErrorCode::corrupt_data, "a/c/0/0",
                 [&] { (void)ShardStore::of(memory, "a", metadata)->get(Key("a/0.0"), 100); });
  }
}

TEST(ShardStore, ChunksLieInTheirShard) {
  ShardLevel level;
  level.index_has_checksum = false;
  const ArrayMetadata metadata = metadata_of(level);
  struct Bad {
    std::uint64_t offset, size;
  };
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  for (const auto& [offset, size] : {Bad{0, 11}, Bad{10, 1}, Bad{11, 0}, Bad{kMost, 0},
                                     Bad{0, kMost}, Bad{5, kMost - 2}, Bad{kMost - 1, 5}}) {
    Bytes shard = bytes_of("0123456789");
    ShardIndex index(8);
    index[0] = ShardIndex::Entry{offset, size};
    const Bytes encoded = index.encode(metadata.shards[0]);
    shard.insert(shard.end(), encoded.begin(), encoded.end());
    store::MemoryStore memory;
    memory.set(Key("a/c/0/0"), shard);
    expect_error(ErrorCode::corrupt_data, "chunks lie from 0 to 10",
                 [&] { (void)ShardStore::of(memory, "a", metadata)->get(Key("a/0.0"), 100); });
  }
}

TEST(ShardStore, ReadsWhatIsEncodedAsAWhole) {
  for (const std::vector<CodecConfig>& codecs :
       {std::vector<CodecConfig>{{"gzip", {{"level", 1}}}},
        {{"zstd", {{"level", 1}}}, {"crc32c", Json::object()}},
        {{"shuffle", {{"elementsize", 2}}}, {"zlib", {{"level", 1}}}}}) {
    ArrayMetadata metadata = metadata_of({});
    metadata.shards[0].codecs = codecs;
    metadata.shards.push_back({{2, 2}, true, true, ByteOrder::little, codecs, {}});
    const codec::Pipeline pipeline(codecs);
    const Bytes inner = pipeline.encode(shard_of(metadata.shards[1], 2, {{1, "deep"}}), 1);
    const Bytes outer =
        pipeline.encode(shard_of(metadata.shards[0], 4, {{3, std::string(as_text(inner))}}), 1);
    store::MemoryStore memory;
    memory.set(Key("a/c/1/0"), outer);
    const auto shards = ShardStore::of(memory, "a", metadata);
    EXPECT_EQ(as_text(*shards->get(Key("a/3.3"), 100)), "deep");
    EXPECT_EQ(as_text(*shards->get_range(Key("a/3.3"), 1, 2)), "ee");
    EXPECT_EQ(shards->size(Key("a/3.3")), 4U);
    EXPECT_EQ(shards->get(Key("a/3.2"), 100), std::nullopt);
    EXPECT_EQ(shards->get(Key("a/0.0"), 100), std::nullopt);
    EXPECT_EQ(shards->list_dir("a").keys, (std::vector<std::string>{"3.3"}));
    memory.set(Key("a/c/0/0"), BytesView(outer).first(outer.size() / 2));
    expect_error(ErrorCode::corrupt_data, "a/c/0/0",
                 [&] { (void)ShardStore::of(memory, "a", metadata)->size(Key("a/1.1")); });
  }
}

TEST(ShardStore, AnEncodedShardIsNotLargerThanItsChunksCanBe) {
  ArrayMetadata metadata = metadata_of({});
  metadata.type = DataType::integer(1);
  metadata.shards[0].codecs = {{"gzip", {{"level", 9}}}};
  const std::uint64_t most = ShardStore::max_shard_size(metadata, 0);
  EXPECT_LT(most, 10'000'000U);
  store::MemoryStore memory;
  memory.set(Key("a/c/0/0"), codec::Pipeline(metadata.shards[0].codecs).encode(Bytes(most + 1), 1));
  expect_error(ErrorCode::limit_exceeded, "decodes to more than",
               [&] { (void)ShardStore::of(memory, "a", metadata)->get(Key("a/0.0"), 100); });
  metadata.shards[0].shape = {4096, 1024};
  metadata.chunk_shape = {2048, 1024};
  metadata.type = DataType::floating(8);
  EXPECT_LE(ShardStore::max_shard_size(metadata, 0), Limits().max_chunk_bytes);
}

TEST(ShardStore, WhatItIsEncodedByMustBeKnown) {
  ArrayMetadata metadata = metadata_of({});
  metadata.shards[0].codecs = {{"fancy", {}}};
  store::MemoryStore memory;
  expect_error(ErrorCode::unsupported, "fancy",
               [&] { (void)ShardStore::of(memory, "a", metadata); });
}

TEST(ShardStore, ChunksAreCountedInTheOrderOfTheShard) {
  ArrayMetadata metadata = metadata_of({});
  metadata.shards[0].order = Order::of({1, 0});
  store::MemoryStore memory;
  // 2 x 4 chunks; the first dimension varies fastest.
  memory.set(Key("a/c/1/0"), shard_of(metadata.shards[0], 8, {{3, "three"}, {6, "six"}}));
  const auto shards = ShardStore::of(memory, "a", metadata);
  EXPECT_EQ(as_text(*shards->get(Key("a/3.1"), 100)), "three");
  EXPECT_EQ(as_text(*shards->get(Key("a/2.3"), 100)), "six");
  EXPECT_EQ(shards->list_dir("a").keys, (std::vector<std::string>{"2.3", "3.1"}));
}

}  // namespace
}  // namespace engram::zarr
