#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engram/codec/pipeline.hpp"
#include "engram/store/store.hpp"

namespace engram::zarr {

/// The values of a store that are encoded as a whole, as they are before their codecs: what a codec
/// behind `sharding_indexed` does to shards. A value is read and decoded as a whole whatever is
/// wanted of it; the last few are kept.
///
/// To be used for one task: what is changed below afterwards is not seen.
///
/// Threads: every member may be called by many threads at once.
class DecodedValues final : public store::ReadableStore {
 public:
  /// Of `below`, which is `owned` or must live as long. No value has more than `most` bytes,
  /// decoded or not. Throws as codec::make_codec() does.
  DecodedValues(const store::ReadableStore& below,
                std::unique_ptr<const store::ReadableStore> owned, std::vector<CodecConfig> codecs,
                std::uint64_t most);

  std::optional<Bytes> get(const store::Key& key, std::uint64_t max_size) const override;
  std::optional<Bytes> get_range(const store::Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override;
  std::optional<std::uint64_t> size(const store::Key& key) const override;
  store::Listing list_dir(const std::string& prefix) const override {
    return below_.list_dir(prefix);
  }
  std::string name() const override { return below_.name(); }

 private:
  struct Kept {
    explicit Kept(std::string of_key) : key(std::move(of_key)) {}
    const std::string key;
    std::mutex mutex;  ///< Held by the thread that decodes, while others that want it wait.
    bool is_decoded = false;
    std::optional<Bytes> value;  ///< None: there is none.
  };

  std::shared_ptr<const Kept> find(const store::Key& key) const;

  const std::unique_ptr<const store::ReadableStore> owned_;
  const store::ReadableStore& below_;
  const std::vector<CodecConfig> codecs_;
  const std::uint64_t most_;
  mutable std::mutex mutex_;
  mutable std::list<std::shared_ptr<Kept>> kept_;  ///< Used last first; each of `most_` at most.
};

/// The same, to be changed: what is set is encoded. One call for each key that is set or erased,
/// after all that is read of it.
class CodedValues final : public store::Store {
 public:
  CodedValues(store::Store& below, const std::vector<CodecConfig>& codecs, std::uint64_t most)
      : below_(below), decoded_(below, nullptr, codecs, most), pipeline_(codecs) {}

  std::optional<Bytes> get(const store::Key& key, std::uint64_t max_size) const override {
    return decoded_.get(key, max_size);
  }
  std::optional<Bytes> get_range(const store::Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override {
    return decoded_.get_range(key, offset, size);
  }
  std::optional<std::uint64_t> size(const store::Key& key) const override {
    return decoded_.size(key);
  }
  store::Listing list_dir(const std::string& prefix) const override {
    return below_.list_dir(prefix);
  }
  std::string name() const override { return below_.name(); }

  void set(const store::Key& key, BytesView value) override {
    below_.set(key, pipeline_.encode(value, 1));
  }
  void erase(const store::Key& key) override { below_.erase(key); }

 private:
  store::Store& below_;
  const DecodedValues decoded_;
  const codec::Pipeline pipeline_;
};

}  // namespace engram::zarr
