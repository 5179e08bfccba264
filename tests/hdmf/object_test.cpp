#include "engram/hdmf/object.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engram/base/error.hpp"
#include "engram/hdmf/file.hpp"
#include "testing/expect_error.hpp"
#include "testing/fake_sources.hpp"

namespace engram::hdmf {
namespace {

using testing::dataset_of;
using testing::expect_error;
using testing::fake_array;

File file_with(std::vector<DatasetBuilder> datasets, const FileOptions& options = {}) {
  OpenedTree tree;
  tree.location = "/d/f.h5";
  tree.root.datasets = std::move(datasets);
  return File(std::move(tree), options);
}

template <typename T>
Object array(DataType type, Shape shape, const std::vector<T>& values) {
  return file_with({dataset_of("x", fake_array<T>(std::move(type), std::move(shape), values))})
      .at("/x");
}

Object objects(ObjectType type, Shape shape, std::vector<Value> values) {
  return file_with({dataset_of("x", std::move(type), std::move(shape), std::move(values))})
      .at("/x");
}

TEST(Object, TellsShapeAndType) {
  const Object x = array<std::int16_t>(DataType::integer(2), {2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(x.shape(), (Shape{2, 3}));
  EXPECT_EQ(x.element_type().kind, ObjectType::Kind::number);
  EXPECT_EQ(x.element_type().type, DataType::integer(2));
  EXPECT_FALSE(x.is_scalar());
  EXPECT_FALSE(x.is_null());
  EXPECT_TRUE(x.is_dataset());
  EXPECT_EQ(objects(testing::text_type(), {}, {Value("a")}).element_type().kind,
            ObjectType::Kind::text);
  EXPECT_NE(x.dataset(), nullptr);
  EXPECT_EQ(x.group(), nullptr);
}

TEST(Object, ReadsRegions) {
  const Object x = array<std::int16_t>(DataType::integer(2), {2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(x.read<std::int16_t>(), (std::vector<std::int16_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(x.read<std::int16_t>({{0, 1}, {2, 1}}), (std::vector<std::int16_t>{2, 5}));
  EXPECT_EQ(x.read<std::int16_t>({{0, 0}, {0, 3}}), std::vector<std::int16_t>{});
  std::vector<double> out(2);
  x.read<double>({{1, 1}, {1, 2}}, out);
  EXPECT_EQ(out, (std::vector<double>{5, 6}));
  EXPECT_EQ(x.values({{1, 2}, {1, 1}}), std::vector<Value>{Value(6)});
  expect_error(ErrorCode::invalid_argument,
               "is not inside an array of shape (2, 3): at /x: at /d/f.h5", [&] {
                 x.read<int>({{0, 1}, {2, 3}});
               });
  expect_error(ErrorCode::invalid_argument, "not inside", [&] { x.read<int>({{0}, {1}}); });
  expect_error(ErrorCode::invalid_argument, "not inside", [&] { x.values({{2, 0}, {1, 1}}); });
  expect_error(ErrorCode::invalid_argument, "a buffer of 2 elements for a region of 1", [&] {
    x.read<double>({{0, 0}, {1, 1}}, out);
  });
}

TEST(Object, ConvertsNumbersThatFit) {
  EXPECT_EQ(array<std::uint64_t>(DataType::unsigned_integer(8), {2}, {0, 255}).read<std::uint8_t>(),
            (std::vector<std::uint8_t>{0, 255}));
  EXPECT_EQ(array<std::int8_t>(DataType::integer(1), {2}, {-128, 127}).read<std::int64_t>(),
            (std::vector<std::int64_t>{-128, 127}));
  EXPECT_EQ(array<std::int64_t>(DataType::integer(8), {1}, {std::int64_t{1} << 62}).read<double>(),
            std::vector<double>{std::ldexp(1, 62)});
  EXPECT_EQ(array<std::uint8_t>(DataType::boolean(), {2}, {0, 1}).read<int>(),
            (std::vector<int>{0, 1}));
  EXPECT_EQ(array<std::uint8_t>(DataType::boolean(), {2}, {0, 1}).read<bool>(),
            (std::vector<bool>{false, true}));
  EXPECT_EQ(array<float>(DataType::floating(4), {2}, {0.1F, HUGE_VALF}).read<double>(),
            (std::vector<double>{double{0.1F}, HUGE_VAL}));
  EXPECT_EQ(array<std::uint16_t>(DataType::floating(2), {2}, {0x3e00, 0xc000}).read<float>(),
            (std::vector<float>{1.5F, -2.0F}));
  using C = std::complex<double>;
  EXPECT_EQ(array<std::complex<float>>(DataType::complex(8), {1}, {{1, 2}}).read<C>(),
            (std::vector<C>{{1, 2}}));
}

struct Misfits {
  const char* why;
  std::function<void()> read;
  const char* part;
  friend std::ostream& operator<<(std::ostream& out, const Misfits& m) { return out << m.why; }
};

class MisfitTest : public ::testing::TestWithParam<Misfits> {};

TEST_P(MisfitTest, IsAnError) {
  expect_error(ErrorCode::invalid_argument, GetParam().part, GetParam().read);
}

constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();

INSTANTIATE_TEST_SUITE_P(
    Numbers, MisfitTest,
    ::testing::Values(
        Misfits{"TooLarge",
                [] {
                  array<std::int16_t>(DataType::integer(2), {2, 2}, {1, 2, 3, 300})
                      .read<std::uint8_t>();
                },
                "holds int16, and 300 at (1, 1) does not fit into uint8: at /x: at /d/f.h5"},
        Misfits{"PlaceInTheDataset",
                [] {
                  array<std::int16_t>(DataType::integer(2), {2, 2}, {1, 2, 3, 300})
                      .read<std::uint8_t>({{1, 0}, {1, 2}});
                },
                "300 at (1, 1)"},
        Misfits{"Negative",
                [] { array<std::int8_t>(DataType::integer(1), {1}, {-1}).read<std::uint64_t>(); },
                "-1 at (0,) does not fit into uint64"},
        Misfits{"BeyondSigned",
                [] {
                  array<std::uint64_t>(DataType::unsigned_integer(8), {1}, {kMost})
                      .read<std::int64_t>();
                },
                "18446744073709551615 at (0,)"},
        Misfits{"BeyondDouble",
                [] {
                  array<std::uint64_t>(DataType::unsigned_integer(8), {1}, {kMost}).read<double>();
                },
                "does not fit into float64"},
        Misfits{
            "BeyondFloat",
            [] { array<std::int32_t>(DataType::integer(4), {1}, {(1 << 24) + 1}).read<float>(); },
            "16777217 at (0,) does not fit into float32"},
        Misfits{"DoubleToFloat",
                [] { array<double>(DataType::floating(8), {1}, {1}).read<float>(); },
                "holds float64, which is not read as float32"},
        Misfits{"FloatToInteger", [] { array<float>(DataType::floating(4), {1}, {1}).read<int>(); },
                "holds float32, which is not read as int32"},
        Misfits{"IntegerToBool",
                [] { array<std::uint8_t>(DataType::unsigned_integer(1), {1}, {1}).read<bool>(); },
                "holds uint8, which is not read as bool"},
        Misfits{
            "ComplexToDouble",
            [] { array<std::complex<double>>(DataType::complex(16), {1}, {1.0}).read<double>(); },
            "holds complex128"},
        Misfits{"TextToNumber",
                [] { objects(testing::text_type(), {1}, {Value("1")}).read<int>(); },
                "holds text, not int32"},
        Misfits{"NumberToText",
                [] { array<float>(DataType::floating(4), {1}, {1}).read<std::string>(); },
                "holds float32, not text"},
        Misfits{"ReferencesToText",
                [] {
                  objects(testing::object_type(ObjectType::Kind::reference), {1}, {Value(Null{})})
                      .read<std::string>();
                },
                "holds references, not text"},
        Misfits{"GroupToNumber", [] { file_with({}).root().read<int>(); },
                "/d/f.h5: / is a group and has no values"},
        Misfits{"GroupsShape", [] { file_with({}).root().shape(); }, "is a group"},
        Misfits{
            "ManyToOne",
            [] {
              array<std::uint8_t>(DataType::unsigned_integer(1), {2}, {1, 2}).read_scalar<int>();
            },
            "/x has 2 elements, not one"},
        Misfits{
            "NoneToOne",
            [] { array<std::uint8_t>(DataType::unsigned_integer(1), {0}, {}).read_scalar<int>(); },
            "/x has 0 elements, not one"}),
    [](const auto& test) { return test.param.why; });

TEST(Object, ReadsSingleValuesOfAnyRank) {
  EXPECT_EQ(array<std::int16_t>(DataType::integer(2), {}, {7}).read_scalar<int>(), 7);
  EXPECT_EQ(array<std::int16_t>(DataType::integer(2), {1, 1}, {7}).read_scalar<double>(), 7.0);
  EXPECT_TRUE(array<std::uint8_t>(DataType::boolean(), {}, {1}).read_scalar<bool>());
  EXPECT_EQ(objects(testing::text_type(), {}, {Value("\u00fc")}).read_scalar<std::string>(),
            "\u00fc");
  EXPECT_EQ(objects(testing::text_type(), {}, {Value("a")}).read_scalar<Value>(), Value("a"));
}

TEST(Object, ReadsTextOfEveryForm) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(objects(testing::text_type(), {3}, {Value("a"), Value(""), Value(Null{})})
                .read<std::string>(),
            (Texts{"a", "", ""}));
  EXPECT_EQ(array<char>(DataType::bytes(2), {2}, {'a', 'b', 'c', 0}).read<std::string>(),
            (Texts{"ab", "c"}));
  EXPECT_EQ(array<char32_t>(DataType::unicode(2), {1}, {U'\u00fc', 0}).read<std::string>(),
            Texts{"\u00fc"});
  expect_error(ErrorCode::corrupt_data, "one of its values is none: at /x",
               [] { objects(testing::text_type(), {1}, {Value(1)}).read<std::string>(); });
}

TEST(Object, GivesCompoundsWithTheNamesOfTheirFields) {
  const DataType row = DataType::structured({Field{"x", DataType::unsigned_integer(2), {}, 0},
                                             Field{"pair", DataType::integer(1), {2}, 0}});
  EXPECT_EQ(array<std::uint8_t>(row, {2}, {1, 0, 2, 3, 4, 0, 5, 255}).values(),
            (std::vector<Value>{Value(Record{{"x", 1U}, {"pair", List{2, 3}}}),
                                Value(Record{{"x", 4U}, {"pair", List{5, -1}}})}));
  ObjectType inner = testing::object_type(ObjectType::Kind::record);
  inner.fields = {{"s", testing::text_type()}};
  ObjectType list = testing::object_type(ObjectType::Kind::sequence);
  list.element = std::make_shared<const ObjectType>(inner);
  ObjectType record = testing::object_type(ObjectType::Kind::record);
  record.fields = {{"n", testing::number_type(DataType::integer(4))},
                   {"in", inner},
                   {"many", list},
                   {"packed", testing::number_type(row)}};
  const Value packed(List{1U, List{2, 3}});
  const std::vector<Value> values =
      objects(record, {1}, {Value(List{1, List{"a"}, List{Value(List{"b"})}, packed})}).values();
  EXPECT_EQ(values[0], Value(Record{{"n", 1},
                                    {"in", Record{{"s", "a"}}},
                                    {"many", List{Record{{"s", "b"}}}},
                                    {"packed", Record{{"x", 1U}, {"pair", List{2, 3}}}}}));
}

TEST(Object, ReadsNoMoreThanAllowed) {
  FileOptions options;
  options.max_read_bytes = 16;
  const Object x =
      file_with({dataset_of("x", fake_array<std::int16_t>(DataType::integer(2), {9},
                                                          {1, 2, 3, 4, 5, 6, 7, 8, 9}))},
                options)
          .at("/x");
  EXPECT_EQ(x.read<std::int16_t>({{0}, {8}}).size(), 8U);
  expect_error(ErrorCode::limit_exceeded, "read them in parts", [&] { x.read<std::int16_t>(); });
  expect_error(ErrorCode::limit_exceeded, "at /x: at /d/f.h5", [&] { x.read<double>({{0}, {3}}); });
  expect_error(ErrorCode::limit_exceeded, "/x", [&] { x.values(); });
}

TEST(Object, HugeShapesAreRefusedBeforeMemoryIsTaken) {
  class Endless final : public ArraySource {
   public:
    const ArrayInfo& info() const override { return info_; }
    void read(const Region&, std::span<std::byte>) const override { ADD_FAILURE() << "was read"; }

   private:
    ArrayInfo info_{DataType::integer(8), {1ULL << 40U, 1ULL << 20U}, {}, std::nullopt};
  };
  const Object x = file_with({dataset_of("x", std::make_shared<const Endless>())}).at("/x");
  expect_error(ErrorCode::limit_exceeded, "at /x", [&] { x.read<std::int64_t>(); });
  expect_error(ErrorCode::limit_exceeded, "at /x", [&] { x.values(); });
}

TEST(Object, HasNoValueWhereItsDataspaceIsNull) {
  DatasetBuilder null = dataset_of("x", fake_array<std::int16_t>(DataType::integer(2), {0}, {}));
  null.is_null = true;
  const Object x = file_with({null}).at("/x");
  EXPECT_TRUE(x.is_null());
  EXPECT_TRUE(x.read<int>().empty());
  expect_error(ErrorCode::invalid_argument, "/x has no value, not one",
               [&] { x.read_scalar<int>(); });
}

}  // namespace
}  // namespace engram::hdmf
