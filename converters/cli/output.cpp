#include "converters/cli/output.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>

#include "engram/base/error.hpp"

namespace engram::cli {
namespace {

constexpr std::size_t kFlushBytes = 64U << 10;
constexpr std::uint64_t kBlockBytes = 4U << 20;
// Empty lists that are written one by one; beyond it the array is just "[]".
constexpr std::uint64_t kMostEmptyLists = 100'000;

using Append = std::function<void(std::uint64_t index)>;

// Calls `append` for every selected element, in order.
void for_each_element(Elements& elements, const Selection& selection, std::stop_token stop,
                      const Append& append) {
  const auto most = std::max<std::uint64_t>(kBlockBytes / elements.element_bytes(), 1);
  for_each_block(selection, most, [&](const Region& box, const auto& picked) {
    if (stop.stop_requested()) throw Error(ErrorCode::cancelled, "stopped");
    elements.read(box);
    for (const auto index : picked) append(index);
  });
}

// Counts elements of a shape and tells at how many levels one begins or ends a list.
class Nesting {
 public:
  explicit Nesting(const Shape& shape) : shape_(shape), place_(shape.size(), 0) {}

  // Levels that begin with the current element.
  std::size_t opened() const {
    std::size_t count = 0;
    while (count < place_.size() && place_[place_.size() - 1 - count] == 0) ++count;
    return count;
  }

  // Goes to the next element; levels that ended with the current one.
  std::size_t advance() {
    std::size_t count = 0;
    for (auto i = shape_.size(); i-- > 0;) {
      if (++place_[i] < shape_[i]) return count;
      place_[i] = 0;
      ++count;
    }
    return count;
  }

 private:
  const Shape& shape_;
  Shape place_;
};

void append_empty(std::string& out, const Shape& shape, std::size_t axis) {
  out += '[';
  for (std::uint64_t i = 0; i < shape[axis] && axis + 1 < shape.size(); ++i) {
    if (i != 0) out += ',';
    append_empty(out, shape, axis + 1);
  }
  out += ']';
}

// An array without elements still has a shape.
void write_empty_json(std::string& out, const Shape& shape) {
  std::uint64_t lists = 1;
  for (const auto length : shape) {
    if (length == 0) break;
    if (length > kMostEmptyLists / lists) {
      out += "[]";
      return;
    }
    lists *= length;
  }
  append_empty(out, shape, 0);
}

}  // namespace

void Output::flush_if_large() {
  if (buffer_.size() >= kFlushBytes) flush();
}

void Output::flush() {
  const bool written = std::fwrite(buffer_.data(), 1, buffer_.size(), stdout) == buffer_.size() &&
                       std::fflush(stdout) == 0;
  if (!written) throw Error(ErrorCode::io_error, "the standard output can't be written to");
  buffer_.clear();
  heartbeat_.beat();
}

void write_json(Output& output, Elements& elements, const Selection& selection,
                std::stop_token stop) {
  const auto shape = selection.shape();
  auto& out = output.buffer();
  Nesting nesting(shape);
  bool first = true;
  for_each_element(elements, selection, std::move(stop), [&](std::uint64_t index) {
    if (!first) out += ',';
    first = false;
    out.append(nesting.opened(), '[');
    elements.append_json(out, index);
    out.append(nesting.advance(), ']');
    output.flush_if_large();
  });
  if (first) write_empty_json(out, shape);
  out += '\n';
  output.flush();
}

std::string plain_text(const std::string& json_text) {
  if (json_text.empty() || json_text.front() != '"') return json_text;
  return parse_json(json_text).get<std::string>();
}

void write_text(Output& output, Elements& elements, const Selection& selection,
                std::stop_token stop) {
  const auto shape = selection.shape();
  auto& out = output.buffer();
  Nesting nesting(shape);
  std::string element;
  std::size_t ended = 0;
  bool first = true;
  for_each_element(elements, selection, std::move(stop), [&](std::uint64_t index) {
    element.clear();
    elements.append_json(element, index);
    if (!first) out += ended == 0 ? '\t' : '\n';
    if (ended > 1) out += '\n';
    first = false;
    // Of more than one text, quotes tell where each ends.
    out += shape.empty() ? plain_text(element) : element;
    ended = nesting.advance();
    if (shape.size() == 1) ended = 1;
    output.flush_if_large();
  });
  if (!first) out += '\n';
  output.flush();
}

void write_bytes(Output& output, Elements& elements, const Selection& selection,
                 std::stop_token stop) {
  for_each_element(elements, selection, std::move(stop), [&](std::uint64_t index) {
    elements.append_bytes(output.buffer(), index);
    output.flush_if_large();
  });
  output.flush();
}

}  // namespace engram::cli
