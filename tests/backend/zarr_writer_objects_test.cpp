#include "backend/zarr_writer_objects.hpp"

#include <gtest/gtest.h>

#include "backend/object_blocks.hpp"
#include "engram/backend/open.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/pipeline.hpp"
#include "engram/store/memory_store.hpp"
#include "testing/expect_error.hpp"
#include "testing/fake_sources.hpp"

namespace engram::backend {
namespace {

using hdmf::List;
using hdmf::Null;
using hdmf::ObjectType;
using hdmf::Value;
using testing::dataset_of;
using testing::expect_error;
using testing::list_type;
using testing::number_type;
using testing::object_type;
using testing::record_type;
using testing::sequence_type;
using testing::text_type;
using testing::write_all;

hdmf::Reference reference(std::string path) {
  hdmf::Reference reference;
  reference.path = std::move(path);
  return reference;
}

Value integer(std::int64_t value) { return value; }

class ZarrObjectsTest : public ::testing::Test {
 protected:
  ObjectResult write(const hdmf::DatasetBuilder& dataset, std::uint64_t block_bytes = 1U << 20U) {
    hdmf::GroupBuilder root;
    root.datasets = {dataset};
    const auto writer = make_zarr_writer(store_, options_);
    writer->write_tree(root);
    const ObjectResult result = writer->write_objects("/d", dataset, {block_bytes, std::nullopt});
    counters_ = writer->counters();
    return result;
  }
  Json json(const std::string& key) const {
    const auto bytes = store_->get(store::Key(key), 1U << 30U);
    return bytes ? parse_json(as_text(*bytes)) : Json("(none)");
  }
  std::string text(const std::string& key) const {
    const auto bytes = store_->get(store::Key(key), 1U << 30U);
    return bytes ? std::string(as_text(*bytes)) : "(none)";
  }
  std::string codec() const { return json("d/.zarray")["filters"][0]["id"].get<std::string>(); }

  std::shared_ptr<store::MemoryStore> store_ = std::make_shared<store::MemoryStore>();
  ZarrWriteOptions options_;
  WriterCounters counters_;
};

struct FormCase {
  const char* why;
  ObjectType type;
  std::vector<Value> values;
  const char* codec;           ///< "" where the type is structured.
  const char* zarr_dtype;      ///< As JSON.
  const char* portable_codec;  ///< The same with --compat portable.
  friend std::ostream& operator<<(std::ostream& out, const FormCase& f) { return out << f.why; }
};

class FormTest : public ZarrObjectsTest, public ::testing::WithParamInterface<FormCase> {};

TEST_P(FormTest, HasItsCodec) {
  const FormCase& form = GetParam();
  for (const Compat compat : {Compat::hdmf_zarr, Compat::portable}) {
    options_.compat = compat;
    write(dataset_of("d", form.type, {form.values.size()}, form.values));
    const std::string expected = compat == Compat::portable ? form.portable_codec : form.codec;
    const Json& zarray = json("d/.zarray");
    if (expected.empty()) {
      EXPECT_TRUE(zarray["dtype"].is_array());
      EXPECT_TRUE(zarray["filters"].is_null());
    } else {
      EXPECT_EQ(zarray["dtype"], "|O");
      EXPECT_EQ(codec(), expected);
    }
    EXPECT_EQ(dump_json(json("d/.zattrs")["zarr_dtype"], JsonStyle::compact), form.zarr_dtype);
  }
}

const ObjectType kReference = object_type(ObjectType::Kind::reference);
const ObjectType kRegion = object_type(ObjectType::Kind::region_reference);
const ObjectType kInt = number_type(DataType::integer(4));

INSTANTIATE_TEST_SUITE_P(
    Kinds, FormTest,
    ::testing::Values(
        FormCase{"Text", text_type(), {"a"}, "vlen-utf8", "\"str\"", "vlen-utf8"},
        FormCase{"Ascii",
                 text_type(ObjectType::Charset::ascii),
                 {"a"},
                 "vlen-utf8",
                 "\"bytes\"",
                 "vlen-utf8"},
        FormCase{"NoUtf8", text_type(), {"a", "\xff"}, "vlen-bytes", "\"str\"", "vlen-bytes"},
        FormCase{"References",
                 kReference,
                 {reference("/a"), Null{}},
                 "json2",
                 "\"object\"",
                 "vlen-utf8"},
        FormCase{"Regions",
                 kRegion,
                 {hdmf::RegionReference{reference("/a"), {}}},
                 "json2",
                 "\"region\"",
                 "vlen-utf8"},
        FormCase{"NumbersAndText",
                 record_type({{"n", kInt}, {"s", text_type()}}),
                 {Value(List{integer(1), Value("a")})},
                 "",
                 R"([{"dtype":"int32","name":"n"},{"dtype":"str_","name":"s"}])",
                 ""},
        FormCase{"RecordsWithReferences",
                 record_type({{"n", kInt}, {"r", kReference}}),
                 {Value(List{integer(1), Value(reference("/a"))})},
                 "json2",
                 R"([{"dtype":"int32","name":"n"},{"dtype":"object","name":"r"}])",
                 ""},
        FormCase{"RecordsInRecords",
                 record_type({{"in", record_type({{"s", text_type()}})}}),
                 {Value(List{Value(List{Value("a")})})},
                 "",
                 R"([{"dtype":[{"dtype":"str_","name":"s"}],"name":"in"}])",
                 "vlen-utf8"},
        FormCase{"RecordsWithArrays",
                 record_type({{"s", list_type(text_type(), {2})}}),
                 {Value(List{Value(List{Value("a"), Value("b")})})},
                 "",
                 R"([{"dtype":{"array":"str","shape":[2]},"name":"s"}])",
                 "vlen-utf8"},
        FormCase{"RecordsWithSequences",
                 record_type({{"s", sequence_type(kInt)}}),
                 {Value(List{Value(List{integer(1)})})},
                 "json2",
                 R"([{"dtype":{"sequence":"int32"},"name":"s"}])",
                 "vlen-utf8"},
        FormCase{"RecordsOfBadText",
                 record_type({{"s", text_type()}}),
                 {Value(List{Value("\xff")})},
                 "json2",
                 R"([{"dtype":"str_","name":"s"}])",
                 "vlen-utf8"},
        FormCase{"RecordsOfTextThatEndsInNul",
                 record_type({{"s", text_type()}}),
                 {Value(List{Value(std::string("a\0", 2))})},
                 "json2",
                 R"([{"dtype":"str_","name":"s"}])",
                 "vlen-utf8"},
        FormCase{"RecordsOfLongText",
                 record_type({{"s", text_type()}}),
                 {Value(List{Value(std::string(20000, 'x'))})},
                 "json2",
                 R"([{"dtype":"str_","name":"s"}])",
                 "vlen-utf8"},
        FormCase{"Sequences",
                 sequence_type(kInt),
                 {List{integer(1)}, List{}},
                 "vlen-array",
                 "\"sequence\"",
                 "vlen-utf8"},
        FormCase{"SequencesOfText",
                 sequence_type(text_type()),
                 {Value(List{Value("a")})},
                 "json2",
                 "\"sequence\"",
                 "vlen-utf8"},
        FormCase{"Arrays",
                 list_type(text_type(), {1}),
                 {Value(List{Value("a")})},
                 "json2",
                 "\"array\"",
                 "vlen-utf8"}),
    [](const auto& test) { return test.param.why; });

TEST_F(ZarrObjectsTest, ExactTextIsBytesInArraysOnly) {
  options_.text = TextForm::exact;
  write(dataset_of("d", text_type(ObjectType::Charset::ascii), {1}, {"a"}));
  EXPECT_EQ(codec(), "vlen-bytes");
  EXPECT_EQ(json("d/.zarray")["fill_value"], 0);
  write(dataset_of("d", text_type(), {1}, {"a"}));
  EXPECT_EQ(codec(), "vlen-utf8");
  EXPECT_EQ(json("d/.zarray")["fill_value"], "");
  write(dataset_of("d", text_type(ObjectType::Charset::ascii), {}, {"a"}));
  EXPECT_EQ(codec(), "vlen-utf8");
}

TEST_F(ZarrObjectsTest, ScalarsHaveAShapeAndSayWhatTheyAre) {
  struct Scalar {
    ObjectType type;
    Value value;
    const char* attributes;
  };
  for (const auto& [type, value, attributes] : std::initializer_list<Scalar>{
           {text_type(), "a", R"({"zarr_dtype":"scalar"})"},
           {kReference, reference("/a"), R"({"_DATASPACE":"scalar","zarr_dtype":"object"})"},
           {record_type({{"s", text_type()}}), List{Value("a")},
            R"({"_TYPE":[{"dtype":"str_","name":"s"}],"zarr_dtype":"scalar"})"},
           {sequence_type(kInt), List{}, R"({"_TYPE":{"sequence":"int32"},"zarr_dtype":"scalar"})"},
           {record_type({{"r", kReference}}), List{Value(reference("/a"))},
            R"({"_DATASPACE":"scalar","zarr_dtype":[{"dtype":"object","name":"r"}]})"}}) {
    write(dataset_of("d", type, {}, {value}));
    EXPECT_EQ(dump_json(json("d/.zattrs"), JsonStyle::compact), attributes);
    EXPECT_EQ(json("d/.zarray")["shape"], Json::array({1}));
  }
}

TEST_F(ZarrObjectsTest, TextThatIsNoUtf8IsReported) {
  const ObjectResult result = write(dataset_of("d", text_type(), {2}, {"a", "\xff"}));
  ASSERT_EQ(result.notices.size(), 1U);
  EXPECT_EQ(result.notices[0].kind, Notice::Kind::changed);
  EXPECT_EQ(result.notices[0].path, "/d");
}

TEST_F(ZarrObjectsTest, CountsReferences) {
  hdmf::DatasetBuilder dataset = dataset_of("d", kReference, {0}, {});
  dataset.data = std::make_shared<const testing::FakeObjects>(
      kReference, Shape{3}, std::vector<Value>{reference("/a"), Null{}, Value(reference("/b"))}, 1);
  const ObjectResult result = write(dataset);
  EXPECT_EQ(result.references, 2U);
  EXPECT_EQ(result.dangling, 1U);
  ASSERT_EQ(result.notices.size(), 1U);
  EXPECT_EQ(result.notices[0].kind, Notice::Kind::dangling);
  EXPECT_TRUE(result.notices[0].text.starts_with("1 references lead nowhere"));
}

TEST_F(ZarrObjectsTest, WidthsAreThoseOfTheLongestTexts) {
  write(dataset_of("d", record_type({{"a", text_type()}, {"b", text_type()}}), {2},
                   {List{Value(""), Value("x")}, List{Value(""), Value("\u00fc\u00fcy")}}));
  EXPECT_EQ(dump_json(json("d/.zarray")["dtype"], JsonStyle::compact),
            R"([["a","<U1"],["b","<U3"]])");
  EXPECT_EQ(json("d/.zarray")["fill_value"].get<std::string>().size(), 24U);  // 16 bytes
}

TEST_F(ZarrObjectsTest, EmptyArraysHaveNoChunks) {
  write(dataset_of("d", kReference, {0}, {}));
  EXPECT_EQ(json("d/.zarray")["shape"], Json::array({0}));
  EXPECT_EQ(json("d/.zarray")["chunks"], Json::array({1}));
  EXPECT_EQ(json("d/.zattrs")["zarr_dtype"], "object");
  EXPECT_EQ(counters_.chunks_recoded, 0U);
  write(dataset_of("d", record_type({{"s", text_type()}}), {0}, {}));
  EXPECT_EQ(json("d/.zarray")["dtype"][0][1], "<U1");
}

TEST_F(ZarrObjectsTest, ManyDimensionsNest) {
  write(dataset_of("d", kReference, {2, 1, 2},
                   {reference("/a"), reference("/b"), reference("/c"), Null{}}));
  const Json payload = json("d/0.0.0");
  ASSERT_EQ(payload.size(), 4U);
  EXPECT_EQ(payload[0][0][1]["path"], "/b");
  EXPECT_TRUE(payload[1][0][1].is_null());
  EXPECT_EQ(payload[3], Json({2, 1, 2}));
}

TEST_F(ZarrObjectsTest, LargeChunksMakeTheArrayStartOver) {
  const std::string large(3U << 20U, 'x');
  std::vector<Value> values;
  for (int i = 0; i < 40; ++i) values.emplace_back(large + std::to_string(i));
  write(dataset_of("d", text_type(), {40}, values));
  // 40 of 3 MiB are above 32 MiB, and so are none of the 10 of a quarter.
  EXPECT_EQ(json("d/.zarray")["chunks"], Json::array({10}));
  EXPECT_EQ(counters_.chunks_recoded, 4U);
  EXPECT_EQ(counters_.files, 4U + 3U);
  EXPECT_EQ(text("d/3").substr(text("d/3").size() - 2), "39");
}

TEST_F(ZarrObjectsTest, EdgesArePadded) {
  std::vector<Value> values;
  for (int i = 0; i < 70000; ++i) values.emplace_back(std::to_string(i));
  write(dataset_of("d", text_type(), {70000}, values));
  EXPECT_EQ(json("d/.zarray")["chunks"], Json::array({65536}));
  const std::string last = text("d/1");
  EXPECT_EQ(last.substr(0, 4), std::string("\0\0\1\0", 4));
  EXPECT_EQ(last.substr(last.size() - 4), std::string(4, '\0'));

  for (Value& value : values) value = reference("/a");
  write(dataset_of("d", kReference, {70000}, values));
  const Json refs = json("d/1");
  EXPECT_EQ(refs.size(), 65536U + 2U);
  EXPECT_EQ(refs[70000 - 65536 - 1]["path"], "/a");
  EXPECT_EQ(refs[70000 - 65536], 0);
}

TEST_F(ZarrObjectsTest, BytesDoNotDependOnBlocks) {
  std::vector<Value> values;
  for (int i = 0; i < 5000; ++i)
    values.emplace_back(std::string(static_cast<std::size_t>(i % 97), 'x'));
  const auto dataset = dataset_of("d", text_type(), {50, 100}, values);
  write(dataset, 1);
  const std::string small = text("d/0.0") + text("d/.zarray");
  write(dataset, 1U << 30U);
  EXPECT_EQ(text("d/0.0") + text("d/.zarray"), small);
}

TEST_F(ZarrObjectsTest, AreCompressed) {
  options_.object_compressor = CodecConfig{"zstd", {{"level", 3}}};
  write(dataset_of("d", text_type(), {1}, {std::string(10000, 'x')}));
  EXPECT_EQ(json("d/.zarray")["compressor"]["id"], "zstd");
  EXPECT_LT(text("d/0").size(), 1000U);
}

TEST_F(ZarrObjectsTest, SchemasAreJsonWithoutCompressor) {
  options_.object_compressor = CodecConfig{"zstd", {{"level", 3}}};
  hdmf::GroupBuilder root, specifications;
  root.attributes.set(".specloc", reference("/specifications"));
  specifications.name = "specifications";
  specifications.datasets = {testing::text_of("core", "{}")};
  root.groups = {specifications};
  for (const Compat compat : {Compat::hdmf_zarr, Compat::portable}) {
    options_.compat = compat;
    write_all(*make_zarr_writer(store_, options_), root);
    EXPECT_EQ(json(".zattrs")[".specloc"], "specifications");
    const Json zarray = json("specifications/core/.zarray");
    EXPECT_TRUE(zarray["compressor"].is_null());
    EXPECT_EQ(zarray["filters"][0]["id"], compat == Compat::portable ? "vlen-utf8" : "json2");
  }
  EXPECT_EQ(text("specifications/core/0"), std::string("\1\0\0\0\2\0\0\0{}", 10));
}

TEST_F(ZarrObjectsTest, ValuesOfAnotherKindAreRefused) {
  expect_error(ErrorCode::corrupt_data, "no text",
               [&] { write(dataset_of("d", text_type(), {1}, {1.5})); });
  expect_error(ErrorCode::corrupt_data, "no sequence",
               [&] { write(dataset_of("d", sequence_type(kInt), {1}, {1.5})); });
  expect_error(ErrorCode::corrupt_data, "a record has 0 values, not 1", [&] {
    write(dataset_of("d", record_type({{"s", text_type()}}), {1}, {Value(List{})}));
  });
}

TEST(ObjectChunkShape, HoldsWholeRows) {
  EXPECT_EQ(object_chunk_shape({10}, 100), (Shape{10}));
  EXPECT_EQ(object_chunk_shape({1000}, 100), (Shape{100}));
  EXPECT_EQ(object_chunk_shape({1000, 7}, 100), (Shape{14, 7}));
  EXPECT_EQ(object_chunk_shape({1000, 300}, 100), (Shape{1, 100}));
  EXPECT_EQ(object_chunk_shape({5, 10, 10}, 100), (Shape{1, 10, 10}));
  EXPECT_EQ(object_chunk_shape({5, 10, 10}, 250), (Shape{2, 10, 10}));
  EXPECT_EQ(object_chunk_shape({5, 30, 10}, 250), (Shape{1, 25, 10}));
  EXPECT_EQ(object_chunk_shape({0}, 100), (Shape{1}));
  EXPECT_EQ(object_chunk_shape({5, 0}, 100), (Shape{5, 1}));
  EXPECT_EQ(object_chunk_shape({}, 100), (Shape{}));
  EXPECT_EQ(object_chunk_shape({10}, 0), (Shape{1}));
}

TEST(BoxAt, CoversARegionInCOrder) {
  for (const Shape& shape : std::initializer_list<Shape>{{}, {7}, {3, 4}, {2, 3, 5}, {1, 9, 1}}) {
    for (const std::uint64_t most : {1U, 2U, 5U, 12U, 100U}) {
      const std::uint64_t count = element_count(shape);
      std::uint64_t done = 0;
      while (done < count) {
        const Region box = box_at(shape, done, most);
        check_inside(box, shape);
        std::uint64_t offset = 0;
        for (std::size_t d = 0; d < shape.size(); ++d) offset = offset * shape[d] + box.origin[d];
        ASSERT_EQ(offset, done);
        // One run: below the first dimension that is not one, all is whole.
        std::size_t d = 0;
        while (d < shape.size() && box.shape[d] == 1) ++d;
        for (++d; d < shape.size(); ++d) ASSERT_EQ(box.shape[d], shape[d]);
        ASSERT_LE(element_count(box.shape), most);
        done += element_count(box.shape);
      }
      EXPECT_EQ(done, count);
    }
  }
}

}  // namespace
}  // namespace engram::backend
