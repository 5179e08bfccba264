#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engram/convert.hpp"
#include "engram/hdmf/builder.hpp"
#include "engram/hdmf/spec_source.hpp"

namespace engram {

/// How write() makes a store.
struct WriteOptions : TargetOptions {
  /// The namespaces that the tree's types are of, of hdmf::spec_files(): the directory of a schema,
  /// or of an installed pynwb. They count before those that the tree has cached, and name the
  /// dimensions of arrays (`_ARRAY_DIMENSIONS`).
  std::vector<std::shared_ptr<const hdmf::SpecSource>> namespaces;
  /// Keep a copy of `namespaces` in the store, so that it is opened without being told its schema.
  bool cache_namespaces = true;
  /// Give objects without an `object_id` one.
  bool object_ids = true;
  /// Write arrays of numbers that were read from another Zarr directory as links to where they lie,
  /// relative to `target`, in place of their values. A linked array has the attributes that it has
  /// there. Copied all the same are: objects (arrays with a type), single values, text, what holds
  /// references or is the target of one, and what comes from elsewhere (memory; HDF5, zip and web
  /// with a notice), because hdmf-zarr and pynwb read those only from within the store.
  bool link_data = false;
};

/// Writes the tree `root`, a whole file, as a new Zarr v2 directory at `target`. It may have been
/// made in memory (hdmf/make.hpp), read from a file (backend::open_reader), or put together from
/// both: values are read from wherever they lie. It is completed first, see hdmf::complete().
///
/// Links to other stores (hdmf::add_external_link) are written as they are.
///
/// The result appears under its name when it is complete, or not at all: until then it is `target`
/// + ".part", which is removed when the function fails. Consolidated metadata are written last.
/// With `overwrite`, `target` may be the store that the tree was read from.
///
/// Threads: may be called from several threads for different targets. Errors: Error with
/// invalid_argument where the tree is no whole file, naming both ends of a link or reference;
/// unsupported for names that Zarr can't hold; and as convert().
ConvertReport write(const hdmf::GroupBuilder& root, const std::string& target,
                    const WriteOptions& options = {});

}  // namespace engram
