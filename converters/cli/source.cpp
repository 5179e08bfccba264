#include "converters/cli/source.hpp"

#include "converters/cli/store_path.hpp"
#include "engram/backend/open.hpp"

namespace engram::cli {
namespace {

bool is_array(const store::ReadableStore& store) {
  return store.size(store::Key(".zarray")) && !store.size(store::Key(".zgroup"));
}

}  // namespace

Source open_source(const std::string& path) {
  Source source;
  source.store = zarr_store(path);
  if (source.store && is_array(*source.store)) {
    source.array = backend::read_zarr_array(source.store);
    return source;
  }
  const auto reader =
      source.store ? backend::open_zarr_reader(source.store) : backend::open_reader(path);
  source.tree = reader->read_tree();
  source.notices = reader->notices();
  return source;
}

}  // namespace engram::cli
