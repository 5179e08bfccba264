#include "http_url.hpp"

#include <fmt/format.h>

#include <new>

#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"

namespace engram::store {
namespace {

void check(CURLUcode code) {
  if (code == CURLUE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLUE_OK) throw Error(ErrorCode::invalid_argument, ::curl_url_strerror(code));
}

std::string part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  check(::curl_url_get(url, which, &text, 0));
  const std::unique_ptr<char, void (*)(void*)> owned(text, &::curl_free);
  return text;
}

}  // namespace

HttpUrl::HttpUrl(const std::string& url) : base_(::curl_url()) {
  if (!base_) throw std::bad_alloc();
  try {
    if (url.find('\0') != std::string::npos) {
      throw Error(ErrorCode::invalid_argument, "it has a NUL");
    }
    check(::curl_url_set(base_.get(), CURLUPART_URL, url.c_str(), 0));
    const std::string scheme = part(base_.get(), CURLUPART_SCHEME);
    is_secure_ = scheme == "https";
    if (!is_secure_ && scheme != "http") {
      throw Error(ErrorCode::invalid_argument, "it is neither http nor https");
    }
    check(::curl_url_set(base_.get(), CURLUPART_FRAGMENT, nullptr, 0));
    path_ = part(base_.get(), CURLUPART_PATH);
    while (path_.ends_with('/')) path_.pop_back();
    const std::unique_ptr<CURLU, Cleanup> bare(::curl_url_dup(base_.get()));
    if (!bare) throw std::bad_alloc();
    for (const CURLUPart secret : {CURLUPART_QUERY, CURLUPART_USER, CURLUPART_PASSWORD}) {
      check(::curl_url_set(bare.get(), secret, nullptr, 0));
    }
    shown_ = part(bare.get(), CURLUPART_URL);
  } catch (const Error& error) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is no URL of a web server: {}", printable(url), error.what()));
  }
}

std::string HttpUrl::of(const Key& key) const {
  const std::unique_ptr<CURLU, Cleanup> url(::curl_url_dup(base_.get()));
  if (!url) throw std::bad_alloc();
  // Encoded for itself: the path of the store is encoded already.
  check(::curl_url_set(url.get(), CURLUPART_PATH, ('/' + key.str()).c_str(), CURLU_URLENCODE));
  const std::string path = path_ + part(url.get(), CURLUPART_PATH);
  check(::curl_url_set(url.get(), CURLUPART_PATH, path.c_str(), 0));
  return part(url.get(), CURLUPART_URL);
}

}  // namespace engram::store
