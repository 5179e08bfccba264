#include "hdf5/selection.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "hdf5/library.hpp"

namespace engram::hdf5 {
namespace {

void check_count(hssize_t count, std::uint64_t max_boxes) {
  check(count, "read a region reference");
  if (static_cast<std::uint64_t>(count) > max_boxes)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("a region reference selects {} boxes, more than {}", count, max_boxes));
}

std::vector<Region> points(hid_t space, std::size_t rank, std::uint64_t max_boxes) {
  const hssize_t count = H5Sget_select_elem_npoints(space);
  check_count(count, max_boxes);
  std::vector<hsize_t> coordinates(static_cast<std::size_t>(count) * rank);
  check(H5Sget_select_elem_pointlist(space, 0, static_cast<hsize_t>(count), coordinates.data()),
        "read a region reference");
  std::vector<Region> boxes;
  for (std::size_t i = 0; i < coordinates.size(); i += rank) {
    const auto* const at = &coordinates[i];
    boxes.push_back({Shape(at, at + rank), Shape(rank, 1)});
  }
  return boxes;
}

std::vector<Region> hyperslabs(hid_t space, std::size_t rank, std::uint64_t max_boxes) {
  const hssize_t count = H5Sget_select_hyper_nblocks(space);
  check_count(count, max_boxes);
  // Two corners a block, both inside.
  std::vector<hsize_t> corners(static_cast<std::size_t>(count) * 2 * rank);
  check(H5Sget_select_hyper_blocklist(space, 0, static_cast<hsize_t>(count), corners.data()),
        "read a region reference");
  std::vector<Region> boxes;
  for (std::size_t i = 0; i < corners.size(); i += 2 * rank) {
    const auto* const first = &corners[i];
    Region box{Shape(first, first + rank), Shape(rank)};
    for (std::size_t d = 0; d < rank; ++d) box.shape[d] = first[rank + d] - first[d] + 1;
    boxes.push_back(std::move(box));
  }
  return boxes;
}

std::vector<Region> boxes_of(hid_t space, std::uint64_t max_boxes) {
  const auto rank =
      static_cast<std::size_t>(check(H5Sget_simple_extent_ndims(space), "read a region reference"));
  switch (H5Sget_select_type(space)) {
    case H5S_SEL_NONE:
      return {};
    case H5S_SEL_POINTS:
      return points(space, rank, max_boxes);
    case H5S_SEL_HYPERSLABS:
      return hyperslabs(space, rank, max_boxes);
    default: {
      std::vector<hsize_t> lengths(rank);
      check(H5Sget_simple_extent_dims(space, lengths.data(), nullptr), "read a region reference");
      return {Region::all(Shape(lengths.begin(), lengths.end()))};
    }
  }
}

}  // namespace

bool is_null_region(const std::byte* memory) {
  return std::all_of(memory, memory + sizeof(hdset_reg_ref_t),
                     [](std::byte b) { return b == std::byte{0}; });
}

std::optional<Selection> dereference(Id file, const std::byte* memory, std::uint64_t max_boxes) {
  const Locked locked;
  const Handle target(H5Rdereference2(file, H5P_DEFAULT, H5R_DATASET_REGION, memory));
  const Handle space(target ? H5Rget_region(file, H5R_DATASET_REGION, memory) : -1);
  H5O_info_t info{};
  if (!space || H5Oget_info2(target.id(), &info, H5O_INFO_BASIC) < 0) {
    H5Eclear2(H5E_DEFAULT);
    return std::nullopt;
  }
  return Selection{info.fileno, info.addr, boxes_of(space.id(), max_boxes)};
}

}  // namespace engram::hdf5
