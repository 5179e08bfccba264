#pragma once

#include <complex>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engram/array/element.hpp"
#include "engram/array/region.hpp"
#include "engram/hdmf/builder.hpp"
#include "engram/hdmf/object_source.hpp"
#include "engram/hdmf/value.hpp"

namespace engram::hdmf {

class File;
class FileSet;
class OpenFile;
class Object;

/// What elements of a dataset can be read as: numbers and times (see array/element.hpp), text as
/// std::string, anything as Value.
template <typename T>
concept Readable = Element<T> || std::same_as<T, std::string> || std::same_as<T, Value>;

/// A link as it stands in its group, whether it leads anywhere or not.
struct Link {
  std::string name;
  std::string source;  ///< "." is the own file.
  std::string path;    ///< Of the target, in its file.
};

/// A group or dataset of an open File: a handle that is cheap to copy and keeps the file open.
/// Docs and examples: docs/hdmf.md.
///
/// Threads: every member may be called by many threads at once.
/// Errors: members that are about values throw Error(invalid_argument) for a group; those that read
/// throw Error(invalid_argument) for a region outside of the dataset and a type that the elements
/// do not fit, Error(limit_exceeded) beyond FileOptions::max_read_bytes, and what the source throws
/// (corrupt_data, unsupported, io_error). Each names the file and the path.
class Object {
 public:
  // What and where it is.

  bool is_group() const noexcept;
  bool is_dataset() const noexcept { return !is_group(); }
  /// Of a link that was followed: the name of the link. "" of a root.
  std::string name() const;
  /// Where the object itself lies in its file(): absolute, through no link.
  std::string path() const;
  File file() const;

  /// True when a link was followed to this object, by children() or as the last name of a path.
  bool is_link() const noexcept { return link_file_ != nullptr; }
  /// Where that link stands in its file, which may be another one; path() when there is none.
  std::string link_path() const;

  const Attributes& attributes() const;
  std::optional<std::string> object_id() const;
  /// `neurodata_type`, or else `data_type`.
  std::optional<std::string> neurodata_type() const;
  /// The namespace of its type.
  std::optional<std::string> type_namespace() const;

  /// Whether it is of `type` or of a type that inherits from it, as the namespaces cached in its
  /// file have it. A type that these do not know is no other type but itself.
  bool is_a(std::string_view type) const;

  // Ways on.

  /// The group that it lies in; nullopt for the root. Of a link that was followed: the group of the
  /// target, not of the link.
  std::optional<Object> parent() const;
  /// What the group holds, sorted by name. Links appear as their targets, under the name of the
  /// link; those that lead nowhere are left out and reported. Empty for a dataset.
  std::vector<Object> children() const;
  /// The links of the group, sorted by name, as they are.
  std::vector<Link> links() const;
  /// What lies at `path` below this group, through links too; a path that begins with "/" starts at
  /// the root of the file. See File::find() and File::at().
  std::optional<Object> find(std::string_view path) const;
  Object at(std::string_view path) const;
  /// What the attribute `name` refers to. nullopt when there is no such attribute, it is no
  /// reference, or leads nowhere.
  std::optional<Object> target(std::string_view attribute) const;

  // Values of a dataset.

  /// () for a single value.
  const Shape& shape() const;
  bool is_scalar() const;
  /// True for a dataset that has a type but no value at all.
  bool is_null() const;
  /// What its elements are; of numbers (and what else has a fixed size) kind `number` with their
  /// DataType.
  ObjectType element_type() const;

  /// The elements of `region`, or all, in C order, one after another.
  ///
  /// Numbers are converted where every value fits exactly: any integer to any other that can hold
  /// it, and to float and double as far as these count; bool to integers; float to double. What
  /// does not fit is an error that names the value, its place and both types. Never done: double to
  /// float, floating to integer, integer to bool.
  template <Readable T>
  std::vector<T> read(const Region& region) const;
  template <Readable T>
  std::vector<T> read() const {
    return read<T>(whole());
  }
  /// The one element of a dataset that has one, whatever its rank. Throws Error(invalid_argument)
  /// when it has more or none.
  template <Readable T>
  T read_scalar() const;

  /// The same, into memory that is there: `out` has exactly the region's size.
  template <Element T>
  requires(!std::same_as<T, bool>) void read(const Region& region,
                                             std::type_identity_t<std::span<T>> out) const {
    read_numbers(region, data_type_of<T>(), std::as_writable_bytes(out));
  }

  /// The elements of any type: text, References and RegionReferences (null ones are Null), Records
  /// of compounds with the names of their fields, numbers, Lists.
  std::vector<Value> values(const Region& region) const;
  std::vector<Value> values() const { return values(whole()); }

  /// What the elements of a dataset of references refer to; nullopt where a reference is null or
  /// leads nowhere. Throws Error(invalid_argument) for a dataset of anything else.
  std::vector<std::optional<Object>> targets(const Region& region) const;
  std::vector<std::optional<Object>> targets() const { return targets(whole()); }

  /// The object as it stands in the tree, for what is not here; nullptr where it is of the other
  /// kind. Lives as long as the file is open.
  const GroupBuilder* group() const noexcept;
  const DatasetBuilder* dataset() const noexcept;

  /// True when both are the same object of the same open file, however they were reached.
  friend bool operator==(const Object& a, const Object& b) noexcept {
    return a.file_ == b.file_ && a.entry_ == b.entry_;
  }

 private:
  friend class File;
  friend class FileSet;
  friend class Selection;

  Object(std::shared_ptr<const FileSet> set, const OpenFile* file, std::uint32_t entry)
      : set_(std::move(set)), file_(file), entry_(entry) {}

  Region whole() const;
  const DatasetBuilder& checked_dataset() const;
  /// The number of elements of `region`, which lies inside and is small enough.
  std::size_t checked_count(const Region& region, std::uint64_t element_size) const;
  void read_numbers(const Region& region, const DataType& type, std::span<std::byte> out) const;
  std::vector<std::string> read_text(const Region& region) const;
  [[noreturn]] void refuse_scalar() const;

  std::shared_ptr<const FileSet> set_;
  const OpenFile* file_;
  std::uint32_t entry_;
  const OpenFile* link_file_ = nullptr;
  std::uint32_t link_entry_ = 0;
};

template <Readable T>
std::vector<T> Object::read(const Region& region) const {
  if constexpr (std::same_as<T, std::string>) {
    return read_text(region);
  } else if constexpr (std::same_as<T, Value>) {
    return values(region);
  } else if constexpr (std::same_as<T, bool>) {
    Bytes bytes(checked_count(region, 1));
    read_numbers(region, DataType::boolean(), bytes);
    std::vector<bool> values(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) values[i] = bytes[i] != std::byte{0};
    return values;
  } else {
    std::vector<T> values(checked_count(region, sizeof(T)));
    read_numbers(region, data_type_of<T>(), std::as_writable_bytes(std::span(values)));
    return values;
  }
}

template <Readable T>
T Object::read_scalar() const {
  if (checked_dataset().is_null || element_count(shape()) != 1) refuse_scalar();
  std::vector<T> values = read<T>();
  if constexpr (std::same_as<T, bool>) {
    return values.front();
  } else {
    return std::move(values.front());
  }
}

}  // namespace engram::hdmf
