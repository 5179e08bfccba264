#include "engram/schema/record.hpp"

#include <gtest/gtest.h>

#include "engram/base/error.hpp"
#include "testing/expect_error.hpp"

namespace engram::schema {
namespace {

struct Named {
  const char* why;
  DataType type;
  const char* dtype;
  friend std::ostream& operator<<(std::ostream& out, const Named& n) { return out << n.why; }
};
class NumpyDtypeTest : public ::testing::TestWithParam<Named> {};

// As str(numpy.dtype(...)) prints them.
TEST_P(NumpyDtypeTest, IsPrintedAsByNumpy) {
  EXPECT_EQ(numpy_dtype(GetParam().type), GetParam().dtype);
}

DataType record_of(std::vector<Field> fields) { return DataType::structured(std::move(fields)); }

INSTANTIATE_TEST_SUITE_P(
    Types, NumpyDtypeTest,
    ::testing::Values(
        Named{"Float64", DataType::floating(8), "float64"},
        Named{"Half", DataType::floating(2), "float16"},
        Named{"LongDouble", DataType::floating(16), "float128"},
        Named{"Int", DataType::integer(4), "int32"},
        Named{"Byte", DataType::unsigned_integer(1), "uint8"},
        Named{"BigEndian", DataType::integer(4, ByteOrder::big), ">i4"},
        Named{"BigByte", DataType::integer(1, ByteOrder::big), "int8"},
        Named{"Bool", DataType::boolean(), "bool"},
        Named{"Complex", DataType::complex(16), "complex128"},
        Named{"LongComplex", DataType::complex(32), "complex256"},
        Named{"Bytes", DataType::bytes(5), "|S5"}, Named{"Unicode", DataType::unicode(4), "<U4"},
        Named{"Opaque", DataType::opaque(3), "|V3"},
        Named{"Time", DataType::datetime("ns"), "datetime64[ns]"},
        Named{"GenericTime", DataType::datetime(""), "datetime64"},
        Named{"Span", DataType::timedelta("25us"), "timedelta64[25us]"},
        Named{"Record",
              record_of({{"a", DataType::integer(2), {}}, {"b", DataType::floating(8), {2}}}),
              "[('a', '<i2'), ('b', '<f8', (2,))]"},
        Named{"Nested",
              record_of({{"it's", DataType::integer(2), {}},
                         {"n",
                          record_of({{"x", DataType::integer(4, ByteOrder::big), {}},
                                     {"y", DataType::bytes(3), {}}}),
                          {}}}),
              R"([("it's", '<i2'), ('n', [('x', '>i4'), ('y', 'S3')])])"},
        Named{"Names",
              record_of({{"a\\", DataType::boolean(), {1}},
                         {"\xc3\xa9", DataType::unsigned_integer(1), {2, 3}},
                         {"\"'", DataType::datetime("s"), {}},
                         {"t\n", DataType::unsigned_integer(1), {}}}),
              R"([('a\\', '?', (1,)), ('é', 'u1', (2, 3)), ('"\'', '<M8[s]'), ('t\n', 'u1')])"}),
    [](const auto& p) { return p.param.why; });

TEST(NumpyDtypeTest, GapsCantBeTold) {
  DataType behind = record_of({{"a", DataType::integer(2), {}}});
  behind.size = 4;
  DataType before = behind;
  before.fields[0].offset = 2;
  testing::expect_error(ErrorCode::unsupported, "behind its last field",
                        [&] { numpy_dtype(behind); });
  testing::expect_error(ErrorCode::unsupported, "before its field \"a\"",
                        [&] { numpy_dtype(before); });
}

zarr::ArrayMetadata metadata_of(DataType type, Shape shape) {
  zarr::ArrayOptions options;
  options.type = std::move(type);
  options.shape = std::move(shape);
  return zarr::make_metadata(options);
}

TEST(RecordTest, IsMadeOfAnArray) {
  const auto metadata = metadata_of(DataType::floating(8), {1000, 32});
  const StoredRecord record = make_record("lab/t/a=1/movie.zarr", metadata, "main", "1.0");
  EXPECT_EQ(dump_json(to_json(record), JsonStyle::line),
            R"({"path":"lab/t/a=1/movie.zarr","store":"main","codec_version":"1.0",)"
            R"("shape":[1000,32],"dtype":"float64"})");
  EXPECT_EQ(parse_record(to_json(record)), record);
  EXPECT_EQ(dump_json(to_json(make_record("a.zarr", metadata)), JsonStyle::line),
            R"({"path":"a.zarr","store":null,"shape":[1000,32],"dtype":"float64"})");
  testing::expect_error(ErrorCode::invalid_argument, "\"..\"",
                        [&] { make_record("../x", metadata); });
  auto objects = metadata;
  objects.is_object = true;
  testing::expect_error(ErrorCode::unsupported, "array of objects",
                        [&] { make_record("a", objects); });
}

TEST(RecordTest, KeepsWhatOthersAdd) {
  const Json photon = parse_json(
      R"({"path": "p/movie.zarr", "store": null, "codec_version": "1.0", "shape": [3, 2, 2],
          "dtype": "float64", "transform": "anscombe"})");
  const StoredRecord record = parse_record(photon);
  EXPECT_EQ(record.store, std::nullopt);
  EXPECT_EQ(record.more, Json({{"transform", "anscombe"}}));
  EXPECT_EQ(to_json(record), photon);
  // Of <object@>, which says neither shape nor dtype.
  const StoredRecord object = parse_record(parse_json(
      R"({"path": "p/x_8e8oabcd", "store": "main", "size": 5, "ext": null, "is_dir": true})"));
  EXPECT_EQ(object.shape, std::nullopt);
  EXPECT_EQ(object.dtype, std::nullopt);
  EXPECT_EQ(object.more.size(), 3U);
  // What is added can't take the place of what is known.
  StoredRecord doubled = object;
  doubled.more["path"] = "elsewhere";
  EXPECT_EQ(to_json(doubled)["path"], "p/x_8e8oabcd");
}

TEST(RecordTest, NamesWhatIsWrong) {
  for (const auto& [json, part] :
       {std::pair{R"([1])", "the record is [1], not a JSON object"},
        {R"({})", R"("path" is null, not a text)"},
        {R"({"path": 1})", R"("path" is 1, not a text)"},
        {R"({"path": ""})", "it is empty"},
        {R"({"path": "/etc/x"})", "it has an empty name"},
        {R"({"path": "a/../../x"})", "it has the name \"..\""},
        {R"({"path": "a\u0000"})", "it has a NUL"},
        {R"({"path": "a", "store": 1})", R"("store" is 1, not a text)"},
        {R"({"path": "a", "codec_version": 1})", R"("codec_version" is 1, not a text)"},
        {R"({"path": "a", "shape": 3})", R"("shape" is 3, not a list of at most 32 lengths)"},
        {R"({"path": "a", "shape": [-1]})", R"("shape" is -1, not a length)"},
        {R"({"path": "a", "shape": [1.5]})", R"("shape" is 1.5, not a length)"},
        {R"({"path": "a", "dtype": ["f8"]})", R"("dtype" is ["f8"], not a text)"}})
    testing::expect_error(ErrorCode::corrupt_data, part,
                          [text = json] { parse_record(parse_json(text)); });
  Json wide = {{"path", "a"}, {"shape", std::vector<int>(33, 1)}};
  testing::expect_error(ErrorCode::corrupt_data, "at most 32 lengths", [&] { parse_record(wide); });
}

TEST(RecordTest, IsComparedWithTheArray) {
  const auto metadata = metadata_of(DataType::integer(2), {4, 5});
  StoredRecord record = make_record("a", metadata);
  EXPECT_EQ(difference(record, metadata), "");
  EXPECT_EQ(difference(record, metadata_of(DataType::integer(2), {4, 6})),
            "the record has the shape (4, 5), the array (4, 6)");
  EXPECT_EQ(difference(record, metadata_of(DataType::integer(4), {4, 5})),
            "the record has the dtype \"int16\", the array \"int32\"");
  record.dtype = ">i2";
  EXPECT_EQ(difference(record, metadata), "");
  record.dtype = ">i3";
  EXPECT_EQ(difference(record, metadata), "the record has the dtype \">i3\", the array \"int16\"");
  record.dtype = "[('a', '>i2'), ('b', '<U4')]";
  const DataType fields = DataType::structured(
      {{"a", DataType::integer(2), {}}, {"b", DataType::unicode(4, ByteOrder::big), {}}});
  EXPECT_EQ(difference(record, metadata_of(fields, {4, 5})), "");
  record.shape = std::nullopt;
  record.dtype = std::nullopt;
  EXPECT_EQ(difference(record, metadata_of(DataType::integer(4), {1})), "");
}

TEST(RecordTest, WhoseVersionCounts) {
  zarr::CodecAttributes attributes;
  StoredRecord record;
  EXPECT_EQ(codec_version(attributes, record), "1.0");
  record.codec_version = "1.1";
  EXPECT_EQ(codec_version(attributes, record), "1.1");
  attributes.version = "2.0";
  EXPECT_EQ(codec_version(attributes, record), "2.0");
}

}  // namespace
}  // namespace engram::schema
