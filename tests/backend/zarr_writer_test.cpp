#include <gtest/gtest.h>

#include <filesystem>

#include "engram/backend/open.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/adopt.hpp"
#include "engram/codec/pipeline.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/zarr/array.hpp"
#include "testing/expect_error.hpp"
#include "testing/fake_sources.hpp"
#include "testing/faulty_store.hpp"
#include "testing/temp_dir.hpp"

namespace engram::backend {
namespace {

using hdmf::GroupBuilder;
using hdmf::Value;
using testing::attributes_of;
using testing::dataset_of;
using testing::expect_error;
using testing::fake_array;
using testing::text_of;
using testing::write_all;

class ZarrWriter : public ::testing::Test {
 protected:
  std::unique_ptr<Writer> writer() { return make_zarr_writer(store_, options_); }

  Json json(const std::string& key) const {
    const auto bytes = store_->get(store::Key(key), 1U << 20U);
    return bytes ? parse_json(as_text(*bytes)) : Json("(none)");
  }
  Bytes bytes(const std::string& key) const {
    return store_->get(store::Key(key), 1U << 20U).value_or(Bytes());
  }
  bool has(const std::string& key) const { return store_->size(store::Key(key)).has_value(); }

  static GroupBuilder group(std::string name, hdmf::Attributes attributes = {}) {
    GroupBuilder group;
    group.name = std::move(name);
    group.attributes = std::move(attributes);
    return group;
  }

  // The notices of writing `root`, as lines "path: text".
  std::vector<std::string> notices(const GroupBuilder& root) {
    const auto writer = this->writer();
    writer->write_tree(root);
    std::vector<std::string> lines;
    for (const Notice& notice : writer->notices())
      lines.push_back(notice.path + ": " + notice.text);
    return lines;
  }

  Bytes read(const std::string& path) const {
    const zarr::Array array(store_, path, zarr::parse_zarray(json(path + "/.zarray")));
    const auto& metadata = array.metadata();
    Bytes out(static_cast<std::size_t>(element_count(metadata.shape) * metadata.type.size));
    array.read(Region::all(metadata.shape), out);
    return out;
  }

  std::shared_ptr<store::MemoryStore> store_ = std::make_shared<store::MemoryStore>();
  ZarrWriteOptions options_;
};

TEST_F(ZarrWriter, WritesGroupsAndConsolidatesLast) {
  GroupBuilder root = group("", attributes_of({{"title", "x"}}));
  root.groups.push_back(group("a"));
  root.groups[0].groups.push_back(group("b c", attributes_of({{"n", 1.0}})));
  const auto writer = this->writer();
  writer->write_tree(root);
  EXPECT_EQ(json(".zgroup"), (Json{{"zarr_format", 2}}));
  EXPECT_EQ(json(".zattrs"), (Json{{"title", "x"}}));
  EXPECT_FALSE(has("a/.zattrs"));
  EXPECT_EQ(json("a/b c/.zattrs"), (Json{{"n", 1.0}}));
  EXPECT_FALSE(has(".zmetadata"));
  writer->finish();
  EXPECT_EQ(json(".zmetadata")["metadata"]["a/b c/.zattrs"], (Json{{"n", 1.0}}));
  EXPECT_EQ(writer->counters().files, 6U);
}

TEST_F(ZarrWriter, WhatIsExpectedOnlyMakesRoom) {
  const testing::TempDir dir;
  const auto store =
      std::make_shared<store::DirectoryStore>(dir / "s", store::DirectoryStore::Mode::create);
  const auto writer = make_zarr_writer(store, options_);
  const std::vector<std::string> paths = {"/",       "/a",    "/a/b",
                                          "/a/../c", "/a//d", "/" + std::string(300, 'x')};
  for (const std::string& path : paths) writer->expect(path);
  EXPECT_TRUE(std::filesystem::is_directory(dir / "s/a/b"));
  EXPECT_EQ(std::distance(std::filesystem::recursive_directory_iterator(dir / "s"),
                          std::filesystem::recursive_directory_iterator()),
            2);
  EXPECT_EQ(writer->counters().files, 0U);
}

TEST_F(ZarrWriter, MayLeaveConsolidatedMetadataOut) {
  options_.consolidate = false;
  write_all(*writer(), group(""));
  EXPECT_TRUE(has(".zgroup"));
  EXPECT_FALSE(has(".zmetadata"));
}

struct BadName {
  const char* why;
  std::string name;
  const char* message;
};

TEST_F(ZarrWriter, RefusesNamesBeforeAnythingIsWritten) {
  for (const auto& [why, name, message] : std::initializer_list<BadName>{
           {"array metadata", ".zarray", "\".zarray\" is that of a metadata file"},
           {"group metadata", ".zgroup", "\".zgroup\""},
           {"attributes", ".zattrs", "\".zattrs\""},
           {"consolidated metadata", ".zmetadata", "\".zmetadata\""},
           {"here", ".", "/a/."},
           {"above", "..", "/a/.."},
           {"a NUL", std::string("x\0y", 3), "/a/x"},
           {"a backslash", "x\\y", "/a/x"},
           {"no UTF-8", "\xff", "/a/"},
           {"too long", std::string(300, 'x'), "/a/xxx"},
           {"empty", "", "/a/"}}) {
    for (const bool as_dataset : {false, true}) {
      GroupBuilder root = group("");
      root.groups.push_back(group("a"));
      if (as_dataset) {
        root.groups[0].datasets.push_back(text_of(name, "x"));
      } else {
        root.groups[0].groups.push_back(group(name));
      }
      SCOPED_TRACE(why);
      expect_error(ErrorCode::unsupported, message, [&] { writer()->write_tree(root); });
      EXPECT_FALSE(has(".zgroup"));
    }
  }
}

TEST_F(ZarrWriter, RefusesPathsThatAreTooLongAndNamesThatStandTwice) {
  GroupBuilder deep = group(std::string(250, 'x'));
  for (int i = 0; i < 16; ++i) {
    GroupBuilder above = group(std::string(250, 'x'));
    above.groups.push_back(deep);
    deep = above;
  }
  GroupBuilder root = group("");
  root.groups.push_back(deep);
  expect_error(ErrorCode::unsupported, "4096", [&] { writer()->write_tree(root); });
  root.groups = {group("a")};
  root.datasets = {text_of("a", "x")};
  expect_error(ErrorCode::unsupported, "/a can't be written to Zarr: its group has another member",
               [&] { writer()->write_tree(root); });
  root.datasets.clear();
  root.links = {{"a", ".", "/a"}};
  expect_error(ErrorCode::unsupported, "/a can't", [&] { writer()->write_tree(root); });
}

TEST_F(ZarrWriter, KeepsOddNames) {
  GroupBuilder root = group("");
  for (const char* name : {"0", "a%b", ".hidden", "a b", "\u00fc", "-", "zarr.json"})
    root.groups.push_back(group(name));
  writer()->write_tree(root);
  for (const GroupBuilder& child : root.groups) EXPECT_TRUE(has(child.name + "/.zgroup"));
}

TEST_F(ZarrWriter, WritesLinksOnTheirGroup) {
  GroupBuilder root = group("");
  root.groups = {group("a"), group("b")};
  root.groups[0].datasets.push_back(text_of("t", "x"));
  root.groups[1].links = {{"z", ".", "/a/t"}, {"y", ".", "/a"}, {"far", "other.zarr", "/q"}};
  EXPECT_TRUE(notices(root).empty());
  EXPECT_EQ(dump_json(json("b/.zattrs"), JsonStyle::compact),
            R"({"zarr_link":[{"name":"z","path":"/a/t","source":"."},)"
            R"({"name":"y","path":"/a","source":"."},)"
            R"({"name":"far","path":"/q","source":"other.zarr"}]})");
}

TEST_F(ZarrWriter, LeavesOutLinksThatLeadNowhere) {
  GroupBuilder root = group("");
  root.groups = {group("a")};
  root.groups[0].links = {{"x", ".", "/b"}};
  EXPECT_EQ(notices(root), std::vector<std::string>{"/a/x: link left out: there is nothing at /b"});
  EXPECT_FALSE(has("a/.zattrs"));
}

TEST_F(ZarrWriter, LeavesOutAliasesBesideTheirTargetInUntypedGroups) {
  const auto typed = attributes_of({{"neurodata_type", "TimeSeries"}});
  GroupBuilder root = group("");
  root.groups = {group("acquisition"), group("typed", typed), group("stimulus")};
  for (GroupBuilder& child : root.groups) {
    child.groups = {group("ts", typed), group("plain")};
    child.links = {{"alias", ".", "/" + child.name + "/ts"},
                   {"same", ".", "/" + child.name + "/plain"}};
  }
  root.groups[2].links.push_back({"other", ".", "/acquisition/ts"});
  const auto lines = notices(root);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with("/acquisition/alias: link left out")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("/stimulus/alias: link left out")) << lines[1];
  EXPECT_EQ(json("acquisition/.zattrs")["zarr_link"].size(), 1U);
  EXPECT_EQ(json("typed/.zattrs")["zarr_link"].size(), 2U);
  EXPECT_EQ(json("stimulus/.zattrs")["zarr_link"].size(), 2U);
}

TEST_F(ZarrWriter, KeepsOneOfSeveralLinksThatPynwbShowsUnderOneName) {
  const auto typed = attributes_of({{"neurodata_type", "TimeSeries"}});
  GroupBuilder root = group("");
  root.groups = {group("a"), group("b"), group("untyped"),
                 group("module", attributes_of({{"neurodata_type", "ProcessingModule"}})),
                 group("typed", typed)};
  for (std::size_t i : {0U, 1U}) root.groups[i].groups = {group("ts", typed), group("plain")};
  for (std::size_t i : {2U, 3U, 4U}) {
    root.groups[i].links = {{"two", ".", "/b/ts"},
                            {"one", ".", "/a/ts"},
                            {"p", ".", "/a/plain"},
                            {"q", ".", "/b/plain"}};
  }
  const auto lines = notices(root);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with("/untyped/one: link left out")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("/module/one: link left out")) << lines[1];
  EXPECT_EQ(json("untyped/.zattrs")["zarr_link"].size(), 3U);
  EXPECT_EQ(json("module/.zattrs")["zarr_link"].size(), 3U);
  EXPECT_EQ(json("typed/.zattrs")["zarr_link"].size(), 4U);
}

TEST_F(ZarrWriter, LeavesOutAttributesWithReservedNames) {
  GroupBuilder root = group("", attributes_of({{"zarr_dtype", "x"},
                                               {"zarr_link", "x"},
                                               {"_ENUM", "x"},
                                               {"_DATASPACE", "x"},
                                               {"_TYPE", "x"},
                                               {".specloc", 5.0},
                                               {"r", hdmf::Record{{"zarr_dtype", Value(1.0)}}},
                                               {"kept", "x"}}));
  root.groups = {group("a", attributes_of({{".specloc", "elsewhere"}}))};
  const auto lines = notices(root);
  EXPECT_EQ(lines.size(), 7U);
  EXPECT_EQ(lines.front(),
            "/@zarr_dtype: attribute left out: engram gives this name a meaning of its own");
  EXPECT_EQ(json(".zattrs"), (Json{{"kept", "x"}}));
  EXPECT_EQ(json("a/.zattrs"), (Json{{".specloc", "elsewhere"}}));
}

TEST_F(ZarrWriter, TellsOfEnumerationsAndAttributesOfDatasetsWithTheTree) {
  GroupBuilder root = group("");
  auto dataset =
      dataset_of("e", fake_array<std::uint8_t>(DataType::unsigned_integer(1), {2}, {1, 3}),
                 attributes_of({{"_TYPE", 1.0}}));
  dataset.enumeration = {{"RED", 1}, {"BLUE", 3}};
  root.datasets = {dataset};
  const auto lines = notices(root);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with("/e@_TYPE")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("/e: an enumeration became integers")) << lines[1];
  write_all(*writer(), root);
  EXPECT_EQ(json("e/.zattrs"), parse_json(R"({"_ENUM":{"BLUE":3,"RED":1},"zarr_dtype":"uint8"})"));
}

TEST_F(ZarrWriter, PadsEdgesWithTheFillValue) {
  const auto source = std::make_shared<testing::FakeArray>(
      ArrayInfo{DataType::integer(2), {3, 3}, {2, 2}, testing::bytes_of<std::int16_t>({-1})},
      testing::bytes_of<std::int16_t>({1, 2, 3, 4, 5, 6, 7, 8, 9}));
  GroupBuilder root = group("");
  root.datasets = {dataset_of("d", source)};
  write_all(*writer(), root);
  EXPECT_EQ(json("d/.zarray")["fill_value"], -1);
  EXPECT_EQ(bytes("d/0.0"), testing::bytes_of<std::int16_t>({1, 2, 4, 5}));
  EXPECT_EQ(bytes("d/0.1"), testing::bytes_of<std::int16_t>({3, -1, 6, -1}));
  EXPECT_EQ(bytes("d/1.1"), testing::bytes_of<std::int16_t>({9, -1, -1, -1}));
}

TEST_F(ZarrWriter, StoresElementsInThePlannedByteOrder) {
  GroupBuilder root = group("");
  root.datasets = {dataset_of(
      "d", fake_array<std::int16_t>(DataType::integer(2, ByteOrder::big), {3}, {1, 2, 3}, {2}))};
  write_all(*writer(), root);
  EXPECT_EQ(json("d/.zarray")["dtype"], ">i2");
  EXPECT_EQ(bytes("d/0"), testing::bytes_of<std::int16_t>({0x0100, 0x0200}));
  EXPECT_EQ(read("d"), testing::bytes_of<std::int16_t>({1, 2, 3}));
}

TEST_F(ZarrWriter, GivesScalarsAndEmptyArraysAShape) {
  GroupBuilder root = group("");
  root.datasets = {dataset_of("s", fake_array<double>(DataType::floating(8), {}, {2.5})),
                   dataset_of("e", fake_array<float>(DataType::floating(4), {0, 4}, {}, {5, 0})),
                   dataset_of("n", fake_array<float>(DataType::floating(4), {0}, {}))};
  root.datasets[2].is_null = true;
  write_all(*writer(), root);
  EXPECT_EQ(json("s/.zarray")["shape"], Json::array({1}));
  EXPECT_EQ(json("s/.zattrs"), (Json{{"zarr_dtype", "scalar"}}));
  EXPECT_EQ(bytes("s/0"), testing::bytes_of<double>({2.5}));
  EXPECT_EQ(json("e/.zarray")["chunks"], Json({5, 1}));
  EXPECT_FALSE(has("e/0.0"));
  EXPECT_EQ(json("n/.zattrs"), (Json{{"_DATASPACE", "null"}, {"zarr_dtype", "float32"}}));
}

TEST_F(ZarrWriter, FiltersComeBeforeTheCompressor) {
  GroupBuilder root = group("");
  root.datasets = {dataset_of("d", fake_array<std::int16_t>(DataType::integer(2), {2}, {1, 2}))};
  const CodecConfig shuffle{"shuffle", {{"elementsize", 2}}};
  write_all(*writer(), root, {shuffle, {"zlib", {{"level", 1}}}});
  EXPECT_EQ(json("d/.zarray")["compressor"]["id"], "zlib");
  EXPECT_EQ(json("d/.zarray")["filters"][0]["id"], "shuffle");
  EXPECT_EQ(read("d"), testing::bytes_of<std::int16_t>({1, 2}));
  write_all(*writer(), root, {shuffle});
  EXPECT_TRUE(json("d/.zarray")["compressor"].is_null());
  EXPECT_EQ(json("d/.zarray")["filters"].size(), 1U);
}

TEST_F(ZarrWriter, CopiesEncodedChunks) {
  const std::vector<CodecConfig> source = {{"shuffle", {{"elementsize", 2}}},
                                           {"zlib", {{"level", 4}}}};
  std::vector<std::int16_t> values(400);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int16_t>(i / 3);
  const ArrayInfo info{DataType::integer(2), {400}, {200}, std::nullopt};
  const auto array = std::make_shared<testing::FakeArray>(info, testing::bytes_of(values));
  const auto dataset = dataset_of("d", array);
  const auto writer = this->writer();
  GroupBuilder root = group("");
  root.datasets = {dataset};
  writer->write_tree(root);
  ArrayPlan plan;
  plan.info = info;
  plan.source_codecs = source;
  plan.codecs = writer->adopt(info, source).value();
  plan.copy = true;
  const auto sink = writer->create_array("/d", dataset, plan);
  Bytes elements(400);
  array->read({{0}, {200}}, elements);
  Bytes chunk = codec::Pipeline(source).encode(elements, 2);
  sink->write_encoded(0, 0, chunk);
  array->read({{200}, {200}}, elements);
  chunk = codec::Pipeline({source[1]}).encode(elements, 2);
  sink->write_encoded(1, 1, chunk);  // filter 0, the shuffle, was skipped
  EXPECT_EQ(read("d"), testing::bytes_of(values));
  EXPECT_EQ(json("d/.zarray")["compressor"]["id"], "blosc");
  EXPECT_EQ(writer->counters().chunks_framed, 2U);
  EXPECT_EQ(writer->counters().chunks_recoded, 0U);
  EXPECT_EQ(writer->counters().chunks_inflated, 0U);

  expect_error(ErrorCode::invalid_argument, "was not planned for chunks that are encoded", [&] {
    plan.copy = false;
    writer->create_array("/d", dataset, plan)->write_encoded(0, 0, chunk);
  });
  expect_error(ErrorCode::invalid_argument, "/d: its chunks can't be kept", [&] {
    plan.copy = true;
    plan.codecs = {{"zlib", {{"level", 4}}}};
    writer->create_array("/d", dataset, plan);
  });
  EXPECT_FALSE(writer->adopt(info, {{"szip", Json::object()}}));
}

TEST_F(ZarrWriter, ChecksTheSizeOfWhatItIsGiven) {
  const auto array = fake_array<std::int16_t>(DataType::integer(2), {3}, {1, 2, 3}, {2});
  const auto dataset = dataset_of("d", array);
  const auto writer = this->writer();
  const auto sink = writer->create_array("/d", dataset, testing::plan_for(*array));
  expect_error(ErrorCode::invalid_argument, "chunk 1 of /d was given 4 bytes, not 2",
               [&] { sink->write(1, Bytes(4)); });
}

TEST_F(ZarrWriter, InMemoryOfAWholeChunkItIsTheSame) {
  const auto writer = this->writer();
  int count = 0;
  for (const Shape& shape : {Shape{4, 4}, Shape{3, 4}, Shape{5, 4}, Shape{5, 3}, Shape{4, 5}})
    for (const ByteOrder order : {ByteOrder::little, ByteOrder::big})
      for (const std::uint64_t room : {std::uint64_t{0}, std::uint64_t{5}}) {
        SCOPED_TRACE(to_string(shape));
        std::vector<std::int16_t> values(element_count(shape));
        for (std::size_t i = 0; i < values.size(); ++i)
          values[i] = static_cast<std::int16_t>(i + 1);
        const auto array = std::make_shared<testing::FakeArray>(
            ArrayInfo{
                DataType::integer(2, order), shape, {2, 2}, testing::bytes_of<std::int16_t>({-7})},
            testing::bytes_of<std::int16_t>(values));
        const std::string name = "d" + std::to_string(++count);
        const auto plan = testing::plan_for(*array, {{"zlib", {{"level", 1}}}});
        const auto plain = writer->create_array("/" + name, dataset_of(name, array), plan);
        const auto roomy =
            writer->create_array("/" + name + "r", dataset_of(name + "r", array), plan);
        const ChunkGrid grid(shape, {2, 2});
        for (std::uint64_t number = 0; number < grid.chunk_count(); ++number) {
          const Region region = grid.region(grid.place(number));
          Bytes elements(element_count(region.shape) * 2);
          array->read(region, elements);
          plain->write(number, elements);
          const std::size_t size = elements.size();
          elements.resize(8 + room, std::byte{0xaa});
          roomy->write_in(number, elements, size);
        }
        for (const std::string key : {"0.0", "0.1", "1.0", "1.1", "2.0", "0.2", "2.1"})
          EXPECT_EQ(bytes(name + "/" + key), bytes(name + "r/" + key)) << key;
        EXPECT_FALSE(bytes(name + "/1.1").empty());
        expect_error(ErrorCode::invalid_argument, "was given 6 bytes, not", [&] {
          Bytes memory(8);
          roomy->write_in(0, memory, 6);
        });
      }
}

TEST_F(ZarrWriter, PortableHasLongDoublesAsTheirBytes) {
  options_.compat = Compat::portable;
  const DataType wide = DataType::floating(16);
  const DataType record = DataType::structured({Field{"x", wide, {}, 0}});
  std::vector<std::uint8_t> elements(32);
  elements[3] = 7;
  GroupBuilder root = group("");
  root.datasets = {dataset_of("d", fake_array<std::uint8_t>(wide, {2}, elements)),
                   dataset_of("r", fake_array<std::uint8_t>(record, {2}, elements))};
  const auto lines = notices(root);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with("/d: long doubles became opaque bytes")) << lines[0];
  write_all(*writer(), root);
  EXPECT_EQ(json("d/.zarray")["dtype"], "|V16");
  EXPECT_EQ(json("d/.zattrs")["zarr_dtype"], "void");
  EXPECT_EQ(dump_json(json("r/.zarray")["dtype"], JsonStyle::compact), R"([["x","|V16"]])");
  const auto stored = std::as_bytes(std::span(elements));
  EXPECT_EQ(bytes("d/0"), Bytes(stored.begin(), stored.end()));
}

TEST_F(ZarrWriter, PortableHasNoFieldsWithinFields) {
  options_.compat = Compat::portable;
  const DataType inner = DataType::structured(
      {Field{"b", DataType::integer(2), {}, 0}, Field{"c", DataType::floating(4), {2}, 0}});
  const DataType type =
      DataType::structured({Field{"a", inner, {}, 0}, Field{"v", DataType::integer(1), {100}, 0}});
  GroupBuilder root = group("");
  std::vector<std::uint8_t> element(110);
  root.datasets = {dataset_of("d", fake_array<std::uint8_t>(type, {1}, element))};
  const auto lines = notices(root);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with("/d: fields within fields")) << lines[0];
  write_all(*writer(), root);
  EXPECT_EQ(dump_json(json("d/.zarray")["dtype"], JsonStyle::compact),
            R"([["a.b","<i2"],["a.c[0]","<f4"],["a.c[1]","<f4"],["v","|V100"]])");
  EXPECT_EQ(bytes("d/0").size(), 110U);
}

TEST_F(ZarrWriter, PassesOnWhatTheStoreSays) {
  GroupBuilder root = group("");
  root.datasets = {text_of("t", "x"),
                   dataset_of("d", fake_array<std::int16_t>(DataType::integer(2), {1}, {1}))};
  testing::FaultyStore counting(*store_, ~std::uint64_t{0}, testing::FaultyStore::Fault::fail);
  const auto shared = [](store::Store& store) {
    return std::shared_ptr<store::Store>(&store, [](auto*) {});
  };
  write_all(*make_zarr_writer(shared(counting), options_), root);
  for (std::uint64_t call = 0; call < counting.calls(); ++call) {
    testing::FaultyStore faulty(*store_, call, testing::FaultyStore::Fault::fail);
    expect_error(ErrorCode::io_error, "planted fault",
                 [&] { write_all(*make_zarr_writer(shared(faulty), options_), root); });
  }
}

}  // namespace
}  // namespace engram::backend
