#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <complex>
#include <functional>

#include "engram/base/error.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/zarr/array.hpp"
#include "engram/zarr/group.hpp"
#include "testing/expect_error.hpp"
#include "testing/faulty_store.hpp"

namespace engram::zarr {
namespace {

using testing::expect_error;
using Int16s = std::vector<std::int16_t>;

class ZarrArrayWrite : public ::testing::Test {
 protected:
  static ArrayOptions int16(Shape shape, Shape chunk_shape) {
    ArrayOptions options;
    options.type = DataType::integer(2);
    options.shape = std::move(shape);
    options.chunk_shape = std::move(chunk_shape);
    options.compressor.reset();
    return options;
  }

  Array create(const ArrayOptions& options) {
    return Array::create(store_, "a", options, IfExists::replace);
  }

  std::vector<std::string> keys() const { return store_->list_dir("a").keys; }

  std::shared_ptr<store::MemoryStore> store_ = std::make_shared<store::MemoryStore>();
};

TEST_F(ZarrArrayWrite, WritesAcrossChunksAndReadsBack) {
  for (const bool fortran_order : {false, true}) {
    for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
      ArrayOptions options = int16({3, 5}, {2, 2});
      options.type = DataType::integer(2, order);
      if (fortran_order) options.order = Order::fortran(2);
      options.fill_value = -1;
      Array array = create(options);
      array.write<std::int16_t>({{0, 1}, {3, 3}}, Int16s{1, 2, 3, 4, 5, 6, 7, 8, 9});
      EXPECT_EQ(array.read<std::int16_t>(Region::all({3, 5})),
                (Int16s{-1, 1, 2, 3, -1, -1, 4, 5, 6, -1, -1, 7, 8, 9, -1}));
      array.write<std::int16_t>({{1, 0}, {1, 5}}, Int16s{10, 11, 12, 13, 14});
      EXPECT_EQ(Array::open(store_, "a").read<std::int16_t>({{1, 0}, {2, 5}}),
                (Int16s{10, 11, 12, 13, 14, -1, 7, 8, 9, -1}));
    }
  }
}

TEST_F(ZarrArrayWrite, PutsWhatZarrPythonPuts) {
  ArrayOptions options = int16({3}, {2});
  options.fill_value = 7;
  Array array = create(options);
  array.write<std::int16_t>(Region::all({3}), Int16s{1, 2, 3});
  EXPECT_EQ(array.read_chunk({0}), (Bytes{std::byte{1}, std::byte{0}, std::byte{2}, std::byte{0}}));
  // The rest of an edge chunk is fill.
  EXPECT_EQ(array.read_chunk({1}), (Bytes{std::byte{3}, std::byte{0}, std::byte{7}, std::byte{0}}));
  options.type = DataType::integer(2, ByteOrder::big);
  array = create(options);
  array.write<std::int16_t>({{2}, {1}}, Int16s{3});
  EXPECT_EQ(array.read_chunk({1}), (Bytes{std::byte{0}, std::byte{3}, std::byte{0}, std::byte{7}}));
  EXPECT_FALSE(array.read_chunk({0}));
}

TEST_F(ZarrArrayWrite, WholeChunksAreWrittenWithoutBeingRead) {
  Array array = create(int16({3}, {2}));
  store_->set(store::Key("a/0"), Bytes(1));  // Not to be decoded.
  store_->set(store::Key("a/1"), Bytes(1));
  array.write<std::int16_t>(Region::all({3}), Int16s{1, 2, 3});
  EXPECT_EQ(array.read<std::int16_t>(Region::all({3})), (Int16s{1, 2, 3}));
  store_->set(store::Key("a/0"), Bytes(1));
  expect_error(ErrorCode::corrupt_data, "a/0", [&] {
    array.write<std::int16_t>({{0}, {1}}, Int16s{1});
  });
}

TEST_F(ZarrArrayWrite, ScalarsAndEmptyDimensions) {
  Array scalar = create(int16({}, {}));
  scalar.write<std::int16_t>({}, Int16s{42});
  EXPECT_EQ(scalar.read<std::int16_t>({}), Int16s{42});
  EXPECT_EQ(keys(), (std::vector<std::string>{".zarray", "0"}));
  Array empty = create(int16({3, 0}, {2, 1}));
  empty.write<std::int16_t>(Region::all({3, 0}), {});
  EXPECT_EQ(empty.read<std::int16_t>(Region::all({3, 0})), Int16s{});
  EXPECT_EQ(keys(), std::vector<std::string>{".zarray"});
  const Shape many(32, 1);
  Array deep = create(int16(many, many));
  deep.write<std::int16_t>(Region::all(many), Int16s{5});
  EXPECT_EQ(Array::open(store_, "a").read<std::int16_t>(Region::all(many)), Int16s{5});
}

TEST_F(ZarrArrayWrite, EveryElementTypeIsTyped) {
  const auto round_trip = [&]<typename T>(const DataType& type, std::vector<T> values) {
    ArrayOptions options = int16({2}, {2});
    options.type = type;
    Array array = create(options);
    array.write(Region::all({2}), std::as_bytes(std::span<const T>(values)));
    EXPECT_EQ(array.read<T>(Region::all({2})), values) << typestr(type);
    std::vector<T> into(2);
    array.read<T>(Region::all({2}), into);
    EXPECT_EQ(into, values);
    array.write<T>({{0}, {1}}, std::span<const T>(values).subspan(1));
    EXPECT_EQ(array.read<T>({{0}, {1}}).at(0), values.at(1));
  };
  round_trip(DataType::integer(1), std::vector<std::int8_t>{-1, 2});
  round_trip(DataType::integer(4), std::vector<std::int32_t>{-1, 2});
  round_trip(DataType::integer(8), std::vector<std::int64_t>{-1, 2});
  round_trip(DataType::unsigned_integer(1), std::vector<std::uint8_t>{255, 2});
  round_trip(DataType::unsigned_integer(2), std::vector<std::uint16_t>{1, 2});
  round_trip(DataType::unsigned_integer(4), std::vector<std::uint32_t>{1, 2});
  round_trip(DataType::unsigned_integer(8), std::vector<std::uint64_t>{~0ULL, 2});
  round_trip(DataType::floating(4), std::vector<float>{1.5F, -2});
  round_trip(DataType::floating(8), std::vector<double>{1.5, -2});
  round_trip(DataType::complex(8), std::vector<std::complex<float>>{{1, 2}, {3, 4}});
  round_trip(DataType::complex(16), std::vector<std::complex<double>>{{1, 2}, {3, 4}});
  using Time = std::chrono::sys_time<std::chrono::nanoseconds>;
  round_trip(DataType::datetime("ns"),
             std::vector<Time>{Time(std::chrono::seconds(1)), Time::min()});
  round_trip(DataType::timedelta("s"),
             std::vector<std::chrono::seconds>{std::chrono::minutes(1), std::chrono::hours(-1)});
  ArrayOptions options = int16({3}, {2});
  options.type = DataType::boolean();
  Array bools = create(options);
  const std::array<bool, 3> values = {true, false, true};
  bools.write<bool>(Region::all({3}), values);
  EXPECT_EQ(bools.read<bool>(Region::all({3})), (std::vector<bool>{true, false, true}));
}

TEST_F(ZarrArrayWrite, AnotherTypeIsRefusedNamingBoth) {
  Array array = create(int16({3}, {2}));
  const std::vector<float> floats(3);
  expect_error(ErrorCode::invalid_argument, "holds int16 (<i2), not float32",
               [&] { array.read<float>(Region::all({3})); });
  expect_error(ErrorCode::invalid_argument, "holds int16 (<i2), not uint16",
               [&] { array.read<std::uint16_t>(Region::all({3})); });
  expect_error(ErrorCode::invalid_argument, "holds int16 (<i2), not float32",
               [&] { array.write<float>(Region::all({3}), floats); });
  ArrayOptions times = int16({3}, {2});
  times.type = DataType::datetime("us");
  using Time = std::chrono::sys_time<std::chrono::nanoseconds>;
  expect_error(ErrorCode::invalid_argument, "holds datetime64[us] (<M8[us]), not datetime64[ns]",
               [&] { create(times).read<Time>(Region::all({3})); });
}

TEST_F(ZarrArrayWrite, EmptyChunksAreWrittenOrNot) {
  ArrayOptions options = int16({4}, {2});
  options.fill_value = 5;
  Array array = create(options);
  array.write<std::int16_t>(Region::all({4}), Int16s{5, 5, 5, 6});
  EXPECT_EQ(keys(), (std::vector<std::string>{".zarray", "0", "1"}));
  array.set_write_empty_chunks(false);
  array.write<std::int16_t>({{1}, {3}}, Int16s{5, 5, 5});
  EXPECT_EQ(keys(), std::vector<std::string>{".zarray"});
  EXPECT_EQ(array.read<std::int16_t>(Region::all({4})), (Int16s{5, 5, 5, 5}));
  // Bit for bit: -0.0 is another value than the fill value 0.0, and NaN is one.
  options.type = DataType::floating(8);
  options.write_empty_chunks = false;
  options.fill_value = 0.0;
  Array doubles = create(options);
  doubles.write<double>({{0}, {2}}, std::vector<double>{-0.0, -0.0});
  EXPECT_TRUE(std::signbit(doubles.read<double>({{0}, {1}}).at(0)));
  options.fill_value = "NaN";
  doubles = create(options);
  doubles.write<double>({{0}, {2}}, std::vector<double>(2, std::nan("")));
  EXPECT_FALSE(doubles.read_chunk({0}));
  // Without a fill value no chunk is empty.
  options.fill_value = nullptr;
  doubles = create(options);
  doubles.write<double>({{0}, {2}}, std::vector<double>(2));
  EXPECT_TRUE(doubles.read_chunk({0}));
}

TEST_F(ZarrArrayWrite, ResizesAsZarrPython) {
  for (const char separator : {'.', '/'}) {
    ArrayOptions options = int16({10}, {5});
    options.fill_value = 9;
    options.separator = separator;
    Array array = create(options);
    array.write<std::int16_t>(Region::all({10}), Int16s{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    array.resize({7});
    EXPECT_EQ(array.shape(), Shape{7});
    EXPECT_EQ(keys(), (std::vector<std::string>{".zarray", "0", "1"}));
    array.resize({10});
    EXPECT_EQ(array.read<std::int16_t>({{5}, {5}}), (Int16s{5, 6, 7, 8, 9}));
    array.resize({3});
    EXPECT_EQ(keys(), (std::vector<std::string>{".zarray", "0"}));
    array.resize({10});
    EXPECT_EQ(array.read<std::int16_t>({{3}, {4}}), (Int16s{3, 4, 9, 9}));
    array.resize({0});
    EXPECT_EQ(keys(), std::vector<std::string>{".zarray"});
    EXPECT_EQ(Array::open(store_, "a").shape(), Shape{0});
  }
  Array array = create(int16({4}, {2}));
  expect_error(ErrorCode::invalid_argument, "another rank", [&] { array.resize({4, 1}); });
}

TEST_F(ZarrArrayWrite, ShrinksAHugeGridByWhatIsStored) {
  ArrayOptions options = int16({1'000'000'000'000, 3}, {2, 2});
  for (const char separator : {'.', '/'}) {
    options.separator = separator;
    Array array = create(options);
    array.write<std::int16_t>({{0, 0}, {1, 1}}, Int16s{1});
    array.write<std::int16_t>({{999'999'999'999, 2}, {1, 1}}, Int16s{2});
    store_->set(store::Key("a/note"), Bytes(1));
    array.resize({5, 3});
    EXPECT_TRUE(store_->size(array.chunk_key({0, 0})));
    EXPECT_FALSE(store_->size(array.chunk_key({499'999'999'999, 1})));
    EXPECT_TRUE(store_->size(store::Key("a/note")));
  }
}

TEST_F(ZarrArrayWrite, AppendsAlongADimension) {
  Array array = create(int16({2, 3}, {2, 2}));
  const Region first = array.append<std::int16_t>(Int16s{1, 1, 1});
  EXPECT_EQ(first, (Region{{2, 0}, {1, 3}}));
  EXPECT_EQ(array.append<std::int16_t>(Int16s{2, 2, 2}, 1), (Region{{0, 3}, {3, 1}}));
  EXPECT_EQ(array.read<std::int16_t>(Region::all({3, 4})),
            (Int16s{0, 0, 0, 2, 0, 0, 0, 2, 1, 1, 1, 2}));
  expect_error(ErrorCode::invalid_argument, "3 elements are no whole number of slices of (1, 4)",
               [&] {
                 array.append<std::int16_t>(Int16s{1, 2, 3});
               });
  expect_error(ErrorCode::invalid_argument, "has no dimension 2",
               [&] { array.append<std::int16_t>(Int16s{1}, 2); });
  EXPECT_EQ(array.shape(), (Shape{3, 4}));
}

TEST_F(ZarrArrayWrite, WorksOnManyThreadsWithinABudget) {
  ThreadPool pool(4);
  MemoryBudget budget(1000);
  const Workers workers{&pool, &budget};
  ArrayOptions options = int16({100, 90}, {7, 8});
  options.compressor = CodecConfig{"zlib", {{"level", 1}}};
  Array array = create(options);
  Int16s values(9000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int16_t>(i);
  array.write<std::int16_t>(Region::all({100, 90}), values, workers);
  EXPECT_EQ(array.read<std::int16_t>(Region::all({100, 90}), workers), values);
  EXPECT_EQ(array.read<std::int16_t>(Region::all({100, 90})), values);
  EXPECT_EQ(budget.used(), 0U);
  store_->set(store::Key("a/3.4"), Bytes(1));
  expect_error(ErrorCode::corrupt_data, "a/3.4", [&] {
    array.read<std::int16_t>(Region::all({100, 90}), workers);
  });
  std::stop_source source;
  source.request_stop();
  for (ThreadPool* one : {&pool, static_cast<ThreadPool*>(nullptr)})
    expect_error(ErrorCode::cancelled, "", [&] {
      array.read<std::int16_t>(Region::all({100, 90}), {one, &budget, source.get_token()});
    });
}

TEST_F(ZarrArrayWrite, ObjectsOfEveryCodec) {
  const auto round_trip = [&](const CodecConfig& codec, std::vector<Json> values) {
    for (const bool fortran_order : {false, true}) {
      ArrayOptions options = int16({3, 2}, {2, 2});
      options.object_codec = codec;
      if (fortran_order) options.order = Order::fortran(2);
      options.compressor = CodecConfig{"zstd", {{"level", 1}}};
      Array array = create(options);
      array.write_objects(Region::all({3, 2}), values);
      EXPECT_EQ(array.read_objects(Region::all({3, 2})), values) << codec.name;
      array.write_objects({{1, 0}, {1, 1}}, std::span<const Json>(values).first(1));
      EXPECT_EQ(array.read_objects({{1, 0}, {1, 1}}).at(0), values[0]) << codec.name;
      array.append_objects(std::span<const Json>(values).first(2));
      EXPECT_EQ(array.read_objects({{3, 0}, {1, 2}}).at(1), values[1]) << codec.name;
    }
  };
  round_trip({"vlen-utf8", Json::object()}, {"a", "b", "", "d", "e", "f"});
  round_trip({"json2", Json::object()}, {1, "b", nullptr, {{"x", 1}}, {1, 2}, 1.5});
  round_trip({"msgpack2", Json::object()}, {1, "b", nullptr, {{"x", 1}}, {1, 2}, 1.5});
  round_trip({"vlen-array", {{"dtype", "<i4"}}}, {{1, 2}, {3}, Json::array(), {4}, {5}, {6}});
  std::vector<Json> bytes;
  for (std::uint8_t i = 0; i < 6; ++i) bytes.push_back(Json::binary({i, 0xff}));
  round_trip({"vlen-bytes", Json::object()}, bytes);
  round_trip({"categorize", {{"labels", {"a", "b"}}, {"dtype", "|O"}, {"astype", "|u1"}}},
             {"a", "b", "b", "a", "", "a"});
}

TEST_F(ZarrArrayWrite, ObjectsAreLeftOutWhereTheyAreTheFillValue) {
  ArrayOptions options = int16({4}, {2});
  options.object_codec = CodecConfig{"vlen-utf8", Json::object()};
  options.write_empty_chunks = false;
  Array array = create(options);
  const std::vector<Json> values = {"", "", "x", ""};
  array.write_objects(Region::all({4}), values);
  EXPECT_EQ(keys(), (std::vector<std::string>{".zarray", "1"}));
  EXPECT_EQ(array.read_objects(Region::all({4})), values);
  expect_error(ErrorCode::invalid_argument, "3 objects for a region of 4", [&] {
    array.write_objects(Region::all({4}), std::span<const Json>(values).first(3));
  });
  expect_error(ErrorCode::invalid_argument, "holds objects, not int16",
               [&] { array.read<std::int16_t>(Region::all({4})); });
}

TEST_F(ZarrArrayWrite, PickleIsNeverWritten) {
  ArrayOptions options = int16({2}, {2});
  options.object_codec = CodecConfig{"pickle", {{"protocol", 5}}};
  Array array = create(options);
  const std::vector<Json> values = {"a", "b"};
  expect_error(ErrorCode::unsupported, "pickle",
               [&] { array.write_objects(Region::all({2}), values); });
}

TEST_F(ZarrArrayWrite, ARegionThatMemoryCantHoldIsRefused) {
  ArrayOptions options = int16({1ULL << 60U}, {2});
  const Array array = create(options);
  expect_error(ErrorCode::limit_exceeded, "read it in parts",
               [&] { array.read<std::int16_t>(Region::all(array.shape())); });
  expect_error(ErrorCode::limit_exceeded, "read it in parts",
               [&] { array.read_bytes(Region::all(array.shape())); });
  options.object_codec = CodecConfig{"vlen-utf8", Json::object()};
  options.shape = {1ULL << 58U};
  const Array objects = create(options);
  expect_error(ErrorCode::limit_exceeded, "read it in parts",
               [&] { objects.read_objects(Region::all(objects.shape())); });
}

TEST_F(ZarrArrayWrite, AStoreToReadIsNotWritten) {
  create(int16({2}, {2}));
  Array array = Array::open(std::shared_ptr<const store::ReadableStore>(store_), "a");
  expect_error(ErrorCode::invalid_argument, "opened only to be read", [&] {
    array.write<std::int16_t>(Region::all({2}), Int16s{1, 2});
  });
  expect_error(ErrorCode::invalid_argument, "opened only to be read", [&] { array.resize({3}); });
  EXPECT_EQ(array.shape(), Shape{2});
}

TEST_F(ZarrArrayWrite, AFullDiskNamesTheChunk) {
  create(int16({2}, {2}));
  auto faulty =
      std::make_shared<testing::FaultyStore>(*store_, 1, testing::FaultyStore::Fault::fail);
  Array array = Array::open(faulty, "a");
  expect_error(ErrorCode::io_error, "a/0", [&] {
    array.write<std::int16_t>(Region::all({2}), Int16s{1, 2});
  });
}

// Options

TEST_F(ZarrArrayWrite, OptionsHaveSensibleDefaults) {
  ArrayOptions options;
  options.type = DataType::floating(4);
  options.shape = {100'000, 300, 0};
  const ArrayMetadata metadata = make_metadata(options);
  EXPECT_EQ(metadata.chunk_shape.size(), 3U);
  EXPECT_LE(element_count(metadata.chunk_shape) * 4, 1U << 20U);
  EXPECT_GE(element_count(metadata.chunk_shape) * 4, 1U << 18U);
  EXPECT_EQ(metadata.fill_value, Bytes(4));
  EXPECT_TRUE(metadata.has_compressor);
  EXPECT_EQ(metadata.codecs.front().name, "blosc");
  options.shape = {};
  EXPECT_EQ(make_metadata(options).chunk_shape, Shape{});
  options.shape = {5};
  EXPECT_EQ(make_metadata(options).chunk_shape, Shape{5});
}

TEST_F(ZarrArrayWrite, OptionsAreChecked) {
  struct Bad {
    std::function<void(ArrayOptions&)> change;
    ErrorCode code;
    const char* message;
  };
  for (const Bad& bad :
       {Bad{[](auto& o) {
              o.chunk_shape = {1, 1};
            },
            ErrorCode::invalid_argument, "\"chunks\""},
        Bad{[](auto& o) { o.chunk_shape = {0}; }, ErrorCode::invalid_argument, "\"chunks\""},
        Bad{[](auto& o) { o.fill_value = "x"; }, ErrorCode::invalid_argument, "\"fill_value\""},
        Bad{[](auto& o) { o.fill_value = 40000; }, ErrorCode::invalid_argument, "fits into <i2"},
        Bad{[](auto& o) { o.separator = '-'; }, ErrorCode::invalid_argument,
            "\"dimension_separator\""},
        Bad{[](auto& o) { o.type = DataType::bytes(0); }, ErrorCode::invalid_argument, "\"type\""},
        Bad{[](auto& o) { o.shape = {1ULL << 63U}; }, ErrorCode::limit_exceeded, ""},
        Bad{[](auto& o) { o.shape = o.chunk_shape = {1ULL << 40U}; }, ErrorCode::limit_exceeded,
            "\"chunks\""},
        Bad{[](auto& o) { o.attributes = Json::array(); }, ErrorCode::invalid_argument,
            "attributes are [], not"}}) {
    ArrayOptions options = int16({4}, {2});
    bad.change(options);
    expect_error(bad.code, bad.message, [&] { create(options); });
    EXPECT_TRUE(store_->list_dir("").prefixes.empty());
  }
}

}  // namespace
}  // namespace engram::zarr
