#include "engram/store/open_store.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "testing/expect_error.hpp"
#include "testing/http_server.hpp"
#include "testing/store_text.hpp"
#include "testing/temp_dir.hpp"

namespace engram::testing {
namespace {

namespace fs = std::filesystem;

using store::create_store;
using store::Key;
using store::open_store;
using store::update_store;

std::string value(const store::ReadableStore& store, const char* key) {
  const auto bytes = store.get(Key(key), kNoLimit);
  return bytes ? std::string(as_text(*bytes)) : "none";
}

TEST(OpenStoreTest, MakesOpensAndChangesDirectoriesAndZips) {
  const TempDir dir;
  for (const std::string& path : {dir / "x.zarr", dir / "x.zip", dir / "Y.ZIP", dir / "a b%20c"}) {
    SCOPED_TRACE(path);
    expect_error(ErrorCode::not_found, path, [&] { open_store(path); });
    expect_error(ErrorCode::not_found, path, [&] { update_store(path); });
    {
      const auto store = create_store(path);
      store->set(Key("a/b"), as_bytes("1"));
      store->finish();
    }
    EXPECT_EQ(fs::is_directory(path), path.ends_with(".zarr") || path.ends_with("c"));
    expect_error(ErrorCode::already_exists, path, [&] { create_store(path); });
    EXPECT_EQ(value(*open_store(path), "a/b"), "1");
    {
      const auto store = update_store(path);
      store->set(Key("a/c"), as_bytes("2"));
      store->finish();
    }
    EXPECT_EQ(value(*open_store("file:" + path), "a/b"), "1");
    EXPECT_EQ(value(*open_store("FILE:" + path), "a/c"), "2");
  }
  EXPECT_EQ(value(*open_store("file://" + (dir / "a%20b%2520c")), "a/c"), "2");
}

TEST(OpenStoreTest, TellsAZipByItsBytes) {
  const TempDir dir;
  create_store(dir / "x.zip")->finish();
  fs::rename(dir / "x.zip", dir / "x.zarr");
  EXPECT_TRUE(open_store(dir / "x.zarr")->list_dir("").keys.empty());
  EXPECT_TRUE(store::is_zip_file(dir / "x.zarr"));
  for (const char* name : {"empty", "x.zip", "x"}) {
    std::ofstream(dir / name) << (*name == 'e' ? "" : "no zip");
    EXPECT_FALSE(store::is_zip_file(dir / name));
    expect_error(ErrorCode::unsupported, "neither a directory nor a zip file",
                 [&] { open_store(dir / name); });
    expect_error(ErrorCode::unsupported, "neither a directory nor a zip file",
                 [&] { update_store(dir / name); });
  }
  fs::create_directory(dir / "folder.zip");
  EXPECT_TRUE(open_store(dir / "folder.zip")->list_dir("").keys.empty());
  EXPECT_NO_THROW(update_store(dir / "folder.zip")->set(Key("a"), as_bytes("1")));
  EXPECT_FALSE(store::is_zip_file(dir / "folder.zip"));
  EXPECT_FALSE(store::is_zip_file(dir / "none"));
}

TEST(OpenStoreTest, MemoryIsNewEachTime) {
  const auto store = create_store("memory:");
  store->set(Key("a"), as_bytes("1"));
  EXPECT_EQ(value(*store, "a"), "1");
  EXPECT_EQ(value(*update_store("memory:"), "a"), "none");
  EXPECT_EQ(value(*open_store("memory:"), "a"), "none");
  expect_error(ErrorCode::invalid_argument, "has no name", [] { create_store("memory:x"); });
}

TEST(OpenStoreTest, ReadsFromWebServersAndWritesNotThere) {
  HttpServer server([](const ServerRequest& request) {
    return HttpServer::serve(request, {{"a", "1"}}, "/x");
  });
  EXPECT_EQ(value(*open_store(server.url("/x")), "a"), "1");
  for (const char* url : {"http://h/x.zip", "https://h/x"}) {
    expect_error(ErrorCode::unsupported, "only reads from web servers", [&] { create_store(url); });
    expect_error(ErrorCode::unsupported, "only reads from web servers", [&] { update_store(url); });
  }
}

TEST(OpenStoreTest, TellsUrlsFromPaths) {
  for (const char* url : {"http://h", "HTTPS://h/x", "memory:"}) {
    EXPECT_EQ(store::local_path(url), std::nullopt) << url;
  }
  for (const char* path : {"", "x", "/x", "./http://h", "a:b", "C:\\x", "c://x", ":x", "a/b://c",
                           "s3:b", "\xff://", "x.zip"}) {
    EXPECT_EQ(store::local_path(path), path);
  }
  EXPECT_EQ(store::local_path("file:x/y"), "x/y");
  EXPECT_EQ(store::local_path("File:///x/a%20b"), "/x/a b");
  for (const char* url : {"s3://bucket/x", "ftp://h/x", "gs://b"}) {
    expect_error(ErrorCode::unsupported, "engram opens paths", [&] { open_store(url); });
  }
  // In a message there is little of a long one.
  const std::string tail(100'000, 'x');
  for (const std::string url : {"s3://", "x", "memory:", "file://host.example/"}) {
    SCOPED_TRACE(url);
    try {
      open_store(url + tail + (url == "x" ? "://" : ""));
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_LT(std::string_view(error.what()).size(), 500U);
    }
  }
  for (const char* url : {"http://", "file://host.example/x", "http:x y"}) {
    expect_error(ErrorCode::invalid_argument, "is no URL of", [&] { open_store(url); });
  }
}

}  // namespace
}  // namespace engram::testing
