// A transaction that dies at each of its steps: a reader finds the store as before or as after, and
// who opens it next makes it exactly that.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <random>
#include <thread>

#include "engram/store/directory_store.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/zarr/transaction.hpp"
#include "testing/faulty_store.hpp"
#include "testing/store_content.hpp"
#include "testing/temp_dir.hpp"
#include "testing/transaction_scene.hpp"

namespace engram::zarr {
namespace {

using testing::content_of;
using testing::FaultyStore;
using testing::StoreContent;
using testing::TransactionScene;

constexpr std::uint64_t kNever = ~0ULL;

TransactionOptions options() {
  TransactionOptions options;
  options.stale = TransactionOptions::Stale::trust;
  options.sync = false;
  return options;
}

class TransactionCrashTest : public ::testing::Test {
 protected:
  TransactionCrashTest() {
    const auto store = fresh();
    before_seen_ = TransactionScene::seen(store);
    EXPECT_FALSE(run(*store, kNever).has_value());
    after_ = content_of(*store);
    after_seen_ = TransactionScene::seen(store);
  }

  std::shared_ptr<store::MemoryStore> fresh() const {
    auto store = std::make_shared<store::MemoryStore>();
    testing::fill_store(*store, before_);
    return store;
  }

  // Runs all of it; the store stops working at call `at`. Returns what was thrown.
  std::optional<Error> run(store::Store& store, std::uint64_t at,
                           FaultyStore::Fault fault = FaultyStore::Fault::fail) {
    const auto faulty = std::make_shared<FaultyStore>(store, at, fault, true);
    std::optional<Error> thrown;
    try {
      Transaction transaction(faulty, options());
      TransactionScene::change(transaction);
      transaction.commit();
    } catch (const Error& error) {
      thrown = error;
    }
    calls_ = faulty->calls();
    return thrown;
  }

  // What a reader sees now, and what the next writer makes of it.
  void expect_whole(const std::shared_ptr<store::Store>& store, const std::string& place) {
    const std::string seen = TransactionScene::seen(store);
    EXPECT_TRUE(seen == before_seen_ || seen == after_seen_) << place << "\n" << seen;
    EXPECT_EQ(TransactionScene::seen(store, false), seen) << place;
    const Recovery recovery = recover(*store);
    const StoreContent content = content_of(*store);
    EXPECT_TRUE(content == before_ || content == after_) << place;
    if (recovery == Recovery::completed) {
      EXPECT_EQ(content, after_) << place;
    }
    if (recovery == Recovery::rolled_back) {
      EXPECT_EQ(content, before_) << place;
    }
    if (seen == after_seen_) {
      EXPECT_EQ(content, after_) << place;
    }
    EXPECT_EQ(recover(*store), Recovery::nothing) << place;
  }

  const StoreContent before_ = TransactionScene::before();
  StoreContent after_;
  std::string before_seen_, after_seen_;
  std::uint64_t calls_ = 0;
};

TEST_F(TransactionCrashTest, AtEachCallOfTheStore) {
  std::uint64_t died = 0;
  for (std::uint64_t at = 0;; ++at) {
    const auto store = fresh();
    if (!run(*store, at) && calls_ <= at) break;
    ++died;
    expect_whole(store, "call " + std::to_string(at));
    ASSERT_LT(at, 10'000U);
  }
  EXPECT_GT(died, 60U);
}

TEST_F(TransactionCrashTest, AtEachCallOfTheRecoveryToo) {
  // Of each way to die, the recovery dies at each of its calls as well.
  std::uint64_t died = 0;
  for (std::uint64_t at = 0;; ++at) {
    const auto dead = fresh();
    if (!run(*dead, at) && calls_ <= at) break;
    const StoreContent left = content_of(*dead);
    for (std::uint64_t again = 0;; ++again) {
      const auto store = std::make_shared<store::MemoryStore>();
      testing::fill_store(*store, left);
      FaultyStore faulty(*store, again, FaultyStore::Fault::fail, true);
      try {
        recover(faulty);
      } catch (const Error&) {
        // As it should be.
      }
      if (faulty.calls() <= again) break;
      ++died;
      expect_whole(store, "call " + std::to_string(at) + ", then " + std::to_string(again));
    }
  }
  EXPECT_GT(died, 200U);
}

TEST_F(TransactionCrashTest, AFailureIsToldAndWhatWasNotDecidedIsGoneAtOnce) {
  for (std::uint64_t at = 0;; ++at) {
    const auto store = fresh();
    const auto faulty = std::make_shared<FaultyStore>(*store, at, FaultyStore::Fault::fail);
    bool is_decided = false, failed = false;
    try {
      Transaction transaction(faulty, options());
      TransactionScene::change(transaction);
      try {
        transaction.commit();
      } catch (const Error&) {
        failed = true;
      }
      is_decided = transaction.is_decided();
    } catch (const Error&) {
      failed = true;
    }
    if (!failed && faulty->calls() <= at) break;
    // Only one call failed: it could be put back at once.
    if (!is_decided) {
      EXPECT_EQ(content_of(*store), before_) << at;
    } else {
      expect_whole(store, "call " + std::to_string(at));
      EXPECT_EQ(content_of(*store), after_) << at;
    }
  }
}

TEST_F(TransactionCrashTest, KilledForRealInADirectory) {
  std::mt19937_64 random(7);
  testing::TempDir dir;
  int was_killed = 0;
  for (int round = 0; round < 40; ++round) {
    const std::string path = dir / ("store" + std::to_string(round));
    const auto store =
        std::make_shared<store::DirectoryStore>(path, store::DirectoryStore::Mode::create);
    testing::fill_store(*store, before_);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        const auto own =
            std::make_shared<store::DirectoryStore>(path, store::DirectoryStore::Mode::update);
        Transaction transaction(own, options());
        TransactionScene::change(transaction);
        transaction.commit();
      } catch (...) {
        ::_exit(3);
      }
      ::_exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 8000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) != 0);
    was_killed += WIFSIGNALED(status) ? 1 : 0;
    expect_whole(store, "round " + std::to_string(round));
  }
  EXPECT_GT(was_killed, 0);
}

}  // namespace
}  // namespace engram::zarr
