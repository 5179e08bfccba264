#include "converters/cli/source.hpp"

#include "converters/cli/store_path.hpp"
#include "engram/backend/open.hpp"
#include "engram/zarr/hierarchy.hpp"

namespace engram::cli {
Source open_source(const std::string& path, const std::vector<std::string>& allow_external) {
  Source source;
  source.store = zarr_store(path);
  if (source.store && zarr::kind_of_root(*source.store) == zarr::NodeKind::array) {
    source.array = backend::read_zarr_array(source.store);
    return source;
  }
  backend::ReadOptions options;
  options.allow_external = allow_external;
  const auto reader = source.store ? backend::open_zarr_reader(source.store, options)
                                   : backend::open_reader(path, options);
  source.tree = reader->read_tree();
  source.notices = reader->notices();
  return source;
}

}  // namespace engram::cli
