#include "engram/backend/open.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

#include "engram/base/error.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/store/open_store.hpp"
#include "testing/expect_error.hpp"
#include "testing/fake_sources.hpp"
#include "testing/http_server.hpp"
#include "testing/temp_dir.hpp"

namespace engram::backend {
namespace {

using testing::expect_error;

constexpr std::string_view kSignature("\x89HDF\r\n\x1a\n", 8);

class Open : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }
  std::string directory(const std::string& name, const std::string& within = "") const {
    std::filesystem::create_directory(path(name));
    if (!within.empty()) std::ofstream(path(name) + "/" + within) << "{}";
    return path(name);
  }
  testing::TempDir folder_;
};

TEST_F(Open, ReadsZarrDirectories) {
  testing::write_all(*make_zarr_writer(std::make_shared<store::DirectoryStore>(
                                           path("a"), store::DirectoryStore::Mode::create),
                                       {}),
                     hdmf::GroupBuilder{});
  EXPECT_EQ(open_reader(path("a"))->format(), "Zarr v2");
}

void write_zarr(const std::shared_ptr<store::Store>& store) {
  testing::write_all(*make_zarr_writer(store, {}), hdmf::GroupBuilder{});
  store->finish();
}

TEST_F(Open, ReadsZipFilesWhateverTheirName) {
  write_zarr(store::create_store(path("a.zip")));
  std::filesystem::copy_file(path("a.zip"), path("b.zarr"));
  for (const auto& name : {path("a.zip"), path("b.zarr"), "file:" + path("a.zip")})
    EXPECT_EQ(open_reader(name)->format(), "Zarr v2");
  store::create_store(path("empty.zip"))->finish();
  expect_error(ErrorCode::unsupported, "is a zip file without .zgroup",
               [&] { open_reader(path("empty.zip")); });
  expect_error(ErrorCode::corrupt_data, "is no zip archive, or a damaged one",
               [&] { open_reader(file("cut.zip", "PK\x03\x04...")); });
}

TEST_F(Open, FindsHdf5BeforeAZip) {
  // A user block may be a zip file of its own.
  std::string both = "PK\x03\x04";
  both.resize(512);
  both += kSignature;
  try {
    open_reader(file("both", both))->read_tree();
    ADD_FAILURE() << "a cut file was read";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("zip"), std::string::npos) << error.what();
  }
}

TEST_F(Open, ReadsFromWebServersWithConsolidatedMetadata) {
  ::setenv("no_proxy", "*", 1);
  std::map<std::string, std::string> contents;
  store::MemoryStore memory;
  const std::shared_ptr<store::Store> shared(std::shared_ptr<void>(), &memory);
  hdmf::GroupBuilder root;
  root.groups.emplace_back().name = "inner";
  testing::write_all(*make_zarr_writer(shared, {}), root);
  for (const char* key : {".zgroup", ".zmetadata", "inner/.zgroup"})
    contents[key] = as_text(*memory.get(store::Key(key), 1 << 20));
  testing::HttpServer server([&](const testing::ServerRequest& request) {
    return testing::HttpServer::serve(request, contents, "/x.zarr");
  });
  const auto reader = open_reader(server.url("/x.zarr"));
  EXPECT_EQ(reader->format(), "Zarr v2");
  EXPECT_EQ(reader->read_tree().groups.size(), 1U);
  expect_error(ErrorCode::unsupported, "without .zgroup",
               [&] { open_reader(server.url("/none")); });
  contents.erase(".zmetadata");
  expect_error(ErrorCode::unsupported, "consolidated metadata",
               [&] { open_reader(server.url("/x.zarr"))->read_tree(); });
  expect_error(ErrorCode::unsupported, "engram opens paths", [] { open_reader("s3://bucket/x"); });
}

TEST_F(Open, SaysWhatIsThereInstead) {
  struct Case {
    std::string path;
    const char* message;
  };
  for (const auto& [where, message] : std::initializer_list<Case>{
           {file("empty", ""), "is an empty file"},
           {file("text", "hello, I am a text of some length"), "a file without HDF5's signature"},
           {file("gzip", "\x1f\x8b..."), "is a gzip file: unpack it first"},
           {file("lfs", "version https://git-lfs.github.com/spec/v1\n"), "is a Git LFS pointer"},
           {file("annex", "/annex/objects/SHA256E-s1--0.nwb\n"), "is a git-annex pointer"},
           {file("classic", "CDF\x01..."), "is a netCDF 3 file"},
           {file("as_text", "\x89HDF\n\x1a\n......"), "its signature was changed"},
           {directory("plain"), "is a directory without .zgroup"}}) {
    expect_error(ErrorCode::unsupported, message, [&, p = where] { open_reader(p); });
    expect_error(ErrorCode::unsupported, "engram reads HDF5 files and Zarr directories",
                 [&, p = where] { open_reader(p); });
  }
}

// A file that has the signature goes to HDF5, which then finds the rest missing.
TEST_F(Open, FindsTheSignatureBehindAUserBlock) {
  for (const std::size_t offset : {0U, 512U, 1024U, 2048U, 65536U}) {
    const std::string where = file("u", std::string(offset, ' ') + std::string(kSignature));
    try {
      open_reader(where)->read_tree();
      ADD_FAILURE() << "a cut file was read";
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find("signature"), std::string::npos) << error.what();
    }
  }
  expect_error(ErrorCode::unsupported, "without HDF5's signature",
               [&] { open_reader(file("u", std::string(700, ' ') + std::string(kSignature))); });
}

TEST_F(Open, NeedsSomethingThere) {
  expect_error(ErrorCode::not_found, "there is nothing at", [&] { open_reader(path("none")); });
  expect_error(ErrorCode::not_found, "", [&] { open_reader(""); });
  const std::string pipe = path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  expect_error(ErrorCode::unsupported, "neither a file nor a directory",
               [&] { open_reader(pipe); });
}

TEST_F(Open, NeedsPermission) {
  if (geteuid() == 0) return;  // root may read everything
  const std::string where = file("secret", std::string(kSignature));
  ASSERT_EQ(chmod(where.c_str(), 0), 0);
  expect_error(ErrorCode::io_error, "ermission", [&] { open_reader(where); });
}

}  // namespace
}  // namespace engram::backend
