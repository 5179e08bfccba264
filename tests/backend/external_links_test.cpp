// Links to other files: copied in, kept, and refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "engram/backend/open.hpp"
#include "engram/base/error.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/zarr/hierarchy.hpp"
#include "testing/expect_error.hpp"
#include "testing/source_dir.hpp"
#include "testing/temp_dir.hpp"

namespace engram::backend {
namespace {

namespace fs = std::filesystem;
using hdmf::Reference;
using testing::expect_error;

// Stores in one directory, each made of its groups' attributes and of arrays of one number.
class Stores {
 public:
  class Maker {
   public:
    explicit Maker(const fs::path& path)
        : store_(std::make_shared<store::DirectoryStore>(path.string(),
                                                         store::DirectoryStore::Mode::create)),
          writer_(store_) {}
    Maker& group(const std::string& path, std::string_view attributes = "{}") {
      writer_.write_group(path, parse_json(attributes));
      return *this;
    }
    Maker& array(const std::string& path, std::uint8_t value, std::string_view attributes = "{}") {
      zarr::ArrayMetadata metadata;
      metadata.type = DataType::unsigned_integer(1);
      metadata.shape = metadata.chunk_shape = {1};
      writer_.write_array(path, metadata, parse_json(attributes));
      store_->set(store::Key(path + "/0"), Bytes{std::byte{value}});
      return *this;
    }
    Maker& references(const std::string& path, const std::string& list) {
      zarr::ArrayMetadata metadata;
      metadata.is_object = true;
      metadata.object_dtype = "|O";
      const Json items = parse_json(list);
      metadata.shape = metadata.chunk_shape = {items.size()};
      metadata.codecs = {{"json2", Json::object()}};
      writer_.write_array(path, metadata, parse_json(R"({"zarr_dtype": "object"})"));
      Json chunk = items;
      chunk.push_back("|O");
      chunk.push_back(Json::array({items.size()}));
      const std::string text = dump_json(chunk, JsonStyle::compact);
      store_->set(store::Key(path + "/0"), to_bytes(text));
      return *this;
    }

   private:
    std::shared_ptr<store::DirectoryStore> store_;
    zarr::HierarchyWriter writer_;
  };

  Maker make(const std::string& name) {
    fs::create_directories((dir_.path() / name).parent_path());
    return Maker(dir_.path() / name);
  }
  std::string operator/(const std::string& name) const { return dir_ / name; }

 private:
  testing::TempDir dir_;
};

std::string link(const char* name, const char* source, const char* path) {
  return std::string(R"({"name": ")") + name + R"(", "source": ")" + source + R"(", "path": ")" +
         path + R"("})";
}

std::string links(std::initializer_list<std::string> list) {
  std::string text;
  for (const std::string& one : list) text += (text.empty() ? "" : ", ") + one;
  return R"({"zarr_link": [)" + text + "]}";
}

struct Read {
  std::unique_ptr<Reader> reader;
  hdmf::GroupBuilder root;

  explicit Read(const std::string& path, ReadOptions options)
      : reader(open_reader(path, options)), root(reader->read_tree()) {}
  Read(const std::string& path, ExternalLinks links) : Read(path, ReadOptions{{}, links, {}}) {}

  // Where the links of a group lead: "SOURCE PATH" by name.
  std::map<std::string, std::string> links(std::string_view group = "/") const {
    std::map<std::string, std::string> found;
    for (const auto& one : root.find_group(group)->links)
      found[one.name] = one.source + " " + one.path;
    return found;
  }
  std::string notice(const std::string& path) const {
    for (const Notice& one : reader->notices())
      if (one.path == path) return one.text;
    return "";
  }
  int number(std::string_view path) const {
    const auto* dataset = root.find_dataset(path);
    if (dataset == nullptr) return -1;
    Bytes out(1);
    dataset->array()->read(Region::all(dataset->shape()), out);
    return std::to_integer<int>(out[0]);
  }
};

TEST(ZarrExternalLinksTest, StayAsTheyAreUnlessAsked) {
  Stores stores;
  stores.make("a").group("", links({link("l", "../b", "/x")}));
  const Read read(stores / "a", ReadOptions{});
  EXPECT_EQ(read.links().at("l"), "../b /x");
}

TEST(ZarrExternalLinksTest, ArrayAndGroupAreCopiedIn) {
  Stores stores;
  stores.make("a")
      .group("", links({link("l", "../b", "/x"), link("g", "../b", "/g")}))
      .array("own", 1);
  stores.make("b").group("", R"({"object_id": "b"})").array("x", 2).group("g").array("g/y", 3);
  const Read read(stores / "a", ExternalLinks::copy);
  EXPECT_EQ(read.number("/own"), 1);
  EXPECT_EQ(read.number("/l"), 2);
  EXPECT_EQ(read.number("/g/y"), 3);
  EXPECT_TRUE(read.root.links.empty());
  EXPECT_TRUE(read.reader->notices().empty());
}

TEST(ZarrExternalLinksTest, NothingIsCopiedTwice) {
  Stores stores;
  stores.make("a").group(
      "", links({link("1", "../b", "/g/y"), link("2", "../b", "/g"), link("3", "../b", "/g")}));
  stores.make("b").group("").group("g").array("g/y", 3);
  const Read read(stores / "a", ExternalLinks::copy);
  EXPECT_EQ(read.number("/1"), 3);
  EXPECT_EQ(read.links("/2").at("y"), ". /1");
  EXPECT_EQ(read.links().at("3"), ". /2");
}

TEST(ZarrExternalLinksTest, ChainsEndAtTheLastStore) {
  Stores stores;
  stores.make("a").group("", links({link("l", "../b", "/way/y")}));
  stores.make("b").group("", links({link("way", "../sub/c", "/g")}));
  stores.make("sub/c").group("", links({link("g", ".", "/real")})).group("real").array("real/y", 4);
  EXPECT_EQ(Read(stores / "a", ExternalLinks::copy).number("/l"), 4);
  const Read kept(stores / "a", ExternalLinks::link);
  EXPECT_EQ(kept.links().at("l"), fs::canonical(stores / "sub/c").string() + " /real/y");
}

TEST(ZarrExternalLinksTest, WayBackIsALinkAndCirclesEnd) {
  Stores stores;
  stores.make("a").group("", links({link("l", "../b", "/g")})).group("own");
  stores.make("b").group("").group(
      "g", links({link("back", "../a", "/own"), link("up", "../a", "/"), link("self", ".", "/g"),
                  link("round", "../a", "/l")}));
  const Read read(stores / "a", ExternalLinks::copy);
  const auto found = read.links("/l");
  EXPECT_EQ(found.at("back"), ". /own");
  EXPECT_EQ(found.at("up"), ". /");
  EXPECT_EQ(found.at("self"), ". /l");
  EXPECT_EQ(found.at("round"), ". /l");
}

TEST(ZarrExternalLinksTest, WhatCopiedLinksLeadToComesAlong) {
  Stores stores;
  stores.make("a").group("", links({link("l", "../b", "/g")}));
  stores.make("b")
      .group("")
      .group("g", links({link("aside", ".", "/elsewhere")}))
      .array("elsewhere", 5);
  const Read read(stores / "a", ExternalLinks::copy);
  EXPECT_EQ(read.number("/l/aside"), 5);
}

TEST(ZarrExternalLinksTest, ReferencesOfWhatIsCopiedLeadToIt) {
  Stores stores;
  stores.make("a").group(
      "", R"({"object_id": "root", "zarr_link": [)" + link("l", "../b", "/g") + "]}");
  stores.make("b")
      .group("", R"({"object_id": "other"})")
      .group("g", R"({"to": {"zarr_dtype": "object", "value": {"source": ".", "path": "/g/y",
                      "object_id": "yy", "source_object_id": "other"}},
                      "lost": {"zarr_dtype": "object", "value": {"source": ".", "path": "/not",
                      "object_id": null, "source_object_id": null}}})")
      .array("g/y", 6)
      .references("g/all", R"([{"source": ".", "path": "/g/y", "object_id": "yy"},
                               {"source": ".", "path": "/not"}, null,
                               {"source": "../a", "path": "/"}])")
      .array("not", 7);
  const Read read(stores / "a", ExternalLinks::copy);
  const Reference expected{".", "/l/y", "yy", "root"};
  const auto* group = read.root.find_group("/l");
  EXPECT_EQ(*group->attributes.find("to"), hdmf::Value(expected));
  EXPECT_EQ(group->attributes.find("lost"), nullptr);
  EXPECT_NE(read.notice("/l@lost").find("did not come along"), std::string::npos);
  const auto* all = read.root.find_dataset("/l/all")->objects();
  const auto values = all->read({{0}, {4}});
  EXPECT_EQ(values[0], hdmf::Value(expected));
  EXPECT_TRUE(values[1].is<hdmf::Null>());
  EXPECT_TRUE(values[2].is<hdmf::Null>());
  EXPECT_EQ(values[3].as<Reference>().path, "/");
  EXPECT_EQ(values[3].as<Reference>().source, ".");
  EXPECT_EQ(all->dangling(), 1U);
}

TEST(ZarrExternalLinksTest, RefusedByName) {
  Stores stores;
  stores.make("a").group("").group("g", links({link("l", "../b", "/x")}));
  stores.make("b").group("").array("x", 1);
  expect_error(ErrorCode::unsupported, "/g/l", [&] { Read(stores / "a", ExternalLinks::refuse); });
}

TEST(ZarrExternalLinksTest, NothingIsReadOutsideOfTheDirectory) {
  Stores stores;
  const std::string absolute = stores / "secret";
  stores.make("in/a").group(
      "",
      links({link("up", "../../secret", "/x"), link("absolute", absolute.c_str(), "/x"),
             link("symbolic", "../way", "/x"), link("own", "../b", "/x"),
             link("url", "http://example.org/x", "/x"), link("sly", "../b/../../secret", "/x")}));
  stores.make("in/b").group("").array("x", 1);
  stores.make("secret").group("").array("x", 2);
  fs::create_directory_symlink(stores / "secret", stores / "in/way");
  const Read read(stores / "in/a", ExternalLinks::copy);
  for (const char* path : {"/up", "/absolute", "/symbolic", "/sly"}) {
    EXPECT_NE(read.notice(path).find("lies outside of"), std::string::npos) << path;
    EXPECT_EQ(read.number(path), -1) << path;
  }
  EXPECT_NE(read.notice("/url").find("another place than a path"), std::string::npos);
  EXPECT_EQ(read.number("/own"), 1);

  const Read allowed(
      stores / "in/a",
      ReadOptions{{}, ExternalLinks::copy, {fs::path(stores / "secret").parent_path().string()}});
  EXPECT_EQ(allowed.number("/up"), 2);
}

TEST(ZarrExternalLinksTest, AnAllowedDirectoryMustBeThere) {
  Stores stores;
  stores.make("a").group("", links({link("l", "../b", "/x")}));
  expect_error(ErrorCode::not_found, "nowhere", [&] {
    Read(stores / "a", ReadOptions{{}, ExternalLinks::copy, {stores / "nowhere"}});
  });
}

TEST(ZarrExternalLinksTest, SourcesOfOldAreRelativeToTheParent) {
  Stores stores;
  stores.make("a").group("", links({link("l", "b", "/x")}));
  stores.make("b").group("").array("x", 8);
  EXPECT_EQ(Read(stores / "a", ExternalLinks::copy).number("/l"), 8);
}

struct Dangling {
  const char* why;
  const char* source;
  const char* path;
  const char* text;
  friend std::ostream& operator<<(std::ostream& out, const Dangling& d) { return out << d.why; }
};
class DanglingTest : public ::testing::TestWithParam<Dangling> {};

TEST_P(DanglingTest, IsLeftOutAndTold) {
  Stores stores;
  const Dangling& link_to = GetParam();
  stores.make("a").group("", links({link("l", link_to.source, link_to.path)}));
  stores.make("b")
      .group("", links({link("m", ".", "/n"), link("n", ".", "/m"), link("p", "../a", "/l"),
                        link("gone", "../none", "/")}))
      .array("x", 1);
  fs::create_directory(stores / "empty");
  std::ofstream(stores / "file") << "x";
  for (const ExternalLinks mode : {ExternalLinks::copy, ExternalLinks::link}) {
    const Read read(stores / "a", mode);
    EXPECT_TRUE(read.root.links.empty() && read.root.groups.empty() && read.root.datasets.empty());
    EXPECT_NE(read.notice("/l").find(link_to.text), std::string::npos) << read.notice("/l");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Links, DanglingTest,
    ::testing::Values(Dangling{"NoStore", "../none", "/x", "no Zarr store at ../none"},
                      Dangling{"NoZarr", "../empty", "/x", "no Zarr store"},
                      Dangling{"File", "../file", "/x", "no Zarr store"},
                      Dangling{"NothingThere", "../b", "/y", "nothing at /y"},
                      Dangling{"BelowAnArray", "../b", "/x/y", "nothing at /x/y"},
                      Dangling{"Circle", "../b", "/m", "nothing at /m"},
                      Dangling{"CircleOfStores", "../b", "/p", "lead to each other"},
                      Dangling{"ChainToNothing", "../b", "/gone/x", "no Zarr store at ../none"}),
    [](const auto& p) { return p.param.why; });

TEST(ZarrExternalLinksTest, ManyNodesAreRefused) {
  Stores stores;
  stores.make("a").group("", links({link("l", "../b", "/")}));
  auto other = stores.make("b");
  other.group("");
  for (int i = 0; i < 20; ++i) other.group("g" + std::to_string(i));
  ReadOptions options{{}, ExternalLinks::copy, {}};
  options.limits.max_nodes = 21;
  expect_error(ErrorCode::limit_exceeded, "more than 21", [&] { Read(stores / "a", options); });
}

TEST(ZarrExternalLinksTest, ArraysKnowWhereTheyLie) {
  Stores stores;
  stores.make("a").group("", links({link("l", "../b", "/x")})).array("own", 1);
  stores.make("b").group("").array("x", 2);
  const Read read(stores / "a", ExternalLinks::copy);
  EXPECT_EQ(*read.root.find_dataset("/own")->origin->store, fs::canonical(stores / "a"));
  EXPECT_EQ(read.root.find_dataset("/own")->origin->path, "/own");
  EXPECT_EQ(*read.root.find_dataset("/l")->origin->store, fs::canonical(stores / "b"));
  EXPECT_EQ(read.root.find_dataset("/l")->origin->path, "/x");
}

std::string data_file(const char* name) {
  return testing::source_path(std::string("tests/data/hdf5/") + name);
}

TEST(Hdf5ExternalLinksTest, StayLinksToTheLastFile) {
  const Read read(data_file("links.h5"), ExternalLinks::link);
  const std::string other = fs::canonical(data_file("other.h5")).string();
  const auto found = read.links("/e");
  EXPECT_EQ(found.at("copied"), other + " /top");
  EXPECT_EQ(found.at("again"), other + " /top/data");
  EXPECT_EQ(read.links("/c").at("through"), other + " /top/data") << "a soft link through it";
  EXPECT_EQ(found.count("lost"), 0U);
  EXPECT_NE(read.notice("/e/lost").find("no_such_file.h5"), std::string::npos);
  EXPECT_NE(read.notice("/e/lost_inside").find("can't be opened"), std::string::npos);
  EXPECT_EQ(read.root.find_group("/e")->groups.size(), 0U);
  EXPECT_EQ(read.root.find_group("/e")->datasets.size(), 0U);
}

TEST(Hdf5ExternalLinksTest, RefusedByName) {
  expect_error(ErrorCode::unsupported, "/e/",
               [] { Read(data_file("links.h5"), ExternalLinks::refuse); });
  expect_error(ErrorCode::unsupported, "other.h5",
               [] { Read(data_file("links.h5"), ExternalLinks::refuse); });
}

}  // namespace
}  // namespace engram::backend
