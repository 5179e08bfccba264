#pragma once

#include <string>
#include <string_view>

namespace engram::hdmf {

/// Something that was met while a file was read: what leads nowhere, and what was mended.
struct Problem {
  enum class Kind {
    dangling,      ///< A link or reference whose target's file has nothing at that place.
    loop,          ///< Links that lead round in a circle, or too many of them one after another.
    missing_file,  ///< The other file that a link or reference names is not there.
    outside,       ///< The other file may not be opened: it lies outside of the allowed root.
    unreadable,    ///< The other file is there, or a dataset of references, and can't be read.
    bad_region,    ///< A region reference that does not fit the dataset it names.
    moved,         ///< A reference whose place is empty: its object was found by its id elsewhere.
    mismatch,      ///< A reference whose place holds an object with another id; it is taken.
    duplicate,     ///< A name or an object id that was there already; the first counts.
    namespaces,    ///< The cached namespaces can't be used; types are told by their names alone.
    left_out,      ///< Something that the file holds and the model can't.
  };
  Kind kind = Kind::dangling;
  std::string file;  ///< Where the file lies.
  std::string path;  ///< "/a/b", an attribute as "/a/b@name"; of links the link's own place. Empty:
                     ///< the caller gave the reference.
  std::string text;  ///< A sentence: what was found.

  friend bool operator==(const Problem&, const Problem&) = default;
};

/// The name of `kind` as it stands in the enumeration: "missing_file".
std::string_view to_string(Problem::Kind kind) noexcept;

/// Whether a problem of `kind` means that something can't be reached. The others were mended, or
/// cost nothing that the model could hold.
bool is_loss(Problem::Kind kind) noexcept;

}  // namespace engram::hdmf
