#include "engram/store/memory_store.hpp"

#include <gtest/gtest.h>

#include "testing/store_suite.hpp"

namespace engram::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, StoreSuite,
                         ::testing::Values(StoreCase{
                             "Memory", [] { return std::make_shared<store::MemoryStore>(); }}),
                         StoreSuite::name_of);

TEST(MemoryStoreTest, HasAName) { EXPECT_EQ(store::MemoryStore().name(), "memory"); }

}  // namespace
}  // namespace engram::testing
