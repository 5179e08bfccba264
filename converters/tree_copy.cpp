#include "converters/tree_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "converters/array_copy.hpp"
#include "converters/checkpoint.hpp"
#include "converters/chunk_copy.hpp"
#include "converters/compare_tree.hpp"
#include "converters/plan.hpp"
#include "converters/progress_meter.hpp"
#include "converters/provenance.hpp"
#include "converters/publish.hpp"
#include "converters/result_file.hpp"
#include "converters/source_identity.hpp"
#include "converters/tracked_store.hpp"
#include "converters/unfinished.hpp"
#include "engram/base/error.hpp"
#include "engram/base/memory_budget.hpp"
#include "engram/base/thread_pool.hpp"
#include "engram/store/checksums.hpp"
#include "engram/store/directory_store.hpp"

namespace engram::converter {
namespace {

// A power cut takes about as much.
constexpr std::chrono::seconds kCheckpointPeriod{10};

using backend::Notice;
using Notices = std::vector<Notice>;

bool is_loss(const Notice& notice) { return notice.kind != Notice::Kind::changed; }

// Strict: the first loss is an error.
void check_strict(const TargetOptions& options, const Notices& notices) {
  if (!options.strict) return;
  const auto first = std::find_if(notices.begin(), notices.end(), is_loss);
  if (first == notices.end()) return;
  const auto count = std::count_if(notices.begin(), notices.end(), is_loss);
  throw Error(ErrorCode::unsupported,
              fmt::format("{}: {} ({} in all would be left out, which --strict forbids)",
                          first->path, first->text, count));
}

void check_stop(const TargetOptions& options) {
  if (options.stop.stop_requested()) {
    throw Error(ErrorCode::cancelled, "the conversion was stopped");
  }
}

// Threads write notices in any order; the report has one.
Notices in_order(Notices notices) {
  std::stable_sort(notices.begin(), notices.end(), [](const auto& a, const auto& b) {
    return std::tie(a.path, a.kind, a.text) < std::tie(b.path, b.kind, b.text);
  });
  return notices;
}

void append(Notices& to, Notices from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

Progress totals_of(const Plan& plan) {
  Progress totals;
  for (const auto& planned : plan.datasets) {
    totals.bytes_total = checked_add(totals.bytes_total, planned.array.bytes, "the file's data");
    totals.chunks_total = checked_add(totals.chunks_total, planned.array.chunks, "the file's data");
  }
  totals.nodes_total = plan.datasets.size();
  return totals;
}

bool is_hdf5(const TargetOptions& options) { return options.format == TargetFormat::hdf5; }

backend::Hdf5WriteOptions hdf5_options(const TargetOptions& options) {
  return {options.codec == "verbatim"};
}

backend::ZarrWriteOptions writer_options(const TargetOptions& options, const CodecRule& codec) {
  using codec::ShuffleForm;
  backend::ZarrWriteOptions result;
  result.zarr_format = options.zarr_format;
  result.compat = options.compat;
  result.text = options.text;
  result.consolidate = options.consolidate;
  result.shuffle_form = options.codec == "verbatim" ? ShuffleForm::verbatim
                        : options.zarr_format == 3  ? ShuffleForm::blosc_head_always
                                                    : ShuffleForm::blosc_head;
  result.object_compressor = object_compressor(codec, options.zarr_format);
  return result;
}

// What must be the same for one conversion to go on where another stopped.
Json deciding(Json options) {
  for (const char* other :
       {"strict", "verify", "overwrite", "checksum", "manifest", "memory", "threads"})
    options.erase(other);
  return options;
}

// True when the same conversion may get further another time.
bool may_go_on(const Error& error) {
  return error.code() == ErrorCode::io_error || error.code() == ErrorCode::cancelled;
}

// Lets a writer get ready for the nodes of a tree while it is still being read.
class Expectation {
 public:
  Expectation(backend::Writer& writer, ThreadPool& pool, MemoryBudget& budget,
              const std::stop_token& stop)
      : writer_(writer), stream_(pool, budget, stop) {}

  void add(const std::string& path) {
    paths_.push_back(path);
    if (paths_.size() >= kTogether) pass();
  }

  void finish() {
    pass();
    stream_.finish();
  }

 private:
  static constexpr std::size_t kTogether = 64;

  void pass() {
    stream_.add(0, [this, paths = std::exchange(paths_, {})] {
      for (const auto& path : paths) writer_.expect(path);
    });
  }

  backend::Writer& writer_;
  std::vector<std::string> paths_;
  TaskStream stream_;  ///< Last: its destructor waits for tasks that use the others.
};

// One copy. The steps stand in run().
class TreeCopy {
 public:
  TreeCopy(const TreeOrigin& origin, const std::string& target, const TargetOptions& options)
      : origin_(origin), target_(target), options_(options), rules_(plan_rules(options)) {
    if (options.memory == 0) {
      throw Error(ErrorCode::invalid_argument, "the memory budget must be above 0");
    }
    if (options.dry_run && (options.checksum || !options.manifest.empty())) {
      throw Error(ErrorCode::invalid_argument,
                  "a dry run writes nothing that there could be checksums of");
    }
    report_.begun = utc_text(std::chrono::system_clock::now());
    report_.options = origin.options;
    if (!origin.name.empty()) report_.source_identity = identify_source(origin.name);
    if (options.checksum || !options.manifest.empty()) {
      checksums_ = std::make_shared<store::Checksums>();
    }
    report_.source = origin.name;
    report_.target = target;
    report_.dry_run = options.dry_run;
  }

  ConvertReport run() {
    const auto start = std::chrono::steady_clock::now();
    if (options_.dry_run) {
      dry_run();
    } else {
      write();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    report_.seconds = took.count();
    report_.ended = utc_text(std::chrono::system_clock::now());
    return std::move(report_);
  }

 private:
  void write() {
    if (options_.resume && origin_.name.empty())
      throw Error(ErrorCode::invalid_argument,
                  "there is nothing to go on with: what is written comes from no file");
    Publication publication(origin_.name, target_,
                            {options_.overwrite, options_.resume, is_hdf5(options_)});
    auto before = record(publication);
    try {
      build(publication, before);
    } catch (const Error& error) {
      if (!before || !may_go_on(error) || is_hdf5(options_)) throw;
      publication.keep();
      throw Error(error.code(), fmt::format("{}; what is done is kept in {}: the same command with "
                                            "--resume goes on",
                                            error.what(), publication.part()));
    } catch (const std::bad_alloc&) {
      if (before && !is_hdf5(options_)) publication.keep();
      throw;
    }
  }

  // Says in the directory what is built there, or checks what it says. Nothing: the source is no
  // file, or one that nothing is known of.
  std::optional<Json> record(Publication& publication) {
    if (origin_.name.empty()) return std::nullopt;
    const std::string& part = publication.part();
    auto now = make_record(origin_.name, source_identity(origin_.name), deciding(origin_.options),
                           versions_json(), !is_hdf5(options_));
    if (publication.is_resumed()) {
      const auto before = read_record(part);
      try {
        check_same_conversion(part, before.value_or(Json::object()), now);
        remove_doubtful(part, *before);
        for (const char* name : {"begun", "plan"})
          if (before->contains(name)) now[name] = before->at(name);
        write_record(part, now);
      } catch (...) {
        publication.keep();
        throw;
      }
    } else {
      write_record(part, now);
    }
    return now;
  }

  std::shared_ptr<store::Store> open_store(const Publication& publication, std::size_t threads) {
    auto store = std::make_shared<store::DirectoryStore>(publication.store(),
                                                         store::DirectoryStore::Mode::update_fast);
    if (origin_.name.empty()) return store;
    return std::make_shared<TrackedStore>(std::move(store),
                                          publication.part() + "/" + unfinished::kWriting, threads);
  }

  // The plan follows from what the record has, unless files that the source links to have changed.
  void check_plan(Publication& publication, Json& record) const {
    Json arrays = Json::array();
    for (const auto& array : report_.arrays) arrays.push_back(to_json(array));
    const std::string sum = checksum_of(dump_json(arrays, JsonStyle::line));
    if (record.contains("plan") && record["plan"] != sum) {
      publication.keep();
      throw Error(ErrorCode::already_exists,
                  fmt::format("{} is {}, whose datasets were others than they are now: --overwrite "
                              "begins anew",
                              publication.part(), describe_unfinished(publication.part())));
    }
    record["plan"] = sum;
    write_record(publication.part(), record);
  }

  std::unique_ptr<backend::Writer> make_writer(const Publication& publication,
                                               const ThreadPool& pool) {
    if (is_hdf5(options_))
      return backend::make_hdf5_writer(publication.store(), hdf5_options(options_));
    auto settings = writer_options(options_, rules_.codecs.for_all());
    settings.resume = publication.is_resumed();
    settings.checksums = checksums_;
    return backend::make_zarr_writer(open_store(publication, pool.size() + 1), settings);
  }

  void build(Publication& publication, std::optional<Json>& record) {
    std::optional<ResultFile> manifest;
    if (!options_.manifest.empty()) manifest.emplace(options_.manifest, origin_.name, target_);
    ThreadPool pool(options_.threads);
    const auto writer = make_writer(publication, pool);
    MemoryBudget budget(options_.memory);
    Expectation expectation(*writer, pool, budget, options_.stop);
    const auto plan =
        read_and_plan(*writer, [&](const std::string& path) { expectation.add(path); });
    expectation.finish();
    if (record) check_plan(publication, *record);
    std::optional<Checkpoint> checkpoint;
    if (options_.sync && record && !is_hdf5(options_))
      checkpoint.emplace(publication.part(), kCheckpointPeriod);
    writer->write_tree(tree_, &pool, options_.stop);
    check_strict(options_, in_order(writer->notices()));
    ProgressMeter progress(options_.on_progress, totals_of(plan));
    auto copied = copy_datasets(plan, *writer, pool, budget, progress, options_.stop);
    if (options_.verify) {
      writer->finish();
      verify(publication, pool, budget);
    }
    // Closing a damaged file may crash the HDF5 library: while nothing is published.
    TaskStream closing(pool, budget);
    closing.add(0, [this] {
      tree_ = {};
      if (origin_.close) origin_.close();
    });
    if (!options_.verify) writer->finish();
    closing.finish();
    checkpoint.reset();
    report_.references += copied.references;
    report_.references_unresolved += copied.dangling;
    report_.region_references += copied.region_references;
    report_.bytes_read = copied.bytes_read;
    report_.bytes_copied = copied.bytes_copied;
    append(report_.notices, in_order(writer->notices()));
    append(report_.notices, std::move(copied.notices));
    check_strict(options_, report_.notices);
    report_.written = writer->counters();
    if (checksums_) add_checksums(publication.store(), pool, budget, progress);
    if (manifest)
      checksums_->write_manifest([&](std::string_view lines) { manifest->write(lines); });
    check_stop(options_);
    if (record && record->at("identity") != source_identity(origin_.name))
      throw Error(ErrorCode::corrupt_data,
                  fmt::format("{} changed while it was read: nothing is kept of what was written; "
                              "begin anew when nobody writes to it",
                              origin_.name));
    if (auto warning = publication.publish(options_.sync)) {
      report_.notices.push_back({Notice::Kind::changed, "/", std::move(*warning)});
    }
    if (manifest) manifest->publish();
    progress.finish();
  }

  void verify(const Publication& publication, ThreadPool& pool, MemoryBudget& budget) {
    CompareOptions options;
    options.conversion = true;
    options.limits = options_.limits;
    options.stop = options_.stop;
    options.on_progress = options_.on_progress;
    const auto reader = backend::open_reader(publication.store(), options_.limits);
    const hdmf::GroupBuilder result = reader->read_tree();
    auto& found = report_.verification.emplace();
    found.conversion = true;
    found.a = origin_.name;
    found.b = publication.store();
    found.a_format = report_.source_format;
    found.b_format = reader->format();
    compare_trees(tree_, result, options, pool, budget, found);
    if (options_.on_verified) options_.on_verified(found);
    if (found.is_equal()) return;
    const auto& first = found.listed.front();
    throw Error(ErrorCode::corrupt_data,
                fmt::format("the result is not what {} holds, and is not kept: {} differences, the "
                            "first at {}: {}",
                            origin_.name, found.differences, first.path, first.text));
  }

  // What is there already, of a conversion that was continued, is read now.
  void add_checksums(const std::string& path, ThreadPool& pool, MemoryBudget& budget,
                     ProgressMeter& progress) {
    using store::DirectoryStore;
    const DirectoryStore written(path, DirectoryStore::Mode::read);
    store::add_missing(*checksums_, written, pool, budget, options_.stop,
                       [&](const std::string& key) { progress.add(0, 0, 0, key); });
    report_.checksum = checksums_->below().text();
    for (auto& array : report_.arrays) {
      array.checksum = checksums_->below(array.path.substr(1)).text();
    }
  }

  void dry_run() {
    if (!target_.empty())
      check_target(origin_.name, target_, {options_.overwrite, false, is_hdf5(options_)});
    const auto writer =
        is_hdf5(options_)
            ? backend::make_hdf5_planner(hdf5_options(options_))
            : backend::make_zarr_planner(writer_options(options_, rules_.codecs.for_all()));
    const auto plan = read_and_plan(*writer, nullptr);
    writer->write_tree(tree_);
    check_strict(options_, writer->notices());
    append(report_.notices, in_order(writer->notices()));
    report_.written = writer->counters();
    for (const auto& planned : plan.datasets) {
      check_stop(options_);
      try {
        estimate(planned);
      } catch (Error& error) {
        name_path(error, planned.array.path);
        throw;
      }
    }
    if (is_hdf5(options_)) report_.written.files = 1;
  }

  // Adds the files of one dataset: its two documents and its chunks.
  void estimate(const PlannedDataset& planned) {
    const auto& array = planned.array;
    auto& written = report_.written;
    report_.bytes_read += array.bytes;
    // One document in v3, two in v2.
    written.files += options_.zarr_format == 3 ? 1 : 2;
    if (array.action != Action::copy) {
      written.files += array.chunk_files;
      written.bytes += array.bytes;
      written.chunks_recoded += array.chunks;
      return;
    }
    report_.bytes_copied += array.bytes;
    const auto chunks = planned.dataset->array()->encoded()->chunks();
    written.files += std::min<std::uint64_t>(chunks.size(), array.chunk_files);
    for (const auto& chunk : chunks) written.bytes += chunk.size;
    (array.codecs == planned.source_codecs ? written.chunks_verbatim : written.chunks_framed) +=
        chunks.size();
  }

  Plan read_and_plan(const backend::Writer& writer, const hdmf::OnNode& on_node) {
    check_stop(options_);
    tree_ = origin_.read(report_, on_node);
    check_strict(options_, report_.notices);
    check_stop(options_);
    auto plan = make_plan(tree_, rules_, writer, options_.limits);
    report_.datasets = plan.datasets.size();
    report_.groups = plan.groups;
    report_.links = plan.links;
    report_.references = plan.references;
    report_.region_references = plan.region_references;
    report_.references_unresolved = dangling_in_attributes();
    for (const auto& planned : plan.datasets) {
      report_.arrays.push_back(planned.array);
      if (!planned.array.loss.empty())
        report_.notices.push_back({Notice::Kind::changed, planned.array.path,
                                   fmt::format("stored with loss: {}", planned.array.loss)});
    }
    if (options_.on_plan) options_.on_plan(report_.arrays);
    return plan;
  }

  // A notice about an attribute has "@" in the last name of its path; others are about links.
  std::uint64_t dangling_in_attributes() const {
    const auto& notices = report_.notices;
    return static_cast<std::uint64_t>(
        std::count_if(notices.begin(), notices.end(), [](const Notice& notice) {
          const auto slash = notice.path.rfind('/');
          return notice.kind == Notice::Kind::dangling &&
                 notice.path.find('@', slash == std::string::npos ? 0 : slash) != std::string::npos;
        }));
  }

  const TreeOrigin& origin_;
  const std::string& target_;
  const TargetOptions& options_;
  PlanRules rules_;
  hdmf::GroupBuilder tree_;
  ConvertReport report_;
  std::shared_ptr<store::Checksums> checksums_;  ///< None: not asked for.
};

}  // namespace

ConvertReport copy_tree(const TreeOrigin& origin, const std::string& target,
                        const TargetOptions& options) {
  return TreeCopy(origin, target, options).run();
}

}  // namespace engram::converter
