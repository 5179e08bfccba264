#pragma once

#include <optional>
#include <string>

#include "engram/hdmf/file_opener.hpp"

namespace engram::backend {

/// Where the sources of links lead, in the file system or on one web server; never anywhere else.
class LinkRoot {
 public:
  /// For links of the file at `path`, a path or URL. `root` is the directory or URL that they may
  /// not leave; none: where the file lies. Throws Error(invalid_argument) when it is none.
  LinkRoot(const std::string& path, const std::optional<std::string>& root);

  /// The place of the file itself: absolute, its directory without symbolic links; a URL without
  /// user and query, which may be secrets.
  const hdmf::LinkPlaces::Place& file() const noexcept { return file_; }

  /// What is to be opened for a place: of a URL with the user and the query that `path` had.
  std::string opened(const hdmf::LinkPlaces::Place& place) const;

  /// Where `source` may lead from the file at `location`. Nothing outside of the root is looked at.
  hdmf::LinkPlaces places(const std::string& location, const std::string& source) const;

 private:
  hdmf::LinkPlaces local(const std::string& location, const std::string& source) const;
  hdmf::LinkPlaces remote(const std::string& location, const std::string& source) const;

  bool is_local_ = true;
  std::string root_;
  std::string user_, query_;  ///< Of a URL: "name:password@", "?key=value".
  hdmf::LinkPlaces::Place file_;
};

}  // namespace engram::backend
