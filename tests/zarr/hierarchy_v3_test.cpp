#include "zarr/hierarchy_v3.hpp"

#include <gtest/gtest.h>

#include <memory>
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

TEST_F(HierarchyV3, NothingIsChanged) {
  write_example();
  Array array = Array::open(store_, "a/x");
  const std::uint8_t values[4] = {};
  const auto refused = [](const auto& call) {
    expect_error(ErrorCode::unsupported, "does not change", call);
  };
  refused([&] { array.write<std::uint8_t>(Region::all({4}), values); });
  refused([&] { array.resize({5}); });
  refused([&] { array.set_attributes(Json::object()); });
  refused([&] { consolidate(*store_); });
  expect_error(ErrorCode::unsupported, "of Zarr v3", [&] { (void)Group::open(store_); });
  expect_error(ErrorCode::unsupported, "Zarr v2",
               [&] { Array::create(store_, "y", array.metadata()); });
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
