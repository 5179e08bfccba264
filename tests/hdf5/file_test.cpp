#include "engram/hdf5/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "hdf5/library.hpp"
#include "testing/expect_error.hpp"
#include "testing/temp_dir.hpp"

namespace engram::hdf5 {
namespace {

using engram::testing::expect_error;
using engram::testing::TempDir;

void make_file(const std::string& path, hsize_t user_block = 0) {
  const Handle properties(H5Pcreate(H5P_FILE_CREATE));
  check(H5Pset_userblock(properties.id(), user_block), "set a user block");
  const Handle file =
      own(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, properties.id(), H5P_DEFAULT), "make a file");
  const Handle group =
      own(H5Gcreate2(file.id(), "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), "make a group");
}

TEST(FileTest, TellsItsSizeAndItsUserBlock) {
  const TempDir dir;
  const std::string path = (dir.path() / "a.h5").string();
  make_file(path, 1024);
  const auto file = File::open(path);
  EXPECT_EQ(file->path(), path);
  EXPECT_EQ(file->size(), std::filesystem::file_size(path));
  EXPECT_EQ(file->user_block_size(), 1024U);
}

TEST(FileTest, OpensObjectsByAddress) {
  const TempDir dir;
  const std::string path = (dir.path() / "a.h5").string();
  make_file(path);
  const auto file = File::open(path);
  H5O_info_t info{};
  check(H5Oget_info_by_name2(file->id(), "g", &info, H5O_INFO_BASIC, H5P_DEFAULT), "find g");
  EXPECT_EQ(H5Iget_type(file->open_object(info.addr).id()), H5I_GROUP);
  EXPECT_EQ(file->keep_object(info.addr)->id(), file->keep_object(info.addr)->id());
  EXPECT_EQ(File::of(file->open_object(info.addr).id())->number(), file->number());
}

TEST(FileTest, RefusesWhatIsNotThere) {
  expect_error(ErrorCode::not_found, "/no/such/file.h5", [] { File::open("/no/such/file.h5"); });
}

TEST(FileTest, RefusesADirectory) {
  const TempDir dir;
  expect_error(ErrorCode::unsupported, "a directory", [&] { File::open(dir.path().string()); });
}

TEST(FileTest, RefusesAnEmptyFile) {
  const TempDir dir;
  const auto path = dir.path() / "empty.h5";
  std::ofstream{path};
  expect_error(ErrorCode::unsupported, "empty", [&] { File::open(path.string()); });
}

TEST(FileTest, RefusesWhatIsNoHdf5) {
  const TempDir dir;
  const auto path = dir.path() / "text.h5";
  std::ofstream(path) << std::string(3000, 'x');
  expect_error(ErrorCode::unsupported, "no HDF5 file", [&] { File::open(path.string()); });
}

TEST(FileTest, RefusesAFileThatIsCutShort) {
  const TempDir dir;
  const auto path = dir.path() / "a.h5";
  make_file(path.string());
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 10);
  expect_error(ErrorCode::corrupt_data, "cut short", [&] { File::open(path.string()); });
}

TEST(FileTest, RefusesAFileThatAnotherProgramWrites) {
  const TempDir dir;
  const auto path = dir.path() / "a.h5";
  make_file(path.string());
  const Handle access(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_libver_bounds(access.id(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  const auto copy = dir.path() / "b.h5";
  {
    const Handle writer =
        own(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()), "open for writing");
    check(H5Fflush(writer.id(), H5F_SCOPE_GLOBAL), "flush");
    // A copy has no lock, but the mark that a writer leaves while it is at work.
    std::filesystem::copy_file(path, copy);
  }
  expect_error(ErrorCode::io_error, "h5clear", [&] { File::open(copy.string()); });
}

TEST(FileTest, CountsEachEntryIntoHdf5) {
  const std::uint64_t before = calls();
  { const Locked locked; }
  EXPECT_GT(calls(), before);
  EXPECT_EQ(library_version().find("1."), 0U);
}

}  // namespace
}  // namespace engram::hdf5
