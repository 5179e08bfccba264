// What the HDF5 writer wrote comes back from the reader as the same tree.

#include <gtest/gtest.h>

#include "backend/layout_examples.hpp"
#include "backend/named.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/map_references.hpp"
#include "hdf5/library.hpp"
#include "testing/expect_error.hpp"
#include "testing/temp_dir.hpp"

namespace engram::backend {
namespace {

using hdmf::List;
using hdmf::Null;
using hdmf::ObjectType;
using hdmf::Value;
using testing::attributes_of;
using testing::dataset_of;
using testing::fake_array;
using testing::number_type;
using testing::object_type;
using testing::record_type;
using testing::sequence_type;
using testing::text_of;
using testing::text_type;

// HDF5 keeps no ids beside references.
Value without_ids(Value value) {
  hdmf::map_references(value, [](const hdmf::Reference& reference) {
    return std::optional(hdmf::Reference{reference.source, reference.path, {}, {}});
  });
  return value;
}

void expect_same(const std::string& path, const hdmf::Attributes& a, const hdmf::Attributes& b) {
  EXPECT_EQ(a.size(), b.size()) << path;
  for (const auto& [name, value] : a) {
    const Value* other = b.find(name);
    ASSERT_NE(other, nullptr) << path << "@" << name;
    EXPECT_EQ(without_ids(*other), without_ids(value)) << path << "@" << name;
  }
}

void expect_same(const std::string& path, const hdmf::DatasetBuilder& a,
                 const hdmf::DatasetBuilder& b) {
  SCOPED_TRACE(path);
  expect_same(path, a.attributes, b.attributes);
  EXPECT_EQ(a.is_scalar, b.is_scalar);
  EXPECT_EQ(a.is_null, b.is_null);
  EXPECT_EQ(a.enumeration, b.enumeration);
  ASSERT_EQ(a.array() == nullptr, b.array() == nullptr);
  ASSERT_EQ(a.shape(), b.shape());
  const Region all = Region::all(a.shape());
  if (a.array() != nullptr) {
    EXPECT_EQ(typestr(a.array()->info().type), typestr(b.array()->info().type));
    Bytes left(element_count(a.shape()) * a.array()->info().type.size), right = left;
    a.array()->read(all, left);
    b.array()->read(all, right);
    EXPECT_EQ(left, right);
    return;
  }
  EXPECT_TRUE(a.objects()->type() == b.objects()->type());
  const auto left = a.objects()->read(all), right = b.objects()->read(all);
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i)
    EXPECT_EQ(without_ids(right[i]), without_ids(left[i])) << i;
}

void expect_same(const std::string& path, const hdmf::GroupBuilder& a,
                 const hdmf::GroupBuilder& b) {
  expect_same(path, a.attributes, b.attributes);
  EXPECT_EQ(a.groups.size(), b.groups.size()) << path;
  EXPECT_EQ(a.datasets.size(), b.datasets.size()) << path;
  EXPECT_EQ(a.links.size(), b.links.size()) << path;
  for (const auto& group : a.groups) {
    ASSERT_NE(named(b.groups, group.name), nullptr) << path << " " << group.name;
    expect_same(hdmf::join_path(path, group.name), group, *named(b.groups, group.name));
  }
  for (const auto& dataset : a.datasets) {
    ASSERT_NE(named(b.datasets, dataset.name), nullptr) << path << " " << dataset.name;
    expect_same(hdmf::join_path(path, dataset.name), dataset, *named(b.datasets, dataset.name));
  }
  for (const auto& link : a.links) {
    ASSERT_NE(named(b.links, link.name), nullptr) << path << " " << link.name;
    EXPECT_EQ(named(b.links, link.name)->path, link.path);
  }
}

class Hdf5WriterTest : public ::testing::Test {
 protected:
  hdmf::GroupBuilder written(const hdmf::GroupBuilder& root,
                             const std::vector<CodecConfig>& codecs = {}) {
    const auto writer = make_hdf5_writer(path, {});
    results = testing::write_all(*writer, root, codecs);
    notices = writer->notices();
    counters = writer->counters();
    return open_hdf5_reader(path)->read_tree();
  }

  // One attribute, written and read.
  const Value* attribute(const Value& value) {
    hdmf::GroupBuilder root;
    root.attributes = attributes_of({{"a", value}});
    std::remove(path.c_str());
    tree_ = written(root);
    return tree_.attributes.find("a");
  }

  testing::TempDir dir;
  const std::string path = dir / "made.h5";
  std::vector<ObjectResult> results;
  std::vector<Notice> notices;
  WriterCounters counters;

 private:
  hdmf::GroupBuilder tree_;
};

TEST_F(Hdf5WriterTest, TheExampleComesBack) {
  hdmf::GroupBuilder tree = example_tree();
  expect_same("/", tree, written(tree, {{"zlib", {{"level", 1}}}}));
  EXPECT_TRUE(notices.empty());
  EXPECT_EQ(counters.files, 1U);
  EXPECT_EQ(counters.bytes, std::filesystem::file_size(path));
}

TEST_F(Hdf5WriterTest, AttributesOfAllKindsComeBack) {
  const std::vector<Value> values = {
      true,
      std::int64_t{-5},
      ~std::uint64_t{0},
      1e300,
      "",
      "\u00b5V",
      List{},
      List{List{0.5, 1.5}, List{2.5, 3.5}},
      List{List{std::int64_t{1}}, List{}},
      List{"a", "bc"},
      hdmf::Record{{"x", 0.5}, {"name", "n"}, {"list", List{std::int64_t{1}, std::int64_t{2}}}},
      hdmf::Reference{".", "/", std::nullopt, std::nullopt},
  };
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Value* found = attribute(values[i]);
    ASSERT_NE(found, nullptr) << i;
    EXPECT_EQ(without_ids(*found), values[i]) << i;
  }
}

TEST_F(Hdf5WriterTest, LargeAttributesAreKept) {
  List many;
  for (std::int64_t i = 0; i < 20000; ++i) many.emplace_back(i);
  const Value* found = attribute(many);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(*found, Value(many));
}

TEST_F(Hdf5WriterTest, WhatHasNoTypeIsLeftOutAndTold) {
  EXPECT_EQ(attribute(List{"a", 0.5}), nullptr);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].path, "/@a");
  EXPECT_EQ(notices[0].kind, Notice::Kind::left_out);
  EXPECT_EQ(attribute(hdmf::Reference{".", "/nowhere", std::nullopt, std::nullopt}), nullptr);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].kind, Notice::Kind::dangling);
  ASSERT_NE(attribute(std::string("ab\0cd", 5)), nullptr);
  EXPECT_EQ(*attribute(std::string("ab\0cd", 5)), Value("ab"));
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].kind, Notice::Kind::left_out);
}

TEST_F(Hdf5WriterTest, FormsAreKept) {
  hdmf::GroupBuilder root;
  ObjectType fixed = text_type(ObjectType::Charset::ascii);
  fixed.fixed_length = 8;
  root.attributes = attributes_of({{"byte", std::int64_t{3}},
                                   {"single", 0.5},
                                   {"text", "abc"},
                                   {"lists", List{List{std::int64_t{1}}, List{std::int64_t{2}}}},
                                   {"changed", std::int64_t{300}}});
  const auto set = [&](const char* name, ObjectType type, Shape shape = {}) {
    root.attributes.set_form(name, {std::move(type), std::move(shape), false});
  };
  set("byte", number_type(DataType::unsigned_integer(1)));
  set("single", number_type(DataType::floating(4)));
  set("text", fixed);
  set("lists", sequence_type(number_type(DataType::integer(2))), {2});
  set("changed", number_type(DataType::unsigned_integer(1)));
  const hdmf::GroupBuilder found = written(root);
  for (const char* name : {"byte", "single", "text", "lists"}) {
    ASSERT_NE(found.attributes.form(name), nullptr) << name;
    EXPECT_TRUE(*found.attributes.form(name) == *root.attributes.form(name)) << name;
  }
  EXPECT_EQ(*found.attributes.find("changed"), Value(std::int64_t{300}));
}

// Neither has been made when the other is.
TEST_F(Hdf5WriterTest, DatasetsThatReferToEachOther) {
  const ObjectType reference = object_type(ObjectType::Kind::reference);
  const auto to = [](const char* place) {
    return hdmf::Reference{".", place, std::nullopt, std::nullopt};
  };
  hdmf::GroupBuilder root;
  root.datasets = {dataset_of("a", reference, {2}, {to("/b"), to("/nowhere")}),
                   dataset_of("b", reference, {2}, {to("/a"), Null{}})};
  const hdmf::GroupBuilder found = written(root);
  EXPECT_EQ(found.find_dataset("/a")->objects()->read({{0}, {1}})[0].as<hdmf::Reference>().path,
            "/b");
  EXPECT_TRUE(found.find_dataset("/a")->objects()->read({{1}, {1}})[0].is<Null>());
  EXPECT_EQ(found.find_dataset("/b")->objects()->read({{0}, {1}})[0].as<hdmf::Reference>().path,
            "/a");
  EXPECT_EQ(results.at(0).references, 1U);
  EXPECT_EQ(results.at(0).dangling, 1U);
}

TEST_F(Hdf5WriterTest, LayoutsAreKept) {
  hdmf::GroupBuilder root;
  const std::vector<std::int16_t> ten = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  auto grows = dataset_of("grows", fake_array(DataType::integer(2), {10}, ten, {4}));
  grows.stored.max_shape = {hdmf::StoredLayout::kUnlimited};
  auto empty = dataset_of("empty", fake_array<float>(DataType::floating(4), {0}, {}, {4}));
  empty.stored.max_shape = {100};
  auto text = dataset_of("text", text_type(), {3}, {"a", "b", "c"});
  text.stored = {std::nullopt, {hdmf::StoredLayout::kUnlimited}, {2}};
  root.datasets = {grows, empty, text,
                   dataset_of("long_chunk", fake_array(DataType::integer(2), {10}, ten, {16}))};
  const hdmf::GroupBuilder found = written(root);
  EXPECT_EQ(found.find_dataset("/grows")->stored.max_shape, grows.stored.max_shape);
  EXPECT_EQ(found.find_dataset("/grows")->array()->info().chunk_shape, Shape{4});
  EXPECT_EQ(found.find_dataset("/empty")->stored.max_shape, Shape{100});
  EXPECT_EQ(found.find_dataset("/text")->stored.max_shape, text.stored.max_shape);
  EXPECT_EQ(found.find_dataset("/text")->stored.chunk_shape, Shape{2});
  EXPECT_EQ(found.find_dataset("/long_chunk")->array()->info().chunk_shape, Shape{16});
}

TEST_F(Hdf5WriterTest, TextThatGrewIsOfVariableLength) {
  ObjectType fixed = text_type();
  fixed.fixed_length = 2;
  hdmf::GroupBuilder root;
  root.datasets = {dataset_of("fits", fixed, {2}, {"a", "bc"}),
                   dataset_of("grew", fixed, {2}, {"a", "bcd"}),
                   dataset_of("records", record_type({{"s", fixed}}), {1}, {Value(List{"bcd"})})};
  const hdmf::GroupBuilder found = written(root);
  EXPECT_EQ(found.find_dataset("/fits")->objects()->type().fixed_length, 2U);
  EXPECT_EQ(found.find_dataset("/grew")->objects()->type().fixed_length, 0U);
  EXPECT_EQ(found.find_dataset("/grew")->objects()->read({{1}, {1}})[0], Value("bcd"));
  EXPECT_EQ(found.find_dataset("/records")->objects()->read({{0}, {1}})[0], Value(List{"bcd"}));
}

TEST_F(Hdf5WriterTest, NamesThatHdf5HasNotAreRefused) {
  for (const char* name : {".", "", "a/b"}) {
    hdmf::GroupBuilder root;
    root.datasets = {text_of(name, "x")};
    std::remove(path.c_str());
    const auto writer = make_hdf5_writer(path, {});
    testing::expect_error(ErrorCode::unsupported, "no such names",
                          [&] { writer->write_tree(root); });
  }
  hdmf::GroupBuilder twice;
  twice.datasets = {text_of("a", "x"), text_of("a", "y")};
  const auto planner = make_hdf5_planner({});
  testing::expect_error(ErrorCode::unsupported, "another member of that name",
                        [&] { planner->write_tree(twice); });
}

TEST_F(Hdf5WriterTest, NothingIsWrittenOver) {
  written(hdmf::GroupBuilder());
  const auto again = make_hdf5_writer(path, {});
  testing::expect_error(ErrorCode::io_error, path,
                        [&] { again->write_tree(hdmf::GroupBuilder()); });
}

TEST_F(Hdf5WriterTest, APlannerMakesNothingAndTells) {
  hdmf::GroupBuilder root;
  root.attributes = attributes_of({{"a", List{"a", 0.5}}});
  const auto planner = make_hdf5_planner({});
  planner->write_tree(root);
  EXPECT_EQ(planner->notices().size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(Hdf5WriterTest, TextOfFourBytesAndTimesAreMadeToFit) {
  hdmf::GroupBuilder root;
  root.datasets = {
      dataset_of("text", fake_array<std::uint32_t>(DataType::unicode(2), {2}, {'a', 0, 0xb5, 'V'})),
      dataset_of("time", fake_array<std::int64_t>(DataType::datetime("ns"), {1}, {5})),
      dataset_of("both", fake_array<std::uint32_t>(
                             DataType::structured({{"s", DataType::unicode(1), {}, 0},
                                                   {"n", DataType::unsigned_integer(4), {}, 0}}),
                             {1}, {'x', 7}))};
  std::vector<Notice> told;
  fit_to_hdf5(root, told);
  EXPECT_EQ(told.size(), 3U);
  const hdmf::GroupBuilder found = written(root);
  EXPECT_EQ(found.find_dataset("/text")->objects()->read({{0}, {2}}),
            (std::vector<Value>{"a", "\u00b5V"}));
  EXPECT_EQ(typestr(found.find_dataset("/time")->array()->info().type), "<i8");
  EXPECT_EQ(found.find_dataset("/both")->objects()->read({{0}, {1}}),
            (std::vector<Value>{Value(List{"x", std::uint64_t{7}})}));
}

}  // namespace
}  // namespace engram::backend
