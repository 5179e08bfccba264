// What an HDF5 file leads to outside of its directory is not opened: not by links, not by virtual
// datasets, not by external storage, by whatever name, and not by files that it may lead to.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/allowed_places.hpp"
#include "engram/backend/open.hpp"
#include "engram/base/error.hpp"
#include "hdf5/library.hpp"
#include "testing/expect_error.hpp"
#include "testing/temp_dir.hpp"

namespace engram::backend {
namespace {

namespace fs = std::filesystem;
using hdf5::Handle;
using testing::expect_error;

constexpr hsize_t kLength = 4;
constexpr std::uint8_t kInside = 11, kOutside = 77;

// An HDF5 file that is being made.
class Maker {
 public:
  explicit Maker(const std::string& path) {
    fs::create_directories(fs::path(path).parent_path());
    const Handle access(H5Pcreate(H5P_FILE_ACCESS));
    H5Pset_libver_bounds(access.id(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    file_ = Handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()));
  }

  Maker& values(const std::string& name, std::uint8_t value) {
    const Handle space(H5Screate_simple(1, &kLength, nullptr));
    const Handle dataset(H5Dcreate2(file_.id(), name.c_str(), H5T_STD_U8LE, space.id(), H5P_DEFAULT,
                                    H5P_DEFAULT, H5P_DEFAULT));
    const std::vector<std::uint8_t> all(kLength, value);
    H5Dwrite(dataset.id(), H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data());
    return *this;
  }
  Maker& link(const std::string& name, const std::string& file, const std::string& path) {
    H5Lcreate_external(file.c_str(), path.c_str(), file_.id(), name.c_str(), H5P_DEFAULT,
                       H5P_DEFAULT);
    return *this;
  }
  Maker& soft(const std::string& name, const std::string& path) {
    H5Lcreate_soft(path.c_str(), file_.id(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
    return *this;
  }
  Maker& source(const std::string& name, const std::string& file, const std::string& path) {
    const Handle space(H5Screate_simple(1, &kLength, nullptr));
    const Handle layout(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_virtual(layout.id(), space.id(), file.c_str(), path.c_str(), space.id());
    return create(name, space, layout);
  }
  // Any number of files: "part-%b.h5".
  Maker& sources(const std::string& name, const std::string& files, const std::string& path) {
    const hsize_t most = H5S_UNLIMITED;
    const Handle space(H5Screate_simple(1, &kLength, &most));
    const Handle source(H5Screate_simple(1, &kLength, nullptr));
    const hsize_t start = 0, count = H5S_UNLIMITED;
    H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, &start, &kLength, &count, &kLength);
    const Handle layout(H5Pcreate(H5P_DATASET_CREATE));
    EXPECT_GE(H5Pset_virtual(layout.id(), space.id(), files.c_str(), path.c_str(), source.id()), 0);
    return create(name, space, layout);
  }
  Maker& raw(const std::string& name, const std::vector<std::string>& files, hid_t type) {
    const Handle space(H5Screate_simple(1, &kLength, nullptr));
    const Handle layout(H5Pcreate(H5P_DATASET_CREATE));
    const hsize_t each = kLength * H5Tget_size(type) / files.size();
    for (const std::string& file : files) H5Pset_external(layout.id(), file.c_str(), 0, each);
    return create(name, space, layout, type);
  }

 private:
  Maker& create(const std::string& name, const Handle& space, const Handle& layout,
                hid_t type = H5T_STD_U8LE) {
    EXPECT_TRUE(Handle(H5Dcreate2(file_.id(), name.c_str(), type, space.id(), H5P_DEFAULT,
                                  layout.id(), H5P_DEFAULT)));
    return *this;
  }

  Handle file_;
};

// in/a.h5 is read; in/ and below is where it may lead.
class OutsideFilesTest : public ::testing::Test {
 protected:
  OutsideFilesTest() {
    Maker(inside / "b.h5").values("x", kInside);
    Maker(inside / "deep/c.h5").values("x", kInside);
    Maker(outside / "secret.h5").values("x", kOutside);
    std::ofstream(inside / "b.raw") << std::string(64, static_cast<char>(kInside));
    std::ofstream(outside / "secret.raw") << std::string(64, static_cast<char>(kOutside));
    fs::create_symlink(outside / "secret.h5", inside / "way.h5");
    fs::create_symlink(outside / "secret.raw", inside / "way.raw");
    fs::create_directory_symlink(outside, inside / "door");
  }

  struct Tree {
    std::unique_ptr<Reader> reader;
    hdmf::GroupBuilder root;

    std::string notice(const std::string& path) const {
      for (const Notice& one : reader->notices())
        if (one.path == path) return one.text;
      return "";
    }
    // The first value; -1: no such dataset.
    int value(std::string_view path) const {
      const auto* const dataset = root.find_dataset(path);
      if (dataset == nullptr) return -1;
      Bytes out(element_count(dataset->shape()) * dataset->array()->info().type.size);
      dataset->array()->read(Region::all(dataset->shape()), out);
      return out.empty() ? -2 : std::to_integer<int>(out[0]);
    }
  };

  Tree read(ExternalLinks external = ExternalLinks::copy,
            std::vector<std::string> allowed = {}) const {
    Tree tree;
    tree.reader = open_reader(file, ReadOptions{{}, external, std::move(allowed)});
    tree.root = tree.reader->read_tree();
    return tree;
  }

  // That `path` is left out and the secret's true path is told, with what helps.
  void expect_left_out(const Tree& tree, const std::string& path, const char* secret) const {
    const std::string told = tree.notice(path);
    EXPECT_NE(told.find((outside / secret).string() + " lies outside of"), std::string::npos)
        << path << ": " << told;
    EXPECT_NE(told.find("--allow-external DIR"), std::string::npos) << told;
    EXPECT_EQ(tree.value(path), -1) << path;
    EXPECT_TRUE(tree.root.links.empty());
  }

  testing::TempDir dir;
  const fs::path top = fs::canonical(dir.path()), inside = top / "in", outside = top / "out";
  const std::string file = (inside / "a.h5").string();
};

TEST_F(OutsideFilesTest, LinksInsideAreFollowed) {
  Maker(file).link("beside", "b.h5", "/x").link("below", "deep/c.h5", "/x");
  const Tree tree = read();
  EXPECT_EQ(tree.value("/beside"), kInside);
  EXPECT_EQ(tree.value("/below"), kInside);
  EXPECT_TRUE(tree.reader->notices().empty());
}

TEST_F(OutsideFilesTest, LinksOutsideAreLeftOut) {
  const std::string secret = (outside / "secret.h5").string();
  Maker(file)
      .link("absolute", secret, "/x")
      .link("up", "../out/secret.h5", "/x")
      .link("symbolic", "way.h5", "/x")
      .link("door", "door/secret.h5", "/x");
  const Tree tree = read();
  for (const char* path : {"/absolute", "/up", "/symbolic", "/door"})
    expect_left_out(tree, path, "secret.h5");
}

TEST_F(OutsideFilesTest, ChainsOfLinksMayNotEndOutside) {
  Maker(inside / "chain.h5").link("last", "../out/secret.h5", "/x").link("back", "a.h5", "/soft");
  Maker(file)
      .link("chain", "chain.h5", "/last")
      .link("circle", "chain.h5", "/back")
      .link("whole", "chain.h5", "/")
      .soft("soft", "/chain");
  const Tree tree = read();
  for (const char* path : {"/chain", "/circle", "/soft", "/whole/last"})
    expect_left_out(tree, path, "secret.h5");
}

TEST_F(OutsideFilesTest, AllowedDirectoriesAreRead) {
  const std::string secret = (outside / "secret.h5").string();
  Maker(file)
      .link("link", secret, "/x")
      .link("symbolic", "way.h5", "/x")
      .source("virtual", secret, "/x")
      .raw("raw", {(outside / "secret.raw").string()}, H5T_STD_U8LE);
  fs::create_directory(top / "other");
  const Tree tree =
      read(ExternalLinks::copy, {(top / "other").string(), (inside / "door").string()});
  EXPECT_TRUE(tree.reader->notices().empty());
  EXPECT_EQ(tree.value("/link"), kOutside);
  EXPECT_NE(tree.root.find_dataset("/virtual"), nullptr);
  EXPECT_EQ(tree.value("/virtual"), kOutside);
  EXPECT_EQ(tree.value("/raw"), kOutside);
  EXPECT_EQ(read(ExternalLinks::copy, {(top / "other").string()}).value("/link"), -1);
  expect_error(ErrorCode::not_found, "nowhere",
               [&] { (void)read(ExternalLinks::copy, {(top / "nowhere").string()}); });
}

TEST_F(OutsideFilesTest, RefusedOrKeptAsALink) {
  Maker(file).link("link", "../out/secret.h5", "x");
  expect_error(ErrorCode::unsupported, "/out/secret.h5",
               [&] { (void)read(ExternalLinks::refuse); });
  const Tree tree = read(ExternalLinks::link);
  ASSERT_EQ(tree.root.links.size(), 1U);
  EXPECT_EQ(tree.root.links[0].name, "link");
  EXPECT_EQ(tree.root.links[0].source, (outside / "secret.h5").string());
  EXPECT_EQ(tree.root.links[0].path, "/x");
  EXPECT_TRUE(tree.reader->notices().empty());
}

TEST_F(OutsideFilesTest, SourcesOfVirtualDatasets) {
  Maker(file)
      .source("beside", "b.h5", "/x")
      .source("absolute", (outside / "secret.h5").string(), "/x")
      .source("up", "../out/secret.h5", "/x")
      .source("symbolic", "way.h5", "/x");
  const Tree tree = read();
  EXPECT_EQ(tree.value("/beside"), kInside);
  for (const char* path : {"/absolute", "/up", "/symbolic"})
    expect_left_out(tree, path, "secret.h5");
  expect_error(ErrorCode::unsupported, "other files are refused: at /absolute",
               [&] { (void)read(ExternalLinks::refuse); });
}

TEST_F(OutsideFilesTest, SourcesOfWhichThereAreAnyNumber) {
  Maker(inside / "part-0.h5").values("x", kInside);
  Maker(inside / "part-1.h5").values("x", kInside);
  Maker(outside / "part-0.h5").values("x", kOutside);
  Maker(file).sources("inside", "part-%b.h5", "/x").sources("outside", "../out/part-%b.h5", "/x");
  const Tree tree = read();
  EXPECT_EQ(tree.root.find_dataset("/inside")->shape(), Shape{8});
  EXPECT_EQ(tree.value("/inside"), kInside);
  expect_left_out(tree, "/outside", "part-0.h5");
  const Tree allowed = read(ExternalLinks::copy, {outside.string()});
  EXPECT_EQ(allowed.value("/outside"), kOutside);
}

// It shows when values are read: HDF5 would fill them.
TEST_F(OutsideFilesTest, SourcesOfSources) {
  Maker(inside / "middle.h5")
      .source("x", "../out/secret.h5", "/x")
      .link("y", "../out/secret.h5", "/x");
  Maker(file).source("nested", "middle.h5", "/x").source("linked", "middle.h5", "/y");
  const Tree tree = read();
  for (const char* path : {"/nested", "/linked"}) {
    for (int again = 0; again < 2; ++again)
      expect_error(ErrorCode::unsupported, "secret.h5 lies outside of",
                   [&] { (void)tree.value(path); });
  }
  EXPECT_EQ(read(ExternalLinks::copy, {outside.string()}).value("/nested"), kOutside);
}

TEST_F(OutsideFilesTest, ExternalStorage) {
  Maker(file)
      .raw("beside", {"b.raw"}, H5T_STD_U8LE)
      .raw("absolute", {(outside / "secret.raw").string()}, H5T_STD_U8LE)
      .raw("up", {"../out/secret.raw"}, H5T_STD_U8LE)
      .raw("symbolic", {"way.raw"}, H5T_STD_U8LE)
      .raw("second", {"b.raw", "door/secret.raw"}, H5T_STD_U8LE);
  const Tree tree = read();
  EXPECT_EQ(tree.value("/beside"), kInside);
  for (const char* path : {"/absolute", "/up", "/symbolic", "/second"})
    expect_left_out(tree, path, "secret.raw");
  expect_error(ErrorCode::unsupported, "other files are refused: at /absolute",
               [&] { (void)read(ExternalLinks::refuse); });
}

TEST_F(OutsideFilesTest, ExternalStorageThatIsSwappedMeanwhile) {
  Maker(file).raw("raw", {"b.raw"}, H5T_STD_U8LE).source("virtual", "b.h5", "/x");
  const Tree tree = read();
  fs::remove(inside / "b.raw");
  fs::create_symlink(outside / "secret.raw", inside / "b.raw");
  fs::remove(inside / "b.h5");
  fs::create_symlink(outside / "secret.h5", inside / "b.h5");
  for (const char* path : {"/raw", "/virtual"})
    expect_error(ErrorCode::unsupported, "lies outside of", [&] { (void)tree.value(path); });
}

// The environment tells HDF5 where else to look.
TEST_F(OutsideFilesTest, PrefixesOfTheEnvironment) {
  Maker(file)
      .link("link", "secret.h5", "/x")
      .source("virtual", "secret.h5", "/x")
      .raw("raw", {"secret.raw"}, H5T_STD_U8LE);
  for (const char* name : {"HDF5_EXT_PREFIX", "HDF5_VDS_PREFIX", "HDF5_EXTFILE_PREFIX"})
    ::setenv(name, outside.c_str(), 1);
  const Tree tree = read();
  expect_left_out(tree, "/link", "secret.h5");
  expect_error(ErrorCode::unsupported, "secret.h5 lies outside of",
               [&] { (void)tree.value("/virtual"); });
  expect_error(ErrorCode::not_found, "secret.raw", [&] { (void)tree.value("/raw"); });
  for (const char* name : {"HDF5_EXT_PREFIX", "HDF5_VDS_PREFIX", "HDF5_EXTFILE_PREFIX"})
    ::unsetenv(name);
}

// Whoever opened it would wait for ever.
TEST_F(OutsideFilesTest, APipeIsNeverOpened) {
  ASSERT_EQ(::mkfifo((outside / "pipe").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((inside / "pipe").c_str(), 0600), 0);
  Maker(file)
      .link("out", "../out/pipe", "/x")
      .link("in", "pipe", "/x")
      .source("virtual", "../out/pipe", "/x")
      .raw("raw", {"../out/pipe"}, H5T_STD_U8LE);
  const Tree tree = read();
  EXPECT_NE(tree.notice("/in").find("can't be opened"), std::string::npos);
  for (const char* path : {"/out", "/virtual", "/raw"}) expect_left_out(tree, path, "pipe");
}

TEST_F(OutsideFilesTest, ASourceThatIsASymbolicLinkHasBothDirectories) {
  Maker(file).link("l", "b.h5", "/x");
  fs::create_directory(top / "elsewhere");
  fs::create_symlink(file, top / "elsewhere/a.h5");
  const auto reader = open_reader((top / "elsewhere/a.h5").string());
  EXPECT_NE(reader->read_tree().find_dataset("/l"), nullptr);
}

// HDF5 opens a file once for all who have it open; each of them has rules of its own.
TEST_F(OutsideFilesTest, ReadersOfOneFileHaveRulesOfTheirOwn) {
  Maker(inside / "middle.h5").source("x", "../out/secret.h5", "/x");
  Maker(file).link("link", "../out/secret.h5", "/x").source("nested", "middle.h5", "/x");
  const Tree wide = read(ExternalLinks::copy, {outside.string()});
  const Tree narrow = read();
  const Tree wide_again = read(ExternalLinks::copy, {outside.string()});
  EXPECT_EQ(wide.value("/link"), kOutside);
  EXPECT_EQ(wide.value("/nested"), kOutside);
  expect_left_out(narrow, "/link", "secret.h5");
  expect_error(ErrorCode::unsupported, "lies outside of", [&] { (void)narrow.value("/nested"); });
  EXPECT_EQ(wide_again.value("/link"), kOutside);
  EXPECT_EQ(wide_again.value("/nested"), kOutside);
}

// External storage is read beside HDF5: every type and every region as with it.
TEST_F(OutsideFilesTest, ExternalStorageOfOtherTypes) {
  std::string bytes;
  for (int i = 0; i < 48; ++i) bytes += static_cast<char>(i);
  std::ofstream(inside / "1.raw") << bytes.substr(0, 24);
  std::ofstream(inside / "2.raw") << bytes.substr(24, 20);  // HDF5 fills the rest with zeros.
  const Handle compound(H5Tcreate(H5T_COMPOUND, 12));
  H5Tinsert(compound.id(), "big", 0, H5T_STD_I32BE);
  H5Tinsert(compound.id(), "small", 8, H5T_STD_I16LE);
  Maker(file)
      .raw("big", {"1.raw", "2.raw"}, H5T_STD_I32BE)
      .raw("compound", {"1.raw", "2.raw"}, compound.id());
  const Tree tree = read();
  const auto* const big = tree.root.find_dataset("/big");
  Bytes out(8);
  big->array()->read({{1}, {2}}, out);
  EXPECT_EQ(std::to_integer<int>(out[0]), 7) << "little-endian, the last of its bytes";
  const auto* const records = tree.root.find_dataset("/compound");
  ASSERT_NE(records, nullptr);
  Bytes all(records->array()->info().type.size * kLength);
  records->array()->read(Region::all({kLength}), all);
  const std::size_t size = records->array()->info().type.size;
  EXPECT_EQ(std::to_integer<int>(all[2 * size]), 27);
  EXPECT_EQ(std::to_integer<int>(all[3 * size + size - 2]), 0) << "behind the second file's end";
}

TEST(AllowedPlacesTest, ContainWhatIsBelow) {
  const AllowedPlaces places({"/a/b", "/c"});
  for (const char* path : {"/a/b", "/a/b/x", "/c/x/y"}) EXPECT_TRUE(places.contains(path)) << path;
  for (const char* path : {"", "/", "/a", "/a/bc", "/cc", "c"})
    EXPECT_FALSE(places.contains(path)) << path;
  EXPECT_TRUE(AllowedPlaces().contains("/x"));
  EXPECT_FALSE(AllowedPlaces(std::vector<std::string>{}).contains("/x"));
}

}  // namespace
}  // namespace engram::backend
