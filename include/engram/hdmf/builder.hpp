#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/hdmf/object_source.hpp"
#include "engram/hdmf/stored_form.hpp"
#include "engram/hdmf/value.hpp"

namespace engram::hdmf {

/// Attributes of a group or dataset, in the order of the source; no name twice.
class Attributes {
 public:
  using Item = std::pair<std::string, Value>;

  /// The value of `name`, or nullptr.
  const Value* find(std::string_view name) const noexcept;
  /// Adds `name` at the end, or replaces its value where it is, without a form.
  void set(std::string name, Value value);
  /// Replaces the value of `name`, which is there, by another that is kept in the same form.
  void replace(std::string_view name, Value value);
  /// Says how `name`, which is there, is kept; only where form_of() its value, after that was JSON,
  /// would not say so.
  void set_form(const std::string& name, StoredForm form);
  /// What set_form() said of `name`, or nullptr. It may not fit a value that was changed since.
  const StoredForm* form(std::string_view name) const noexcept;
  /// Nothing happens when there is no `name`.
  void erase(std::string_view name);

  bool empty() const noexcept { return items_.empty(); }
  std::size_t size() const noexcept { return items_.size(); }
  auto begin() const noexcept { return items_.begin(); }
  auto end() const noexcept { return items_.end(); }

  /// The value of `name` where it is a text, else nullopt: for object_id, neurodata_type,
  /// namespace.
  std::optional<std::string> text(std::string_view name) const;

 private:
  std::vector<Item> items_;
  std::vector<std::pair<std::string, StoredForm>> forms_;  ///< Few have one.
};

/// Where a dataset that was read lies, so that a link can lead there.
struct Origin {
  std::shared_ptr<const std::string> store;  ///< The directory of its Zarr store, absolute.
  std::string path;                          ///< Its place in there: "/a/b".
};

/// How HDF5 lays a dataset out, as far as that is known and Zarr has no words for it: what a
/// dataset that goes back to HDF5 is to be again.
struct StoredLayout {
  /// Of arrays: one run of elements, or chunks.
  std::optional<bool> contiguous;
  /// The lengths up to which it can grow; empty: not at all.
  Shape max_shape;
  /// Of objects; empty: not chunked.
  Shape chunk_shape;
  /// Of objects that are chunked, first applied first.
  std::vector<CodecConfig> codecs = {};
  /// Of arrays: each chunk ends with a checksum (fletcher32), which Zarr's chunks have not.
  bool checksum = false;

  /// A length in `max_shape` without an end.
  static constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};
  /// Of one chunk up to so many bytes, of which nothing else is known, is contiguous.
  static constexpr std::uint64_t kSmallBytes = 64U << 10U;

  bool empty() const noexcept { return *this == StoredLayout(); }
  friend bool operator==(const StoredLayout&, const StoredLayout&) = default;
};

/// A dataset; its values stay in their source until asked for.
struct DatasetBuilder {
  std::string name;
  Attributes attributes;
  /// Fixed-size elements: the data, as bytes. Text, references and what holds them: values, in
  /// blocks.
  std::variant<std::shared_ptr<const ArraySource>, std::shared_ptr<const ObjectSource>> data;
  /// True for a single value, which has rank 0 in its source.
  bool is_scalar = false;
  /// True for a dataset that has a type but no value at all (HDF5's null dataspace); `data` then
  /// has shape (0,).
  bool is_null = false;
  /// The names of an enumeration's values, where the source has one that is no boolean.
  std::vector<std::pair<std::string, std::int64_t>> enumeration;
  /// A name per dimension (one for a single value), where they are known: see name_dimensions().
  std::vector<std::string> dimension_names;
  /// How HDF5 has it, or had it before it became Zarr.
  StoredLayout stored;
  /// Where it was read from; none: from no directory with a Zarr store, or it was made in memory.
  std::optional<Origin> origin;

  /// The ArraySource, or nullptr for objects.
  const ArraySource* array() const noexcept;
  /// The ObjectSource, or nullptr for fixed-size elements.
  const ObjectSource* objects() const noexcept;
  /// Of the array or of the objects; () where there are neither.
  const Shape& shape() const;
};

/// A second name for a group or dataset.
struct LinkBuilder {
  std::string name;
  std::string source = ".";  ///< The file that holds the target; "." is the own one.
  std::string path;  ///< Where the target itself lies, absolute and never through another link.
};

/// A group and all that is in it. Names are unique over groups, datasets and links together.
struct GroupBuilder {
  std::string name;
  Attributes attributes;
  std::vector<GroupBuilder> groups;
  std::vector<DatasetBuilder> datasets;
  std::vector<LinkBuilder> links;

  /// The group or dataset at `path` ("/a/b", "a/b", "/"), which starts at this group. Links are
  /// followed as if this group were the root, at most Limits::max_link_hops of them. nullptr when
  /// there is none, it is of the other kind, or a link leads to another file. Each name of the path
  /// is searched among all of its group.
  const GroupBuilder* find_group(std::string_view path) const;
  const DatasetBuilder* find_dataset(std::string_view path) const;
};

/// `parent` + "/" + `name`, with one slash between: "/a" of "/" and "a".
std::string join_path(std::string_view parent, std::string_view name);

/// Called with the path of each group and dataset that a walk over a tree comes to. May be empty.
using OnNode = std::function<void(const std::string& path)>;

}  // namespace engram::hdmf
