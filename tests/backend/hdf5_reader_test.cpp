// Groups, links, references and what is left out. Attributes and values have tests of their own.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "engram/backend/open.hpp"
#include "testing/expect_error.hpp"
#include "testing/source_dir.hpp"
#include "testing/temp_dir.hpp"

namespace engram::backend {
namespace {

using hdmf::Reference;
using hdmf::Value;
using testing::expect_error;

std::string data_file(const std::string& name) {
  return testing::source_path(std::string("tests/data/hdf5/") + name);
}

struct Tree {
  std::unique_ptr<Reader> reader;
  hdmf::GroupBuilder root;

  explicit Tree(const std::string& name, const Limits& limits = {})
      : reader(open_hdf5_reader(data_file(name), limits)), root(reader->read_tree()) {}

  /// Where the link at `path` leads; "" when there is none.
  std::string link(const std::string& group, const std::string& name) const {
    const auto* const found = root.find_group(group);
    if (found == nullptr) return "";
    for (const auto& link : found->links)
      if (link.name == name) return link.path;
    return "";
  }

  /// Kind and text of the notice about `path`; "" when there is none.
  std::string notice(const std::string& path) const {
    for (const Notice& notice : reader->notices())
      if (notice.path == path)
        return (notice.kind == Notice::Kind::dangling   ? "dangling: "
                : notice.kind == Notice::Kind::left_out ? "left out: "
                                                        : "changed: ") +
               notice.text;
    return "";
  }
};

TEST(Hdf5ReaderLinksTest, PlaceEachObjectOnceAtItsFirstHardLink) {
  const Tree tree("links.h5");
  // By name, depth first: /a comes before /b, so the data lie in /a.
  EXPECT_NE(tree.root.find_group("/a")->find_dataset("hard"), nullptr);
  EXPECT_EQ(tree.link("/b", "data"), "/a/hard");
  EXPECT_EQ(tree.link("/b", "group"), "/a");
  EXPECT_EQ(tree.link("/a", "loop"), "/a");
  EXPECT_EQ(tree.link("/a", "root"), "/");
}

TEST(Hdf5ReaderLinksTest, ResolveSoftLinksToTheObjectItself) {
  const Tree tree("links.h5");
  EXPECT_EQ(tree.link("/c", "soft"), "/z/late");
  EXPECT_EQ(tree.link("/c", "chain"), "/z/late");
  EXPECT_EQ(tree.link("/c", "relative"), "/c/inner/x");
  EXPECT_EQ(tree.link("/c", "through"), "/e/again");
}

TEST(Hdf5ReaderLinksTest, CopyInWhatExternalLinksLeadTo) {
  const Tree tree("links.h5");
  ASSERT_NE(tree.root.find_group("/e/copied"), nullptr);
  EXPECT_EQ(tree.root.find_dataset("/e/again")->shape(), Shape{3});
  EXPECT_EQ(tree.link("/e/copied", "data"), "/e/again") << "once only, where it is met first";
  EXPECT_EQ(tree.link("/e/copied", "same"), "/e/again");
  EXPECT_EQ(tree.link("/e/copied", "back"), "/a/hard") << "back in the first file";
  EXPECT_EQ(tree.link("/e/copied", "self"), "/e/copied") << "a cycle over two files";
  // A soft link inside the other file to something that nobody else brought along.
  const auto* const aside = tree.root.find_dataset("/e/copied/aside");
  ASSERT_NE(aside, nullptr);
  EXPECT_EQ(aside->attributes.find("target")->as<Reference>().path, "/e/copied");
}

TEST(Hdf5ReaderLinksTest, LeaveOutLinksToNothing) {
  const Tree tree("links.h5");
  for (const std::string path : {"/c/dangling", "/c/circle", "/e/lost", "/e/lost_inside"}) {
    EXPECT_EQ(tree.notice(path).find("dangling: the link is left out: it leads to "), 0U) << path;
    const auto slash = path.rfind('/');
    EXPECT_EQ(tree.link(path.substr(0, slash), path.substr(slash + 1)), "");
  }
  EXPECT_NE(tree.notice("/e/lost").find("/x in the file no_such_file.h5"), std::string::npos);
}

TEST(Hdf5ReaderLinksTest, KeepDatasetsOfNamedTypes) {
  const Tree tree("links.h5");
  EXPECT_EQ(tree.notice("/z/type").find("left out: "), 0U);
  EXPECT_EQ(tree.root.find_dataset("/z/of_type")->array()->info().type, DataType::integer(4));
}

TEST(Hdf5ReaderLinksTest, NoLinkIsLeftUnresolved) {
  const Tree tree("links.h5");
  std::vector<const hdmf::GroupBuilder*> todo{&tree.root};
  while (!todo.empty()) {
    const auto* const group = todo.back();
    todo.pop_back();
    for (const auto& link : group->links) {
      EXPECT_EQ(link.source, ".");
      EXPECT_TRUE(tree.root.find_group(link.path) != nullptr ||
                  tree.root.find_dataset(link.path) != nullptr)
          << link.path;
    }
    for (const auto& child : group->groups) todo.push_back(&child);
  }
}

TEST(Hdf5ReaderReferencesTest, InAttributesNameTheirTargets) {
  const Tree tree("references.h5");
  const auto& attributes = tree.root.attributes;
  const Reference to_data{".", "/zz/data", "data-id", "root-id"};
  const Reference to_root{".", "/", "root-id", "root-id"};
  EXPECT_EQ(*attributes.find("to_data"), Value(to_data));
  EXPECT_EQ(*attributes.find("to_root"), Value(to_root));
  EXPECT_EQ(*attributes.find("null"), Value(hdmf::Null{}));
  EXPECT_EQ(*attributes.find("pair"), Value(hdmf::List{to_data, to_root}));
  EXPECT_EQ(*attributes.find("record"), Value(hdmf::Record{{"n", 3}, {"r", to_data}}));
  EXPECT_EQ(*attributes.find("box"),
            Value(hdmf::RegionReference{to_data, {Region{{1, 2}, {2, 4}}}}));
}

TEST(Hdf5ReaderReferencesTest, ToNothingLeaveTheAttributeOut) {
  const Tree tree("references.h5");
  EXPECT_EQ(tree.root.attributes.find("gone"), nullptr);
  EXPECT_EQ(tree.notice("/@gone").find("dangling: "), 0U);
}

TEST(Hdf5ReaderReferencesTest, InDatasetsAreResolvedWhenRead) {
  const Tree tree("references.h5");
  const auto* const objects = tree.root.find_dataset("/objects")->objects();
  const auto values = objects->read(Region::all(objects->shape()));
  ASSERT_EQ(values.size(), 4U);
  EXPECT_EQ(values[0].as<Reference>().path, "/zz/data");
  EXPECT_EQ(values[0].as<Reference>().object_id, "data-id");
  EXPECT_TRUE(values[1].is<hdmf::Null>());
  EXPECT_TRUE(values[2].is<hdmf::Null>()) << "its target was deleted";
  EXPECT_EQ(values[3].as<Reference>().path, "/zz");
  EXPECT_EQ(values[3].as<Reference>().object_id, std::nullopt);
  EXPECT_EQ(objects->dangling(), 1U);
}

TEST(Hdf5ReaderReferencesTest, ToRegionsBecomeBoxes) {
  const Tree tree("references.h5");
  const auto* const regions = tree.root.find_dataset("/regions")->objects();
  const auto values = regions->read(Region::all(regions->shape()));
  using Boxes = std::vector<Region>;
  EXPECT_EQ(values[0].as<hdmf::RegionReference>().regions, (Boxes{{{1, 2}, {2, 4}}}));
  EXPECT_EQ(values[1].as<hdmf::RegionReference>().regions,
            (Boxes{{{0, 0}, {1, 6}}, {{2, 0}, {1, 6}}}));
  EXPECT_TRUE(values[2].is<hdmf::Null>());
  EXPECT_EQ(values[3].as<hdmf::RegionReference>().regions, (Boxes{{{0, 0}, {5, 6}}}));
  EXPECT_EQ(values[3].as<hdmf::RegionReference>().target.path, "/zz/data");
  const auto* const point = tree.root.find_dataset("/point")->objects();
  EXPECT_EQ(point->read(Region::all({1}))[0].as<hdmf::RegionReference>().regions,
            (Boxes{{{1, 1}, {1, 1}}, {{4, 0}, {1, 1}}}));
}

TEST(Hdf5ReaderReferencesTest, InRowsAreOneValueOfAList) {
  const Tree tree("references.h5");
  const auto* const rows = tree.root.find_dataset("/rows")->objects();
  EXPECT_EQ(rows->type().kind, hdmf::ObjectType::Kind::record);
  const auto values = rows->read(Region::all({2}));
  EXPECT_EQ(values[0], Value(hdmf::List{1, 2, Reference{".", "/zz/data", "data-id", "root-id"}}));
  EXPECT_EQ(values[1], Value(hdmf::List{3, 4, hdmf::Null{}}));
}

TEST(Hdf5ReaderTest, SaysThatAUserBlockIsLeftOut) {
  const Tree tree("user_block.h5");
  EXPECT_EQ(tree.notice("/"), "left out: the file's user block of 512 bytes is left out");
  const auto* const reference = tree.root.find_dataset("/reference")->objects();
  EXPECT_EQ(reference->read({})[0].as<Reference>().path, "/data");
}

TEST(Hdf5ReaderTest, LeavesOutWhatNothingHolds) {
  const Tree tree("arrays.h5");
  EXPECT_NE(tree.notice("/time").find("H5T_TIME"), std::string::npos);
  EXPECT_NE(tree.notice("/wide").find("integers of 128 bits"), std::string::npos);
  EXPECT_EQ(tree.root.find_dataset("/time"), nullptr);
}

void add_paths(const hdmf::GroupBuilder& group, const std::string& path,
               std::vector<std::string>& paths) {
  paths.push_back(path);
  for (const auto& dataset : group.datasets) paths.push_back(hdmf::join_path(path, dataset.name));
  for (const auto& child : group.groups) add_paths(child, hdmf::join_path(path, child.name), paths);
}

// Exactly what is in the tree in the end: what is left out is not told, nor what has a place
// already.
TEST(Hdf5ReaderTest, TellsEachNodeAsItComes) {
  for (const std::string name : {"arrays.h5", "links.h5", "references.h5"}) {
    std::vector<std::string> told, expected;
    const auto reader = open_hdf5_reader(data_file(name));
    add_paths(reader->read_tree([&](const std::string& path) { told.push_back(path); }), "/",
              expected);
    EXPECT_EQ(told.front(), "/") << name;
    std::sort(told.begin(), told.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(told, expected) << name;
  }
  const auto stop = [](const std::string&) { throw Error(ErrorCode::cancelled, "enough"); };
  expect_error(ErrorCode::cancelled, "enough",
               [&] { open_hdf5_reader(data_file("links.h5"))->read_tree(stop); });
}

TEST(Hdf5ReaderTest, SourcesOutliveTheReader) {
  auto reader = open_hdf5_reader(data_file("objects.h5"));
  const hdmf::GroupBuilder root = reader->read_tree();
  reader.reset();
  EXPECT_EQ(root.find_dataset("/scalar")->objects()->read({})[0], Value("one"));
}

TEST(Hdf5ReaderTest, HoldsToItsLimits) {
  Limits limits;
  limits.max_nodes = 5;
  expect_error(ErrorCode::limit_exceeded, "more than 5 groups", [&] { Tree("links.h5", limits); });
  limits = {};
  limits.max_depth = 1;
  expect_error(ErrorCode::limit_exceeded, "nested deeper", [&] { Tree("links.h5", limits); });
  limits = {};
  limits.max_attribute_bytes = 50000;
  expect_error(ErrorCode::limit_exceeded, "attribute large: at /: at ",
               [&] { Tree("attributes.h5", limits); });
}

TEST(Hdf5ReaderTest, NamesTheObjectAndTheFileOfDamage) {
  const testing::TempDir dir;
  const auto path = dir.path() / "damaged.h5";
  std::filesystem::copy_file(data_file("user_block.h5"), path);
  std::filesystem::resize_file(path, 900);
  expect_error(ErrorCode::corrupt_data, "damaged.h5",
               [&] { open_hdf5_reader(path.string())->read_tree(); });
}

}  // namespace
}  // namespace engram::backend
