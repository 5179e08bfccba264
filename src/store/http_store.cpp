#include "engram/store/http_store.hpp"

#include <fmt/format.h>

#include "flat_listing.hpp"
#include "http_client.hpp"
#include "http_status.hpp"
#include "http_url.hpp"

namespace engram::store {

struct HttpStore::Impl {
  Impl(const std::string& text, const HttpOptions& options_)
      : url(text), options(options_), client(options_, url.is_secure()) {}

  HttpRequest request(const Key& key) const {
    HttpRequest made;
    made.url = url.of(key);
    made.shown = shown(key);
    return made;
  }

  std::string shown(const Key& key) const {
    return fmt::format("{}{}{}", url.shown(), url.shown().ends_with('/') ? "" : "/", key.str());
  }

  bool is_missing(long status) const {
    return status == kNotFound || status == kGone ||
           (status == kForbidden && options.forbidden_is_missing);
  }

  [[noreturn]] void refuse(const HttpRequest& request, long status) const {
    const char* advice = status == kForbidden
                             ? ": it may be private, or the server may say so of what is not there "
                               "(HttpOptions::forbidden_is_missing)"
                             : "";
    throw Error(ErrorCode::io_error, fmt::format("can't read {}: the server answers {}{}",
                                                 request.shown, status, advice));
  }

  const HttpUrl url;
  const HttpOptions options;
  mutable HttpClient client;
};

HttpStore::HttpStore(const std::string& url, const HttpOptions& options)
    : impl_(std::make_unique<Impl>(url, options)) {}

HttpStore::~HttpStore() = default;

std::optional<Bytes> HttpStore::get(const Key& key, std::uint64_t max_size) const {
  HttpRequest request = impl_->request(key);
  request.max_size = max_size;
  HttpAnswer answer = impl_->client.perform(request);
  if (impl_->is_missing(answer.status)) return std::nullopt;
  if (answer.status != kOk) impl_->refuse(request, answer.status);
  if (!answer.too_large) return std::move(answer.body);
  if (answer.length) throw too_large(request.shown, *answer.length, max_size);
  throw Error(
      ErrorCode::limit_exceeded,
      fmt::format("{} has more bytes than the {} that it may have", request.shown, max_size));
}

std::optional<Bytes> HttpStore::get_range(const Key& key, std::uint64_t offset,
                                          std::uint64_t size) const {
  if (size == 0) {
    // There is no way to ask for nothing.
    if (!this->size(key)) return std::nullopt;
    return Bytes();
  }
  HttpRequest request = impl_->request(key);
  request.offset = offset;
  request.size = size;
  HttpAnswer answer = impl_->client.perform(request);
  if (impl_->is_missing(answer.status)) return std::nullopt;
  if (answer.status == kNoSuchRange) return Bytes();  // It ends before.
  if (answer.status != kOk && answer.status != kPartial) impl_->refuse(request, answer.status);
  return std::move(answer.body);
}

std::optional<std::uint64_t> HttpStore::size(const Key& key) const {
  HttpRequest request = impl_->request(key);
  request.head = true;
  HttpAnswer answer = impl_->client.perform(request);
  if (impl_->is_missing(answer.status)) return std::nullopt;
  const bool asked_in_vain = answer.status == kNotAllowed || answer.status == kNotImplemented ||
                             (answer.status == kOk && !answer.length);
  if (asked_in_vain) {
    // The size comes with any part of the value.
    request.head = false;
    request.size = 1;
    answer = impl_->client.perform(request);
    if (impl_->is_missing(answer.status)) return std::nullopt;
    if (answer.status == kNoSuchRange) return 0;
  }
  if (answer.status != kOk && answer.status != kPartial) impl_->refuse(request, answer.status);
  if (answer.length) return answer.length;
  throw Error(ErrorCode::io_error,
              fmt::format("the server does not say how long {} is", request.shown));
}

Listing HttpStore::list_dir(const std::string& prefix) const {
  (void)start_below(prefix);
  throw Error(ErrorCode::unsupported,
              fmt::format("can't list what lies in {}: a web server tells no names; a hierarchy is "
                          "read from one when it has consolidated metadata (.zmetadata), as "
                          "\"engram consolidate\" and zarr.consolidate_metadata() write them",
                          impl_->url.shown()));
}

std::string HttpStore::name() const { return impl_->url.shown(); }

}  // namespace engram::store
