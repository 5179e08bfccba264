#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engram/array/element.hpp"
#include "engram/hdmf/builder.hpp"
#include "engram/hdmf/memory_source.hpp"

/// Trees made in memory, to be written with engram::write(): datasets from values, and groups,
/// datasets and links put in their places. What is made is an ordinary builder whose values are
/// copies in memory; attributes are set on it with `attributes.set(name, value)`.
///
/// All functions throw Error(invalid_argument), naming what was given, for values that do not fit
/// their shape or type and for names that are empty or hold a '/'. That a name stands twice in one
/// group, or a path leads nowhere, is found by complete(), when everything is there.
namespace engram::hdmf {

/// A reference to the group or dataset at `path` of the file that is being made ("/general/d"). The
/// ids beside it are filled in by complete(), which engram::write() calls.
Reference reference_to(std::string path);

/// A region reference to the boxes `regions` of the dataset at `path`.
RegionReference region_of(std::string path, std::vector<Region> regions);

// Types of elements that are no plain numbers.
ObjectType text_type();                                   ///< UTF-8 of any length.
ObjectType reference_type();                              ///< To a group or dataset.
ObjectType region_type();                                 ///< To a part of a dataset.
ObjectType number_type(DataType type);                    ///< As a part of what follows.
ObjectType sequence_type(ObjectType element);             ///< Lists, each of its own length.
ObjectType record_type(std::vector<ObjectField> fields);  ///< Compounds; values are Lists.

/// A field of a record with numbers that are `T`.
template <Element T>
ObjectField number_field(std::string name) {
  return {std::move(name), number_type(data_type_of<T>())};
}

/// A dataset of elements that are `type` (little-endian), which lie in `elements` one after another
/// in C order: for types that no C++ type stands for, such as compounds of numbers.
DatasetBuilder make_dataset(std::string name, DataType type, Bytes elements, Shape shape,
                            Shape chunk_shape = {});

/// A dataset of objects: text, references, sequences, records. `shape` () with one value is a
/// single value.
DatasetBuilder make_dataset(std::string name, ObjectType type, std::vector<Value> values,
                            Shape shape, Shape chunk_shape = {});

/// A dataset of one dimension for each value of `shape`; `values` are in C order. An empty
/// `chunk_shape` leaves the chunks to the writer.
template <Element T>
DatasetBuilder make_dataset(std::string name, std::span<const T> values, Shape shape,
                            Shape chunk_shape = {}) {
  Bytes elements(values.size_bytes());
  if (!elements.empty()) std::memcpy(elements.data(), values.data(), elements.size());
  DataType type = data_type_of<T>();
  if constexpr (std::endian::native == std::endian::big) {
    if (type.has_byte_order()) {
      type.order = ByteOrder::big;
      make_little_endian(type, elements);
      type.order = ByteOrder::little;
    }
  }
  return make_dataset(std::move(name), std::move(type), std::move(elements), std::move(shape),
                      std::move(chunk_shape));
}

/// A dataset of one dimension, or of `shape`.
template <Element T>
DatasetBuilder make_dataset(std::string name, const std::vector<T>& values) {
  const Shape shape{values.size()};
  if constexpr (std::is_same_v<T, bool>) {
    Bytes elements;
    for (const bool value : values) elements.push_back(value ? std::byte{1} : std::byte{0});
    return make_dataset(std::move(name), DataType::boolean(), std::move(elements), shape);
  } else {
    return make_dataset(std::move(name), std::span<const T>(values), shape);
  }
}
template <Element T>
requires(!std::is_same_v<T, bool>) DatasetBuilder
    make_dataset(std::string name, const std::vector<T>& values, Shape shape,
                 Shape chunk_shape = {}) {
  return make_dataset(std::move(name), std::span<const T>(values), std::move(shape),
                      std::move(chunk_shape));
}

/// A dataset of one dimension of text, references or region references.
DatasetBuilder make_dataset(std::string name, std::vector<std::string> values);
DatasetBuilder make_dataset(std::string name, std::vector<Reference> values);
DatasetBuilder make_dataset(std::string name, std::vector<RegionReference> values);

/// A dataset that is a single value: a number, text, or a reference.
template <Element T>
DatasetBuilder make_scalar(std::string name, T value) {
  return make_dataset(std::move(name), std::span<const T>(&value, 1), Shape{});
}
DatasetBuilder make_scalar(std::string name, std::string value);
DatasetBuilder make_scalar(std::string name, const char* value);
DatasetBuilder make_scalar(std::string name, Reference value);

/// Says that the group or dataset with these attributes is an object of the type `type` of the
/// namespace `name_space` ("core", "hdmf-common", an extension's): sets `namespace` and
/// `neurodata_type`. An `object_id` is left to complete().
void set_type(Attributes& attributes, std::string_view name_space, std::string_view type);

/// A group without a type, and an object that is a group.
GroupBuilder make_group(std::string name);
GroupBuilder make_object(std::string name, std::string_view name_space, std::string_view type);

/// A dataset that is an object: `dataset` with its type set.
DatasetBuilder make_object(DatasetBuilder dataset, std::string_view name_space,
                           std::string_view type);

/// The group at `path` below `root`, with groups without a type made where there are none. The
/// reference is good until a group is added beside it or above.
GroupBuilder& require_group(GroupBuilder& root, std::string_view path);

/// Puts a member into `group` and gives it back. The reference is good until the next member of the
/// same kind is added to `group`.
GroupBuilder& add(GroupBuilder& group, GroupBuilder member);
DatasetBuilder& add(GroupBuilder& group, DatasetBuilder member);

/// A second name in `group` for what lies at `path`.
LinkBuilder& add_link(GroupBuilder& group, std::string name, std::string path);

/// A name in `group` for what lies at `path` of another Zarr store. `source` is where that store
/// is, relative to the store that is being made, with '/' between names: "../other.nwb.zarr".
LinkBuilder& add_external_link(GroupBuilder& group, std::string name, std::string source,
                               std::string path);

}  // namespace engram::hdmf
