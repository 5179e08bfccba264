#pragma once

#include "engram/base/memory_budget.hpp"
#include "engram/base/thread_pool.hpp"
#include "engram/compare.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::converter {

/// Compares two trees, metadata and values, and adds what is found to `report`; its members `a` and
/// `b` name the files for errors, the formats say what attributes can be. This is compare() for who
/// has the trees already: a conversion that verifies what it wrote gives the tree that it wrote, as
/// it was written (with links led to other stores, and with names of dimensions), the one that a
/// reader finds in the result, and CompareOptions::conversion.
///
/// The caller is no thread of `pool`. At most about `budget` bytes of values are held. Throws Error
/// naming dataset and file, and Error(cancelled).
void compare_trees(const hdmf::GroupBuilder& a, const hdmf::GroupBuilder& b,
                   const CompareOptions& options, ThreadPool& pool, MemoryBudget& budget,
                   CompareReport& report);

}  // namespace engram::converter
