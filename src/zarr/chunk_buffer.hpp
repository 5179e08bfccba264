#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "engram/base/bytes.hpp"
#include "engram/base/json.hpp"
#include "engram/base/memory_budget.hpp"
#include "engram/base/thread_pool.hpp"
#include "engram/zarr/array.hpp"

namespace engram::zarr {

struct BufferedChunk;
using BufferedChunks = std::list<BufferedChunk>;
/// The chunks of one array that are in memory, by their places.
using ChunkPlaces = std::map<Shape, BufferedChunks::iterator>;

/// A chunk that is being filled.
struct BufferedChunk {
  ChunkPlaces* places = nullptr;  ///< Of its array.
  std::shared_ptr<Array> array;   ///< Whose shape has the chunk whole.
  Shape place;
  Bytes elements;  ///< Little-endian, C order, the whole chunk; or
  std::vector<Json> objects;
  std::uint64_t received = 0;  ///< Elements that came; those that came twice count twice.

  // Guarded by the buffer's mutex.
  std::uint64_t bytes = 0;  ///< What it takes in memory, about.
  bool is_dirty = false;    ///< Holds what the store does not.
  bool is_writing = false;  ///< A task reads it: nobody may change it.
  bool leaves = false;      ///< It is to go once it is written.
};

/// The chunks of several arrays that are being filled, the one used last first, within a number of
/// bytes. Where there is no room, the chunk that was not used for longest is written and goes.
/// Chunks are encoded and stored by tasks on a pool, and whoever brings more than they can take
/// waits for them.
///
/// What can't be written stays, and is tried again when room is needed and by write_all(). The
/// failure is thrown by the next make_room(), check() or write_all().
///
/// Threads: one at a time, none of the pool.
class ChunkBuffer {
 public:
  /// Without a pool chunks are written on the calling thread. Chunks are held within `bytes`, but
  /// one always; the tasks take as much again.
  ChunkBuffer(std::uint64_t bytes, ThreadPool* pool);
  /// What was not written is lost.
  ~ChunkBuffer();
  ChunkBuffer(const ChunkBuffer&) = delete;
  ChunkBuffer& operator=(const ChunkBuffer&) = delete;

  /// Throws what kept a chunk from being written since the last call.
  void check();

  /// The chunk at `place`, which may be changed until the next call, or nullptr. Waits while it is
  /// being written.
  BufferedChunk* find(ChunkPlaces& places, const Shape& place);

  /// Waits until a chunk of `bytes` more may be held.
  void make_room(std::uint64_t bytes);

  /// Adds a chunk that is not there. make_room() was called for it.
  BufferedChunk& add(BufferedChunk chunk);

  /// The chunk was changed, and takes `more_bytes` more than before.
  void changed(BufferedChunk& chunk, std::uint64_t more_bytes);

  /// Starts to write the chunk, which then goes.
  void write_and_drop(BufferedChunk& chunk);

  /// Writes all that is not written, waits, and throws the first failure.
  void write_all();

  /// Waits for what is being written and forgets the chunks of `places`, written or not.
  void drop(ChunkPlaces& places);

 private:
  void start(BufferedChunks::iterator chunk, bool leaves);
  void write(BufferedChunks::iterator chunk);
  void remove_gone();
  void throw_failure(std::unique_lock<std::mutex>& lock);

  const std::uint64_t limit_;
  MemoryBudget working_;
  std::optional<TaskStream> tasks_;
  BufferedChunks chunks_;

  std::mutex mutex_;
  std::condition_variable written_;
  std::uint64_t held_ = 0;     ///< Bytes of all chunks.
  std::uint64_t leaving_ = 0;  ///< Those of chunks that are being written and then go.
  std::size_t writing_ = 0;    ///< Chunks that are being written.
  std::vector<BufferedChunks::iterator> gone_;
  std::exception_ptr failure_;
};

}  // namespace engram::zarr
