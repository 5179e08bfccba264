#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "engram/store/store.hpp"

namespace engram::store {

/// How patient a store on a web server is, and with what.
struct HttpOptions {
  /// Requests made for one value at most: a connection that fails or stalls, a body that is cut
  /// short, and the answers 408, 429 and 5xx are tried again.
  unsigned attempts = 5;
  /// Before the second attempt; twice as long before each one more, a random part of it less. What
  /// the server asks for (Retry-After) is heeded up to `longest_pause`.
  std::chrono::milliseconds first_pause{200};
  std::chrono::milliseconds longest_pause{10'000};
  std::chrono::milliseconds connect_timeout{10'000};
  /// A transfer of less than 100 bytes a second for so long has stalled. At least one second.
  std::chrono::seconds stall_timeout{30};
  /// Redirections followed for one request; from https none leads to http.
  unsigned redirects = 5;
  /// Of https: a file of certificates (PEM) that are trusted instead of the system's, as curl's
  /// --cacert names it; empty: the system's. A server whose certificate is not signed by one of
  /// them, or is for another host, is refused.
  std::string ca_file;
  /// Takes 403 for "there is none", as of a bucket that may be read but not listed.
  bool forbidden_is_missing = false;
};

/// A store on a web server that is only read: the value of key "a/b" is what lies at URL/a/b, with
/// the key's names percent-encoded and the URL's query, if any, behind it.
///
/// A key is not there when the server answers 404 or 410. get_range() asks for the range; from a
/// server that knows no ranges it takes what it needs and hangs up. Bodies are never held beyond
/// the size that the caller allows. Connections are kept open between calls.
///
/// A web server can't list: list_dir() throws Error(unsupported). A hierarchy is read all the same
/// when it has consolidated metadata.
///
/// Threads: many at once, each with a connection of its own. A process that forks must not use in
/// the child what it made before.
/// Errors: Error(io_error) that names URL and reason when the last attempt has failed, or the
/// server answers what can't be understood.
class HttpStore final : public ReadableStore {
 public:
  /// Nothing is asked of the server yet. Throws Error(invalid_argument) when `url` is no http or
  /// https URL.
  explicit HttpStore(const std::string& url, const HttpOptions& options = {});
  ~HttpStore() override;

  std::optional<Bytes> get(const Key& key, std::uint64_t max_size) const override;
  std::optional<Bytes> get_range(const Key& key, std::uint64_t offset,
                                 std::uint64_t size) const override;
  std::optional<std::uint64_t> size(const Key& key) const override;
  Listing list_dir(const std::string& prefix) const override;

  /// The URL without its query and user, which may be secrets.
  std::string name() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace engram::store
