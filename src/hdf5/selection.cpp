#include "hdf5/selection.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "hdf5/library.hpp"
#include "hdf5_format/global_heap.hpp"
#include "hdf5_format/stored_selection.hpp"

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

// The boxes of a selection that this HDF5 library does not know, for a later one wrote it; none: it
// is damaged, or the file can't be read beside HDF5.
std::optional<std::vector<Region>> newer_boxes(const File& file, hid_t target,
                                               const std::byte* memory, std::uint64_t max_boxes) {
  const Handle space(H5Dget_space(target));
  const int rank = space ? H5Sget_simple_extent_ndims(space.id()) : -1;
  std::vector<hsize_t> lengths(static_cast<std::size_t>(std::max(rank, 0)));
  if (rank < 0 || H5Sget_simple_extent_dims(space.id(), lengths.data(), nullptr) < 0) {
    H5Eclear2(H5E_DEFAULT);
    return std::nullopt;
  }
  try {
    hdf5_format::FormatFile format(
        [&](std::uint64_t offset, std::span<std::byte> out) { return file.read_at(offset, out); },
        file.size(), file.user_block_size());
    hdf5_format::FormatCursor reference(BytesView(memory, sizeof(hdset_reg_ref_t)));
    const std::uint64_t heap = reference.number(format.offset_size());
    const Bytes object = hdf5_format::read_heap_object(format, heap, reference.number(4));
    hdf5_format::FormatCursor cursor(object);
    cursor.skip(format.offset_size());  // The dataset's address.
    return boxes_of(hdf5_format::read_selection(cursor), Shape(lengths.begin(), lengths.end()),
                    max_boxes);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::limit_exceeded) throw;
    return std::nullopt;
  }
}

}  // namespace

bool is_null_region(const std::byte* memory) {
  return std::all_of(memory, memory + sizeof(hdset_reg_ref_t),
                     [](std::byte b) { return b == std::byte{0}; });
}

std::optional<Selection> dereference(const File& file, const std::byte* memory,
                                     std::uint64_t max_boxes) {
  const Locked locked;
  const Handle target(H5Rdereference2(file.id(), H5P_DEFAULT, H5R_DATASET_REGION, memory));
  H5O_info_t info{};
  if (!target || H5Oget_info2(target.id(), &info, H5O_INFO_BASIC) < 0) {
    H5Eclear2(H5E_DEFAULT);
    return std::nullopt;
  }
  const Handle space(H5Rget_region(file.id(), H5R_DATASET_REGION, memory));
  if (space) return Selection{info.fileno, info.addr, boxes_of(space.id(), max_boxes)};
  H5Eclear2(H5E_DEFAULT);
  auto boxes = newer_boxes(file, target.id(), memory, max_boxes);
  if (!boxes) return std::nullopt;
  return Selection{info.fileno, info.addr, std::move(*boxes)};
}

}  // namespace engram::hdf5
