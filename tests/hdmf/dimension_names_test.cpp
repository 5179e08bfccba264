#include "engram/hdmf/dimension_names.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "testing/fake_sources.hpp"

namespace engram::hdmf {
namespace {

using testing::attributes_of;
using testing::dataset_of;
using testing::fake_array;

class Schema final : public SpecSource {
 public:
  const std::string& description() const override { return description_; }
  Json namespaces() const override {
    return parse_yaml("namespaces: [{name: n, version: 1.0.0, schema: [{source: s}]}]");
  }
  Json schema(const std::string&) const override {
    return parse_yaml(R"(
datasets:
- {data_type_def: Column, shape: [[null], [null, null]], dims: [[rows], [rows, cols]]}
groups:
- data_type_def: Series
  datasets:
  - {name: data, shape: [[null, null], [null, 3], [null]], dims: [[times, channels], [times, xyz], [times]]}
  - {name: times, shape: [null], dims: [times]}
  - {name: mean, shape: [[2], [3]], dims: ['w|h', 'w|h|d']}
  - {name: image}
  groups: [{name: inner, datasets: [{name: square, shape: [null, null], dims: [side, side]}]}]
- {data_type_def: Table, datasets: [{name: ids, data_type_inc: Column, shape: [null], dims: [num_rows]}]})");
  }

 private:
  std::string description_ = "memory";
};

DatasetBuilder zeros(std::string name, Shape shape, Attributes attributes = {}) {
  const std::vector<std::uint8_t> values(static_cast<std::size_t>(element_count(shape)));
  return dataset_of(
      std::move(name),
      fake_array<std::uint8_t>(DataType::unsigned_integer(1), std::move(shape), values),
      std::move(attributes));
}

Attributes type(const char* name) {
  return attributes_of({{"namespace", "n"}, {"neurodata_type", name}});
}

using Names = std::vector<std::string>;

class DimensionNamesTest : public ::testing::Test {
 protected:
  const Names& names(std::string_view path) {
    const auto catalog = NamespaceCatalog::load(
        std::vector<std::shared_ptr<const SpecSource>>{std::make_shared<Schema>()});
    name_dimensions(root_, catalog);
    return root_.find_dataset(path)->dimension_names;
  }

  GroupBuilder root_ = {"root", type("Series"), {}, {}, {}};
};

TEST_F(DimensionNamesTest, OfTheAlternativeThatSaysMost) {
  root_.datasets = {zeros("data", {4, 3}), zeros("times", {4})};
  EXPECT_EQ(names("data"), (Names{"times", "xyz"}));
  EXPECT_EQ(names("times"), (Names{"times"}));
}

TEST_F(DimensionNamesTest, OfTheRankThatFits) {
  root_.datasets = {zeros("data", {4, 5})};
  EXPECT_EQ(names("data"), (Names{"times", "channels"}));
  root_.datasets = {zeros("data", {4})};
  EXPECT_EQ(names("data"), (Names{"times"}));
  root_.datasets = {zeros("data", {4, 3, 2})};
  EXPECT_EQ(names("data"), (Names{"data_0", "data_1", "data_2"}));
}

TEST_F(DimensionNamesTest, WhatNoSchemaNames) {
  root_.datasets = {zeros("image", {2, 3}), zeros("mean", {3}), zeros("rate", {}),
                    zeros("other", {0})};
  EXPECT_EQ(names("image"), (Names{"image_0", "image_1"}));
  EXPECT_EQ(names("mean"), (Names{"w|h|d"}));
  EXPECT_EQ(names("rate"), (Names{"scalar"}));
  EXPECT_EQ(names("other"), (Names{"other_0"}));
}

TEST_F(DimensionNamesTest, ANameHasOneLengthInAGroup) {
  root_.datasets = {zeros("data", {4, 3}), zeros("times", {5})};
  EXPECT_EQ(names("data"), (Names{"times", "xyz"}));
  EXPECT_EQ(names("times"), (Names{"times_times"}));
}

TEST_F(DimensionNamesTest, NoNameTwiceInAnArray) {
  GroupBuilder inner;
  inner.name = "inner";
  inner.datasets = {zeros("square", {2, 2})};
  root_.groups = {inner};
  EXPECT_EQ(names("inner/square"), (Names{"side", "square_1"}));
}

TEST_F(DimensionNamesTest, OfThePlaceBeforeTheType) {
  GroupBuilder table;
  table.name = "table";
  table.attributes = type("Table");
  table.datasets = {zeros("ids", {3}, type("Column")), zeros("area", {3}, type("Column")),
                    zeros("wide", {3, 2}, type("Column"))};
  root_.groups = {table};
  EXPECT_EQ(names("table/ids"), (Names{"num_rows"}));
  EXPECT_EQ(names("table/area"), (Names{"rows"}));
  EXPECT_EQ(names("table/wide"), (Names{"rows", "cols"}));
}

TEST_F(DimensionNamesTest, TheCacheIsLeftAlone) {
  GroupBuilder cache;
  cache.name = "specifications";
  cache.datasets = {zeros("x", {3})};
  root_.groups = {cache};
  EXPECT_EQ(names("specifications/x"), Names{});
}

}  // namespace
}  // namespace engram::hdmf
