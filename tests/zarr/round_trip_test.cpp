// What is opened and written back keeps all that was not changed.

#include <gtest/gtest.h>

#include "engram/store/memory_store.hpp"
#include "engram/zarr/array.hpp"

namespace engram::zarr {
namespace {

// As others write it: members in an order of their own, some unknown, some spelled oddly.
constexpr std::string_view kForeign =
    R"({"zarr_format":2,"shape":[4],"chunks":[2],"dtype":"<f4",)"
    R"("my_key":{"b":1.0,"a":[1,9007199254740993]},)"
    R"("fill_value":0,"order":"C","dimension_separator":".",)"
    R"("compressor":{"level":1,"id":"zlib","note":null},"filters":[]})";

std::string line(std::string_view text) { return dump_json(parse_json(text), JsonStyle::line); }

TEST(ZarrayRoundTrip, KeepsWhatWasNotChanged) {
  ArrayMetadata metadata = parse_zarray(parse_json(kForeign));
  EXPECT_FALSE(metadata.document.is_null());
  EXPECT_EQ(line(to_zarray(metadata)), kForeign);
  metadata.shape = {6};
  std::string expected(kForeign);
  expected.replace(expected.find("[4]"), 3, "[6]");
  EXPECT_EQ(line(to_zarray(metadata)), expected);
  metadata.separator = '/';
  metadata.fill_value.reset();
  metadata.codecs.clear();
  metadata.has_compressor = false;
  EXPECT_EQ(
      line(to_zarray(metadata)),
      R"({"zarr_format":2,"shape":[6],"chunks":[2],"dtype":"<f4",)"
      R"("my_key":{"b":1.0,"a":[1,9007199254740993]},)"
      R"("fill_value":null,"order":"C","dimension_separator":"/","compressor":null,"filters":[]})");
}

TEST(ZarrayRoundTrip, MembersThatMeanNothingAnyMoreGo) {
  ArrayMetadata metadata = parse_zarray(parse_json(
      R"({"chunks":[2],"dimension_separator":"/","compressor":null,"dtype":"|u1","fill_value":0,)"
      R"("filters":null,"order":"C","shape":[4],"zarr_format":2,"x":1})"));
  metadata.separator = '.';
  EXPECT_FALSE(to_zarray_json(metadata).contains("dimension_separator"));
  EXPECT_EQ(to_zarray_json(metadata)["x"], 1);
}

TEST(ZarrayRoundTrip, WhatZarrPythonWroteNeedsNoDocument) {
  ArrayMetadata metadata;
  metadata.type = DataType::floating(8);
  metadata.shape = metadata.chunk_shape = {3};
  metadata.codecs = {
      {"blosc", {{"cname", "lz4"}, {"clevel", 5}, {"shuffle", 1}, {"blocksize", 0}}}};
  metadata.has_compressor = true;
  EXPECT_TRUE(parse_zarray(parse_json(to_zarray(metadata))).document.is_null());
}

TEST(ZarrayRoundTrip, SpellingsOfFillValues) {
  for (const char* fill : {"0", "\"0\"", "1.0", "0.1", "\"NaN\"", "-0.0", "true"}) {
    Json json = parse_json(kForeign);
    json["fill_value"] = parse_json(fill);
    EXPECT_EQ(dump_json(to_zarray_json(parse_zarray(json))["fill_value"], JsonStyle::line), fill);
  }
}

TEST(ZarrayRoundTrip, ResizeKeepsTheRestOfTheDocument) {
  const auto store = std::make_shared<store::MemoryStore>();
  store->set(store::Key(".zarray"), as_bytes(kForeign));
  Array array = Array::open(store);
  array.append<float>(std::vector<float>{1, 2});
  std::string expected(kForeign);
  expected.replace(expected.find("[4]"), 3, "[6]");
  EXPECT_EQ(line(as_text(*store->get(store::Key(".zarray"), 10000))), expected);
  EXPECT_EQ(array.read<float>(Region::all({6})), (std::vector<float>{0, 0, 0, 0, 1, 2}));
}

}  // namespace
}  // namespace engram::zarr
