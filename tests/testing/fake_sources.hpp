#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/array/chunk_grid.hpp"
#include "engram/backend/backend.hpp"
#include "engram/hdmf/builder.hpp"
#include "engram/hdmf/make.hpp"
#include "engram/hdmf/map_references.hpp"

namespace engram::testing {

/// An array in memory.
class FakeArray final : public ArraySource {
 public:
  /// `elements`: little-endian, C order.
  FakeArray(ArrayInfo info, Bytes elements)
      : info_(std::move(info)), elements_(std::move(elements)) {}

  const ArrayInfo& info() const override { return info_; }

  void read(const Region& region, std::span<std::byte> out) const override {
    copy_region(elements_, info_.shape, region, out, region.shape, Region::all(region.shape),
                info_.type.size);
  }

 private:
  ArrayInfo info_;
  Bytes elements_;
};

/// Objects in memory.
class FakeObjects final : public hdmf::ObjectSource {
 public:
  FakeObjects(hdmf::ObjectType type, Shape shape, std::vector<hdmf::Value> values,
              std::uint64_t dangling = 0)
      : type_(std::move(type)),
        shape_(std::move(shape)),
        values_(std::move(values)),
        dangling_(dangling) {}

  const hdmf::ObjectType& type() const override { return type_; }
  const Shape& shape() const override { return shape_; }
  const Shape& chunk_shape() const override { return none_; }

  std::vector<hdmf::Value> read(const Region& region) const override {
    check_inside(region, shape_);
    ++reads_;
    seen_dangling_ += dangling_;
    std::vector<hdmf::Value> values;
    Shape index(shape_.size(), 0);
    for (std::uint64_t left = element_count(region.shape); left > 0; --left) {
      std::uint64_t offset = 0;
      for (std::size_t d = 0; d < index.size(); ++d)
        offset = offset * shape_[d] + region.origin[d] + index[d];
      values.push_back(values_.at(offset));
      for (std::size_t d = index.size(); d-- > 0;) {
        if (++index[d] < region.shape[d]) break;
        index[d] = 0;
      }
    }
    return values;
  }

  std::uint64_t dangling() const override { return seen_dangling_; }
  std::uint64_t reads() const noexcept { return reads_; }

 private:
  hdmf::ObjectType type_;
  Shape shape_, none_;
  std::vector<hdmf::Value> values_;
  std::uint64_t dangling_ = 0;
  mutable std::uint64_t reads_ = 0, seen_dangling_ = 0;
};

/// The bytes of `values` as they lie in memory.
template <typename T>
Bytes bytes_of(const std::vector<T>& values) {
  Bytes bytes(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

template <typename T>
std::shared_ptr<const ArraySource> fake_array(DataType type, Shape shape,
                                              const std::vector<T>& values,
                                              Shape chunk_shape = {}) {
  return std::make_shared<const FakeArray>(
      ArrayInfo{std::move(type), std::move(shape), std::move(chunk_shape), std::nullopt},
      bytes_of(values));
}

inline hdmf::ObjectType text_type(
    hdmf::ObjectType::Charset charset = hdmf::ObjectType::Charset::utf8) {
  hdmf::ObjectType type;
  type.charset = charset;
  return type;
}

inline hdmf::ObjectType object_type(hdmf::ObjectType::Kind kind) {
  hdmf::ObjectType type;
  type.kind = kind;
  return type;
}

using hdmf::number_type;
using hdmf::record_type;
using hdmf::sequence_type;

inline hdmf::ObjectType list_type(hdmf::ObjectType element, Shape shape) {
  hdmf::ObjectType type = sequence_type(std::move(element));
  type.kind = hdmf::ObjectType::Kind::array;
  type.shape = std::move(shape);
  return type;
}

inline hdmf::DatasetBuilder dataset_of(std::string name, std::shared_ptr<const ArraySource> data,
                                       hdmf::Attributes attributes = {}) {
  hdmf::DatasetBuilder dataset;
  dataset.name = std::move(name);
  dataset.attributes = std::move(attributes);
  dataset.is_scalar = data->info().shape.empty();
  dataset.data = std::move(data);
  return dataset;
}

inline hdmf::DatasetBuilder dataset_of(std::string name, hdmf::ObjectType type, Shape shape,
                                       std::vector<hdmf::Value> values,
                                       hdmf::Attributes attributes = {}) {
  hdmf::DatasetBuilder dataset;
  dataset.name = std::move(name);
  dataset.attributes = std::move(attributes);
  dataset.is_scalar = shape.empty();
  dataset.data =
      std::make_shared<const FakeObjects>(std::move(type), std::move(shape), std::move(values));
  return dataset;
}

/// A dataset of one text.
inline hdmf::DatasetBuilder text_of(std::string name, std::string text) {
  return dataset_of(std::move(name), text_type(), {}, {hdmf::Value(std::move(text))});
}

inline hdmf::Attributes attributes_of(
    std::initializer_list<std::pair<std::string, hdmf::Value>> items) {
  hdmf::Attributes attributes;
  for (const auto& [name, value] : items) attributes.set(name, value);
  return attributes;
}

/// How a plain conversion would write an array: its chunks, or one, under `codecs`.
/// `sharded`: two chunks along each dimension lie in one shard.
inline backend::ArrayPlan plan_for(const ArraySource& source, std::vector<CodecConfig> codecs = {},
                                   bool sharded = false) {
  backend::ArrayPlan plan;
  plan.info = source.info();
  plan.codecs = std::move(codecs);
  if (sharded)
    for (const std::uint64_t length :
         plan.info.chunk_shape.empty() ? plan.info.shape : plan.info.chunk_shape)
      plan.shard_shape.push_back(2 * std::max<std::uint64_t>(length, 1));
  return plan;
}

/// Writes the elements of `source` chunk by chunk.
inline void write_elements(const ArraySource& source, ArraySink& sink) {
  const ArrayInfo& info = source.info();
  Shape chunk = info.chunk_shape.empty() ? info.shape : info.chunk_shape;
  for (std::uint64_t& length : chunk) length = std::max<std::uint64_t>(length, 1);
  const ChunkGrid grid(info.shape, chunk);
  std::set<std::uint64_t> shards;
  for (std::uint64_t number = 0; number < grid.chunk_count(); ++number) {
    const Region region = grid.region(grid.place(number));
    Bytes elements(static_cast<std::size_t>(element_count(region.shape) * info.type.size));
    source.read(region, elements);
    sink.write(number, elements);
    shards.insert(sink.shard_of(number));
  }
  for (const std::uint64_t shard : shards) sink.finish_shard(shard);
}

/// Writes the values of `group` and below, as a conversion does; `last`: what waits for the others
/// (Writer::references_last()), or all but that.
inline void write_values(backend::Writer& writer, const hdmf::GroupBuilder& group,
                         const std::string& path, const std::vector<CodecConfig>& codecs,
                         std::vector<backend::ObjectResult>* results = nullptr,
                         bool sharded = false, bool last = false) {
  for (const hdmf::DatasetBuilder& dataset : group.datasets) {
    const bool waits = writer.references_last() && dataset.objects() != nullptr &&
                       hdmf::holds_references(dataset.objects()->type());
    if (waits != last) continue;
    const std::string below = hdmf::join_path(path, dataset.name);
    if (const ArraySource* array = dataset.array()) {
      write_elements(*array,
                     *writer.create_array(below, dataset, plan_for(*array, codecs, sharded)));
    } else {
      const backend::ObjectResult result = writer.write_objects(below, dataset);
      if (results != nullptr) results->push_back(result);
    }
  }
  for (const hdmf::GroupBuilder& child : group.groups)
    write_values(writer, child, hdmf::join_path(path, child.name), codecs, results, sharded, last);
}

inline std::vector<backend::ObjectResult> write_all(backend::Writer& writer,
                                                    const hdmf::GroupBuilder& root,
                                                    const std::vector<CodecConfig>& codecs = {},
                                                    bool sharded = false) {
  std::vector<backend::ObjectResult> results;
  writer.write_tree(root);
  for (const bool last : {false, true})
    write_values(writer, root, "/", codecs, &results, sharded, last);
  writer.finish();
  return results;
}

}  // namespace engram::testing
