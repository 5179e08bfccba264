// The examples of docs/zarr.md, compiled and run. What stands between "// [NAME]" and "// [end]"
// is the code of the page's example NAME; the last test holds the page to it.

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "engram/array/region.hpp"
#include "engram/base/buffer.hpp"
#include "engram/base/error.hpp"
#include "engram/base/thread_pool.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/zarr/array.hpp"
#include "engram/zarr/consolidated.hpp"
#include "engram/zarr/group.hpp"
#include "testing/example_page.hpp"
#include "testing/temp_dir.hpp"

namespace {

using namespace engram;  // NOLINT(google-build-using-namespace): the page says so once.

std::shared_ptr<store::MemoryStore> memory() { return std::make_shared<store::MemoryStore>(); }

TEST(ZarrExamples, CreateAndReadBack) {
  const engram::testing::TempDir dir;
  const std::string path = dir / "session.zarr";
  // [create]
  auto store = std::make_shared<store::DirectoryStore>(path, store::DirectoryStore::Mode::create);
  zarr::Group root = zarr::Group::create(store, "", {{"subject", "M12"}});

  zarr::ArrayOptions options;
  options.type = DataType::integer(2);
  options.shape = {30'000, 384};
  options.chunk_shape = {10'000, 64};
  options.attributes = {{"unit", "uV"}};
  zarr::Array voltage = root.create_array("acquisition/probe/voltage", options);

  const std::vector<std::int16_t> second_of_channel_5(10'000, 42);
  voltage.write<std::int16_t>({{0, 5}, {10'000, 1}}, second_of_channel_5);
  // [end]
  // [open]
  auto again =
      std::make_shared<const store::DirectoryStore>(path, store::DirectoryStore::Mode::read);
  const zarr::Array array = zarr::Array::open(again, "acquisition/probe/voltage");
  const std::vector<std::int16_t> rows = array.read<std::int16_t>({{9'999, 0}, {2, 384}});
  // rows[5] == 42, and rows[384 + 5] == 0: nothing was written there, so it is the fill value.
  // [end]
  EXPECT_EQ(rows[5], 42);
  EXPECT_EQ(rows[384 + 5], 0);
}

TEST(ZarrExamples, Untyped) {
  zarr::ArrayOptions options;
  options.type = DataType::floating(2);
  options.shape = {4};
  const zarr::Array array = zarr::Array::create(memory(), "half", options);
  // [untyped]
  const DataType& type = array.metadata().type;
  const Bytes elements = array.read_bytes(Region::all(array.shape()));
  // typestr(type) == "<f2", and elements has 4 * type.size bytes, little-endian, C order.
  // [end]
  EXPECT_EQ(typestr(type), "<f2");
  EXPECT_EQ(elements.size(), 4 * type.size);
}

TEST(ZarrExamples, Mismatch) {
  zarr::ArrayOptions options;
  options.type = DataType::integer(2);
  options.shape = {4};
  const zarr::Array array = zarr::Array::create(memory(), "a", options);
  std::string what;
  // [mismatch]
  try {
    array.read<float>(Region::all(array.shape()));
  } catch (const Error& error) {
    what = error.what();  // "a" holds int16 (<i2), not float32
  }
  // [end]
  EXPECT_EQ(what, "\"a\" holds int16 (<i2), not float32");
}

TEST(ZarrExamples, Append) {
  zarr::Group root = zarr::Group::create(memory());
  // [append]
  zarr::ArrayOptions options;
  options.type = DataType::floating(8);
  options.shape = {0, 3};
  options.chunk_shape = {1024, 3};
  zarr::Array positions = root.create_array("positions", options);
  positions.append<double>(std::vector<double>{1, 2, 3, 4, 5, 6});  // Two rows.
  positions.resize({1, 3});                                         // Only the first stays.
  // [end]
  EXPECT_EQ(positions.read<double>(Region::all({1, 3})), (std::vector<double>{1, 2, 3}));
}

TEST(ZarrExamples, Times) {
  zarr::Group root = zarr::Group::create(memory());
  // [times]
  using Time = std::chrono::sys_time<std::chrono::nanoseconds>;
  zarr::ArrayOptions options;
  options.type = DataType::datetime("ns");
  options.shape = {2};
  options.fill_value = "NaT";
  zarr::Array times = root.create_array("times", options);
  times.write<Time>({{0}, {1}}, std::vector<Time>{Time(std::chrono::seconds(1'700'000'000))});
  const std::vector<Time> read = times.read<Time>(Region::all({2}));
  const std::string text = time_text(options.type, read[0].time_since_epoch().count());
  // text == "2023-11-14T22:13:20.000000000"; read[1] is NaT.
  // [end]
  EXPECT_EQ(text, "2023-11-14T22:13:20.000000000");
  EXPECT_EQ(read[1].time_since_epoch().count(), kNotATime);
}

TEST(ZarrExamples, Records) {
  zarr::Group root = zarr::Group::create(memory());
  // [records]
  zarr::ArrayOptions options;
  options.type = DataType::structured(
      {Field{"start", DataType::floating(8), {}, 0}, Field{"label", DataType::bytes(4), {}, 0}});
  options.shape = {100};
  options.filters = {{"shuffle", {{"elementsize", 12}}}};
  options.compressor = CodecConfig{"zstd", {{"level", 3}}};
  zarr::Array trials = root.create_array("trials", options);

  Bytes record(12);  // The fields one after another, little-endian, without gaps.
  trials.write({{7}, {1}}, record);
  // [end]
  EXPECT_EQ(trials.read_bytes({{7}, {1}}), record);
}

TEST(ZarrExamples, Text) {
  zarr::Group root = zarr::Group::create(memory());
  // [text]
  zarr::ArrayOptions options;
  options.object_codec = CodecConfig{"vlen-utf8", Json::object()};
  options.shape = {3};
  zarr::Array names = root.create_array("names", options);
  names.write_objects(Region::all({3}), std::vector<Json>{"CA1", "CA3", "dentate gyrus"});
  const std::string third = names.read_objects({{2}, {1}}).front().get<std::string>();
  // [end]
  EXPECT_EQ(third, "dentate gyrus");
}

TEST(ZarrExamples, Threads) {
  zarr::ArrayOptions options;
  options.type = DataType::integer(2);
  options.shape = {1000, 100};
  options.chunk_shape = {100, 100};
  zarr::Array array = zarr::Array::create(memory(), "", options);
  // [threads]
  ThreadPool pool(4);
  MemoryBudget budget(64 << 20);  // Chunks that are worked on take 64 MiB at most.
  std::stop_source stop;
  const zarr::Workers workers{&pool, &budget, stop.get_token()};
  std::vector<std::int16_t> values(100'000, 7);
  array.write<std::int16_t>(Region::all(array.shape()), values, workers);
  array.read<std::int16_t>(Region::all(array.shape()), values, workers);
  // [end]
  EXPECT_EQ(values, std::vector<std::int16_t>(100'000, 7));
}

TEST(ZarrExamples, Windows) {
  zarr::ArrayOptions options;
  options.type = DataType::integer(2);
  options.shape = {1000, 100};
  options.chunk_shape = {100, 100};
  zarr::Array array = zarr::Array::create(memory(), "", options);
  std::vector<std::int16_t> values(100'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int16_t>(i / 100);
  array.write<std::int16_t>(Region::all(array.shape()), values);
  ThreadPool pool(2);
  // [windows]
  // Two windows of 10 rows, which may lie in the same chunk.
  std::vector<zarr::RegionBuffer> windows;
  std::vector<Buffer> buffers;
  for (const std::uint64_t row : {120U, 140U}) {
    const Region window{{row, 0}, {10, 100}};
    const std::uint64_t size = element_count(window.shape) * array.metadata().type.size;
    windows.push_back({window, buffers.emplace_back(size).bytes()});
  }
  array.read(windows, {.pool = &pool});
  array.cache_chunks(256 << 20);  // For who reads single windows, one after another.
  // [end]
  for (std::size_t i = 0; i < 2; ++i) {
    std::vector<std::int16_t> rows(1000);
    std::memcpy(rows.data(), buffers[i].bytes().data(), 2000);
    EXPECT_EQ(rows.front(), i == 0 ? 120 : 140);
    EXPECT_EQ(rows.back(), i == 0 ? 129 : 149);
  }
  EXPECT_EQ(array.read<std::int16_t>({{7, 7}, {1, 1}}), std::vector<std::int16_t>{7});
}

TEST(ZarrExamples, Tree) {
  zarr::Group root = zarr::Group::create(memory());
  root.create_group("a", {{"x", 1}});
  // [tree]
  root.update_attributes({{"experimenter", "Ada"}});
  for (const zarr::Child& child : root.children()) {
    if (child.kind == zarr::NodeKind::group)
      root.group(child.name).set_attributes({{"seen", true}});
  }
  if (root.contains("a")) root.erase("a");  // With all below it.
  // [end]
  EXPECT_TRUE(root.children().empty());
  EXPECT_EQ(root.attributes(), Json({{"experimenter", "Ada"}}));
}

TEST(ZarrExamples, SparseChunks) {
  zarr::ArrayOptions options;
  options.type = DataType::floating(4);
  options.shape = {10};
  options.chunk_shape = {5};
  options.fill_value = "NaN";
  zarr::Array array = zarr::Array::create(memory(), "", options);
  // [sparse]
  array.set_write_empty_chunks(false);
  array.write<float>(Region::all({10}),
                     std::vector<float>(10, std::numeric_limits<float>::quiet_NaN()));
  const bool is_stored =
      array.read_chunk({0}).has_value();  // No: it would hold only the fill value.
  // [end]
  EXPECT_FALSE(is_stored);
}

TEST(ZarrExamples, Consolidated) {
  const auto store = memory();
  zarr::Group::create(store).create_group("a");
  // [consolidated]
  zarr::consolidate(*store);
  const zarr::Group root = zarr::Group::open_consolidated(store);  // Reads one document.

  const zarr::ConsolidatedCheck check = zarr::check_consolidated(*store);
  // check.is_current(); else check.stale, check.missing and check.superfluous name the keys.
  // [end]
  EXPECT_TRUE(root.contains("a"));
  EXPECT_TRUE(check.is_current());
}

TEST(ZarrExamples, AreThePages) {
  engram::testing::expect_examples_of_page("tests/examples/zarr_examples_test.cpp", "docs/zarr.md",
                                           12);
}

}  // namespace
