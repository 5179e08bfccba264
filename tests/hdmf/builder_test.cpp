#include "engram/hdmf/builder.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace engram::hdmf {
namespace {

TEST(AttributesTest, KeepTheirOrder) {
  Attributes attributes;
  EXPECT_TRUE(attributes.empty());
  attributes.set("b", 1);
  attributes.set("a", 2);
  attributes.set("c", 3);
  attributes.set("a", "two");
  ASSERT_EQ(attributes.size(), 3U);
  std::vector<std::string> names;
  for (const auto& [name, value] : attributes) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"b", "a", "c"}));
  EXPECT_EQ(*attributes.find("a"), Value("two"));
  EXPECT_EQ(attributes.find("d"), nullptr);
}

TEST(AttributesTest, AreErasedByName) {
  Attributes attributes;
  attributes.set("a", 1);
  attributes.set("b", 2);
  attributes.erase("c");
  attributes.erase("a");
  EXPECT_EQ(attributes.size(), 1U);
  EXPECT_EQ(attributes.find("a"), nullptr);
  EXPECT_NE(attributes.find("b"), nullptr);
}

TEST(AttributesTest, TextIsTextOnly) {
  Attributes attributes;
  attributes.set("neurodata_type", "NWBFile");
  attributes.set("number", 1);
  attributes.set("list", List{"NWBFile"});
  EXPECT_EQ(attributes.text("neurodata_type"), "NWBFile");
  EXPECT_EQ(attributes.text("number"), std::nullopt);
  EXPECT_EQ(attributes.text("list"), std::nullopt);
  EXPECT_EQ(attributes.text("none"), std::nullopt);
}

class NumberSource final : public ArraySource {
 public:
  explicit NumberSource(Shape shape) { info_.shape = std::move(shape); }
  const ArrayInfo& info() const override { return info_; }
  void read(const Region& /*region*/, std::span<std::byte> /*out*/) const override {}

 private:
  ArrayInfo info_;
};

class TextSource final : public ObjectSource {
 public:
  const ObjectType& type() const override { return type_; }
  const Shape& shape() const override { return shape_; }
  const Shape& chunk_shape() const override { return chunk_shape_; }
  std::vector<Value> read(const Region& /*region*/) const override { return {}; }

 private:
  ObjectType type_;
  Shape shape_{7};
  Shape chunk_shape_;
};

TEST(DatasetBuilderTest, KnowsWhichSourceItHas) {
  DatasetBuilder numbers;
  numbers.data = std::make_shared<NumberSource>(Shape{3, 4});
  EXPECT_NE(numbers.array(), nullptr);
  EXPECT_EQ(numbers.objects(), nullptr);
  EXPECT_EQ(numbers.shape(), (Shape{3, 4}));

  DatasetBuilder texts;
  texts.data = std::make_shared<TextSource>();
  EXPECT_EQ(texts.array(), nullptr);
  EXPECT_NE(texts.objects(), nullptr);
  EXPECT_EQ(texts.shape(), Shape{7});

  const DatasetBuilder neither;
  EXPECT_EQ(neither.array(), nullptr);
  EXPECT_EQ(neither.objects(), nullptr);
  EXPECT_TRUE(neither.shape().empty());
}

GroupBuilder group(std::string name) {
  GroupBuilder result;
  result.name = std::move(name);
  return result;
}

LinkBuilder link(std::string name, std::string path, std::string source = ".") {
  LinkBuilder result;
  result.name = std::move(name);
  result.path = std::move(path);
  result.source = std::move(source);
  return result;
}

/// /a/data, /a/b/deep, and links to them from everywhere.
GroupBuilder example() {
  GroupBuilder b = group("b");
  DatasetBuilder deep;
  deep.name = "deep";
  b.datasets.push_back(deep);
  GroupBuilder a = group("a");
  DatasetBuilder data;
  data.name = "data";
  a.datasets.push_back(data);
  a.groups.push_back(b);
  a.links.push_back(link("up", "/"));
  GroupBuilder root = group("/");
  root.groups.push_back(a);
  root.links = {link("to_group", "/a/b"),
                link("to_data", "/a/data"),
                link("relative", "a/data"),
                link("through", "/to_group/deep"),
                link("to_link", "/to_data"),
                link("loop", "/loop"),
                link("ring", "/gnir"),
                link("gnir", "/ring"),
                link("grows", "/grows/x"),
                link("dangling", "/a/none"),
                link("elsewhere", "/a/data", "other.nwb")};
  return root;
}

TEST(GroupBuilderTest, FindsByPath) {
  const GroupBuilder root = example();
  const GroupBuilder* a = &root.groups[0];
  const GroupBuilder* b = &a->groups[0];
  const std::pair<const char*, const GroupBuilder*> kGroups[] = {{"/", &root},
                                                                 {"", &root},
                                                                 {"/a", a},
                                                                 {"a", a},
                                                                 {"/a/", a},
                                                                 {"//a//b", b},
                                                                 {"/a/b", b},
                                                                 {"/to_group", b},
                                                                 {"/a/up", &root},
                                                                 {"/a/up/a/up/a", a},
                                                                 {"/to_group/deep", nullptr},
                                                                 {"/a/data", nullptr},
                                                                 {"/a/none", nullptr},
                                                                 {"/none/b", nullptr},
                                                                 {"/a/data/x", nullptr},
                                                                 {".", nullptr},
                                                                 {"/a/..", nullptr},
                                                                 {"/loop", nullptr},
                                                                 {"/ring", nullptr},
                                                                 {"/grows", nullptr},
                                                                 {"/dangling", nullptr}};
  for (const auto& [path, expected] : kGroups) EXPECT_EQ(root.find_group(path), expected) << path;
  EXPECT_EQ(a->find_group("b"), b);
}

TEST(GroupBuilderTest, FindsDatasets) {
  const GroupBuilder root = example();
  const DatasetBuilder* data = &root.groups[0].datasets[0];
  const DatasetBuilder* deep = &root.groups[0].groups[0].datasets[0];
  const std::pair<const char*, const DatasetBuilder*> kDatasets[] = {
      {"/a/data", data},       {"a/data", data},         {"/a/data/", data},
      {"/a/b/deep", deep},     {"/to_group/deep", deep}, {"/to_data", data},
      {"/relative", data},     {"/through", deep},       {"/to_link", data},
      {"/a/up/to_data", data}, {"/a", nullptr},          {"/", nullptr},
      {"/data", nullptr},      {"/elsewhere", nullptr},  {"/to_data/x", nullptr},
      {"/loop", nullptr},      {"/grows", nullptr}};
  for (const auto& [path, expected] : kDatasets) {
    EXPECT_EQ(root.find_dataset(path), expected) << path;
  }
}

TEST(JoinPathTest, PutsOneSlashBetween) {
  EXPECT_EQ(join_path("/", "a"), "/a");
  EXPECT_EQ(join_path("/a", "b"), "/a/b");
  EXPECT_EQ(join_path("/a/", "b"), "/a/b");
  EXPECT_EQ(join_path("", "a"), "/a");
}

}  // namespace
}  // namespace engram::hdmf
