#include "engram/zarr/migrate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "engram/base/error.hpp"
#include "engram/base/memory_budget.hpp"
#include "engram/base/thread_pool.hpp"
#include "engram/codec/codec.hpp"
#include "engram/codec/registry.hpp"
#include "engram/store/open_store.hpp"
#include "engram/zarr/hierarchy.hpp"
#include "engram/zarr/recode.hpp"

namespace engram::zarr {
namespace {

// What is to be done with an array.
struct Task {
  MigratedArray array;
  std::vector<CodecConfig> codecs;
};

class Finder {
 public:
  Finder(const MigrateOptions& options, MigrateReport& report)
      : options_(options), report_(report) {}

  void look(const Node& node, const std::string& path) {
    if (node.array) look_at_array(node, path);
    for (const Node& child : node.children) look(child, path + "/" + child.name);
  }

  std::vector<Task> take() && { return std::move(tasks_); }

 private:
  void look_at_array(const Node& node, const std::string& path) {
    ++report_.arrays;
    const auto& codecs = node.array->codecs;
    const std::size_t first = node.array->is_object ? 1 : 0;
    const bool is_asked = options_.codecs.empty() ||
                          std::any_of(codecs.begin(), codecs.end(), [&](const CodecConfig& config) {
                            return std::find(options_.codecs.begin(), options_.codecs.end(),
                                             config.name) != options_.codecs.end();
                          });
    if (!is_asked) return;
    Task task{{path.empty() ? "/" : path, "", "", "", 0, 0, 0}, codecs};
    for (std::size_t i = first; i < codecs.size(); ++i) {
      if (!codec::is_known_codec(codecs[i].name)) {
        report_.notices.push_back(
            fmt::format("{}: codec {} is not known, the array is left as it is", task.array.path,
                        codecs[i].name));
        return;
      }
      CodecConfig newest = codec::with_newest_version(codecs[i]);
      const std::string from = codec::version_of(codecs[i]), to = codec::version_of(newest);
      if (!codec::is_older(from, to)) continue;
      task.codecs[i] = std::move(newest);
      if (!task.array.codec.empty()) continue;
      task.array.codec = codecs[i].name;
      task.array.from = from;
      task.array.to = to;
    }
    if (task.array.codec.empty()) return;
    tasks_.push_back(std::move(task));
  }

  const MigrateOptions& options_;
  MigrateReport& report_;
  std::vector<Task> tasks_;
};

}  // namespace

MigrateReport migrate(const std::string& store, const MigrateOptions& options) {
  MigrateReport report;
  report.dry_run = options.dry_run;
  std::shared_ptr<store::Store> writable;
  std::shared_ptr<const store::ReadableStore> readable;
  if (options.dry_run)
    readable = store::open_store(store);
  else
    readable = writable = store::update_store(store);
  if (writable) (void)recover(*writable);
  Finder finder(options, report);
  finder.look(read_hierarchy(*readable, false), "");
  ThreadPool pool(options.threads);
  MemoryBudget budget(options.memory);
  TransactionOptions transactions;
  for (Task& task : std::move(finder).take()) {
    if (options.on_array) options.on_array(task.array.path);
    const std::string path = task.array.path == "/" ? "" : task.array.path.substr(1);
    if (writable) {
      Transaction transaction(writable, transactions);
      const Recoded done =
          recode(transaction, path, std::move(task.codecs), {&pool, &budget, options.stop});
      transaction.commit();
      // Looked at once: what this leaves is current.
      transactions.stale = TransactionOptions::Stale::trust;
      task.array.chunks = done.chunks;
      task.array.bytes_before = done.bytes_before;
      task.array.bytes_after = done.bytes_after;
    } else if (const auto chunks = Array::open(readable, path).stored_chunks()) {
      task.array.chunks = chunks->size();
    }
    report.migrated.push_back(std::move(task.array));
  }
  if (writable) writable->finish();
  return report;
}

Json to_json(const MigrateReport& report) {
  Json json = {{"dry_run", report.dry_run}, {"arrays", report.arrays}};
  json["migrated"] = Json::array();
  for (const MigratedArray& each : report.migrated)
    json["migrated"].push_back({{"path", each.path},
                                {"codec", each.codec},
                                {"from", each.from},
                                {"to", each.to},
                                {"chunks", each.chunks},
                                {"bytes_before", each.bytes_before},
                                {"bytes_after", each.bytes_after}});
  json["notices"] = report.notices;
  return json;
}

std::string summary(const MigrateReport& report) {
  const std::size_t count = report.migrated.size();
  const std::string arrays = fmt::format("{} of {} arrays", count, report.arrays);
  return report.dry_run ? fmt::format("{} would be encoded anew; nothing was changed", arrays)
                        : fmt::format("{} encoded anew", arrays);
}

}  // namespace engram::zarr
