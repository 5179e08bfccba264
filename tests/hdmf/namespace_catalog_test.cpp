#include "engram/hdmf/namespace_catalog.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "testing/expect_error.hpp"
#include "testing/fake_sources.hpp"
#include "testing/temp_dir.hpp"

namespace engram::hdmf {
namespace {

namespace fs = std::filesystem;

// Documents in memory, as YAML.
class FakeSource final : public SpecSource {
 public:
  FakeSource(std::string namespaces, std::map<std::string, std::string> schemas)
      : namespaces_(std::move(namespaces)), schemas_(std::move(schemas)) {}

  const std::string& description() const override { return description_; }
  Json namespaces() const override { return parse_yaml(namespaces_); }
  Json schema(const std::string& source) const override { return parse_yaml(schemas_.at(source)); }

 private:
  std::string description_ = "memory", namespaces_;
  std::map<std::string, std::string> schemas_;
};

using Sources = std::vector<std::shared_ptr<const SpecSource>>;

std::shared_ptr<const SpecSource> one_namespace(std::string schema) {
  return std::make_shared<FakeSource>(
      "namespaces: [{name: n, version: 1.0.0, schema: [{source: s}]}]",
      std::map<std::string, std::string>{{"s", std::move(schema)}});
}

NamespaceCatalog load(std::string schema) {
  return NamespaceCatalog::load(Sources{one_namespace(std::move(schema))});
}

const GroupSpec& group_type(const NamespaceCatalog& catalog, const char* type) {
  return std::get<GroupSpec>(catalog.find("n")->find(type)->spec);
}

constexpr const char* kSeries = R"(
datasets:
- {data_type_def: Data, doc: any}
- data_type_def: Column
  data_type_inc: Data
  dtype: int32
  shape: [null]
  attributes: [{name: description, dtype: text}, {name: unit, dtype: text, default_value: V}]
groups:
- {data_type_def: Base, attributes: [{name: help, dtype: text, required: false}]}
- data_type_def: Series
  data_type_inc: Base
  attributes: [{name: rate, dtype: float32}]
  datasets:
  - {name: data, dtype: numeric, shape: [[null], [null, null]], attributes: [{name: unit, dtype: text}]}
  - {data_type_inc: Column, quantity: '*'}
  groups: [{name: sync, quantity: '?'}]
  links: [{name: device, target_type: Base}]
- data_type_def: Electrical
  data_type_inc: Series
  datasets:
  - {name: data, dtype: int16, attributes: [{name: unit, value: volts, dtype: text}]}
  - {name: ids, data_type_inc: Column}
  groups: [{data_type_inc: Base, quantity: '+'}]
)";

TEST(NamespaceCatalogTest, ATypeHasWhatItInherits) {
  const NamespaceCatalog catalog = load(kSeries);
  EXPECT_TRUE(catalog.warnings().empty());
  const Namespace& space = *catalog.find("n");
  EXPECT_EQ(space.version(), "1.0.0");
  EXPECT_EQ(space.hierarchy("Electrical"),
            (std::vector<std::string>{"Electrical", "Series", "Base"}));
  EXPECT_TRUE(space.is_a("Electrical", "Base"));
  EXPECT_TRUE(space.is_a("Base", "Base"));
  EXPECT_FALSE(space.is_a("Base", "Electrical"));
  EXPECT_FALSE(space.is_a("Nobody", "Base"));
  EXPECT_EQ(space.direct_subtypes("Data"), std::vector<std::string>{"Column"});

  const GroupSpec& spec = group_type(catalog, "Electrical");
  EXPECT_NE(spec.attribute("help"), nullptr);
  EXPECT_NE(spec.attribute("rate"), nullptr);
  EXPECT_EQ(spec.link("device")->target_type, "Base");
  EXPECT_NE(spec.group("sync"), nullptr);
  const DatasetSpec& data = *spec.dataset("data");
  EXPECT_EQ(to_string(data.dtype), "int16");
  EXPECT_EQ(data.dimensions.shapes.size(), 2U);
  EXPECT_EQ(data.attribute("unit")->value, "volts");
  const DatasetSpec& ids = *spec.dataset("ids");
  EXPECT_EQ(to_string(ids.dtype), "int32");
  EXPECT_EQ(ids.attributes.size(), 2U);
  // What has no name stands beside what has one of the same type.
  EXPECT_EQ(spec.datasets.size(), 3U);
}

TEST(NamespaceCatalogTest, TypesThatContainEachOther) {
  const NamespaceCatalog catalog = load(R"(
groups:
- {data_type_def: Table, groups: [{data_type_inc: Meanings, quantity: '*'}], attributes: [{name: a, dtype: text}]}
- {data_type_def: Meanings, data_type_inc: Table, attributes: [{name: b, dtype: text}]}
- {data_type_def: Self, groups: [{data_type_inc: Self, quantity: '*'}]})");
  EXPECT_NE(group_type(catalog, "Meanings").attribute("a"), nullptr);
  EXPECT_NE(group_type(catalog, "Table").groups.front().attribute("b"), nullptr);
  EXPECT_EQ(*group_type(catalog, "Self").groups.front().type(), "Self");
}

TEST(NamespaceCatalogTest, TypesDefinedWhereTheyAreUsed) {
  const NamespaceCatalog catalog = load(R"(
groups:
- {data_type_def: Base, attributes: [{name: a, dtype: text}]}
- data_type_def: Outer
  groups:
  - name: middle
    groups: [{data_type_def: Inner, data_type_inc: Base, quantity: '+', datasets: [{data_type_def: Leaf, dtype: int}]}])");
  EXPECT_EQ(catalog.find("n")->types(),
            (std::vector<std::string>{"Base", "Outer", "Inner", "Leaf"}));
  EXPECT_NE(group_type(catalog, "Inner").attribute("a"), nullptr);
}

TEST(NamespaceCatalogTest, IncludesOtherNamespacesInWhateverOrder) {
  const Sources sources = {
      std::make_shared<FakeSource>(
          "namespaces: [{name: ext, version: 0.1, schema: [{namespace: n, data_types: "
          "[Electrical]}, {source: e}]}]",
          std::map<std::string, std::string>{
              {"e", "groups: [{neurodata_type_def: Mine, neurodata_type_inc: Electrical}]"}}),
      one_namespace(kSeries)};
  const NamespaceCatalog catalog = NamespaceCatalog::load(sources);
  ASSERT_EQ(catalog.namespaces().size(), 2U);
  EXPECT_EQ(catalog.namespaces().front()->name(), "n");
  const Namespace& ext = *catalog.find("ext");
  EXPECT_EQ(ext.version(), "0.1");
  // The type that was asked for, and those that it is made of.
  for (const char* type : {"Electrical", "Series", "Base", "Column", "Data", "Mine"})
    EXPECT_NE(ext.find(type), nullptr) << type;
  EXPECT_EQ(ext.find("Electrical")->name_space, "n");
  EXPECT_NE(std::get<GroupSpec>(ext.find("Mine")->spec).dataset("ids"), nullptr);
  Attributes attributes;
  attributes.set("namespace", "ext");
  attributes.set("neurodata_type", "Mine");
  EXPECT_EQ(catalog.type_of(attributes)->name, "Mine");
  attributes.set("namespace", "other");
  EXPECT_EQ(catalog.type_of(attributes), nullptr);
}

TEST(NamespaceCatalogTest, OddThingsThatDoNoHarm) {
  const Sources sources = {
      one_namespace("groups: [{data_type_def: A}, {data_type_def: A, doc: again}, {data_type_def: "
                    "B, data_type_inc: B}]"),
      std::make_shared<FakeSource>(
          "namespaces: [{name: n, version: 2.0.0, schema: []}, {name: m, schema: []}]",
          std::map<std::string, std::string>{})};
  const NamespaceCatalog catalog = NamespaceCatalog::load(sources);
  EXPECT_EQ(catalog.warnings(),
            (std::vector<std::string>{
                "namespace n 2.0.0 is left out: version 1.0.0 is there already",
                "type A of s is left out: s of namespace n defines it already",
                "type B includes itself; that is ignored", "namespace m has no version"}));
  EXPECT_EQ(catalog.find("n")->version(), "1.0.0");
}

struct BadSchema {
  const char* schema;
  ErrorCode code;
  const char* part;

  friend std::ostream& operator<<(std::ostream& out, const BadSchema& bad) {
    return out << bad.schema;
  }
};

class BadSchemaTest : public ::testing::TestWithParam<BadSchema> {};

TEST_P(BadSchemaTest, IsNamed) {
  testing::expect_error(GetParam().code, GetParam().part, [] { load(GetParam().schema); });
  testing::expect_error(GetParam().code, "namespace n in memory", [] { load(GetParam().schema); });
}

INSTANTIATE_TEST_SUITE_P(
    Schemas, BadSchemaTest,
    ::testing::Values(
        BadSchema{"groups: [{data_type_def: A, data_type_inc: Nobody}]", ErrorCode::corrupt_data,
                  "type A includes Nobody, which is no type of this namespace"},
        BadSchema{
            "groups: [{data_type_def: A, data_type_inc: B}, {data_type_def: B, data_type_inc: A}]",
            ErrorCode::corrupt_data, "type A inherits from itself: A, B, A"},
        BadSchema{"groups: [{data_type_def: A, groups: [{data_type_inc: Nobody}]}]",
                  ErrorCode::corrupt_data, "type Nobody is used, but is no type"},
        BadSchema{"groups: [{data_type_def: A, groups: [{data_type_inc: D}]}]\ndatasets: "
                  "[{data_type_def: D}]",
                  ErrorCode::corrupt_data, "one is a group, the other a dataset: at A"},
        BadSchema{"groups: [{data_type_def: A, data_type_inc: D}]\ndatasets: [{data_type_def: D}]",
                  ErrorCode::corrupt_data, "is a group, the other a dataset"},
        BadSchema{"groups: [{name: a}]", ErrorCode::corrupt_data, "defines no type"},
        BadSchema{"groups: 3", ErrorCode::corrupt_data, R"(member "groups" is 3)"},
        BadSchema{"[1]", ErrorCode::corrupt_data, "the schema is [1], not an object"},
        BadSchema{
            "datasets: [{data_type_def: A, dtype: int32}, {data_type_def: B, data_type_inc: A, "
            "dtype: text}]",
            ErrorCode::corrupt_data, "its dtype is text, which can't stand for int32: at B"},
        BadSchema{
            "datasets: [{data_type_def: A, dtype: int32}, {data_type_def: B, data_type_inc: A, "
            "dtype: [{name: f, dtype: int}]}]",
            ErrorCode::corrupt_data, "its dtype is compound of f, which can't stand for int32"},
        BadSchema{"groups: [{data_type_def: A, attributes: [{name: a, dtype: int}]}, "
                  "{data_type_def: B, data_type_inc: A, attributes: [{name: a, dtype: text}]}]",
                  ErrorCode::corrupt_data, "can't stand for int: at attribute a: at B"},
        BadSchema{
            "groups: [{data_type_def: X}, {data_type_def: Y}, {data_type_def: A, groups: [{name: "
            "g, data_type_inc: X}]}, "
            "{data_type_def: B, data_type_inc: A, groups: [{name: g, data_type_inc: Y}]}]",
            ErrorCode::corrupt_data, "\"g\" includes Y, which is no X"}));

TEST(NamespaceCatalogTest, NamespacesThatNeedEachOtherOrWhatIsNotThere) {
  const auto two = [](const char* text) {
    return Sources{std::make_shared<FakeSource>(text, std::map<std::string, std::string>{})};
  };
  testing::expect_error(ErrorCode::corrupt_data, "it includes itself by way of other namespaces",
                        [&] {
                          NamespaceCatalog::load(
                              two("namespaces: [{name: a, version: 1, schema: [{namespace: b}]}, "
                                  "{name: b, version: 1, schema: [{namespace: a}]}]"));
                        });
  testing::expect_error(ErrorCode::corrupt_data, "it includes itself: at namespace a", [&] {
    NamespaceCatalog::load(two("namespaces: [{name: a, version: 1, schema: [{namespace: a}]}]"));
  });
  testing::expect_error(ErrorCode::not_found, "it includes namespace b, which is not among", [&] {
    NamespaceCatalog::load(two("namespaces: [{name: a, version: 1, schema: [{namespace: b}]}]"));
  });
  testing::expect_error(ErrorCode::corrupt_data, "type X is not in namespace b", [&] {
    NamespaceCatalog::load(
        two("namespaces: [{name: a, version: 1, schema: [{namespace: b, data_types: [X]}]}, "
            "{name: b, version: 1, schema: []}]"));
  });
  testing::expect_error(ErrorCode::corrupt_data, R"(member "schema" is null)",
                        [&] { NamespaceCatalog::load(two("namespaces: [{name: a}]")); });
  testing::expect_error(ErrorCode::corrupt_data, R"("source" or "namespace")", [&] {
    NamespaceCatalog::load(two("namespaces: [{name: a, schema: [{}]}]"));
  });
  testing::expect_error(ErrorCode::corrupt_data, R"(member "namespaces" is null)",
                        [&] { NamespaceCatalog::load(two("name: a")); });
}

// 40 types, each of which holds the one before twice: 2^40 specs when written out.
TEST(NamespaceCatalogTest, RefusesToGrowWithoutBounds) {
  std::string schema = "groups:\n- {data_type_def: T0, attributes: [{name: a, dtype: text}]}\n";
  for (int i = 1; i <= 40; ++i)
    schema += "- {data_type_def: T" + std::to_string(i) + ", groups: [{name: x, data_type_inc: T" +
              std::to_string(i - 1) + "}, {name: y, data_type_inc: T" + std::to_string(i - 1) +
              "}]}\n";
  testing::expect_error(ErrorCode::limit_exceeded, "grow beyond", [&] { load(schema); });
  std::string chain = "groups:\n- {data_type_def: T0}\n";
  for (int i = 1; i <= 5000; ++i)
    chain += "- {data_type_def: T" + std::to_string(i) + ", data_type_inc: T" +
             std::to_string(i - 1) + "}\n";
  testing::expect_error(ErrorCode::limit_exceeded, "ancestors", [&] { load(chain); });
}

DatasetBuilder document(const char* name, const char* text) {
  DatasetBuilder dataset;
  dataset.name = name;
  dataset.data = std::make_shared<testing::FakeObjects>(testing::text_type(), Shape{},
                                                        std::vector<Value>{std::string(text)});
  return dataset;
}

GroupBuilder cache() {
  GroupBuilder root;
  GroupBuilder space{"n", {}, {}, {}, {}};
  for (const char* version : {"2.10.0", "2.9.0", "2.10.0-alpha"})
    space.groups.push_back(
        {version,
         {},
         {},
         {document("namespace", (R"({"namespaces":[{"name":"n","version":")" +
                                 std::string(version) + R"(","schema":[{"source":"s.yaml"}]}]})")
                                    .c_str()),
          document("s", R"({"groups":[{"data_type_def":"A"}]})")},
         {}});
  root.groups.push_back({"specifications", {}, {space}, {}, {}});
  return root;
}

TEST(CachedNamespacesTest, AllVersionsAndTheNewest) {
  const GroupBuilder root = cache();
  std::vector<std::string> versions;
  for (const CachedNamespace& one : cached_namespaces(root)) versions.push_back(one.version);
  EXPECT_EQ(versions, (std::vector<std::string>{"2.9.0", "2.10.0-alpha", "2.10.0"}));
  const NamespaceCatalog catalog = NamespaceCatalog::load_cached(root);
  EXPECT_EQ(catalog.find("n")->version(), "2.10.0");
  EXPECT_NE(catalog.find("n")->find("A"), nullptr);
  EXPECT_TRUE(cached_namespaces(GroupBuilder{}).empty());
}

TEST(CachedNamespacesTest, WhereSpeclocSays) {
  GroupBuilder root = cache();
  root.groups.front().name = "elsewhere";
  EXPECT_TRUE(cached_namespaces(root).empty());
  root.attributes.set(".specloc", Reference{".", "/elsewhere", {}, {}});
  EXPECT_EQ(cached_namespaces(root).size(), 3U);
  root.attributes.set(".specloc", "elsewhere");
  EXPECT_EQ(cached_namespaces(root).size(), 3U);
}

TEST(CachedNamespacesTest, DocumentsThatAreDamaged) {
  GroupBuilder root = cache();
  auto& documents = root.groups.front().groups.front().groups.front().datasets;
  documents[1] = document("s", R"({"groups":[)");
  testing::expect_error(ErrorCode::corrupt_data, "/specifications/n/2.10.0/s",
                        [&] { NamespaceCatalog::load_cached(root); });
  documents.pop_back();
  testing::expect_error(ErrorCode::not_found,
                        "there is no such document: at /specifications/n/2.10.0/s.yaml",
                        [&] { NamespaceCatalog::load_cached(root); });
}

struct Versions {
  const char* older;
  const char* newer;

  friend std::ostream& operator<<(std::ostream& out, const Versions& pair) {
    return out << pair.older << " < " << pair.newer;
  }
};

class VersionTest : public ::testing::TestWithParam<Versions> {};

TEST_P(VersionTest, IsOlder) {
  EXPECT_TRUE(is_older_version(GetParam().older, GetParam().newer));
  EXPECT_FALSE(is_older_version(GetParam().newer, GetParam().older));
  EXPECT_FALSE(is_older_version(GetParam().older, GetParam().older));
}

INSTANTIATE_TEST_SUITE_P(Versions, VersionTest,
                         ::testing::Values(Versions{"2.9.0", "2.10.0"}, Versions{"2.0", "2.0.1"},
                                           Versions{"2.7.0-alpha", "2.7.0"}, Versions{"1b", "1"},
                                           Versions{"v1.9", "v1.10"}, Versions{"1.0-a", "1.0-b"},
                                           Versions{"", "1"}));

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

TEST(SpecFilesTest, AFileOrADirectory) {
  const testing::TempDir directory;
  const std::string base = directory.path().string();
  write(base + "/mine.namespace.yaml",
        "namespaces: [{name: n, version: 1.0.0, schema: [{source: mine.extensions.yaml}]}]");
  write(base + "/mine.extensions.yaml", kSeries);
  for (const std::string& path : {base, base + "/mine.namespace.yaml"}) {
    const auto sources = spec_files(path);
    ASSERT_EQ(sources.size(), 1U);
    EXPECT_NE(NamespaceCatalog::load(sources).find("n")->find("Electrical"), nullptr);
  }
}

TEST(SpecFilesTest, WhatIsWrongIsNamedWithItsFile) {
  const testing::TempDir directory;
  const std::string base = directory.path().string();
  testing::expect_error(ErrorCode::not_found, "nor a directory with one",
                        [&] { spec_files(base); });
  testing::expect_error(ErrorCode::not_found, "nor a directory",
                        [&] { spec_files(base + "/nothing"); });
  const auto load_all = [&] { NamespaceCatalog::load(spec_files(base)); };
  const std::string file = base + "/x.namespace.yaml";
  write(file, "namespaces: [{name: n, version: 1, schema: [{source: gone.yaml}]}]");
  testing::expect_error(ErrorCode::not_found, "gone.yaml", load_all);
  write(file, "namespaces: [{name: n, version: 1, schema: [{source: ../../etc/passwd}]}]");
  testing::expect_error(ErrorCode::corrupt_data, "no path below the namespace's directory",
                        load_all);
  write(file, "namespaces: [{name: n, version: 1, schema: [{source: /etc/passwd}]}]");
  testing::expect_error(ErrorCode::corrupt_data, "no path below", load_all);
  write(file, "namespaces: [");
  testing::expect_error(ErrorCode::corrupt_data, "x.namespace.yaml", load_all);
}

TEST(SpecFilesTest, SymbolicLinksDontLeadOut) {
  const testing::TempDir directory;
  const fs::path base = directory.path();
  fs::create_directories(base / "in/sub");
  fs::create_directories(base / "out");
  write(base / "out/s.yaml", kSeries);
  write(base / "out/o.namespace.yaml", "namespaces: [{name: o, version: 1.0.0, schema: []}]");
  write(base / "in/x.namespace.yaml",
        "namespaces: [{name: n, version: 1.0.0, schema: [{source: s.yaml}]}]");
  const auto load_all = [&](const char* what) {
    return NamespaceCatalog::load(spec_files((base / what).string()));
  };
  fs::create_symlink(base / "out/s.yaml", base / "in/s.yaml");
  testing::expect_error(ErrorCode::corrupt_data, "out/s.yaml, outside the namespace's directory",
                        [&] { load_all("in"); });
  testing::expect_error(ErrorCode::corrupt_data, "outside the namespace's directory",
                        [&] { load_all("in/x.namespace.yaml"); });
  fs::remove(base / "in/s.yaml");
  write(base / "in/sub/s.yaml", kSeries);
  fs::create_symlink("sub/s.yaml", base / "in/s.yaml");
  EXPECT_NE(load_all("in").find("n"), nullptr) << "one that stays below is followed";

  fs::create_symlink(base / "out/o.namespace.yaml", base / "in/o.namespace.yaml");
  testing::expect_error(ErrorCode::corrupt_data, "outside the namespace's directory",
                        [&] { load_all("in"); });
  EXPECT_NE(load_all("in/o.namespace.yaml").find("o"), nullptr) << "the user named it";
  fs::create_symlink(base / "in/x.namespace.yaml", base / "x.namespace.yaml");
  fs::create_symlink(base / "in/s.yaml", base / "s.yaml");
  EXPECT_NE(load_all("x.namespace.yaml").find("n"), nullptr) << "as its schemas are";
}

}  // namespace
}  // namespace engram::hdmf
