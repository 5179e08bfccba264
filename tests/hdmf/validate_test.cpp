#include "engram/hdmf/validate.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engram/base/error.hpp"
#include "hdmf/small_file.hpp"

namespace engram::hdmf {
namespace {

using namespace small_file;

TEST(ValidateTest, AFileWithoutFaults) { EXPECT_EQ(show(all_findings(file())), ""); }

class FaultTest : public ::testing::TestWithParam<Fault> {};

TEST_P(FaultTest, IsFoundAndNamed) { expect_found(GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Attributes, FaultTest,
    ::testing::Values(
        Fault{"missing", [](auto& f) { a(f).attributes.erase("description"); }, kError, K::missing,
              "/acquisition/a@description", "Series must have attribute"},
        Fault{"missing on a dataset", [](auto& f) { data(f).attributes.erase("unit"); }, kError,
              K::missing, "/acquisition/a/data@unit", "must have attribute"},
        Fault{"null", [](auto& f) { a(f).attributes.set("description", Null{}); }, kError,
              K::missing, "/acquisition/a@description", "is missing"},
        Fault{"number for text", [](auto& f) { a(f).attributes.set("description", 3); }, kError,
              K::wrong_dtype, "/acquisition/a@description", "is the integer 3, not text"},
        Fault{"text for float", [](auto& f) { a(f).attributes.set("rate", "3"); }, kError,
              K::wrong_dtype, "/acquisition/a@rate", "is text, not float32"},
        Fault{"integer for float", [](auto& f) { a(f).attributes.set("rate", 3); }, kError,
              K::wrong_dtype, "/acquisition/a@rate", "is the integer 3, not float32"},
        Fault{"negative for unsigned", [](auto& f) { a(f).attributes.set("count", -1); }, kError,
              K::wrong_dtype, "/acquisition/a@count", "is the integer -1, not uint8"},
        Fault{"float for integer", [](auto& f) { a(f).attributes.set("offset", 1.5); }, kError,
              K::wrong_dtype, "/acquisition/a@offset", "is a floating number, not int32"},
        Fault{"boolean for integer", [](auto& f) { a(f).attributes.set("offset", true); }, kError,
              K::wrong_dtype, "/acquisition/a@offset", "is a boolean"},
        Fault{"integer for boolean", [](auto& f) { a(f).attributes.set("is_good", 1); }, kError,
              K::wrong_dtype, "/acquisition/a@is_good", "not bool"},
        Fault{"boolean for numeric",
              [](auto& f) {
                a(f).attributes.set("pair", List{true, false});
              },
              kError, K::wrong_dtype, "/acquisition/a@pair", "is a boolean, not numeric"},
        Fault{"complex for numeric",
              [](auto& f) {
                a(f).attributes.set("pair", List{std::complex<double>(1, 2), 1});
              },
              kError, K::wrong_dtype, "/acquisition/a@pair", "is a complex number"},
        Fault{"one bad value among good",
              [](auto& f) {
                a(f).attributes.set("tags", List{"x", 3});
              },
              kError, K::wrong_dtype, "/acquisition/a@tags", "is the integer 3"},
        Fault{"single for an array", [](auto& f) { a(f).attributes.set("tags", "x"); }, kError,
              K::wrong_shape, "/acquisition/a@tags",
              "is a single value, not an array of shape (*,)"},
        Fault{"wrong length",
              [](auto& f) {
                a(f).attributes.set("pair", List{1, 2, 3});
              },
              kError, K::wrong_shape, "/acquisition/a@pair", "has shape (3,), not (2,)"},
        Fault{"wrong rank",
              [](auto& f) {
                a(f).attributes.set("pair", List{Value(List{1, 2})});
              },
              kError, K::wrong_shape, "/acquisition/a@pair", "has shape (1, 2), not (2,)"},
        Fault{"no time", [](auto& f) { a(f).attributes.set("made", "yesterday"); }, kError,
              K::wrong_dtype, "/acquisition/a@made", "no time as ISO 8601"},
        Fault{"time without zone",
              [](auto& f) { a(f).attributes.set("made", "2024-01-02T03:04:05"); }, kError,
              K::wrong_value, "/acquisition/a@made", "without its zone"},
        Fault{"not ASCII", [](auto& f) { a(f).attributes.set("code", "\xc3\xa9"); }, kError,
              K::wrong_dtype, "/acquisition/a@code", "not ascii"},
        Fault{"text for a reference", [](auto& f) { a(f).attributes.set("device", "probe"); },
              kError, K::wrong_dtype, "/acquisition/a@device", "is text, not reference to Device"},
        Fault{"reference to another type",
              [](auto& f) { a(f).attributes.set("device", to("/acquisition/a")); }, kError,
              K::wrong_type, "/acquisition/a@device",
              "refers to /acquisition/a, which is a Series"},
        Fault{"reference to nothing",
              [](auto& f) { a(f).attributes.set("device", to("/devices/gone")); }, kError,
              K::dangling, "/acquisition/a@device",
              "refers to /devices/gone, where there is nothing"},
        Fault{"wrong constant", [](auto& f) { data(f).attributes.set("unit", "mV"); }, kWarning,
              K::wrong_value, "/acquisition/a/data@unit", R"(is "mV", not "volts")"},
        Fault{"unknown", [](auto& f) { a(f).attributes.set("colour", "red"); }, kWarning,
              K::unexpected, "/acquisition/a@colour", "is no attribute that Series has"}));

INSTANTIATE_TEST_SUITE_P(
    Types, FaultTest,
    ::testing::Values(
        Fault{"root without type", [](auto& f) { f.attributes.erase("neurodata_type"); }, kError,
              K::unknown_type, "/", "the root has no type"},
        Fault{"unknown type", [](auto& f) { a(f).attributes.set("neurodata_type", "Serious"); },
              kError, K::unknown_type, "/acquisition/a",
              "is a Serious, which is no type of namespace n 1.0.0"},
        Fault{"unknown namespace", [](auto& f) { a(f).attributes.set("namespace", "ndx-gone"); },
              kError, K::unknown_type, "/acquisition/a", "namespace ndx-gone, which is not among"},
        Fault{"no namespace", [](auto& f) { a(f).attributes.erase("namespace"); }, kError,
              K::unknown_type, "/acquisition/a", "has a type, but no namespace"},
        Fault{"a group as a dataset type",
              [](auto& f) { a(f).attributes.set("neurodata_type", "Column"); }, kError,
              K::wrong_node, "/acquisition/a", "is a group, not a dataset"},
        Fault{"a dataset as a group type",
              [](auto& f) { table_of(f).datasets[3].attributes.set("neurodata_type", "Device"); },
              kError, K::wrong_node, "/acquisition/table/depth", "is a dataset, not a group"},
        Fault{"a type where it may not be",
              [](auto& f) { acquisition(f).groups.push_back(device("stray")); }, kWarning,
              K::unexpected, "/acquisition/stray", "is nothing that File/acquisition has"},
        Fault{"a type below what nobody knows",
              [](auto& f) {
                GroupBuilder extra;
                extra.name = "extra";
                extra.groups.push_back(series("b"));
                extra.groups.back().attributes.erase("description");
                f.groups.push_back(std::move(extra));
              },
              kError, K::missing, "/extra/b@description", "is missing"},
        Fault{"the wrong type under a fixed name",
              [](auto& f) { table_of(f).datasets[0].attributes.set("neurodata_type", "Column"); },
              kError, K::missing, "/acquisition/table/id", "is missing: Table must have it"},
        Fault{"narrower type of a subtype",
              [](auto& f) {
                a(f).attributes.set("neurodata_type", "SpecialSeries");
                replace(data(f),
                        dataset_of("data", fake_array<double>(DataType::floating(8), {2}, {1, 2})));
              },
              kError, K::wrong_dtype, "/acquisition/a/data", "is float64, not int16"}));

INSTANTIATE_TEST_SUITE_P(
    Children, FaultTest,
    ::testing::Values(
        Fault{"missing dataset", [](auto& f) { f.datasets.erase(f.datasets.begin()); }, kError,
              K::missing, "/identifier", "is missing: File must have it"},
        Fault{"missing group", [](auto& f) { f.groups.erase(f.groups.begin()); }, kError,
              K::missing, "/acquisition", "is missing"},
        Fault{"missing link", [](auto& f) { f.links.clear(); }, kError, K::missing, "/main",
              "is missing"},
        Fault{"none of a type", [](auto& f) { f.groups[1].groups.clear(); }, kError, K::missing,
              "/devices/Device", "File/devices must have at least 1 Device"},
        Fault{"too few",
              [](auto& f) {
                GroupBuilder pair;
                pair.name = "pair";
                pair.groups.push_back(device("one"));
                f.groups.push_back(std::move(pair));
              },
              kError, K::wrong_quantity, "/pair", "has 1 of Device, not at least 2"},
        Fault{"too many",
              [](auto& f) {
                GroupBuilder pair;
                pair.name = "pair";
                for (const char* name : {"one", "two", "three"})
                  pair.groups.push_back(device(name));
                f.groups.push_back(std::move(pair));
              },
              kError, K::wrong_quantity, "/pair", "has 3 of Device, not at most 2"},
        Fault{"a group for a dataset",
              [](auto& f) {
                a(f).datasets.clear();
                GroupBuilder wrong;
                wrong.name = "data";
                a(f).groups.push_back(std::move(wrong));
              },
              kError, K::wrong_node, "/acquisition/a/data", "is a group, not a dataset"},
        Fault{"a dataset for a group",
              [](auto& f) {
                f.groups.erase(f.groups.begin() + 1);
                f.datasets.push_back(text_of("devices", "x"));
              },
              kError, K::wrong_node, "/devices", "is a dataset, not a group"},
        Fault{"unknown dataset", [](auto& f) { a(f).datasets.push_back(text_of("note", "x")); },
              kWarning, K::unexpected, "/acquisition/a/note", "is nothing that Series has"},
        Fault{"unknown group",
              [](auto& f) {
                GroupBuilder extra;
                extra.name = "extra";
                f.groups.push_back(std::move(extra));
              },
              kWarning, K::unexpected, "/extra", "is nothing that File has"},
        Fault{"illegal link",
              [](auto& f) {
                f.links.push_back({"owned", ".", "/acquisition/a"});
              },
              kError, K::illegal_link, "/owned", "is a link to /acquisition/a"},
        Fault{"link to another type", [](auto& f) { f.links[0].path = "/devices/probe"; }, kError,
              K::missing, "/main", "is missing"},
        Fault{"link to nothing", [](auto& f) { f.links[0].path = "/acquisition/gone"; }, kError,
              K::dangling, "/main", "is a link to /acquisition/gone, where there is nothing"}));

INSTANTIATE_TEST_SUITE_P(
    Datasets, FaultTest,
    ::testing::Values(
        Fault{"text for numbers",
              [](auto& f) {
                replace(data(f), dataset_of("data", testing::text_type(), {1}, {Value("x")}));
              },
              kError, K::wrong_dtype, "/acquisition/a/data", "is utf8, not numeric"},
        Fault{"booleans for numbers",
              [](auto& f) {
                replace(data(f), dataset_of("data", fake_array<std::uint8_t>(DataType::boolean(),
                                                                             {2}, {0, 1})));
              },
              kError, K::wrong_dtype, "/acquisition/a/data", "is bool, not numeric"},
        Fault{"opaque for numbers",
              [](auto& f) {
                replace(data(f), dataset_of("data", fake_array<std::uint8_t>(DataType::opaque(1),
                                                                             {2}, {0, 1})));
              },
              kError, K::wrong_dtype, "/acquisition/a/data", "is void"},
        Fault{"narrower than asked",
              [](auto& f) {
                a(f).datasets.push_back(
                    dataset_of("times", fake_array<float>(DataType::floating(4), {2}, {1, 2})));
              },
              kError, K::wrong_dtype, "/acquisition/a/times", "is float32, not float64"},
        Fault{"wrong rank",
              [](auto& f) {
                replace(data(f),
                        dataset_of("data", fake_array<std::int16_t>(DataType::integer(2), {1, 3, 1},
                                                                    {1, 2, 3})));
              },
              kError, K::wrong_shape, "/acquisition/a/data",
              "has shape (1, 3, 1), not (*,) or (*, 3)"},
        Fault{"wrong length of a dimension",
              [](auto& f) {
                replace(data(f), dataset_of("data", fake_array<std::int16_t>(DataType::integer(2),
                                                                             {1, 2}, {1, 2})));
              },
              kError, K::wrong_shape, "/acquisition/a/data", "has shape (1, 2)"},
        Fault{"single for an array",
              [](auto& f) {
                replace(data(f), dataset_of("data", fake_array<std::int16_t>(DataType::integer(2),
                                                                             {}, {1})));
              },
              kError, K::wrong_shape, "/acquisition/a/data", "is a single value"},
        Fault{"no value at all", [](auto& f) { data(f).is_null = true; }, kError, K::wrong_dtype,
              "/acquisition/a/data", "has no value at all"},
        Fault{"no time", [](auto& f) { f.datasets[1] = text_of("start", "2024-13-02"); }, kError,
              K::wrong_dtype, "/start", "no time as ISO 8601"},
        Fault{"a time without its zone",
              [](auto& f) { f.datasets[1] = text_of("start", "2024-01-02T03:04:05"); }, kError,
              K::wrong_value, "/start", "without its zone"},
        Fault{"a bad time among good",
              [](auto& f) {
                f.datasets[2] = dataset_of("created", testing::text_type(), {2},
                                           {Value("2024-01-02T03:04:05Z"), Value("soon")});
              },
              kError, K::wrong_dtype, "/created", R"(is "soon")"},
        Fault{"number for a time",
              [](auto& f) {
                f.datasets[1] =
                    dataset_of("start", fake_array<double>(DataType::floating(8), {}, {1}));
              },
              kError, K::wrong_dtype, "/start", "is float64, not isodatetime"},
        Fault{"not ASCII", [](auto& f) { f.datasets.push_back(text_of("label", "na\xc3\xafve")); },
              kError, K::wrong_dtype, "/label", "not ASCII"},
        Fault{"number for a boolean",
              [](auto& f) {
                f.datasets.push_back(dataset_of(
                    "flag", fake_array<std::uint8_t>(DataType::unsigned_integer(1), {}, {1})));
              },
              kError, K::wrong_dtype, "/flag", "is uint8, not bool"},
        Fault{"a compound without a field",
              [](auto& f) {
                const DataType type =
                    DataType::structured({Field{"x", DataType::unsigned_integer(4), {}, 0}});
                f.datasets.push_back(dataset_of("mask", fake_array<std::uint32_t>(type, {1}, {1})));
              },
              kError, K::wrong_dtype, "/mask", R"(has no field "w")"},
        Fault{"a compound with a field of another type",
              [](auto& f) {
                const DataType type =
                    DataType::structured({Field{"x", DataType::integer(4), {}, 0},
                                          Field{"w", DataType::floating(4), {}, 0}});
                f.datasets.push_back(dataset_of("mask", fake_array<std::uint64_t>(type, {1}, {1})));
              },
              kError, K::wrong_dtype, "/mask", R"(field "x" is int32, not uint32)"},
        Fault{"numbers for a compound",
              [](auto& f) {
                f.datasets.push_back(dataset_of(
                    "mask", fake_array<std::uint32_t>(DataType::unsigned_integer(4), {1}, {1})));
              },
              kError, K::wrong_dtype, "/mask", "is uint32, not compound of x, w"},
        Fault{"text for references",
              [](auto& f) {
                f.datasets.push_back(dataset_of("order", testing::text_type(), {1}, {Value("a")}));
              },
              kError, K::wrong_dtype, "/order", "is utf8, not reference to Series"},
        Fault{"references to another type",
              [](auto& f) {
                f.datasets.push_back(
                    dataset_of("order", reference_type(), {2},
                               {Value(to("/acquisition/a")), Value(to("/devices/probe"))}));
              },
              kError, K::wrong_type, "/order",
              "refers to /devices/probe, which is a Device, not a Series"},
        Fault{"references to nothing",
              [](auto& f) {
                f.datasets.push_back(
                    dataset_of("order", reference_type(), {2}, {Value(to("/x")), Value(to("/y"))}));
              },
              kError, K::dangling, "/order", "holds 2 references to where there is nothing"},
        Fault{"references that were lost on reading",
              [](auto& f) {
                f.datasets.push_back(dataset_of("order", reference_type(), {1}, {Value(Null{})}));
                f.datasets.back().data = std::make_shared<FakeObjects>(
                    reference_type(), Shape{1}, std::vector<Value>{Null{}}, 1);
              },
              kError, K::dangling, "/order", "holds 1 reference to where"},
        Fault{"a reference of another type in a row",
              [](auto& f) {
                ObjectType row;
                row.kind = ObjectType::Kind::record;
                ObjectType number;
                number.kind = ObjectType::Kind::number;
                number.type = DataType::integer(4);
                row.fields = {{"n", number}, {"s", reference_type()}};
                f.datasets.push_back(
                    dataset_of("rows", row, {1}, {Value(List{1, to("/devices/probe")})}));
              },
              kError, K::wrong_type, "/rows", "refers to /devices/probe"},
        Fault{"values that can't be read",
              [](auto& f) {
                class Broken final : public ObjectSource {
                 public:
                  const ObjectType& type() const override { return type_; }
                  const Shape& shape() const override { return shape_; }
                  const Shape& chunk_shape() const override { return shape_; }
                  std::vector<Value> read(const Region&) const override {
                    throw Error(ErrorCode::corrupt_data, "chunk is cut short");
                  }

                 private:
                  ObjectType type_;
                  Shape shape_ = {1};
                };
                f.datasets[2].data = std::make_shared<Broken>();
              },
              kError, K::unreadable, "/created", "chunk is cut short"}));

TEST(ValidateTest, WhatIsWiderOrOfASubtypeIsNoFault) {
  GroupBuilder root = file();
  a(root).attributes.set("neurodata_type", "SpecialSeries");
  a(root).attributes.set("count", 3);
  a(root).attributes.set("rate", 3.0);
  a(root).attributes.set("made", "2024-01-02T03:04:05-02:30");
  a(root).attributes.set("code", "abc");
  a(root).attributes.set("device", to("/devices/probe"));
  replace(data(root),
          dataset_of("data", fake_array<std::int64_t>(DataType::integer(8), {1, 3}, {1, 2, 3})));
  table_of(root).datasets[0] = column<std::int64_t>("id", "Ids", DataType::integer(8), {0, 1, 2});
  root.datasets.push_back(text_of("label", "plain"));
  root.datasets.push_back(
      dataset_of("order", reference_type(), {2}, {Value(to("/acquisition/a")), Value(Null{})}));
  EXPECT_EQ(show(all_findings(root)), "");
}

TEST(ValidateTest, LinksInACircleOfGroupsEnd) {
  GroupBuilder root = file();
  acquisition(root).links.push_back({"again", ".", "/acquisition"});
  a(root).links.push_back({"up", ".", "/"});
  EXPECT_NO_THROW(all_findings(root));
}

}  // namespace
}  // namespace engram::hdmf
