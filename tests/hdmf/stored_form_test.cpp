#include "engram/hdmf/stored_form.hpp"

#include <gtest/gtest.h>

#include <complex>
#include <limits>

#include "testing/fake_sources.hpp"

namespace engram::hdmf {
namespace {

using testing::list_type;
using testing::number_type;
using testing::object_type;
using testing::record_type;
using testing::sequence_type;
using testing::text_type;

const ObjectType kInteger = number_type(DataType::integer(8));
const ObjectType kDouble = number_type(DataType::floating(8));

Value integer(std::int64_t value) { return Value(value); }

ObjectType fixed_text(std::uint64_t length) {
  ObjectType type = text_type();
  type.fixed_length = length;
  return type;
}

TEST(StoredFormTest, FollowsFromTheValue) {
  struct Case {
    const char* name;
    Value value;
    ObjectType type;
    Shape shape;
  };
  const Reference reference{".", "/a", std::nullopt, std::nullopt};
  const std::vector<Case> cases = {
      {"boolean", true, number_type(DataType::boolean()), {}},
      {"integer", integer(-1), kInteger, {}},
      {"unsigned", std::uint64_t{1} << 63U, number_type(DataType::unsigned_integer(8)), {}},
      {"double", 0.5, kDouble, {}},
      {"complex", std::complex<double>(1, 2), number_type(DataType::complex(16)), {}},
      {"text", "a", text_type(), {}},
      {"opaque", Bytes(3), number_type(DataType::opaque(3)), {}},
      {"reference", reference, object_type(ObjectType::Kind::reference), {}},
      {"list", List{integer(1), integer(2)}, kInteger, {2}},
      {"mixed numbers", List{integer(1), 0.5}, kDouble, {2}},
      {"booleans and numbers", List{true, integer(2)}, kInteger, {2}},
      {"table", List{List{0.5}, List{1.5}}, kDouble, {2, 1}},
      {"ragged", List{List{integer(1)}, List{}}, sequence_type(kInteger), {2}},
      {"empty", List{}, kDouble, {0}},
      {"empty rows", List{List{}, List{}}, kDouble, {2, 0}},
      {"null reference", List{Null{}, reference}, object_type(ObjectType::Kind::reference), {2}},
      {"record",
       Record{{"a", integer(1)}, {"b", "x"}},
       record_type({{"a", kInteger}, {"b", text_type()}}),
       {}},
      {"records with lists",
       List{Record{{"a", List{integer(1), integer(2)}}}},
       record_type({{"a", list_type(kInteger, {2})}}),
       {1}},
      {"records with ragged lists",
       List{Record{{"a", List{integer(1), integer(2)}}}, Record{{"a", List{integer(1)}}}},
       record_type({{"a", sequence_type(kInteger)}}),
       {2}},
      {"opaque of two sizes", List{Bytes(1), Bytes(3)}, number_type(DataType::opaque(3)), {2}},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    const auto form = form_of(each.value);
    ASSERT_TRUE(form);
    EXPECT_TRUE(form->type == each.type);
    EXPECT_EQ(form->shape, each.shape);
    EXPECT_FALSE(form->is_null);
  }
  EXPECT_TRUE(form_of(Null{})->is_null);
}

TEST(StoredFormTest, NoTypeHoldsTextAndNumbers) {
  EXPECT_FALSE(form_of(List{"a", integer(1)}));
  EXPECT_FALSE(form_of(List{Record{{"a", integer(1)}}, Record{{"b", integer(1)}}}));
  EXPECT_FALSE(form_of(Record{{"a", List{"x", 0.5}}}));
}

TEST(StoredFormTest, HoldsWhatDoesNotChangeInIt) {
  struct Case {
    const char* name;
    StoredForm form;
    Value value;
    bool fits;
  };
  const auto number = [](DataType type) {
    return StoredForm{number_type(std::move(type)), {}, false};
  };
  const std::vector<Case> cases = {
      {"int8", number(DataType::integer(1)), integer(-128), true},
      {"int8, too large", number(DataType::integer(1)), integer(128), false},
      {"int64, least", number(DataType::integer(8)),
       integer(std::numeric_limits<std::int64_t>::min()), true},
      {"uint8 from JSON", number(DataType::unsigned_integer(1)), integer(255), true},
      {"uint8, negative", number(DataType::unsigned_integer(1)), integer(-1), false},
      {"uint64", number(DataType::unsigned_integer(8)), ~std::uint64_t{0}, true},
      {"int64, too large", number(DataType::integer(8)), ~std::uint64_t{0}, false},
      {"float32", number(DataType::floating(4)), 0.5, true},
      {"float32, too precise", number(DataType::floating(4)), 0.1, false},
      {"float32, NaN", number(DataType::floating(4)), std::numeric_limits<double>::quiet_NaN(),
       true},
      {"float16", number(DataType::floating(2)), 65504.0, true},
      {"float16, least", number(DataType::floating(2)), 0x1p-24, true},
      {"float16, too small", number(DataType::floating(2)), 0x1p-25, false},
      {"float16, too large", number(DataType::floating(2)), 65536.0, false},
      {"float16, too precise", number(DataType::floating(2)), 1.0 + 0x1p-11, false},
      {"float from an integer", number(DataType::floating(8)), integer(1), false},
      {"boolean", number(DataType::boolean()), true, true},
      {"complex as JSON has it", number(DataType::complex(8)), List{0.5, 1.5}, true},
      {"complex, too precise", number(DataType::complex(8)), List{0.5, 0.1}, false},
      {"fixed text", {fixed_text(2), {}, false}, "ab", true},
      {"fixed text, too long", {fixed_text(2), {}, false}, "abc", false},
      {"shape", {kInteger, {2}, false}, List{integer(1), integer(2)}, true},
      {"another length", {kInteger, {3}, false}, List{integer(1), integer(2)}, false},
      {"sequences of one length",
       {sequence_type(kInteger), {2}, false},
       List{List{integer(1)}, List{integer(2)}},
       true},
      {"fields in another order",
       {record_type({{"a", kInteger}, {"b", kDouble}}), {}, false},
       Record{{"b", 0.5}, {"a", integer(1)}},
       true},
      {"null", {kInteger, {}, true}, Null{}, true},
      {"null, but there is something", {kInteger, {}, true}, integer(1), false},
  };
  for (const Case& each : cases) EXPECT_EQ(can_hold(each.form, each.value), each.fits) << each.name;
}

TEST(StoredFormTest, WhatJsonKeeps) {
  EXPECT_TRUE(survives_json(kInteger));
  EXPECT_TRUE(survives_json(sequence_type(text_type())));
  EXPECT_FALSE(survives_json(number_type(DataType::unsigned_integer(8))));
  EXPECT_FALSE(survives_json(number_type(DataType::complex(16))));
  EXPECT_FALSE(survives_json(record_type({{"a", kInteger}})));
}

TEST(StoredFormTest, BelongsToTheValueThatItWasSaidOf) {
  Attributes attributes;
  attributes.set("a", integer(1));
  attributes.set_form("a", {number_type(DataType::integer(1)), {}, false});
  ASSERT_NE(attributes.form("a"), nullptr);
  EXPECT_EQ(attributes.form("b"), nullptr);
  attributes.replace("a", integer(2));
  EXPECT_NE(attributes.form("a"), nullptr);
  attributes.set("a", integer(3));
  EXPECT_EQ(attributes.form("a"), nullptr);
  attributes.set_form("a", {number_type(DataType::integer(1)), {}, false});
  attributes.erase("a");
  EXPECT_EQ(attributes.form("a"), nullptr);
}

}  // namespace
}  // namespace engram::hdmf
