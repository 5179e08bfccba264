#include "engram/backend/stream_queue.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>

#include "engram/base/error.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/zarr/group.hpp"
#include "testing/expect_error.hpp"
#include "testing/fake_sources.hpp"

namespace engram::backend {
namespace {

using hdmf::kUnlimited;
using Rows = std::optional<std::vector<std::int32_t>>;
using testing::expect_error;

/// `count` rows that count, one a piece; `each` is called before each and at the end.
std::unique_ptr<hdmf::DataChunkIterator> counted(std::int32_t count,
                                                 std::function<void(std::int32_t)> each = {}) {
  return hdmf::iterate_rows<std::int32_t>(
      {kUnlimited}, [at = 0, count, each = std::move(each)]() mutable -> Rows {
        if (each) each(at);
        if (at == count) return std::nullopt;
        return std::vector<std::int32_t>{at++};
      });
}

class StreamQueueTest : public ::testing::Test {
 protected:
  StreamQueueTest() {
    std::vector<StreamOptions> streams;
    for (const char* path : {"/a", "/b"}) {
      StreamOptions stream;
      stream.path = path;
      stream.type = DataType::integer(4);
      stream.max_shape = {kUnlimited};
      stream.chunk_shape = {4};
      streams.push_back(stream);
    }
    session_.emplace(StreamSession::create(store_, {}, streams, {.pool = &pool_}));
  }

  std::uint64_t length(const std::string& path) const {
    const zarr::Array array = zarr::Group::open_consolidated(store_).array(path);
    std::vector<std::int32_t> expected(array.shape()[0]);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(array.read<std::int32_t>(Region::all(array.shape())), expected);
    return array.shape()[0];
  }

  ThreadPool pool_{2};
  std::shared_ptr<store::MemoryStore> store_ = std::make_shared<store::MemoryStore>();
  std::optional<StreamSession> session_;
};

TEST_F(StreamQueueTest, RoundRobinTakesOnePieceOfEach) {
  std::string order;
  StreamQueue queue(*session_);
  queue.add("/a", counted(2, [&](int) { order += 'a'; }));
  queue.add("/b", counted(4, [&](int) { order += 'b'; }));
  EXPECT_EQ(queue.size(), 2U);
  queue.exhaust();
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(order, "abababbb");
  EXPECT_EQ(length("/a"), 2U);
  EXPECT_EQ(length("/b"), 4U);
}

TEST_F(StreamQueueTest, InTurnEndsOneFirst) {
  std::string order;
  StreamQueue queue(*session_);
  queue.add("/a", counted(2, [&](int) { order += 'a'; }));
  queue.add("/b", counted(4, [&](int) { order += 'b'; }));
  queue.exhaust({.order = QueueOptions::Order::in_turn});
  EXPECT_EQ(order, "aaabbbbb");
  EXPECT_EQ(length("/a"), 2U);
  EXPECT_EQ(length("/b"), 4U);
}

TEST_F(StreamQueueTest, FlushesAfterWholeRounds) {
  std::vector<std::uint64_t> seen;
  StreamQueue queue(*session_);
  queue.add("/a", counted(6, [&](int) {
              EXPECT_EQ(length("/a"), length("/b"));
              seen.push_back(length("/a"));
            }));
  queue.add("/b", counted(6));
  queue.exhaust({.flush_bytes = 16});
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{0, 0, 2, 2, 4, 4, 6}));
}

TEST_F(StreamQueueTest, AnIteratorThatThrowsLosesNothing) {
  StreamQueue queue(*session_);
  bool is_bad = true;
  queue.add("/a", counted(10));
  queue.add("/b", counted(10, [&](int at) {
              if (at == 5 && is_bad) throw std::out_of_range("of its own");
            }));
  EXPECT_THROW(queue.exhaust(), std::out_of_range);
  EXPECT_EQ(length("/a"), 6U);
  EXPECT_EQ(length("/b"), 5U);
  is_bad = false;  // And it can go on.
  queue.exhaust();
  EXPECT_EQ(length("/a"), 10U);
  EXPECT_EQ(length("/b"), 10U);
}

TEST_F(StreamQueueTest, StopsBetweenRounds) {
  std::stop_source stop;
  StreamQueue queue(*session_);
  queue.add("/a", counted(10, [&](int at) {
              if (at == 3) stop.request_stop();
            }));
  queue.add("/b", counted(10));
  expect_error(ErrorCode::cancelled, "on request",
               [&] { queue.exhaust({.stop = stop.get_token()}); });
  EXPECT_EQ(length("/a"), 4U);
  EXPECT_EQ(length("/b"), 4U);
}

TEST_F(StreamQueueTest, TellsHowFarItIs) {
  std::vector<Progress> told;
  StreamQueue queue(*session_);
  queue.add("/a", counted(10));
  queue.add("/b", hdmf::iterate_blocks(
                      testing::fake_array<std::int32_t>(DataType::integer(4), {4}, {0, 1, 2, 3}),
                      {.chunk_shape = {2}, .buffer_shape = {2}}));
  queue.exhaust({.progress = [&](const Progress& progress) { told.push_back(progress); }});
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back().bytes_done, 56U);
  EXPECT_EQ(told.back().bytes_total, 0U);  // "/a" has no end.
  EXPECT_EQ(told.back().chunks_done, 12U);
  EXPECT_EQ(told.back().nodes_done, 2U);
  EXPECT_EQ(told.back().nodes_total, 2U);
}

TEST_F(StreamQueueTest, RefusesWhatDoesNotFit) {
  StreamQueue queue(*session_);
  expect_error(ErrorCode::not_found, "/a, /b", [&] { queue.add("/c", counted(1)); });
  expect_error(ErrorCode::invalid_argument, "yields float32, and /a holds int32", [&] {
    queue.add("/a", hdmf::iterate_rows<float>(
                        {kUnlimited}, []() -> std::optional<std::vector<float>> { return {}; }));
  });
  expect_error(ErrorCode::invalid_argument, "yields values, and /a holds int32", [&] {
    queue.add("/a", hdmf::make_iterator({hdmf::ObjectType{}, {kUnlimited}, {}},
                                        []() -> std::optional<hdmf::DataChunk> { return {}; }));
  });
  queue.add("/a", hdmf::make_iterator({DataType::integer(4), {kUnlimited}, {}},
                                      []() -> std::optional<hdmf::DataChunk> {
                                        return hdmf::DataChunk{{{{0, 0}, {1, 1}}}, Bytes(4)};
                                      }));
  expect_error(ErrorCode::invalid_argument, "2 dimensions", [&] { queue.exhaust(); });
}

}  // namespace
}  // namespace engram::backend
