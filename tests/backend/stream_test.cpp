#include "engram/backend/stream.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>
#include <thread>

#include "engram/base/error.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/zarr/consolidated.hpp"
#include "engram/zarr/group.hpp"
#include "engram/zarr/transaction.hpp"
#include "testing/expect_error.hpp"
#include "testing/fake_sources.hpp"
#include "testing/faulty_store.hpp"
#include "testing/store_content.hpp"
#include "testing/store_text.hpp"
#include "testing/temp_dir.hpp"

namespace engram::backend {
namespace {

using hdmf::kUnlimited;
using hdmf::Value;
using testing::expect_error;

/// A series with data and timestamps, which are to be streamed.
hdmf::GroupBuilder small_tree() {
  hdmf::GroupBuilder series;
  series.name = "series";
  series.attributes = testing::attributes_of({{"neurodata_type", "TimeSeries"}});
  hdmf::DatasetBuilder data;
  data.name = "data";
  data.attributes = testing::attributes_of({{"unit", "V"}});
  data.dimension_names = {"time", "channel"};
  series.datasets.push_back(data);
  series.datasets.push_back(testing::text_of("comments", "made by a test"));
  series.datasets.push_back(testing::dataset_of(
      "gains", testing::fake_array<double>(DataType::floating(8), {3}, {1, 2, 3})));
  hdmf::GroupBuilder root;
  root.groups.push_back(series);
  return root;
}

const std::string kData = "/series/data";
const std::string kTimes = "/series/timestamps";

std::vector<StreamOptions> small_streams() {
  StreamOptions data;
  data.path = kData;
  data.type = DataType::integer(2);
  data.max_shape = {kUnlimited, 3};
  data.chunk_shape = {4, 2};
  StreamOptions times;
  times.path = kTimes;
  times.type = DataType::floating(8);
  times.max_shape = {kUnlimited};
  times.chunk_shape = {5};
  return {data, times};
}

std::vector<std::int16_t> rows(std::uint64_t first, std::uint64_t count) {
  std::vector<std::int16_t> values(count * 3);
  std::iota(values.begin(), values.end(), static_cast<std::int16_t>(first * 3));
  return values;
}

std::vector<double> times(std::uint64_t first, std::uint64_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), static_cast<double>(first));
  return values;
}

void append(StreamSession& session, std::uint64_t first, std::uint64_t count) {
  session.dataset(kData).append<std::int16_t>(rows(first, count));
  session.dataset(kTimes).append<double>(times(first, count));
}

// What a reader sees, who goes by `.zmetadata` or by the single files.
void expect_rows(const std::shared_ptr<store::Store>& store, std::uint64_t count,
                 bool consolidated = true) {
  const zarr::Group root =
      consolidated ? zarr::Group::open_consolidated(store) : zarr::Group::open(store);
  const zarr::Array data = root.array(kData);
  EXPECT_EQ(data.shape(), (Shape{count, 3}));
  EXPECT_EQ(data.read<std::int16_t>(Region::all(data.shape())), rows(0, count));
  const zarr::Array stamps = root.array(kTimes);
  EXPECT_EQ(stamps.shape(), Shape{count});
  EXPECT_EQ(stamps.read<double>(Region::all(stamps.shape())), times(0, count));
}

TEST(StreamSession, MakesAStoreAndFillsIt) {
  const auto store = std::make_shared<store::MemoryStore>();
  StreamSession session = StreamSession::create(store, small_tree(), small_streams());
  expect_rows(store, 0);
  EXPECT_EQ(testing::text(*store, "series/data/.zattrs").value(),
            "{\n    \"_ARRAY_DIMENSIONS\": [\n        \"time\",\n        \"channel\"\n    ],\n"
            "    \"unit\": \"V\",\n    \"zarr_dtype\": \"int16\"\n}");
  append(session, 0, 6);
  EXPECT_EQ(session.dataset(kData).shape(), (Shape{6, 3}));
  EXPECT_EQ(session.dataset(kData).flushed_shape(), (Shape{0, 3}));
  expect_rows(store, 0);
  session.flush();
  EXPECT_EQ(session.dataset(kData).flushed_shape(), (Shape{6, 3}));
  for (const bool consolidated : {false, true}) expect_rows(store, 6, consolidated);
  append(session, 6, 1);
  session.close();
  EXPECT_FALSE(session.is_open());
  for (const bool consolidated : {false, true}) expect_rows(store, 7, consolidated);
  EXPECT_TRUE(zarr::check_consolidated(*store).is_current());
  const zarr::Group root = zarr::Group::open_consolidated(store);
  EXPECT_EQ(root.array("series/gains").read<double>({{0}, {3}}), (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(root.array("series/comments").read_objects({{0}, {1}})[0], "made by a test");
}

TEST(StreamSession, InADirectoryItAppearsWhole) {
  const testing::TempDir dir;
  const std::string path = dir / "x.zarr";
  ThreadPool pool(2);
  {
    StreamSession session =
        StreamSession::create(path, small_tree(), small_streams(), {.pool = &pool, .sync = true});
    append(session, 0, 100);
    // The destructor closes.
  }
  const auto store =
      std::make_shared<store::DirectoryStore>(path, store::DirectoryStore::Mode::update);
  expect_rows(store, 100);
  expect_error(ErrorCode::already_exists, path,
               [&] { StreamSession::create(path, small_tree(), small_streams()); });
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
  for (const char* zip : {"y.zip", "memory:", "http://nowhere/x"})
    expect_error(ErrorCode::unsupported, "", [&] {
      StreamSession::create(zip == std::string("y.zip") ? dir / zip : zip, small_tree(),
                            small_streams());
    });
}

TEST(StreamSession, AStoreThatCantBeMadeLeavesNothing) {
  const testing::TempDir dir;
  StreamSessionOptions v3;
  v3.layout.zarr_format = 3;
  expect_error(ErrorCode::unsupported, "Zarr v2 only",
               [&] { StreamSession::create(dir / "x.zarr", small_tree(), small_streams(), v3); });
  auto streams = small_streams();
  streams[0].chunk_shape = {4};
  expect_error(ErrorCode::invalid_argument, kData,
               [&] { StreamSession::create(dir / "x.zarr", small_tree(), streams); });
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(StreamSession, GoesOnWhereItWas) {
  const auto store = std::make_shared<store::MemoryStore>();
  std::uint64_t count = 0;
  {
    StreamSession session = StreamSession::create(store, small_tree(), small_streams());
    append(session, 0, 7);
    count = 7;
  }
  for (const std::uint64_t more : std::vector<std::uint64_t>{3, 1, 12}) {
    StreamSession session = StreamSession::open(store, {{kData}, {kTimes}});
    EXPECT_EQ(session.dataset(kData).max_shape(), (Shape{kUnlimited, 3}));
    append(session, count, more);
    count += more;
    session.close();
    expect_rows(store, count);
  }
}

TEST(StreamSession, BadTrees) {
  const auto create = [](const std::vector<StreamOptions>& streams) {
    StreamSession::create(std::make_shared<store::MemoryStore>(), small_tree(), streams);
  };
  StreamOptions good = small_streams()[0];
  const auto with = [&](const auto& change) {
    StreamOptions bad = good;
    change(bad);
    return std::vector<StreamOptions>{bad};
  };
  expect_error(ErrorCode::not_found, "no group /other",
               [&] { create(with([](auto& o) { o.path = "/other/data"; })); });
  expect_error(ErrorCode::invalid_argument, "no path of a dataset",
               [&] { create(with([](auto& o) { o.path = "series/data"; })); });
  expect_error(ErrorCode::invalid_argument, "has values in the tree",
               [&] { create(with([](auto& o) { o.path = "/series/gains"; })); });
  expect_error(ErrorCode::invalid_argument, "twice", [&] { create({good, good}); });
  expect_error(ErrorCode::invalid_argument, "none of those to be streamed",
               [&] { create({small_streams()[1]}); });
  expect_error(ErrorCode::invalid_argument, "single value",
               [&] { create(with([](auto& o) { o.max_shape = o.chunk_shape = {}; })); });
  expect_error(ErrorCode::invalid_argument, "fill value of 1 bytes for elements of 2",
               [&] { create(with([](auto& o) { o.fill_value = Bytes(1); })); });
  expect_error(ErrorCode::invalid_argument, kData, [&] {
    create(with([](auto& o) { o.chunk_shape = {0, 3}; }));
  });
  expect_error(ErrorCode::unsupported, "records with text can't be streamed", [&] {
    create(with([](auto& o) {
      o.type = testing::record_type({{"name", testing::text_type()}});
      o.max_shape = {kUnlimited};
      o.chunk_shape = {};
    }));
  });
}

TEST(StreamSession, ChosenChunks) {
  struct Case {
    Shape max_shape, chunk_shape;
  };
  const std::vector<Case> cases = {
      {{kUnlimited}, {1U << 19U}},
      {{kUnlimited, 384}, {1365, 384}},
      {{100, 384}, {100, 384}},
      {{kUnlimited, 1080, 1920}, {1, 724, 724}},
      {{kUnlimited, kUnlimited}, {8192, 64}},
  };
  for (const Case& wanted : cases) {
    StreamOptions stream = small_streams()[0];
    stream.max_shape = wanted.max_shape;
    stream.chunk_shape = {};
    StreamSession session =
        StreamSession::create(std::make_shared<store::MemoryStore>(), small_tree(), {stream});
    EXPECT_EQ(session.dataset(kData).chunk_shape(), wanted.chunk_shape)
        << to_string(wanted.max_shape);
  }
}

TEST(StreamSession, MistakesNameTheDatasetAndTakeNothing) {
  const auto store = std::make_shared<store::MemoryStore>();
  StreamSession session = StreamSession::create(store, small_tree(), small_streams());
  append(session, 0, 2);
  StreamedDataset& data = session.dataset(kData);
  const std::string place = ": at " + kData + ": at ";
  expect_error(ErrorCode::invalid_argument, place, [&] { data.write({{0}, {3}}, Bytes(6)); });
  expect_error(ErrorCode::invalid_argument, place, [&] { data.append(Bytes(5)); });
  expect_error(ErrorCode::invalid_argument, place, [&] { data.append(Bytes(8)); });
  expect_error(ErrorCode::invalid_argument, "no dimension 2", [&] { data.append(Bytes(6), 2); });
  expect_error(ErrorCode::invalid_argument, "the largest shape", [&] { data.append(Bytes(4), 1); });
  expect_error(ErrorCode::invalid_argument, "holds int16, not float32",
               [&] { data.append<float>(std::vector<float>(3)); });
  expect_error(ErrorCode::invalid_argument, "not values",
               [&] { data.append_values(std::vector<Value>{"a"}); });
  expect_error(ErrorCode::invalid_argument, place, [&] {
    data.write(hdmf::DataChunk{{{{0, 0}, {1, 3}}}, Bytes(7)});
  });
  expect_error(ErrorCode::not_found, kData + ", " + kTimes, [&] { session.dataset("/other"); });
  session.close();
  session.close();
  expect_rows(store, 2);
  expect_error(ErrorCode::invalid_argument, "was closed", [&] { data.append(Bytes(6)); });
  expect_error(ErrorCode::invalid_argument, "was closed", [&] { session.flush(); });
}

TEST(StreamSession, HasItsStoreAlone) {
  const testing::TempDir dir;
  const std::string path = dir / "x.zarr";
  StreamSession session = StreamSession::create(path, small_tree(), small_streams());
  const auto again =
      std::make_shared<store::DirectoryStore>(path, store::DirectoryStore::Mode::update);
  expect_error(ErrorCode::already_exists, path, [&] { StreamSession::open(path, {{kData}}); });
  expect_error(ErrorCode::already_exists, path, [&] { zarr::Transaction{again}; });
  append(session, 0, 2);
  session.close();
  {
    const zarr::Transaction other(again);
    expect_error(ErrorCode::already_exists, path, [&] { StreamSession::open(path, {{kData}}); });
  }
  StreamSession::open(path, {{kData}, {kTimes}}).close();
}

TEST(StreamSession, EndsATransactionThatWasInterrupted) {
  const auto store = std::make_shared<store::MemoryStore>();
  StreamSession::create(store, small_tree(), small_streams()).close();
  const testing::StoreContent before = testing::content_of(*store);
  bool was_interrupted = false;
  for (std::uint64_t at = 0; at < 100 && !was_interrupted; ++at) {
    const auto dying =
        std::make_shared<testing::FaultyStore>(*store, at, testing::FaultyStore::Fault::fail, true);
    try {
      zarr::Transaction transaction(dying);
      transaction.set(store::Key("series/data/7.0"), Bytes(6));
    } catch (const Error&) {
      continue;
    }
    was_interrupted = testing::content_of(*store) != before;
  }
  ASSERT_TRUE(was_interrupted);
  StreamSession::open(store, {{kData}, {kTimes}}).close();
  EXPECT_EQ(testing::content_of(*store), before);
}

TEST(StreamSession, BadOpens) {
  const auto store = std::make_shared<store::MemoryStore>();
  StreamSession::create(store, small_tree(), small_streams()).close();
  expect_error(ErrorCode::not_found, "", [&] { StreamSession::open(store, {{"/series/none"}}); });
  expect_error(ErrorCode::not_found, "", [&] { StreamSession::open(store, {{"/series"}}); });
  expect_error(ErrorCode::invalid_argument, "named twice", [&] {
    StreamSession::open(store, {{kData}, {kData}});
  });
  expect_error(ErrorCode::invalid_argument, "can't become", [&] {
    StreamSession::open(store, {{kData, {kUnlimited, 2}}});
  });
  expect_error(ErrorCode::not_found, "", [] { StreamSession::open("/nowhere/x.zarr", {{kData}}); });
  zarr::ArrayMetadata pickled = zarr::Array::open(store, "series/comments").metadata();
  pickled.codecs = {{"pickle", {{"protocol", 5}}}};
  pickled.has_compressor = false;
  zarr::Array::create(store, "pickled", pickled);
  expect_error(ErrorCode::unsupported, "never writes",
               [&] { StreamSession::open(store, {{"/pickled"}}); });
}

TEST(StreamSession, AStoreWithoutConsolidatedMetadata) {
  const auto store = std::make_shared<store::MemoryStore>();
  StreamSessionOptions options;
  options.layout.consolidate = false;
  {
    StreamSession session = StreamSession::create(store, small_tree(), small_streams(), options);
    append(session, 0, 9);
  }
  EXPECT_FALSE(testing::text(*store, ".zmetadata"));
  expect_rows(store, 9, false);
}

TEST(StreamSession, ValuesOfEachKind) {
  for (const Compat compat : {Compat::hdmf_zarr, Compat::portable}) {
    const auto store = std::make_shared<store::MemoryStore>();
    const auto stream = [](const char* path, hdmf::ObjectType type) {
      StreamOptions options;
      options.path = path;
      options.type = std::move(type);
      options.max_shape = {kUnlimited};
      options.chunk_shape = {3};
      return options;
    };
    StreamSessionOptions options;
    options.layout.compat = compat;
    hdmf::Reference target;
    target.path = "/series";
    const hdmf::RegionReference region{target, {{{0}, {2}}}};
    std::vector<std::pair<StreamOptions, std::vector<Value>>> cases = {
        {stream("/text", testing::text_type()), {"a", "µV", "", "d"}},
        {stream("/references", testing::object_type(hdmf::ObjectType::Kind::reference)),
         {target, Value(), target, target}},
        {stream("/regions", testing::object_type(hdmf::ObjectType::Kind::region_reference)),
         {region, Value()}},
    };
    if (compat == Compat::hdmf_zarr) {
      cases.push_back(
          {stream("/rows",
                  testing::record_type(
                      {{"start", testing::number_type(DataType::integer(4))},
                       {"series", testing::object_type(hdmf::ObjectType::Kind::reference)}})),
           {hdmf::List{3, target}, hdmf::List{-1, Value()}}});
      cases.push_back(
          {stream("/spikes", testing::sequence_type(testing::number_type(DataType::floating(8)))),
           {hdmf::List{1.5, 2.5}, hdmf::List{}}});
    }
    std::vector<StreamOptions> streams;
    for (const auto& [one, values] : cases) streams.push_back(one);
    hdmf::GroupBuilder root = small_tree();
    root.groups[0].datasets.erase(root.groups[0].datasets.begin());
    {
      StreamSession session = StreamSession::create(store, root, streams, options);
      for (const auto& [one, values] : cases)
        for (const Value& value : values)
          session.dataset(one.path).append_values(std::span(&value, 1));
    }
    for (const auto& [one, values] : cases) {
      // Written on, in a session that finds out the type itself.
      StreamSession session = StreamSession::open(store, {{one.path}});
      session.dataset(one.path).append_values(std::span(values).first(1));
      session.close();
      const hdmf::GroupBuilder tree = open_zarr_reader(store)->read_tree();
      const hdmf::DatasetBuilder* const dataset = tree.find_dataset(one.path);
      ASSERT_NE(dataset, nullptr) << one.path;
      ASSERT_NE(dataset->objects(), nullptr) << one.path;
      std::vector<Value> expected = values;
      expected.push_back(values[0]);
      EXPECT_EQ(dataset->objects()->read(Region::all(dataset->shape())), expected) << one.path;
    }
    EXPECT_TRUE(zarr::check_consolidated(*store).is_current());
  }
}

TEST(StreamSession, ValuesOfAnotherKindAreRefused) {
  const auto store = std::make_shared<store::MemoryStore>();
  StreamOptions text;
  text.path = "/text";
  text.type = testing::text_type();
  text.max_shape = {kUnlimited};
  StreamOptions references = text;
  references.path = "/references";
  references.type = testing::object_type(hdmf::ObjectType::Kind::reference);
  StreamSession session = StreamSession::create(store, {}, {text, references});
  const std::vector<Value> numbers = {"a", 1};
  expect_error(ErrorCode::invalid_argument, "value 1 of the 2 given is no text",
               [&] { session.dataset("/text").append_values(numbers); });
  const std::vector<Value> bad_text = {std::string("\xff")};
  expect_error(ErrorCode::invalid_argument, "no UTF-8",
               [&] { session.dataset("/text").append_values(bad_text); });
  expect_error(ErrorCode::invalid_argument, "no object reference",
               [&] { session.dataset("/references").append_values(bad_text); });
  expect_error(ErrorCode::invalid_argument, "values, not",
               [&] { session.dataset("/text").append(Bytes(3)); });
  EXPECT_EQ(session.dataset("/text").shape(), Shape{0});
}

// At each step of a flush that fails there, and of one that is cut off for good, readers see all of
// it or nothing, and the next session goes on with datasets of one length.
TEST(StreamSession, AFlushIsAllOrNothing) {
  for (const bool for_ever : {false, true}) {
    for (std::uint64_t at = 0; at < 25; ++at) {
      store::MemoryStore memory;
      const auto plain = std::shared_ptr<store::Store>(std::shared_ptr<void>(), &memory);
      StreamSession::create(plain, small_tree(), small_streams()).close();
      {
        StreamSession session = StreamSession::open(plain, {{kData}, {kTimes}});
        append(session, 0, 6);
      }
      std::uint64_t seen = 6;
      {
        const auto faulty = std::make_shared<testing::FaultyStore>(
            memory, at, testing::FaultyStore::Fault::fail, for_ever);
        try {
          StreamSession session = StreamSession::open(faulty, {{kData}, {kTimes}}, {.sync = true});
          append(session, 6, 5);
          session.flush();
          seen = 11;
        } catch (const Error& error) {
          EXPECT_EQ(error.code(), ErrorCode::io_error) << error.what();
        }
        // If the fault has passed, the destructor of the session has flushed all that was taken.
      }
      const zarr::Group root = zarr::Group::open_consolidated(plain);
      const std::uint64_t length = root.array(kTimes).shape()[0];
      EXPECT_GE(length, seen);
      const zarr::Array data = root.array(kData);
      EXPECT_EQ(data.read<std::int16_t>(Region::all(data.shape())), rows(0, data.shape()[0]));
      if (for_ever) {
        EXPECT_EQ(data.shape()[0], length) << "call " << at;
      }
      // By the single files, nothing is beyond what is stored.
      const zarr::Array single = zarr::Array::open(plain, kData);
      EXPECT_EQ(single.read<std::int16_t>(Region::all(single.shape())), rows(0, single.shape()[0]));
      StreamSession session = StreamSession::open(plain, {{kData}, {kTimes}});
      EXPECT_EQ(session.dataset(kData).shape(), data.shape());
      session.close();
      EXPECT_TRUE(zarr::check_consolidated(memory).is_current()) << "call " << at;
    }
  }
}

TEST(StreamSession, SingleFilesThatAreAheadAreTheTruth) {
  const auto store = std::make_shared<store::MemoryStore>();
  StreamSession::create(store, small_tree(), small_streams()).close();
  // Somebody appends and does not consolidate.
  zarr::Array::open(store, kData).append<std::int16_t>(rows(0, 3));
  zarr::Array::open(store, kTimes).append<double>(times(0, 3));
  StreamSession session = StreamSession::open(store, {{kData}, {kTimes}});
  expect_rows(store, 3);
  append(session, 3, 2);
  session.close();
  expect_rows(store, 5);
}

TEST(StreamSession, ManyThreadsTakeTurns) {
  const auto store = std::make_shared<store::MemoryStore>();
  ThreadPool pool(2);
  constexpr std::uint64_t kRows = 400;
  {
    StreamSession session =
        StreamSession::create(store, small_tree(), small_streams(), {.memory = 256, .pool = &pool});
    std::vector<std::jthread> threads;
    threads.emplace_back([&] {
      for (std::uint64_t row = 0; row < kRows; ++row)
        session.dataset(kData).write<std::int16_t>({{row, 0}, {1, 3}}, rows(row, 1));
    });
    threads.emplace_back([&] {
      for (std::uint64_t row = 0; row < kRows; row += 4)
        session.dataset(kTimes).append<double>(times(row, 4));
    });
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        session.flush();
        const zarr::Array data = zarr::Group::open_consolidated(store).array(kData);
        EXPECT_EQ(data.read<std::int16_t>(Region::all(data.shape())), rows(0, data.shape()[0]));
      }
    });
  }
  expect_rows(store, kRows);
}

}  // namespace
}  // namespace engram::backend
