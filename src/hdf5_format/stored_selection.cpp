#include "hdf5_format/stored_selection.hpp"

#include <fmt/format.h>

#include <limits>

#include "engram/base/error.hpp"

namespace engram::hdf5_format {
namespace {

using Kind = StoredSelection::Kind;

[[noreturn]] void throw_unknown(std::string_view what, std::uint64_t number) {
  throw Error(ErrorCode::corrupt_data, fmt::format("a selection of unknown {} {}", what, number));
}

std::size_t read_rank(FormatCursor& cursor) {
  const std::uint64_t rank = cursor.number(4);
  if (rank == 0 || rank > kMaxStoredRank) throw_unknown("rank", rank);
  return rank;
}

// `count` numbers, each of `width` bytes.
std::vector<std::uint64_t> read_numbers(FormatCursor& cursor, std::uint64_t count,
                                        std::uint64_t width) {
  FormatCursor bytes(cursor.take(checked_multiply(count, width, "the size of a selection")));
  std::vector<std::uint64_t> numbers(count);
  for (std::uint64_t& number : numbers) number = bytes.number(width);
  return numbers;
}

std::uint64_t read_width(FormatCursor& cursor) {
  const std::uint64_t width = cursor.number(1);
  if (width != 2 && width != 4 && width != 8) throw_unknown("width", width);
  return width;
}

std::vector<std::uint64_t> read_corners(FormatCursor& cursor, std::size_t rank,
                                        std::uint64_t corners, std::uint64_t width) {
  const std::uint64_t count = cursor.number(width);
  return read_numbers(cursor, checked_multiply(count, corners * rank, "the size of a selection"),
                      width);
}

StoredSelection read_points(FormatCursor& cursor) {
  const std::uint64_t version = cursor.number(4);
  if (version != 1 && version != 2) throw_unknown("version", version);
  std::uint64_t width = 4;
  if (version == 1)
    cursor.skip(8);
  else
    width = read_width(cursor);
  const std::size_t rank = read_rank(cursor);
  return {Kind::points, rank, read_corners(cursor, rank, 1, width)};
}

StoredSelection read_regular(FormatCursor& cursor, std::uint64_t width) {
  const std::size_t rank = read_rank(cursor);
  StoredSelection selection{Kind::regular, rank, read_numbers(cursor, 4 * rank, width)};
  for (std::uint64_t& number : selection.numbers)
    if (is_undefined(number, width)) number = kEndless;
  return selection;
}

StoredSelection read_hyperslabs(FormatCursor& cursor) {
  const std::uint64_t version = cursor.number(4);
  if (version < 1 || version > 3) throw_unknown("version", version);
  bool is_regular = false;
  std::uint64_t width = version == 2 ? 8 : 4;
  if (version > 1) is_regular = (cursor.number(1) & 0x01U) != 0;
  if (version == 3)
    width = read_width(cursor);
  else
    cursor.skip(version == 1 ? 8 : 4);
  if (is_regular) return read_regular(cursor, width);
  const std::size_t rank = read_rank(cursor);
  return {Kind::blocks, rank, read_corners(cursor, rank, 2, version == 2 ? 4 : width)};
}

void put_corners(const StoredSelection& selection, std::uint64_t corners, Bytes& out) {
  Bytes body;
  put_number(body, selection.rank, 4);
  put_number(body, selection.numbers.size() / (corners * selection.rank), 4);
  for (const std::uint64_t number : selection.numbers) {
    if (number > std::numeric_limits<std::uint32_t>::max())
      throw Error(ErrorCode::unsupported,
                  "a selection past 2^32, in a form that this HDF5 library does not know");
    put_number(body, number, 4);
  }
  put_number(out, 1, 4);
  put_number(out, 0, 4);
  put_number(out, body.size(), 4);
  out.insert(out.end(), body.begin(), body.end());
}

void check_boxes(std::uint64_t count, std::uint64_t max_boxes) {
  if (count > max_boxes)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("a selection of {} boxes, more than {}", count, max_boxes));
}

// Every block of a regular selection, row by row.
std::vector<Region> regular_boxes(const StoredSelection& selection, std::uint64_t max_boxes) {
  const auto part = [&](std::size_t dimension, std::size_t which) {
    return selection.numbers[4 * dimension + which];
  };
  std::uint64_t count = 1;
  for (std::size_t d = 0; d < selection.rank; ++d) {
    if (part(d, 2) == kEndless || part(d, 3) == kEndless)
      throw Error(ErrorCode::corrupt_data, "a region reference to a selection without end");
    count = checked_multiply(count, part(d, 2), "the boxes of a selection");
  }
  check_boxes(count, max_boxes);
  std::vector<Region> boxes;
  Shape index(selection.rank, 0);
  for (std::uint64_t i = 0; i < count; ++i) {
    Region box{Shape(selection.rank), Shape(selection.rank)};
    for (std::size_t d = 0; d < selection.rank; ++d) {
      box.origin[d] = checked_add(part(d, 0), checked_multiply(index[d], part(d, 1), "a selection"),
                                  "a selection");
      box.shape[d] = part(d, 3);
    }
    boxes.push_back(std::move(box));
    for (std::size_t d = selection.rank; d-- > 0 && ++index[d] == part(d, 2);) index[d] = 0;
  }
  return boxes;
}

// Of first and last coordinates, which are the same for points.
std::vector<Region> corner_boxes(const StoredSelection& selection, std::uint64_t max_boxes) {
  const std::size_t rank = selection.rank;
  const std::size_t last = selection.kind == Kind::points ? 0 : rank;
  const std::size_t step = rank + last;
  check_boxes(selection.numbers.size() / step, max_boxes);
  std::vector<Region> boxes;
  for (std::size_t i = 0; i < selection.numbers.size(); i += step) {
    const std::uint64_t* const first = &selection.numbers[i];
    Region box{Shape(first, first + rank), Shape(rank)};
    for (std::size_t d = 0; d < rank; ++d) {
      if (first[last + d] < first[d])
        throw Error(ErrorCode::corrupt_data, "a selection whose blocks end before they begin");
      box.shape[d] = checked_add(first[last + d] - first[d], 1, "a selection");
    }
    boxes.push_back(std::move(box));
  }
  return boxes;
}

}  // namespace

StoredSelection read_selection(FormatCursor& cursor) {
  const std::uint64_t kind = cursor.number(4);
  switch (kind) {
    case 0:
    case 3:
      cursor.skip(12);
      return {static_cast<Kind>(kind), 0, {}};
    case 1:
      return read_points(cursor);
    case 2:
      return read_hyperslabs(cursor);
    default:
      throw_unknown("kind", kind);
  }
}

void write_selection(const StoredSelection& selection, Bytes& out) {
  const Kind kind = selection.kind;
  put_number(out, kind == Kind::regular ? 2 : static_cast<std::uint64_t>(kind), 4);
  switch (kind) {
    case Kind::none:
    case Kind::all:
      put_number(out, 1, 4);
      put_number(out, 0, 8);
      break;
    case Kind::points:
      put_corners(selection, 1, out);
      break;
    case Kind::blocks:
      put_corners(selection, 2, out);
      break;
    case Kind::regular:
      put_number(out, 2, 4);
      put_number(out, 1, 1);
      put_number(out, 4 + 8 * selection.numbers.size(), 4);
      put_number(out, selection.rank, 4);
      for (const std::uint64_t number : selection.numbers) put_number(out, number, 8);
      break;
  }
}

std::vector<Region> boxes_of(const StoredSelection& selection, const Shape& shape,
                             std::uint64_t max_boxes) {
  if (selection.kind == Kind::none) return {};
  if (selection.kind == Kind::all) return {Region::all(shape)};
  if (selection.rank != shape.size())
    throw Error(ErrorCode::corrupt_data, "a selection of other dimensions than its dataset has");
  return selection.kind == Kind::regular ? regular_boxes(selection, max_boxes)
                                         : corner_boxes(selection, max_boxes);
}

}  // namespace engram::hdf5_format
