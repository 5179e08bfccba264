#include "converters/chunk_shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "engram/array/chunk_grid.hpp"
#include "engram/base/error.hpp"

namespace engram::converter {
namespace {

// The length of equal pieces of `length`, none longer than `longest`.
std::uint64_t equal_pieces(std::uint64_t length, std::uint64_t longest) {
  if (length <= longest) return std::max<std::uint64_t>(length, 1);
  return divide_up(length, divide_up(length, longest));
}

}  // namespace

ChunkRule parse_chunk_rule(std::string_view text) {
  if (text == "keep") return {};
  if (text == "auto") return {ChunkRule::Kind::automatic, {}};
  ChunkRule rule{ChunkRule::Kind::lengths, {}};
  std::string_view rest = text;
  while (true) {
    const auto comma = rest.find(',');
    const auto part = rest.substr(0, comma);
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), length);
    if (error != std::errc() || end != part.data() + part.size() || length == 0) {
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("chunks are \"keep\", \"auto\" or lengths above 0 with commas between "
                      "them such as \"30000,64\", not \"{}\"",
                      text));
    }
    rule.lengths.push_back(length);
    if (comma == std::string_view::npos) return rule;
    rest.remove_prefix(comma + 1);
  }
}

Shape automatic_chunk_shape(const Shape& shape, std::uint64_t element_size) {
  Shape chunk(shape.size(), 1);
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) {
    // Nothing will be stored; lengths that could grow later are kept in bounds all the same.
    std::uint64_t left =
        std::max<std::uint64_t>(kChunkBytes / std::max<std::uint64_t>(element_size, 1), 1);
    for (std::size_t i = shape.size(); i-- > 0;) {
      chunk[i] = std::clamp<std::uint64_t>(shape[i], 1, left);
      left /= chunk[i];
    }
    return chunk;
  }
  std::uint64_t left =
      std::max<std::uint64_t>(kChunkBytes / std::max<std::uint64_t>(element_size, 1), 1);
  if (shape.size() == 2 && shape[0] >= shape[1]) {
    const bool whole = shape[1] <= left && shape[0] <= left / shape[1];
    const auto channels = std::min(left, whole ? shape[1] : kChunkChannels);
    chunk[1] = equal_pieces(shape[1], channels);
    chunk[0] = equal_pieces(shape[0], std::max<std::uint64_t>(left / chunk[1], 1));
    return chunk;
  }
  for (std::size_t i = shape.size(); i-- > 0;) {
    chunk[i] = equal_pieces(shape[i], left);
    left = std::max<std::uint64_t>(left / chunk[i], 1);
  }
  return chunk;
}

}  // namespace engram::converter
