#include <memory>

#include "engram/backend/open.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/store/memory_store.hpp"

namespace engram::backend {

std::unique_ptr<Writer> make_zarr_writer(const std::string& path, const ZarrWriteOptions& options) {
  using store::DirectoryStore;
  return make_zarr_writer(std::make_shared<DirectoryStore>(path, DirectoryStore::Mode::update_fast),
                          options);
}

std::unique_ptr<Writer> make_zarr_planner(const ZarrWriteOptions& options) {
  return make_zarr_writer(std::make_shared<store::MemoryStore>(), options);
}

}  // namespace engram::backend
