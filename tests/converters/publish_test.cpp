#include "converters/publish.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "converters/unfinished.hpp"
#include "testing/expect_error.hpp"
#include "testing/temp_dir.hpp"

namespace engram::converter {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::TempDir;

constexpr Publication::Options kOverwrite{true, false}, kResume{false, true};

void write_file(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class PublishTest : public ::testing::Test {
 protected:
  PublishTest()
      : source(dir / "source.h5"),
        target(dir / "out.zarr"),
        part(target + ".part"),
        store(part + "/store") {
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
  const std::string source, target, part, store;
};

TEST_F(PublishTest, AppearsWhenItIsComplete) {
  Publication publication(source, target, {});
  EXPECT_EQ(publication.part(), part);
  EXPECT_EQ(publication.store(), store);
  EXPECT_TRUE(fs::is_empty(store));
  write_file(store + "/.zgroup", "new");
  EXPECT_FALSE(fs::exists(target));
  EXPECT_EQ(publication.publish(false), std::nullopt);
  expect_published("new");
}

TEST_F(PublishTest, NothingIsLeftOfAFailure) {
  {
    Publication publication(source, target, {});
    fs::create_directories(store + "/a/b");
    write_file(store + "/a/b/0", "x");
  }
  EXPECT_FALSE(fs::exists(part));
  EXPECT_FALSE(fs::exists(target));
}

TEST_F(PublishTest, TrailingSlashesMeanTheSame) {
  Publication publication(source, target + "///", {});
  EXPECT_EQ(publication.part(), part);
  write_file(store + "/.zgroup", "new");
  publication.publish(false);
  expect_published("new");
}

TEST_F(PublishTest, AnExistingTargetIsKept) {
  make_zarr(target, "old");
  expect_error(ErrorCode::already_exists, "is there already",
               [&] { Publication(source, target, {}); });
  expect_published("old");
}

TEST_F(PublishTest, AnExistingTargetIsReplacedOnRequestAndOnlyAtTheEnd) {
  make_zarr(target, "old");
  write_file(target + "/more", "old");
  Publication publication(source, target, kOverwrite);
  write_file(store + "/.zgroup", "new");
  EXPECT_EQ(read_file(target + "/.zgroup"), "old");
  publication.publish(false);
  expect_published("new");
  EXPECT_FALSE(fs::exists(target + "/more"));
}

TEST_F(PublishTest, AFailureKeepsTheTargetThatWasToBeReplaced) {
  make_zarr(target, "old");
  { Publication publication(source, target, kOverwrite); }
  expect_published("old");
}

TEST_F(PublishTest, ATargetThatAppearsMeanwhileIsKept) {
  {
    Publication publication(source, target, {});
    make_zarr(target, "other");
    expect_error(ErrorCode::already_exists, "is there already",
                 [&] { publication.publish(false); });
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
      Publication publication(source, target, kOverwrite);
      write_file(store + "/.zgroup", "new");
      publication.publish(false);
      expect_published("new");
    } else {
      expect_error(ErrorCode::already_exists, "is neither a Zarr directory",
                   [&] { Publication(source, target, kOverwrite); });
      EXPECT_NE(fs::symlink_status(target).type(), fs::file_type::not_found);
      EXPECT_FALSE(fs::exists(part));
    }
  }
}

// What a conversion leaves that was killed.
class LeftoverTest : public PublishTest {
 protected:
  void leave(bool with_record) {
    fs::create_directory(part);
    make_zarr(store, "left");
    if (with_record)
      write_record(part, make_record("a.nwb", Json::object(), Json::object(), Json::object()));
  }
};

TEST_F(LeftoverTest, IsNamedAndReplacedOnRequest) {
  leave(false);
  expect_error(ErrorCode::already_exists, "left by a conversion that did not end: overwrite it",
               [&] { Publication(source, target, {}); });
  write_record(part, make_record("a.nwb", Json::object(), Json::object(), Json::object()));
  expect_error(ErrorCode::already_exists,
               "out.zarr.part is an unfinished conversion of a.nwb, begun 20",
               [&] { Publication(source, target, {}); });
  expect_error(ErrorCode::already_exists, "go on with it (--resume), overwrite it (--overwrite)",
               [&] { Publication(source, target, {}); });
  EXPECT_EQ(read_file(store + "/.zgroup"), "left");
  Publication publication(source, target, kOverwrite);
  EXPECT_FALSE(publication.is_resumed());
  EXPECT_TRUE(fs::is_empty(store));
  EXPECT_FALSE(is_resumable(part));
  write_file(store + "/.zgroup", "new");
  publication.publish(true);
  expect_published("new");
}

TEST_F(LeftoverTest, IsTakenAsItIsToGoOn) {
  leave(true);
  {
    Publication publication(source, target, kResume);
    EXPECT_TRUE(publication.is_resumed());
    EXPECT_EQ(read_file(store + "/.zgroup"), "left");
    publication.keep();
  }
  Publication publication(source, target, kResume);
  write_file(store + "/.zarray", "new");
  EXPECT_EQ(publication.publish(true), std::nullopt);
  expect_published("left");
}

TEST_F(LeftoverTest, WithoutARecordIsBegunAnewByResume) {
  leave(false);
  const Publication publication(source, target, kResume);
  EXPECT_FALSE(publication.is_resumed());
  EXPECT_TRUE(fs::is_empty(store));
}

TEST_F(LeftoverTest, IsNoneWhereOthersKeepTheirThings) {
  fs::create_directory(part);
  write_file(part + "/thesis.tex", "mine");
  for (const auto& options : {kOverwrite, kResume}) {
    expect_error(ErrorCode::already_exists, "no conversion has put there",
                 [&] { Publication(source, target, options); });
  }
  EXPECT_EQ(read_file(part + "/thesis.tex"), "mine");
}

TEST_F(LeftoverTest, CanNotBeGoneOnWithOnceTheOldTargetGaveWay) {
  make_zarr(target, "old");
  leave(true);
  Publication publication(source, target, {true, true});
  ASSERT_TRUE(publication.is_resumed());
  write_file(store + "/.zgroup", "new");
  publication.publish(false);
  expect_published("new");
}

TEST_F(PublishTest, ARunningConversionIsLeftAlone) {
  Publication running(source, target, {});
  for (const bool overwrite : {false, true}) {
    expect_error(ErrorCode::already_exists, "by another conversion that is running", [&] {
      Publication(source, target, {overwrite, false});
    });
  }
  EXPECT_FALSE(remove_leftover(target, std::nullopt));
  EXPECT_TRUE(fs::exists(part));
  write_file(store + "/.zgroup", "new");
  running.publish(false);
  expect_published("new");
}

TEST_F(PublishTest, AFileOrLinkInTheWayIsNotRemoved) {
  write_file(part, "mine");
  for (const bool overwrite : {false, true}) {
    expect_error(ErrorCode::already_exists, "is no directory", [&] {
      Publication(source, target, {overwrite, false});
    });
  }
  EXPECT_EQ(read_file(part), "mine");
  fs::remove(part);
  make_zarr(dir / "elsewhere", "other");
  fs::create_symlink(dir / "elsewhere", part);
  expect_error(ErrorCode::already_exists, "is no directory",
               [&] { Publication(source, target, kOverwrite); });
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
    expect_error(c.code, c.part_of_message, [&] { Publication(source, name, kOverwrite); });
  }
  expect_error(ErrorCode::invalid_argument, "no name", [&] { Publication(source, "", {}); });
}

TEST_F(PublishTest, SourceAndTargetLieApart) {
  const auto own = dir / "source.zarr";
  make_zarr(own, "");
  make_zarr(own + "/inner", "");
  fs::create_symlink(own, dir / "link");
  struct Case {
    std::string source, target, message;
  };
  const Case cases[] = {{own, own, "is the source"},
                        {own, own + "/out", "lies in the source"},
                        {own, dir / "link/out", "lies in the source"},
                        {own + "/inner", own, "holds the source"},
                        {dir / "link", own, "is the source"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.target);
    expect_error(ErrorCode::invalid_argument, c.message,
                 [&] { Publication(c.source, c.target, kOverwrite); });
  }
  // A name that begins alike is another one.
  EXPECT_NO_THROW(Publication(own, own + "2", {}));
}

TEST_F(PublishTest, ADryRunChecksAndMakesNothing) {
  EXPECT_NO_THROW(check_target(source, target, {}));
  EXPECT_FALSE(fs::exists(part));
  make_zarr(target, "old");
  expect_error(ErrorCode::already_exists, "", [&] { check_target(source, target, {}); });
  EXPECT_NO_THROW(check_target(source, target, {true, false, false}));
}

TEST_F(PublishTest, TidyingUpRemovesWhatAKilledConversionMade) {
  const auto before = part_identity(target);
  EXPECT_EQ(before, std::nullopt);
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto* leaked = new Publication(source, target, {});
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
