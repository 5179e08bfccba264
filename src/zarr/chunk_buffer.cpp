#include "zarr/chunk_buffer.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engram/base/error.hpp"

namespace engram::zarr {
namespace {

// A chunk is encoded beside itself, and may have to be turned around before.
constexpr std::uint64_t kCopies = 2;

}  // namespace

ChunkBuffer::ChunkBuffer(std::uint64_t bytes, ThreadPool* pool) : limit_(bytes), working_(bytes) {
  if (pool != nullptr) tasks_.emplace(*pool, working_);
}

ChunkBuffer::~ChunkBuffer() {
  tasks_.reset();  // Waits for tasks, which use what is below.
}

void ChunkBuffer::throw_failure(std::unique_lock<std::mutex>& lock) {
  if (!failure_) return;
  const std::exception_ptr failure = std::exchange(failure_, nullptr);
  lock.unlock();
  std::rethrow_exception(failure);
}

void ChunkBuffer::check() {
  std::unique_lock lock(mutex_);
  throw_failure(lock);
}

void ChunkBuffer::remove_gone() {
  std::vector<BufferedChunks::iterator> gone;
  {
    const std::lock_guard lock(mutex_);
    gone.swap(gone_);
  }
  for (const auto& chunk : gone) {
    chunk->places->erase(chunk->place);
    chunks_.erase(chunk);
  }
}

BufferedChunk* ChunkBuffer::find(ChunkPlaces& places, const Shape& place) {
  remove_gone();
  auto found = places.find(place);
  if (found == places.end()) return nullptr;
  {
    std::unique_lock lock(mutex_);
    BufferedChunk& chunk = *found->second;
    if (chunk.is_writing && chunk.leaves) {  // It is wanted again.
      chunk.leaves = false;
      leaving_ -= chunk.bytes;
    }
    written_.wait(lock, [&] { return !chunk.is_writing; });
  }
  remove_gone();  // It was written before it was wanted.
  found = places.find(place);
  if (found == places.end()) return nullptr;
  chunks_.splice(chunks_.begin(), chunks_, found->second);
  return &*found->second;
}

void ChunkBuffer::make_room(std::uint64_t bytes) {
  for (;;) {
    remove_gone();
    auto victim = chunks_.end();
    bool is_dirty = false;
    {
      std::unique_lock lock(mutex_);
      throw_failure(lock);
      const auto fits = [&](std::uint64_t held) {
        return held == 0 || (bytes <= limit_ && held <= limit_ - bytes);
      };
      if (fits(held_)) return;
      const auto last = std::find_if(chunks_.rbegin(), chunks_.rend(),
                                     [](const auto& chunk) { return !chunk.is_writing; });
      // Chunks that are on their way out are waited for before others have to go.
      if (last == chunks_.rend() || fits(held_ - leaving_)) {
        written_.wait(lock, [&] { return writing_ == 0 || !gone_.empty() || failure_; });
        continue;
      }
      victim = std::prev(last.base());
      is_dirty = victim->is_dirty;
      if (!is_dirty) held_ -= victim->bytes;
    }
    if (is_dirty) {
      start(victim, true);
    } else {
      victim->places->erase(victim->place);
      chunks_.erase(victim);
    }
  }
}

BufferedChunk& ChunkBuffer::add(BufferedChunk chunk) {
  ChunkPlaces& places = *chunk.places;
  chunks_.push_front(std::move(chunk));
  try {
    places.emplace(chunks_.front().place, chunks_.begin());
  } catch (...) {
    chunks_.pop_front();
    throw;
  }
  const std::lock_guard lock(mutex_);
  held_ += chunks_.front().bytes;
  return chunks_.front();
}

void ChunkBuffer::changed(BufferedChunk& chunk, std::uint64_t more_bytes) {
  const std::lock_guard lock(mutex_);
  chunk.is_dirty = true;
  chunk.bytes += more_bytes;
  held_ += more_bytes;
}

void ChunkBuffer::write_and_drop(BufferedChunk& chunk) {
  start(chunk.places->find(chunk.place)->second, true);
}

void ChunkBuffer::start(BufferedChunks::iterator chunk, bool leaves) {
  {
    const std::lock_guard lock(mutex_);
    chunk->is_writing = true;
    chunk->leaves = leaves;
    ++writing_;
    if (leaves) leaving_ += chunk->bytes;
  }
  if (!tasks_) return write(chunk);
  try {
    tasks_->add(kCopies * chunk->bytes, [this, chunk] { write(chunk); });
  } catch (...) {
    const std::lock_guard lock(mutex_);
    chunk->is_writing = false;
    if (chunk->leaves) leaving_ -= chunk->bytes;
    --writing_;
    throw;
  }
}

void ChunkBuffer::write(BufferedChunks::iterator chunk) {
  std::exception_ptr failure;
  try {
    const Region region = chunk->array->grid().region(chunk->place);
    if (chunk->array->metadata().is_object)
      chunk->array->write_objects(region, chunk->objects);
    else
      chunk->array->write(region, chunk->elements);
  } catch (Error& error) {
    error.at("/" + chunk->array->path());
    failure = std::current_exception();
  } catch (...) {
    failure = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  chunk->is_writing = false;
  chunk->is_dirty = failure != nullptr;
  --writing_;
  if (chunk->leaves) leaving_ -= chunk->bytes;
  if (failure && !failure_) failure_ = failure;
  if (!failure && chunk->leaves) {
    // The memory is free at once, whenever its place in the list may be taken away.
    Bytes().swap(chunk->elements);
    std::vector<Json>().swap(chunk->objects);
    held_ -= chunk->bytes;
    gone_.push_back(chunk);
  }
  written_.notify_all();
}

void ChunkBuffer::write_all() {
  remove_gone();
  {
    std::unique_lock lock(mutex_);
    written_.wait(lock, [&] { return writing_ == 0; });
    failure_ = nullptr;  // What it was about is dirty still, and tried again now.
  }
  remove_gone();
  for (auto chunk = chunks_.begin(); chunk != chunks_.end(); ++chunk) {
    bool is_dirty = false;
    {
      const std::lock_guard lock(mutex_);
      is_dirty = chunk->is_dirty && !chunk->is_writing;
    }
    if (is_dirty) start(chunk, false);
  }
  std::unique_lock lock(mutex_);
  written_.wait(lock, [&] { return writing_ == 0; });
  throw_failure(lock);
}

void ChunkBuffer::drop(ChunkPlaces& places) {
  {
    std::unique_lock lock(mutex_);
    written_.wait(lock, [&] { return writing_ == 0; });
  }
  remove_gone();
  const std::lock_guard lock(mutex_);
  for (const auto& [place, chunk] : places) {
    held_ -= chunk->bytes;
    chunks_.erase(chunk);
  }
  places.clear();
}

}  // namespace engram::zarr
