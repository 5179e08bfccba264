#include "engram/compare.hpp"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <memory>
#include <utility>

#include "converters/array_copy.hpp"
#include "converters/compare_context.hpp"
#include "converters/compare_tree.hpp"
#include "converters/external_links.hpp"
#include "converters/name_by_schema.hpp"
#include "engram/base/error.hpp"
#include "engram/base/memory_budget.hpp"
#include "engram/base/thread_pool.hpp"

namespace engram {
namespace {

using backend::Notice;

// One of the two files.
struct Opened {
  std::unique_ptr<backend::Reader> reader;
  hdmf::GroupBuilder tree;
  std::vector<std::string> outdated;
  std::exception_ptr failed;
};

void open(const std::string& path, const backend::ReadOptions& options, bool whole,
          Opened& opened) noexcept {
  try {
    try {
      opened.reader = backend::open_reader(path, options);
      opened.tree = opened.reader->read_tree();
      if (whole) opened.outdated = opened.reader->outdated();
    } catch (Error& error) {
      converter::name_path(error, path);
      throw;
    }
  } catch (...) {
    opened.failed = std::current_exception();
  }
}

void append(std::vector<Notice>& to, const std::vector<Notice>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// The document with key `key` as a path: "/a/.zattrs".
Difference outdated_document(const std::string& key) {
  Difference difference;
  difference.kind = DifferenceKind::metadata;
  difference.path = "/" + key;
  difference.text =
      "the document and the consolidated metadata say different things, or one of them is not "
      "there: engram consolidate makes those of Zarr v2 anew";
  return difference;
}

class Comparison {
 public:
  Comparison(const std::string& a, const std::string& b, const CompareOptions& options)
      : options_(options), pool_(options.threads), budget_(options.memory) {
    if (options.memory == 0)
      throw Error(ErrorCode::invalid_argument, "the memory budget must be above 0");
    report_.a = a;
    report_.b = b;
  }

  CompareReport run() {
    const auto start = std::chrono::steady_clock::now();
    read();
    if (options_.conversion) make_ready();
    converter::compare_trees(a_.tree, b_.tree, options_, pool_, budget_, report_);
    for (const std::string& key : b_.outdated) add(outdated_document(key));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    report_.seconds = took.count();
    return std::move(report_);
  }

 private:
  // Both at once.
  void read() {
    backend::ReadOptions a_options{options_.limits, options_.external, options_.allow_external};
    backend::ReadOptions b_options = a_options;
    if (options_.conversion) b_options = {options_.limits, links_of_result(), {}};
    TaskStream tasks(pool_, budget_, options_.stop);
    tasks.add(0, [&] { open(report_.a, a_options, false, a_); });
    tasks.add(0, [&] { open(report_.b, b_options, options_.conversion, b_); });
    tasks.finish();
    for (const Opened* one : {&a_, &b_})
      if (one->failed) std::rethrow_exception(one->failed);
    report_.a_format = a_.reader->format();
    report_.b_format = b_.reader->format();
    append(report_.notices, a_.reader->notices());
    append(report_.notices, b_.reader->notices());
  }

  // As they lie, but for HDF5's, which are followed unless they were kept.
  std::optional<backend::ExternalLinks> links_of_result() const {
    if (options_.external != backend::ExternalLinks::link || !backend::is_hdf5_file(report_.b))
      return std::nullopt;
    return backend::ExternalLinks::link;
  }

  // What a conversion does to a tree before it writes it.
  void make_ready() {
    if (options_.external == backend::ExternalLinks::link) lead_links();
    ConvertReport naming;
    const bool to_hdf5 = report_.b_format == converter::kHdf5;
    converter::name_by_schema(a_.tree, {}, options_.limits, naming, to_hdf5);
    append(report_.notices, naming.notices);
    if (to_hdf5) backend::fit_to_hdf5(a_.tree, report_.notices);
  }

  void lead_links() {
    const bool to_hdf5 = report_.b_format == converter::kHdf5;
    converter::lead_to_converted(a_.tree, report_.a, report_.b,
                                 to_hdf5 ? TargetFormat::hdf5 : TargetFormat::zarr,
                                 report_.notices);
    if (to_hdf5) converter::make_relative(b_.tree, report_.b);
  }

  void add(Difference difference) {
    ++report_.differences;
    if (report_.listed.size() < options_.max_differences)
      report_.listed.push_back(std::move(difference));
  }

  const CompareOptions& options_;
  ThreadPool pool_;
  MemoryBudget budget_;
  Opened a_, b_;
  CompareReport report_;
};

}  // namespace

CompareReport compare(const std::string& a, const std::string& b, const CompareOptions& options) {
  return Comparison(a, b, options).run();
}

}  // namespace engram
