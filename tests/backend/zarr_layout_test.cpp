#include "backend/zarr_layout.hpp"

#include <gtest/gtest.h>

#include "engram/base/error.hpp"
#include "testing/expect_error.hpp"
#include "testing/fake_sources.hpp"

namespace engram::backend::layout {
namespace {

using hdmf::List;
using hdmf::Null;
using hdmf::ObjectType;
using hdmf::Record;
using hdmf::Reference;
using hdmf::RegionReference;
using hdmf::Value;
using testing::expect_error;
using testing::list_type;
using testing::number_type;
using testing::object_type;
using testing::record_type;
using testing::sequence_type;
using testing::text_type;

constexpr const char* kReferenceJson =
    R"({"object_id":null,"path":"/a/b","source":".","source_object_id":"root"})";

Reference reference() {
  Reference reference;
  reference.path = "/a/b";
  reference.source_object_id = "root";
  return reference;
}

RegionReference region() { return {reference(), {Region{{0, 1}, {2, 3}}, Region{{5, 5}, {1, 1}}}}; }

const std::string kRegionJson =
    R"({"object_id":null,"path":"/a/b","regions":[{"origin":[0,1],"shape":[2,3]},)"
    R"({"origin":[5,5],"shape":[1,1]}],"source":".","source_object_id":"root"})";

std::string wrapped(const std::string& reference) {
  return R"({"value":)" + reference + R"(,"zarr_dtype":"object"})";
}

struct Attribute {
  const char* why;
  Value value;
  std::string json;
  friend std::ostream& operator<<(std::ostream& out, const Attribute& a) { return out << a.why; }
};

class AttributeTest : public ::testing::TestWithParam<Attribute> {};

TEST_P(AttributeTest, IsWritten) {
  EXPECT_EQ(dump_json(attribute_to_json(GetParam().value), JsonStyle::compact), GetParam().json);
}

TEST_P(AttributeTest, ComesBack) {
  EXPECT_EQ(attribute_from_json(parse_json(GetParam().json)), GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(
    Values, AttributeTest,
    ::testing::Values(
        Attribute{"Nothing", Null{}, "null"}, Attribute{"True", true, "true"},
        Attribute{"Integer", std::int64_t{-3}, "-3"}, Attribute{"Zero", std::int64_t{0}, "0"},
        Attribute{"GreatestUnsigned", ~std::uint64_t{0}, "18446744073709551615"},
        Attribute{"WholeDouble", 30.0, "30.0"}, Attribute{"SmallDouble", 4.7e-06, "4.7e-06"},
        Attribute{"LargeDouble", 1e16, "1e+16"}, Attribute{"Text", "\u00b5V", "\"\\u00b5V\""},
        Attribute{"Latin1", "\xb5V", "\"\\udcb5V\""}, Attribute{"EmptyText", "", "\"\""},
        Attribute{"Opaque", Bytes{std::byte{0xff}}, R"({"_OPAQUE":"/w=="})"},
        Attribute{"Reference", reference(), wrapped(kReferenceJson)},
        Attribute{"Region", region(), R"({"_REGION":)" + kRegionJson + "}"},
        Attribute{"EmptyList", List{}, "[]"},
        Attribute{"Nested", List{Value(List{Value(1.5), Value(std::int64_t{2})}), Value(List{})},
                  "[[1.5,2],[]]"},
        Attribute{"ReferencesInLists", List{Value(List{Value(reference())}), Value(Null{})},
                  "[[" + wrapped(kReferenceJson) + "],null]"},
        Attribute{"Record", Record{{"a", Value(1.0)}, {"r", Value(reference())}},
                  R"({"a":1.0,"r":)" + wrapped(kReferenceJson) + "}"}),
    [](const auto& test) { return test.param.why; });

TEST(Attributes, OfComplexNumbersBecomePairs) {
  EXPECT_EQ(dump_json(attribute_to_json(std::complex<double>(1, -2)), JsonStyle::compact),
            "[1.0,-2.0]");
}

TEST(Attributes, SmallUnsignedComesBackAsSigned) {
  EXPECT_EQ(attribute_from_json(attribute_to_json(std::uint64_t{5})), Value(std::int64_t{5}));
}

TEST(Attributes, ThatOnlyLookReservedAreRecords) {
  for (const char* json :
       {R"({"_OPAQUE":1})", R"({"_REGION":{}})", R"({"value":1,"zarr_dtype":"object"})",
        R"({"value":{"source":"."},"zarr_dtype":"object"})", R"({"_OPAQUE":"AAAA","x":1})",
        R"({"_REGION":{"path":"/a","regions":[{"origin":"x"}]}})",
        R"({"_REGION":{"path":"/a","regions":[{"origin":[1.5],"shape":[1]}]}})",
        R"({"_REGION":{"path":"/a","regions":[{"origin":[1],"shape":[1e300]}]}})",
        R"({"_REGION":{"path":"/a","regions":[{"origin":[-1],"shape":[1]}]}})",
        R"({"_REGION":{"path":"/a","regions":[{"origin":[true],"shape":[1]}]}})",
        R"({"_REGION":{"path":"/a","regions":[1]}})"})
    EXPECT_TRUE(attribute_from_json(parse_json(json)).is<Record>()) << json;
}

TEST(References, AreReadLeniently) {
  const auto found = reference_from_json(parse_json(R"({"path":"a/b"})"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, "/a/b");
  EXPECT_EQ(found->source, ".");
  EXPECT_FALSE(reference_from_json(parse_json(R"({"source":"."})")));
  EXPECT_FALSE(reference_from_json(parse_json("null")));
}

TEST(Elements, HaveReferencesBare) {
  EXPECT_EQ(dump_json(element_to_json(reference()), JsonStyle::compact), kReferenceJson);
  EXPECT_EQ(dump_json(element_to_json(region()), JsonStyle::compact), kRegionJson);
  EXPECT_EQ(element_to_json(List{Value(reference())})[0]["path"], "/a/b");
}

struct Element {
  const char* why;
  ObjectType type;
  Value value;
  friend std::ostream& operator<<(std::ostream& out, const Element& e) { return out << e.why; }
};

class ElementTest : public ::testing::TestWithParam<Element> {};

TEST_P(ElementTest, ComesBack) {
  const auto& [why, type, value] = GetParam();
  const std::string text = dump_json(element_to_json(value), JsonStyle::compact);
  EXPECT_EQ(element_from_json(type, parse_json(text)), value) << text;
}

TEST_P(ElementTest, TypeComesBack) {
  const Json spelled = spell(GetParam().type);
  const auto parsed = parse_type(parse_json(dump_json(spelled, JsonStyle::compact)));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(spell(*parsed), spelled);
  EXPECT_EQ(parsed->kind, GetParam().type.kind);
}

const ObjectType kOpaque = number_type(DataType::opaque(2));
const ObjectType kObjectRow = record_type({{"n", number_type(DataType::unsigned_integer(4))},
                                           {"r", object_type(ObjectType::Kind::reference)},
                                           {"o", kOpaque},
                                           {"s", sequence_type(text_type())}});

INSTANTIATE_TEST_SUITE_P(
    Types, ElementTest,
    ::testing::Values(
        Element{"Text", text_type(), "a"},
        Element{"Ascii", text_type(ObjectType::Charset::ascii), "a"},
        Element{"Reference", object_type(ObjectType::Kind::reference), reference()},
        Element{"NullReference", object_type(ObjectType::Kind::reference), Null{}},
        Element{"Region", object_type(ObjectType::Kind::region_reference), region()},
        Element{"Unsigned", number_type(DataType::unsigned_integer(1)), std::uint64_t{3}},
        Element{"Double", number_type(DataType::floating(4)), 3.0},
        Element{"Boolean", number_type(DataType::boolean()), true},
        Element{"Complex", number_type(DataType::complex(16)), std::complex<double>(1, 2)},
        Element{"Opaque", kOpaque, Bytes(2)},
        Element{"Sequence", sequence_type(number_type(DataType::floating(8))),
                List{Value(1.0), Value(2.5)}},
        Element{"Array", list_type(text_type(), {1, 2}), List{Value(List{Value("a"), Value("b")})}},
        Element{"Row", kObjectRow,
                List{Value(std::uint64_t{7}), Value(reference()), Value(Bytes(2)),
                     Value(List{Value("x")})}}),
    [](const auto& test) { return test.param.why; });

TEST(Types, AreSpelledAsHdmfZarrDoes) {
  const auto spelled = [](const auto& type) { return dump_json(spell(type), JsonStyle::compact); };
  EXPECT_EQ(spelled(DataType::integer(2, ByteOrder::big)), "\"int16\"");
  EXPECT_EQ(spelled(DataType::boolean()), "\"bool\"");
  EXPECT_EQ(spelled(DataType::floating(8)), "\"float64\"");
  EXPECT_EQ(spelled(text_type()), "\"str\"");
  ObjectType fixed = text_type();
  fixed.fixed_length = 8;
  EXPECT_EQ(spelled(fixed), "\"bytes\"");
  EXPECT_EQ(spelled(object_type(ObjectType::Kind::reference)), "\"object\"");
  EXPECT_EQ(spelled(record_type({{"a", number_type(DataType::integer(4))}, {"b", text_type()}})),
            R"([{"dtype":"int32","name":"a"},{"dtype":"str_","name":"b"}])");
  EXPECT_EQ(spelled(DataType::structured({Field{"u", DataType::unicode(3), {}, 0}})),
            R"([{"dtype":"str_","name":"u"}])");
}

TEST(Types, OfOldNamesAreRead) {
  for (const char* name : {"bool_", "str_", "<f8", "float128", "ascii"})
    EXPECT_TRUE(parse_type(name)) << name;
  EXPECT_EQ(parse_type("bool_")->type, DataType::boolean());
  EXPECT_EQ(parse_type("<f8")->type, DataType::floating(8));
}

TEST(Types, WithoutAMeaningAreNone) {
  for (const char* json :
       {"\"scalar\"", "\"\"", "1", "null", "[1]", "[{}]", R"([{"dtype":"int8"}])",
        R"([{"dtype":"no","name":"a"}])", "{}", R"({"sequence":"no"})", R"({"array":"int8"})",
        R"({"array":"int8","shape":[-1]})"})
    EXPECT_FALSE(parse_type(parse_json(json))) << json;
}

TEST(Links, ComeBack) {
  const std::vector<hdmf::LinkBuilder> links = {{"b", ".", "/x/y"}, {"a", "../other.zarr", "/z"}};
  const Json json = links_to_json(links);
  EXPECT_EQ(dump_json(json[0], JsonStyle::compact), R"({"name":"b","path":"/x/y","source":"."})");
  const auto back = links_from_json(json, "/data/own.zarr");
  ASSERT_EQ(back.size(), 2U);
  EXPECT_EQ(back[0].path, "/x/y");
  EXPECT_EQ(back[1].source, "../other.zarr");
}

TEST(Links, OfOldVersionsNameTheirOwnStore) {
  for (const char* source : {"", ".", "own.zarr", "./own.zarr", "../own.zarr", "/data/own.zarr"}) {
    Json json = Json::array({{{"name", "a"}, {"path", "x"}, {"source", source}}});
    const auto links = links_from_json(json, "/data/own.zarr/");
    EXPECT_EQ(links[0].source, ".") << source;
    EXPECT_EQ(links[0].path, "/x");
  }
}

TEST(Links, ThatAreNoneAreRefused) {
  for (const char* json : {"{}", "[1]", "[{}]", R"([{"name":"a"}])", R"([{"path":"/a"}])"})
    expect_error(ErrorCode::corrupt_data, "zarr_link",
                 [&] { links_from_json(parse_json(json), "/data/own.zarr"); });
}

TEST(Names, ThatAreReserved) {
  for (const char* name : {"zarr_dtype", "zarr_link", "_ENUM", "_DATASPACE", "_TYPE"})
    EXPECT_TRUE(is_reserved_attribute(name)) << name;
  for (const char* name : {".specloc", "_OPAQUE", "neurodata_type", ""})
    EXPECT_FALSE(is_reserved_attribute(name)) << name;
  for (const char* name : {".zarray", ".zgroup", ".zattrs", ".zmetadata"})
    EXPECT_TRUE(is_reserved_name(name)) << name;
  EXPECT_FALSE(is_reserved_name("zarray"));
}

}  // namespace
}  // namespace engram::backend::layout
