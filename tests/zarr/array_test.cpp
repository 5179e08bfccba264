#include "engram/zarr/array.hpp"

#include <gtest/gtest.h>

#include "engram/base/error.hpp"
#include "engram/codec/object_codec.hpp"
#include "engram/codec/pipeline.hpp"
#include "engram/store/memory_store.hpp"
#include "testing/expect_error.hpp"
#include "testing/faulty_store.hpp"

namespace engram::zarr {
namespace {

using testing::expect_error;

Bytes int16s(std::initializer_list<int> values, bool big = false) {
  Bytes bytes;
  for (const int value : values) {
    const auto low = static_cast<std::byte>(value & 0xff);
    const auto high = static_cast<std::byte>((value >> 8) & 0xff);
    bytes.push_back(big ? high : low);
    bytes.push_back(big ? low : high);
  }
  return bytes;
}

class ZarrArray : public ::testing::Test {
 protected:
  ArrayMetadata int16(Shape shape, Shape chunk_shape) const {
    ArrayMetadata metadata;
    metadata.type = DataType::integer(2);
    metadata.shape = std::move(shape);
    metadata.chunk_shape = std::move(chunk_shape);
    return metadata;
  }

  Bytes read(const ArrayMetadata& metadata, const Region& region) const {
    Bytes out(static_cast<std::size_t>(element_count(region.shape) * metadata.type.size));
    Array(store_, "a", metadata).read(region, out);
    return out;
  }

  void set(const std::string& key, const Bytes& value) { store_->set(store::Key(key), value); }

  std::shared_ptr<store::MemoryStore> store_ = std::make_shared<store::MemoryStore>();
};

TEST_F(ZarrArray, ReadsAcrossChunksAndEdges) {
  set("a/0.0", int16s({1, 2, 5, 6}));
  set("a/0.1", int16s({3, 99, 7, 99}));
  set("a/1.0", int16s({9, 10, 99, 99}));
  set("a/1.1", int16s({11, 99, 99, 99}));
  const ArrayMetadata metadata = int16({3, 3}, {2, 2});
  EXPECT_EQ(read(metadata, Region::all({3, 3})), int16s({1, 2, 3, 5, 6, 7, 9, 10, 11}));
  EXPECT_EQ(read(metadata, {{1, 1}, {2, 2}}), int16s({6, 7, 10, 11}));
  EXPECT_EQ(read(metadata, {{2, 2}, {1, 1}}), int16s({11}));
  EXPECT_EQ(read(metadata, {{1, 1}, {0, 2}}), Bytes());
}

TEST_F(ZarrArray, MissingChunksHoldTheFillValue) {
  ArrayMetadata metadata = int16({5}, {2});
  set("a/1", int16s({1, 2}));
  EXPECT_EQ(read(metadata, Region::all({5})), int16s({0, 0, 1, 2, 0}));
  metadata.fill_value = int16s({-7});
  EXPECT_EQ(read(metadata, Region::all({5})), int16s({-7, -7, 1, 2, -7}));
  metadata.type = DataType::integer(2, ByteOrder::big);
  metadata.fill_value = int16s({300}, true);
  EXPECT_EQ(read(metadata, {{0}, {2}}), int16s({300, 300}));
}

TEST_F(ZarrArray, ReadsFortranOrder) {
  ArrayMetadata metadata = int16({2, 3}, {2, 3});
  metadata.order = Order::fortran(2);
  set("a/0.0", int16s({1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(read(metadata, Region::all({2, 3})), int16s({1, 2, 3, 4, 5, 6}));
}

TEST_F(ZarrArray, ReadsBigEndian) {
  ArrayMetadata metadata = int16({2}, {2});
  metadata.type = DataType::integer(2, ByteOrder::big);
  set("a/0", int16s({258, -2}, true));
  EXPECT_EQ(read(metadata, Region::all({2})), int16s({258, -2}));
}

TEST_F(ZarrArray, ReadsAScalarAndTheRoot) {
  set("a/0", int16s({42}));
  EXPECT_EQ(read(int16({}, {}), {}), int16s({42}));
  set("0", int16s({43}));
  Bytes out(2);
  const Array root(store_, "", int16({}, {}));
  root.read({}, out);
  EXPECT_EQ(out, int16s({43}));
  EXPECT_EQ(root.chunk_key({}).str(), "0");
}

TEST_F(ZarrArray, DecodesFiltersAndCompressor) {
  ArrayMetadata metadata = int16({4}, {4});
  metadata.codecs = {{"shuffle", {{"elementsize", 2}}}, {"zlib", {{"level", 1}}}};
  metadata.has_compressor = true;
  set("a/0", codec::Pipeline(metadata.codecs).encode(int16s({1, 2, 3, 4}), 2));
  EXPECT_EQ(read(metadata, Region::all({4})), int16s({1, 2, 3, 4}));
}

TEST_F(ZarrArray, NamesTheChunkThatIsDamaged) {
  set("a/0.1", Bytes(3));
  const ArrayMetadata metadata = int16({2, 4}, {2, 2});
  expect_error(ErrorCode::corrupt_data, "a/0.1", [&] { read(metadata, Region::all({2, 4})); });
  set("a/0.1", Bytes(9));
  expect_error(ErrorCode::corrupt_data, "a/0.1", [&] { read(metadata, Region::all({2, 4})); });
  set("a/0.1", Bytes(4U << 20U));
  expect_error(ErrorCode::limit_exceeded, "a/0.1", [&] { read(metadata, Region::all({2, 4})); });
}

TEST_F(ZarrArray, RefusesUnknownCodecsWhenReadOnly) {
  ArrayMetadata metadata = int16({4}, {4});
  metadata.codecs = {{"pcodec", {{"level", 8}}}};
  const Array array(store_, "g/a", metadata);
  EXPECT_FALSE(array.read_chunk({0}));
  Bytes out(8);
  // The codec, the array, and what can be done.
  for (const char* part : {"codec \"pcodec\" is not known; there are adler32, ", ": at g/a/.zarray",
                           "write the array again with one of them", "Install a plugin"})
    expect_error(ErrorCode::unsupported, part, [&] { array.read(Region::all({4}), out); });
}

TEST_F(ZarrArray, RefusesUnknownCodecsOfObjectsWhenTheyAreRead) {
  ArrayMetadata metadata;
  metadata.is_object = true;
  metadata.shape = metadata.chunk_shape = {2};
  const auto read = [&] { Array(store_, "g/a", metadata).read_objects(Region::all({2})); };
  metadata.codecs = {{"vlen-json", Json::object()}};
  for (const char* part : {"\"vlen-json\"", ": at g/a/.zarray"})
    expect_error(ErrorCode::unsupported, part, read);
  metadata.codecs = {{"vlen-utf8", Json::object()}, {"pcodec", Json::object()}};
  for (const char* part : {"\"pcodec\" is not known", ": at g/a/.zarray"})
    expect_error(ErrorCode::unsupported, part, read);
}

TEST_F(ZarrArray, ChecksItsArguments) {
  const Array array(store_, "a", int16({4}, {4}));
  Bytes out(8);
  expect_error(ErrorCode::invalid_argument, "", [&] { array.read({{2}, {4}}, out); });
  expect_error(ErrorCode::invalid_argument, "", [&] { array.read({{0, 0}, {1, 1}}, out); });
  expect_error(ErrorCode::invalid_argument, "a buffer of 8 bytes", [&] {
    array.read({{0}, {2}}, out);
  });
  expect_error(ErrorCode::invalid_argument, "no objects", [&] { array.read_objects({{0}, {2}}); });
}

TEST_F(ZarrArray, PassesOnWhatTheStoreSays) {
  testing::FaultyStore faulty(*store_, 0, testing::FaultyStore::Fault::fail);
  const Array array(std::shared_ptr<const store::ReadableStore>(&faulty, [](auto*) {}), "a",
                    int16({4}, {4}));
  Bytes out(8);
  expect_error(ErrorCode::io_error, "a/0", [&] { array.read(Region::all({4}), out); });
}

// Objects

class ZarrObjects : public ZarrArray {
 protected:
  ArrayMetadata objects(const std::string& codec, Shape shape, Shape chunk_shape) const {
    ArrayMetadata metadata;
    metadata.is_object = true;
    metadata.codecs = {{codec, Json::object()}};
    metadata.shape = std::move(shape);
    metadata.chunk_shape = std::move(chunk_shape);
    metadata.object_fill = "";
    return metadata;
  }

  std::string read_text(const ArrayMetadata& metadata, const Region& region,
                        const Limits& limits = {}) const {
    Json list = Json::array();
    for (const Json& item : Array(store_, "a", metadata, limits).read_objects(region))
      list.push_back(item);
    return dump_json(list, JsonStyle::compact);
  }
};

TEST_F(ZarrObjects, ReadsTextAcrossChunks) {
  set("a/0.0", codec::encode_vlen({"a", "b", "d", "e"}));
  set("a/0.1", codec::encode_vlen({"c", "", "f", ""}));
  const ArrayMetadata metadata = objects("vlen-utf8", {2, 3}, {2, 2});
  EXPECT_EQ(read_text(metadata, Region::all({2, 3})), R"(["a","b","c","d","e","f"])");
  EXPECT_EQ(read_text(metadata, {{1, 1}, {1, 2}}), R"(["e","f"])");
}

TEST_F(ZarrObjects, ReadsFortranOrder) {
  ArrayMetadata metadata = objects("vlen-utf8", {2, 2}, {2, 2});
  metadata.order = Order::fortran(2);
  set("a/0.0", codec::encode_vlen({"a", "c", "b", "d"}));
  EXPECT_EQ(read_text(metadata, Region::all({2, 2})), R"(["a","b","c","d"])");
}

TEST_F(ZarrObjects, MissingChunksHoldTheFillValue) {
  EXPECT_EQ(read_text(objects("vlen-utf8", {2}, {1}), Region::all({2})), R"(["",""])");
}

TEST_F(ZarrObjects, ReadsBytesAndJson) {
  set("a/0", codec::encode_vlen({"\xff", "x"}));
  const auto bytes =
      Array(store_, "a", objects("vlen-bytes", {2}, {2})).read_objects(Region::all({2}));
  EXPECT_EQ(bytes[0], Json::binary({0xff}));
  EXPECT_EQ(bytes[1], Json::binary({'x'}));
  set("a/0", codec::encode_json2(parse_json(R"([{"b":1,"a":[2,null]},"x"])"), {2}));
  EXPECT_EQ(read_text(objects("json2", {2}, {2}), Region::all({2})),
            R"([{"a":[2,null],"b":1},"x"])");
}

TEST_F(ZarrObjects, ReadsArraysOfNumbers) {
  ArrayMetadata metadata = objects("vlen-array", {2}, {2});
  set("a/0", codec::encode_vlen({std::string_view("\0\1\xff\xfe", 4), ""}));
  metadata.codecs[0].configuration["dtype"] = ">i2";
  EXPECT_EQ(read_text(metadata, Region::all({2})), "[[1,-2],[]]");
  metadata.codecs[0].configuration["dtype"] = "|u1";
  EXPECT_EQ(read_text(metadata, Region::all({2})), "[[0,1,255,254],[]]");
  metadata.codecs[0].configuration["dtype"] = "<i8";
  expect_error(ErrorCode::corrupt_data, "an array of 4 bytes",
               [&] { read_text(metadata, Region::all({2})); });
  metadata.codecs[0].configuration["dtype"] = "<x4";
  expect_error(ErrorCode::unsupported, "<x4", [&] { read_text(metadata, Region::all({2})); });
  metadata.codecs[0].configuration.erase("dtype");
  expect_error(ErrorCode::invalid_argument, "dtype is missing",
               [&] { read_text(metadata, Region::all({2})); });
}

TEST_F(ZarrObjects, ReadsThroughEveryCompressor) {
  std::string large(300000, 'x');
  large += "end";
  for (const CodecConfig& compressor : std::initializer_list<CodecConfig>{
           {"zlib", {{"level", 9}}},
           {"gzip", {{"level", 9}}},
           {"bz2", {{"level", 9}}},
           {"zstd", {{"level", 3}}},
           {"lzma", {{"preset", 1}}},
           {"lz4", {{"acceleration", 1}}},
           {"blosc", {{"cname", "lz4"}, {"clevel", 5}, {"shuffle", 1}, {"blocksize", 0}}}}) {
    ArrayMetadata metadata = objects("vlen-utf8", {2}, {2});
    metadata.codecs.push_back(compressor);
    metadata.has_compressor = true;
    const codec::Pipeline pipeline({compressor});
    set("a/0", pipeline.encode(codec::encode_vlen({large, ""}), 1));
    EXPECT_EQ(read_text(metadata, {{0}, {1}}).size(), large.size() + 4) << compressor.name;
    Limits limits;
    limits.max_chunk_bytes = 100000;
    EXPECT_THROW(read_text(metadata, {{0}, {1}}, limits), Error) << compressor.name;
    set("a/0", to_bytes("no stream of this codec, whatever it is"));
    EXPECT_THROW(read_text(metadata, {{0}, {1}}), Error) << compressor.name;
  }
}

struct Refused {
  const char* why;
  const char* codec;
  const char* message;
  friend std::ostream& operator<<(std::ostream& out, const Refused& r) { return out << r.why; }
};

TEST_F(ZarrObjects, RefusesOtherObjectCodecsByName) {
  for (const Refused& refused :
       {Refused{"Json", "json", "\"json\""}, Refused{"MsgPack", "msgpack", "\"msgpack\""},
        Refused{"Zlib", "zlib", "vlen-utf8"}}) {
    expect_error(ErrorCode::unsupported, refused.message,
                 [&] { read_text(objects(refused.codec, {2}, {2}), Region::all({2})); });
  }
  ArrayMetadata none = objects("x", {2}, {2});
  none.codecs.clear();
  expect_error(ErrorCode::corrupt_data, "no codec for them",
               [&] { read_text(none, Region::all({2})); });
  Bytes out(2);
  expect_error(ErrorCode::invalid_argument, "no elements as bytes", [&] {
    Array(store_, "a", none).read({{0}, {1}}, out);
  });
}

TEST_F(ZarrObjects, TheFillValueOfRecordsWithObjectsIsNotKnown) {
  ArrayMetadata metadata = objects("pickle", {2}, {2});
  metadata.object_dtype = parse_json(R"([["a", "<i4"], ["b", "|O"]])");
  metadata.object_fill = "gAVLAC4=";
  expect_error(ErrorCode::unsupported, "a/0", [&] { read_text(metadata, Region::all({2})); });
  metadata.object_fill = nullptr;
  EXPECT_EQ(read_text(metadata, Region::all({2})), "[null,null]");
}

TEST_F(ZarrObjects, RefusesWhatIsDamaged) {
  const auto refused = [&](const std::string& codec, const Bytes& chunk) {
    set("a/0", chunk);
    expect_error(ErrorCode::corrupt_data, "a/0",
                 [&] { read_text(objects(codec, {2}, {2}), Region::all({2})); });
  };
  refused("vlen-utf8", codec::encode_vlen({"one"}));
  refused("vlen-utf8", codec::encode_vlen({"one", "two", "three"}));
  refused("vlen-utf8", to_bytes("\xff\xff\xff\xff"));
  refused("vlen-utf8", {});
  refused("json2", to_bytes(R"(["a","|O",[2]])"));
  refused("json2", to_bytes(R"(["a","b","|O",[3]])"));
  refused("json2", to_bytes("{}"));
  refused("json2", to_bytes("[[[["));
}

}  // namespace
}  // namespace engram::zarr
