#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "engram/store/key.hpp"

namespace engram::store {

/// The URL of a store on a web server, and those of its keys.
class HttpUrl {
 public:
  /// Throws Error(invalid_argument) when `url` is no http or https URL.
  explicit HttpUrl(const std::string& url);

  /// The URL of `key`, its names percent-encoded.
  std::string of(const Key& key) const;

  /// For messages: without the query and the user, which may be secrets.
  const std::string& shown() const noexcept { return shown_; }
  bool is_secure() const noexcept { return is_secure_; }

 private:
  struct Cleanup {
    void operator()(CURLU* url) const noexcept { ::curl_url_cleanup(url); }
  };
  std::unique_ptr<CURLU, Cleanup> base_;
  std::string path_;  ///< Of the store, encoded, without '/' at its end.
  std::string shown_;
  bool is_secure_ = false;
};

}  // namespace engram::store
