#include "engram/backend/versions.hpp"

#include <blosc.h>
#include <fmt/format.h>
#include <libdeflate.h>
#include <lz4.h>
#include <openssl/crypto.h>
#include <zlib.h>
#include <zstd.h>

#include "hdf5/library.hpp"

namespace engram::backend {
namespace {

std::string hdf5_version() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  const hdf5::Locked lock;
  if (::H5get_libversion(&major, &minor, &release) < 0) return H5_VERS_INFO;
  return fmt::format("{}.{}.{}", major, minor, release);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> library_versions() {
  return {{"engram", ENGRAM_VERSION},
          {"hdf5", hdf5_version()},
          {"zlib", ::zlibVersion()},
          // Does not say at run time which one it is.
          {"libdeflate", LIBDEFLATE_VERSION_STRING},
          {"zstd", ::ZSTD_versionString()},
          {"lz4", ::LZ4_versionString()},
          {"blosc", ::blosc_get_version_string()},
          {"openssl", ::OpenSSL_version(OPENSSL_VERSION_STRING)}};
}

}  // namespace engram::backend
