#include "converters/publish.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "testing/expect_error.hpp"
#include "testing/temp_dir.hpp"

namespace engram::converter {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::TempDir;

void write_file(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class PublishTest : public ::testing::Test {
 protected:
  PublishTest() : source(dir / "source.h5"), target(dir / "out.zarr"), part(target + ".part") {
    write_file(source, "data");
  }

  void make_zarr(const std::string& path, const std::string& content) {
    fs::create_directory(path);
    write_file(path + "/.zgroup", content);
  }

  // What stands at the target after a conversion, and that nothing else is left.
  void expect_published(const std::string& content) {
    EXPECT_EQ(read_file(target + "/.zgroup"), content);
    EXPECT_FALSE(fs::exists(part));
  }

  TempDir dir;
  const std::string source, target, part;
};

TEST_F(PublishTest, AppearsWhenItIsComplete) {
  Publication publication(source, target, false);
  EXPECT_EQ(publication.part(), part);
  EXPECT_TRUE(fs::is_directory(part));
  write_file(part + "/.zgroup", "new");
  EXPECT_FALSE(fs::exists(target));
  EXPECT_EQ(publication.publish(), std::nullopt);
  expect_published("new");
}

TEST_F(PublishTest, NothingIsLeftOfAFailure) {
  {
    Publication publication(source, target, false);
    fs::create_directories(part + "/a/b");
    write_file(part + "/a/b/0", "x");
  }
  EXPECT_FALSE(fs::exists(part));
  EXPECT_FALSE(fs::exists(target));
}

TEST_F(PublishTest, TrailingSlashesMeanTheSame) {
  Publication publication(source, target + "///", false);
  EXPECT_EQ(publication.part(), part);
  write_file(part + "/.zgroup", "new");
  publication.publish();
  expect_published("new");
}

TEST_F(PublishTest, AnExistingTargetIsKept) {
  make_zarr(target, "old");
  expect_error(ErrorCode::already_exists, "is there already",
               [&] { Publication(source, target, false); });
  expect_published("old");
}

TEST_F(PublishTest, AnExistingTargetIsReplacedOnRequestAndOnlyAtTheEnd) {
  make_zarr(target, "old");
  write_file(target + "/more", "old");
  Publication publication(source, target, true);
  write_file(part + "/.zgroup", "new");
  EXPECT_EQ(read_file(target + "/.zgroup"), "old");
  publication.publish();
  expect_published("new");
  EXPECT_FALSE(fs::exists(target + "/more"));
}

TEST_F(PublishTest, AFailureKeepsTheTargetThatWasToBeReplaced) {
  make_zarr(target, "old");
  { Publication publication(source, target, true); }
  expect_published("old");
}

TEST_F(PublishTest, ATargetThatAppearsMeanwhileIsKept) {
  {
    Publication publication(source, target, false);
    make_zarr(target, "other");
    expect_error(ErrorCode::already_exists, "is there already", [&] { publication.publish(); });
  }
  expect_published("other");
}

TEST_F(PublishTest, OnlyZarrAndEmptyDirectoriesAreReplaced) {
  struct Case {
    const char* what;
    std::function<void(const std::string&)> make;
    bool replaced;
  };
  const Case cases[] = {
      {"an empty directory", [](const auto& p) { fs::create_directory(p); }, true},
      {"a Zarr group", [this](const auto& p) { make_zarr(p, ""); }, true},
      {"a Zarr array",
       [](const auto& p) {
         fs::create_directory(p);
         write_file(p + "/.zarray", "");
       },
       true},
      {"a directory of something else",
       [](const auto& p) {
         fs::create_directory(p);
         write_file(p + "/thesis.tex", "");
       },
       false},
      {"a file", [](const auto& p) { write_file(p, "text"); }, false},
      {"a link to a Zarr directory",
       [this](const auto& p) {
         make_zarr(dir / "elsewhere", "");
         fs::create_symlink(dir / "elsewhere", p);
       },
       false},
      {"a link to nothing", [](const auto& p) { fs::create_symlink("/nowhere", p); }, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    fs::remove_all(target);
    c.make(target);
    if (c.replaced) {
      Publication publication(source, target, true);
      write_file(part + "/.zgroup", "new");
      publication.publish();
      expect_published("new");
    } else {
      expect_error(ErrorCode::already_exists, "is neither a Zarr directory",
                   [&] { Publication(source, target, true); });
      EXPECT_NE(fs::symlink_status(target).type(), fs::file_type::not_found);
      EXPECT_FALSE(fs::exists(part));
    }
  }
}

TEST_F(PublishTest, ALeftoverIsNamedAndReplacedOnRequest) {
  make_zarr(part, "left");
  expect_error(ErrorCode::already_exists, "was left by a conversion",
               [&] { Publication(source, target, false); });
  EXPECT_EQ(read_file(part + "/.zgroup"), "left");
  Publication publication(source, target, true);
  EXPECT_TRUE(fs::is_empty(part));
  write_file(part + "/.zgroup", "new");
  publication.publish();
  expect_published("new");
}

TEST_F(PublishTest, ARunningConversionIsLeftAlone) {
  Publication running(source, target, false);
  for (const bool overwrite : {false, true}) {
    expect_error(ErrorCode::already_exists, "by another conversion that is running",
                 [&] { Publication(source, target, overwrite); });
  }
  EXPECT_FALSE(remove_leftover(target, std::nullopt));
  EXPECT_TRUE(fs::exists(part));
  write_file(part + "/.zgroup", "new");
  running.publish();
  expect_published("new");
}

TEST_F(PublishTest, AFileOrLinkInTheWayIsNotRemoved) {
  write_file(part, "mine");
  for (const bool overwrite : {false, true}) {
    expect_error(ErrorCode::already_exists, "is no directory",
                 [&] { Publication(source, target, overwrite); });
  }
  EXPECT_EQ(read_file(part), "mine");
  fs::remove(part);
  make_zarr(dir / "elsewhere", "other");
  fs::create_symlink(dir / "elsewhere", part);
  expect_error(ErrorCode::already_exists, "is no directory",
               [&] { Publication(source, target, true); });
  EXPECT_EQ(read_file(dir / "elsewhere/.zgroup"), "other");
}

struct BadTarget {
  const char* what;
  std::string target;  ///< Relative to the directory, unless absolute.
  ErrorCode code;
  std::string part_of_message;
};

TEST_F(PublishTest, TargetsThatCannotBe) {
  fs::create_directory(dir / "empty");
  const BadTarget cases[] = {
      {"no parent", "missing/out.zarr", ErrorCode::not_found, "missing that the target is to lie"},
      {"no grandparent", "missing/too/out.zarr", ErrorCode::not_found, "can't be used"},
      {"a file as parent", "source.h5/out.zarr", ErrorCode::not_found, "is no directory"},
      {"below a file", "source.h5/a/out.zarr", ErrorCode::not_found, "can't be used"},
      {"the source", "source.h5", ErrorCode::invalid_argument, "is the source"},
      {"a dot", "empty/.", ErrorCode::invalid_argument, "no name"},
      {"two dots", "empty/..", ErrorCode::invalid_argument, "no name"},
      {"the root", "/", ErrorCode::invalid_argument, "no name"},
      {"nowhere to write", "/proc/out.zarr", ErrorCode::io_error, "can't be made"},
      {"a long name", std::string(260, 'x'), ErrorCode::io_error, "can't be made"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const auto name = c.target.front() == '/' ? c.target : dir / c.target;
    expect_error(c.code, c.part_of_message, [&] { Publication(source, name, true); });
  }
  expect_error(ErrorCode::invalid_argument, "no name", [&] { Publication(source, "", false); });
}

TEST_F(PublishTest, SourceAndTargetLieApart) {
  const auto store = dir / "source.zarr";
  make_zarr(store, "");
  make_zarr(store + "/inner", "");
  fs::create_symlink(store, dir / "link");
  struct Case {
    std::string source, target, message;
  };
  const Case cases[] = {{store, store, "is the source"},
                        {store, store + "/out", "lies in the source"},
                        {store, dir / "link/out", "lies in the source"},
                        {store + "/inner", store, "holds the source"},
                        {dir / "link", store, "is the source"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.target);
    expect_error(ErrorCode::invalid_argument, c.message,
                 [&] { Publication(c.source, c.target, true); });
  }
  // A name that begins alike is another one.
  EXPECT_NO_THROW(Publication(store, store + "2", false));
}

TEST_F(PublishTest, ADryRunChecksAndMakesNothing) {
  EXPECT_NO_THROW(check_target(source, target, false));
  EXPECT_FALSE(fs::exists(part));
  make_zarr(target, "old");
  expect_error(ErrorCode::already_exists, "", [&] { check_target(source, target, false); });
  EXPECT_NO_THROW(check_target(source, target, true));
}

TEST_F(PublishTest, TidyingUpRemovesWhatAKilledConversionMade) {
  const auto before = part_identity(target);
  EXPECT_EQ(before, std::nullopt);
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto* leaked = new Publication(source, target, false);
    write_file(leaked->part() + "/.zgroup", "half");
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(fs::exists(part));
  EXPECT_TRUE(remove_leftover(target, before));
  EXPECT_FALSE(fs::exists(part));
  EXPECT_FALSE(remove_leftover(target, before)) << "there is nothing more";
}

TEST_F(PublishTest, TidyingUpKeepsWhatWasThereBefore) {
  make_zarr(part, "left");
  const auto before = part_identity(target);
  EXPECT_FALSE(remove_leftover(target, before));
  EXPECT_EQ(read_file(part + "/.zgroup"), "left");
}

TEST_F(PublishTest, TidyingUpDoesNotFollowLinks) {
  make_zarr(dir / "elsewhere", "other");
  fs::create_symlink(dir / "elsewhere", part);
  EXPECT_FALSE(remove_leftover(target, std::nullopt));
  EXPECT_EQ(read_file(dir / "elsewhere/.zgroup"), "other");
}

}  // namespace
}  // namespace engram::converter
