#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engram/backend/stream.hpp"
#include "engram/base/progress.hpp"
#include "engram/hdmf/data_chunk_iterator.hpp"

namespace engram::backend {

struct QueueOptions {
  enum class Order {
    round_robin,  ///< One piece of each, again and again.
    in_turn,      ///< One after another, each to its end.
  };
  Order order = Order::round_robin;
  /// Flushes when so many bytes came since the last time, after a whole round (in turn: after a
  /// piece); 0: at the end only.
  std::uint64_t flush_bytes = 0;
  /// Totals are 0 where they are not known: bytes where a dataset has no end, chunks always. A
  /// chunk is a piece here, a node a dataset.
  ProgressCallback progress = {};
  std::stop_token stop = {};  ///< Looked at between rounds, or pieces when in turn.
};

/// hdmf-zarr's ZarrIODataChunkIteratorQueue: writes what iterators yield to datasets of a session.
///
/// Iterators run on the thread that calls exhaust(), one at a time; their pieces are encoded on the
/// session's pool meanwhile. Memory is the session's, and one piece.
///
/// Threads: one at a time.
class StreamQueue {
 public:
  /// `session` must live longer.
  explicit StreamQueue(StreamSession& session) : session_(session) {}

  /// Throws Error(not_found) when `path` is no dataset of the session, Error(invalid_argument) when
  /// it holds another type than the iterator yields.
  void add(const std::string& path, std::unique_ptr<hdmf::DataChunkIterator> iterator);

  std::size_t size() const noexcept { return items_.size(); }

  /// Writes all pieces of all iterators, then flushes; the queue is empty afterwards. What an
  /// iterator throws, or a piece that can't be written (see StreamedDataset), ends it: what came
  /// before is flushed and the exception passes on as it is; the iterators stay in the queue. A
  /// stop request does the same with Error(cancelled).
  void exhaust(const QueueOptions& options = {});

 private:
  struct Item {
    StreamedDataset* dataset;
    std::unique_ptr<hdmf::DataChunkIterator> iterator;
    bool is_over = false;
  };
  class Run;

  StreamSession& session_;
  std::vector<Item> items_;
};

}  // namespace engram::backend
