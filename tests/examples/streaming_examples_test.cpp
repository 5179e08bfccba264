// The examples of docs/streaming.md, compiled and run. What stands between "// [NAME]" and
// "// [end]" is the code of the page's example NAME; the last test holds the page to it.

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "engram/backend/stream.hpp"
#include "engram/backend/stream_queue.hpp"
#include "engram/base/error.hpp"
#include "engram/base/thread_pool.hpp"
#include "engram/hdmf/data_chunk_iterator.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/zarr/group.hpp"
#include "testing/example_page.hpp"
#include "testing/fake_sources.hpp"
#include "testing/temp_dir.hpp"

namespace {

using namespace engram;  // NOLINT(google-build-using-namespace): the page says so once.

/// A rig that has so many blocks of 30 samples of 4 channels.
class Rig {
 public:
  explicit Rig(int blocks) : blocks_(blocks) {}
  bool records() const { return blocks_ > 0; }
  std::vector<std::int16_t> next_block() {
    --blocks_;
    return std::vector<std::int16_t>(120, 7);
  }

 private:
  int blocks_;
};

std::vector<double> timestamps_of(std::uint64_t first, std::uint64_t count) {
  std::vector<double> times;
  for (std::uint64_t i = first; i < first + count; ++i)
    times.push_back(static_cast<double>(i) / 30000);
  return times;
}

class StreamingExamples : public ::testing::Test {
 protected:
  hdmf::GroupBuilder tree() const {
    hdmf::GroupBuilder series, root;
    series.name = "probe";
    root.groups.push_back(series);
    return root;
  }

  Shape shape_of(const std::string& array) const {
    const auto store =
        std::make_shared<const store::DirectoryStore>(path_, store::DirectoryStore::Mode::read);
    return zarr::Group::open_consolidated(store).array(array).shape();
  }

  engram::testing::TempDir dir_;
  std::string path_ = dir_ / "session.nwb.zarr";
};

TEST_F(StreamingExamples, RecordAndGoOn) {
  const std::string path = path_;
  hdmf::GroupBuilder root = tree();
  Rig rig(10);
  // [create]
  backend::StreamOptions data;
  data.path = "/probe/data";
  data.type = DataType::integer(2);
  data.max_shape = {hdmf::kUnlimited, 4};  // Begins with no samples of 4 channels.
  data.chunk_shape = {30'000, 4};

  backend::StreamOptions timestamps;
  timestamps.path = "/probe/timestamps";
  timestamps.type = DataType::floating(8);
  timestamps.max_shape = {hdmf::kUnlimited};

  ThreadPool pool;  // Encodes chunks.
  auto session = backend::StreamSession::create(path, root, {data, timestamps}, {.pool = &pool});
  // [end]
  // [record]
  while (rig.records()) {
    const std::vector<std::int16_t> block = rig.next_block();  // 30 samples
    const Region added = session.dataset("/probe/data").append<std::int16_t>(block);
    session.dataset("/probe/timestamps")
        .append<double>(timestamps_of(added.origin[0], added.shape[0]));
    if (added.origin[0] % 120 == 0) session.flush();  // Readers see all up to here.
  }
  session.close();
  // [end]
  EXPECT_EQ(shape_of("probe/data"), (Shape{300, 4}));
  EXPECT_EQ(shape_of("probe/timestamps"), Shape{300});
  // [open]
  auto more = backend::StreamSession::open(path, {{"/probe/data"}, {"/probe/timestamps"}});
  more.dataset("/probe/data").append<std::int16_t>(std::vector<std::int16_t>(8));  // 2 samples
  more.dataset("/probe/timestamps").append<double>(timestamps_of(300, 2));
  more.close();
  // [end]
  EXPECT_EQ(shape_of("probe/data"), (Shape{302, 4}));
}

TEST_F(StreamingExamples, AnyOrder) {
  backend::StreamOptions image;
  image.path = "/probe/image";
  image.type = DataType::floating(4);
  image.max_shape = {6, 6};
  image.chunk_shape = {2, 3};
  auto session = backend::StreamSession::create(path_, tree(), {image});
  backend::StreamedDataset& dataset = session.dataset("/probe/image");
  // [order]
  dataset.write<float>({{4, 0}, {2, 6}}, std::vector<float>(12, 1));  // The last rows first.

  std::vector<bool> mask(36);
  mask[0] = mask[7] = true;  // Elements (0, 0) and (1, 1).
  const std::vector<float> values = {2, 3};
  dataset.write(hdmf::select_mask(mask, {6, 6}), std::as_bytes(std::span(values)));
  // [end]
  session.close();
  const auto store =
      std::make_shared<const store::DirectoryStore>(path_, store::DirectoryStore::Mode::read);
  EXPECT_EQ(zarr::Array::open(store, "probe/image").read<float>({{0, 0}, {2, 2}}),
            (std::vector<float>{2, 0, 0, 3}));
}

TEST_F(StreamingExamples, Text) {
  backend::StreamOptions events;
  // [text]
  events.path = "/probe/events";
  events.type = hdmf::ObjectType{};  // Text; an ObjectType may be references as well.
  events.max_shape = {hdmf::kUnlimited};
  auto session = backend::StreamSession::create(path_, tree(), {events});
  session.dataset("/probe/events").append_values(std::vector<hdmf::Value>{"light on", "lick"});
  // [end]
  session.close();
  EXPECT_EQ(shape_of("probe/events"), Shape{2});
}

TEST_F(StreamingExamples, Iterators) {
  const std::string path = path_;
  hdmf::GroupBuilder root = tree();
  const std::shared_ptr<const ArraySource> source = engram::testing::fake_array(
      DataType::integer(2), {1000, 4}, std::vector<std::int16_t>(4000, 5));
  // [iterators]
  // Of an array, an HDF5 dataset perhaps, block by block.
  auto copy = hdmf::iterate_blocks(source, {.chunk_shape = {100, 4}});

  // Computed block by block.
  const hdmf::IteratorInfo info{DataType::integer(2), {1000, 4}};
  const auto compute = [&](const Region& block) {
    Bytes elements(element_count(block.shape) * 2);
    source->read(block, elements);  // And filtered, say.
    return elements;
  };
  auto filtered = hdmf::iterate_blocks(info, compute, {.chunk_shape = {250, 4}});

  // Row by row, until there is no more.
  int row = 0;
  auto counted = hdmf::iterate_rows<double>({hdmf::kUnlimited},
                                            [&]() -> std::optional<std::vector<double>> {
                                              if (row == 1000) return std::nullopt;
                                              return std::vector<double>{row++ / 30000.0};
                                            },
                                            {.buffer_rows = 100});
  // [end]
  // [queue]
  const std::vector<backend::StreamOptions> streams = {
      backend::stream_options("/probe/raw", *copy),
      backend::stream_options("/probe/data", *filtered),
      backend::stream_options("/probe/timestamps", *counted)};
  ThreadPool pool;
  auto session = backend::StreamSession::create(path, root, streams, {.pool = &pool});
  backend::StreamQueue queue(session);
  queue.add("/probe/raw", std::move(copy));
  queue.add("/probe/data", std::move(filtered));
  queue.add("/probe/timestamps", std::move(counted));
  queue.exhaust();
  // [end]
  EXPECT_EQ(shape_of("probe/raw"), (Shape{1000, 4}));
  EXPECT_EQ(shape_of("probe/data"), (Shape{1000, 4}));
  EXPECT_EQ(shape_of("probe/timestamps"), Shape{1000});
}

TEST(StreamingPage, ShowsTheCodeThatIsRunHere) {
  engram::testing::expect_examples_of_page("tests/examples/streaming_examples_test.cpp",
                                           "docs/streaming.md", 7);
}

}  // namespace
