#include "engram/hdmf/map_references.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "engram/base/error.hpp"

namespace engram::hdmf {
namespace {

constexpr std::uint64_t kValuesHeld = 16384;

class MappedObjects final : public ObjectSource {
 public:
  MappedObjects(std::shared_ptr<const ObjectSource> source, ReferenceMap map)
      : source_(std::move(source)), map_(std::move(map)) {}

  const ObjectType& type() const override { return source_->type(); }
  const Shape& shape() const override { return source_->shape(); }
  const Shape& chunk_shape() const override { return source_->chunk_shape(); }
  std::uint64_t dangling() const override { return source_->dangling() + dangling_; }

  std::vector<Value> read(const Region& region) const override {
    std::vector<Value> values = source_->read(region);
    for (Value& value : values) dangling_ += map_references(value, map_);
    return values;
  }

 private:
  std::shared_ptr<const ObjectSource> source_;
  ReferenceMap map_;
  mutable std::atomic<std::uint64_t> dangling_ = 0;
};

}  // namespace

bool holds_references(const ObjectType& type) {
  if (type.kind == ObjectType::Kind::reference || type.kind == ObjectType::Kind::region_reference)
    return true;
  if (type.element && holds_references(*type.element)) return true;
  return std::any_of(type.fields.begin(), type.fields.end(),
                     [](const ObjectField& field) { return holds_references(field.type); });
}

void each_reference(const Value& value, const std::function<void(const Value&)>& visit) {
  if (value.is<Reference>() || value.is<RegionReference>()) return visit(value);
  if (value.is<List>())
    for (const Value& one : value.as<List>()) each_reference(one, visit);
  if (value.is<Record>())
    for (const auto& [name, one] : value.as<Record>()) each_reference(one, visit);
}

std::uint64_t map_references(Value& value, const ReferenceMap& map) {
  const auto replace = [&map](Reference& reference) {
    std::optional<Reference> mapped = map(reference);
    if (mapped) reference = std::move(*mapped);
    return mapped.has_value();
  };
  std::uint64_t lost = 0;
  if (value.is<Reference>()) {
    if (!replace(value.as<Reference>())) lost = 1;
  } else if (value.is<RegionReference>()) {
    if (!replace(value.as<RegionReference>().target)) lost = 1;
  } else if (value.is<List>()) {
    for (Value& item : value.as<List>()) lost += map_references(item, map);
    return lost;
  } else if (value.is<Record>()) {
    for (auto& [name, item] : value.as<Record>()) lost += map_references(item, map);
    return lost;
  }
  if (lost > 0) value = Null{};
  return lost;
}

std::shared_ptr<const ObjectSource> map_references(std::shared_ptr<const ObjectSource> source,
                                                   ReferenceMap map) {
  return std::make_shared<const MappedObjects>(std::move(source), std::move(map));
}

void for_each_value(const ObjectSource& source, const std::function<bool(const Value&)>& visit) {
  const Shape& shape = source.shape();
  const std::uint64_t count = element_count(shape);
  if (count == 0) return;
  if (count > kMostValues)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("it has {} values, and no more than {} are read", count, kMostValues));
  // Whole slices of dimension `axis`, below which less than a block lies; one after another over
  // the dimensions before it.
  std::size_t axis = shape.size();
  std::uint64_t slice = 1;
  while (axis > 0 && slice * shape[axis - 1] <= kValuesHeld) slice *= shape[--axis];
  Region region = Region::all(shape);
  for (std::size_t d = 0; d < axis; ++d) region.shape[d] = 1;
  const std::uint64_t step = axis == 0 ? 1 : kValuesHeld / slice;
  const std::uint64_t length = axis == 0 ? 1 : shape[axis - 1];
  const std::uint64_t outer = count / slice / length;
  for (std::uint64_t place = 0; place < outer; ++place) {
    for (std::uint64_t rest = place, d = axis == 0 ? 0 : axis - 1; d > 0; --d) {
      region.origin[d - 1] = rest % shape[d - 1];
      rest /= shape[d - 1];
    }
    for (std::uint64_t first = 0; first < length; first += step) {
      if (axis > 0) {
        region.origin[axis - 1] = first;
        region.shape[axis - 1] = std::min(step, length - first);
      }
      for (const Value& value : source.read(region))
        if (!visit(value)) return;
    }
  }
}

}  // namespace engram::hdmf
