#include "engram/hdmf/selection.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "hdmf/box_order.hpp"
#include "hdmf/file_set.hpp"
#include "hdmf/read_elements.hpp"

namespace engram::hdmf {
namespace {

// How many elements are read at once, where more than what is selected must be.
constexpr std::uint64_t kReadBytes = 4 << 20;
constexpr std::uint64_t kReadValues = 16384;

}  // namespace

struct Selection::Ordered {
  BoxOrder order;
};

Selection::Selection(Object object, std::vector<Region> regions)
    : object_(std::move(object)), regions_(std::move(regions)) {
  try {
    ordered_ = std::make_shared<const Ordered>(
        Ordered{in_order(regions_, object_.checked_dataset().shape().size())});
  } catch (Error& error) {
    error.at(object_.path());
    error.at(object_.file_->location);
    throw;
  }
}

std::uint64_t Selection::count() const noexcept { return ordered_->order.count; }
const Shape& Selection::shape() const noexcept { return ordered_->order.shape; }

std::size_t Selection::checked_count(std::uint64_t element_size) const {
  try {
    return checked_elements(count(), element_size, object_.set_->options().max_read_bytes);
  } catch (Error& error) {
    error.at(object_.path());
    error.at(object_.file_->location);
    throw;
  }
}

void Selection::read_numbers(const DataType& type, std::span<std::byte> out) const {
  const auto size = static_cast<std::size_t>(type.size);
  Bytes read;
  gather(
      ordered_->order, kReadBytes / size,
      [&](const Region& region) {
        read.resize(static_cast<std::size_t>(element_count(region.shape)) * size);
        object_.read_numbers(region, type, read);
      },
      [&](std::uint64_t from, std::uint64_t to, std::uint64_t elements) {
        std::memcpy(out.data() + static_cast<std::size_t>(to) * size,
                    read.data() + static_cast<std::size_t>(from) * size,
                    static_cast<std::size_t>(elements) * size);
      });
}

std::vector<Value> Selection::values() const {
  std::vector<Value> all(checked_count(sizeof(Value)));
  std::vector<Value> read;
  gather(
      ordered_->order, kReadValues, [&](const Region& region) { read = object_.values(region); },
      [&](std::uint64_t from, std::uint64_t to, std::uint64_t elements) {
        // Copied: a point may be asked for twice.
        std::copy_n(read.begin() + static_cast<std::ptrdiff_t>(from), elements,
                    all.begin() + static_cast<std::ptrdiff_t>(to));
      });
  return all;
}

std::vector<std::string> Selection::read_text() const {
  std::vector<std::string> all(checked_count(sizeof(std::string)));
  std::vector<std::string> read;
  gather(
      ordered_->order, kReadValues, [&](const Region& region) { read = object_.read_text(region); },
      [&](std::uint64_t from, std::uint64_t to, std::uint64_t elements) {
        std::copy_n(read.begin() + static_cast<std::ptrdiff_t>(from), elements,
                    all.begin() + static_cast<std::ptrdiff_t>(to));
      });
  return all;
}

}  // namespace engram::hdmf
