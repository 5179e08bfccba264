#include <algorithm>
#include <utility>
#include <vector>

#include "engram/base/error.hpp"
#include "engram/store/checksums.hpp"
#include "md5.hpp"

namespace engram::store {
namespace {

// What is read at a time of one value. Large, because a store may have to begin anew for each range
// (a deflated entry of a zip file).
constexpr std::uint64_t kScannedBlock = 16 << 20;
constexpr std::size_t kScannedTogether = 64;

class MissingValues {
 public:
  MissingValues(Checksums& checksums, const ReadableStore& store, ThreadPool& pool,
                MemoryBudget& budget, std::stop_token stop,
                const std::function<void(const std::string&)>& on_value)
      : checksums_(checksums),
        store_(store),
        stop_(std::move(stop)),
        on_value_(on_value),
        stream_(pool, budget, stop_) {}

  void run() {
    // Not by recursion: who made the store chose how deep it is.
    std::vector<std::string> prefixes{""};
    while (!prefixes.empty() && !failed_) {
      const std::string prefix = std::move(prefixes.back());
      prefixes.pop_back();
      const std::string start = prefix.empty() ? "" : prefix + '/';
      const Listing listing = store_.list_dir(prefix);
      for (const std::string& name : listing.keys) add(start + name);
      for (const std::string& name : listing.prefixes) prefixes.push_back(start + name);
    }
    pass();
    stream_.finish();
  }

 private:
  void add(const std::string& text) {
    Key key(text);
    if (checksums_.contains(key)) return;
    const auto size = store_.size(key);
    if (!size) return;
    together_.push_back(std::move(key));
    largest_ = std::max(largest_, std::min(*size, kScannedBlock));
    if (together_.size() >= kScannedTogether || largest_ == kScannedBlock) pass();
  }

  void pass() {
    if (together_.empty()) return;
    const std::uint64_t cost = std::exchange(largest_, 0);
    failed_ = !stream_.add(cost, [this, keys = std::exchange(together_, {})] {
      Bytes block;
      for (const Key& key : keys) read(key, block);
    });
  }

  void read(const Key& key, Bytes& block) const {
    tell(key);
    const auto size = store_.size(key);
    if (!size) return;
    if (*size <= kScannedBlock) {
      if (store_.get_into(key, kScannedBlock, block)) checksums_.set(key, block);
      return;
    }
    ValueChecksum checksum;
    Md5 md5;
    for (;;) {
      const auto part = store_.get_range(key, checksum.size, kScannedBlock);
      if (!part) return;
      md5.add(*part);
      checksum.size += part->size();
      if (part->size() < kScannedBlock) break;
      tell(key);
    }
    checksum.md5 = md5.finish();
    checksums_.set(key, checksum);
  }

  void tell(const Key& key) const {
    if (stop_.stop_requested()) throw Error(ErrorCode::cancelled, "the reading was stopped");
    if (on_value_) on_value_(key.str());
  }

  Checksums& checksums_;
  const ReadableStore& store_;
  const std::stop_token stop_;
  const std::function<void(const std::string&)>& on_value_;
  std::vector<Key> together_;
  std::uint64_t largest_ = 0;
  bool failed_ = false;
  TaskStream stream_;  ///< Last: its destructor waits for tasks that use the others.
};

}  // namespace

void add_missing(Checksums& checksums, const ReadableStore& store, ThreadPool& pool,
                 MemoryBudget& budget, std::stop_token stop,
                 const std::function<void(const std::string&)>& on_value) {
  MissingValues(checksums, store, pool, budget, std::move(stop), on_value).run();
}

}  // namespace engram::store
