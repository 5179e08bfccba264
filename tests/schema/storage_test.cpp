#include "engram/schema/storage.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engram/store/directory_store.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/zarr/array.hpp"
#include "testing/expect_error.hpp"
#include "testing/temp_dir.hpp"

namespace engram::schema {
namespace {

using store::DirectoryStore;
using store::MemoryStore;

SchemaAddress address_in(const std::string& schema, const std::string& table,
                         std::vector<KeyValue> key, const std::string& field) {
  SchemaAddress address;
  address.schema = schema;
  address.table = table;
  address.key = std::move(key);
  address.field = field;
  address.token = "8e8oabcd";
  return address;
}

void put_array(const std::shared_ptr<store::Store>& root, const SchemaAddress& address,
               const PathOptions& options = {}, int zarr_format = 2) {
  zarr::ArrayOptions array;
  array.zarr_format = zarr_format;
  array.type = DataType::integer(2);
  array.shape = {3};
  const std::vector<std::int16_t> values{1, 2, 3};
  zarr::Array::create(create_store(root, address, options), "", array)
      .write<std::int16_t>(Region::all({3}), values);
}

std::vector<std::string> paths_of(const std::vector<StoredObject>& objects) {
  std::vector<std::string> paths;
  for (const StoredObject& object : objects) paths.push_back(object.path);
  return paths;
}

void put(store::Store& root, const std::string& key, const std::string& value = "x") {
  root.set(store::Key(key), as_bytes(value));
}

TEST(StorageTest, WhatIsWrittenIsListedAndOpened) {
  const testing::TempDir dir;
  const auto root = std::make_shared<DirectoryStore>(dir / "main", DirectoryStore::Mode::create);
  const std::vector<SchemaAddress> addresses{
      address_in("lab", "_recording", {{"subject", "M/12"}, {"session", 1}}, "movie"),
      address_in("lab", "_recording", {{"subject", "M/12"}, {"session", 2}}, "movie"),
      address_in("lab", "session", {}, "raw"), address_in("other", "t", {{"a", ".."}}, "x")};
  for (const auto& address : addresses) put_array(root, address);
  zarr::Group::create(create_store(root, address_in("other", "t", {{"a", "b"}}, "g")), "",
                      Json::object(), zarr::IfExists::refuse, {}, 3);
  const auto found = list(root);
  ASSERT_EQ(found.size(), 5U);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    EXPECT_EQ(found[i].address, addresses[i]);
    EXPECT_EQ(found[i].path, to_path(addresses[i]));
    EXPECT_EQ(found[i].kind, zarr::NodeKind::array);
    const auto array = zarr::Array::open(open_store(root, found[i].address));
    EXPECT_EQ(array.read<std::int16_t>(Region::all(array.shape())),
              (std::vector<std::int16_t>{1, 2, 3}));
    EXPECT_EQ(zarr::Array::open(open_store(root, found[i].path)).shape(), Shape{3});
  }
  EXPECT_EQ(found[4].kind, zarr::NodeKind::group);
  EXPECT_EQ(zarr::Group::open(open_store(root, found[4].path)).zarr_format(), 3);
  // Nothing else was made: no groups above.
  EXPECT_EQ(root->list_dir("_schema/lab").keys, std::vector<std::string>{});
  EXPECT_EQ(paths_of(list(root, {"lab", {}, {}})), paths_of({found.begin(), found.begin() + 3}));
  EXPECT_EQ(paths_of(list(root, {{}, "t", {}})), paths_of({found.begin() + 3, found.end()}));
  EXPECT_EQ(paths_of(list(root, {"lab", {}, "raw"})), paths_of({found[2]}));
  EXPECT_TRUE(list(root, {"lab", "t", {}}).empty());
}

TEST(StorageTest, OpenAndCreateSayWhatIsThere) {
  const auto root = std::make_shared<MemoryStore>();
  const auto address = address_in("lab", "t", {{"a", 1}}, "x");
  testing::expect_error(ErrorCode::not_found, "there is no Zarr at \"_schema/lab/t/a=1/x_8e8oabcd",
                        [&] { open_store(root, address); });
  testing::expect_error(ErrorCode::invalid_argument, "\"..\"",
                        [&] { open_store(root, std::string("a/../x")); });
  put_array(root, address);
  testing::expect_error(ErrorCode::already_exists, "another token makes another place",
                        [&] { create_store(root, address); });
  put(*root, "_schema/lab/t/a=2/x_8e8oabcd.zarr");
  testing::expect_error(ErrorCode::already_exists, "something lies at", [&] {
    create_store(root, address_in("lab", "t", {{"a", 2}}, "x"));
  });
}

TEST(StorageTest, PassesOverWhatIsNone) {
  const auto root = std::make_shared<MemoryStore>();
  const std::string zgroup = R"({"zarr_format": 2})";
  const auto address = address_in("lab", "t", {{"a", 1}}, "x");
  put_array(root, address);
  put(*root, "_schema/lab/t/a=1/x_8e8oabcd.zarr.manifest.json");
  put(*root, "_schema/lab/t/a=1/w_8e8oabcd.npy");
  put(*root, "_schema/lab/t/a=1/folder_8e8oabcd/file");
  put(*root, "_schema/lab/t/a=1/.zarr/.zgroup", zgroup);
  put(*root, "_schema/lab/t/a=1/b%2Fc.zarr/.zgroup", zgroup);
  put(*root, "_schema/lab/t/a%=1/x_8e8oabcd.zarr/.zgroup", zgroup);
  put(*root, "_schema/lab/t/=1/x_8e8oabcd.zarr/.zgroup", zgroup);
  put(*root, "_schema/lab/t=1/u/x_8e8oabcd.zarr/.zgroup", zgroup);
  put(*root, "_schema/lab/.zgroup", zgroup);
  put(*root, "_hash/lab/ab/cd/efgh", "x");
  put(*root, "elsewhere/t/a=1/x_8e8oabcd.zarr/.zgroup", zgroup);
  EXPECT_EQ(paths_of(list(root)), std::vector<std::string>{to_path(address)});
  EXPECT_TRUE(list(root, {}, {"nowhere", 8}).empty());
}

TEST(StorageTest, PlainPathsAndPartitions) {
  const auto root = std::make_shared<MemoryStore>();
  const PathOptions plain{"", 0};
  auto address = address_in("lab", "t", {{"a", 1}, {"b", 2}}, "x_waveform");
  address.token.clear();
  put_array(root, address, plain, 3);
  partition_by(address, "{b}");
  put_array(root, address, plain);
  put(*root, "_hash/lab/ab/zarr.json", "{}");
  const auto found = list(root, {}, plain);
  EXPECT_EQ(paths_of(found), (std::vector<std::string>{"b=2/lab/t/a=1/x_waveform.zarr",
                                                       "lab/t/a=1/b=2/x_waveform.zarr"}));
  EXPECT_EQ(found.at(0).address, address);
}

TEST(StorageTest, TellsOfDamage) {
  const auto root = std::make_shared<MemoryStore>();
  put(*root, "_schema/lab/t/a=1/x_8e8oabcd.zarr/zarr.json", "{");
  put_array(root, address_in("lab", "t", {{"a", 2}}, "x"));
  const auto found = list(root);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].kind, std::nullopt);
  EXPECT_NE(found[0].fault.find("zarr.json"), std::string::npos) << found[0].fault;
  EXPECT_EQ(found[1].kind, zarr::NodeKind::array);
}

TEST(StorageTest, IsBounded) {
  const auto root = std::make_shared<MemoryStore>();
  std::string deep = "_schema/lab/t";
  for (int i = 0; i < 300; ++i) deep += "/a=1";
  put(*root, deep + "/x_8e8oabcd.zarr/.zgroup", R"({"zarr_format": 2})");
  testing::expect_error(ErrorCode::limit_exceeded, "deeper than 256", [&] { list(root); });
  const auto wide = std::make_shared<MemoryStore>();
  for (int i = 0; i < 20; ++i) put(*wide, "_schema/lab/t/a=" + std::to_string(i) + "/x/y");
  Limits few;
  few.max_nodes = 15;
  testing::expect_error(ErrorCode::limit_exceeded, "more than 15 directories",
                        [&] { list(wide, {}, {}, few); });
}

// Names whose path is longer than that of any key.
TEST(StorageTest, PassesOverWhatNoKeyReaches) {
  const testing::TempDir dir;
  std::filesystem::path deep = dir.path() / "_schema" / "lab" / "t";
  std::filesystem::create_directories(deep);
  const auto old = std::filesystem::current_path();
  std::filesystem::current_path(deep);
  for (int i = 0; i < 40; ++i) {
    const std::string name = "a=" + std::string(120, 'x');
    std::filesystem::create_directory(name);
    std::filesystem::current_path(name);
  }
  std::filesystem::current_path(old);
  const auto root =
      std::make_shared<const DirectoryStore>(dir.path().string(), DirectoryStore::Mode::read);
  EXPECT_TRUE(list(root).empty());
}

TEST(StorageTest, LinksThatLeadOutAreNotFollowed) {
  const testing::TempDir dir;
  const auto outside = std::make_shared<DirectoryStore>(dir / "out", DirectoryStore::Mode::create);
  zarr::Group::create(outside);
  const auto root = std::make_shared<DirectoryStore>(dir / "main", DirectoryStore::Mode::create);
  put_array(root, address_in("lab", "t", {{"a", 1}}, "x"));
  std::filesystem::create_directory_symlink(dir / "out",
                                            dir.path() / "main/_schema/lab/t/a=1/y_8e8oabcd.zarr");
  std::filesystem::create_directory_symlink(dir / "main", dir.path() / "main/_schema/loop");
  EXPECT_EQ(list(root).size(), 1U);
  EXPECT_THROW(open_store(root, address_in("lab", "t", {{"a", 1}}, "y")), Error);
}

}  // namespace
}  // namespace engram::schema
