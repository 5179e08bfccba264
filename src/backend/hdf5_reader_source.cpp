#include "backend/hdf5_reader_source.hpp"

#include <atomic>
#include <utility>

#include "backend/claim_check.hpp"
#include "backend/hdf5_reader_values.hpp"
#include "engram/base/limits.hpp"
#include "hdf5/arena.hpp"
#include "hdf5/selection.hpp"

namespace engram::backend {
namespace {

using hdmf::Value;

// What one read() may take for variable-length values. A caller that wants less asks for a smaller
// region.
constexpr std::uint64_t kMaxValueBytes = std::uint64_t{2} << 30;
constexpr std::uint64_t kMaxBoxes = 1'000'000;

/// References of a dataset, resolved at once.
class Resolver final : public ReferenceDecoder {
 public:
  Resolver(const hdf5::File& file, const PlacedObjects& objects) : file_(file), objects_(objects) {}

  Value object(std::uint64_t address) override {
    return found(objects_.reference(file_.number(), address));
  }

  Value region(const std::byte* memory) override {
    auto selection = hdf5::dereference(file_, memory, kMaxBoxes);
    if (!selection) return found(std::nullopt);
    auto target = objects_.reference(selection->file_number, selection->address);
    if (!target) return found(std::nullopt);
    return hdmf::RegionReference{*std::move(target), std::move(selection->boxes)};
  }

  std::uint64_t dangling() const noexcept { return dangling_; }

 private:
  Value found(std::optional<hdmf::Reference> reference) {
    if (reference) return *std::move(reference);
    ++dangling_;
    return hdmf::Null{};
  }

  const hdf5::File& file_;
  const PlacedObjects& objects_;
  std::uint64_t dangling_ = 0;
};

class ObjectDataset final : public hdmf::ObjectSource {
 public:
  ObjectDataset(std::shared_ptr<const hdf5::Dataset> dataset,
                std::shared_ptr<const PlacedObjects> objects, const Limits& limits)
      : dataset_(std::move(dataset)),
        objects_(std::move(objects)),
        claim_(limits),
        type_(object_type(dataset_->type())) {}

  const hdmf::ObjectType& type() const override { return type_; }
  const Shape& shape() const override { return dataset_->shape(); }
  const Shape& chunk_shape() const override { return dataset_->chunk_shape(); }
  std::uint64_t dangling() const override { return dangling_; }

  std::vector<Value> read(const Region& region) const override {
    check_inside(region, shape());
    const hdf5::Type& type = dataset_->type();
    const std::uint64_t count = element_count(region.shape);
    claim_.before_read(count, element_count(shape()), [&] { return dataset_->most_stored(); });
    Bytes memory(checked_multiply(count, type.memory_size, "the size of a region"));
    hdf5::Arena arena(kMaxValueBytes);
    dataset_->read(region, memory, hdf5::has_pointers(type) ? &arena : nullptr);

    Resolver resolver(*dataset_->file(), *objects_);
    std::vector<Value> values;
    values.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i)
      values.push_back(
          decode_value(type, &memory[i * type.memory_size], CompoundForm::list, resolver));
    dangling_ += resolver.dangling();
    return values;
  }

 private:
  std::shared_ptr<const hdf5::Dataset> dataset_;
  std::shared_ptr<const PlacedObjects> objects_;
  mutable ClaimCheck claim_;
  hdmf::ObjectType type_;
  mutable std::atomic<std::uint64_t> dangling_ = 0;
};

}  // namespace

std::shared_ptr<const hdmf::ObjectSource> make_object_source(
    std::shared_ptr<const hdf5::Dataset> dataset, std::shared_ptr<const PlacedObjects> objects,
    const Limits& limits) {
  return std::make_shared<const ObjectDataset>(std::move(dataset), std::move(objects), limits);
}

}  // namespace engram::backend
