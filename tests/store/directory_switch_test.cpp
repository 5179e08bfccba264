#include "store/directory_switch.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engram/store/directory_store.hpp"
#include "testing/expect_error.hpp"
#include "testing/store_content.hpp"
#include "testing/temp_dir.hpp"

namespace engram::store {
namespace {

namespace fs = std::filesystem;
using testing::content_of;
using testing::StoreContent;

struct Stop {};

// A directory with three values to be replaced, one to be removed, and two that are new.
class DirectorySwitchTest : public ::testing::Test {
 protected:
  DirectorySwitchTest() { make(); }

  void make() {
    fs::remove_all(path_);
    DirectoryStore store(path_, DirectoryStore::Mode::create);
    testing::fill_store(store, {{"top", "old top"},
                                {"a/b/c", "old c"},
                                {"a/gone", "old gone"},
                                {"a/other", "other"},
                                {".journal/new/0", "new top"},
                                {".journal/new/1", "new c"},
                                {".journal/new/2", "new one"},
                                {".journal/new/3", "new two"}});
  }

  std::vector<Replacement> changes() const {
    return {{Key("top"), Key(".journal/new/0")},
            {Key("a/b/c"), Key(".journal/new/1")},
            {Key("a/gone"), std::nullopt},
            {Key("new/one"), Key(".journal/new/2")},
            {Key("two"), Key(".journal/new/3")}};
  }

  // Runs until step number `at`. False: there are fewer.
  bool run(std::uint64_t at) {
    DirectoryTree tree(FileDescriptor(::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)),
                       path_);
    std::uint64_t step = 0;
    const auto list = changes();
    try {
      EXPECT_TRUE(switch_together(tree, list, ".journal", [&] {
        if (step++ == at) throw Stop{};
      }));
    } catch (const Stop&) {
      return true;
    }
    return false;
  }

  StoreContent seen() const {
    StoreContent content = content_of(DirectoryStore(path_, DirectoryStore::Mode::read));
    std::erase_if(content, [](const auto& item) { return item.first.starts_with(".journal/"); });
    return content;
  }

  testing::TempDir dir_;
  const std::string path_ = dir_ / "store";
  const StoreContent old_{
      {"top", "old top"}, {"a/b/c", "old c"}, {"a/gone", "old gone"}, {"a/other", "other"}};
  const StoreContent new_{{"top", "new top"},
                          {"a/b/c", "new c"},
                          {"a/other", "other"},
                          {"new/one", "new one"},
                          {"two", "new two"}};
};

TEST_F(DirectorySwitchTest, ReplacesAllAndLeavesFiles) {
  EXPECT_FALSE(run(1000));
  EXPECT_EQ(seen(), new_);
  for (const auto& entry : fs::recursive_directory_iterator(path_)) {
    if (!entry.path().string().starts_with(path_ + "/.journal")) {
      EXPECT_FALSE(entry.is_symlink()) << entry.path();
    }
  }
}

TEST_F(DirectorySwitchTest, StoppedAtAnyStepAllAreOldOrNewAndItGoesOn) {
  bool was_new = false;
  std::uint64_t steps = 0;
  for (std::uint64_t at = 0;; ++at) {
    make();
    if (!run(at)) break;
    ++steps;
    const StoreContent content = seen();
    EXPECT_TRUE(content == old_ || content == new_) << "step " << at;
    EXPECT_TRUE(!was_new || content == new_) << "step " << at;
    was_new = content == new_;
    // Moved as a whole, it is still the same.
    fs::rename(path_, path_ + ".moved");
    fs::rename(path_ + ".moved", path_);
    EXPECT_FALSE(run(1000));
    EXPECT_EQ(seen(), new_) << "step " << at;
    DirectoryStore(path_, DirectoryStore::Mode::update).erase_prefix(".journal");
    EXPECT_EQ(seen(), new_) << "step " << at;
    for (const auto& entry : fs::recursive_directory_iterator(path_))
      EXPECT_FALSE(entry.is_symlink() || entry.path().extension() == ".part") << entry.path();
  }
  EXPECT_GT(steps, 15U);
}

TEST_F(DirectorySwitchTest, StoppedAgainAndAgain) {
  for (std::uint64_t first = 0; run(first); ++first) {
    for (std::uint64_t second = 0;; ++second) {
      make();
      if (!run(first)) return;
      if (!run(second)) break;
      const StoreContent content = seen();
      EXPECT_TRUE(content == old_ || content == new_) << first << ", then " << second;
      EXPECT_FALSE(run(1000));
      EXPECT_EQ(seen(), new_) << first << ", then " << second;
    }
    make();
  }
}

TEST_F(DirectorySwitchTest, GoesOneAfterAnotherWhereALinkIsOnTheWay) {
  fs::rename(path_ + "/a", path_ + "/elsewhere");
  fs::create_directory_symlink("elsewhere", path_ + "/a");
  DirectoryTree tree(FileDescriptor(::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)),
                     path_);
  EXPECT_FALSE(switch_together(tree, changes(), ".journal"));
  DirectoryStore(path_, DirectoryStore::Mode::update).replace_together(changes(), ".journal");
  StoreContent content = seen();
  EXPECT_EQ(content.at("a/b/c"), "new c");
  EXPECT_EQ(content.at("top"), "new top");
  EXPECT_FALSE(content.contains("a/gone"));
}

TEST_F(DirectorySwitchTest, AValueThatIsLostAndAStateThatIsNotOursAreRefused) {
  fs::remove(path_ + "/.journal/new/3");
  testing::expect_error(ErrorCode::corrupt_data, "is not there", [&] { run(1000); });
  EXPECT_EQ(seen(), old_);
  make();
  fs::create_directory_symlink("../..", path_ + "/.journal/state");
  testing::expect_error(ErrorCode::corrupt_data, "nothing of engram's", [&] { run(1000); });
  EXPECT_EQ(seen(), old_);
}

}  // namespace
}  // namespace engram::store
