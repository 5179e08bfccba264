#include "converters/chunk_copy.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "converters/array_copy.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/map_references.hpp"

namespace engram::converter {
namespace {

// Datasets up to these sizes ride together.
constexpr std::uint64_t kSmallBytes = 512U << 10;
constexpr std::uint64_t kSmallChunks = 16;
constexpr std::uint64_t kSmallObjects = 256;
// What one task of them holds, at most.
constexpr std::uint64_t kBatchBytes = 4U << 20;
constexpr std::size_t kBatchDatasets = 32;
// Chunks of one array that are passed by one task.
constexpr std::uint64_t kTaskBytes = 1U << 20;
constexpr std::uint64_t kTaskChunks = 256;
// Values of objects that are held at a time, and what that comes to with strings, JSON and codec.
constexpr std::uint64_t kObjectBlockBytes = 16U << 20;
constexpr std::uint64_t kObjectCost = 6;

class Copier {
 public:
  Copier(const Plan& plan, backend::Writer& writer, ThreadPool& pool, MemoryBudget& budget,
         ProgressMeter& progress, std::stop_token stop)
      : plan_(plan),
        writer_(writer),
        pool_(pool),
        budget_(budget),
        progress_(progress),
        stop_(std::move(stop)),
        results_(plan.datasets.size()) {}

  CopyResult run() {
    for (std::size_t i = 0; i < plan_.datasets.size(); ++i)
      (comes_last(plan_.datasets[i]) ? last_ : first_).push_back(i);
    pass(first_);
    pass(last_);
    return collect();
  }

 private:
  bool comes_last(const PlannedDataset& planned) const {
    const auto* objects = planned.dataset->objects();
    return writer_.references_last() && objects != nullptr &&
           hdmf::holds_references(objects->type());
  }

  void pass(const std::vector<std::size_t>& datasets) {
    if (datasets.empty()) return;
    stream_.emplace(pool_, budget_, stop_);
    add_all(datasets);
    stream_->finish();
  }

  bool is_small(const PlannedDataset& planned) const {
    const auto& array = planned.array;
    if (array.action == Action::objects) return array.bytes <= kSmallObjects * 16;
    return array.bytes <= kSmallBytes && array.chunks <= kSmallChunks &&
           chunk_bytes(array.info) <= kSmallBytes;
  }

  // Returns early when a task has failed or a stop was asked for; finish() says why.
  void add_all(const std::vector<std::size_t>& datasets) {
    // Long columns first: each is one task, and the last one must not be waited for alone.
    for (const std::size_t i : datasets) {
      const auto& planned = plan_.datasets[i];
      if (planned.array.action != Action::objects || is_small(planned)) continue;
      if (!add_objects(i)) return;
    }
    std::vector<std::size_t> batch;
    std::uint64_t batch_bytes = 0;
    for (const std::size_t i : datasets) {
      const auto& planned = plan_.datasets[i];
      if (is_small(planned)) {
        batch.push_back(i);
        batch_bytes += planned.array.bytes;
        if (batch.size() < kBatchDatasets && batch_bytes < kBatchBytes) continue;
        if (!add_batch(std::exchange(batch, {}))) return;
        batch_bytes = 0;
      } else if (planned.array.action != Action::objects) {
        if (!add_array(planned)) return;
      }
    }
    add_batch(std::move(batch));
  }

  bool add_objects(std::size_t index) {
    const auto block =
        std::clamp<std::uint64_t>(budget_.total() / kObjectCost / 2, 64U << 10, kObjectBlockBytes);
    return stream_->add(block * kObjectCost, [this, index, block] {
      with_path(plan_.datasets[index], [&] { copy_objects(index, block); });
    });
  }

  void copy_objects(std::size_t index, std::uint64_t block) {
    const auto& planned = plan_.datasets[index];
    std::optional<CodecConfig> compressor;
    if (!planned.array.codecs.empty()) compressor = planned.array.codecs.front();
    results_[index] =
        writer_.write_objects(planned.array.path, *planned.dataset, {block, compressor});
    progress_.add(planned.array.bytes, planned.array.chunks, 1, planned.array.path);
  }

  bool add_batch(std::vector<std::size_t> batch) {
    if (batch.empty()) return true;
    std::uint64_t cost = 0;
    for (const auto i : batch) {
      const auto& array = plan_.datasets[i].array;
      const auto held =
          array.action == Action::objects ? kSmallBytes : 3 * chunk_bytes(array.info) + 8192;
      cost = std::max(cost, held);
    }
    return stream_->add(cost, [this, batch = std::move(batch)] {
      for (const auto i : batch) {
        if (stop_.stop_requested()) return;
        with_path(plan_.datasets[i], [&] { copy_small(i); });
      }
    });
  }

  void copy_small(std::size_t index) {
    const auto& planned = plan_.datasets[index];
    if (planned.array.action == Action::objects) {
      copy_objects(index, kObjectBlockBytes / 16);
      return;
    }
    ArrayCopy copy(planned, writer_);
    const auto chunks = copy.chunks();
    copy.copy_chunks(chunks, 0, chunks.count(), progress_, stop_);
    copy.finish(progress_);
  }

  bool add_array(const PlannedDataset& planned) {
    std::shared_ptr<ArrayCopy> copy;
    std::shared_ptr<const ArrayCopy::Chunks> chunks;
    with_path(planned, [&] {
      copy = std::make_shared<ArrayCopy>(planned, writer_);
      chunks = std::make_shared<const ArrayCopy::Chunks>(copy->chunks());
    });
    if (const auto bands = copy->bands(budget_.total() / 2)) {
      with_path(planned, [&] { copy->copy_all(*bands, pool_, budget_, progress_, stop_); });
      copy->finish(progress_);
      return !stop_.stop_requested();
    }
    const auto count = chunks->count();
    if (count == 0) copy->finish(progress_);
    copy->open_chunks = count;
    for (std::uint64_t first = 0; first < count;) {
      std::uint64_t cost = 0, bytes = 0, last = first;
      do {
        const auto chunk_cost = copy->cost((*chunks)[last]);
        cost = std::max(cost, chunk_cost);
        bytes += chunk_cost;
        ++last;
      } while (last < count &&
               (chunks->have_shards() ? chunks->shard(last) == chunks->shard(first)
                                      : last - first < kTaskChunks && bytes < kTaskBytes));
      if (!stream_->add(cost, [this, copy, chunks, first, last] {
            pass_chunks(*copy, *chunks, first, last);
          })) {
        return false;
      }
      first = last;
    }
    return true;
  }

  void pass_chunks(ArrayCopy& copy, const ArrayCopy::Chunks& chunks, std::uint64_t first,
                   std::uint64_t last) {
    with_path(copy.planned(), [&] { copy.copy_chunks(chunks, first, last, progress_, stop_); });
    if (copy.open_chunks.fetch_sub(last - first) == last - first) copy.finish(progress_);
  }

  template <typename Task>
  void with_path(const PlannedDataset& planned, Task task) {
    try {
      task();
    } catch (Error& error) {
      name_path(error, planned.array.path);
      throw;
    }
  }

  CopyResult collect() {
    CopyResult all;
    for (std::size_t i = 0; i < plan_.datasets.size(); ++i) {
      const auto& array = plan_.datasets[i].array;
      auto& result = results_[i];
      const bool objects = array.action == Action::objects;
      all.bytes_read += objects ? result.bytes : array.bytes;
      if (array.action == Action::copy) all.bytes_copied += array.bytes;
      all.dangling += result.dangling;
      const auto* source = plan_.datasets[i].dataset->objects();
      const bool regions =
          source != nullptr && source->type().kind == hdmf::ObjectType::Kind::region_reference;
      (regions ? all.region_references : all.references) += result.references;
      all.notices.insert(all.notices.end(), std::make_move_iterator(result.notices.begin()),
                         std::make_move_iterator(result.notices.end()));
    }
    return all;
  }

  const Plan& plan_;
  backend::Writer& writer_;
  ThreadPool& pool_;
  MemoryBudget& budget_;
  ProgressMeter& progress_;
  std::stop_token stop_;
  std::vector<backend::ObjectResult> results_;  ///< By place in the plan; each task has its own.
  std::vector<std::size_t> first_, last_;       ///< Places in the plan.
  std::optional<TaskStream> stream_;  ///< Last: its destructor waits for tasks that use the others.
};

}  // namespace

CopyResult copy_datasets(const Plan& plan, backend::Writer& writer, ThreadPool& pool,
                         MemoryBudget& budget, ProgressMeter& progress, std::stop_token stop) {
  return Copier(plan, writer, pool, budget, progress, std::move(stop)).run();
}

}  // namespace engram::converter
