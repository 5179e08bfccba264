#include "engram/zarr/migrate.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engram/codec/registry.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/store/open_store.hpp"
#include "engram/zarr/array.hpp"
#include "engram/zarr/consolidated.hpp"
#include "engram/zarr/group.hpp"
#include "engram/zarr/hierarchy.hpp"
#include "testing/expect_error.hpp"
#include "testing/old_run_lengths.hpp"
#include "testing/temp_dir.hpp"
#include "zarr/shard_edit.hpp"

namespace engram::zarr {
namespace {

using testing::expect_error;

// Arrays of numbers from 0 on in chunks of 4, under the paths and with the codec as it stands
// there.
void make_store(const std::string& path,
                const std::vector<std::pair<std::string, CodecConfig>>& arrays) {
  const std::shared_ptr<store::Store> store = store::create_store(path);
  Group root = Group::create(store, "");
  for (const auto& [name, codec] : arrays) {
    ArrayOptions options;
    options.type = DataType::integer(4);
    options.shape = {10};
    options.chunk_shape = {4};
    options.compressor = std::nullopt;
    Array array = root.create_array(name, options);
    std::vector<std::int32_t> values(10);
    for (std::int32_t i = 0; i < 10; ++i) values[static_cast<std::size_t>(i)] = i / 3;
    array.write<std::int32_t>(Region::all({10}), values);
    ArrayMetadata metadata = array.metadata();
    metadata.codecs = {codec};
    metadata.has_compressor = true;
    store->set(store::Key(name + "/.zarray"), as_bytes(to_zarray(metadata)));
    for (const char* chunk : {"/0", "/1", "/2"}) {
      const store::Key key(name + chunk);
      const Bytes bytes = *store->get(key, 1000);
      const bool is_old = codec.name == "run_lengths" && codec::version_of(codec) == "1.0";
      if (is_old)
        store->set(key, testing::old_runs(bytes));
      else if (codec::is_known_codec(codec.name))
        store->set(key, codec::Pipeline({codec}).encode(bytes, 4));
    }
  }
  consolidate(*store);
  store->finish();
}

std::string read_numbers(const std::string& path, const std::string& name) {
  std::string text;
  for (const std::int32_t each :
       Array::open(store::open_store(path), name).read<std::int32_t>(Region::all({10})))
    text += std::to_string(each);
  return text;
}

std::string version_in(const std::string& path, const std::string& name) {
  return codec::version_of(Array::open(store::open_store(path), name).metadata().codecs.back());
}

class MigrateTest : public ::testing::Test {
 protected:
  MigrateTest() { (void)codec::load_plugin(ENGRAM_TEST_PLUGINS "/run_lengths/run_lengths.so"); }

  const testing::TempDir dir_;
};

TEST_F(MigrateTest, EncodesAnewWhatIsOld) {
  const std::string path = dir_ / "x.zarr";
  make_store(path, {{"a/old", {"run_lengths", Json::object()}},
                    {"a/older", {"run_lengths", {{"codec_version", "1.0"}}}},
                    {"new", {"run_lengths", {{"codec_version", "2.0"}}}},
                    {"other", {"zlib", {{"level", 1}}}},
                    {"unknown", {"fancy", {{"codec_version", "0.1"}}}}});
  MigrateOptions options;
  options.dry_run = true;
  MigrateReport report = migrate(path, options);
  ASSERT_EQ(report.migrated.size(), 2U);
  EXPECT_EQ(report.migrated[0].path, "/a/old");
  EXPECT_EQ(report.migrated[0].codec, "run_lengths");
  EXPECT_EQ(report.migrated[0].from, "1.0");
  EXPECT_EQ(report.migrated[0].to, "2.0");
  EXPECT_EQ(report.migrated[0].chunks, 3U);
  EXPECT_EQ(report.arrays, 5U);
  EXPECT_EQ(version_in(path, "a/old"), "1.0");
  EXPECT_EQ(
      report.notices,
      (std::vector<std::string>{"/unknown: codec fancy is not known, the array is left as it is"}));
  EXPECT_EQ(summary(report), "2 of 5 arrays would be encoded anew; nothing was changed");

  std::vector<std::string> told;
  options.dry_run = false;
  options.on_array = [&](const std::string& array) { told.push_back(array); };
  report = migrate(path, options);
  EXPECT_EQ(told, (std::vector<std::string>{"/a/old", "/a/older"}));
  EXPECT_EQ(to_json(report)["migrated"][1]["path"], "/a/older");
  for (const char* name : {"a/old", "a/older", "new"}) {
    EXPECT_EQ(version_in(path, name), "2.0");
    EXPECT_EQ(read_numbers(path, name), "0001112223");
  }
  EXPECT_EQ(read_numbers(path, "other"), "0001112223");
  EXPECT_TRUE(migrate(path).migrated.empty()) << "once is enough";
}

TEST_F(MigrateTest, OfOneCodecAlone) {
  const std::string path = dir_ / "x.zarr";
  make_store(path, {{"old", {"run_lengths", Json::object()}}});
  MigrateOptions options;
  options.codecs = {"zlib"};
  EXPECT_TRUE(migrate(path, options).migrated.empty());
  options.codecs = {"zlib", "run_lengths"};
  EXPECT_EQ(migrate(path, options).migrated.size(), 1U);
}

TEST_F(MigrateTest, AnArrayThatIsDamagedStaysAsItIs) {
  const std::string path = dir_ / "x.zarr";
  make_store(path, {{"a", {"run_lengths", Json::object()}},
                    {"b", {"run_lengths", Json::object()}},
                    {"c", {"run_lengths", Json::object()}}});
  store::update_store(path)->set(store::Key("b/1"), Bytes(1));
  expect_error(ErrorCode::corrupt_data, "b/1", [&] { (void)migrate(path); });
  EXPECT_EQ(version_in(path, "a"), "2.0");
  EXPECT_EQ(version_in(path, "b"), "1.0");
  EXPECT_EQ(version_in(path, "c"), "1.0");
  EXPECT_EQ(read_numbers(path, "c"), "0001112223");
  EXPECT_FALSE(std::filesystem::exists(path + "/.engram-append"));
}

// Chunks alone and in shards; what the root holds of the others is current afterwards.
TEST_F(MigrateTest, OfZarrV3) {
  const std::string path = dir_ / "v3.zarr";
  const std::shared_ptr<store::Store> store = store::create_store(path);
  Group root = Group::create(store, "", Json::object(), IfExists::refuse, {}, 3);
  std::vector<std::int32_t> values(10);
  for (std::size_t i = 0; i < 10; ++i) values[i] = static_cast<std::int32_t>(i / 3);
  for (const std::string name : {"plain", "sharded"}) {
    ArrayOptions options;
    options.zarr_format = 3;
    options.type = DataType::integer(4);
    options.shape = {10};
    options.chunk_shape = {2};
    if (name == "sharded") options.shard_shape = {6};
    options.compressor = std::nullopt;
    options.attributes = {{"unit", "mV"}};
    Array array = root.create_array(name, options);
    array.write<std::int32_t>(Region::all({10}), values);
    ArrayMetadata metadata = array.metadata();
    metadata.codecs = {{"run_lengths", Json::object()}};
    const auto edit = metadata.shards.empty() ? nullptr : ShardEdit::of(*store, name, metadata);
    store::Store& chunks = edit ? static_cast<store::Store&>(*edit) : *store;
    for (std::uint64_t i = 0; i < 5; ++i)
      chunks.set(array.chunk_key({i}), testing::old_runs(*chunks.get(array.chunk_key({i}), 1000)));
    if (edit) edit->commit();
    store->set(store::Key(name + "/zarr.json"),
               as_bytes(dump_json(to_zarr_json(metadata, options.attributes), JsonStyle::line)));
  }
  consolidate(*store);
  store->finish();
  EXPECT_EQ(read_numbers(path, "plain"), "0001112223");
  EXPECT_EQ(read_numbers(path, "sharded"), "0001112223");
  const MigrateReport report = migrate(path);
  ASSERT_EQ(report.migrated.size(), 2U);
  EXPECT_EQ(report.migrated[1].chunks, 5U);
  const auto after = store::open_store(path);
  EXPECT_TRUE(check_consolidated(*after).is_current());
  for (const Node& node : read_hierarchy(*after).children) {
    EXPECT_EQ(codec::version_of(node.array->codecs.back()), "2.0") << node.name;
    EXPECT_EQ(node.attributes, (Json{{"unit", "mV"}}));
    EXPECT_EQ(read_numbers(path, node.name), "0001112223");
  }
}

TEST_F(MigrateTest, WhatItCannotDoIsSaid) {
  expect_error(ErrorCode::not_found, "nothing.zarr", [&] { (void)migrate(dir_ / "nothing.zarr"); });
}

}  // namespace
}  // namespace engram::zarr
