#include "engram/hdmf/value.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

namespace engram::hdmf {
namespace {

enum class Scoped { one };
enum Unscoped { kOne };

static_assert(!std::is_constructible_v<Value, char>, "a char is a piece of text, no number");
static_assert(!std::is_constructible_v<Value, char16_t>);
static_assert(!std::is_constructible_v<Value, long double>, "this would lose digits");
static_assert(!std::is_constructible_v<Value, int*>, "this would become a bool");
static_assert(!std::is_constructible_v<Value, std::nullptr_t>);
static_assert(!std::is_constructible_v<Value, Scoped>);
static_assert(!std::is_constructible_v<Value, Unscoped>);
static_assert(std::is_nothrow_move_constructible_v<Value>, "or vectors copy when they grow");

TEST(ValueTest, IsNullAtFirst) {
  EXPECT_TRUE(Value().is<Null>());
  EXPECT_TRUE(Value(Null{}).is<Null>());
}

TEST(ValueTest, NumbersKeepTheirKind) {
  EXPECT_TRUE(Value(true).is<bool>());
  const Value kSigned[] = {
      std::int8_t{-1}, std::int16_t{-1}, std::int32_t{-1}, std::int64_t{-1}, -1, -1L, -1LL};
  for (const Value& value : kSigned) EXPECT_EQ(value.as<std::int64_t>(), -1);
  const Value kUnsigned[] = {
      std::uint8_t{1}, std::uint16_t{1}, std::uint32_t{1}, std::uint64_t{1}, 1U, 1UL, 1ULL,
      std::size_t{1}};
  for (const Value& value : kUnsigned) EXPECT_EQ(value.as<std::uint64_t>(), 1U);
  EXPECT_EQ(Value(0.1F).as<double>(), static_cast<double>(0.1F));
  EXPECT_EQ(Value(0.1).as<double>(), 0.1);
  EXPECT_EQ(Value(std::complex<float>(1, 2)).as<std::complex<double>>(),
            std::complex<double>(1, 2));
  EXPECT_EQ(Value(std::numeric_limits<std::uint64_t>::max()).as<std::uint64_t>(),
            std::numeric_limits<std::uint64_t>::max());
}

TEST(ValueTest, TextComesInManyForms) {
  char buffer[] = "text";
  const std::string text = "text";
  const Value kTexts[] = {"text", buffer, text, std::string("text"), std::string_view("text")};
  for (const Value& value : kTexts) EXPECT_EQ(value.as<std::string>(), "text");
}

TEST(ValueTest, ListsAndRecordsNest) {
  Value value(List{1, "a", List{}, Record{{"x", 1.5}, {"y", Null{}}}, Reference{}});
  ASSERT_EQ(value.as<List>().size(), 5U);
  EXPECT_EQ(value.as<List>()[3].as<Record>()[0].second, Value(1.5));
  value.as<List>()[0] = 2;
  EXPECT_EQ(value.as<List>()[0], Value(2));
}

/// Values that are all different from each other.
std::vector<Value> different() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Reference other;
  other.path = "/a";
  RegionReference region;
  region.regions.push_back({{0}, {1}});
  return {Null{},
          false,
          true,
          0,
          1,
          0U,
          1U,
          0.0,
          -0.0,
          1.0,
          nan,
          -nan,
          std::complex<double>(0.0, 0.0),
          std::complex<double>(0.0, -0.0),
          std::complex<double>(nan, 0.0),
          "",
          "a",
          Bytes{},
          to_bytes("a"),
          Reference{},
          other,
          RegionReference{},
          region,
          List{},
          List{nan},
          List{1},
          List{1U},
          List{1, 1},
          List{Value(List{})},
          Record{},
          Record{{"a", 1}},
          Record{{"b", 1}},
          Record{{"a", nan}}};
}

TEST(ValueTest, EqualsItselfAndNothingElse) {
  const std::vector<Value> values = different();
  const std::vector<Value> again = different();
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < again.size(); ++j) {
      EXPECT_EQ(values[i] == again[j], i == j) << i << " and " << j;
    }
  }
}

TEST(ReferenceTest, AreComparedByAllMembers) {
  Reference reference{".", "/a", "id", std::nullopt};
  EXPECT_EQ(reference, (Reference{".", "/a", "id", std::nullopt}));
  EXPECT_NE(reference, (Reference{".", "/a", std::nullopt, std::nullopt}));
  EXPECT_NE(reference, (Reference{"b.nwb", "/a", "id", std::nullopt}));
  EXPECT_EQ(Reference{}.source, ".");
}

}  // namespace
}  // namespace engram::hdmf
