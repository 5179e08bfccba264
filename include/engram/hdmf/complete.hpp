#pragma once

#include <string>

#include "engram/hdmf/builder.hpp"

namespace engram::hdmf {

/// A new UUID (version 4, of the system's random numbers), as HDMF has object ids:
/// "7a1c0f6e-...". Threads: may be called by many at once.
std::string new_object_id();

struct CompleteOptions {
  /// Give each object (group or dataset) that has a type and no `object_id` a new one.
  bool object_ids = true;
};

/// Makes a tree that was put together in memory, or out of parts of files, a whole file:
///  - objects get their ids;
///  - links and references, in attributes, datasets and compound rows, lead to the target itself
///    where they led through other links, and references have `object_id` and `source_object_id` of
///    what they lead to. Those into other files (`source` is not ".") stay as they are.
///
/// Attributes are changed in place; a dataset that holds references gets a source that fills in the
/// ids when values are read. All references are read once, in blocks, to be checked.
///
/// Throws Error(invalid_argument) naming the group for a name that stands twice in it or is none;
/// naming both ends for a link or reference to what is not there, for links that lead to each other
/// in a circle, and for a region reference to a group or beyond its dataset.
void complete(GroupBuilder& root, const CompleteOptions& options = {});

}  // namespace engram::hdmf
