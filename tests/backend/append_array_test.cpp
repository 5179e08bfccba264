// Arrays of every make grow as they are encoded.
#include <gtest/gtest.h>

#include "append_scene.hpp"
#include "engram/zarr/array.hpp"
#include "engram/zarr/consolidated.hpp"
#include "engram/zarr/group.hpp"
#include "testing/expect_error.hpp"

namespace engram::backend {
namespace {

using namespace testing_append;  // NOLINT: what the files of tests share
using testing::expect_error;

// A store with one array "a" of five rows, 0 to 4 (or texts of these).
std::shared_ptr<store::MemoryStore> store_with(const zarr::ArrayOptions& options,
                                               const std::string& zarr_dtype) {
  auto store = std::make_shared<store::MemoryStore>();
  zarr::Group root = zarr::Group::create(store);
  zarr::ArrayOptions all = options;
  all.shape = {5};
  all.chunk_shape = {2};
  all.attributes = {{"zarr_dtype", zarr_dtype}, {"kept", 1}};
  zarr::Array array = root.create_array("a", all);
  if (options.object_codec) {
    std::vector<Json> objects;
    for (int i = 0; i < 5; ++i)
      objects.push_back(options.object_codec->name == "vlen-bytes"
                            ? Json::binary({static_cast<std::uint8_t>('0' + i)})
                            : Json(std::to_string(i)));
    array.write_objects(Region::all({5}), objects);
  } else {
    Bytes elements(5 * options.type.size);
    for (std::size_t i = 0; i < 5; ++i) {
      if (options.type.kind == Kind::floating) {
        const double value = static_cast<double>(i);
        std::memcpy(elements.data() + i * 8, &value, 8);
      } else {
        elements[i * options.type.size] =
            std::byte(i + (options.type.kind == Kind::unicode ? '0' : 0));
      }
    }
    array.write(Region::all({5}), elements);
  }
  zarr::consolidate(*store);
  return store;
}

struct Make {
  const char* why;
  zarr::ArrayOptions options;
  const char* zarr_dtype;
  std::vector<Value> values;
  const char* typestr;  ///< Afterwards; empty: objects.
  friend std::ostream& operator<<(std::ostream& out, const Make& make) { return out << make.why; }
};
class MakeTest : public ::testing::TestWithParam<Make> {};

TEST_P(MakeTest, GrowsAndKeepsWhatItIs) {
  const Make& make = GetParam();
  const auto store = store_with(make.options, make.zarr_dtype);
  const zarr::ArrayMetadata old = zarr::Array::open(store, "a").metadata();
  Appender append(store, options());
  append.extend("/a", {make.values});
  append.commit();
  const zarr::Array array = zarr::Array::open(store, "a");
  const zarr::ArrayMetadata& metadata = array.metadata();
  EXPECT_EQ(metadata.shape, Shape{5 + make.values.size()});
  EXPECT_EQ(metadata.separator, old.separator);
  EXPECT_EQ(metadata.has_compressor, old.has_compressor);
  EXPECT_EQ(metadata.chunk_shape, old.chunk_shape);
  EXPECT_EQ(array.attributes()["kept"], 1);
  if (*make.typestr != '\0') {
    EXPECT_EQ(typestr(metadata.type), make.typestr);
  }
  if (typestr(old.type) == typestr(metadata.type)) {
    EXPECT_EQ(metadata.codecs, old.codecs);
  }
  const GroupBuilder root = read(store);
  const DatasetBuilder* dataset = root.find_dataset("/a");
  ASSERT_NE(dataset, nullptr);
  if (dataset->objects()) {
    std::vector<Value> expected;
    for (int i = 0; i < 5; ++i) expected.emplace_back(std::to_string(i));
    expected.insert(expected.end(), make.values.begin(), make.values.end());
    EXPECT_EQ(dataset->objects()->read(Region::all(dataset->shape())), expected);
  } else if (metadata.type.kind == Kind::integer || metadata.type.kind == Kind::unsigned_integer) {
    Bytes bytes = array.read_bytes(Region::all(array.shape()));
    for (std::size_t i = 0; i < array.shape()[0]; ++i) {
      std::int64_t value = 0;
      std::memcpy(&value, bytes.data() + i * metadata.type.size, metadata.type.size);
      const std::int64_t expected =
          i < 5 ? static_cast<std::int64_t>(i) : make.values[i - 5].as<std::int64_t>();
      EXPECT_EQ(value, expected) << i;
    }
  } else if (metadata.type.kind == Kind::floating) {
    EXPECT_EQ(array.read<double>({{4}, {2}}),
              (std::vector<double>{4.0, make.values[0].as<double>()}));
  }
  const auto content = testing::content_of(*store);
  zarr::consolidate(*store);
  EXPECT_EQ(testing::content_of(*store), content);
}

zarr::ArrayOptions of(DataType type) {
  zarr::ArrayOptions options;
  options.type = std::move(type);
  return options;
}

zarr::ArrayOptions of_objects(const std::string& codec) {
  zarr::ArrayOptions options;
  options.object_codec = CodecConfig{codec};
  return options;
}

template <typename Change>
zarr::ArrayOptions changed(zarr::ArrayOptions options, Change change) {
  change(options);
  return options;
}

INSTANTIATE_TEST_SUITE_P(
    Arrays, MakeTest,
    ::testing::Values(
        Make{"Integers", of(DataType::integer(4)), "int32", {7, 8, 9}, "<i4"},
        Make{"BigEndian", of(DataType::integer(4, ByteOrder::big)), "int32", {7, 800, 9}, ">i4"},
        Make{"Uncompressed",
             changed(of(DataType::integer(2)), [](auto& o) { o.compressor = std::nullopt; }),
             "int16",
             {7, 8, 300},
             "<i2"},
        Make{"SlashBetween",
             changed(of(DataType::integer(4)), [](auto& o) { o.separator = '/'; }),
             "int32",
             {7, 8, 9},
             "<i4"},
        Make{"FortranOrder",
             changed(of(DataType::integer(4)), [](auto& o) { o.order = Order::fortran(1); }),
             "int32",
             {7, 8},
             "<i4"},
        Make{"FillValue",
             changed(of(DataType::integer(4)), [](auto& o) { o.fill_value = 3; }),
             "int32",
             {3, 3, 3, 4},
             "<i4"},
        Make{"Filters",
             changed(
                 of(DataType::integer(4)),
                 [](auto& o) {
                   o.filters = {{"delta", {{"dtype", "<i4"}}}, {"shuffle", {{"elementsize", 4}}}};
                 }),
             "int32",
             {7, 100},
             "<i4"},
        Make{"Floats", of(DataType::floating(8)), "float64", {7.5}, "<f8"},
        Make{
            "FloatsBigEndian", of(DataType::floating(8, ByteOrder::big)), "float64", {-7.5}, ">f8"},
        Make{"TextUtf8", of_objects("vlen-utf8"), "str", {"x", "y µ"}, ""},
        Make{"TextBytes", of_objects("vlen-bytes"), "bytes", {"x", "y"}, ""},
        Make{"TextJson", of_objects("json2"), "str", {"x", "y µ"}, ""},
        Make{"TextMsgpack", of_objects("msgpack2"), "str", {"x", "y µ"}, ""},
        Make{"FixedText", of(DataType::unicode(3)), "str", {"abc"}, "<U3"},
        Make{"LongerFixedText", of(DataType::unicode(3)), "str", {"abcde µ"}, "<U7"}),
    [](const auto& p) { return p.param.why; });

TEST(ArrayEndTest, SingleValuesDontGrow) {
  GroupBuilder root = group("");
  DatasetBuilder single = numbers<double>("one", {1}, {1});
  single.is_scalar = true;
  root.datasets.push_back(single);
  const auto store = written(root);
  Appender append(store, options());
  expect_error(ErrorCode::invalid_argument, "a single value",
               [&] { append.extend("/one", rows_of<double>({2})); });
}

TEST(ArrayEndTest, SourcesAreTakenInBlocks) {
  GroupBuilder root = group("");
  root.datasets.push_back(numbers<std::int32_t>("a", {0, 1, 2}, {3}, {16}));
  root.datasets.push_back(objects("t", testing::text_type(), {"x"}));
  const auto store = written(root);
  std::vector<std::int32_t> values(1000);
  std::vector<Value> texts;
  for (int i = 0; i < 1000; ++i) {
    values[static_cast<std::size_t>(i)] = i + 3;
    texts.emplace_back("text " + std::to_string(i));
  }
  AppendOptions small = options();
  small.block_bytes = 100;
  Appender append(store, small);
  append.extend("/a", rows_of(values));
  const auto source =
      std::make_shared<const testing::FakeObjects>(testing::text_type(), Shape{1000}, texts);
  append.extend("/t", NewRows{source, {}});
  append.commit();
  const GroupBuilder after = read(store);
  const auto all = elements<std::int32_t>(after, "/a");
  ASSERT_EQ(all.size(), 1003U);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], static_cast<std::int32_t>(i));
  EXPECT_EQ(after.find_dataset("/t")->objects()->read({{1000}, {1}}).front(), Value("text 999"));
}

}  // namespace
}  // namespace engram::backend
