#include "zarr/shard_edit.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "engram/base/error.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/zarr/array.hpp"
#include "testing/expect_error.hpp"

namespace engram::zarr {
namespace {

using store::Key;
using testing::expect_error;

// 9 x 7 elements in shards of 6 x 4 (in which, nested, lie shards of 2 x 4) with chunks of 2 x 2.
ArrayMetadata form_of(bool index_at_start, bool is_nested, bool is_coded) {
  ArrayOptions options;
  options.zarr_format = 3;
  options.type = DataType::integer(2);
  options.shape = {9, 7};
  options.chunk_shape = {2, 2};
  options.shard_shape = {6, 4};
  options.fill_value = 9;
  ArrayMetadata metadata = make_metadata(options);
  metadata.shards[0].index_at_start = index_at_start;
  if (is_nested) metadata.shards.emplace_back().shape = {2, 4};
  if (is_coded) {
    metadata.shards[0].order = Order::of({1, 0});
    for (ShardLevel& level : metadata.shards)
      level.codecs = {{"zstd", {{"level", 1}}}, {"crc32c", Json::object()}};
    metadata.order = metadata.shards.back().order;
  }
  return metadata;
}

struct Form {
  const char* name;
  bool index_at_start, is_nested, is_coded;
};

class ShardEditTest : public ::testing::TestWithParam<Form> {
 protected:
  const ArrayMetadata metadata_ =
      form_of(GetParam().index_at_start, GetParam().is_nested, GetParam().is_coded);
  std::shared_ptr<store::MemoryStore> store_ = std::make_shared<store::MemoryStore>();
};

TEST_P(ShardEditTest, ChangesWhatIsSetAlone) {
  const auto all = [&] {
    const auto shards = ShardStore::of(*store_, "a", metadata_);
    std::map<std::string, std::string> found;
    for (const char* key : {"a/0.0", "a/0.1", "a/2.1", "a/3.0", "a/4.3"})
      if (const auto chunk = shards->get(Key(key), 100)) found[key] = as_text(*chunk);
    return found;
  };
  const auto edit = [&](const std::map<std::string, std::string>& changes) {
    const auto edited = ShardEdit::of(*store_, "a", metadata_);
    for (const auto& [key, text] : changes) {
      if (text == "-") {
        edited->erase(Key(key));
        EXPECT_EQ(edited->get(Key(key), 100), std::nullopt);
      } else {
        edited->set(Key(key), as_bytes(text));
        EXPECT_EQ(edited->size(Key(key)), text.size());
        EXPECT_EQ(as_text(*edited->get_range(Key(key), 1, 100)), text.substr(1));
      }
    }
    edited->commit();
  };
  using Chunks = std::map<std::string, std::string>;
  edit({{"a/0.0", "one"}, {"a/2.1", "two"}, {"a/4.3", "far"}});
  EXPECT_EQ(all(), (Chunks{{"a/0.0", "one"}, {"a/2.1", "two"}, {"a/4.3", "far"}}));
  edit({{"a/0.0", "longer"}, {"a/0.1", "x"}, {"a/2.1", "-"}, {"a/3.0", "-"}});
  EXPECT_EQ(all(), (Chunks{{"a/0.0", "longer"}, {"a/0.1", "x"}, {"a/4.3", "far"}}));
  EXPECT_NE(store_->size(Key("a/c.0.0")), std::nullopt);
  edit({{"a/0.0", "-"}, {"a/0.1", "-"}});
  EXPECT_EQ(all(), (Chunks{{"a/4.3", "far"}}));
  EXPECT_EQ(store_->size(Key("a/c.0.0")), std::nullopt) << "a shard without chunks is removed";
  expect_error(ErrorCode::invalid_argument, "no chunk",
               [&] { ShardEdit::of(*store_, "a", metadata_)->set(Key("a/zarr.json"), {}); });
}

// Against an array in memory, whatever regions are written in whatever order.
TEST_P(ShardEditTest, AnArrayIsWhatWasWritten) {
  Array array = Array::create(store_, "a", metadata_);
  array.set_write_empty_chunks(false);
  std::vector<std::int16_t> expected(63, 9);
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    Region region;
    for (const std::uint64_t length : array.shape()) {
      region.origin.push_back(random() % length);
      region.shape.push_back(1 + random() % (length - region.origin.back()));
    }
    std::vector<std::int16_t> values(element_count(region.shape));
    for (auto& value : values)
      value = static_cast<std::int16_t>(round % 4 == 0 ? 9 : random() % 1000);
    array.write<std::int16_t>(region, values);
    for (std::uint64_t i = 0; i < values.size(); ++i)
      expected[(region.origin[0] + i / region.shape[1]) * 7 + region.origin[1] +
               i % region.shape[1]] = values[i];
    ASSERT_EQ(Array::open(store_, "a").read<std::int16_t>(Region::all({9, 7})), expected) << round;
  }
  array.resize({4, 3});
  EXPECT_EQ(store_->size(Key("a/c.1.0")), std::nullopt);
  EXPECT_EQ(store_->size(Key("a/c.0.1")), std::nullopt);
}

TEST_P(ShardEditTest, ADamagedShardIsNotWrittenOver) {
  Array array = Array::create(store_, "a", metadata_);
  const std::vector<std::int16_t> values(63, 1);
  array.write<std::int16_t>(Region::all({9, 7}), values);
  const auto shard = store_->get(Key("a/c.0.0"), 10000);
  Bytes damaged = *shard;
  for (std::byte& byte : damaged) byte ^= std::byte{0x5a};
  store_->set(Key("a/c.0.0"), damaged);
  expect_error(ErrorCode::corrupt_data, "a/c.0.0", [&] {
    array.write<std::int16_t>(Region{{0, 0}, {1, 1}}, {values.data(), 1});
  });
  EXPECT_EQ(store_->get(Key("a/c.0.0"), 10000), damaged);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, ShardEditTest,
    ::testing::Values(Form{"end", false, false, false}, Form{"start", true, false, false},
                      Form{"nested", false, true, false}, Form{"nested_start", true, true, false},
                      Form{"coded", false, false, true}, Form{"nested_coded", true, true, true}),
    [](const auto& p) { return std::string(p.param.name); });

}  // namespace
}  // namespace engram::zarr
