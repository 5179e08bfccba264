#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engram/base/bytes.hpp"
#include "engram/store/http_store.hpp"

namespace engram::store {

struct HttpRequest {
  std::string url;
  std::string shown;  ///< The same for messages.
  bool head = false;  ///< Ask for no body.
  /// Of the body; the whole of it when `size` is not set.
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> size;
  /// No more than this is taken of a body that was asked for as a whole.
  std::uint64_t max_size = ~std::uint64_t{0};
};

struct HttpAnswer {
  long status = 0;
  Bytes body;                           ///< Of 200 and 206, and of what was asked for.
  std::optional<std::uint64_t> length;  ///< Of the whole value, where the server says it.
  bool too_large = false;               ///< The body is longer than max_size, and was not taken.
};

/// Makes requests, each again when it fails in a way that may pass.
///
/// Threads: many at once, each with a connection, which is kept for the next request.
class HttpClient {
 public:
  /// `is_secure`: redirections lead to https only.
  HttpClient(const HttpOptions& options, bool is_secure);
  ~HttpClient();

  /// Any answer of the server but those that are worth another attempt. Throws Error(io_error) with
  /// URL and reason when there was none, or when it contradicts itself or the request.
  HttpAnswer perform(const HttpRequest& request);

 private:
  struct Cleanup {
    void operator()(CURL* handle) const noexcept { ::curl_easy_cleanup(handle); }
  };
  using Handle = std::unique_ptr<CURL, Cleanup>;

  Handle take();
  void give_back(Handle handle);
  void prepare(CURL* handle, const HttpRequest& request) const;

  const HttpOptions options_;
  const bool is_secure_;
  curl_slist* headers_ = nullptr;
  std::mutex mutex_;
  std::vector<Handle> idle_;
};

}  // namespace engram::store
