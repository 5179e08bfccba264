#include <gtest/gtest.h>

#include "engram/backend/open.hpp"
#include "engram/base/error.hpp"
#include "engram/codec/object_codec.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/zarr/hierarchy.hpp"
#include "testing/corpus.hpp"
#include "testing/expect_error.hpp"

namespace engram::backend {
namespace {

using hdmf::ObjectType;
using testing::expect_error;

class ZarrReader : public ::testing::Test {
 protected:
  void group(const std::string& path, std::string_view attributes = "{}") {
    writer_.write_group(path, parse_json(attributes));
  }
  void objects(const std::string& path, const std::string& codec, std::string_view attributes,
               const Bytes& chunk, std::string_view dtype = "\"|O\"") {
    zarr::ArrayMetadata metadata;
    metadata.is_object = true;
    metadata.object_dtype = parse_json(dtype);
    metadata.shape = metadata.chunk_shape = {1};
    metadata.codecs = {{codec, Json::object()}};
    writer_.write_array(path, metadata, parse_json(attributes));
    store_->set(store::Key(path + "/0"), chunk);
  }
  hdmf::GroupBuilder read() {
    reader_ = open_zarr_reader(store_);
    return reader_->read_tree();
  }
  static hdmf::Value only(const hdmf::DatasetBuilder& dataset) {
    return dataset.objects()->read(Region::all(dataset.shape())).at(0);
  }

  std::shared_ptr<store::MemoryStore> store_ = std::make_shared<store::MemoryStore>();
  zarr::HierarchyWriter writer_{store_};
  std::unique_ptr<Reader> reader_;
};

TEST_F(ZarrReader, LeavesOutLinksThatLeadNowhere) {
  group("", R"({"zarr_link": [{"name": "a", "path": "/g", "source": "."},
                              {"name": "b", "path": "/none", "source": "."}]})");
  group("g");
  const hdmf::GroupBuilder root = read();
  ASSERT_EQ(root.links.size(), 1U);
  ASSERT_EQ(reader_->notices().size(), 1U);
  EXPECT_EQ(reader_->notices()[0].path, "/b");
  EXPECT_EQ(reader_->notices()[0].kind, Notice::Kind::dangling);
  EXPECT_TRUE(root.attributes.empty());
}

TEST_F(ZarrReader, TellsWhichChunksAreStored) {
  for (const char separator : {'.', '/'}) {
    zarr::ArrayMetadata metadata;
    metadata.type = DataType::unsigned_integer(1);
    metadata.shape = {5, 4};
    metadata.chunk_shape = {2, 3};
    metadata.separator = separator;
    if (separator == '/') metadata.order = Order::fortran(2);
    const std::string path = separator == '.' ? "dots" : "slashes";
    writer_.write_array(path, metadata, Json::object());
    for (const Shape& place : {Shape{2, 1}, Shape{0, 1}, Shape{9, 0}})
      store_->set(store::Key(path + "/" + zarr::chunk_key(metadata, place)), Bytes(6));
  }
  group("");
  const hdmf::GroupBuilder root = read();
  for (const hdmf::DatasetBuilder& dataset : root.datasets) {
    // Elements in another order are as good as encoded.
    EXPECT_EQ(dataset.array()->encoded() == nullptr, dataset.name == "slashes");
    const auto stored = dataset.array()->stored();
    ASSERT_NE(stored, nullptr);
    const auto chunks = stored->chunks();
    ASSERT_EQ(chunks.size(), 2U) << "one lies outside of the array";
    EXPECT_EQ(chunks[0].number, 1U);
    EXPECT_EQ(chunks[1].number, 5U);
    EXPECT_EQ(chunks[1].size, 6U);
    Bytes bytes(6, std::byte{1});
    EXPECT_EQ(stored->read(chunks[1], bytes), 0U);
    EXPECT_EQ(bytes, Bytes(6));
    // Chunks of another order are no more the same than under other codecs.
    EXPECT_EQ(stored->codecs().empty(), dataset.name == "dots");
  }
}

TEST_F(ZarrReader, TellsWhichDocumentsAreOutdated) {
  group("");
  group("g", R"({"a": 1})");
  read();
  EXPECT_TRUE(reader_->outdated().empty()) << "there is no .zmetadata";
  writer_.consolidate();
  read();
  EXPECT_TRUE(reader_->outdated().empty());
  store_->set(store::Key("g/.zattrs"), to_bytes(R"({"a": 2})"));
  store_->set(store::Key(".zattrs"), to_bytes("{}"));
  read();
  EXPECT_EQ(reader_->outdated(), (std::vector<std::string>{"g/.zattrs", ".zattrs"}));
  store_->set(store::Key("g/.zattrs"), to_bytes("{"));
  expect_error(ErrorCode::corrupt_data, "g/.zattrs", [&] { reader_->outdated(); });
}

TEST_F(ZarrReader, NamesTheGroupOfBadLinks) {
  group("");
  group("g", R"({"zarr_link": 5})");
  expect_error(ErrorCode::corrupt_data, "/g", [&] { read(); });
}

TEST_F(ZarrReader, RefusesAPickleThatCallsOnlyWhenValuesAreRead) {
  const Bytes call = to_bytes("cposix\nsystem\n(Vls\ntR.");
  group("");
  objects("p", "pickle", R"({"zarr_dtype": "object"})", call);
  objects("r", "pickle", R"({"zarr_dtype": [{"dtype": "int32", "name": "a"},
                                            {"dtype": "object", "name": "b"}]})",
          call, R"([["a", "<i4"], ["b", "|O"]])");
  const hdmf::GroupBuilder root = read();
  ASSERT_EQ(root.datasets.size(), 2U);
  EXPECT_EQ(root.datasets[0].objects()->type().kind, ObjectType::Kind::reference);
  EXPECT_EQ(root.datasets[1].objects()->type().kind, ObjectType::Kind::record);
  for (const hdmf::DatasetBuilder& dataset : root.datasets)
    expect_error(ErrorCode::unsupported, "posix.system", [&] { only(dataset); });
  expect_error(ErrorCode::unsupported, "/p", [&] { only(root.datasets[0]); });
}

TEST_F(ZarrReader, ReadsWhatOtherWritersSay) {
  group("");
  objects("no_dtype", "vlen-utf8", "{}", codec::encode_vlen({"x"}));
  objects("bytes", "vlen-bytes", R"({"zarr_dtype": "bytes"})", codec::encode_vlen({"y"}));
  objects("spec", "json2", R"({"zarr_dtype": "scalar"})",
          codec::encode_json2(Json::array({"text"}), {1}));
  objects("any", "json2", "{}", codec::encode_json2(parse_json(R"([{"a":1}])"), {1}));
  const hdmf::GroupBuilder root = read();
  EXPECT_EQ(only(*root.find_dataset("/no_dtype")), hdmf::Value("x"));
  EXPECT_EQ(root.find_dataset("/bytes")->objects()->type().charset, ObjectType::Charset::ascii);
  EXPECT_TRUE(root.find_dataset("/spec")->is_scalar);
  EXPECT_EQ(only(*root.find_dataset("/spec")), hdmf::Value("text"));
  EXPECT_EQ(only(*root.find_dataset("/any")),
            hdmf::Value(hdmf::Record{{"a", hdmf::Value(std::int64_t{1})}}));
}

TEST_F(ZarrReader, LeavesOutArraysOfUnknownTypes) {
  group("");
  store_->set(store::Key("d/.zarray"),
              as_bytes(R"({"chunks":[1],"compressor":null,"dtype":"<M8[xs]","fill_value":0,)"
                       R"("filters":null,"order":"C","shape":[1],"zarr_format":2})"));
  EXPECT_TRUE(read().datasets.empty());
  ASSERT_EQ(reader_->notices().size(), 1U);
  EXPECT_EQ(reader_->notices()[0].path, "/d");
  EXPECT_EQ(reader_->notices()[0].kind, Notice::Kind::left_out);
}

TEST_F(ZarrReader, NeedsAGroupAtTheRoot) {
  expect_error(ErrorCode::not_found, "", [&] { read(); });
  zarr::ArrayMetadata metadata;
  writer_.write_array("", metadata, Json::object());
  expect_error(ErrorCode::unsupported, "one Zarr array", [&] { read(); });
}

TEST_F(ZarrReader, OutlivesItsSources) {
  group("");
  objects("t", "vlen-utf8", "{}", codec::encode_vlen({"x"}));
  const hdmf::GroupBuilder root = read();
  reader_.reset();
  store_.reset();
  EXPECT_EQ(only(root.datasets[0]), hdmf::Value("x"));
  expect_error(ErrorCode::invalid_argument, "", [&] {
    root.datasets[0].objects()->read({{0}, {2}});
  });
}

// How many datasets are read to the last value, and how many references they hold.
void count(const hdmf::GroupBuilder& group, std::size_t& read, std::size_t& references) {
  for (const hdmf::DatasetBuilder& dataset : group.datasets) {
    if (const ArraySource* array = dataset.array()) {
      Bytes out(
          static_cast<std::size_t>(element_count(array->info().shape) * array->info().type.size));
      array->read(Region::all(array->info().shape), out);
    } else {
      for (const hdmf::Value& value : dataset.objects()->read(Region::all(dataset.shape())))
        if (value.is<hdmf::Reference>()) ++references;
    }
    ++read;
  }
  for (const hdmf::GroupBuilder& child : group.groups) count(child, read, references);
}

TEST(ZarrReaderCorpus, ReadsWhatHdmfZarrWrote) {
  const auto corpus = testing::corpus();
  if (!corpus) return;
  const auto path = *corpus / "generated" / "nwb-zarr" /
                    "sub_anm00239123_ses_20170627T093549_ecephys_and_ogen.nwb.zarr";
  const auto reader = open_zarr_reader(std::make_shared<const store::DirectoryStore>(
      path.string(), store::DirectoryStore::Mode::read));
  const hdmf::GroupBuilder root = reader->read_tree();
  EXPECT_EQ(root.attributes.text("neurodata_type"), "NWBFile");
  EXPECT_TRUE(reader->notices().empty());
  std::size_t read = 0, references = 0;
  count(root, read, references);
  EXPECT_GT(read, 50U);
  EXPECT_GT(references, 0U) << "they are pickled";
}

}  // namespace
}  // namespace engram::backend
