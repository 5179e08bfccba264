#include "converters/compare_tree.hpp"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "backend/hdf5_expected.hpp"
#include "converters/compare_array.hpp"
#include "converters/compare_context.hpp"
#include "converters/compare_metadata.hpp"
#include "converters/compare_objects.hpp"

namespace engram::converter {
namespace {

// Arrays up to this size are compared by one task, which lists their chunks too.
constexpr std::uint64_t kSmallArrayBytes = 512U << 10;
// Blocks of one array that are compared by one task.
constexpr std::uint64_t kTaskBlockBytes = 1U << 20;
constexpr std::uint64_t kTaskBlocks = 256;

std::uint64_t bytes_of(const DatasetPair& pair) {
  const ArraySource* array = pair.a->array();
  const std::uint64_t size = array != nullptr ? array->info().type.size : kObjectBytes;
  return checked_multiply(element_count(pair.a->shape()), size, "the size of a dataset");
}

bool are_arrays(const DatasetPair& pair) {
  return pair.a->array() != nullptr && pair.b->array() != nullptr;
}

// Values of all datasets, many at once.
class ValueComparison {
 public:
  ValueComparison(const std::vector<DatasetPair>& pairs, CompareContext& context, ThreadPool& pool,
                  MemoryBudget& budget)
      : pairs_(pairs),
        context_(context),
        progress_(context.options.on_progress, totals(pairs)),
        stream_(pool, budget, context.options.stop) {}

  void run() {
    // Long columns first: what is left at the end should be small.
    for (const DatasetPair& pair : pairs_)
      if (!are_arrays(pair) && !add_objects(pair)) break;
    for (const DatasetPair& pair : pairs_)
      if (are_arrays(pair) && !add_array(pair)) break;
    stream_.finish();
    progress_.finish();
  }

 private:
  static Progress totals(const std::vector<DatasetPair>& pairs) {
    Progress totals;
    for (const DatasetPair& pair : pairs) {
      try {
        totals.bytes_total = checked_add(totals.bytes_total, bytes_of(pair), "the file's data");
      } catch (Error& error) {
        name_path(error, pair.path);
        throw;
      }
    }
    totals.nodes_total = pairs.size();
    return totals;
  }

  bool add_objects(const DatasetPair& pair) {
    return add_blocks(std::make_shared<ObjectComparison>(pair, context_), 1);
  }

  bool add_array(const DatasetPair& pair) {
    if (bytes_of(pair) > kSmallArrayBytes) {
      auto comparison = std::make_shared<ArrayComparison>(pair, context_);
      const std::uint64_t together =
          kTaskBlockBytes / std::max<std::uint64_t>(comparison->block_bytes(), 1);
      return add_blocks(std::move(comparison), std::clamp<std::uint64_t>(together, 1, kTaskBlocks));
    }
    // A chunk may be larger than the array.
    const auto chunk = [](const ArraySource& array) {
      return element_count(array.info().chunk_shape) * array.info().type.size;
    };
    const std::uint64_t cost =
        2 * kSmallArrayBytes + 2 * (chunk(*pair.a->array()) + chunk(*pair.b->array()));
    return stream_.add(cost, [this, &pair] {
      ArrayComparison comparison(pair, context_);
      for (std::uint64_t i = 0; i < comparison.count(); ++i) comparison.compare(i, progress_);
      comparison.finish(progress_);
    });
  }

  // Tasks of `together` blocks each; the last that ends finishes the dataset.
  template <typename Comparison>
  bool add_blocks(std::shared_ptr<Comparison> comparison, std::uint64_t together) {
    const std::uint64_t count = comparison->count();
    if (count == 0) comparison->finish(progress_);
    comparison->open_blocks = count;
    for (std::uint64_t first = 0; first < count; first += together) {
      const std::uint64_t last = std::min(count, first + together);
      const auto task = [this, comparison, first, last] {
        for (std::uint64_t i = first; i < last; ++i) {
          if (context_.options.stop.stop_requested()) return;
          comparison->compare(i, progress_);
        }
        if (comparison->open_blocks.fetch_sub(last - first) == last - first)
          comparison->finish(progress_);
      };
      if (!stream_.add(comparison->cost(), task)) return false;
    }
    return true;
  }

  const std::vector<DatasetPair>& pairs_;
  CompareContext& context_;
  ProgressMeter progress_;
  TaskStream stream_;  ///< Last: its destructor waits for tasks that use the others.
};

}  // namespace

void compare_trees(const hdmf::GroupBuilder& a, const hdmf::GroupBuilder& b,
                   const CompareOptions& options, ThreadPool& pool, MemoryBudget& budget,
                   CompareReport& report) {
  CompareContext context(options, report, budget.total());
  report.conversion = options.conversion;
  if (options.conversion && report.b_format == kHdf5)
    context.expected = std::make_unique<backend::ExpectedInHdf5>(a);
  else if (options.conversion)
    context.expected =
        std::make_unique<backend::ExpectedInZarr>(a, report.b_format == kZarrV3 ? 3 : 2);
  const std::vector<DatasetPair> pairs = compare_metadata(a, b, context, report);
  ValueComparison(pairs, context, pool, budget).run();
  report.references += context.references;
  report.region_references += context.region_references;
  report.bytes += context.bytes;
  report.bytes_as_stored += context.bytes_as_stored;
  report.differences += context.differences.total();
  std::vector<Difference> found = context.differences.take();
  report.listed.insert(report.listed.end(), std::make_move_iterator(found.begin()),
                       std::make_move_iterator(found.end()));
  std::sort(context.notices.begin(), context.notices.end(), [](const auto& x, const auto& y) {
    return std::tie(x.path, x.kind, x.text) < std::tie(y.path, y.kind, y.text);
  });
  report.notices.insert(report.notices.end(), std::make_move_iterator(context.notices.begin()),
                        std::make_move_iterator(context.notices.end()));
}

}  // namespace engram::converter
