#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engram/hdmf/builder.hpp"
#include "engram/hdmf/namespace_catalog.hpp"

namespace engram::hdmf {

/// Something in a file that its schema, or the model itself, does not allow.
struct Finding {
  enum class Severity {
    error,    ///< The file breaks its schema; readers may fail or misread.
    warning,  ///< The schema says nothing of it, or it is no more than unwise.
  };
  enum class Kind {
    unknown_type,    ///< An object of a type or namespace that is not among those that were loaded.
    missing,         ///< A required attribute, dataset, group or link is not there.
    wrong_quantity,  ///< Too few or too many objects of one type.
    wrong_dtype,     ///< Elements of a type that the schema does not allow.
    wrong_shape,     ///< A shape that is none of those that the schema allows.
    wrong_value,     ///< Not the one value that the schema allows.
    wrong_type,      ///< An object, or the target of a link or reference, of another type.
    wrong_node,      ///< A group where a dataset is asked for, or the other way round.
    illegal_link,    ///< A link where the object itself must stand.
    unexpected,      ///< An object or attribute that the schema does not know.
    dangling,        ///< A link or reference that leads nowhere.
    bad_table,       ///< Columns of unequal length, `colnames` that don't fit, and the like.
    bad_index,       ///< A ragged column whose index does not rise, or points beyond its target.
    bad_id,          ///< An object id that is missing, no UUID, or not the only one of its kind.
    unreadable,      ///< Values that could not be read; the text says why.
    not_portable,    ///< Something that other readers or archives do not take.
  };
  Severity severity = Severity::error;
  Kind kind = Kind::missing;
  std::string
      path;  ///< "/a/b", an attribute as "/a/b@name"; of what is missing, where it would be.
  std::string spec;  ///< What asks for it: "TimeSeries/data/unit". Empty: the model itself.
  std::string text;  ///< A sentence: what was found, and what is expected.

  friend bool operator==(const Finding&, const Finding&) = default;
};

/// The name of `kind` as it stands in the enumeration: "wrong_dtype".
std::string_view to_string(Finding::Kind kind) noexcept;
std::string_view to_string(Finding::Severity severity) noexcept;

/// What `root`, a whole file, has that its types' specs in `catalog` do not allow. Each object of a
/// type is held against that type in its own `namespace`, against the type that its place asks for,
/// and against what its place adds to that. Values are read only where a spec speaks of them (times
/// as text, ASCII, references, single values) and then in blocks. Integers of attributes are judged
/// by their value, not by their width, which Zarr does not keep. In the order of the tree; nothing
/// twice. `on_node` is called before an object is looked at.
std::vector<Finding> validate(const GroupBuilder& root, const NamespaceCatalog& catalog,
                              const OnNode& on_node = {});

/// What holds in every HDMF file, whatever its schema: links and references lead somewhere, tables
/// have columns of one length and indexes that fit, object ids are UUIDs, each once.
std::vector<Finding> check_model(const GroupBuilder& root, const OnNode& on_node = {});

}  // namespace engram::hdmf
