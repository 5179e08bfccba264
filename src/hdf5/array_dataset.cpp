#include "hdf5/array_dataset.hpp"

#include <optional>

#include "hdf5/chunk_index.hpp"

namespace engram::hdf5 {
namespace {

class ArrayDataset final : public ArraySource {
 public:
  explicit ArrayDataset(std::shared_ptr<const Dataset> dataset)
      : dataset_(std::move(dataset)),
        info_{dataset_->type().number, dataset_->shape(), dataset_->chunk_shape(),
              dataset_->fill_value()} {
    if (dataset_->has_plain_chunks() && !dataset_->chunk_shape().empty()) chunks_.emplace(dataset_);
  }

  const ArrayInfo& info() const override { return info_; }
  void read(const Region& region, std::span<std::byte> out) const override {
    dataset_->read(region, out, nullptr);
  }
  bool is_stored() const override { return dataset_->is_stored(); }
  const EncodedChunks* encoded() const override { return chunks_ ? &*chunks_ : nullptr; }

 private:
  std::shared_ptr<const Dataset> dataset_;
  ArrayInfo info_;
  std::optional<ChunkIndex> chunks_;
};

}  // namespace

std::shared_ptr<const ArraySource> make_array_source(std::shared_ptr<const Dataset> dataset) {
  return std::make_shared<const ArrayDataset>(std::move(dataset));
}

}  // namespace engram::hdf5
