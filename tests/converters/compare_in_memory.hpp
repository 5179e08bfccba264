#pragma once

#include <fmt/format.h>

#include <string>

#include "converters/compare_tree.hpp"

namespace engram::testing {

/// Compares two trees that are in memory, as if they came from files of `format`.
inline CompareReport compare_in_memory(const hdmf::GroupBuilder& a, const hdmf::GroupBuilder& b,
                                       const CompareOptions& options = {},
                                       const char* format = "HDF5") {
  CompareReport report;
  report.a = "a.h5";
  report.b = "b.h5";
  report.a_format = report.b_format = format;
  ThreadPool pool(options.threads == 0 ? 2 : options.threads);
  MemoryBudget budget(options.memory);
  converter::compare_trees(a, b, options, pool, budget, report);
  return report;
}

/// All that is listed, for messages.
inline std::string told(const CompareReport& report) {
  std::string text;
  for (const Difference& one : report.listed)
    text += fmt::format("{} {}: {}\n", to_string(one.kind), one.path, one.text);
  return text;
}

}  // namespace engram::testing
