#include "http_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <new>
#include <random>
#include <thread>

#include "engram/base/error.hpp"
#include "http_status.hpp"

namespace engram::store {
namespace {

constexpr long kSlowestBytesPerSecond = 100;
constexpr std::size_t kMostIdle = 64;

// What a length that a server claims is believed at once.
constexpr std::uint64_t kMostReserved = 64ULL << 20;

// Of the page that comes with an error: read, so that the connection can be used again.
constexpr std::uint64_t kMostIgnored = 64U << 10;

void start_curl() {
  static const CURLcode started = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw Error(ErrorCode::io_error, ::curl_easy_strerror(started));
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    return std::nullopt;
  }
  return number;
}

std::string_view header(CURL* handle, const char* name) {
  curl_header* found = nullptr;
  if (::curl_easy_header(handle, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
  return found->value;
}

struct ContentRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> total;
};

// "bytes 10-19/100", with "*" for a total that is not known.
std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const std::size_t dash = text.find('-');
  const std::size_t slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash) {
    return std::nullopt;
  }
  const auto first = parse_number(text.substr(0, dash));
  if (!first) return std::nullopt;
  return ContentRange{*first, parse_number(text.substr(slash + 1))};
}

// One attempt: takes the body as it comes.
class Transfer {
 public:
  Transfer(CURL* handle, const HttpRequest& request) : handle_(handle), request_(request) {}

  // Called by curl; returning less than `size` ends the transfer.
  std::size_t take(BytesView bytes) {
    if (!begun_ && !begin()) return 0;
    const std::size_t size = bytes.size();
    if (!wanted_) {
      ignored_ += size;
      ended_early_ = ignored_ > kMostIgnored;
      return ended_early_ ? 0 : size;
    }
    const std::uint64_t skipped = std::min<std::uint64_t>(skip_, size);
    skip_ -= skipped;
    bytes = bytes.subspan(skipped);
    if (bytes.size() > most_ - answer_.body.size()) {
      // Of a range that is all; a value as a whole is too large.
      answer_.too_large = !request_.size;
      ended_early_ = true;
      bytes = bytes.first(answer_.too_large ? 0 : most_ - answer_.body.size());
    }
    answer_.body.insert(answer_.body.end(), bytes.begin(), bytes.end());
    return ended_early_ ? 0 : size;
  }

  // After the transfer. Throws when the answer contradicts itself or the request.
  HttpAnswer finish() {
    if (!begun_ && !begin()) throw Error(ErrorCode::io_error, fault_);
    if (!fault_.empty()) throw Error(ErrorCode::io_error, fault_);
    return std::move(answer_);
  }

  // A range that the server gave less of than it has.
  bool is_cut_short() const {
    if (answer_.status != kPartial || !request_.size || !answer_.length) return false;
    const std::uint64_t rest =
        *answer_.length - std::min<std::uint64_t>(*answer_.length, request_.offset);
    return answer_.body.size() < std::min(*request_.size, rest);
  }

  bool ended_early() const noexcept { return ended_early_; }
  const std::string& fault() const noexcept { return fault_; }

 private:
  // When all headers are there.
  bool begin() {
    begun_ = true;
    ::curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &answer_.status);
    wanted_ = answer_.status == kOk || (answer_.status == kPartial && request_.size);
    if (!wanted_) return true;
    const std::string_view encoding = header(handle_, "Content-Encoding");
    if (!encoding.empty() && encoding != "identity") {
      fault_ = fmt::format("the server sends it encoded as \"{}\", though it was asked not to",
                           encoding);
      return false;
    }
    curl_off_t length = -1;
    ::curl_easy_getinfo(handle_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (answer_.status == kPartial) return begin_range();
    if (length >= 0) answer_.length = static_cast<std::uint64_t>(length);
    if (request_.head) return true;
    most_ = request_.size.value_or(request_.max_size);
    skip_ = request_.size ? request_.offset : 0;
    if (!request_.size && answer_.length && *answer_.length > most_) {
      answer_.too_large = ended_early_ = true;
      return false;
    }
    reserve();
    return true;
  }

  bool begin_range() {
    const std::string_view text = header(handle_, "Content-Range");
    const auto range = parse_content_range(text);
    if (!range || range->first != request_.offset) {
      fault_ = fmt::format("it was asked for its bytes from {} on, and the server sends \"{}\"",
                           request_.offset, text);
      return false;
    }
    answer_.length = range->total;
    most_ = *request_.size;
    reserve();
    return true;
  }

  void reserve() {
    const std::uint64_t expected = std::min(answer_.length.value_or(0), most_);
    answer_.body.reserve(std::min(expected, kMostReserved));
  }

  CURL* handle_;
  const HttpRequest& request_;
  HttpAnswer answer_;
  bool begun_ = false, wanted_ = false, ended_early_ = false;
  std::uint64_t skip_ = 0, most_ = 0, ignored_ = 0;
  std::string fault_;
};

std::size_t write_callback(char* bytes, std::size_t, std::size_t size, void* transfer) {
  try {
    return static_cast<Transfer*>(transfer)->take(as_bytes({bytes, size}));
  } catch (...) {
    return 0;  // Out of memory: curl reports that writing failed.
  }
}

bool may_pass(CURLcode code) {
  static constexpr std::array kMayPass = {
      CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT,   CURLE_OPERATION_TIMEDOUT,
      CURLE_GOT_NOTHING,          CURLE_SEND_ERROR,        CURLE_RECV_ERROR,
      CURLE_PARTIAL_FILE,         CURLE_SSL_CONNECT_ERROR, CURLE_HTTP2,
      CURLE_HTTP2_STREAM,         CURLE_WEIRD_SERVER_REPLY};
  return std::find(kMayPass.begin(), kMayPass.end(), code) != kMayPass.end();
}

// What the user can do where the server could not be trusted.
const char* advice(CURLcode code) {
  if (code == CURLE_PEER_FAILED_VERIFICATION)
    return ": its certificate is not trusted; if it should be, name a file with the certificate of "
           "whoever signed it (HttpOptions::ca_file; engram tree and engram cat take it from "
           "CURL_CA_BUNDLE in the environment)";
  return "";
}

bool may_pass(long status) {
  return status == kTimeout || status == kTooMany ||
         (status >= kFirstServerError && status != kNotImplemented);
}

// Waits before attempt number `next`, counted from 1.
class Patience {
 public:
  explicit Patience(const HttpOptions& options)
      : longest_(options.longest_pause), pause_(options.first_pause) {}

  void wait(curl_off_t retry_after) {
    std::minstd_rand random(std::random_device{}());
    const auto half = std::min(pause_, longest_) / 2;
    // Not all who were turned away come back at the same moment.
    auto pause = half + std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(
                            0, std::max<std::int64_t>(half.count(), 0))(random));
    const auto most = std::chrono::ceil<std::chrono::seconds>(longest_).count();
    if (retry_after > 0) {
      const std::chrono::milliseconds asked =
          std::chrono::seconds(std::min<std::int64_t>(retry_after, most));
      pause = std::max(pause, std::min(asked, longest_));
    }
    std::this_thread::sleep_for(pause);
    pause_ = std::min(pause_ * 2, longest_);
  }

 private:
  std::chrono::milliseconds longest_, pause_;
};

template <typename Value>
void set(CURL* handle, CURLoption option, Value value) {
  const CURLcode result = ::curl_easy_setopt(handle, option, value);
  if (result != CURLE_OK) throw Error(ErrorCode::io_error, ::curl_easy_strerror(result));
}

}  // namespace

HttpClient::HttpClient(const HttpOptions& options, bool is_secure)
    : options_(options), is_secure_(is_secure) {
  start_curl();
  // Lengths and ranges are those of the value, not of a compressed form of it.
  headers_ = ::curl_slist_append(nullptr, "Accept-Encoding: identity");
  if (headers_ == nullptr) throw std::bad_alloc();
}

HttpClient::~HttpClient() {
  idle_.clear();
  ::curl_slist_free_all(headers_);
}

HttpClient::Handle HttpClient::take() {
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      // The last one used: its connection is the likeliest to be open still.
      Handle handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  Handle handle(::curl_easy_init());
  if (!handle) throw std::bad_alloc();
  return handle;
}

void HttpClient::give_back(Handle handle) {
  // Options go, connections stay.
  ::curl_easy_reset(handle.get());
  const std::scoped_lock lock(mutex_);
  if (idle_.size() < kMostIdle) idle_.push_back(std::move(handle));
}

void HttpClient::prepare(CURL* handle, const HttpRequest& request) const {
  set(handle, CURLOPT_URL, request.url.c_str());
  set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle, CURLOPT_REDIR_PROTOCOLS_STR, is_secure_ ? "https" : "http,https");
  set(handle, CURLOPT_FOLLOWLOCATION, options_.redirects > 0 ? 1L : 0L);
  set(handle, CURLOPT_MAXREDIRS, static_cast<long>(options_.redirects));
  set(handle, CURLOPT_PATH_AS_IS, 1L);
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  if (!options_.ca_file.empty()) {
    set(handle, CURLOPT_CAINFO, options_.ca_file.c_str());
    set(handle, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  set(handle, CURLOPT_USERAGENT, "engram");
  set(handle, CURLOPT_HTTPHEADER, headers_);
  set(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  set(handle, CURLOPT_LOW_SPEED_LIMIT, kSlowestBytesPerSecond);
  set(handle, CURLOPT_LOW_SPEED_TIME,
      static_cast<long>(std::max<std::int64_t>(options_.stall_timeout.count(), 1)));
  set(handle, CURLOPT_WRITEFUNCTION, &write_callback);
  if (request.head) set(handle, CURLOPT_NOBODY, 1L);
  if (request.size) {
    const std::uint64_t last = request.offset + *request.size - 1;
    const bool is_open = last < request.offset;
    const std::string range =
        is_open ? fmt::format("{}-", request.offset) : fmt::format("{}-{}", request.offset, last);
    set(handle, CURLOPT_RANGE, range.c_str());
  }
}

HttpAnswer HttpClient::perform(const HttpRequest& request) {
  Patience patience(options_);
  for (unsigned attempt = 1;; ++attempt) {
    Handle handle = take();
    prepare(handle.get(), request);
    Transfer transfer(handle.get(), request);
    std::array<char, CURL_ERROR_SIZE> reason{};
    set(handle.get(), CURLOPT_WRITEDATA, &transfer);
    set(handle.get(), CURLOPT_ERRORBUFFER, reason.data());
    CURLcode code = ::curl_easy_perform(handle.get());
    if (code == CURLE_WRITE_ERROR && transfer.ended_early()) code = CURLE_OK;
    long status = 0;
    ::curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_off_t retry_after = 0;
    ::curl_easy_getinfo(handle.get(), CURLINFO_RETRY_AFTER, &retry_after);

    std::string failure;
    bool again = false;
    if (!transfer.fault().empty()) {
      failure = transfer.fault();
    } else if (code != CURLE_OK) {
      failure = reason.front() != '\0' ? reason.data() : ::curl_easy_strerror(code);
      failure += advice(code);
      again = may_pass(code);
    } else if (may_pass(status)) {
      failure = fmt::format("the server answers {}", status);
      again = true;
    } else if (transfer.is_cut_short()) {
      failure = "the server sends less of it than it has";
      again = true;
    }
    if (failure.empty()) {
      try {
        HttpAnswer answer = transfer.finish();
        give_back(std::move(handle));
        return answer;
      } catch (const Error& error) {
        failure = error.what();
      }
    }
    if (!again || attempt >= std::max(options_.attempts, 1U)) {
      throw Error(ErrorCode::io_error,
                  fmt::format("can't read {}: {}{}", request.shown, failure,
                              attempt > 1 ? fmt::format(" (after {} attempts)", attempt) : ""));
    }
    // The handle of a failed transfer goes with its connection.
    handle.reset();
    patience.wait(retry_after);
  }
}

}  // namespace engram::store
