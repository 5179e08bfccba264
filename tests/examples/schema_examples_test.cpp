// The examples of docs/schema-storage.md, compiled and run. What stands between "// [NAME]" and
// "// [end]" is the code of the page's example NAME; the last test holds the page to it.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engram/base/json.hpp"
#include "engram/schema/record.hpp"
#include "engram/schema/storage.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/zarr/array.hpp"
#include "engram/zarr/codec_attributes.hpp"
#include "testing/example_page.hpp"
#include "testing/temp_dir.hpp"

namespace {

using namespace engram;  // NOLINT(google-build-using-namespace): the page says so once.

TEST(SchemaExamples, WriteAndRead) {
  const engram::testing::TempDir dir;
  const std::string location = dir.path().string();
  // [write]
  auto root =
      std::make_shared<store::DirectoryStore>(location, store::DirectoryStore::Mode::update);

  schema::SchemaAddress address;
  address.schema = "lab";
  address.table = "_recording";
  address.key = {
      {"subject", "M/12"}, schema::KeyValue::datetime("at", "2024-01-15T10:30:05"), {"session", 3}};
  address.field = "movie";
  address.token = schema::make_token();

  zarr::ArrayOptions options;
  options.type = DataType::floating(8);
  options.shape = {1000, 32};
  auto array = zarr::Array::create(schema::create_store(root, address), "", options);
  array.write<double>(Region::all(array.shape()), std::vector<double>(32'000, 0.5));

  const std::string path = schema::to_path(address);
  const schema::StoredRecord record = schema::make_record(path, array.metadata(), "main");
  const std::string column = dump_json(schema::to_json(record), JsonStyle::line);
  // {"path":"_schema/lab/_recording/subject=M%2F12/at=2024-01-15T10-30-05/session=3/movie_...",
  //  "store":"main","shape":[1000,32],"dtype":"float64"}
  // [end]
  EXPECT_EQ(column,
            "{\"path\":\"_schema/lab/_recording/subject=M%2F12/at=2024-01-15T10-30-05/session=3/"
            "movie_" +
                address.token +
                ".zarr\",\"store\":\"main\",\"shape\":[1000,32],\"dtype\":\"float64\"}");
  // [read]
  const schema::StoredRecord stored = schema::parse_record(parse_json(column));
  const zarr::Array movie = zarr::Array::open(schema::open_store(root, stored.path));
  const std::string wrong = schema::difference(stored, movie.metadata());  // "": they agree.

  const zarr::CodecAttributes made_by = zarr::codec_attributes(movie.attributes());
  const std::string version = schema::codec_version(made_by, stored);  // "1.0" where none is said.
  // [end]
  EXPECT_EQ(wrong, "");
  EXPECT_EQ(version, "1.0");
  std::vector<std::string> seen;
  // [list]
  schema::Filter filter;
  filter.schema = "lab";
  schema::AddressWalk walk(root, filter);
  while (const auto found = walk.next()) {
    for (const schema::KeyValue& value : found->address.key)
      seen.push_back(value.name() + " = " + value.text());
    // found->path, found->address.field, found->kind: a group or an array
  }
  // seen: "subject = M/12", "at = 2024-01-15T10-30-05", "session = 3"
  // [end]
  EXPECT_EQ(seen, (std::vector<std::string>{"subject = M/12", "at = 2024-01-15T10-30-05",
                                            "session = 3"}));
}

TEST(SchemaExamples, PlainPaths) {
  const auto root = std::make_shared<store::MemoryStore>();
  schema::SchemaAddress address;
  address.schema = "lab";
  address.table = "recording";
  address.key = {{"subject", "M12"}, {"session", 3}};
  address.field = "movie";
  // [layouts]
  const schema::PathOptions plain{"", 0};
  std::string path = schema::to_path(address, plain);
  // "lab/recording/subject=M12/session=3/movie.zarr"
  schema::partition_by(address, "{session}");
  path = schema::to_path(address, plain);
  // "session=3/lab/recording/subject=M12/movie.zarr"
  // [end]
  EXPECT_EQ(path, "session=3/lab/recording/subject=M12/movie.zarr");
}

TEST(SchemaExamples, AreThePages) {
  engram::testing::expect_examples_of_page("tests/examples/schema_examples_test.cpp",
                                           "docs/schema-storage.md", 4);
}

}  // namespace
