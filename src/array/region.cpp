#include "engram/array/region.hpp"

#include <fmt/format.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <cstring>
#include <utility>

#include "engram/base/error.hpp"

namespace engram {
namespace {

/// One loop of a copy; offsets and strides in bytes.
struct Loop {
  std::uint64_t count;
  std::uint64_t source_stride;
  std::uint64_t target_stride;
};

/// A copy as nested loops, outermost first, over runs of contiguous bytes.
struct CopyPlan {
  std::uint64_t source_offset = 0;
  std::uint64_t target_offset = 0;
  std::uint64_t run = 0;
  std::vector<Loop> loops;
};

/// Bytes from one element to the next along each dimension.
Shape strides_of(const Shape& shape, const Order& order, std::uint64_t element_size) {
  Shape strides(shape.size());
  std::uint64_t stride = element_size;
  for (std::size_t i = shape.size(); i-- > 0;) {
    const std::size_t d = order.axis(i);
    strides[d] = stride;
    stride *= shape[d];
  }
  return strides;
}

// The dimension that varies fastest in the target is the innermost loop.
CopyPlan make_plan(const Shape& source_strides, const Region& from, const Shape& target_strides,
                   const Region& to, std::uint64_t element_size, const Order& target_order) {
  CopyPlan plan;
  plan.run = element_size;
  for (std::size_t i = from.shape.size(); i-- > 0;) {
    const std::size_t d = target_order.axis(i);
    const std::uint64_t source_stride = source_strides[d];
    const std::uint64_t target_stride = target_strides[d];
    plan.source_offset += from.origin[d] * source_stride;
    plan.target_offset += to.origin[d] * target_stride;
    const std::uint64_t count = from.shape[d];
    if (count == 1) continue;
    Loop* inner = plan.loops.empty() ? nullptr : &plan.loops.back();
    if (!inner && plan.run == source_stride && plan.run == target_stride) {
      plan.run *= count;
    } else if (inner && inner->count * inner->source_stride == source_stride &&
               inner->count * inner->target_stride == target_stride) {
      inner->count *= count;
    } else {
      plan.loops.push_back({count, source_stride, target_stride});
    }
  }
  std::reverse(plan.loops.begin(), plan.loops.end());
  return plan;
}

// Repeats `element` to the end of `out`, which is a whole number of them.
void repeat(BytesView element, std::span<std::byte> out) {
  std::memcpy(out.data(), element.data(), element.size());
  for (std::size_t done = element.size(); done < out.size();) {
    const std::size_t more = std::min(done, out.size() - done);
    std::memcpy(out.data() + done, out.data(), more);
    done += more;
  }
}

// A target that is too large for a core's caches is written past them: to write into a line of
// memory that is in no cache, the processor reads it first.
constexpr std::size_t kStreamed = 4U << 20;

#ifdef __SSE2__
constexpr std::uint64_t kLine = 64;

// Whether only whole lines are written: in parts it would take longer.
bool can_stream(const std::byte* target, std::uint64_t run, const Loop& loop) {
  return run > 0 &&
         (run | loop.target_stride | reinterpret_cast<std::uintptr_t>(target)) % kLine == 0;
}

void stream_runs(const std::byte* source, std::byte* target, std::uint64_t run, const Loop& loop) {
  for (std::uint64_t i = 0; i < loop.count; ++i) {
    for (std::uint64_t at = 0; at < run; at += sizeof(__m128i))
      _mm_stream_si128(reinterpret_cast<__m128i*>(target + at),
                       _mm_loadu_si128(reinterpret_cast<const __m128i*>(source + at)));
    source += loop.source_stride;
    target += loop.target_stride;
  }
  _mm_sfence();  // Before another thread is told that they are there.
}
#else
bool can_stream(const std::byte*, std::uint64_t, const Loop&) { return false; }
void stream_runs(const std::byte*, std::byte*, std::uint64_t, const Loop&) {}
#endif

template <std::size_t kRun>
void copy_fixed_runs(const std::byte* source, std::byte* target, const Loop& loop) {
  for (std::uint64_t i = 0; i < loop.count; ++i) {
    std::memcpy(target, source, kRun);
    source += loop.source_stride;
    target += loop.target_stride;
  }
}

void copy_runs(const std::byte* source, std::byte* target, std::uint64_t run, const Loop& loop,
               bool streamed) {
  if (streamed && can_stream(target, run, loop)) return stream_runs(source, target, run, loop);
  // A memcpy whose size the compiler knows is one instruction or two; runs of single elements are
  // what a narrow slice of an array is made of.
  switch (run) {
    case 1:
      return copy_fixed_runs<1>(source, target, loop);
    case 2:
      return copy_fixed_runs<2>(source, target, loop);
    case 4:
      return copy_fixed_runs<4>(source, target, loop);
    case 8:
      return copy_fixed_runs<8>(source, target, loop);
    case 16:
      return copy_fixed_runs<16>(source, target, loop);
    case 32:
      return copy_fixed_runs<32>(source, target, loop);
    case 64:
      return copy_fixed_runs<64>(source, target, loop);
    case 128:
      return copy_fixed_runs<128>(source, target, loop);
    case 256:
      return copy_fixed_runs<256>(source, target, loop);
    default:
      break;
  }
  for (std::uint64_t i = 0; i < loop.count; ++i) {
    std::memcpy(target, source, run);
    source += loop.source_stride;
    target += loop.target_stride;
  }
}

void copy_loops(const std::byte* source, std::byte* target, std::uint64_t run,
                std::span<const Loop> loops, bool streamed) {
  if (loops.empty()) {
    std::memcpy(target, source, run);
  } else if (loops.size() == 1) {
    copy_runs(source, target, run, loops[0], streamed);
  } else {
    for (std::uint64_t i = 0; i < loops[0].count; ++i) {
      copy_loops(source + i * loops[0].source_stride, target + i * loops[0].target_stride, run,
                 loops.subspan(1), streamed);
    }
  }
}

void check_buffer(const char* which, std::uint64_t size, const Shape& shape,
                  std::uint64_t element_size) {
  const std::uint64_t needed = checked_multiply(element_count(shape), element_size, "buffer size");
  if (size < needed) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("the {} of a copy has {} bytes; shape {} of {} bytes an element needs "
                            "{}",
                            which, size, to_string(shape), element_size, needed));
  }
}

}  // namespace

Region Region::all(const Shape& shape) { return {Shape(shape.size(), 0), shape}; }

std::uint64_t element_count(const Shape& shape) {
  // An array without elements is one whatever its other lengths are.
  if (std::find(shape.begin(), shape.end(), 0U) != shape.end()) return 0;
  std::uint64_t count = 1;
  for (const std::uint64_t length : shape) count = checked_multiply(count, length, "elements");
  return count;
}

void check_inside(const Region& region, const Shape& shape) {
  bool is_inside = region.origin.size() == shape.size() && region.shape.size() == shape.size();
  for (std::size_t d = 0; is_inside && d < shape.size(); ++d) {
    is_inside = region.origin[d] <= shape[d] && region.shape[d] <= shape[d] - region.origin[d];
  }
  if (!is_inside) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("region of shape {} at {} is not inside an array of shape {}",
                            to_string(region.shape), to_string(region.origin), to_string(shape)));
  }
}

Order Order::fortran(std::size_t rank) {
  Order order;
  for (std::size_t i = rank; i-- > 0;) order.axes_.push_back(i);
  return order;
}

Order Order::of(std::vector<std::size_t> axes) {
  std::vector<std::size_t> sorted = axes;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i)
    if (sorted[i] != i)
      throw Error(ErrorCode::invalid_argument, fmt::format("({}) is no order of {} dimensions",
                                                           fmt::join(axes, ", "), axes.size()));
  Order order;
  order.axes_ = std::move(axes);
  return order;
}

bool Order::is_c() const noexcept { return std::is_sorted(axes_.begin(), axes_.end()); }

bool Order::is_fortran() const noexcept {
  return !axes_.empty() && std::is_sorted(axes_.rbegin(), axes_.rend());
}

Shape Order::from_slowest(const Shape& shape) const {
  Shape lengths(shape.size());
  for (std::size_t i = 0; i < shape.size(); ++i) lengths[i] = shape[axis(i)];
  return lengths;
}

std::vector<std::size_t> Order::places_in(const Order& outer, std::size_t rank) const {
  std::vector<std::size_t> place_of(rank), places(rank);
  for (std::size_t i = 0; i < rank; ++i) place_of[outer.axis(i)] = i;
  for (std::size_t i = 0; i < rank; ++i) places[i] = place_of[axis(i)];
  return places;
}

Order Order::then(const std::vector<std::size_t>& places) const {
  Order order;
  for (const std::size_t place : places) order.axes_.push_back(axis(place));
  return order;
}

std::optional<std::uint64_t> contiguous_offset(const Region& part, const Shape& shape) {
  std::uint64_t offset = 0;
  bool is_inner = true;  // All dimensions so far, from the first on, have one element.
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (!is_inner && part.shape[d] != shape[d]) return std::nullopt;
    is_inner = is_inner && part.shape[d] == 1;
    offset = offset * shape[d] + part.origin[d];
  }
  return offset;
}

std::string to_string(const Shape& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

void copy_region(BytesView source, const Shape& source_shape, const Region& from,
                 std::span<std::byte> target, const Shape& target_shape, const Region& to,
                 std::uint64_t element_size, const Order& source_order, const Order& target_order) {
  check_inside(from, source_shape);
  check_inside(to, target_shape);
  if (from.shape != to.shape) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("can't copy a region of shape {} to one of shape {}",
                            to_string(from.shape), to_string(to.shape)));
  }
  check_buffer("source", source.size(), source_shape, element_size);
  check_buffer("target", target.size(), target_shape, element_size);
  if (element_count(from.shape) == 0 || element_size == 0) return;
  const CopyPlan plan = make_plan(strides_of(source_shape, source_order, element_size), from,
                                  strides_of(target_shape, target_order, element_size), to,
                                  element_size, target_order);
  copy_loops(source.data() + plan.source_offset, target.data() + plan.target_offset, plan.run,
             plan.loops, target.size() >= kStreamed);
}

void fill_region(std::span<std::byte> target, const Shape& target_shape, const Region& to,
                 BytesView element) {
  check_inside(to, target_shape);
  check_buffer("target", target.size(), target_shape, element.size());
  if (element_count(to.shape) == 0 || element.empty()) return;
  const Shape strides = strides_of(target_shape, {}, element.size());
  CopyPlan plan = make_plan(strides, to, strides, to, element.size(), {});
  const auto run = static_cast<std::size_t>(plan.run);
  if (plan.loops.empty())
    return repeat(element, target.subspan(static_cast<std::size_t>(plan.target_offset), run));
  Bytes pattern(run);
  repeat(element, pattern);
  for (Loop& loop : plan.loops) loop.source_stride = 0;
  copy_loops(pattern.data(), target.data() + plan.target_offset, run, plan.loops,
             target.size() >= kStreamed);
}

}  // namespace engram
