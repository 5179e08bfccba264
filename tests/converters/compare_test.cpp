#include "engram/compare.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <deque>
#include <functional>
#include <limits>
#include <numeric>

#include "converters/compare_in_memory.hpp"
#include "engram/hdmf/make.hpp"
#include "testing/expect_error.hpp"

// In a namespace of its own: other files here have helpers of the same names.
namespace engram::compare_test {
namespace {

using hdmf::DatasetBuilder;
using hdmf::GroupBuilder;
using hdmf::List;
using hdmf::Null;
using hdmf::Record;
using hdmf::Value;
using testing::compare_in_memory;
using testing::told;
using Kind = DifferenceKind;

// A NaN with bits of its own.
const double kOtherNan = std::bit_cast<double>(0x7ff8000000000001ULL);
const double kNan = std::numeric_limits<double>::quiet_NaN();

DatasetBuilder numbers(std::vector<std::int16_t> values, Shape shape = {5, 4},
                       Shape chunk = {2, 3}) {
  return hdmf::make_dataset("numbers", values, std::move(shape), std::move(chunk));
}

std::vector<std::int16_t> counted(std::size_t count = 20) {
  std::vector<std::int16_t> values(count);
  std::iota(values.begin(), values.end(), std::int16_t{0});
  return values;
}

DatasetBuilder of_type(std::string name, DataType type, Shape shape, Bytes bytes) {
  return hdmf::make_dataset(std::move(name), std::move(type), std::move(bytes), std::move(shape));
}

// One element after another, as they lie in memory.
template <typename... T>
Bytes packed(const T&... values) {
  Bytes bytes;
  const auto put = [&bytes](const auto& value) {
    const auto view = std::as_bytes(std::span(&value, 1));
    bytes.insert(bytes.end(), view.begin(), view.end());
  };
  (put(values), ...);
  return bytes;
}

DataType pair_type(std::string first = "x", DataType second = DataType::floating(8)) {
  return DataType::structured(
      {{std::move(first), DataType::integer(4), {}, 0}, {"y", std::move(second), {}, 0}});
}

DatasetBuilder rows(std::vector<Value> values, std::string field = "text") {
  const auto count = values.size();
  return hdmf::make_dataset("rows",
                            hdmf::record_type({hdmf::number_field<std::int32_t>("n"),
                                               {std::move(field), hdmf::text_type()},
                                               {"to", hdmf::reference_type()}}),
                            std::move(values), {count});
}

Value row(std::int32_t number, const char* text, Value to) {
  return List{number, text, std::move(to)};
}

std::vector<Value> usual_rows() {
  return {row(1, "one", hdmf::reference_to("/g")), row(2, "two", hdmf::reference_to("/numbers")),
          row(3, "three", Null{})};
}

Region box(Shape origin, Shape shape) { return {std::move(origin), std::move(shape)}; }

DatasetBuilder named_values(std::vector<std::pair<std::string, std::int64_t>> names) {
  DatasetBuilder dataset = hdmf::make_dataset("state", std::vector<std::uint8_t>{1, 2});
  dataset.enumeration = std::move(names);
  return dataset;
}

DatasetBuilder nothing(DataType type, bool is_null) {
  DatasetBuilder dataset = of_type("nothing", std::move(type), {0}, {});
  dataset.is_null = is_null;
  return dataset;
}

DatasetBuilder sequences(std::vector<Value> values) {
  return hdmf::make_dataset("sequences",
                            hdmf::sequence_type(hdmf::number_type(DataType::integer(4))),
                            std::move(values), {2});
}

// A tree with everything that can differ.
GroupBuilder sample() {
  GroupBuilder root;
  root.attributes.set("n", 7);
  root.attributes.set("x", 0.5);
  root.attributes.set("nan", kNan);
  root.attributes.set("zero", 0.0);
  root.attributes.set("flag", true);
  root.attributes.set("text", "words");
  root.attributes.set("list", List{List{1, 2}, List{3, 4}});
  root.attributes.set("nothing", Null{});
  root.attributes.set("tag", to_bytes("abc"));
  root.attributes.set("complex", std::complex<double>(1, 2));
  root.attributes.set("to", hdmf::reference_to("/g"));
  root.attributes.set("region", hdmf::region_of("/numbers", {box({0, 0}, {2, 2})}));
  root.attributes.set("record", Record{{"a", 1}, {"b", "two"}});
  add(root, numbers(counted()));
  add(root, hdmf::make_dataset("floats", std::vector<double>{1.5, kNan, 0.0, -2.0}));
  add(root, hdmf::make_dataset("flags", std::vector<bool>{true, false}));
  add(root, hdmf::make_dataset("words", std::vector<std::string>{"a", "bé", ""}));
  add(root, hdmf::make_scalar("one", std::int32_t{5}));
  add(root, hdmf::make_scalar("title", "a title"));
  add(root, of_type("opaque", DataType::opaque(3), {2}, to_bytes("abcdef")));
  add(root, of_type("pairs", pair_type(), {2}, packed(1, 0.5, 2, 1.5)));
  add(root, hdmf::make_dataset("complexes", std::vector<std::complex<float>>{{1, 2}, {3, 4}}));
  add(root, hdmf::make_dataset("references", std::vector{hdmf::reference_to("/g"),
                                                         hdmf::reference_to("/numbers")}));
  add(root, hdmf::make_dataset("regions",
                               std::vector{hdmf::region_of("/numbers", {box({1, 1}, {2, 3})})}));
  add(root, rows(usual_rows()));
  add(root, sequences({List{1, 2, 3}, List{}}));
  add(root, named_values({{"REST", 1}, {"RUN", 2}}));
  add(root, nothing(DataType::floating(4), true));
  GroupBuilder& group = add(root, hdmf::make_group("g"));
  group.attributes.set("a", 1);
  add(group, hdmf::make_dataset("inner", std::vector<std::int32_t>{1, 2, 3}));
  add_link(root, "again", "/numbers");
  add_external_link(root, "far", "../other.zarr", "/x");
  return root;
}

DatasetBuilder& dataset(GroupBuilder& root, const std::string& name) {
  for (DatasetBuilder& one : root.datasets)
    if (one.name == name) return one;
  throw std::logic_error("no dataset " + name);
}

// Puts `other` in the place of the dataset of its name, whose attributes stay.
void put(GroupBuilder& root, DatasetBuilder other) {
  DatasetBuilder& one = dataset(root, other.name);
  other.attributes = one.attributes;
  one = std::move(other);
}

struct Planted {
  const char* why;
  std::function<void(GroupBuilder&)> change;
  Kind kind;
  const char* path;
  std::optional<Shape> index = std::nullopt;
  std::uint64_t count = 0;

  friend std::ostream& operator<<(std::ostream& out, const Planted& p) { return out << p.why; }
};

class PlantedDifferenceTest : public ::testing::TestWithParam<Planted> {};

TEST_P(PlantedDifferenceTest, IsFound) {
  const Planted& planted = GetParam();
  GroupBuilder changed = sample();
  planted.change(changed);
  const CompareReport report = compare_in_memory(sample(), changed);
  ASSERT_EQ(report.differences, 1U) << told(report);
  const Difference& found = report.listed.front();
  EXPECT_EQ(to_string(found.kind), to_string(planted.kind)) << told(report);
  EXPECT_EQ(found.path, planted.path);
  EXPECT_EQ(found.index, planted.index) << told(report);
  EXPECT_EQ(found.count, planted.count) << told(report);
  EXPECT_NE(found.text, "");

  // The other way round it is one as well, with what is missing added.
  const CompareReport reverse = compare_in_memory(changed, sample());
  ASSERT_EQ(reverse.differences, 1U) << told(reverse);
  const Kind expected = planted.kind == Kind::missing ? Kind::added
                        : planted.kind == Kind::added ? Kind::missing
                                                      : planted.kind;
  EXPECT_EQ(to_string(reverse.listed.front().kind), to_string(expected));
  EXPECT_EQ(reverse.listed.front().path, planted.path);
}

Planted element(const char* why, std::size_t at, Shape index) {
  return {why,
          [at](GroupBuilder& root) {
            auto values = counted();
            values[at] = -1;
            put(root, numbers(std::move(values)));
          },
          Kind::value,
          "/numbers",
          std::move(index),
          1};
}

Planted attribute(const char* why, const char* name, Value value, Kind kind,
                  std::optional<Shape> index = std::nullopt, std::uint64_t count = 1) {
  static std::deque<std::string> paths;
  paths.push_back(std::string("/@") + name);
  return {why,
          [name, value](GroupBuilder& root) { root.attributes.set(name, value); },
          kind,
          paths.back().c_str(),
          std::move(index),
          count};
}

Planted replaced(const char* why, DatasetBuilder other, Kind kind, const char* path,
                 std::optional<Shape> index = std::nullopt, std::uint64_t count = 0) {
  return {why,  [other](GroupBuilder& root) { put(root, other); }, kind, path, std::move(index),
          count};
}

std::string case_name(const ::testing::TestParamInfo<Planted>& info) { return info.param.why; }

INSTANTIATE_TEST_SUITE_P(
    Elements, PlantedDifferenceTest,
    ::testing::Values(
        element("FirstElement", 0, {0, 0}), element("LastElementOfAPartialChunk", 19, {4, 3}),
        element("FirstOfTheSecondChunk", 3, {0, 3}),
        replaced("TwoElements",
                 numbers({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1, 11, 12, 13, 14, 15, 16, -1, 18, 19}),
                 Kind::value, "/numbers", Shape{2, 2}, 2),
        replaced("AFloat", hdmf::make_dataset("floats", std::vector<double>{1.5, kNan, 0.0, -2.5}),
                 Kind::value, "/floats", Shape{3}, 1),
        replaced("BitsOfANan",
                 hdmf::make_dataset("floats", std::vector<double>{1.5, kOtherNan, 0.0, -2.0}),
                 Kind::value, "/floats", Shape{1}, 1),
        replaced("ANanWithASign",
                 hdmf::make_dataset("floats", std::vector<double>{1.5, -kNan, 0.0, -2.0}),
                 Kind::value, "/floats", Shape{1}, 1),
        replaced("NegativeZero",
                 hdmf::make_dataset("floats", std::vector<double>{1.5, kNan, -0.0, -2.0}),
                 Kind::value, "/floats", Shape{2}, 1),
        replaced("AFlag", hdmf::make_dataset("flags", std::vector<bool>{true, true}), Kind::value,
                 "/flags", Shape{1}, 1),
        replaced("AText", hdmf::make_dataset("words", std::vector<std::string>{"a", "be", ""}),
                 Kind::value, "/words", Shape{1}, 1),
        replaced("AnEmptyText",
                 hdmf::make_dataset("words", std::vector<std::string>{"a", "bé", " "}), Kind::value,
                 "/words", Shape{2}, 1),
        replaced("AScalar", hdmf::make_scalar("one", std::int32_t{6}), Kind::value, "/one", Shape{},
                 1),
        replaced("AScalarText", hdmf::make_scalar("title", "A title"), Kind::value, "/title",
                 Shape{}, 1),
        replaced("OpaqueBytes", of_type("opaque", DataType::opaque(3), {2}, to_bytes("abcdeg")),
                 Kind::value, "/opaque", Shape{1}, 1),
        replaced("AFieldOfACompound", of_type("pairs", pair_type(), {2}, packed(1, 0.5, 2, -1.5)),
                 Kind::value, "/pairs", Shape{1}, 1),
        replaced("AComplexNumber",
                 hdmf::make_dataset("complexes", std::vector<std::complex<float>>{{1, 2}, {3, 5}}),
                 Kind::value, "/complexes", Shape{1}, 1),
        replaced("AReference",
                 hdmf::make_dataset("references", std::vector{hdmf::reference_to("/g"),
                                                              hdmf::reference_to("/g/inner")}),
                 Kind::reference, "/references", Shape{1}, 1),
        replaced("ANullReference",
                 hdmf::make_dataset("references", hdmf::reference_type(),
                                    {hdmf::reference_to("/g"), Null{}}, {2}),
                 Kind::reference, "/references", Shape{1}, 1),
        replaced("ARegion",
                 hdmf::make_dataset("regions", std::vector{hdmf::region_of("/numbers",
                                                                           {box({1, 1}, {2, 2})})}),
                 Kind::region, "/regions", Shape{0}, 1),
        replaced("TheTargetOfARegion",
                 hdmf::make_dataset("regions",
                                    std::vector{hdmf::region_of("/other", {box({1, 1}, {2, 3})})}),
                 Kind::region, "/regions", Shape{0}, 1),
        replaced("ANumberInARow",
                 rows({row(1, "one", hdmf::reference_to("/g")),
                       row(4, "two", hdmf::reference_to("/numbers")), row(3, "three", Null{})}),
                 Kind::value, "/rows", Shape{1}, 1),
        replaced("ATextInARow",
                 rows({row(1, "one", hdmf::reference_to("/g")),
                       row(2, "two", hdmf::reference_to("/numbers")), row(3, "four", Null{})}),
                 Kind::value, "/rows", Shape{2}, 1),
        replaced("AReferenceInARow",
                 rows({row(1, "one", hdmf::reference_to("/g/inner")),
                       row(2, "two", hdmf::reference_to("/numbers")), row(3, "three", Null{})}),
                 Kind::reference, "/rows", Shape{0}, 1),
        replaced("AnElementOfASequence", sequences({List{1, 2, 4}, List{}}), Kind::value,
                 "/sequences", Shape{0}, 1),
        replaced("TheLengthOfASequence", sequences({List{1, 2, 3}, List{0}}), Kind::value,
                 "/sequences", Shape{1}, 1)),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    TypesAndShapes, PlantedDifferenceTest,
    ::testing::Values(
        replaced("AWiderInteger",
                 hdmf::make_dataset("numbers", std::vector<std::int32_t>(20, 0), {5, 4}),
                 Kind::type, "/numbers", Shape{0, 1}, 19),
        replaced("AnUnsignedInteger", hdmf::make_dataset("flags", std::vector<std::uint8_t>{1, 0}),
                 Kind::type, "/flags"),
        replaced("AnIntegerForAFloat",
                 hdmf::make_dataset("floats", std::vector<std::int64_t>{1, 1, 0, -2}), Kind::type,
                 "/floats", Shape{0}, 2),
        replaced("NumbersForText", hdmf::make_dataset("words", std::vector<double>{1, 2, 3}),
                 Kind::type, "/words"),
        replaced("ReferencesForText",
                 hdmf::make_dataset("words", hdmf::reference_type(), {Null{}, Null{}, Null{}}, {3}),
                 Kind::type, "/words"),
        replaced("OpaqueOfAnotherSize",
                 of_type("opaque", DataType::opaque(2), {2}, to_bytes("abcd")), Kind::type,
                 "/opaque"),
        replaced("TheNameOfAField", of_type("pairs", pair_type("z"), {2}, packed(1, 0.5, 2, 1.5)),
                 Kind::type, "/pairs"),
        replaced("TheTypeOfAField",
                 of_type("pairs", pair_type("x", DataType::floating(4)), {2},
                         packed(1, 0.5F, 2, 1.25F)),
                 Kind::type, "/pairs", Shape{1}, 1),
        replaced("TheNameOfAFieldOfARow", rows(usual_rows(), "label"), Kind::type, "/rows"),
        replaced("ALength", numbers(counted(16), {4, 4}), Kind::shape, "/numbers"),
        replaced("TheOrderOfDimensions", numbers(counted(), {4, 5}), Kind::shape, "/numbers"),
        replaced("ARank", numbers(counted(), {20}, {3}), Kind::shape, "/numbers"),
        replaced("AScalarForOneElement", hdmf::make_dataset("one", std::vector<std::int32_t>{5}),
                 Kind::shape, "/one"),
        replaced("NoElementsForNull", nothing(DataType::floating(4), false), Kind::shape,
                 "/nothing"),
        replaced("TheTypeOfNull", nothing(DataType::floating(8), true), Kind::type, "/nothing"),
        replaced("TheNamesOfAnEnumeration", named_values({{"REST", 1}, {"WALK", 2}}),
                 Kind::enumeration, "/state"),
        replaced("NoEnumeration", named_values({}), Kind::enumeration, "/state")),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Attributes, PlantedDifferenceTest,
    ::testing::Values(
        attribute("AnInteger", "n", 8, Kind::attribute),
        attribute("AFloating", "x", 0.25, Kind::attribute),
        attribute("NanBits", "nan", kOtherNan, Kind::attribute),
        attribute("MinusZero", "zero", -0.0, Kind::attribute),
        attribute("ABoolean", "flag", false, Kind::attribute),
        attribute("Words", "text", "Words", Kind::attribute),
        attribute("AnElement", "list", List{List{1, 2}, List{3, 5}}, Kind::attribute, Shape{1, 1}),
        attribute("Elements", "list", List{List{0, 2}, List{3, 5}}, Kind::attribute, Shape{0, 0},
                  2),
        attribute("ItsShape", "list", List{List{1, 2, 3}, List{3, 4, 5}}, Kind::shape, Shape{0}, 2),
        attribute("ItsRank", "list", List{1, 2}, Kind::shape, Shape{0}, 2),
        attribute("SomethingForNothing", "nothing", 0, Kind::shape),
        attribute("NothingForText", "text", Null{}, Kind::shape),
        attribute("Opaque", "tag", to_bytes("abd"), Kind::attribute),
        attribute("Complex", "complex", std::complex<double>(1, 3), Kind::attribute),
        attribute("WhereItLeads", "to", hdmf::reference_to("/numbers"), Kind::reference),
        attribute("InAnotherFile", "to",
                  hdmf::Reference{"other.h5", "/g", std::nullopt, std::nullopt}, Kind::reference),
        attribute("ARegionSelects", "region", hdmf::region_of("/numbers", {box({0, 0}, {2, 3})}),
                  Kind::region),
        attribute("AField", "record", Record{{"a", 1}, {"b", "three"}}, Kind::attribute),
        attribute("NameOfAField", "record", Record{{"a", 1}, {"c", "two"}}, Kind::type),
        attribute("OrderOfFields", "record", Record{{"b", "two"}, {"a", 1}}, Kind::type),
        attribute("IntegerForFloat", "x", 1, Kind::type),
        attribute("IntegerForBoolean", "flag", 1, Kind::type),
        attribute("TextForNumber", "n", "7", Kind::type),
        attribute("AnAddedOne", "new", 1, Kind::added, std::nullopt, 0),
        Planted{"AMissingOne", [](GroupBuilder& root) { root.attributes.erase("n"); },
                Kind::missing, "/@n"},
        Planted{"OfAGroup", [](GroupBuilder& root) { root.groups[0].attributes.set("a", 2); },
                Kind::attribute, "/g@a", std::nullopt, 1},
        Planted{"OfADataset",
                [](GroupBuilder& root) { dataset(root, "numbers").attributes.set("unit", "V"); },
                Kind::added, "/numbers@unit"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Nodes, PlantedDifferenceTest,
    ::testing::Values(
        Planted{"AMissingGroup", [](GroupBuilder& root) { root.groups.clear(); }, Kind::missing,
                "/g"},
        Planted{"AnAddedGroup", [](GroupBuilder& root) { add(root, hdmf::make_group("h")); },
                Kind::added, "/h"},
        Planted{"AMissingDataset", [](GroupBuilder& root) { root.groups[0].datasets.clear(); },
                Kind::missing, "/g/inner"},
        Planted{"AnAddedDataset",
                [](GroupBuilder& root) {
                  add(root.groups[0], hdmf::make_scalar("more", std::int32_t{1}));
                },
                Kind::added, "/g/more"},
        Planted{"AMissingLink", [](GroupBuilder& root) { root.links.erase(root.links.begin()); },
                Kind::missing, "/again"},
        Planted{"AnAddedLink", [](GroupBuilder& root) { add_link(root, "more", "/g"); },
                Kind::added, "/more"},
        Planted{"WhereALinkLeads", [](GroupBuilder& root) { root.links[0].path = "/floats"; },
                Kind::link, "/again"},
        Planted{"TheFileOfALink", [](GroupBuilder& root) { root.links[1].source = "../b.zarr"; },
                Kind::link, "/far"},
        Planted{"AGroupForADataset",
                [](GroupBuilder& root) {
                  root.groups[0].datasets.clear();
                  add(root.groups[0], hdmf::make_group("inner"));
                },
                Kind::kind, "/g/inner"},
        Planted{"ADatasetForALink",
                [](GroupBuilder& root) {
                  root.links.erase(root.links.begin());
                  add(root, hdmf::make_scalar("again", std::int32_t{1}));
                },
                Kind::kind, "/again"},
        Planted{"ALinkForAGroup",
                [](GroupBuilder& root) {
                  root.groups.clear();
                  add_link(root, "g", "/numbers");
                },
                Kind::kind, "/g"}),
    case_name);

struct Same {
  const char* why;
  std::function<void(GroupBuilder&)> change;
  CompareOptions options = {};

  friend std::ostream& operator<<(std::ostream& out, const Same& s) { return out << s.why; }
};

class NoDifferenceTest : public ::testing::TestWithParam<Same> {};

TEST_P(NoDifferenceTest, IsFound) {
  GroupBuilder changed = sample();
  GetParam().change(changed);
  const CompareReport report = compare_in_memory(sample(), changed, GetParam().options);
  EXPECT_EQ(report.differences, 0U) << told(report);
  EXPECT_TRUE(report.is_equal());
  EXPECT_EQ(summary(report).find("equal: 1 group, 16 datasets, "), 0U) << summary(report);
}

CompareOptions tolerant(double absolute, double relative) {
  CompareOptions options;
  options.absolute = absolute;
  options.relative = relative;
  return options;
}

// `values` of text of another kind.
DatasetBuilder fixed_text(std::vector<Value> values) {
  hdmf::ObjectType type = hdmf::text_type();
  type.charset = hdmf::ObjectType::Charset::ascii;
  type.fixed_length = 8;
  return hdmf::make_dataset("words", type, std::move(values), {3});
}

INSTANTIATE_TEST_SUITE_P(
    Pairs, NoDifferenceTest,
    ::testing::Values(
        Same{"Nothing", [](GroupBuilder&) {}},
        Same{"Chunks",
             [](GroupBuilder& root) {
               put(root, numbers(counted(), {5, 4}, {5, 1}));
             }},
        Same{"NoChunks",
             [](GroupBuilder& root) {
               put(root, numbers(counted(), {5, 4}, {}));
             }},
        Same{"HowTextIsMarked",
             [](GroupBuilder& root) {
               put(root, fixed_text({"a", "bé", ""}));
             }},
        Same{"TextOfFixedSize",
             [](GroupBuilder& root) {
               put(root, of_type("words", DataType::bytes(4), {3},
                                 to_bytes(std::string("a\0\0\0b\xc3\xa9\0\0\0\0\0", 12))));
             }},
        Same{"TextInUtf32",
             [](GroupBuilder& root) {
               put(root, of_type("words", DataType::unicode(2), {3},
                                 packed(U'a', U'\0', U'b', U'é', U'\0', U'\0')));
             }},
        Same{"ObjectIds",
             [](GroupBuilder& root) {
               hdmf::Reference reference = hdmf::reference_to("/g");
               reference.object_id = "id";
               reference.source_object_id = "root";
               root.attributes.set("to", reference);
             }},
        Same{"HowARegionIsCut",
             [](GroupBuilder& root) {
               put(root,
                   hdmf::make_dataset(
                       "regions", std::vector{hdmf::region_of(
                                      "/numbers", {box({2, 1}, {1, 3}), box({1, 2}, {1, 2}),
                                                   box({1, 1}, {1, 1}), box({1, 1}, {2, 1})})}));
             }},
        Same{"TheSignOfAnAttributesType",
             [](GroupBuilder& root) { root.attributes.set("n", std::uint64_t{7}); }},
        Same{"TheOrderOfAttributes",
             [](GroupBuilder& root) {
               root.attributes.erase("n");
               root.attributes.set("n", 7);
             }},
        Same{"TheOrderOfNodes",
             [](GroupBuilder& root) {
               std::reverse(root.datasets.begin(), root.datasets.end());
               std::reverse(root.links.begin(), root.links.end());
             }},
        Same{"WithinATolerance",
             [](GroupBuilder& root) {
               put(root, hdmf::make_dataset("floats", std::vector<double>{1.6, kNan, -0.0, -2.1}));
               root.attributes.set("x", 0.6);
             },
             tolerant(0.125, 0)},
        Same{"WithinARelativeTolerance",
             [](GroupBuilder& root) {
               auto values = counted();
               values[19] = 20;
               put(root, numbers(std::move(values)));
             },
             tolerant(0, 0.05)},
        Same{"TheOrderOfAnEnumeration",
             [](GroupBuilder& root) {
               put(root, named_values({{"RUN", 2}, {"REST", 1}}));
             }}),
    [](const auto& p) { return p.param.why; });

TEST(CompareTest, BeyondAToleranceIsADifference) {
  GroupBuilder changed = sample();
  put(changed, hdmf::make_dataset("floats", std::vector<double>{1.6, kNan, 0.0, -2.3}));
  const CompareReport report = compare_in_memory(sample(), changed, tolerant(0.125, 0));
  ASSERT_EQ(report.differences, 1U) << told(report);
  EXPECT_EQ(report.listed[0].index, Shape{3});
  EXPECT_EQ(report.listed[0].text, "1 of 4 elements differ; first (3,): -2.0 in A, -2.3 in B");
}

TEST(CompareTest, FieldsOfAnAttributeMayComeInAnyOrderInZarr) {
  GroupBuilder changed = sample();
  changed.attributes.set("record", Record{{"b", "two"}, {"a", 1}});
  EXPECT_TRUE(compare_in_memory(sample(), changed, {}, "Zarr v2").is_equal());
}

TEST(CompareTest, ManyDifferencesAreCountedAndTheFirstByPathListed) {
  GroupBuilder a, b;
  for (int i = 0; i < 200; ++i) {
    add(a, hdmf::make_scalar(fmt::format("{:03}", i), std::int32_t{0}));
    add(b, hdmf::make_scalar(fmt::format("{:03}", i), std::int32_t{1}));
  }
  CompareOptions options;
  options.max_differences = 3;
  for (const unsigned threads : {1U, 4U}) {
    options.threads = threads;
    const CompareReport report = compare_in_memory(a, b, options);
    EXPECT_EQ(report.differences, 200U);
    ASSERT_EQ(report.listed.size(), 3U);
    EXPECT_EQ(report.listed[2].path, "/002");
  }
  options.max_differences = 0;
  EXPECT_TRUE(compare_in_memory(a, b, options).listed.empty());
}

TEST(CompareTest, TheReportIsJson) {
  GroupBuilder changed = sample();
  put(changed, hdmf::make_scalar("one", std::int32_t{6}));
  const Json json = to_json(compare_in_memory(sample(), changed));
  EXPECT_EQ(json["equal"], false);
  EXPECT_EQ(json["differences"], 1);
  EXPECT_EQ(json["listed"][0], (Json{{"kind", "value"},
                                     {"path", "/one"},
                                     {"text", "5 in A, 6 in B"},
                                     {"index", Json::array()},
                                     {"a", "5"},
                                     {"b", "6"},
                                     {"count", 1}}));
  EXPECT_EQ(json["references"], 5) << "two of a dataset, two of rows, one of an attribute";
  EXPECT_EQ(json["region_references"], 2);
}

TEST(CompareTest, AStopIsObeyed) {
  std::stop_source source;
  source.request_stop();
  CompareOptions options;
  options.stop = source.get_token();
  testing::expect_error(ErrorCode::cancelled, "stop",
                        [&] { compare_in_memory(sample(), sample(), options); });
}

}  // namespace
}  // namespace engram::compare_test
