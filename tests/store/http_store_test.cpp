#include "engram/store/http_store.hpp"

#include <gtest/gtest.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "testing/expect_error.hpp"
#include "testing/http_server.hpp"
#include "testing/store_text.hpp"

namespace engram::testing {
namespace {

using store::HttpOptions;
using store::HttpStore;
using store::Key;

HttpOptions impatient() {
  HttpOptions options;
  options.attempts = 3;
  options.first_pause = std::chrono::milliseconds(2);
  options.longest_pause = std::chrono::milliseconds(20);
  options.connect_timeout = std::chrono::milliseconds(2000);
  options.stall_timeout = std::chrono::seconds(1);
  return options;
}

/// A store and the server that it is on.
struct Served {
  explicit Served(HttpServer::Handler handler, const std::string& path = "/x.zarr",
                  const HttpOptions& options = impatient())
      : server(std::move(handler)), store(server.url(path), options) {}
  HttpServer server;
  HttpStore store;
};

/// Answers with `first` so many times, then as a server of {"a": "value"}.
HttpServer::Handler first_then_well(ServerAnswer first, int times) {
  const auto left = std::make_shared<std::atomic<int>>(times);
  return [=](const ServerRequest& request) {
    return (*left)-- > 0 ? first : HttpServer::serve(request, {{"a", "value"}}, "/x.zarr");
  };
}

TEST(HttpStoreTest, TriesAgainWhatMayPass) {
  struct Case {
    const char* name;
    ServerAnswer answer;
  };
  ServerAnswer hang_up, cut, retry_after;
  hang_up.hang_up = true;
  cut.body = "value";
  cut.cut_after = 2;
  retry_after.status = 503;
  retry_after.headers["Retry-After"] = "1";
  std::vector<Case> cases = {{"hang up", hang_up}, {"cut", cut}, {"Retry-After", retry_after}};
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    ServerAnswer answer;
    answer.status = status;
    answer.body = "no";
    cases.push_back({"status", answer});
  }
  for (const auto& [name, answer] : cases) {
    SCOPED_TRACE(fmt::format("{} {}", name, answer.status));
    Served well(first_then_well(answer, 2));
    EXPECT_EQ(text(well.store, "a"), "value");
    EXPECT_EQ(well.server.requests(), 3);
    Served ranged(first_then_well(answer, 2));
    EXPECT_EQ(as_string(ranged.store.get_range(Key("a"), 1, 3)), "alu");
    Served never(first_then_well(answer, 1000));
    expect_error(ErrorCode::io_error, "(after 3 attempts)", [&] { text(never.store, "a"); });
    expect_error(ErrorCode::io_error, "/x.zarr/a", [&] { text(never.store, "a"); });
  }
}

TEST(HttpStoreTest, DoesNotTryAgainWhatStays) {
  for (const int status : {400, 401, 403, 405, 451, 501, 304, 204}) {
    SCOPED_TRACE(status);
    ServerAnswer answer;
    answer.status = status;
    Served served([=](const ServerRequest&) { return answer; });
    expect_error(ErrorCode::io_error, fmt::format("answers {}", status),
                 [&] { text(served.store, "a"); });
    EXPECT_EQ(served.server.requests(), 1);
  }
}

TEST(HttpStoreTest, KnowsWhatIsMissing) {
  for (const int status : {404, 410, 403}) {
    SCOPED_TRACE(status);
    ServerAnswer answer;
    answer.status = status;
    answer.body = std::string(200'000, 'x');
    HttpOptions options = impatient();
    options.forbidden_is_missing = true;
    Served served([=](const ServerRequest&) { return answer; }, "/x.zarr", options);
    EXPECT_EQ(text(served.store, "a"), std::nullopt);
    EXPECT_EQ(served.store.size(Key("a")), std::nullopt);
    EXPECT_EQ(served.store.get_range(Key("a"), 0, 1), std::nullopt);
  }
  ServerAnswer forbidden;
  forbidden.status = 403;
  Served served([=](const ServerRequest&) { return forbidden; });
  expect_error(ErrorCode::io_error, "forbidden_is_missing", [&] { text(served.store, "a"); });
}

TEST(HttpStoreTest, GivesUpOnWhatStalls) {
  ServerAnswer silent, slow;
  silent.delay = std::chrono::seconds(60);
  slow.body = std::string(1000, 'x');
  slow.pause = std::chrono::milliseconds(100);
  HttpOptions options = impatient();
  options.attempts = 1;
  for (const auto& answer : {silent, slow}) {
    Served served([=](const ServerRequest&) { return answer; }, "/x.zarr", options);
    const auto begin = std::chrono::steady_clock::now();
    expect_error(ErrorCode::io_error, "too slow", [&] { text(served.store, "a"); });
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  }
}

TEST(HttpStoreTest, SaysThatNobodyAnswers) {
  std::string url;
  {
    const HttpServer gone([](const ServerRequest&) { return ServerAnswer{}; });
    url = gone.url("/x");
  }
  const HttpStore store(url, impatient());
  expect_error(ErrorCode::io_error, "(after 3 attempts)", [&] { text(store, "a"); });
  expect_error(ErrorCode::io_error, "127.0.0.1", [&] { store.size(Key("a")); });
}

TEST(HttpStoreTest, FollowsAFewRedirections) {
  const auto hops = std::make_shared<std::atomic<int>>(0);
  const auto handler = [=](const ServerRequest& request) {
    if (request.path.starts_with("/x.zarr/")) {
      ServerAnswer answer;
      answer.status = 307;
      const bool more = request.path.ends_with("/endless") || ++*hops % 5 != 0;
      answer.headers["Location"] = more ? request.path : "/real" + request.path.substr(7);
      answer.body = "elsewhere";
      return answer;
    }
    return HttpServer::serve(request, {{"a", "value"}}, "/real");
  };
  Served served(handler);
  EXPECT_EQ(text(served.store, "a"), "value");
  EXPECT_EQ(as_string(served.store.get_range(Key("a"), 1, 2)), "al");
  EXPECT_EQ(served.store.size(Key("a")), 5U);
  expect_error(ErrorCode::io_error, "redirects", [&] { text(served.store, "endless"); });
  for (const char* target : {"file:///etc/passwd", "ftp://127.0.0.1/a", "gopher://127.0.0.1/"}) {
    SCOPED_TRACE(target);
    Served bad([=](const ServerRequest&) {
      ServerAnswer answer;
      answer.status = 302;
      answer.headers["Location"] = target;
      return answer;
    });
    expect_error(ErrorCode::io_error, "not supported or disabled", [&] { text(bad.store, "a"); });
    EXPECT_EQ(bad.server.requests(), 1);
  }
}

TEST(HttpStoreTest, NeverHoldsMoreThanItMay) {
  ServerAnswer endless, liar;
  endless.body = std::string(10'000'000, 'x');
  endless.say_length = false;
  liar.headers["Content-Length"] = "9000000000000";
  liar.say_length = false;
  Served unsaid([=](const ServerRequest&) { return endless; });
  expect_error(ErrorCode::limit_exceeded, "more bytes than the 1000",
               [&] { unsaid.store.get(Key("a"), 1000); });
  EXPECT_EQ(unsaid.store.get(Key("a"), 10'000'000)->size(), 10'000'000U);
  EXPECT_EQ(unsaid.store.get_range(Key("a"), 5'000'000, 10)->size(), 10U);
  Served lied([=](const ServerRequest&) { return liar; });
  expect_error(ErrorCode::io_error, "(after 3 attempts)",
               [&] { lied.store.get(Key("a"), kNoLimit); });
}

TEST(HttpStoreTest, RefusesAnswersThatContradictTheRequest) {
  struct Case {
    const char* range;
    const char* message;
  };
  for (const auto& [range, message] : std::initializer_list<Case>{{"bytes 0-2/10", "from 1 on"},
                                                                  {"bytes 2-4/10", "from 1 on"},
                                                                  {"", "from 1 on"},
                                                                  {"bytes */10", "from 1 on"},
                                                                  {"bytes x-3/10", "from 1 on"},
                                                                  {"rows 1-3/10", "from 1"},
                                                                  {"bytes 1-3/10", "less of it"},
                                                                  {"bytes -", "from 1 on"}}) {
    SCOPED_TRACE(range);
    ServerAnswer answer;
    answer.status = 206;
    answer.body = "ab";
    if (*range != '\0') answer.headers["Content-Range"] = range;
    Served served([=](const ServerRequest&) { return answer; });
    expect_error(ErrorCode::io_error, message, [&] { served.store.get_range(Key("a"), 1, 3); });
    expect_error(ErrorCode::io_error, "answers 206", [&] { text(served.store, "a"); });
  }
  ServerAnswer longer;
  longer.status = 206;
  longer.body = std::string(100'000, 'x');
  longer.headers["Content-Range"] = "bytes 1-100000/100001";
  Served served([=](const ServerRequest&) { return longer; });
  EXPECT_EQ(served.store.get_range(Key("a"), 1, 3)->size(), 3U);
  ServerAnswer packed;
  packed.headers["Content-Encoding"] = "gzip";
  packed.body = "\x1f\x8b";
  Served encoded([=](const ServerRequest&) { return packed; });
  expect_error(ErrorCode::io_error, "gzip", [&] { text(encoded.store, "a"); });
}

TEST(HttpStoreTest, EncodesKeysAndKeepsTheQuery) {
  std::mutex mutex;
  std::string target;
  Served served(
      [&](const ServerRequest& request) {
        const std::scoped_lock lock(mutex);
        target = request.target;
        return ServerAnswer{};
      },
      "/a%2Fb/./x.zarr/?token=a%20b#part");
  struct Case {
    const char* key;
    const char* target;
  };
  for (const auto& [key, expected] :
       std::initializer_list<Case>{{"a/0.0", "/a%2Fb/x.zarr/a/0.0?token=a%20b"},
                                   {"a b?c#d%e", "/a%2Fb/x.zarr/a%20b%3fc%23d%25e?token=a%20b"},
                                   {"..a/...", "/a%2Fb/x.zarr/..a/...?token=a%20b"},
                                   {"\u00e9", "/a%2Fb/x.zarr/%c3%a9?token=a%20b"}}) {
    text(served.store, key);
    const std::scoped_lock lock(mutex);
    std::string seen = target;
    // Where the digits of a code are letters their case says nothing, nor does a "." in the base.
    for (std::size_t at = seen.find("/./"); at != std::string::npos; at = seen.find("/./")) {
      seen.erase(at, 2);
    }
    EXPECT_EQ(::strcasecmp(seen.c_str(), expected), 0) << seen;
  }
}

TEST(HttpStoreTest, HasANameWithoutSecrets) {
  EXPECT_EQ(HttpStore("http://user:secret@h.example:81/x.zarr?token=secret#f").name(),
            "http://h.example:81/x.zarr");
  EXPECT_EQ(HttpStore("HTTPS://h.example").name(), "https://h.example/");
}

TEST(HttpStoreTest, NeedsAUrl) {
  using namespace std::string_literals;
  for (const auto& bad : {""s, "x.zarr"s, "/x"s, "ftp://h/x"s, "file:///x"s, "http://"s,
                          "http://h:99999/"s, "http://a b/"s, "http://h/\0x"s}) {
    expect_error(ErrorCode::invalid_argument, "is no URL of a web server", [&] { HttpStore{bad}; });
  }
}

TEST(HttpStoreTest, ListingSaysWhatHelps) {
  const HttpStore store("http://127.0.0.1:1/x");
  expect_error(ErrorCode::unsupported, "consolidate", [&] { store.list_dir(""); });
}

TEST(HttpStoreTest, KeepsConnections) {
  Served served([](const ServerRequest& request) {
    return HttpServer::serve(request, {{"a", "value"}}, "/x.zarr");
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(text(served.store, "a"), "value");
    EXPECT_EQ(text(served.store, "missing"), std::nullopt);
    EXPECT_EQ(served.store.size(Key("a")), 5U);
  }
  EXPECT_EQ(served.server.connections(), 1);
  EXPECT_EQ(served.server.requests(), 60);
}

TEST(HttpStoreTest, WorksInAChildProcess) {
  HttpServer server([](const ServerRequest& request) {
    return HttpServer::serve(request, {{"a", "value"}}, "/x.zarr");
  });
  EXPECT_EQ(text(HttpStore(server.url("/x.zarr"), impatient()), "a"), "value");
  const pid_t child = ::fork();
  if (child == 0) {
    const HttpStore store(server.url("/x.zarr"), impatient());
    ::_exit(text(store, "a") == "value" ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace engram::testing
