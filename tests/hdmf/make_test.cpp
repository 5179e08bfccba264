#include "engram/hdmf/make.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "testing/expect_error.hpp"

namespace engram::hdmf {
namespace {

using testing::expect_error;

template <typename T>
std::vector<T> elements_of(const DatasetBuilder& dataset) {
  const ArraySource& source = *dataset.array();
  std::vector<T> values(static_cast<std::size_t>(element_count(source.info().shape)));
  source.read(Region::all(source.info().shape), std::as_writable_bytes(std::span(values)));
  return values;
}

std::vector<Value> values_of(const DatasetBuilder& dataset) {
  return dataset.objects()->read(Region::all(dataset.shape()));
}

TEST(MakeTest, ArraysOfNumbers) {
  const DatasetBuilder dataset =
      make_dataset("d", std::vector<std::int16_t>{1, -2, 3, 4, 5, 6}, {2, 3}, {1, 3});
  EXPECT_EQ(dataset.name, "d");
  EXPECT_FALSE(dataset.is_scalar);
  EXPECT_EQ(dataset.shape(), (Shape{2, 3}));
  EXPECT_EQ(dataset.array()->info().chunk_shape, (Shape{1, 3}));
  EXPECT_EQ(typestr(dataset.array()->info().type), "<i2");
  EXPECT_EQ(elements_of<std::int16_t>(dataset), (std::vector<std::int16_t>{1, -2, 3, 4, 5, 6}));

  std::vector<std::int16_t> column(2);
  dataset.array()->read({{0, 1}, {2, 1}}, std::as_writable_bytes(std::span(column)));
  EXPECT_EQ(column, (std::vector<std::int16_t>{-2, 5}));
}

TEST(MakeTest, EachElementTypeHasItsOwn) {
  using Time = std::chrono::sys_time<std::chrono::nanoseconds>;
  EXPECT_EQ(typestr(make_scalar("d", true).array()->info().type), "|b1");
  EXPECT_EQ(typestr(make_scalar("d", 2.5F).array()->info().type), "<f4");
  EXPECT_EQ(typestr(make_scalar("d", std::uint8_t{1}).array()->info().type), "|u1");
  EXPECT_EQ(typestr(make_scalar("d", std::complex<double>(1, 2)).array()->info().type), "<c16");
  EXPECT_EQ(typestr(make_scalar("d", Time{}).array()->info().type), "<M8[ns]");
  const DatasetBuilder flags = make_dataset("d", std::vector<bool>{true, false, true});
  EXPECT_EQ(flags.shape(), Shape{3});
  EXPECT_EQ(elements_of<std::uint8_t>(flags), (std::vector<std::uint8_t>{1, 0, 1}));
}

TEST(MakeTest, Scalars) {
  EXPECT_TRUE(make_scalar("d", 5).is_scalar);
  EXPECT_TRUE(make_scalar("d", "text").is_scalar);
  EXPECT_EQ(values_of(make_scalar("d", "text")), std::vector<Value>{Value("text")});
  EXPECT_EQ(values_of(make_scalar("d", reference_to("/x"))),
            std::vector<Value>{Value(Reference{".", "/x", {}, {}})});
}

TEST(MakeTest, Objects) {
  EXPECT_EQ(values_of(make_dataset("d", std::vector<std::string>{"a", ""})),
            (std::vector<Value>{"a", ""}));
  const DatasetBuilder ragged = make_dataset("d", sequence_type(number_type(DataType::integer(4))),
                                             {List{1, 2}, List{}}, {2});
  EXPECT_EQ(values_of(ragged), (std::vector<Value>{List{1, 2}, List{}}));
  const DatasetBuilder grid =
      make_dataset("d", text_type(), {Value("a"), Value("b"), Value("c"), Value("d")}, {2, 2});
  EXPECT_EQ(grid.objects()->read({{1, 0}, {1, 2}}), (std::vector<Value>{"c", "d"}));
  EXPECT_EQ(grid.objects()->read({{0, 1}, {2, 1}}), (std::vector<Value>{"b", "d"}));
}

TEST(MakeTest, GroupsInTheirPlaces) {
  GroupBuilder root = make_object("root", "core", "NWBFile");
  EXPECT_EQ(root.attributes.text("neurodata_type"), "NWBFile");
  EXPECT_EQ(root.attributes.text("namespace"), "core");
  add(require_group(root, "/a/b"), make_scalar("x", 1));
  add(require_group(root, "a"), make_group("c"));
  add_link(require_group(root, "a/b"), "second", "/a/c");
  add_external_link(root, "other", "../o.zarr", "/z");
  EXPECT_NE(root.find_dataset("/a/b/x"), nullptr);
  EXPECT_EQ(root.find_group("/a/b/second"), root.find_group("/a/c"));
  EXPECT_EQ(root.groups.size(), 1U);
  EXPECT_EQ(root.links.at(0).source, "../o.zarr");
}

struct BadMake {
  const char* why;
  std::function<void()> make;
  const char* part;
  friend std::ostream& operator<<(std::ostream& out, const BadMake& bad) { return out << bad.why; }
};
class BadMakeTest : public ::testing::TestWithParam<BadMake> {};

TEST_P(BadMakeTest, IsRefused) {
  expect_error(ErrorCode::invalid_argument, GetParam().part, GetParam().make);
}

template <typename T>
std::function<void()> dataset(std::vector<T> values, Shape shape, Shape chunks = {}) {
  return [=] { make_dataset("d", values, shape, chunks); };
}

std::function<void()> objects(ObjectType type, Value value) {
  return [=] { make_dataset("d", type, {Value(value)}, Shape{1}); };
}

ObjectType number(DataType type) { return sequence_type(number_type(std::move(type))); }

INSTANTIATE_TEST_SUITE_P(
    Values, BadMakeTest,
    ::
        testing::Values(BadMake{"TooFew", dataset<int>({1, 2}, {3}),
                                "8 bytes are not the 12 bytes"},
                        BadMake{"TooMany", dataset<int>({1, 2}, {}), "8 bytes are not the 4"},
                        BadMake{"HugeShape", dataset<int>({1}, {1ULL << 40}),
                                "4398046511104 bytes"},
                        BadMake{"ChunkRank", dataset<int>({1, 2}, {2}, {1, 1}),
                                "chunks of shape (1, 1)"},
                        BadMake{"ChunkOfNothing", dataset<int>({1, 2}, {2}, {0}), "hold nothing"},
                        BadMake{"TooFewObjects",
                                [] { make_dataset("d", text_type(), {Value("a")}, {2}); },
                                "1 values are not the 2"},
                        BadMake{"NumberAsText", objects(text_type(), 5),
                                "value 0: it is an integer, not text"},
                        BadMake{"TextAsReference", objects(hdmf::reference_type(), "/x"),
                                "it is text, not a reference"},
                        BadMake{"ReferenceAsRegion", objects(region_type(), reference_to("/x")),
                                "region reference"},
                        BadMake{"NoList", objects(number(DataType::integer(1)), 5), "not a list"},
                        BadMake{"TooLarge", objects(number(DataType::integer(1)), List{128}),
                                "int8 does not hold"},
                        BadMake{"TooSmall", objects(number(DataType::integer(2)), List{-32769}),
                                "int16 does not hold"},
                        BadMake{"Negative",
                                objects(number(DataType::unsigned_integer(8)), List{-1}), "uint64"},
                        BadMake{"TooLargeUnsigned",
                                objects(number(DataType::integer(8)),
                                        List{Value(std::uint64_t{1} << 63)}),
                                "int64"},
                        BadMake{"IntegerAsFloat", objects(number(DataType::floating(8)), List{1}),
                                "floating"},
                        BadMake{"NumberAsBoolean", objects(number(DataType::boolean()), List{1}),
                                "a boolean"},
                        BadMake{"WrongOpaque",
                                objects(number(DataType::opaque(3)), List{Value(Bytes(2))}),
                                "2 bytes"},
                        BadMake{
                            "TooFewFields", objects(record_type({{"a", text_type()}, {"b", text_type()}}), List{"x"}),
                            "it has 1 fields, not 2"},
                        BadMake{"WrongField", objects(record_type({{"a", text_type()}}), List{5}),
                                "field a: it is"},
                        BadMake{"NoName", [] { make_scalar("", 5); }, "needs a name"},
                        BadMake{"SlashInName", [] { make_group("a/b"); }, "\"a/b\" is no name"},
                        BadMake{"ParentAsName", [] { make_group(".."); }, "is no name"},
                        BadMake{"NulInName", [] { make_group(std::string("a\0b", 3)); },
                                "NUL byte"},
                        BadMake{
                            "LinkWithoutName",
                            [] {
                              GroupBuilder group;
                              add_link(group, "", "/x");
                            },
                            "needs a name"}),
    [](const auto& p) { return p.param.why; });

TEST(MemorySourceTest, FilledArraysTakeNoRoom) {
  ArrayInfo info{DataType::integer(2), {1ULL << 40}, {1000}, Bytes{std::byte{7}, std::byte{0}}};
  const auto source = fill_array(info);
  EXPECT_FALSE(source->is_stored());
  std::vector<std::int16_t> values(3);
  source->read({{1ULL << 39}, {3}}, std::as_writable_bytes(std::span(values)));
  EXPECT_EQ(values, (std::vector<std::int16_t>{7, 7, 7}));
}

TEST(MemorySourceTest, LoadsAllValuesUpToALimit) {
  GroupBuilder root;
  add(root, make_dataset("numbers", std::vector<double>(100)));
  add(require_group(root, "g"), make_dataset("text", std::vector<std::string>{"a"}));
  root.datasets.push_back({});
  root.datasets.back().name = "empty";
  root.datasets.back().data = fill_array({DataType::floating(8), {1ULL << 50}, {}, std::nullopt});
  EXPECT_TRUE(is_in_memory(root.datasets[0]));
  GroupBuilder copy = root;
  load_values(copy, 1000);
  EXPECT_EQ(copy.find_dataset("/numbers")->shape(), Shape{100});
  EXPECT_FALSE(copy.find_dataset("/empty")->array()->is_stored());
  expect_error(ErrorCode::limit_exceeded, "/numbers", [&] { load_values(root, 799); });
}

}  // namespace
}  // namespace engram::hdmf
