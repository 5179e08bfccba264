#include "engram/hdmf/spec.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "testing/expect_error.hpp"

namespace engram::hdmf {
namespace {

Json json(const char* text) { return parse_json(text); }

GroupSpec group(const char* text) {
  std::vector<std::string> warnings;
  return parse_group_spec(json(text), warnings);
}

DatasetSpec dataset(const char* text) {
  std::vector<std::string> warnings;
  return parse_dataset_spec(json(text), warnings);
}

TEST(SpecParseTest, AGroupWithAllThatTheLanguageHas) {
  const GroupSpec spec = group(R"({
    "neurodata_type_def": "T", "neurodata_type_inc": "Base", "doc": "d", "default_name": "t", "quantity": "*", "linkable": false,
    "attributes": [{"name": "a", "doc": "x", "dtype": "text", "value": "v"},
                   {"name": "b", "dtype": "float", "default_value": 1.5, "required": true},
                   {"name": "c", "dtype": {"target_type": "U", "reftype": "object"}, "required": false}],
    "datasets": [{"name": "data", "dtype": "numeric", "shape": [[null], [null, 3]], "dims": [["t"], ["t", "xyz"]]}],
    "groups": [{"name": "g", "groups": [{"neurodata_type_inc": "V", "quantity": "+"}]}],
    "links": [{"name": "l", "target_type": "W", "quantity": "?"}]})");
  EXPECT_EQ(spec.type_def, "T");
  EXPECT_EQ(spec.type_inc, "Base");
  EXPECT_EQ(*spec.type(), "T");
  EXPECT_FALSE(spec.is_linkable);
  EXPECT_EQ(spec.quantity, (Quantity{0, std::nullopt}));
  ASSERT_EQ(spec.attributes.size(), 3U);
  EXPECT_EQ(spec.attribute("a")->value, "v");
  EXPECT_TRUE(spec.attribute("a")->is_required);
  EXPECT_FALSE(spec.attribute("b")->is_required);
  EXPECT_FALSE(spec.attribute("c")->is_required);
  EXPECT_EQ(to_string(spec.attribute("c")->dtype), "reference to U");
  EXPECT_EQ(spec.attribute("z"), nullptr);
  const DatasetSpec& data = *spec.dataset("data");
  ASSERT_EQ(data.dimensions.shapes.size(), 2U);
  EXPECT_EQ(data.dimensions.shapes[1][1], 3U);
  EXPECT_EQ(data.dimensions.names[1][1], "xyz");
  EXPECT_EQ(*spec.group("g")->groups.front().type(), "V");
  EXPECT_TRUE(spec.group("g")->groups.front().quantity.is_required());
  EXPECT_EQ(spec.link("l")->target_type, "W");
}

struct Round {
  const char* in;
  const char* out;

  friend std::ostream& operator<<(std::ostream& stream, const Round& round) {
    return stream << round.in;
  }
};

class DatasetSpecTest : public ::testing::TestWithParam<Round> {};

TEST_P(DatasetSpecTest, ComesBackInTheSameWords) {
  EXPECT_EQ(dump_json(to_json(dataset(GetParam().in)), JsonStyle::line), GetParam().out);
}

INSTANTIATE_TEST_SUITE_P(
    Datasets, DatasetSpecTest,
    ::testing::Values(
        Round{R"({"name":"d"})", R"({"name":"d","doc":""})"},
        Round{R"({"name":"d","doc":"x","dtype":"uint8","shape":[null]})",
              R"({"name":"d","doc":"x","dtype":"uint8","shape":[null],"dims":["dim_0"]})"},
        Round{R"({"name":"d","dims":["x","y"]})",
              R"({"name":"d","doc":"","shape":[null,null],"dims":["x","y"]})"},
        Round{R"({"name":"d","dims":[["x"],["x","y"]]})",
              R"({"name":"d","doc":"","shape":[[null],[null,null]],"dims":[["x"],["x","y"]]})"},
        Round{R"({"name":"d","shape":3,"dims":"xyz"})",
              R"({"name":"d","doc":"","shape":[3],"dims":["xyz"]})"},
        Round{R"({"name":"d","shape":[[2],[3]],"dims":["wh","whd"]})",
              R"({"name":"d","doc":"","shape":[[2],[3]],"dims":[["wh"],["whd"]]})"},
        Round{R"({"data_type_inc":"V","quantity":3})",
              R"({"data_type_inc":"V","doc":"","quantity":3})"},
        Round{R"({"data_type_inc":"V","quantity":"zero_or_many"})",
              R"({"data_type_inc":"V","doc":"","quantity":"*"})"},
        Round{R"({"name":"d","quantity":"zero_or_one"})",
              R"({"name":"d","doc":"","quantity":"?"})"},
        Round{
            R"({"name":"d","dtype":[{"name":"a","doc":"x","dtype":"int"},{"name":"r","dtype":{"target_type":"T","reftype":"object"}}]})",
            R"({"name":"d","doc":"","dtype":[{"name":"a","doc":"x","dtype":"int"},{"name":"r","doc":"","dtype":{"target_type":"T","reftype":"object"}}]})"},
        Round{R"({"name":"d","dtype":"text","value":"x"})",
              R"({"name":"d","doc":"","dtype":"text","value":"x"})"}));

struct BadSpec {
  const char* in;
  const char* part;

  friend std::ostream& operator<<(std::ostream& stream, const BadSpec& bad) {
    return stream << bad.in;
  }
};

class BadSpecTest : public ::testing::TestWithParam<BadSpec> {};

TEST_P(BadSpecTest, IsNamed) {
  testing::expect_error(ErrorCode::corrupt_data, GetParam().part, [] { group(GetParam().in); });
}

INSTANTIATE_TEST_SUITE_P(
    Groups, BadSpecTest,
    ::testing::Values(
        BadSpec{"[]", "the spec of group is [], not an object"},
        BadSpec{R"({"doc":"x"})", "neither a name nor a type: at group without name or type"},
        BadSpec{R"({"name":3})", R"(member "name" is 3, not a text)"},
        BadSpec{R"({"name":"a/b"})", "not a name without '/'"},
        BadSpec{R"({"name":"g","quantity":"many"})",
                R"(member "quantity" is "many", not a number)"},
        BadSpec{R"({"name":"g","quantity":0})", "not a number above zero"},
        BadSpec{R"({"name":"g","quantity":-1})", "not a number above zero"},
        BadSpec{R"({"name":"g","quantity":1.5})", "not a number above zero"},
        BadSpec{R"({"name":"g","quantity":"*"})", "not at most one of what has a name: at group g"},
        BadSpec{R"({"name":"g","linkable":"no"})", "not true or false"},
        BadSpec{R"({"name":"g","attributes":{}})", R"(member "attributes" is {}, not a list)"},
        BadSpec{R"({"name":"g","attributes":[3]})", "is 3, not an object"},
        BadSpec{
            R"({"name":"g","attributes":[{"dtype":"text"}]})",
            R"(member "name" is null, not a text: at attribute without name or type: at group g)"},
        BadSpec{
            R"({"name":"g","attributes":[{"name":"a","dtype":"texxt"}]})",
            R"(member "dtype" is "texxt", not a dtype of the HDMF specification language: at attribute a: at group g)"},
        BadSpec{R"({"name":"g","attributes":[{"name":"a","dtype":[{"name":"f","dtype":"int"}]}]})",
                "attributes have no fields"},
        BadSpec{
            R"({"name":"g","attributes":[{"name":"a","dtype":"int","value":1,"default_value":2}]})",
            "left out where there is a \"value\""},
        BadSpec{
            R"({"name":"g","attributes":[{"name":"a","dtype":"int"},{"name":"a","dtype":"int"}]})",
            R"(two attributes are named "a")"},
        BadSpec{R"({"name":"g","datasets":[{"name":"d","shape":[]}]})", "at least one dimension"},
        BadSpec{R"({"name":"g","datasets":[{"name":"d","shape":["x"]}]})",
                R"(member "shape" is "x")"},
        BadSpec{R"({"name":"g","datasets":[{"name":"d","shape":[-1]}]})",
                R"(member "shape" is -1)"},
        BadSpec{
            R"({"name":"g","datasets":[{"name":"d","shape":[1,2],"dims":["x"]}]})",
            R"(member "dims" is ["x"], not as many as "shape", which is [1,2]: at dataset d: at group g)"},
        BadSpec{R"({"name":"g","datasets":[{"name":"d","dtype":[]}]})", "a list of fields"},
        BadSpec{
            R"({"name":"g","datasets":[{"name":"d","dtype":{"target_type":"T","reftype":"pointer"}}]})",
            R"(not "object" or "region")"},
        BadSpec{
            R"({"name":"g","datasets":[{"name":"d","dtype":[{"name":"f","dtype":[{"name":"h","dtype":"int"}]}]}]})",
            "fields have no fields"},
        BadSpec{R"({"name":"g","datasets":[{"name":"d","dtype":[{"name":"f"}]}]})",
                "the type of a field: at field f"},
        BadSpec{R"({"name":"g","links":[{"name":"l"}]})", R"(member "target_type" is null)"}));

TEST(SpecParseTest, WhatTheLanguageDoesNotKnowIsNoticed) {
  std::vector<std::string> warnings;
  parse_group_spec(
      json(
          R"({"name":"g","neurodata_type_inc":"T","merge":1,"datasets":[{"name":"d","colour":2}]})"),
      warnings);
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[0], R"(member "merge" of group g is none of the schema language)");
  EXPECT_EQ(warnings[1], R"(member "colour" of dataset d is none of the schema language)");
}

}  // namespace
}  // namespace engram::hdmf
