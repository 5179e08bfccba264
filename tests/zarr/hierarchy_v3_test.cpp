#include "zarr/hierarchy_v3.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <string>

#include "engram/base/error.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/zarr/array.hpp"
#include "engram/zarr/consolidated.hpp"
#include "testing/expect_error.hpp"

namespace engram::zarr {
namespace {

using testing::expect_error;

constexpr const char* kGroup3 =
    R"({"zarr_format": 3, "node_type": "group", "attributes": {"a": 1}})";
constexpr const char* kArray3 = R"({"zarr_format": 3, "node_type": "array", "shape": [4],
  "data_type": "uint8", "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2]}},
  "chunk_key_encoding": {"name": "default"}, "fill_value": 7, "codecs": [{"name": "bytes"}],
  "attributes": {"unit": "V"}})";

class HierarchyV3 : public ::testing::Test {
 protected:
  void set(const std::string& key, std::string_view value) {
    store_->set(store::Key(key), as_bytes(value));
  }
  static std::string outline(const Node& node) {
    std::string out = node.name;
    if (node.array) return out;
    if (!node.refusal.empty()) return out + "?";
    out += "/(";
    for (const Node& child : node.children) out += outline(child) + " ";
    return out + ")";
  }
  void write_example() {
    set("zarr.json", kGroup3);
    set("b/zarr.json", kGroup3);
    set("a/zarr.json", kGroup3);
    set("a/x/zarr.json", kArray3);
    set("a/x/c/1", "\1\2");
    set("a-b/zarr.json", kGroup3);
    set("no/node/x", "");
  }
  // The root's document with those of all others.
  void consolidate_example() {
    Json root = parse_json(kGroup3), metadata = Json::object();
    for (const char* path : {"a", "a-b", "a/x", "b"}) {
      metadata[path] = parse_json(path == std::string("a/x") ? kArray3 : kGroup3);
      if (path != std::string("a/x"))
        metadata[path]["consolidated_metadata"] =
            parse_json(R"({"kind": "inline", "must_understand": false, "metadata": {}})");
    }
    root["consolidated_metadata"] = {
        {"kind", "inline"}, {"must_understand", false}, {"metadata", metadata}};
    set("zarr.json", dump_json(root, JsonStyle::line));
  }

  std::shared_ptr<store::MemoryStore> store_ = std::make_shared<store::MemoryStore>();
};

TEST_F(HierarchyV3, IsReadFromEitherPlace) {
  write_example();
  EXPECT_EQ(kind_of_root(*store_), NodeKind::group);
  for (const bool is_consolidated : {false, true}) {
    if (is_consolidated) consolidate_example();
    for (const bool use : {false, true}) {
      const Node root = read_hierarchy(*store_, use);
      EXPECT_EQ(outline(root), "/(a/(x ) a-b/() b/() )");
      EXPECT_EQ(root.zarr_format, 3);
      EXPECT_EQ(root.attributes, (Json{{"a", 1}}));
      EXPECT_EQ(root.children[0].children[0].attributes, (Json{{"unit", "V"}}));
      EXPECT_EQ(root.children[0].children[0].array->fill_value, Bytes{std::byte{7}});
    }
  }
  set("a/x/zarr.json", "{");
  EXPECT_EQ(outline(read_hierarchy(*store_)), "/(a/(x ) a-b/() b/() )") << "nothing else is read";
  expect_error(ErrorCode::corrupt_data, "a/x/zarr.json", [&] { read_hierarchy(*store_, false); });
}

TEST_F(HierarchyV3, AnArrayIsRead) {
  write_example();
  const Array array = Array::open(store_, "a/x");
  EXPECT_EQ(array.read<std::uint8_t>(Region::all({4})), (std::vector<std::uint8_t>{7, 7, 1, 2}));
  EXPECT_EQ(array.attributes(), (Json{{"unit", "V"}}));
  EXPECT_EQ(array.stored_chunks()->size(), 1U);
  EXPECT_EQ(array.chunk_key({1}).str(), "a/x/c/1");
}

TEST_F(HierarchyV3, IsChanged) {
  write_example();
  Array array = Array::open(store_, "a/x");
  const std::vector<std::uint8_t> values{1, 7, 3, 4};
  array.write<std::uint8_t>(Region::all({4}), values);
  array.update_attributes({{"more", 2}});
  array.resize({5});
  const Array again = Array::open(store_, "a/x");
  EXPECT_EQ(again.read<std::uint8_t>(Region::all({5})), (std::vector<std::uint8_t>{1, 7, 3, 4, 7}));
  EXPECT_EQ(again.attributes(), (Json{{"unit", "V"}, {"more", 2}}));
  array.resize({2});
  EXPECT_EQ(array.stored_chunks()->size(), 1U);
}

TEST_F(HierarchyV3, GroupsAndArraysAreMade) {
  Group root = Group::create(store_, "", {{"x", 1}}, IfExists::refuse, {}, 3);
  ArrayOptions options;
  options.type = DataType::floating(8);
  options.shape = {4, 6};
  options.chunk_shape = {2, 3};
  options.shard_shape = {4, 3};
  options.dimension_names = {"time", std::nullopt};
  options.attributes = {{"unit", "m"}};
  Array array = root.create_array("a/b/data", options);
  EXPECT_EQ(array.metadata().zarr_format, 3);
  EXPECT_EQ(array.metadata().dimension_names, options.dimension_names);
  EXPECT_EQ(root.group("a").children(), (std::vector<Child>{{"b", NodeKind::group}}));
  EXPECT_EQ(root.group("a/b").children(), (std::vector<Child>{{"data", NodeKind::array}}));
  root.group("a").set_attributes({{"y", 2}});
  EXPECT_EQ(Group::open(store_, "a").attributes(), (Json{{"y", 2}}));
  std::vector<double> values(24);
  std::iota(values.begin(), values.end(), 0.5);
  array.write<double>(Region::all({4, 6}), values);
  EXPECT_EQ(store_->list_dir("a/b/data").keys,
            (std::vector<std::string>{"c.0.0", "c.0.1", "zarr.json"}));
  EXPECT_EQ(root.array("a/b/data").read<double>(Region::all({4, 6})), values);

  expect_error(ErrorCode::not_found, "consolidated", [&] { Group::open_consolidated(store_); });
  consolidate(*store_);
  EXPECT_TRUE(check_consolidated(*store_).is_current());
  const Group consolidated = Group::open_consolidated(store_);
  EXPECT_EQ(consolidated.attributes(), (Json{{"x", 1}}));
  EXPECT_EQ(consolidated.group("a").attributes(), (Json{{"y", 2}}));
  EXPECT_EQ(consolidated.array("a/b/data").attributes(), (Json{{"unit", "m"}}));
  EXPECT_EQ(consolidated.array("a/b/data").read<double>(Region{{3, 5}, {1, 1}}),
            (std::vector<double>{23.5}));
  root.set_attributes({{"x", 5}});
  EXPECT_TRUE(check_consolidated(*store_).is_current()) << "the root's own is beside it";
  root.group("a").set_attributes(Json::object());
  EXPECT_EQ(check_consolidated(*store_).stale, (std::vector<std::string>{"a/zarr.json"}));

  root.erase("a/b/data");
  EXPECT_FALSE(root.contains("a/b/data"));
  EXPECT_TRUE(store_->list_dir("a/b").prefixes.empty());
}

TEST_F(HierarchyV3, TextIsWritten) {
  ArrayOptions options;
  options.zarr_format = 3;
  options.object_codec = CodecConfig{"vlen-utf8", Json::object()};
  options.shape = {5};
  options.chunk_shape = {1};
  options.shard_shape = {2};
  Array array = Array::create(store_, "t", options);
  const std::vector<Json> texts{"a", "", "c", "d", "e"};
  array.write_objects(Region::all({5}), texts);
  array.write_objects(Region{{1}, {1}}, std::vector<Json>{"b"});
  EXPECT_EQ(Array::open(store_, "t").read_objects(Region::all({5})),
            (std::vector<Json>{"a", "b", "c", "d", "e"}));
  EXPECT_EQ(store_->list_dir("t").keys,
            (std::vector<std::string>{"c.0", "c.1", "c.2", "zarr.json"}));
}

TEST_F(HierarchyV3, VersionsAreNotMixed) {
  Group v2 = Group::create(store_, "two");
  Group v3 = Group::create(store_, "three", Json::object(), IfExists::replace, {}, 2);
  EXPECT_EQ(v3.zarr_format(), 2);
  ArrayOptions options;
  options.type = DataType::integer(2);
  options.shape = {2};
  options.zarr_format = 3;
  expect_error(ErrorCode::invalid_argument, "a group of Zarr v2",
               [&] { Array::create(store_, "two/a", options); });
  EXPECT_EQ(v2.create_array("a", options).metadata().zarr_format, 2) << "the group's version";
  options.zarr_format = 4;
  expect_error(ErrorCode::invalid_argument, "no Zarr format 4",
               [&] { Array::create(store_, "x", options); });
  options.zarr_format = 2;
  options.shard_shape = {2};
  expect_error(ErrorCode::invalid_argument, "of Zarr v3",
               [&] { Array::create(store_, "x", options); });
  options.zarr_format = 3;
  options.shard_shape = {};
  options.object_codec = CodecConfig{"json2", Json::object()};
  expect_error(ErrorCode::unsupported, "json2", [&] { Array::create(store_, "y", options); });
}

TEST_F(HierarchyV3, TheWriterWritesWhatIsRead) {
  HierarchyWriter writer(store_, 3);
  ArrayMetadata array = parse_zarr_json(parse_json(kArray3));
  array.extensions = {{"own", {{"must_understand", false}, {"x", 1}}}};
  writer.write_group("", {{"a", 1}});
  writer.write_group("g", Json::object());
  writer.write_array("g/x", array, {{"unit", "V"}});
  const std::string before = outline(read_hierarchy(*store_));
  writer.consolidate();
  EXPECT_EQ(outline(read_hierarchy(*store_)), before);
  EXPECT_TRUE(check_consolidated(*store_).is_current());
  EXPECT_EQ(writer.files(), 3U);
  const Node root = read_hierarchy(*store_);
  EXPECT_EQ(root.attributes, (Json{{"a", 1}}));
  const Node& x = root.children.at(0).children.at(0);
  EXPECT_EQ(x.attributes, (Json{{"unit", "V"}}));
  EXPECT_EQ(x.array->extensions, array.extensions);
}

TEST_F(HierarchyV3, AnArrayMayBeAll) {
  set("zarr.json", kArray3);
  EXPECT_EQ(kind_of_root(*store_), NodeKind::array);
  EXPECT_EQ(read_hierarchy(*store_).array->shape, Shape{4});
}

TEST_F(HierarchyV3, WhatIsNotKnownLeavesTheRest) {
  write_example();
  std::string odd = kArray3;
  odd.replace(odd.find("uint8"), 5, "int77");
  set("a/x/zarr.json", odd);
  const Node root = read_hierarchy(*store_);
  EXPECT_EQ(outline(root), "/(a/(x? ) a-b/() b/() )");
  EXPECT_NE(root.children[0].children[0].refusal.find("int77"), std::string::npos);
}

TEST_F(HierarchyV3, DamageIsNamed) {
  struct Case {
    const char* document;
    ErrorCode code;
    const char* says;
  };
  for (const Case& each :
       {Case{"[]", ErrorCode::corrupt_data, "not a JSON object"},
        Case{"{", ErrorCode::corrupt_data, "b/zarr.json"},
        Case{R"({"zarr_format": 3})", ErrorCode::corrupt_data, "node_type"},
        Case{R"({"zarr_format": 3, "node_type": "thing"})", ErrorCode::corrupt_data, "thing"},
        Case{R"({"zarr_format": 2, "node_type": "group"})", ErrorCode::corrupt_data, "zarr_format"},
        Case{R"({"node_type": "group"})", ErrorCode::corrupt_data, "zarr_format"},
        Case{R"({"zarr_format": 3, "node_type": "group", "attributes": []})",
             ErrorCode::corrupt_data, "attributes"},
        Case{R"({"zarr_format": 3, "node_type": "group", "new": {}})", ErrorCode::unsupported,
             "must be understood"}}) {
    write_example();
    set("b/zarr.json", each.document);
    expect_error(each.code, each.says, [&] { read_hierarchy(*store_, false); });
  }
}

TEST_F(HierarchyV3, ConsolidatedMetadataAreChecked) {
  write_example();
  EXPECT_FALSE(check_consolidated(*store_).exists);
  EXPECT_EQ(check_consolidated(*store_).missing.size(), 4U);
  consolidate_example();
  EXPECT_TRUE(check_consolidated(*store_).is_current());
  set("a/zarr.json", R"({"zarr_format": 3, "node_type": "group", "attributes": {"a": 2}})");
  set("new/zarr.json", kGroup3);
  store_->erase(store::Key("b/zarr.json"));
  const ConsolidatedCheck check = check_consolidated(*store_);
  EXPECT_EQ(check.stale, std::vector<std::string>{"a/zarr.json"});
  EXPECT_EQ(check.missing, std::vector<std::string>{"new/zarr.json"});
  EXPECT_EQ(check.superfluous, std::vector<std::string>{"b/zarr.json"});
}

TEST_F(HierarchyV3, LimitsHold) {
  write_example();
  Limits limits;
  limits.max_nodes = 4;
  expect_error(ErrorCode::limit_exceeded, "more than 4",
               [&] { read_hierarchy(*store_, true, limits); });
  consolidate_example();
  expect_error(ErrorCode::limit_exceeded, "more than 4",
               [&] { read_hierarchy(*store_, true, limits); });
  Json root = parse_json(kGroup3);
  root["consolidated_metadata"] = {{"kind", "inline"},
                                   {"metadata", {{"../x", parse_json(kGroup3)}}}};
  set("zarr.json", dump_json(root, JsonStyle::line));
  expect_error(ErrorCode::invalid_argument, "..", [&] { read_hierarchy(*store_); });
  root["consolidated_metadata"] = {{"kind", "inline"},
                                   {"metadata", {{"a/x", parse_json(kGroup3)}}}};
  set("zarr.json", dump_json(root, JsonStyle::line));
  expect_error(ErrorCode::corrupt_data, "no group above", [&] { read_hierarchy(*store_); });
}

}  // namespace
}  // namespace engram::zarr
