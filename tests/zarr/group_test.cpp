#include "engram/zarr/group.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>

#include "engram/base/error.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/zarr/consolidated.hpp"
#include "engram/zarr/hierarchy.hpp"
#include "testing/expect_error.hpp"
#include "testing/temp_dir.hpp"

namespace engram::zarr {
namespace {

using testing::expect_error;

class ZarrGroup : public ::testing::Test {
 protected:
  static ArrayOptions int16(Shape shape) {
    ArrayOptions options;
    options.type = DataType::integer(2);
    options.shape = std::move(shape);
    return options;
  }
  void set(std::string_view key, std::string_view text) {
    store_->set(store::Key(key), as_bytes(text));
  }
  std::string text(std::string_view key) const {
    const auto bytes = store_->get(store::Key(key), 1U << 20U);
    return bytes ? std::string(as_text(*bytes)) : "none";
  }

  std::shared_ptr<store::MemoryStore> store_ = std::make_shared<store::MemoryStore>();
};

TEST_F(ZarrGroup, MakesTheGroupsAbove) {
  Group root = Group::create(store_);
  Group inner = root.create_group("/a/b/", {{"x", 1}});
  EXPECT_EQ(inner.path(), "a/b");
  Array array = inner.create_array("c/data", int16({4}));
  EXPECT_EQ(array.path(), "a/b/c/data");
  for (const char* key : {".zgroup", "a/.zgroup", "a/b/.zgroup", "a/b/c/.zgroup"})
    EXPECT_EQ(text(key), "{\n    \"zarr_format\": 2\n}") << key;
  EXPECT_EQ(text("a/.zattrs"), "none");
  EXPECT_EQ(root.children(), (std::vector<Child>{{"a", NodeKind::group}}));
  EXPECT_EQ(root.group("a/b").attributes(), Json({{"x", 1}}));
  EXPECT_EQ(Group::open(store_, "a/b/c").children(),
            (std::vector<Child>{{"data", NodeKind::array}}));
  EXPECT_EQ(root.array("a/b/c/data").shape(), Shape{4});
  EXPECT_EQ(root.kind_of("a"), NodeKind::group);
  EXPECT_EQ(root.kind_of("a/b/c/data"), NodeKind::array);
  EXPECT_FALSE(root.contains("a/b/c/data/0"));
  EXPECT_TRUE(root.contains(""));
}

TEST_F(ZarrGroup, AnArrayAtTheRootHasNothingAbove) {
  Array::create(store_, "", int16({4}));
  EXPECT_EQ(store_->list_dir("").keys, std::vector<std::string>{".zarray"});
  EXPECT_EQ(Array::open(store_).shape(), Shape{4});
}

TEST_F(ZarrGroup, WhatIsThereIsRefusedOrReplaced) {
  Group root = Group::create(store_);
  Array array = root.create_array("a", int16({4}));
  array.write<std::int16_t>({{0}, {1}}, std::vector<std::int16_t>{1});
  expect_error(ErrorCode::already_exists, "there is an array at \"a\" in memory",
               [&] { root.create_array("a", int16({4})); });
  expect_error(ErrorCode::already_exists, "there is an array at \"a\"",
               [&] { root.create_group("a"); });
  expect_error(ErrorCode::already_exists, "there is a group at \"\"",
               [&] { Group::create(store_); });
  for (const IfExists how : {IfExists::refuse, IfExists::replace})
    expect_error(ErrorCode::already_exists, "\"a\" in memory is an array: nothing can be created",
                 [&] { root.create_group("a/b/c", Json::object(), how); });
  EXPECT_EQ(text("a/b/.zgroup"), "none");
  root.create_array("a", int16({4}), IfExists::replace);
  EXPECT_EQ(store_->list_dir("a").keys, std::vector<std::string>{".zarray"});
  root.create_group("a", {{"x", 1}}, IfExists::replace);
  EXPECT_EQ(store_->list_dir("a").keys, (std::vector<std::string>{".zattrs", ".zgroup"}));
}

TEST_F(ZarrGroup, MissingNodesAreNamed) {
  Group root = Group::create(store_);
  root.create_array("a", int16({4}));
  root.create_group("g");
  expect_error(ErrorCode::not_found, "there is no array at \"x\" in memory",
               [&] { root.array("x"); });
  expect_error(ErrorCode::not_found, "\"a\" in memory is an array, not a group",
               [&] { root.group("a"); });
  expect_error(ErrorCode::not_found, "\"g\" in memory is a group, not an array",
               [&] { Array::open(store_, "g"); });
  expect_error(ErrorCode::not_found, "there is no group at \"\"",
               [&] { Group::open(std::make_shared<store::MemoryStore>()); });
}

TEST_F(ZarrGroup, ErasesAWholeSubtree) {
  Group root = Group::create(store_);
  root.create_array("a/b/data", int16({4}));
  root.create_array("ab", int16({4}));
  expect_error(ErrorCode::not_found, "there is no group or array at \"x\"",
               [&] { root.erase("x"); });
  expect_error(ErrorCode::invalid_argument, "through itself", [&] { root.erase(""); });
  root.erase("a");
  EXPECT_EQ(root.children(), (std::vector<Child>{{"ab", NodeKind::array}}));
  EXPECT_TRUE(store_->list_dir("a").keys.empty());
  EXPECT_TRUE(store_->list_dir("a").prefixes.empty());
}

TEST_F(ZarrGroup, HostilePathsAreRefused) {
  Group root = Group::create(store_);
  for (const char* path : {"..", "a/../b", "a//b", ".", "a/./b", "a\\b", "a/.zgroup", ".zattrs/a",
                           ".zmetadata", "\xff"}) {
    EXPECT_THROW(root.create_group(path), Error) << path;
    EXPECT_THROW(root.contains(path), Error) << path;
    EXPECT_THROW(Array::open(store_, path), Error) << path;
  }
  EXPECT_THROW(root.contains(std::string(5000, 'a')), Error);
}

// Attributes

TEST_F(ZarrGroup, AttributesKeepOrderAndNumbers) {
  const std::string before =
      R"({"z":1,"a":1.0,"b":NaN,"c":-Infinity,"d":9223372036854775807,"e":18446744073709551615,)"
      R"("f":0.1,"g":[1,[2,{"y":null,"x":true}]],"h":"\u00e4","i":1e-300,"j":-0.0})";
  set(".zgroup", "{\"zarr_format\":2,\"extra\":[1]}");
  set(".zattrs", before);
  Group root = Group::open(store_);
  root.update_attributes({{"c", 2}, {"new", "x"}});
  EXPECT_EQ(
      dump_json(parse_json(text(".zattrs")), JsonStyle::line),
      R"({"z":1,"a":1.0,"b":NaN,"c":2,"d":9223372036854775807,"e":18446744073709551615,)"
      R"("f":0.1,"g":[1,[2,{"y":null,"x":true}]],"h":"\u00e4","i":1e-300,"j":-0.0,"new":"x"})");
  EXPECT_EQ(text(".zgroup"), "{\"zarr_format\":2,\"extra\":[1]}");
  root.set_attributes(Json::object());
  EXPECT_EQ(text(".zattrs"), "none");
  EXPECT_EQ(root.attributes(), Json::object());
  expect_error(ErrorCode::invalid_argument, "attributes are 5, not a JSON object",
               [&] { root.set_attributes(5); });
  expect_error(ErrorCode::invalid_argument, "attributes are null",
               [&] { root.update_attributes(nullptr); });
}

TEST_F(ZarrGroup, ArraysHaveAttributesToo) {
  ArrayOptions options = int16({4});
  options.attributes = {{"unit", "V"}};
  Array array = Array::create(store_, "a", options);
  EXPECT_EQ(array.attributes(), Json({{"unit", "V"}}));
  array.update_attributes({{"rate", 30.0}});
  EXPECT_EQ(Array::open(store_, "a").attributes(), Json({{"unit", "V"}, {"rate", 30.0}}));
  set("a/.zattrs", "[]");
  expect_error(ErrorCode::corrupt_data, "attributes are [], not a JSON object: at a/.zattrs",
               [&] { array.attributes(); });
}

// Consolidated metadata

TEST_F(ZarrGroup, OpensConsolidatedMetadata) {
  Group root = Group::create(store_, "", {{"r", 1}});
  Array array = root.create_array("g/data", int16({4}));
  array.update_attributes({{"x", 1}});
  expect_error(ErrorCode::not_found, "no consolidated metadata",
               [&] { Group::open_consolidated(store_); });
  consolidate(*store_);
  store_->erase(store::Key("g/data/.zarray"));
  store_->erase(store::Key("g/data/.zattrs"));
  Group fast = Group::open_consolidated(store_);
  EXPECT_EQ(fast.attributes(), Json({{"r", 1}}));
  EXPECT_EQ(fast.children(), (std::vector<Child>{{"g", NodeKind::group}}));
  EXPECT_EQ(fast.group("g").children(), (std::vector<Child>{{"data", NodeKind::array}}));
  Array found = fast.array("g/data");
  EXPECT_EQ(found.attributes(), Json({{"x", 1}}));
  found.write<std::int16_t>({{0}, {1}}, std::vector<std::int16_t>{7});
  EXPECT_EQ(found.read<std::int16_t>({{0}, {1}}).at(0), 7);
  const char* const why = "open the single files";
  expect_error(ErrorCode::invalid_argument, why, [&] { fast.create_group("n"); });
  expect_error(ErrorCode::invalid_argument, why, [&] { fast.create_array("n", int16({1})); });
  expect_error(ErrorCode::invalid_argument, why, [&] { fast.erase("g"); });
  expect_error(ErrorCode::invalid_argument, why, [&] { fast.update_attributes({{"x", 2}}); });
  expect_error(ErrorCode::invalid_argument, why, [&] { found.resize({5}); });
  expect_error(ErrorCode::invalid_argument, why, [&] { found.set_attributes({{"x", 2}}); });
}

TEST_F(ZarrGroup, ConsolidatesAsZarrPythonDoes) {
  set(".zgroup", R"({"zarr_format": 2})");
  set("b/.zgroup", R"({"zarr_format": 2})");
  set("b/.zattrs", R"({"z": 1.0, "a": ["\u00e4", NaN, {}], "n": 9007199254740993})");
  set("a/.zgroup", R"({"zarr_format": 2})");
  set("b/x.zattrs", "{}");
  consolidate(*store_);
  EXPECT_EQ(text(".zmetadata"), R"({
    "metadata": {
        ".zgroup": {
            "zarr_format": 2
        },
        "a/.zgroup": {
            "zarr_format": 2
        },
        "b/.zattrs": {
            "a": [
                "\u00e4",
                NaN,
                {}
            ],
            "n": 9007199254740993,
            "z": 1.0
        },
        "b/.zgroup": {
            "zarr_format": 2
        },
        "b/x.zattrs": {}
    },
    "zarr_consolidated_format": 1
})");
  EXPECT_TRUE(check_consolidated(*store_).is_current());
}

TEST_F(ZarrGroup, TellsHowConsolidatedMetadataDiffer) {
  Group root = Group::create(store_, "", {{"r", 1}});
  root.create_array("a", int16({4}));
  root.create_array("b", int16({4}));
  ConsolidatedCheck check = check_consolidated(*store_);
  EXPECT_FALSE(check.exists);
  EXPECT_EQ(check.missing,
            (std::vector<std::string>{".zattrs", ".zgroup", "a/.zarray", "b/.zarray"}));
  consolidate(*store_);
  root.array("a").resize({5});
  root.erase("b");
  root.create_group("c");
  set(".zattrs", R"({"r": 1.0})");
  check = check_consolidated(*store_);
  EXPECT_TRUE(check.exists);
  EXPECT_FALSE(check.is_current());
  EXPECT_EQ(check.stale, (std::vector<std::string>{".zattrs", "a/.zarray"}));
  EXPECT_EQ(check.missing, std::vector<std::string>{"c/.zgroup"});
  EXPECT_EQ(check.superfluous, std::vector<std::string>{"b/.zarray"});
  set(".zattrs", "{ \"r\" : 1 }");
  root.array("a").resize({4});
  root.create_array("b", int16({4}));
  root.erase("c");
  EXPECT_TRUE(check_consolidated(*store_).is_current());
  set(".zmetadata", "{}");
  expect_error(ErrorCode::unsupported, ".zmetadata", [&] { check_consolidated(*store_); });
  set(".zmetadata", R"({"zarr_consolidated_format": 1, "metadata": []})");
  expect_error(ErrorCode::corrupt_data, ".zmetadata", [&] { check_consolidated(*store_); });
  set("a/.zarray", "{");
  expect_error(ErrorCode::corrupt_data, "a/.zarray", [&] { consolidate(*store_); });
  expect_error(ErrorCode::not_found, "", [] {
    store::MemoryStore empty;
    consolidate(empty);
  });
}

TEST_F(ZarrGroup, AmendedConsolidatedMetadataAreThoseOfTheChangedStore) {
  EXPECT_EQ(amended_consolidated(*store_, {}), std::nullopt);
  Group root = Group::create(store_, "", {{"r", 1}});
  root.create_array("a", int16({4}));
  root.create_array("b", int16({4}));
  root.create_group("d", {{"x", 1.0}});
  consolidate(*store_);
  const auto text = [&] {
    return std::string(as_text(*store_->get(store::Key(".zmetadata"), 1 << 20)));
  };
  EXPECT_EQ(amended_consolidated(*store_, {}), text());

  Json grown = parse_json(as_text(*store_->get(store::Key("a/.zarray"), 1 << 20)));
  grown["shape"] = {5};
  const auto amended = amended_consolidated(*store_, {{"a/.zarray", grown},
                                                      {"b/.zarray", std::nullopt},
                                                      {"d/.zattrs", Json{{"y", 2}}},
                                                      {"e/.zgroup", Json{{"zarr_format", 2}}},
                                                      {"none/.zattrs", std::nullopt}});
  root.array("a").resize({5});
  root.erase("b");
  root.group("d").set_attributes({{"y", 2}});
  root.create_group("e");
  consolidate(*store_);
  EXPECT_EQ(amended, text());

  set(".zmetadata", "{}");
  expect_error(ErrorCode::unsupported, ".zmetadata", [&] { amended_consolidated(*store_, {}); });
}

TEST_F(ZarrGroup, HostileKeysOfConsolidatedMetadataAreRefused) {
  for (const char* key : {"../.zgroup", "a//.zarray", "/.zgroup", "a/../../b/.zarray"}) {
    set(".zmetadata",
        R"({"zarr_consolidated_format": 1, "metadata": {".zgroup": {"zarr_format": 2}, ")" +
            std::string(key) + R"(": {"zarr_format": 2}}})");
    EXPECT_THROW(Group::open_consolidated(store_), Error) << key;
  }
}

// On disk

TEST_F(ZarrGroup, LoopsOfLinksEnd) {
  const testing::TempDir dir;
  auto disk = std::make_shared<store::DirectoryStore>(dir.path().string(),
                                                      store::DirectoryStore::Mode::update);
  Group root = Group::create(disk);
  root.create_group("a");
  root.create_group("b");
  for (const auto& [target, link] : std::initializer_list<std::pair<const char*, const char*>>{
           {"..", "a/up"}, {".", "self"}, {".", "a/self"}, {"../b", "a/b"}, {"../a", "b/a"}})
    std::filesystem::create_directory_symlink(target, dir.path() / link);
  const Node tree = read_hierarchy(*disk);
  ASSERT_EQ(tree.children.size(), 2U);
  ASSERT_EQ(tree.children[0].children.size(), 1U);
  EXPECT_EQ(tree.children[0].children[0].name, "b");
  EXPECT_TRUE(tree.children[0].children[0].children.empty());
  consolidate(*disk);
  EXPECT_EQ(Group::open_consolidated(disk).children().size(), 2U);
  EXPECT_TRUE(check_consolidated(*disk).is_current());
}

TEST_F(ZarrGroup, AbsurdlyDeepGroupsAreRefused) {
  std::string path;
  for (int i = 0; i < 300; ++i) {
    path += path.empty() ? "g" : "/g";
    set(path + "/.zgroup", R"({"zarr_format": 2})");
  }
  set(".zgroup", R"({"zarr_format": 2})");
  expect_error(ErrorCode::limit_exceeded, "deeper than 256", [&] { read_hierarchy(*store_); });
  expect_error(ErrorCode::limit_exceeded, "deeper than 256", [&] { consolidate(*store_); });
  EXPECT_EQ(Group::open(store_, path).path(), path);
}

struct HostileDocument {
  const char* why;
  const char* key;
  const char* text;
  const char* message;
  friend std::ostream& operator<<(std::ostream& out, const HostileDocument& h) {
    return out << h.why;
  }
};

TEST_F(ZarrGroup, HostileDocumentsAreRefusedNamingKeyAndMember) {
  for (const HostileDocument& h :
       {HostileDocument{"NoJson", "g/.zgroup", "{", "g/.zgroup"},
        HostileDocument{"NoUtf8", "g/.zgroup", "{\"\xff\": 1}", "g/.zgroup"},
        HostileDocument{"List", "g/.zgroup", "[]",
                        "group metadata are [], not a JSON object: at g/.zgroup"},
        HostileDocument{"NoFormat", "g/.zgroup", "{}",
                        "member \"zarr_format\" is missing: at g/.zgroup"},
        HostileDocument{"Format3", "g/.zgroup", R"({"zarr_format": 3})",
                        "member \"zarr_format\" is 3, not 2: at g/.zgroup"},
        HostileDocument{"FormatText", "g/.zgroup", R"({"zarr_format": "2"})", "is \"2\", not 2"},
        HostileDocument{"FormatTwice", "g/.zgroup", R"({"zarr_format": 2, "zarr_format": 3})",
                        "member \"zarr_format\" is 3, not 2"},
        HostileDocument{"AttributesNumber", "g/.zattrs", "1",
                        "attributes are 1, not a JSON object"}}) {
    SCOPED_TRACE(h.why);
    set("g/.zgroup", R"({"zarr_format": 2})");
    set("g/.zattrs", "{}");
    set(h.key, h.text);
    expect_error(ErrorCode::corrupt_data, h.message,
                 [&] { Group::open(store_, "g").attributes(); });
  }
}

}  // namespace
}  // namespace engram::zarr
