#include <gtest/gtest.h>

#include "engram/base/error.hpp"
#include "engram/zarr/metadata.hpp"
#include "testing/expect_error.hpp"

namespace engram::zarr {
namespace {

using testing::expect_error;

// A `.zarray` that is right, as JSON in which a case changes one member.
Json good() {
  return parse_json(R"({"chunks": [128, 2], "compressor": {"id": "zlib", "level": 4},
                        "dtype": "<i2", "fill_value": 0, "filters": null, "order": "C",
                        "shape": [500, 2], "zarr_format": 2})");
}

Json with(std::string_view member, std::string_view text) {
  Json json = good();
  json[std::string(member)] = parse_json(text);
  return json;
}

TEST(Zarray, ReadsEveryMember) {
  const ArrayMetadata metadata = parse_zarray(parse_json(R"({
    "chunks": [3, 4], "dtype": ">f4", "fill_value": "NaN", "order": "F", "shape": [5, 6],
    "compressor": {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0},
    "filters": [{"id": "shuffle", "elementsize": 4}], "dimension_separator": "/",
    "zarr_format": 2, "something_else": 1})"));
  EXPECT_EQ(metadata.type, DataType::floating(4, ByteOrder::big));
  EXPECT_EQ(metadata.shape, (Shape{5, 6}));
  EXPECT_EQ(metadata.chunk_shape, (Shape{3, 4}));
  EXPECT_EQ(metadata.order, Order::fortran(2));
  EXPECT_EQ(metadata.separator, '/');
  ASSERT_EQ(metadata.codecs.size(), 2U);
  EXPECT_EQ(metadata.codecs[0], (CodecConfig{"shuffle", {{"elementsize", 4}}}));
  EXPECT_EQ(metadata.codecs[1].name, "blosc");
  EXPECT_FALSE(metadata.codecs[1].configuration.contains("id"));
  EXPECT_TRUE(metadata.has_compressor);
  EXPECT_EQ(chunk_key(metadata, {0, 1}), "0/1");
}

TEST(Zarray, IsWrittenAsZarrPythonDoes) {
  ArrayMetadata metadata;
  metadata.type = DataType::integer(2);
  metadata.shape = {500, 2};
  metadata.chunk_shape = {128, 2};
  metadata.fill_value = Bytes(2);
  metadata.codecs = {
      {"blosc", {{"cname", "lz4"}, {"clevel", 5}, {"shuffle", 1}, {"blocksize", 0}}}};
  metadata.has_compressor = true;
  EXPECT_EQ(to_zarray(metadata), R"({
    "chunks": [
        128,
        2
    ],
    "compressor": {
        "blocksize": 0,
        "clevel": 5,
        "cname": "lz4",
        "id": "blosc",
        "shuffle": 1
    },
    "dtype": "<i2",
    "fill_value": 0,
    "filters": null,
    "order": "C",
    "shape": [
        500,
        2
    ],
    "zarr_format": 2
})");
}

TEST(Zarray, OfACreatedArrayIsTheSame) {
  ArrayMetadata metadata;
  metadata.is_object = true;
  metadata.object_dtype = "|O";
  metadata.object_fill = {{"z", {{"y", 1}, {"x", 2}}}, {"a", Json::array({{{"d", 1}, {"c", 2}}})}};
  metadata.shape = {3};
  metadata.chunk_shape = {2};
  metadata.codecs = {{"json2", {{"strict", true}, {"encoding", "utf-8"}}},
                     {"lzma", {{"format", 1}, {"filters", {{{"id", 3}, {"dist", 2}}}}}}};
  metadata.has_compressor = true;
  // As create() and resize() do, to see that it can be opened again.
  const ArrayMetadata checked = parse_zarray(to_zarray_json(metadata));
  EXPECT_EQ(to_zarray(checked), to_zarray(metadata));
  EXPECT_TRUE(checked.document.is_null());
}

TEST(Zarray, OfAnyKindComesBackAsItWas) {
  const DataType nested = DataType::structured(
      {Field{"a",
             DataType::structured({Field{"b", DataType::integer(2, ByteOrder::big), {}, 0}}),
             {},
             0},
       Field{"v", DataType::floating(4), {2, 3}, 0}, Field{"s", DataType::unicode(3), {}, 0}});
  for (const DataType& type :
       {DataType::boolean(), DataType::integer(8), DataType::unsigned_integer(4, ByteOrder::big),
        DataType::floating(2), DataType::floating(16), DataType::complex(16), DataType::bytes(5),
        DataType::unicode(4, ByteOrder::big), DataType::opaque(3), DataType::datetime("ns"),
        DataType::timedelta("25us", ByteOrder::big), nested}) {
    ArrayMetadata metadata;
    metadata.type = type;
    metadata.shape = {7, 0};
    metadata.chunk_shape = {2, 1};
    metadata.fill_value = Bytes(static_cast<std::size_t>(type.size));
    metadata.codecs = {{"shuffle", {{"elementsize", 2}}}, {"zlib", {{"level", 1}}}};
    metadata.has_compressor = true;
    const std::string text = to_zarray(metadata);
    const ArrayMetadata back = parse_zarray(parse_json(text));
    EXPECT_EQ(back.type, type) << text;
    EXPECT_EQ(back.fill_value, metadata.fill_value) << text;
    EXPECT_EQ(back.codecs, metadata.codecs) << text;
    EXPECT_EQ(to_zarray(back), text);
  }
}

TEST(Zarray, OfObjectsKeepsItsFill) {
  for (const char* fill : {"0", "\"\"", "null"}) {
    Json json = with("dtype", "\"|O\"");
    json["fill_value"] = parse_json(fill);
    json["filters"] = parse_json(R"([{"id": "vlen-utf8"}])");
    const ArrayMetadata metadata = parse_zarray(json);
    EXPECT_TRUE(metadata.is_object);
    EXPECT_EQ(metadata.object_fill, json["fill_value"]);
    EXPECT_EQ(to_zarray_json(metadata)["fill_value"], json["fill_value"]);
    EXPECT_EQ(metadata.codecs.front().name, "vlen-utf8");
  }
}

TEST(Zarray, OfFieldsWithObjectsIsOneOfObjects) {
  Json json = with("dtype", R"([["a", "<i4"], ["b", [["c", "|O"]]]])");
  json["fill_value"] = "gAVLAC4=";
  json["filters"] = parse_json(R"([{"id": "pickle", "protocol": 5}])");
  const ArrayMetadata metadata = parse_zarray(json);
  EXPECT_TRUE(metadata.is_object);
  EXPECT_EQ(to_zarray_json(metadata)["dtype"], json["dtype"]);
}

TEST(Zarray, GapsBetweenFieldsBecomeFieldsWithoutAName) {
  DataType type = DataType::structured(
      {Field{"a", DataType::integer(2), {}, 0}, Field{"b", DataType::floating(8), {}, 0}});
  type.fields[1].offset = 8;
  type.size = 20;
  ArrayMetadata metadata;
  metadata.type = type;
  const Json dtype = to_zarray_json(metadata)["dtype"];
  EXPECT_EQ(dump_json(dtype, JsonStyle::compact),
            R"([["a","<i2"],["","|V6"],["b","<f8"],["","|V4"]])");
}

TEST(Zarray, TakesWhatWritersLeaveOut) {
  Json json = good();
  for (const char* member : {"compressor", "filters", "fill_value"}) json.erase(member);
  const ArrayMetadata metadata = parse_zarray(json);
  EXPECT_TRUE(metadata.codecs.empty());
  EXPECT_FALSE(metadata.fill_value);
}

TEST(ChunkKey, OfAScalarIsZero) {
  ArrayMetadata metadata;
  EXPECT_EQ(chunk_key(metadata, {}), "0");
  EXPECT_EQ(chunk_key(metadata, {3}), "3");
  EXPECT_EQ(chunk_key(metadata, {0, 12, 7}), "0.12.7");
}

struct HostileZarray {
  const char* why;
  const char* member;
  const char* text;
  const char* message;
  ErrorCode code = ErrorCode::corrupt_data;
  friend std::ostream& operator<<(std::ostream& out, const HostileZarray& h) {
    return out << h.why;
  }
};

class HostileZarrayTest : public ::testing::TestWithParam<HostileZarray> {};

TEST_P(HostileZarrayTest, IsRefusedByName) {
  const HostileZarray& h = GetParam();
  expect_error(h.code, h.message, [&] { parse_zarray(with(h.member, h.text)); });
}

INSTANTIATE_TEST_SUITE_P(
    Metadata, HostileZarrayTest,
    ::testing::Values(
        HostileZarray{"FormatThree", "zarr_format", "3", "member \"zarr_format\" is 3, not 2"},
        HostileZarray{"FormatText", "zarr_format", "\"2\"",
                      "member \"zarr_format\" is \"2\", not 2"},
        HostileZarray{"ShapeNumber", "shape", "5", "member \"shape\" is 5, not a list of lengths"},
        HostileZarray{"ShapeNegative", "shape", "[5, -1]", "member \"shape\" is -1, not a length"},
        HostileZarray{"ShapeFraction", "shape", "[5.5, 1]",
                      "member \"shape\" is 5.5, not a length"},
        HostileZarray{"ShapeBeyond64Bits", "shape", "[99999999999999999999, 2]",
                      "member \"shape\" is 1e+20, not a length"},
        HostileZarray{"ShapeTooLarge", "shape", "[18446744073709551615, 2]", "is above 64 bits",
                      ErrorCode::limit_exceeded},
        HostileZarray{"ChunksZero", "chunks", "[0, 2]", "not 2 lengths above zero"},
        HostileZarray{"ChunksOfOtherRank", "chunks", "[2]",
                      "member \"chunks\" is [2], not 2 lengths above zero"},
        HostileZarray{"ChunksHuge", "chunks", "[4294967296, 2]", "a chunk would take",
                      ErrorCode::limit_exceeded},
        HostileZarray{"ChunksOverflow", "chunks", "[18446744073709551615, 18446744073709551615]",
                      "", ErrorCode::limit_exceeded},
        HostileZarray{"ChunksNull", "chunks", "null", "member \"chunks\" is null"},
        HostileZarray{"DtypeNumber", "dtype", "4", "member \"dtype\" is 4, not a type string"},
        HostileZarray{"DtypeEmptyList", "dtype", "[]", "member \"dtype\" is [], not a type string"},
        HostileZarray{"DtypeUnknown", "dtype", "\"<q9\"", "<q9", ErrorCode::unsupported},
        HostileZarray{"DtypeDateOfNoUnit", "dtype", "\"<M8[xs]\"", "<M8[xs]",
                      ErrorCode::unsupported},
        HostileZarray{"FieldTitles", "dtype", R"([[["title", "name"], "<i2"]])", "has \"titles\"",
                      ErrorCode::unsupported},
        HostileZarray{"FieldOffsets", "dtype",
                      R"({"names": ["a"], "formats": ["<i2"], "offsets": [4], "itemsize": 8})",
                      "has \"offsets\"", ErrorCode::unsupported},
        HostileZarray{"FieldAlign", "dtype",
                      R"({"names": ["a"], "formats": ["<i2"], "align": true})", "has \"align\"",
                      ErrorCode::unsupported},
        HostileZarray{"FieldTwice", "dtype", R"([["a", "<i2"], ["a", "<i4"]])", "two fields \"a\""},
        HostileZarray{"FieldWithoutType", "dtype", "[[\"a\"]]", "not a field as [name, type]"},
        HostileZarray{"FieldNameNumber", "dtype", "[[1, \"<i2\"]]", "not a field as [name, type]"},
        HostileZarray{"FieldShapeText", "dtype", "[[\"a\", \"<i2\", \"x\"]]",
                      "as the shape of a field"},
        HostileZarray{"FieldTooLarge", "dtype", "[[\"a\", \"<i2\", [18446744073709551615]]]", "",
                      ErrorCode::limit_exceeded},
        // Before a fill value of that size is made.
        HostileZarray{"DtypeHuge", "dtype", "\"|V2000000000\"", "a chunk would take",
                      ErrorCode::limit_exceeded},
        HostileZarray{"DtypeOfHugeField", "dtype", "[[\"a\", \"<i2\", [1000000000000000]]]",
                      "a chunk would take", ErrorCode::limit_exceeded},
        HostileZarray{"DtypeOfNoBytes", "dtype", "\"|S0\"", "|S0", ErrorCode::unsupported},
        HostileZarray{"FieldsOfNoBytes", "dtype", "[[\"a\", \"<i2\", [0]]]", "at least one byte"},
        HostileZarray{"OrderOther", "order", "\"K\"",
                      "member \"order\" is \"K\", not \"C\" or \"F\""},
        HostileZarray{"SeparatorOther", "dimension_separator", "\"-\"",
                      "member \"dimension_separator\" is \"-\", not"},
        HostileZarray{"CompressorText", "compressor", "\"zlib\"",
                      "member \"compressor\" is \"zlib\", not an object"},
        HostileZarray{"CompressorWithoutId", "compressor", "{\"level\": 1}",
                      "member \"compressor\""},
        HostileZarray{"CompressorIdNumber", "compressor", "{\"id\": 1}", "member \"compressor\""},
        HostileZarray{"FiltersObject", "filters", "{}",
                      "member \"filters\" is {}, not null or a list"},
        HostileZarray{"FilterNull", "filters", "[null]", "member \"filters\" is null"},
        HostileZarray{"FillText", "fill_value", "\"abc\"", "member \"fill_value\" is \"abc\""},
        HostileZarray{"RankOver32", "shape",
                      "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]",
                      "has 33 dimensions, above 32", ErrorCode::limit_exceeded}),
    [](const auto& test) { return test.param.why; });

// A store may have many such arrays, each of a few letters.
TEST(HostileZarray, OfLargeElementsHasNoLargeFill) {
  Json json = with("dtype", "\"|S100000000\"");
  json["chunks"] = {1, 1};
  for (const Json& zero : {Json(), Json(0), Json(0.0), Json("")}) {
    json["fill_value"] = zero;
    const ArrayMetadata metadata = parse_zarray(json);
    EXPECT_FALSE(metadata.fill_value);
    EXPECT_EQ(parse_json(to_zarray(metadata))["fill_value"], zero) << "it is written as it came";
  }
  for (const Json& small : {Json("YQ=="), Json(1), Json(false)}) {
    json["fill_value"] = small;
    expect_error(ErrorCode::limit_exceeded, "for an element of 100000000 bytes",
                 [&] { parse_zarray(json); });
  }
  json["dtype"] = "|S1048577";
  json["fill_value"] = to_base64(Bytes(1048577, std::byte{7}));
  EXPECT_EQ(parse_zarray(json).fill_value, Bytes(1048577, std::byte{7}));
}

TEST(HostileZarray, NeedsItsMembers) {
  for (const char* member : {"zarr_format", "shape", "chunks", "dtype", "order"}) {
    Json json = good();
    json.erase(member);
    expect_error(ErrorCode::corrupt_data, std::string("member \"") + member + "\" is missing",
                 [&] { parse_zarray(json); });
  }
}

TEST(HostileZarray, IsAnObjectOfLimitedRank) {
  expect_error(ErrorCode::corrupt_data, "are [], not a JSON object",
               [] { parse_zarray(Json::array()); });
  Json json = good();
  json["shape"] = json["chunks"] = std::vector<int>(33, 1);
  expect_error(ErrorCode::limit_exceeded, "member \"shape\" has 33 dimensions, above 32",
               [&] { parse_zarray(json); });
}

TEST(HostileZarray, LongValuesAreCutInMessages) {
  Json json = good();
  json["order"] = std::string(10000, 'x');
  try {
    parse_zarray(json);
    FAIL();
  } catch (const Error& error) {
    EXPECT_LT(std::string_view(error.what()).size(), 200U);
  }
}

}  // namespace
}  // namespace engram::zarr
