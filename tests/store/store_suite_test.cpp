// All stores pass the same suite: a new one is one line in this list.
#include "testing/store_suite.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "engram/store/directory_store.hpp"
#include "engram/store/memory_store.hpp"
#include "testing/temp_dir.hpp"

namespace engram::testing {
namespace {

using store::DirectoryStore;
using store::MemoryStore;

std::shared_ptr<store::Store> make_new_directory(DirectoryStore::Mode mode) {
  struct Both {
    explicit Both(DirectoryStore::Mode m) : store(dir / "store", m) {}
    TempDir dir;
    DirectoryStore store;
  };
  const auto both = std::make_shared<Both>(mode);
  return {both, &both->store};
}

std::shared_ptr<store::Store> make_old_directory() {
  struct Both {
    TempDir dir;
    DirectoryStore store{dir.path(), DirectoryStore::Mode::update};
  };
  const auto both = std::make_shared<Both>();
  return {both, &both->store};
}

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreSuite,
    ::testing::Values(
        StoreCase{"Memory", [] { return std::make_shared<MemoryStore>(); }},
        StoreCase{"Create", [] { return make_new_directory(DirectoryStore::Mode::create); }},
        StoreCase{"CreateFast",
                  [] { return make_new_directory(DirectoryStore::Mode::create_fast); }},
        StoreCase{"Update", &make_old_directory}),
    StoreSuite::name_of);

TEST(MemoryStoreTest, HasAName) { EXPECT_EQ(MemoryStore().name(), "memory"); }

}  // namespace
}  // namespace engram::testing
