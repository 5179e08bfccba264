#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "converters/plan.hpp"
#include "converters/progress_meter.hpp"
#include "engram/base/memory_budget.hpp"
#include "engram/base/thread_pool.hpp"

namespace engram::converter {

/// What came of the datasets of a plan.
struct CopyResult {
  std::uint64_t references = 0;          ///< In datasets of objects.
  std::uint64_t dangling = 0;            ///< Those of them that led nowhere.
  std::uint64_t region_references = 0;   ///< In datasets of region references.
  std::uint64_t bytes_read = 0;          ///< Decoded bytes of all datasets.
  std::uint64_t bytes_copied = 0;        ///< Those of them whose chunks were not decoded.
  std::vector<backend::Notice> notices;  ///< In the order of the plan.
};

/// Writes all datasets of `plan` with `writer`, many at once on `pool`, holding about `budget`
/// bytes of values. What is written does not depend on the number of threads or on the budget.
///
/// Small datasets ride together as one task, chunks of a large one are tasks of their own. A chunk
/// costs what is held while it passes, buffers for input and output together; one that is dearer
/// than the whole budget passes alone.
///
/// Throws what sources and sinks throw, with the dataset's path, and Error(cancelled).
CopyResult copy_datasets(const Plan& plan, backend::Writer& writer, ThreadPool& pool,
                         MemoryBudget& budget, ProgressMeter& progress, std::stop_token stop);

}  // namespace engram::converter
