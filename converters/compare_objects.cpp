#include "converters/compare_objects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backend/object_blocks.hpp"
#include "converters/compare_types.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/map_references.hpp"
#include "hdmf/element_value.hpp"

namespace engram::converter {
namespace {

constexpr std::uint64_t kBlockElements = 65536;
constexpr std::uint64_t kFewElements = 256;
constexpr std::uint64_t kFewBytes = 1U << 20;
constexpr std::uint64_t kFirstBoxElements = 64;
constexpr std::uint64_t kBoxGrowth = 64;
// What a value takes in memory beside its bytes.
constexpr std::uint64_t kValueBytes = 128;
// Values of both, and what they come to with strings, JSON and codec.
constexpr std::uint64_t kCostFactor = 12;
constexpr std::uint64_t kMostBlockBytes = 16U << 20;
constexpr std::uint64_t kLeastBlockBytes = 64U << 10;

hdmf::ObjectType type_of(const hdmf::DatasetBuilder& dataset) {
  return dataset.objects() != nullptr ? dataset.objects()->type()
                                      : as_objects(dataset.array()->info().type);
}

const Shape& chunks_of(const hdmf::DatasetBuilder& dataset) {
  return dataset.objects() != nullptr ? dataset.objects()->chunk_shape()
                                      : dataset.array()->info().chunk_shape;
}

// Whole rows, or the larger chunks where they are no more.
ChunkGrid blocks_for(const DatasetPair& pair) {
  const Shape& shape = pair.a->shape();
  Shape block = backend::object_chunk_shape(shape, kBlockElements);
  std::uint64_t largest = 0;
  for (const hdmf::DatasetBuilder* dataset : {pair.a, pair.b}) {
    const Shape& chunk = chunks_of(*dataset);
    if (chunk.empty()) continue;
    Shape inside = chunk;
    for (std::size_t d = 0; d < inside.size(); ++d)
      inside[d] = std::max<std::uint64_t>(std::min(chunk[d], shape[d]), 1);
    const std::uint64_t count = element_count(inside);
    if (count <= largest || count > kBlockElements || count < kFewElements) continue;
    largest = count;
    block = std::move(inside);
  }
  for (std::uint64_t& length : block) length = std::max<std::uint64_t>(length, 1);
  return {shape, block};
}

ValueRules object_rules(const DatasetPair& pair, const CompareContext& context) {
  ValueRules rules = context.rules;
  rules.any_number = !pair.type_difference.empty();
  return rules;
}

}  // namespace

ObjectComparison::ObjectComparison(const DatasetPair& pair, CompareContext& context)
    : pair_(pair),
      context_(context),
      rules_(object_rules(pair, context)),
      a_type_(type_of(*pair.a)),
      b_type_(type_of(*pair.b)),
      has_references_(hdmf::holds_references(a_type_)),
      blocks_(blocks_for(pair)),
      block_bytes_(
          std::clamp(context.budget_bytes() / kCostFactor / 2, kLeastBlockBytes, kMostBlockBytes)),
      box_elements_(kFirstBoxElements) {}

std::uint64_t ObjectComparison::cost() const noexcept {
  return element_count(blocks_.shape()) <= kFewElements ? kFewBytes : block_bytes_ * kCostFactor;
}

ObjectComparison::Values ObjectComparison::read(const hdmf::DatasetBuilder& dataset,
                                                const Region& region) {
  const std::uint64_t count = element_count(region.shape);
  Values values;
  if (const hdmf::ObjectSource* objects = dataset.objects()) {
    values = objects->read(region);
  } else {
    values = hdmf::element_values(*dataset.array(), region, hdmf::RecordForm::list);
  }
  if (values.size() != count)
    throw Error(ErrorCode::corrupt_data,
                fmt::format("{} values were read, not {}", values.size(), count));
  return values;
}

void ObjectComparison::compare(std::uint64_t block, ProgressMeter& progress) {
  const Region region = blocks_.region(blocks_.place(block));
  const std::uint64_t count = element_count(region.shape);
  for (std::uint64_t done = 0; done < count;) {
    if (context_.options.stop.stop_requested()) return;
    const std::uint64_t wanted = box_elements_;
    Region box = backend::box_at(region.shape, done, wanted);
    for (std::size_t d = 0; d < box.origin.size(); ++d) box.origin[d] += region.origin[d];
    const std::uint64_t bytes = compare_box(box);
    const std::uint64_t box_count = element_count(box.shape);
    done += box_count;
    const std::uint64_t each = bytes / box_count + kValueBytes;
    box_elements_ = std::clamp<std::uint64_t>(block_bytes_ / each, 1, wanted * kBoxGrowth);
    context_.bytes += bytes;
    progress.add(box_count * kObjectBytes, 0, 0, pair_.path);
  }
  progress.add(0, 1, 0, pair_.path);
}

// Returns the bytes of A's values.
std::uint64_t ObjectComparison::compare_box(const Region& box) {
  const Values a = reading(pair_.path, context_.a_file, [&] { return read(*pair_.a, box); });
  const Values b = reading(pair_.path, context_.b_file, [&] { return read(*pair_.b, box); });
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    bytes += value_bytes(a[i]);
    if (has_references_) count_references(a[i]);
    compare_one(box, i, a[i], b[i]);
  }
  return bytes;
}

void ObjectComparison::compare_one(const Region& box, std::uint64_t number, const hdmf::Value& a,
                                   const hdmf::Value& b) {
  auto kind = difference_of(a, b, rules_);
  if (!kind) return;
  if (context_.expected &&
      !difference_of(context_.expected->element(a_type_, b_type_, a), b, rules_)) {
    ++mapped_;
    return;
  }
  const bool is_reference = *kind == DifferenceKind::reference || *kind == DifferenceKind::region;
  Shape index = box.origin;
  std::uint64_t rest = number;
  for (std::size_t d = index.size(); d-- > 0;) {
    index[d] += rest % box.shape[d];
    rest /= box.shape[d];
  }
  std::pair<std::string, std::string> shown;
  if (found_.is_first(index)) shown = show_apart(a, b);
  found_.add(1, is_reference ? *kind : DifferenceKind::value, std::move(index),
             std::move(shown.first), std::move(shown.second));
}

void ObjectComparison::count_references(const hdmf::Value& value) {
  hdmf::each_reference(value, [this](const hdmf::Value& one) {
    ++(one.is<hdmf::Reference>() ? context_.references : context_.region_references);
  });
}

void ObjectComparison::finish(ProgressMeter& progress) {
  using backend::Notice;
  found_.report(pair_, context_);
  const std::uint64_t dangling = pair_.a->objects() != nullptr ? pair_.a->objects()->dangling() : 0;
  if (dangling > 0)
    context_.tell({Notice::Kind::dangling, pair_.path,
                   fmt::format("{} of the references of {} lead nowhere and were compared as null",
                               dangling, context_.a_name())});
  if (mapped_ > 0)
    context_.tell({Notice::Kind::changed, pair_.path,
                   fmt::format("{} of the values are equal as JSON has them", mapped_.load())});
  progress.add(0, 0, 1, pair_.path);
}

}  // namespace engram::converter
