#include "engram/hdmf/complete.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "engram/hdmf/make.hpp"
#include "engram/hdmf/map_references.hpp"
#include "engram/hdmf/namespace_catalog.hpp"
#include "testing/expect_error.hpp"
#include "testing/source_dir.hpp"

namespace engram::hdmf {
namespace {

using testing::expect_error;

// A file with a table, an object without a type, and links.
GroupBuilder tree_file() {
  GroupBuilder root = make_object("root", "core", "NWBFile");
  GroupBuilder table = make_object("table", "core", "Table");
  add(table, make_object(make_dataset("column", std::vector<int>{1, 2, 3}), "core", "Column"));
  add(root, std::move(table));
  add(require_group(root, "plain"), make_dataset("data", std::vector<double>{1, 2}));
  add_link(root, "link", "/table");
  return root;
}

std::vector<Value> values_of(const GroupBuilder& root, std::string_view path) {
  const DatasetBuilder* dataset = root.find_dataset(path);
  return dataset->objects()->read(Region::all(dataset->shape()));
}

TEST(CompleteTest, ObjectIdsAreUuidsOfVersion4) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string id = new_object_id();
    ASSERT_EQ(id.size(), 36U);
    EXPECT_EQ(id[14], '4') << id;
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 100U);
}

TEST(CompleteTest, EachObjectGetsAnId) {
  GroupBuilder root = tree_file();
  root.groups[0].attributes.set("object_id", "mine");
  complete(root);
  EXPECT_TRUE(root.attributes.text("object_id"));
  EXPECT_EQ(root.find_group("/table")->attributes.text("object_id"), "mine");
  EXPECT_TRUE(root.find_dataset("/table/column")->attributes.text("object_id"));
  EXPECT_FALSE(root.find_group("/plain")->attributes.text("object_id"));
  EXPECT_FALSE(root.find_dataset("/plain/data")->attributes.text("object_id"));
}

TEST(CompleteTest, NoIdsWhereNoneAreWanted) {
  GroupBuilder root = tree_file();
  complete(root, {false});
  EXPECT_FALSE(root.attributes.text("object_id"));
}

TEST(CompleteTest, ReferencesGetTheirIdsWhereverTheyStand) {
  GroupBuilder root = tree_file();
  root.groups[1].attributes.set("one", reference_to("/table/column"));
  root.groups[1].attributes.set("list", List{reference_to("link"), Null{}});
  add(root, make_dataset("references", std::vector<Reference>{reference_to("/link/column")}));
  add(root, make_dataset("regions",
                         std::vector<RegionReference>{region_of("/table/column", {{{1}, {2}}})}));
  add(root, make_dataset("rows", record_type({{"n", text_type()}, {"r", hdmf::reference_type()}}),
                         {List{"a", reference_to("/")}, List{"b", Null{}}}, {2}));
  complete(root);
  const auto id = [&](const char* path) {
    const auto* group = root.find_group(path);
    return group ? group->attributes.text("object_id")
                 : root.find_dataset(path)->attributes.text("object_id");
  };
  const Reference column{".", "/table/column", id("/table/column"), id("/")};
  const Attributes& attributes = root.find_group("/plain")->attributes;
  EXPECT_EQ(*attributes.find("one"), Value(column));
  EXPECT_EQ(*attributes.find("list"),
            Value(List{Reference{".", "/table", id("/table"), id("/")}, Null{}}));
  EXPECT_EQ(values_of(root, "/references"), std::vector<Value>{column});
  EXPECT_EQ(values_of(root, "/regions"),
            (std::vector<Value>{RegionReference{column, {{{1}, {2}}}}}));
  EXPECT_EQ(
      values_of(root, "/rows"),
      (std::vector<Value>{List{"a", Reference{".", "/", id("/"), id("/")}}, List{"b", Null{}}}));
}

TEST(CompleteTest, LinksLeadToTheTargetItself) {
  GroupBuilder root = tree_file();
  add_link(root, "chain", "/link");
  add_link(root, "through", "link/column");
  add_external_link(root, "other", "../o.zarr", "/there");
  add_link(root, "beyond", "/other/x/y");
  complete(root);
  EXPECT_EQ(root.links[1].path, "/table");
  EXPECT_EQ(root.links[2].path, "/table/column");
  EXPECT_EQ(root.links[4].source, "../o.zarr");
  EXPECT_EQ(root.links[4].path, "/there/x/y");
}

TEST(CompleteTest, WhatIsCompleteStaysAsItIs) {
  GroupBuilder root = tree_file();
  root.attributes.set("to", reference_to("/table"));
  complete(root);
  const Value before = *root.attributes.find("to");
  complete(root);
  EXPECT_EQ(*root.attributes.find("to"), before);
}

TEST(CompleteTest, SourcesOutliveTheTree) {
  std::shared_ptr<const ObjectSource> source;
  {
    GroupBuilder root = tree_file();
    add(root, make_dataset("references", std::vector<Reference>{reference_to("/table")}));
    complete(root);
    source = std::get<1>(root.find_dataset("/references")->data);
  }
  EXPECT_TRUE(source->read({{0}, {1}})[0].as<Reference>().object_id);
}

struct BadTree {
  const char* why;
  std::function<void(GroupBuilder&)> change;
  std::vector<const char*> parts;
  friend std::ostream& operator<<(std::ostream& out, const BadTree& bad) { return out << bad.why; }
};
class BadTreeTest : public ::testing::TestWithParam<BadTree> {};

TEST_P(BadTreeTest, IsRefusedAndNamed) {
  GroupBuilder root = tree_file();
  GetParam().change(root);
  for (const char* part : GetParam().parts) {
    GroupBuilder copy = root;
    expect_error(ErrorCode::invalid_argument, part, [&] { complete(copy); });
  }
}

INSTANTIATE_TEST_SUITE_P(
    Trees, BadTreeTest,
    ::testing::Values(
        BadTree{"TwoGroupsOfOneName",
                [](GroupBuilder& root) { add(root, make_group("table")); },
                {"/", "\"table\""}},
        BadTree{"GroupAndDataset",
                [](GroupBuilder& root) { add(root, make_scalar("plain", 1)); },
                {"two members", "\"plain\""}},
        BadTree{"DatasetAndLink",
                [](GroupBuilder& root) { add_link(root.groups[0], "column", "/plain"); },
                {"/table", "\"column\""}},
        BadTree{"BadName", [](GroupBuilder& root) { root.groups[0].name = "a/b"; }, {"a/b"}},
        BadTree{"NoData",
                [](GroupBuilder& root) {
                  root.datasets.emplace_back();
                  root.datasets.back().name = "none";
                },
                {"/none has no data"}},
        BadTree{"LinkToNothing",
                [](GroupBuilder& root) { add_link(root, "l", "/table/x"); },
                {"/l leads to /table/x", "there is no /table/x"}},
        BadTree{"LinkToItself",
                [](GroupBuilder& root) { add_link(root, "l", "/l"); },
                {"/l", "lead to each other"}},
        BadTree{"LinksInACircle",
                [](GroupBuilder& root) {
                  add_link(root, "l", "/m/x");
                  add_link(root, "m", "/l");
                },
                {"/l leads to /m/x", "lead to each other"}},
        BadTree{"ReferenceToNothing",
                [](GroupBuilder& root) { root.groups[0].attributes.set("r", reference_to("/no")); },
                {"/table@r leads to /no", "there is no /no"}},
        BadTree{"ReferenceInAListToNothing",
                [](GroupBuilder& root) {
                  root.attributes.set("r", List{reference_to("/table"), reference_to("/no")});
                },
                {"/@r leads to /no"}},
        BadTree{"ReferenceInADatasetToNothing",
                [](GroupBuilder& root) {
                  add(root, make_dataset("r", std::vector<Reference>{reference_to("/table"),
                                                                     reference_to("/table/no")}));
                },
                {"/r leads to /table/no"}},
        BadTree{"ReferenceInARowToNothing",
                [](GroupBuilder& root) {
                  add(root, make_dataset("r", record_type({{"f", hdmf::reference_type()}}),
                                         {Value(List{reference_to("/no")})}, {1}));
                },
                {"/r leads to /no"}},
        BadTree{"RegionOfAGroup",
                [](GroupBuilder& root) {
                  root.attributes.set("r", region_of("/table", {{{0}, {1}}}));
                },
                {"/@r", "/table, which is a group"}},
        BadTree{"RegionBeyondItsDataset",
                [](GroupBuilder& root) {
                  root.attributes.set("r", region_of("/plain/data", {{{1}, {2}}}));
                },
                {"/@r to /plain/data"}}),
    [](const auto& p) { return p.param.why; });

TEST(MapReferencesTest, WhatLeadsNowhereIsNullAndCounts) {
  const auto only_a = [](const Reference& reference) {
    return reference.path == "/a" ? std::optional(reference) : std::nullopt;
  };
  Value value = List{reference_to("/a"), reference_to("/b"),
                     Record{{"f", Value(region_of("/c", {}))}, {"g", Value(1)}}};
  EXPECT_EQ(map_references(value, only_a), 2U);
  EXPECT_EQ(value,
            Value(List{reference_to("/a"), Null{}, Record{{"f", Value(Null{})}, {"g", Value(1)}}}));

  const DatasetBuilder dataset =
      make_dataset("d", std::vector<Reference>{reference_to("/a"), reference_to("/b")});
  const auto mapped = map_references(std::get<1>(dataset.data), only_a);
  EXPECT_EQ(mapped->read({{0}, {2}}), (std::vector<Value>{reference_to("/a"), Null{}}));
  EXPECT_EQ(mapped->dangling(), 1U);
}

TEST(MapReferencesTest, ForEachValueReadsAllInOrderAndInBlocks) {
  class Numbered final : public ObjectSource {
   public:
    explicit Numbered(Shape shape) : shape_(std::move(shape)) {}
    const ObjectType& type() const override { return type_; }
    const Shape& shape() const override { return shape_; }
    const Shape& chunk_shape() const override { return none_; }
    std::vector<Value> read(const Region& region) const override {
      largest = std::max(largest, element_count(region.shape));
      std::vector<Value> values;
      Shape place(shape_.size());
      for (std::uint64_t i = 0; i < element_count(region.shape); ++i) {
        std::uint64_t number = 0;
        for (std::uint64_t rest = i, d = shape_.size(); d-- > 0; rest /= region.shape[d])
          place[d] = region.origin[d] + rest % region.shape[d];
        for (std::size_t d = 0; d < shape_.size(); ++d) number = number * shape_[d] + place[d];
        values.emplace_back(number);
      }
      return values;
    }
    mutable std::uint64_t largest = 0;

   private:
    ObjectType type_ = text_type();
    Shape shape_, none_;
  };
  for (const Shape& shape : std::vector<Shape>{{},
                                               {1},
                                               {7},
                                               {70'000, 2},
                                               {2, 70'000},
                                               {3, 2, 20'000},
                                               {0, 5},
                                               {1, 16'384, 1},
                                               {5, 7, 11, 13},
                                               {1, 1, 40'000, 1}}) {
    const Numbered source(shape);
    std::uint64_t next = 0;
    for_each_value(source, [&](const Value& value) { return value == Value(next++); });
    EXPECT_EQ(next, element_count(shape)) << ::testing::PrintToString(shape);
    EXPECT_LE(source.largest, 16'384U);
  }
  std::uint64_t seen = 0;
  for_each_value(Numbered({70'000}), [&](const Value&) { return ++seen < 3; });
  EXPECT_EQ(seen, 3U);
  expect_error(ErrorCode::limit_exceeded, "1152921504606846976 values",
               [] { for_each_value(Numbered({1ULL << 60U}), [](const Value&) { return true; }); });
}

TEST(CacheNamespacesTest, WhatIsCachedIsLoadedAgain) {
  GroupBuilder root = make_object("root", "engram-layout", "ZarrRoot");
  const auto sources = spec_files(testing::source_path("specs/engram-layout"));
  cache_namespaces(root, sources);
  ASSERT_TRUE(root.attributes.find(".specloc"));
  EXPECT_EQ(root.attributes.find(".specloc")->as<Reference>().path, "/specifications");
  const auto* version = root.find_group("/specifications/engram-layout/0.1.0");
  ASSERT_NE(version, nullptr);
  EXPECT_NE(root.find_dataset("/specifications/engram-layout/0.1.0/engram-layout.nodes"), nullptr);
  const auto from_cache = NamespaceCatalog::load_cached(root);
  const auto from_files = NamespaceCatalog::load(sources);
  ASSERT_NE(from_cache.find("engram-layout"), nullptr);
  for (const std::string& type : from_files.find("engram-layout")->types())
    EXPECT_EQ(to_json(from_cache.find("engram-layout")->find(type)->spec),
              to_json(from_files.find("engram-layout")->find(type)->spec));

  cache_namespaces(root, sources);
  complete(root);
  EXPECT_EQ(root.find_group("/specifications/engram-layout")->groups.size(), 1U);
}

}  // namespace
}  // namespace engram::hdmf
