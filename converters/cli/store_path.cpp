#include "converters/cli/store_path.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "engram/store/open_store.hpp"
#include "engram/zarr/hierarchy.hpp"

namespace engram::cli {
namespace {

// As curl's own command has it, the environment may say which certificates are trusted.
store::OpenOptions options_of_environment() {
  store::OpenOptions options;
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* const file = std::getenv(name);
    if (file == nullptr || *file == '\0') continue;
    options.http.ca_file = file;
    break;
  }
  return options;
}

}  // namespace

std::shared_ptr<const store::ReadableStore> zarr_store(const std::string& path) {
  if (const auto local = store::local_path(path)) {
    std::error_code ignored;
    const bool is_directory = std::filesystem::is_directory(*local, ignored);
    if (!is_directory && !store::is_zip_file(*local)) return nullptr;
  }
  auto store = store::open_store(path, options_of_environment());
  return zarr::is_zarr(*store) ? store : nullptr;
}

}  // namespace engram::cli
