#include "engram/zarr/hierarchy.hpp"

#include <gtest/gtest.h>

#include "engram/base/error.hpp"
#include "engram/store/memory_store.hpp"
#include "testing/expect_error.hpp"
#include "testing/faulty_store.hpp"

namespace engram::zarr {
namespace {

using testing::expect_error;

ArrayMetadata small_array() {
  ArrayMetadata metadata;
  metadata.type = DataType::integer(2);
  metadata.shape = metadata.chunk_shape = {1};
  metadata.fill_value = Bytes(2);
  return metadata;
}

class Hierarchy : public ::testing::Test {
 protected:
  std::string text(const std::string& key) const {
    const auto bytes = store_->get(store::Key(key), 1U << 20U);
    return bytes ? std::string(as_text(*bytes)) : "(none)";
  }
  void set(const std::string& key, std::string_view value) {
    store_->set(store::Key(key), as_bytes(value));
  }
  // Names in order, groups with "/" and what is in them.
  static std::string outline(const Node& node) {
    std::string out = node.name;
    if (node.array) return out;
    out += "/(";
    for (const Node& child : node.children) out += outline(child) + " ";
    return out + ")";
  }
  void write_example() {
    HierarchyWriter writer(store_);
    writer.write_group("", {{"title", "x"}});
    writer.write_group("b", Json::object());
    writer.write_group("a-b", Json::object());
    writer.write_group("a", Json::object());
    writer.write_array("a/c", small_array(), {{"unit", "V"}});
    writer.write_group("a/b", Json::object());
    writer.write_array("a/b/d.e f", small_array(), Json::object());
    writer.consolidate();
  }

  std::shared_ptr<store::MemoryStore> store_ = std::make_shared<store::MemoryStore>();
};

TEST_F(Hierarchy, WritesWhatZarrPythonWrites) {
  HierarchyWriter writer(store_);
  writer.write_group("", {{"b", 1.0}, {"a", {1, "\u00b5"}}});
  writer.write_group("g", Json::object());
  EXPECT_EQ(text(".zgroup"), "{\n    \"zarr_format\": 2\n}");
  EXPECT_EQ(text(".zattrs"),
            "{\n    \"a\": [\n        1,\n        \"\\u00b5\"\n    ],\n    \"b\": 1.0\n}");
  EXPECT_EQ(text("g/.zattrs"), "(none)");
  EXPECT_EQ(text(".zmetadata"), "(none)");
  writer.consolidate();
  EXPECT_EQ(text(".zmetadata"), R"({
    "metadata": {
        ".zattrs": {
            "a": [
                1,
                "\u00b5"
            ],
            "b": 1.0
        },
        ".zgroup": {
            "zarr_format": 2
        },
        "g/.zgroup": {
            "zarr_format": 2
        }
    },
    "zarr_consolidated_format": 1
})");
  EXPECT_EQ(writer.files(), 4U);
  EXPECT_EQ(writer.bytes(),
            text(".zgroup").size() * 2 + text(".zattrs").size() + text(".zmetadata").size());
}

TEST_F(Hierarchy, ReadsTheSameFromFilesAndConsolidated) {
  write_example();
  const char* expected = "/(a/(b/(d.e f ) c ) a-b/() b/() )";
  const Node consolidated = read_hierarchy(*store_);
  EXPECT_EQ(outline(consolidated), expected);
  EXPECT_EQ(outline(read_hierarchy(*store_, false)), expected);
  EXPECT_EQ(consolidated.attributes["title"], "x");
  EXPECT_EQ(consolidated.children[0].children[1].attributes["unit"], "V");
  EXPECT_EQ(consolidated.children[0].children[1].array->type, DataType::integer(2));
}

TEST_F(Hierarchy, ConsolidatedMetadataWin) {
  write_example();
  store_->erase(store::Key("a/.zgroup"));
  EXPECT_EQ(outline(read_hierarchy(*store_)), "/(a/(b/(d.e f ) c ) a-b/() b/() )");
  EXPECT_EQ(outline(read_hierarchy(*store_, false)), "/(a-b/() b/() )");
  store_->erase(store::Key(".zmetadata"));
  EXPECT_EQ(outline(read_hierarchy(*store_)), "/(a-b/() b/() )");
}

TEST_F(Hierarchy, AnArrayMayBeTheRoot) {
  HierarchyWriter(store_).write_array("", small_array(), Json::object());
  EXPECT_TRUE(read_hierarchy(*store_).array);
}

TEST_F(Hierarchy, AnArrayOfAnUnknownTypeIsKeptWithTheReason) {
  write_example();
  std::string zarray = text("a/c/.zarray");
  zarray.replace(zarray.find("<i2"), 3, "<M8[xs]");
  set("a/c/.zarray", zarray);
  const Node root = read_hierarchy(*store_, false);
  const Node& node = root.children[0].children[1];
  EXPECT_FALSE(node.array);
  EXPECT_NE(node.refusal.find("<M8[xs]"), std::string::npos) << node.refusal;
}

TEST_F(Hierarchy, NothingThereIsNotFound) {
  expect_error(ErrorCode::not_found, "neither .zgroup nor .zarray",
               [&] { read_hierarchy(*store_); });
}

TEST_F(Hierarchy, NamesTheDocumentThatIsDamaged) {
  write_example();
  store_->erase(store::Key(".zmetadata"));
  for (const auto& [key, value] : std::initializer_list<std::pair<const char*, const char*>>{
           {"a/.zgroup", "{}"},
           {"a/.zgroup", "{\"zarr_format\": 3}"},
           {"a/.zgroup", "[]"},
           {"a/.zgroup", "{"},
           {"a/c/.zattrs", "[1]"},
           {"a/c/.zattrs", "\xff"},
           {"a/c/.zarray", "{}"}}) {
    const std::string before = text(key);
    set(key, value);
    expect_error(ErrorCode::corrupt_data, key, [&] { read_hierarchy(*store_); });
    set(key, before);
  }
}

struct BadConsolidated {
  const char* why;
  const char* text;
  ErrorCode code;
  const char* message;
};

TEST_F(Hierarchy, RefusesBadConsolidatedMetadata) {
  const std::string group = R"({"zarr_format": 2})";
  for (const auto& [why, metadata, code, message] : std::initializer_list<BadConsolidated>{
           {"no object", "[]", ErrorCode::corrupt_data, "are [], not a JSON object"},
           {"no metadata", R"({"zarr_consolidated_format": 1})", ErrorCode::corrupt_data,
            "\"metadata\" is missing"},
           {"another format", R"({"metadata": {}, "zarr_consolidated_format": 2})",
            ErrorCode::unsupported, "zarr_consolidated_format"},
           {"no root", R"({"metadata": {}, "zarr_consolidated_format": 1})",
            ErrorCode::corrupt_data, "no root"},
           {"no group above",
            R"({"metadata": {".zgroup": {"zarr_format": 2}, "a/b/.zgroup": {"zarr_format": 2}},
               "zarr_consolidated_format": 1})",
            ErrorCode::corrupt_data, "\"a/b\", but no group above it"},
           {"a path out of the store",
            R"({"metadata": {".zgroup": {"zarr_format": 2}, "../x/.zgroup": {"zarr_format": 2}},
               "zarr_consolidated_format": 1})",
            ErrorCode::invalid_argument, "../x"}}) {
    set(".zmetadata", metadata);
    expect_error(code, message, [&] { read_hierarchy(*store_); });
    expect_error(code, ".zmetadata", [&] { read_hierarchy(*store_); });
  }
}

TEST_F(Hierarchy, IsLimited) {
  write_example();
  for (const bool consolidated : {false, true}) {
    Limits limits;
    limits.max_nodes = 6;
    expect_error(ErrorCode::limit_exceeded, "more than 6 groups and arrays",
                 [&] { read_hierarchy(*store_, consolidated, limits); });
    limits = {};
    limits.max_depth = 2;
    expect_error(ErrorCode::limit_exceeded, "deeper than 2 groups",
                 [&] { read_hierarchy(*store_, consolidated, limits); });
    limits = {};
    limits.max_json_bytes = 20;
    expect_error(ErrorCode::limit_exceeded, "",
                 [&] { read_hierarchy(*store_, consolidated, limits); });
  }
}

TEST_F(Hierarchy, PassesOnWhatTheStoreSays) {
  testing::FaultyStore faulty(*store_, 1, testing::FaultyStore::Fault::fail);
  HierarchyWriter writer(std::shared_ptr<store::Store>(&faulty, [](auto*) {}));
  writer.write_group("", Json::object());
  expect_error(ErrorCode::io_error, "a/.zgroup", [&] { writer.write_group("a", Json::object()); });
}

}  // namespace
}  // namespace engram::zarr
