#include "testing/faulty_store.hpp"

#include <gtest/gtest.h>

#include "engram/store/memory_store.hpp"
#include "testing/expect_error.hpp"
#include "testing/store_text.hpp"

namespace engram::testing {
namespace {

using store::Key;

TEST(FaultyStoreTest, FailsAtTheCallThatWasPlanted) {
  store::MemoryStore memory;
  FaultyStore faulty(memory, 1, FaultyStore::Fault::fail);
  faulty.set(Key("a"), as_bytes("1234"));
  expect_error(ErrorCode::io_error, "write b: planted fault",
               [&] { faulty.set(Key("b"), as_bytes("1234")); });
  EXPECT_EQ(memory.get(Key("b"), kNoLimit), std::nullopt);
  faulty.set(Key("b"), as_bytes("12"));
  EXPECT_EQ(faulty.size(Key("b")), 2U);
  EXPECT_EQ(faulty.calls(), 4U);
}

TEST(FaultyStoreTest, FailsForEver) {
  store::MemoryStore memory;
  FaultyStore faulty(memory, 1, FaultyStore::Fault::fail, true);
  EXPECT_NO_THROW(faulty.get(Key("a"), kNoLimit));
  expect_error(ErrorCode::io_error, "planted", [&] { faulty.get(Key("a"), kNoLimit); });
  expect_error(ErrorCode::io_error, "planted", [&] { faulty.size(Key("a")); });
  expect_error(ErrorCode::io_error, "planted", [&] { faulty.list_dir(""); });
  expect_error(ErrorCode::io_error, "planted", [&] { faulty.erase(Key("a")); });
  expect_error(ErrorCode::io_error, "planted", [&] { faulty.get_range(Key("a"), 0, 1); });
  expect_error(ErrorCode::io_error, "planted", [&] { faulty.erase_prefix("a"); });
  expect_error(ErrorCode::io_error, "planted", [&] { faulty.finish(); });
}

TEST(FaultyStoreTest, CutsShort) {
  store::MemoryStore memory;
  memory.set(Key("a"), as_bytes("1234"));
  FaultyStore get(memory, 0, FaultyStore::Fault::cut_short);
  EXPECT_EQ(get.get(Key("a"), kNoLimit), to_bytes("12"));
  EXPECT_EQ(get.get(Key("a"), kNoLimit), to_bytes("1234"));
  FaultyStore range(memory, 0, FaultyStore::Fault::cut_short);
  EXPECT_EQ(range.get_range(Key("a"), 1, 2), to_bytes("2"));
  FaultyStore set(memory, 0, FaultyStore::Fault::cut_short);
  expect_error(ErrorCode::io_error, "planted", [&] { set.set(Key("b"), as_bytes("5678")); });
  EXPECT_EQ(memory.get(Key("b"), kNoLimit), to_bytes("56"));
}

}  // namespace
}  // namespace engram::testing
