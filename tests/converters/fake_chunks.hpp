#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/base/error.hpp"
#include "testing/fake_sources.hpp"

namespace engram::testing {

/// A chunked array in memory whose chunks can be had as they lie. Reading elements fails: nobody
/// should.
class FakeChunkedArray final : public ArraySource, private EncodedChunks {
 public:
  /// `chunks`: encoded bytes by chunk number.
  FakeChunkedArray(ArrayInfo info, std::vector<CodecConfig> codecs,
                   std::map<std::uint64_t, Bytes> chunks)
      : info_(std::move(info)), codecs_(std::move(codecs)), chunks_(std::move(chunks)) {}

  const ArrayInfo& info() const override { return info_; }
  void read(const Region&, std::span<std::byte>) const override {
    throw Error(ErrorCode::unsupported, "elements were read");
  }
  const EncodedChunks* encoded() const override { return this; }

  std::uint32_t mask = 0;                 ///< What read() returns.
  std::vector<EncodedChunk> also_listed;  ///< Chunks that are not there.

 private:
  const std::vector<CodecConfig>& codecs() const override { return codecs_; }
  std::vector<EncodedChunk> chunks() const override {
    std::vector<EncodedChunk> list;
    for (const auto& [number, bytes] : chunks_) list.push_back({number, bytes.size()});
    list.insert(list.end(), also_listed.begin(), also_listed.end());
    return list;
  }
  std::uint32_t read(const EncodedChunk& chunk, std::span<std::byte> out) const override {
    const auto& bytes = chunks_.at(chunk.number);
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return mask;
  }

  ArrayInfo info_;
  std::vector<CodecConfig> codecs_;
  std::map<std::uint64_t, Bytes> chunks_;
};

/// A writer that remembers what it is given.
class FakeWriter final : public backend::Writer {
 public:
  using Chunks = std::map<std::uint64_t, Bytes>;

  std::optional<std::vector<CodecConfig>> adopt(
      const ArrayInfo&, const std::vector<CodecConfig>& codecs) const override {
    if (adopts) return codecs;
    return std::nullopt;
  }
  void write_tree(const hdmf::GroupBuilder&, ThreadPool*, std::stop_token) override {}
  std::unique_ptr<ArraySink> create_array(const std::string& path, const hdmf::DatasetBuilder&,
                                          const backend::ArrayPlan& plan) override {
    const std::lock_guard lock(mutex);
    plans[path] = plan;
    return std::make_unique<Sink>(*this, path);
  }
  backend::ObjectResult write_objects(const std::string& path, const hdmf::DatasetBuilder& dataset,
                                      const backend::ObjectPlan& plan) override {
    const auto* source = dataset.objects();
    const auto values = source->read(Region::all(source->shape()));
    const std::lock_guard lock(mutex);
    objects[path] = values.size();
    blocks[path] = plan.block_bytes;
    compressors[path] = plan.compressor.value_or(std::nullopt);
    backend::ObjectResult result;
    result.references = values.size();
    result.bytes = 100;
    result.notices.push_back({backend::Notice::Kind::changed, path, "as planted"});
    return result;
  }
  void finish() override {}
  std::vector<backend::Notice> notices() const override { return {}; }
  backend::WriterCounters counters() const override { return {}; }

  bool adopts = true;
  std::string fails_at;  ///< A path whose chunks can't be written.
  std::mutex mutex;
  std::map<std::string, backend::ArrayPlan> plans;
  std::map<std::string, Chunks> encoded, written;
  std::map<std::string, std::size_t> objects;
  std::map<std::string, std::uint64_t> blocks;
  std::map<std::string, std::optional<CodecConfig>> compressors;
  std::map<std::string, std::uint32_t> masks;
  std::atomic<int> now{0}, most{0};  ///< Chunks that are passed at a time.

 private:
  class Sink final : public ArraySink {
   public:
    Sink(FakeWriter& writer, std::string path) : writer_(writer), path_(std::move(path)) {}
    void write_encoded(std::uint64_t number, std::uint32_t mask, Bytes& bytes) override {
      put(writer_.encoded, number, bytes);
      const std::lock_guard lock(writer_.mutex);
      writer_.masks[path_] = mask;
    }
    void write(std::uint64_t number, BytesView elements) override {
      put(writer_.written, number, Bytes(elements.begin(), elements.end()));
    }

   private:
    void put(std::map<std::string, Chunks>& to, std::uint64_t number, const Bytes& bytes) {
      const int running = ++writer_.now;
      for (int seen = writer_.most; seen < running;) {
        if (writer_.most.compare_exchange_weak(seen, running)) break;
      }
      if (path_ == writer_.fails_at) throw Error(ErrorCode::io_error, "planted fault");
      {
        const std::lock_guard lock(writer_.mutex);
        to[path_][number] = bytes;
      }
      --writer_.now;
    }

    FakeWriter& writer_;
    std::string path_;
  };
};

}  // namespace engram::testing
