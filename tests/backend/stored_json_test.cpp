#include "backend/stored_json.hpp"

#include <gtest/gtest.h>

#include "testing/fake_sources.hpp"

namespace engram::backend {
namespace {

using hdmf::ObjectType;
using testing::attributes_of;
using testing::dataset_of;
using testing::fake_array;
using testing::list_type;
using testing::number_type;
using testing::object_type;
using testing::record_type;
using testing::sequence_type;
using testing::text_type;

TEST(StoredJsonTest, TypesComeBack) {
  ObjectType fixed = text_type(ObjectType::Charset::ascii);
  fixed.fixed_length = 12;
  const std::vector<ObjectType> types = {
      text_type(),
      fixed,
      object_type(ObjectType::Kind::reference),
      object_type(ObjectType::Kind::region_reference),
      number_type(DataType::unsigned_integer(2)),
      number_type(DataType::structured(
          {{"x", DataType::floating(4), {2, 3}, 0}, {"y", DataType::boolean(), {}, 0}})),
      sequence_type(object_type(ObjectType::Kind::reference)),
      record_type({{"a", list_type(record_type({{"b", fixed}}), {2})},
                   {"c", sequence_type(number_type(DataType::complex(8)))}}),
  };
  for (const ObjectType& type : types) {
    const Json json = stored_type_to_json(type);
    const auto found = stored_type_from_json(parse_json(dump_json(json, JsonStyle::zarr)));
    ASSERT_TRUE(found) << json;
    EXPECT_TRUE(*found == type) << json;
  }
}

TEST(StoredJsonTest, OtherJsonIsNoType) {
  std::string deep = "\"<i4\"";
  for (int i = 0; i < 40; ++i) deep = R"({"sequence": )" + deep + "}";
  for (const std::string& text :
       {std::string("null"), std::string("3"), std::string("\"nothing\""), std::string("{}"),
        std::string(R"({"sequence": 1})"), std::string(R"({"array": "<i4"})"),
        std::string(R"({"array": "<i4", "shape": [-1]})"),
        std::string(R"({"array": "<i4", "shape": [null]})"), std::string(R"({"record": [["a"]]})"),
        std::string(R"({"record": {}})"), std::string(R"({"fields": [["a", "<i4"]]})"),
        std::string(R"({"text": "utf8", "length": 99999999999})"), deep})
    EXPECT_FALSE(stored_type_from_json(parse_json(text))) << text.substr(0, 60);
}

hdmf::GroupBuilder tree() {
  hdmf::GroupBuilder root;
  root.attributes = attributes_of({{"n", std::int64_t{3}}, {"plain", "text"}});
  root.attributes.set_form("n", {number_type(DataType::unsigned_integer(1)), {}, false});
  auto grows = dataset_of("grows", fake_array<float>(DataType::floating(4), {2}, {1, 2}, {2}));
  grows.stored = {false, {hdmf::StoredLayout::kUnlimited}, {}};
  auto text = dataset_of("text", text_type(), {2}, {"a", "b"});
  text.stored = {std::nullopt, {8}, {2}};
  root.datasets = {grows, text,
                   dataset_of("plain", fake_array<float>(DataType::floating(4), {1}, {1}))};
  return root;
}

TEST(StoredJsonTest, ATreeIsToldWhatWasKept) {
  const Json json = stored_to_json(tree());
  EXPECT_FALSE(json.contains("/plain")) << json;
  hdmf::GroupBuilder other = tree();
  other.attributes.set("n", std::int64_t{4});
  for (auto& dataset : other.datasets) dataset.stored = {};
  apply_stored(json, other);
  ASSERT_NE(other.attributes.form("n"), nullptr);
  EXPECT_TRUE(other.attributes.form("n")->type == number_type(DataType::unsigned_integer(1)));
  EXPECT_EQ(other.attributes.form("plain"), nullptr);
  std::vector<hdmf::StoredLayout> expected;
  for (const auto& dataset : tree().datasets) expected.push_back(dataset.stored);
  expected[2].contiguous = true;  // As its size has it.
  for (std::size_t i = 0; i < other.datasets.size(); ++i)
    EXPECT_TRUE(other.datasets[i].stored == expected[i]) << i;
}

TEST(StoredJsonTest, WhatDoesNotFitIsPassedOver) {
  const Json json = stored_to_json(tree());
  hdmf::GroupBuilder other;
  other.attributes = attributes_of({{"n", std::int64_t{300}}});
  auto longer = dataset_of("text", text_type(), {9}, std::vector<hdmf::Value>(9, "a"));
  auto flat = dataset_of("grows", fake_array<float>(DataType::floating(4), {1, 1}, {1}, {1, 1}));
  other.datasets = {longer, flat};
  apply_stored(json, other);
  EXPECT_EQ(other.attributes.form("n"), nullptr);
  EXPECT_EQ(other.datasets[0].stored.max_shape, Shape());
  EXPECT_EQ(other.datasets[1].stored.max_shape, Shape());
  for (const char* text : {"null", "[]", R"({"/text": {"chunks": [0]}})",
                           R"({"/": {"attributes": [1]}})", R"({"/": {"attributes": {"n": 1}}})"}) {
    hdmf::GroupBuilder untouched = tree();
    untouched.attributes.set("n", std::int64_t{3});
    for (auto& dataset : untouched.datasets) dataset.stored = {};
    apply_stored(parse_json(text), untouched);
    EXPECT_EQ(untouched.attributes.form("n"), nullptr) << text;
    EXPECT_TRUE(untouched.datasets[1].stored.empty()) << text;
  }
}

TEST(StoredJsonTest, ATreeThatWasNeverHdf5HasNothing) {
  hdmf::GroupBuilder root;
  root.datasets = {dataset_of("plain", fake_array<float>(DataType::floating(4), {1}, {1}))};
  EXPECT_TRUE(stored_to_json(root).is_null());
  root.datasets[0].stored.contiguous = true;
  EXPECT_EQ(stored_to_json(root), Json::object());
}

}  // namespace
}  // namespace engram::backend
