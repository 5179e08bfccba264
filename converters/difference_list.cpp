#include "converters/difference_list.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace engram::converter {
namespace {

bool comes_before(const Difference& a, const Difference& b) {
  return std::tie(a.path, a.kind, a.text) < std::tie(b.path, b.kind, b.text);
}

}  // namespace

void DifferenceList::add(Difference difference) {
  const std::lock_guard lock(mutex_);
  ++total_;
  heap_.push_back(std::move(difference));
  std::push_heap(heap_.begin(), heap_.end(), comes_before);
  if (heap_.size() <= most_) return;
  std::pop_heap(heap_.begin(), heap_.end(), comes_before);
  heap_.pop_back();
}

std::vector<Difference> DifferenceList::take() {
  const std::lock_guard lock(mutex_);
  std::sort(heap_.begin(), heap_.end(), comes_before);
  return std::exchange(heap_, {});
}

}  // namespace engram::converter
