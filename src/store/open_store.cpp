#include "engram/store/open_store.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/posix_file.hpp"
#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/store/memory_store.hpp"
#include "engram/store/zip_store.hpp"

namespace engram::store {
namespace {

enum class Medium { path, http, memory };

struct Target {
  Medium medium = Medium::path;
  std::string path;
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// "http" of "http://host/x", in lower case; "" when there is none.
std::string scheme_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon < 2) return "";
  std::string scheme;
  for (const char c : text.substr(0, colon)) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_letter(c) && !is_digit && c != '+' && c != '-' && c != '.') return "";
    scheme += is_letter(c) ? static_cast<char>(c | 0x20) : c;
  }
  const bool is_ours =
      scheme == "http" || scheme == "https" || scheme == "file" || scheme == "memory";
  // Of others only what nobody calls a file: "a:b" is a name, "s3://a" is none.
  return is_ours || text.substr(colon).starts_with("://") ? scheme : "";
}

// The path of "file:path", and of "file:///path", which is percent-encoded.
std::string path_of_file_url(const std::string& url) {
  std::string rest = url.substr(url.find(':') + 1);
  if (!rest.starts_with("//")) return rest;
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(::curl_url(), &::curl_url_cleanup);
  char* path = nullptr;
  if (!parsed || ::curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      ::curl_url_get(parsed.get(), CURLUPART_PATH, &path, CURLU_URLDECODE) != CURLUE_OK) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is no URL of a file: write file:///path, or the path alone",
                            printable(url)));
  }
  const std::unique_ptr<char, void (*)(void*)> owned(path, &::curl_free);
  return path;
}

Target parse(const std::string& url) {
  const std::string scheme = scheme_of(url);
  if (scheme.empty()) return {Medium::path, url};
  if (scheme == "file") return {Medium::path, path_of_file_url(url)};
  if (scheme == "http" || scheme == "https") return {Medium::http, url};
  if (scheme == "memory") {
    if (url.size() == scheme.size() + 1) return {Medium::memory, ""};
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("\"{}\": a store in memory has no name: write memory:", printable(url)));
  }
  throw Error(ErrorCode::unsupported,
              fmt::format("\"{}\": engram opens paths, file:, http:, https: and memory:, not {}:",
                          printable(url), printable(scheme, 40)));
}

bool has_zip_ending(std::string_view path) {
  constexpr std::string_view kEnding = ".zip";
  if (path.size() <= kEnding.size()) return false;
  path.remove_prefix(path.size() - kEnding.size());
  return std::equal(path.begin(), path.end(), kEnding.begin(),
                    [](char a, char b) { return (is_letter(a) ? a | 0x20 : a) == b; });
}

bool is_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

bool is_file(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

// A zip that is to be opened, or nothing: then it is a directory, or its constructor says what is
// wrong.
bool is_zip(const std::string& path) {
  if (!is_file(path)) return false;
  if (is_zip_file(path)) return true;
  throw Error(ErrorCode::unsupported,
              fmt::format("{} is neither a directory nor a zip file", path));
}

[[noreturn]] void throw_read_only(const std::string& url) {
  throw Error(ErrorCode::unsupported,
              fmt::format("{}: engram only reads from web servers; write into a directory or a "
                          "zip file and upload it",
                          url));
}

}  // namespace

std::optional<std::string> local_path(const std::string& url) {
  Target target = parse(url);
  if (target.medium != Medium::path) return std::nullopt;
  return std::move(target.path);
}

bool is_zip_file(const std::string& path) noexcept {
  try {
    const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!fd.is_open()) return false;
    const Bytes start = read_up_to(fd.get(), 0, 4, path);
    const std::string_view text = as_text(start);
    // The first entry's header, or the end of an archive without entries.
    return text == "PK\x03\x04" || text == "PK\x05\x06";
  } catch (...) {
    return false;  // A directory, for example.
  }
}

std::shared_ptr<const ReadableStore> open_store(const std::string& url,
                                                const OpenOptions& options) {
  const Target target = parse(url);
  if (target.medium == Medium::memory) return std::make_shared<MemoryStore>();
  if (target.medium == Medium::http) return std::make_shared<HttpStore>(url, options.http);
  if (is_zip(target.path)) return std::make_shared<ZipStore>(target.path, ZipStore::Mode::read);
  return std::make_shared<DirectoryStore>(target.path, DirectoryStore::Mode::read);
}

std::shared_ptr<Store> create_store(const std::string& url) {
  const Target target = parse(url);
  if (target.medium == Medium::memory) return std::make_shared<MemoryStore>();
  if (target.medium == Medium::http) throw_read_only(url);
  if (has_zip_ending(target.path)) {
    return std::make_shared<ZipStore>(target.path, ZipStore::Mode::create);
  }
  return std::make_shared<DirectoryStore>(target.path, DirectoryStore::Mode::create);
}

std::shared_ptr<Store> update_store(const std::string& url) {
  const Target target = parse(url);
  if (target.medium == Medium::memory) return std::make_shared<MemoryStore>();
  if (target.medium == Medium::http) throw_read_only(url);
  if (!is_directory(target.path) && is_zip(target.path)) {
    return std::make_shared<ZipStore>(target.path, ZipStore::Mode::append);
  }
  return std::make_shared<DirectoryStore>(target.path, DirectoryStore::Mode::update);
}

}  // namespace engram::store
