#include "converters/cli/slice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"

namespace engram::cli {
namespace {

// Lengths above this have no room in the signed numbers of an index.
constexpr std::uint64_t kMostLength = 1ULL << 62;

[[noreturn]] void throw_bad(std::string_view text, const std::string& why) {
  throw Error(ErrorCode::invalid_argument,
              fmt::format("the slice [{}] {}", engram::printable(text), why));
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

class SliceParser {
 public:
  SliceParser(std::string_view text, const Shape& shape) : text_(text), shape_(shape) {}

  Selection parse() const {
    auto parts = split(text_, ',');
    if (parts.size() > 1 && parts.back().empty()) parts.pop_back();
    if (parts.size() == 1 && parts.front().empty()) parts.clear();
    const auto dots = std::count(parts.begin(), parts.end(), std::string_view("..."));
    if (dots > 1) throw_bad(text_, "has more than one \"...\"");
    const auto given = parts.size() - static_cast<std::size_t>(dots);
    if (given > shape_.size()) {
      throw_bad(text_, fmt::format("has {} indices, and the dataset has {} dimensions", given,
                                   shape_.size()));
    }
    if (dots == 0) parts.emplace_back("...");
    Selection selection;
    for (const auto part : parts) {
      if (part == "...") {
        for (auto left = shape_.size() - given; left > 0; --left) add(selection, ":");
      } else {
        add(selection, part);
      }
    }
    return selection;
  }

 private:
  void add(Selection& selection, std::string_view part) const {
    const auto axis = selection.axes.size();
    const auto length = shape_[axis];
    if (length > kMostLength) throw_bad(text_, "is of a dataset that is too long to slice");
    selection.axes.push_back(part.find(':') == std::string_view::npos
                                 ? index(part, axis, static_cast<std::int64_t>(length))
                                 : range(part, static_cast<std::int64_t>(length)));
  }

  AxisSelection index(std::string_view part, std::size_t axis, std::int64_t length) const {
    const auto given = number(part);
    if (!given) throw_bad(text_, "has an empty index");
    const auto place = *given < 0 ? *given + length : *given;
    if (place < 0 || place >= length) {
      throw_bad(text_, fmt::format("asks for index {} of dimension {}, which has {} elements",
                                   *given, axis, length));
    }
    return {static_cast<std::uint64_t>(place), 1, 1, true};
  }

  AxisSelection range(std::string_view part, std::int64_t length) const {
    const auto parts = split(part, ':');
    if (parts.size() > 3) throw_bad(text_, "has more than start:stop:step");
    const auto step = parts.size() == 3 ? number(parts[2]).value_or(1) : 1;
    if (step == 0) throw_bad(text_, "has a step of 0");
    // As CPython's PySlice_AdjustIndices.
    const auto lowest = step < 0 ? std::int64_t{-1} : std::int64_t{0};
    const auto highest = step < 0 ? length - 1 : length;
    const auto adjusted = [&](std::optional<std::int64_t> given, std::int64_t otherwise) {
      if (!given) return otherwise;
      return std::clamp(*given < 0 ? *given + length : *given, lowest, highest);
    };
    const auto start = adjusted(number(parts[0]), step < 0 ? highest : lowest);
    const auto stop = adjusted(number(parts[1]), step < 0 ? lowest : highest);
    const auto span = step < 0 ? start - stop : stop - start;
    if (span <= 0) return {0, step, 0, false};
    const auto stride = step < 0 ? -step : step;
    return {static_cast<std::uint64_t>(start), step,
            static_cast<std::uint64_t>((span - 1) / stride + 1), false};
  }

  std::optional<std::int64_t> number(std::string_view part) const {
    if (part.empty()) return std::nullopt;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    const auto most = static_cast<std::int64_t>(kMostLength);
    if (error != std::errc() || end != part.data() + part.size() || value > most || value < -most) {
      throw_bad(text_,
                fmt::format("has \"{}\", where a whole number is wanted", engram::printable(part)));
    }
    return value;
  }

  std::string_view text_;
  const Shape& shape_;
};

// `count` selected places of one axis, from the `first` selected on, as a range of the array.
struct AxisRange {
  std::uint64_t low = 0, length = 0;
};

AxisRange range_of(const AxisSelection& axis, std::uint64_t first, std::uint64_t count) {
  const auto stride = static_cast<std::uint64_t>(axis.step < 0 ? -axis.step : axis.step);
  const auto length = (count - 1) * stride + 1;
  if (axis.step > 0) return {axis.start + first * stride, length};
  return {axis.start - first * stride - (length - 1), length};
}

// The most selected places whose range has at most `room` elements, 1 at least.
std::uint64_t places_within(const AxisSelection& axis, std::uint64_t room) {
  const auto stride = static_cast<std::uint64_t>(axis.step < 0 ? -axis.step : axis.step);
  return std::clamp<std::uint64_t>(room == 0 ? 1 : (room - 1) / stride + 1, 1, axis.count);
}

class Blocks {
 public:
  Blocks(const Selection& selection, std::uint64_t most_elements)
      : axes_(selection.axes), block_(axes_.size(), 1), first_(axes_.size(), 0) {
    // Whole trailing dimensions as far as they fit; a part of the one before; the rest one by one.
    auto room = most_elements;
    for (auto i = axes_.size(); i-- > 0;) {
      block_[i] = places_within(axes_[i], room);
      if (block_[i] < axes_[i].count) break;
      room /= range_of(axes_[i], 0, axes_[i].count).length;
    }
  }

  template <typename Use>
  void run(const Use& use) {
    do {
      Region box{Shape(axes_.size()), Shape(axes_.size())};
      Shape counts(axes_.size());
      for (std::size_t i = 0; i < axes_.size(); ++i) {
        counts[i] = std::min(block_[i], axes_[i].count - first_[i]);
        const auto range = range_of(axes_[i], first_[i], counts[i]);
        box.origin[i] = range.low;
        box.shape[i] = range.length;
      }
      use(box, picked(box, counts));
    } while (advance());
  }

 private:
  std::vector<std::uint64_t> picked(const Region& box, const Shape& counts) const {
    std::vector<std::uint64_t> places{0};
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      const auto range = box.shape[i];
      const auto stride =
          static_cast<std::uint64_t>(axes_[i].step < 0 ? -axes_[i].step : axes_[i].step);
      std::vector<std::uint64_t> next;
      next.reserve(places.size() * counts[i]);
      for (const auto place : places) {
        for (std::uint64_t k = 0; k < counts[i]; ++k) {
          next.push_back(place * range + (axes_[i].step > 0 ? k * stride : range - 1 - k * stride));
        }
      }
      places = std::move(next);
    }
    return places;
  }

  bool advance() {
    for (auto i = axes_.size(); i-- > 0;) {
      first_[i] += block_[i];
      if (first_[i] < axes_[i].count) return true;
      first_[i] = 0;
    }
    return false;
  }

  const std::vector<AxisSelection>& axes_;
  Shape block_, first_;
};

}  // namespace

Shape Selection::shape() const {
  Shape result;
  for (const auto& axis : axes) {
    if (!axis.dropped) result.push_back(axis.count);
  }
  return result;
}

Selection parse_slice(std::string_view text, const Shape& shape) {
  return SliceParser(text, shape).parse();
}

void for_each_block(
    const Selection& selection, std::uint64_t most_elements,
    const std::function<void(const Region& box, const std::vector<std::uint64_t>& picked)>& use) {
  const bool empty = std::any_of(selection.axes.begin(), selection.axes.end(),
                                 [](const auto& axis) { return axis.count == 0; });
  if (!empty) Blocks(selection, most_elements).run(use);
}

}  // namespace engram::cli
