#include "engram/backend/open_file.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "engram/backend/open.hpp"
#include "engram/base/error.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/store/zip_store.hpp"
#include "testing/corpus.hpp"
#include "testing/expect_error.hpp"
#include "testing/fake_sources.hpp"
#include "testing/http_server.hpp"
#include "testing/source_dir.hpp"
#include "testing/temp_dir.hpp"

namespace engram::hdmf {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::TempDir;

std::string data_file(const std::string& name) {
  return testing::source_path(std::string("tests/data/hdf5/") + name);
}

GroupBuilder group_of(std::string name, std::vector<LinkBuilder> links = {}) {
  GroupBuilder group;
  group.name = std::move(name);
  group.links = std::move(links);
  return group;
}

void write(std::shared_ptr<store::Store> store, const GroupBuilder& root) {
  testing::write_all(*backend::make_zarr_writer(store, {}), root);
  store->finish();
}

void write(const std::string& path, const GroupBuilder& root) {
  fs::create_directories(fs::path(path).parent_path());
  using store::DirectoryStore;
  write(std::make_shared<DirectoryStore>(path, DirectoryStore::Mode::create), root);
}

/// A file that has something to link to: /series/data with 1, 2, 3.
GroupBuilder target() {
  GroupBuilder root = group_of("");
  root.attributes.set("object_id", "target-id");
  root.groups.push_back(group_of("series"));
  root.groups[0].attributes.set("object_id", "series-id");
  root.groups[0].datasets.push_back(testing::dataset_of(
      "data", testing::fake_array<std::int32_t>(DataType::integer(4), {3}, {1, 2, 3})));
  return root;
}

using Numbers = std::vector<int>;

std::string shown(const File& file) {
  std::string text;
  for (const Problem& problem : file.problems())
    text += std::string(to_string(problem.kind)) + " " + problem.path + " " + problem.text + "\n";
  return text;
}

TEST(OpenFile, LinksBetweenStoresSurviveMovingBoth) {
  const TempDir dir;
  write(dir / "old/place/a.zarr", group_of("", {{"x", "../sub/b.zarr", "/series"}}));
  write(dir / "old/place/sub/b.zarr", target());
  EXPECT_EQ(open(dir / "old/place/a.zarr").at("/x/data").read<int>(), (Numbers{1, 2, 3}));
  fs::create_directories(dir / "new");
  fs::rename(dir / "old/place", dir / "new/home");
  const File file = open(dir / "new/home/a.zarr");
  EXPECT_EQ(file.at("/x/data").read<int>(), (Numbers{1, 2, 3}));
  EXPECT_EQ(fs::path(file.at("/x").file().location()).filename(), "b.zarr");
  EXPECT_TRUE(file.problems().empty()) << shown(file);
  // Moved alone, it does not find the other one.
  fs::rename(dir / "new/home/a.zarr", dir / "new/a.zarr");
  const File alone = open(dir / "new/a.zarr");
  EXPECT_EQ(alone.find("/x"), std::nullopt);
  ASSERT_EQ(alone.problems().size(), 1U);
  EXPECT_EQ(alone.problems()[0].kind, Problem::Kind::missing_file);
}

TEST(OpenFile, FilesAreOpenedOnceWhateverTheirName) {
  const TempDir dir;
  write(dir / "a.zarr", group_of("", {{"x", "../b.zarr", "/series"},
                                      {"y", "../link.zarr", "/series"},
                                      {"z", "../sub/../b.zarr/", "/series"},
                                      {"home", "../a.zarr", "/"},
                                      {"around", "../b.zarr", "/back"}}));
  GroupBuilder b = target();
  b.links.push_back({"back", "../a.zarr", "/"});
  write(dir / "b.zarr", b);
  fs::create_directory_symlink("b.zarr", dir / "link.zarr");
  fs::create_directory_symlink("a.zarr", dir / "also.zarr");
  for (const char* name : {"a.zarr", "also.zarr", "./a.zarr/"}) {
    const File file = open(dir / name);
    EXPECT_EQ(file.at("/x"), file.at("/y"));
    EXPECT_EQ(file.at("/x"), file.at("/z"));
    EXPECT_EQ(file.at("/home"), file.root());
    EXPECT_EQ(file.at("/around"), file.root());
    EXPECT_EQ(file.files().size(), 2U);
    EXPECT_EQ(file.follow_all().lost_links, 0U) << shown(file);
  }
}

TEST(OpenFile, LinksLeadToFilesOfEveryForm) {
  const TempDir dir;
  write(dir / "a.zarr", group_of("", {{"zip", "../b.zip", "/series"},
                                      {"hdf5", "../c.h5", "/zz"},
                                      {"windows", "..\\b.zarr", "/series"},
                                      {"old", "b.zarr", "/series"}}));
  write(dir / "b.zarr", target());
  write(std::make_shared<store::ZipStore>(dir / "b.zip", store::ZipStore::Mode::create), target());
  fs::copy_file(data_file("references.h5"), dir / "c.h5");
  const File file = open(dir / "a.zarr");
  EXPECT_EQ(file.at("/zip/data").read<int>(), (Numbers{1, 2, 3}));
  EXPECT_EQ(file.at("/windows/data").read<int>(), (Numbers{1, 2, 3}));
  EXPECT_EQ(file.at("/old/data").read<int>(), (Numbers{1, 2, 3})) << "relative to the directory";
  EXPECT_EQ(file.at("/hdf5/data").shape(), (Shape{5, 6}));
  EXPECT_EQ(file.at("/hdf5").file().format(), "HDF5");
  EXPECT_EQ(open(dir / "b.zip").at("/series/data").read<int>(), (Numbers{1, 2, 3}));

  const std::shared_ptr<store::Store> zip =
      std::make_shared<store::ZipStore>(dir / "d.zip", store::ZipStore::Mode::create);
  write(zip, group_of("", {{"x", "../b.zarr", "/series"}}));
  EXPECT_EQ(open(dir / "d.zip").at("/x/data").read<int>(), (Numbers{1, 2, 3}));
}

TEST(OpenFile, ReferencesLeadToOtherFilesToo) {
  const TempDir dir;
  GroupBuilder root = group_of("");
  root.attributes.set("to", Reference{"../b.zarr", "/series", "series-id", "target-id"});
  root.attributes.set("other", Reference{"../b.zarr", "/series", {}, "another-id"});
  root.datasets.push_back(
      testing::dataset_of("all", testing::object_type(ObjectType::Kind::reference), {2},
                          {Value(Reference{"../b.zarr", "/series/data", {}, {}}),
                           Value(Reference{".", "/all", {}, {}})}));
  write(dir / "a.zarr", root);
  write(dir / "b.zarr", target());
  const File file = open(dir / "a.zarr");
  EXPECT_EQ(file.root().target("to")->path(), "/series");
  EXPECT_EQ(file.at("/all").targets()[0]->read<int>(), (Numbers{1, 2, 3}));
  EXPECT_EQ(file.at("/all").targets()[1], file.at("/all"));
  EXPECT_TRUE(file.problems().empty()) << shown(file);
  EXPECT_TRUE(file.root().target("other").has_value());
  ASSERT_EQ(file.problems().size(), 1U);
  EXPECT_EQ(file.problems()[0].kind, Problem::Kind::mismatch);
}

struct HostileFile {
  const char* why;
  std::string source;
  Problem::Kind kind;
  friend std::ostream& operator<<(std::ostream& out, const HostileFile& h) { return out << h.why; }
};

class HostileSourceTest : public ::testing::TestWithParam<HostileFile> {};

TEST_P(HostileSourceTest, IsReportedAndNotFollowed) {
  const TempDir dir;
  GroupBuilder root = group_of("", {{"x", GetParam().source, "/series"}});
  root.attributes.set("to", Reference{GetParam().source, "/series", {}, {}});
  write(dir / "in/a.zarr", root);
  write(dir / "in/sub/b.zarr", target());
  write(dir / "out/b.zarr", target());
  write(dir / "in-beside/b.zarr", target());
  fs::create_directory_symlink("../out/b.zarr", dir / "in/way-out.zarr");
  fs::create_directory_symlink("../out", dir / "in/out");
  const File file = open(dir / "in/a.zarr");
  EXPECT_EQ(file.find("/x/data"), std::nullopt);
  EXPECT_EQ(file.root().target("to"), std::nullopt);
  EXPECT_EQ(file.follow_all().lost_links, 1U);
  EXPECT_EQ(file.files().size(), 1U);
  ASSERT_EQ(file.problems().size(), 2U) << shown(file);
  for (const Problem& problem : file.problems())
    EXPECT_EQ(to_string(problem.kind), to_string(GetParam().kind)) << problem.text;
  expect_error(
      GetParam().kind == Problem::Kind::outside ? ErrorCode::unsupported : ErrorCode::not_found,
      "the link to /series leads nowhere", [&] { file.at("/x"); });
}

INSTANTIATE_TEST_SUITE_P(
    Sources, HostileSourceTest,
    ::testing::Values(
        HostileFile{"Outside", "../../out/b.zarr", Problem::Kind::outside},
        HostileFile{"OutsideByManySteps", "../../../../../../../../etc", Problem::Kind::outside},
        HostileFile{"InAndOut", "../sub/../../out/b.zarr", Problem::Kind::outside},
        HostileFile{"ADirectoryOfALikeName", "../../in-beside/b.zarr", Problem::Kind::outside},
        HostileFile{"AbsolutePath", "/etc", Problem::Kind::outside},
        HostileFile{"BackSlashes", "..\\..\\out\\b.zarr", Problem::Kind::outside},
        HostileFile{"ASymbolicLinkOut", "../way-out.zarr", Problem::Kind::outside},
        HostileFile{"ASymbolicLinkOutOnTheWay", "../out/b.zarr", Problem::Kind::outside},
        HostileFile{"Http", "http://127.0.0.1:1/b.zarr", Problem::Kind::outside},
        HostileFile{"FileUrl", "file:///etc", Problem::Kind::outside},
        HostileFile{"FilePath", "file:/etc", Problem::Kind::outside},
        HostileFile{"S3", "s3://bucket/b.zarr", Problem::Kind::outside},
        HostileFile{"Memory", "memory:/", Problem::Kind::outside},
        HostileFile{"ADrive", "C:\\data\\b.zarr", Problem::Kind::outside},
        HostileFile{"Nul", std::string("../b.zarr\0/x", 12), Problem::Kind::outside},
        HostileFile{"TooLong", std::string(5000, 'x'), Problem::Kind::outside},
        HostileFile{"ANameThatIsTooLong", "../" + std::string(300, 'x'),
                    Problem::Kind::missing_file},
        HostileFile{"NotThere", "../none.zarr", Problem::Kind::missing_file},
        HostileFile{"NotThereBehindASlash", "../none.zarr/", Problem::Kind::missing_file}),
    [](const auto& test) { return test.param.why; });

TEST(OpenFile, ALinkToWhatIsNoFileIsReported) {
  const TempDir dir;
  write(dir / "a.zarr", group_of("", {{"empty", "../folder", "/"}, {"text", "../t.txt", "/"}}));
  fs::create_directory(dir / "folder");
  std::ofstream(dir / "t.txt") << "text";
  const File file = open(dir / "a.zarr");
  EXPECT_EQ(file.follow_all().lost_links, 2U);
  ASSERT_EQ(file.problems().size(), 2U);
  for (const Problem& problem : file.problems())
    EXPECT_EQ(problem.kind, Problem::Kind::unreadable) << problem.text;
  EXPECT_NE(shown(file).find("without .zgroup"), std::string::npos);
}

TEST(OpenFile, LinksLeadToWhatIsAllowed) {
  const TempDir dir;
  write(dir / "in/a.zarr", group_of("", {{"x", "../../out/b.zarr", "/series"},
                                         {"y", dir / "out/b.zarr", "/series"},
                                         {"near", "../b.zarr", "/series"}}));
  write(dir / "in/b.zarr", target());
  write(dir / "out/b.zarr", target());
  OpenOptions options;
  options.allow_external = {dir.path().string()};
  const File wide = open(dir / "in/a.zarr", options);
  EXPECT_EQ(wide.at("/x/data").read<int>(), (Numbers{1, 2, 3}));
  EXPECT_EQ(wide.at("/y/data").read<int>(), (Numbers{1, 2, 3})) << "an absolute path, but inside";
  fs::create_directory(dir / "empty");
  options.allow_external = {dir / "empty"};
  EXPECT_FALSE(open(dir / "in/a.zarr", options).find("/x").has_value());
  options.allow_external = {dir / "empty", dir / "out"};
  EXPECT_TRUE(open(dir / "in/a.zarr", options).find("/x").has_value());
  EXPECT_TRUE(open(dir / "in/a.zarr", options).find("/near").has_value());
  options.allow_external = {dir / "nowhere"};
  expect_error(ErrorCode::not_found, "nowhere", [&] { open(dir / "in/a.zarr", options); });
  options = {};
  options.follow_other_files = false;
  const File alone = open(dir / "in/a.zarr", options);
  EXPECT_FALSE(alone.find("/near").has_value());
  EXPECT_NE(shown(alone).find("not to be followed"), std::string::npos);
  options = {};
  options.allow_external = {"http://127.0.0.1/"};
  expect_error(ErrorCode::invalid_argument, "is no directory",
               [&] { open(dir / "in/a.zarr", options); });
}

TEST(OpenFile, OnAWebServerLinksStayBelowTheirRoot) {
  const TempDir dir;
  write(dir / "data/a b.zarr", group_of("", {{"x", "../b b.zarr", "/series"},
                                             {"out", "../../out/b.zarr", "/series"},
                                             {"absolute", "/out/b.zarr", "/series"},
                                             {"other", "http://localhost:1/b.zarr", "/series"},
                                             {"none", "../none.zarr", "/series"}}));
  write(dir / "data/b b.zarr", target());
  write(dir / "out/b.zarr", target());
  std::atomic<int> outside = 0;
  testing::HttpServer server([&](const testing::ServerRequest& request) {
    testing::ServerAnswer answer;
    if (request.path.starts_with("/out/")) ++outside;
    std::ifstream file(dir.path() / request.path.substr(1), std::ios::binary);
    answer.body.assign(std::istreambuf_iterator<char>(file), {});
    if (!file || request.target.find("?key=1") == std::string::npos) answer.status = 404;
    return answer;
  });
  const File file = open(server.url() + "/data/a%20b.zarr?key=1");
  EXPECT_EQ(file.at("/x/data").read<int>(), (Numbers{1, 2, 3}));
  EXPECT_EQ(file.find("/out"), std::nullopt);
  EXPECT_EQ(file.find("/absolute"), std::nullopt);
  EXPECT_EQ(file.find("/other"), std::nullopt);
  EXPECT_EQ(file.find("/none"), std::nullopt);
  EXPECT_EQ(outside, 0);
  EXPECT_EQ(shown(file).find("key=1"), std::string::npos) << "a query may be a secret";
  OpenOptions options;
  options.allow_external = {server.url() + "/"};
  EXPECT_TRUE(open(server.url() + "/data/a%20b.zarr?key=1", options).find("/out").has_value());
}

TEST(OpenFile, StrictFailsOnOpeningWhatHasDanglingLinks) {
  OpenOptions options;
  options.strict = true;
  expect_error(ErrorCode::not_found, "links.h5: /c/circle: the link is left out",
               [&] { open(data_file("links.h5"), options); });
  const File file = open(data_file("links.h5"));
  EXPECT_NE(shown(file).find("dangling /c/dangling"), std::string::npos);
  EXPECT_EQ(file.follow_all().lost_links, 0U) << "they were left out";
}

// Every reference and region reference of the same file on both media, and the values they select.
void expect_same_references(const File& a, const File& b) {
  const auto flags = [](const File& file) {
    const Followed all = file.follow_all();
    return std::vector<std::uint64_t>{all.links, all.references, all.region_references,
                                      all.lost_links, all.lost_references};
  };
  EXPECT_EQ(flags(a), flags(b));
}

TEST(OpenFile, RegionReferencesSelectTheSameFromHdf5AndZarr) {
  const TempDir dir;
  write(dir / "r.zarr", backend::open_hdf5_reader(data_file("references.h5"))->read_tree());
  const File hdf5 = open(data_file("references.h5")), zarr = open(dir / "r.zarr");
  EXPECT_EQ(hdf5.format(), "HDF5");
  EXPECT_EQ(zarr.format(), "Zarr v2");
  const std::vector<std::pair<Shape, Numbers>> expected = {
      {{2, 4}, {8, 9, 10, 11, 14, 15, 16, 17}},
      {{2, 6}, {0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17}},
      {{5, 6}, hdf5.at("/zz/data").read<int>()}};
  for (const File& file : {hdf5, zarr}) {
    const std::vector<Value> regions = file.at("/regions").values();
    std::size_t at = 0;
    for (const Value& value : regions) {
      if (value.is<Null>()) continue;
      const Selection selection = file.at(value.as<RegionReference>());
      EXPECT_EQ(selection.shape(), expected.at(at).first);
      EXPECT_EQ(selection.read<int>(), expected[at].second);
      EXPECT_EQ(selection.object().path(), "/zz/data");
      ++at;
    }
    EXPECT_EQ(at, expected.size());
    const Selection point = file.at(file.at("/point").values()[0].as<RegionReference>());
    EXPECT_EQ(point.read<int>(), (Numbers{7, 24}));
    EXPECT_EQ(point.shape(), Shape{2});
    const Selection box = file.at(file.root().attributes().find("box")->as<RegionReference>());
    EXPECT_EQ(box.read<int>(), expected[0].second);
    EXPECT_EQ(file.at("/rows").values()[0].as<Record>()[2].first, "series");
    EXPECT_EQ(file.resolve(file.at("/rows").values()[0].as<Record>()[2].second.as<Reference>()),
              file.at("/zz/data"));
    EXPECT_EQ(file.find_by_id("data-id"), file.at("/zz/data"));
  }
  // What led nowhere in HDF5 is null in Zarr.
  EXPECT_EQ(hdf5.follow_all().lost_references, 1U);
  EXPECT_EQ(zarr.follow_all().lost_references, 0U);
  EXPECT_EQ(zarr.follow_all().region_references, hdf5.follow_all().region_references);
}

TEST(OpenFile, LinksAreTheSameFromHdf5AndZarr) {
  const TempDir dir;
  write(dir / "l.zarr", backend::open_hdf5_reader(data_file("links.h5"))->read_tree());
  expect_same_references(open(data_file("links.h5")), open(dir / "l.zarr"));
}

/// Counts what is read of a store: metadata, and chunks.
class CountingStore final : public store::ReadableStore {
 public:
  explicit CountingStore(std::shared_ptr<store::MemoryStore> behind) : behind_(std::move(behind)) {}

  std::optional<Bytes> get(const store::Key& key, std::uint64_t max_size) const override {
    ++(key.str().find(".z") == std::string::npos ? chunks : metadata);
    return behind_->get(key, max_size);
  }
  std::optional<Bytes> get_range(const store::Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override {
    ++(key.str().find(".z") == std::string::npos ? chunks : metadata);
    return behind_->get_range(key, offset, size);
  }
  std::optional<std::uint64_t> size(const store::Key& key) const override {
    ++metadata;
    return behind_->size(key);
  }
  store::Listing list_dir(const std::string& prefix) const override {
    ++metadata;
    return behind_->list_dir(prefix);
  }
  std::string name() const override { return "counting"; }

  mutable std::atomic<int> metadata = 0, chunks = 0;

 private:
  std::shared_ptr<store::MemoryStore> behind_;
};

TEST(OpenFile, ResolvingReferencesReadsNoMetadataAgain) {
  constexpr int kCount = 5000;
  GroupBuilder root = group_of("");
  std::vector<Value> references;
  for (int i = 0; i < kCount; ++i) {
    root.groups.push_back(group_of("g" + std::to_string(i)));
    references.emplace_back(Reference{".", "/g" + std::to_string(kCount - 1 - i), {}, {}});
  }
  root.datasets.push_back(testing::dataset_of(
      "all", testing::object_type(ObjectType::Kind::reference), {kCount}, references));
  auto memory = std::make_shared<store::MemoryStore>();
  write(memory, root);
  auto counting = std::make_shared<CountingStore>(memory);
  const File file = open(counting);
  EXPECT_EQ(counting->metadata, 1) << "the consolidated metadata";
  EXPECT_EQ(counting->chunks, 0);
  const auto targets = file.at("/all").targets();
  for (int i = 0; i < kCount; ++i)
    ASSERT_EQ(targets.at(static_cast<std::size_t>(i))->path(),
              "/g" + std::to_string(kCount - 1 - i));
  for (const Value& reference : references)
    ASSERT_TRUE(file.resolve(reference.as<Reference>()).has_value());
  EXPECT_EQ(counting->metadata, 1);
  EXPECT_LE(counting->chunks, 2);
  EXPECT_EQ(file.follow_all().lost_references, 0U);
  EXPECT_EQ(counting->metadata, 1);
}

TEST(OpenFile, EveryZarrFileOfTheCollectionHasItsTargets) {
  const auto corpus = testing::corpus();
  if (!corpus) return;
  std::uint64_t files = 0, links = 0, references = 0;
  for (const char* folder : {"nwb-zarr", "generated/nwb-zarr"})
    for (const auto& entry : fs::directory_iterator(*corpus / folder)) {
      if (!fs::exists(entry.path() / ".zgroup")) continue;
      SCOPED_TRACE(entry.path());
      const File file = open(entry.path().string());
      const Followed followed = file.follow_all();
      ++files;
      links += followed.links;
      references += followed.references;
      EXPECT_EQ(followed.lost_links, 0U) << shown(file);
      EXPECT_EQ(followed.lost_references, 0U) << shown(file);
      for (const Problem& problem : file.problems())
        EXPECT_FALSE(is_loss(problem.kind)) << problem.path << ": " << problem.text;
    }
  EXPECT_GE(files, 6U);
  EXPECT_GE(links, 10U);
  EXPECT_GE(references, 100U);
}

}  // namespace
}  // namespace engram::hdmf
