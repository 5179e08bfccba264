#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/expected.hpp"
#include "backend/zarr_expected.hpp"
#include "converters/array_copy.hpp"
#include "converters/compare_values.hpp"
#include "converters/difference_list.hpp"
#include "converters/progress_meter.hpp"
#include "engram/base/memory_budget.hpp"
#include "engram/base/thread_pool.hpp"
#include "engram/compare.hpp"

namespace engram::converter {

/// What Reader::format() says, where it makes a difference.
inline constexpr std::string_view kHdf5 = "HDF5";
/// References have no ids there.
inline constexpr std::string_view kZarrV3 = "Zarr v3";

/// What all parts of one comparison share.
///
/// Threads: every member may be used by many threads at once.
struct CompareContext {
  CompareContext(const CompareOptions& given, const CompareReport& report, std::uint64_t budget)
      : options(given),
        a_file(report.a),
        b_file(report.b),
        rules{given.absolute, given.relative, false, false,
              given.conversion && report.b_format != kZarrV3 && report.b_format != kHdf5},
        differences(given.max_differences),
        budget_bytes_(budget) {}

  std::uint64_t budget_bytes() const noexcept { return budget_bytes_; }

  void tell(backend::Notice notice) {
    const std::lock_guard lock(mutex);
    notices.push_back(std::move(notice));
  }

  const CompareOptions& options;
  const std::string a_file, b_file;  ///< For errors.
  const ValueRules rules;            ///< Of elements.
  /// How the two are called in sentences.
  const char* a_name() const noexcept { return options.conversion ? "the source" : "A"; }
  const char* b_name() const noexcept { return options.conversion ? "the result" : "B"; }

  DifferenceList differences;
  /// Of a conversion.
  std::unique_ptr<const backend::Expected> expected;
  std::atomic<std::uint64_t> references = 0, region_references = 0;
  std::atomic<std::uint64_t> bytes = 0, bytes_as_stored = 0;

  std::mutex mutex;
  std::vector<backend::Notice> notices;  ///< Under the mutex.

 private:
  const std::uint64_t budget_bytes_;
};

/// One dataset that both have, of one shape.
struct DatasetPair {
  std::string path;
  const hdmf::DatasetBuilder* a = nullptr;
  const hdmf::DatasetBuilder* b = nullptr;
  /// "int16 in A, int32 in B" where types differ; then values are held against each other as
  /// numbers of any type.
  std::string type_difference;
  bool as_bytes = false;  ///< Elements are the same when their bytes are, whatever the types say.
};

/// The elements of one dataset that differ.
///
/// Threads: add() may be called by many threads at once.
class ElementDifferences {
 public:
  /// `count` elements differ; `first` is the first of them in C order, with what is there.
  void add(std::uint64_t count, DifferenceKind kind, Shape first, std::string a, std::string b);

  /// True when add() would keep an element at `index` as the first.
  bool is_first(const Shape& index) const;

  /// Tells of the dataset what was found, at its end: of its elements, and of their type.
  void report(const DatasetPair& pair, CompareContext& context) const;

 private:
  mutable std::mutex mutex_;
  Difference found_;
};

/// Reads from one of the files; an Error gets the path of the dataset and of the file.
template <typename Read>
auto reading(const std::string& path, const std::string& file, const Read& read) {
  try {
    return read();
  } catch (Error& error) {
    name_path(error, path);
    name_path(error, file);
    throw;
  }
}

}  // namespace engram::converter
