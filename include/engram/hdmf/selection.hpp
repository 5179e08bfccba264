#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engram/array/region.hpp"
#include "engram/hdmf/object.hpp"

namespace engram::hdmf {

/// What a region reference selects: some elements of a dataset. Made by File::resolve().
///
/// The elements come in the order in which h5py gives them for `dataset[reference]`:
///
/// - Of boxes (an HDF5 hyperslab, or a union of some): each element once, however many boxes it
///   lies in, in C order of the dataset. Not box by box.
/// - Of points (all boxes have one element): in the order of the reference, as often as they stand
///   in it.
///
/// Threads: every member may be called by many threads at once.
/// Errors: as those of Object.
class Selection {
 public:
  /// The dataset.
  const Object& object() const noexcept { return object_; }
  /// The boxes as the reference has them; each lies inside the dataset.
  const std::vector<Region>& regions() const noexcept { return regions_; }

  /// How many elements are selected.
  std::uint64_t count() const noexcept;

  /// The shape of the selected elements, with the rank of the dataset, where they are all
  /// combinations of some indices along each dimension: one box, but also every other row of some
  /// columns. Else (count(),). h5py has the same, but for a hyperslab of single elements that lie
  /// apart from each other in two or more dimensions, which here can't be told from points: they
  /// are (count(),).
  const Shape& shape() const noexcept;

  /// The elements. See Object::read() for `T` and what is converted. What is selected is read in
  /// pieces, a few MiB more than the result at most, and nothing else of the dataset than what lies
  /// between and near it.
  template <Readable T>
  std::vector<T> read() const;
  std::vector<Value> values() const;

 private:
  friend class File;
  friend class FileSet;

  struct Ordered;

  /// `regions` lie inside. Throws Error(limit_exceeded) when they cut each other up too much.
  Selection(Object object, std::vector<Region> regions);

  std::size_t checked_count(std::uint64_t element_size) const;
  void read_numbers(const DataType& type, std::span<std::byte> out) const;
  std::vector<std::string> read_text() const;

  Object object_;
  std::vector<Region> regions_;
  std::shared_ptr<const Ordered> ordered_;
};

template <Readable T>
std::vector<T> Selection::read() const {
  if constexpr (std::same_as<T, std::string>) {
    return read_text();
  } else if constexpr (std::same_as<T, Value>) {
    return values();
  } else if constexpr (std::same_as<T, bool>) {
    Bytes bytes(checked_count(1));
    read_numbers(DataType::boolean(), bytes);
    std::vector<bool> values(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) values[i] = bytes[i] != std::byte{0};
    return values;
  } else {
    std::vector<T> values(checked_count(sizeof(T)));
    read_numbers(data_type_of<T>(), std::as_writable_bytes(std::span(values)));
    return values;
  }
}

}  // namespace engram::hdmf
