#pragma once

#include <string>
#include <vector>

#include "base/allowed_places.hpp"
#include "engram/hdmf/file_opener.hpp"

namespace engram::backend {

/// Where the sources of links lead, in the file system or on one web server; never anywhere else.
class LinkRoot {
 public:
  /// For links of the file at `path`, a path or URL. They may not leave the place that the file
  /// lies in, or one of `more`, directories or URLs of the same server; `anywhere`: they lead
  /// wherever they do. Throws Error(not_found) when one of these is not there,
  /// Error(invalid_argument) when it is none.
  LinkRoot(const std::string& path, const std::vector<std::string>& more, bool anywhere = false);

  /// The place of the file itself: absolute, its directory without symbolic links; a URL without
  /// user and query, which may be secrets.
  const hdmf::LinkPlaces::Place& file() const noexcept { return file_; }

  /// The directories, or URLs, that links may lead into.
  const std::vector<std::string>& allowed() const noexcept { return allowed_.directories(); }

  /// What is to be opened for a place: of a URL with the user and the query that `path` had.
  std::string opened(const hdmf::LinkPlaces::Place& place) const;

  /// Where `source` may lead from the file at `location`. Nothing outside of them is looked at.
  hdmf::LinkPlaces places(const std::string& location, const std::string& source) const;

 private:
  hdmf::LinkPlaces local(const std::string& location, const std::string& source) const;
  hdmf::LinkPlaces remote(const std::string& location, const std::string& source) const;

  bool is_local_ = true;
  AllowedPlaces allowed_;
  std::string user_, query_;  ///< Of a URL: "name:password@", "?key=value".
  hdmf::LinkPlaces::Place file_;
};

}  // namespace engram::backend
