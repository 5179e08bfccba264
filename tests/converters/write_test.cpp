#include "engram/write.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "converters/external_links.hpp"
#include "engram/hdmf/make.hpp"
#include "engram/hdmf/namespace_catalog.hpp"
#include "testing/expect_error.hpp"
#include "testing/source_dir.hpp"
#include "testing/temp_dir.hpp"

namespace engram {
namespace {

namespace fs = std::filesystem;
using hdmf::GroupBuilder;
using testing::expect_error;

GroupBuilder file() {
  GroupBuilder root = hdmf::make_object("root", "core", "NWBFile");
  GroupBuilder series = hdmf::make_object("es", "core", "TimeSeries");
  hdmf::add(series, hdmf::make_dataset("data", std::vector<std::int16_t>{1, 2, 3, 4}, {4}, {2}));
  hdmf::add(series, hdmf::make_dataset("text", std::vector<std::string>{"a", "b"}));
  hdmf::add(hdmf::require_group(root, "acquisition"), std::move(series));
  hdmf::add(root, hdmf::make_scalar("identifier", "x"));
  hdmf::add(root, hdmf::make_dataset("order", std::vector<hdmf::Reference>{
                                                  hdmf::reference_to("/acquisition/es")}));
  hdmf::add_link(root, "second", "/acquisition/es");
  return root;
}

GroupBuilder read(const std::string& path) { return backend::open_reader(path)->read_tree(); }

template <typename T>
std::vector<T> elements_of(const GroupBuilder& root, std::string_view path) {
  const auto* array = root.find_dataset(path)->array();
  std::vector<T> values(static_cast<std::size_t>(element_count(array->info().shape)));
  array->read(Region::all(array->info().shape), std::as_writable_bytes(std::span(values)));
  return values;
}

TEST(WriteTest, WhatIsWrittenIsReadAgain) {
  const testing::TempDir dir;
  const ConvertReport report = write(file(), dir / "x.zarr");
  EXPECT_EQ(report.datasets, 4U);
  EXPECT_EQ(report.references, 1U);
  EXPECT_EQ(report.source_format, "memory");
  EXPECT_TRUE(report.notices.empty());
  EXPECT_TRUE(fs::exists(dir / "x.zarr/.zmetadata"));
  EXPECT_FALSE(fs::exists(dir / "x.zarr.part"));

  const GroupBuilder root = read(dir / "x.zarr");
  EXPECT_EQ(elements_of<std::int16_t>(root, "/acquisition/es/data"),
            (std::vector<std::int16_t>{1, 2, 3, 4}));
  EXPECT_EQ(root.find_dataset("/acquisition/es/data")->array()->info().chunk_shape, Shape{2});
  EXPECT_EQ(root.find_group("/second"), root.find_group("/acquisition/es"));
  const auto id = root.find_group("/second")->attributes.text("object_id");
  ASSERT_TRUE(id);
  const auto order = root.find_dataset("/order")->objects()->read({{0}, {1}});
  EXPECT_EQ(order[0].as<hdmf::Reference>().object_id, id);
  EXPECT_EQ(order[0].as<hdmf::Reference>().source_object_id, root.attributes.text("object_id"));
}

// Sound is encoded by who knows the elements.
TEST(WriteTest, CodecsOfElementsAreUsedAndTheirLossIsReported) {
  const testing::TempDir dir;
  WriteOptions options;
  options.codec = "wavpack:3";
  EXPECT_TRUE(write(file(), dir / "whole.zarr", options).notices.empty());
  const std::string place = "/acquisition/es/data";
  EXPECT_EQ(elements_of<std::int16_t>(read(dir / "whole.zarr"), place),
            (std::vector<std::int16_t>{1, 2, 3, 4}));
  options.codec = "keep";
  options.codec_for = {{"/acquisition/**", "anscombe-v1:97:0+zlib:1"}};
  for (const bool dry : {true, false}) {
    options.dry_run = dry;
    const ConvertReport report = write(file(), dir / "lossy.zarr", options);
    ASSERT_EQ(report.notices.size(), 1U);
    EXPECT_EQ(report.notices[0].path, place);
    EXPECT_TRUE(report.notices[0].text.starts_with("stored with loss: anscombe-v1: counts take"));
    std::size_t lossy = 0;
    const Json json = to_json(report);
    for (const Json& array : json["arrays"])
      if (array.contains("loss")) ++lossy;
    EXPECT_EQ(lossy, 1U);
  }
  EXPECT_EQ(elements_of<std::int16_t>(read(dir / "lossy.zarr"), place),
            (std::vector<std::int16_t>{8, 8, 8, 8}));
}

TEST(WriteTest, ATargetInTheWorkingDirectoryIsOne) {
  const testing::TempDir dir;
  const fs::path target = fs::relative(dir / "x.zarr");
  EXPECT_TRUE(write(file(), target.string()).notices.empty());
  EXPECT_TRUE(fs::exists(dir / "x.zarr/.zgroup"));
  WriteOptions options;
  options.dry_run = true;
  write(file(), "engram-write-test.zarr", options);
}

TEST(WriteTest, DryRunWritesNothing) {
  const testing::TempDir dir;
  WriteOptions options;
  options.dry_run = true;
  EXPECT_EQ(write(file(), dir / "x.zarr", options).arrays.size(), 4U);
  EXPECT_TRUE(fs::is_empty(dir.path()));
}

TEST(WriteTest, NamespacesAreCachedUnlessNotWanted) {
  const testing::TempDir dir;
  WriteOptions options;
  options.namespaces = hdmf::spec_files(testing::source_path("specs/engram-layout"));
  write(file(), dir / "x.zarr", options);
  const GroupBuilder root = read(dir / "x.zarr");
  EXPECT_EQ(root.attributes.find(".specloc")->as<hdmf::Reference>().path, "/specifications");
  EXPECT_NE(hdmf::NamespaceCatalog::load_cached(root).find("engram-layout"), nullptr);
  options.cache_namespaces = false;
  write(file(), dir / "y.zarr", options);
  EXPECT_EQ(read(dir / "y.zarr").find_group("/specifications"), nullptr);
}

TEST(WriteTest, LinkDataLeadsToWhereArraysLie) {
  const testing::TempDir dir;
  write(file(), dir / "x.zarr");
  GroupBuilder root = read(dir / "x.zarr");
  hdmf::add(root, hdmf::make_dataset("new", std::vector<int>{1}));
  hdmf::add_link(root, "alias", "/acquisition/es/data");
  WriteOptions options;
  options.link_data = true;
  fs::create_directory(dir / "sub");
  EXPECT_TRUE(write(root, dir / "sub/y.zarr", options).notices.empty());
  const GroupBuilder linked = read(dir / "sub/y.zarr");
  const auto& links = linked.find_group("/acquisition/es")->links;
  ASSERT_EQ(links.size(), 1U);
  for (const auto& link : links) {
    EXPECT_EQ(link.source, "../../x.zarr");
    EXPECT_EQ(link.path, "/acquisition/es/" + link.name);
  }
  EXPECT_NE(linked.find_dataset("/identifier"), nullptr) << "single values are copied";
  EXPECT_NE(linked.find_dataset("/order"), nullptr) << "references are copied";
  EXPECT_NE(linked.find_dataset("/acquisition/es/text"), nullptr) << "text is copied";
  EXPECT_NE(linked.find_dataset("/new"), nullptr) << "what lies in memory is copied";
  const auto alias = std::find_if(linked.links.begin(), linked.links.end(),
                                  [](const auto& link) { return link.name == "alias"; });
  ASSERT_NE(alias, linked.links.end());
  EXPECT_EQ(alias->source, "../../x.zarr");

  options.link_data = false;
  write(root, dir / "z.zarr", options);
  fs::remove_all(dir / "x.zarr");
  EXPECT_EQ(elements_of<std::int16_t>(read(dir / "z.zarr"), "/acquisition/es/data").size(), 4U);
}

TEST(WriteTest, TheStoreThatWasReadCanBeReplaced) {
  const testing::TempDir dir;
  write(file(), dir / "x.zarr");
  GroupBuilder root = read(dir / "x.zarr");
  root.attributes.set("more", 1);
  WriteOptions options;
  options.overwrite = true;
  write(root, dir / "x.zarr", options);
  EXPECT_EQ(elements_of<std::int16_t>(read(dir / "x.zarr"), "/acquisition/es/data").size(), 4U);
  EXPECT_TRUE(read(dir / "x.zarr").attributes.find("more"));
  options.link_data = true;
  expect_error(ErrorCode::invalid_argument, "/acquisition/es/data lies in",
               [&] { write(root, dir / "x.zarr", options); });
  EXPECT_EQ(elements_of<std::int16_t>(read(dir / "x.zarr"), "/acquisition/es/data").size(), 4U);
}

struct Bad {
  const char* why;
  std::function<void(GroupBuilder&)> change;
  ErrorCode code;
  const char* part;
  friend std::ostream& operator<<(std::ostream& out, const Bad& bad) { return out << bad.why; }
};
class BadWriteTest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadWriteTest, LeavesNothing) {
  const testing::TempDir dir;
  GroupBuilder root = file();
  GetParam().change(root);
  expect_error(GetParam().code, GetParam().part, [&] { write(root, dir / "x.zarr"); });
  EXPECT_TRUE(fs::is_empty(dir.path()));
}

// Fails when it is read, as a damaged file does.
class Broken final : public ArraySource {
 public:
  const ArrayInfo& info() const override { return info_; }
  void read(const Region&, std::span<std::byte>) const override {
    throw Error(ErrorCode::corrupt_data, "the values are broken");
  }

 private:
  ArrayInfo info_{DataType::integer(4), {10}, {}, std::nullopt};
};

INSTANTIATE_TEST_SUITE_P(
    Trees, BadWriteTest,
    ::testing::Values(
        Bad{"TwiceTheSameName",
            [](GroupBuilder& root) { hdmf::add(root, hdmf::make_group("acquisition")); },
            ErrorCode::invalid_argument, "two members of the name \"acquisition\""},
        Bad{"NameOfMetadata",
            [](GroupBuilder& root) { hdmf::add(root, hdmf::make_group(".zarray")); },
            ErrorCode::unsupported, "/.zarray can't be written to Zarr"},
        Bad{"LongName",
            [](GroupBuilder& root) { hdmf::add(root, hdmf::make_group(std::string(300, 'x'))); },
            ErrorCode::unsupported, "can't be written to Zarr"},
        Bad{"BackslashInName",
            [](GroupBuilder& root) { hdmf::add(root, hdmf::make_group("a\\b")); },
            ErrorCode::unsupported, "can't be written to Zarr"},
        Bad{"ReferenceToNothing",
            [](GroupBuilder& root) { root.attributes.set("r", hdmf::reference_to("/no")); },
            ErrorCode::invalid_argument, "/@r leads to /no"},
        Bad{"LinksInACircle",
            [](GroupBuilder& root) {
              hdmf::add_link(root, "a", "/b");
              hdmf::add_link(root, "b", "/a");
            },
            ErrorCode::invalid_argument, "lead to each other"},
        Bad{"BrokenValues",
            [](GroupBuilder& root) {
              root.datasets.emplace_back();
              root.datasets.back().name = "broken";
              root.datasets.back().data = std::make_shared<const Broken>();
            },
            ErrorCode::corrupt_data, "/broken"}),
    [](const auto& p) { return p.param.why; });

TEST(ExternalLinksTest, LeadToWhatComesOfTheFile) {
  const testing::TempDir dir;
  fs::create_directories(dir / "in/sub");
  fs::create_directories(dir / "out");
  for (const char* name : {"in/a.nwb", "in/b.nwb", "in/sub/c.nwb"})
    std::ofstream(dir / name) << "x";
  GroupBuilder other;
  hdmf::add(other, hdmf::make_dataset("x", std::vector<int>{1}));
  write(other, dir / "out/b.nwb.zarr");
  write(other, dir / "in/d.zarr");

  const std::string in = fs::canonical(dir / "in").string() + "/";
  GroupBuilder root;
  hdmf::add_external_link(root, "b", in + "b.nwb", "/x");
  hdmf::add_external_link(root, "b2", in + "b.nwb", "/not_there");
  hdmf::add_external_link(root, "c", in + "sub/c.nwb", "/y");
  hdmf::add_external_link(root, "c2", in + "sub/c.nwb", "/z");
  hdmf::add_external_link(root, "d", in + "d.zarr", "/x");
  hdmf::add_link(root, "own", "/");
  root.attributes.set("r", hdmf::Reference{in + "d.zarr", "/x", {}, {}});
  hdmf::add(root,
            hdmf::make_dataset("refs", std::vector<hdmf::Reference>{{in + "b.nwb", "/x", {}, {}},
                                                                    hdmf::reference_to("/")}));
  std::vector<backend::Notice> notices;
  converter::lead_to_converted(root, in + "a.nwb", dir / "out/a.nwb.zarr", TargetFormat::zarr,
                               notices);
  EXPECT_EQ(root.links[0].source, "../b.nwb.zarr");
  EXPECT_EQ(root.links[2].source, "../sub/c.nwb.zarr");
  EXPECT_EQ(root.links[4].source, "../../in/d.zarr");
  EXPECT_EQ(root.links[5].source, ".");
  EXPECT_EQ(root.attributes.find("r")->as<hdmf::Reference>().source, "../../in/d.zarr");
  const auto refs = root.find_dataset("/refs")->objects()->read({{0}, {2}});
  EXPECT_EQ(refs[0].as<hdmf::Reference>().source, "../b.nwb.zarr");
  EXPECT_EQ(refs[1].as<hdmf::Reference>().source, ".");
  ASSERT_EQ(notices.size(), 2U) << "what has nothing there, and a store that is not there, once";
  EXPECT_EQ(notices[0].path, "/b2");
  EXPECT_EQ(notices[1].path, "/c");
  EXPECT_NE(notices[1].text.find("sub/c.nwb.zarr, which is not there yet"), std::string::npos);
}

TEST(ExternalLinksTest, PathsBetweenStores) {
  const testing::TempDir dir;
  const std::string base = dir.path().string();
  EXPECT_EQ(converter::path_from_store(base + "/a.zarr", base + "/b.zarr"), "../b.zarr");
  EXPECT_EQ(converter::path_from_store(base + "/a.zarr/", base + "/x/../b.zarr/"), "../b.zarr");
  EXPECT_EQ(converter::path_from_store(base + "/s/a.zarr", base + "/b.zarr"), "../../b.zarr");
  EXPECT_EQ(converter::path_from_store(base + "/a.zarr", base + "/a.zarr"), ".");
}

}  // namespace
}  // namespace engram
