#include "converters/compare_context.hpp"

#include <fmt/format.h>

#include <utility>

namespace engram::converter {

void ElementDifferences::add(std::uint64_t count, DifferenceKind kind, Shape first, std::string a,
                             std::string b) {
  const std::lock_guard lock(mutex_);
  found_.count += count;
  if (found_.index && *found_.index <= first) return;
  found_.kind = kind;
  found_.index = std::move(first);
  found_.a = std::move(a);
  found_.b = std::move(b);
}

bool ElementDifferences::is_first(const Shape& index) const {
  const std::lock_guard lock(mutex_);
  return !found_.index || index < *found_.index;
}

void ElementDifferences::report(const DatasetPair& pair, CompareContext& context) const {
  const std::lock_guard lock(mutex_);
  Difference difference = found_;
  difference.path = pair.path;
  const Shape& shape = pair.a->shape();
  std::string values;
  if (difference.count > 0) {
    values = fmt::format("{} in {}, {} in {}", difference.a, context.a_name(), difference.b,
                         context.b_name());
    if (!shape.empty())
      values = fmt::format("{} of {} elements differ; first {}: {}", difference.count,
                           element_count(shape), to_string(*difference.index), values);
  }
  if (!pair.type_difference.empty()) {
    difference.kind = DifferenceKind::type;
    difference.text =
        pair.type_difference + "; " + (values.empty() ? "the values are equal" : values);
  } else if (difference.count > 0) {
    difference.text = std::move(values);
  } else {
    return;
  }
  context.differences.add(std::move(difference));
}

}  // namespace engram::converter
