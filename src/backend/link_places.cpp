// The source of a link was found in a file, so it is taken apart before it is used:
//
// 1. What is no relative or absolute path (a URL, a NUL, a drive of Windows) is refused. '\' is '/'
//    for stores that were written on Windows.
// 2. It is joined to the store's own path, or (hdmf-zarr 0.9, HDF5) to the directory that the store
//    lies in, and "." and ".." are worked out in the text: what leaves the allowed places that way
//    is refused without a look at the disk.
// 3. Symbolic links are resolved, and what then lies outside is refused too.

#include "backend/link_places.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"
#include "engram/store/open_store.hpp"

namespace engram::backend {
namespace {

namespace fs = std::filesystem;
using hdmf::LinkPlaces;

constexpr std::string_view kOutside =
    "it lies outside of the directories that files may be read in: --allow-external DIR adds one";

// "/a/b" of "/a/b/": so that the last name is one.
std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string canonical(const std::string& path) {
  std::error_code failed;
  const fs::path found = fs::weakly_canonical(path, failed);
  return failed ? path : without_slash(found.string());
}

// Why a source is no path; empty when it may be one.
std::string_view why_no_path(std::string_view source) {
  if (source.empty()) return "it is empty";
  if (source.find('\0') != std::string_view::npos) return "it has a NUL";
  if (source.size() > 4096) return "it is longer than 4096 bytes";
  const std::size_t colon = source.find(':');
  const std::size_t slash = source.find('/');
  if (colon == std::string_view::npos || colon == 0 || colon > slash) return "";
  // "http://host", "file:x", "C:/data"; but "a:b" is a name.
  const std::string_view scheme = source.substr(0, colon);
  const bool is_url = slash == colon + 1;
  if (is_url || scheme == "file" || scheme == "http" || scheme == "https" || scheme == "memory")
    return "links never lead to another place than a path";
  return "";
}

struct Url {
  std::string user;    // "name:password@", or ""
  std::string server;  // "https://host:80"
  std::string path;    // "/a/x.zarr", encoded, without '/' at its end
  std::string query;   // "?x=1", or ""
};

std::optional<Url> parse_url(const std::string& text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos) return std::nullopt;
  const std::size_t path = std::min(text.find_first_of("/?#", scheme + 3), text.size());
  const std::size_t query = std::min(text.find_first_of("?#", path), text.size());
  const std::size_t fragment = std::min(text.find('#', query), text.size());
  Url url{"", text.substr(0, path), without_slash(text.substr(path, query - path)),
          text.substr(query, fragment - query)};
  if (const std::size_t at = url.server.rfind('@'); at != std::string::npos) {
    url.user = url.server.substr(scheme + 3, at + 1 - (scheme + 3));
    url.server.erase(scheme + 3, url.user.size());
  }
  if (url.path.empty()) url.path = "/";
  return url;
}

std::string encoded(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') ||
                          std::string_view("-._~/").find(c) != std::string_view::npos;
    if (is_plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// `source`, with '/' between its names, below each of `bases`.
std::vector<std::string> joined(const std::array<std::string, 2>& bases,
                                const std::string& source) {
  std::vector<std::string> all;
  for (const std::string& base : bases) {
    if (base.empty()) continue;
    const fs::path path = (fs::path(base) / source).lexically_normal();
    all.push_back(without_slash(path.string()));
  }
  return all;
}

}  // namespace

LinkRoot::LinkRoot(const std::string& path, const std::vector<std::string>& more, bool anywhere) {
  const auto local_path = store::local_path(path);
  is_local_ = local_path.has_value();
  std::vector<std::string> places;
  if (is_local_) {
    const fs::path absolute = without_slash(fs::absolute(*local_path).lexically_normal().string());
    const std::string directory = canonical(absolute.parent_path().string());
    file_.location = (fs::path(directory) / absolute.filename()).string();
    file_.identity = canonical(file_.location);
    places.push_back(directory);
    for (const std::string& one : more) {
      const auto given = store::local_path(one);
      if (!given || given->empty())
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("what links may lead to, {}, is no directory", printable(one)));
      places.push_back(existing_directory(*given));
    }
  } else {
    const auto url = parse_url(path);
    if (!url) throw Error(ErrorCode::invalid_argument, printable(path) + " is no URL");
    file_.location = url->server + url->path;
    user_ = url->user;
    query_ = url->query;
    places.push_back(url->server + fs::path(url->path).parent_path().string());
    for (const std::string& one : more) {
      const auto given = parse_url(one);
      if (!given || given->server != url->server)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("what links may lead to, {}, is no URL of the server of {}",
                                printable(one), printable(path)));
      places.push_back(given->server + given->path);
    }
  }
  if (!anywhere) allowed_ = AllowedPlaces(std::move(places));
}

std::string LinkRoot::opened(const LinkPlaces::Place& place) const {
  if (is_local_) return place.location;
  std::string url = place.location + query_;
  return url.insert(url.find("://") + 3, user_);
}

LinkPlaces LinkRoot::places(const std::string& location, const std::string& source) const {
  if (const auto why = why_no_path(source); !why.empty()) return {{}, std::string(why)};
  std::string path = source;
  std::replace(path.begin(), path.end(), '\\', '/');
  if (const auto why = why_no_path(path); !why.empty()) return {{}, std::string(why)};
  return is_local_ ? local(location, path) : remote(location, path);
}

LinkPlaces LinkRoot::local(const std::string& location, const std::string& source) const {
  LinkPlaces found;
  bool is_outside = true;
  // HDF5 has it relative to the directory of the file.
  std::error_code failed;
  const bool is_hdf5 = fs::is_regular_file(location, failed) && !store::is_zip_file(location);
  const std::string directory = fs::path(location).parent_path().string();
  for (const std::string& path : joined({is_hdf5 ? "" : location, directory}, source)) {
    if (path == file_.location) {
      found.places.push_back(file_);
      continue;
    }
    if (!allowed_.contains(path)) continue;
    std::string real = canonical(path);
    if (!allowed_.contains(real) && real != file_.identity) continue;
    is_outside = false;
    if (fs::exists(real, failed)) found.places.push_back({real, real});
  }
  if (found.places.empty() && is_outside) found.refusal = kOutside;
  return found;
}

LinkPlaces LinkRoot::remote(const std::string& location, const std::string& source) const {
  LinkPlaces found;
  const auto url = parse_url(location);
  if (!url) return found;
  if (source.starts_with('/')) return {{}, "links on a web server are relative paths"};
  const std::string directory = fs::path(url->path).parent_path().string();
  for (const std::string& path : joined({url->path, directory}, encoded(source))) {
    const std::string place = url->server + path;
    if (allowed_.contains(place)) found.places.push_back({place, place});
  }
  if (found.places.empty()) found.refusal = kOutside;
  return found;
}

}  // namespace engram::backend
