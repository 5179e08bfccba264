#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace engram::testing {

struct ServerRequest {
  std::string method;
  std::string target;                          ///< As it came: "/a%20b?q".
  std::string path;                            ///< Decoded, without the query: "/a b".
  std::map<std::string, std::string> headers;  ///< Names in lower case.
};

struct ServerAnswer {
  int status = 200;
  std::string body;
  std::map<std::string, std::string> headers;
  std::optional<std::size_t> cut_after;  ///< Hang up behind so many bytes of the body.
  bool hang_up = false;                  ///< Hang up without an answer.
  bool say_length = true;                ///< False: the end of the connection is that of the body.
  std::chrono::milliseconds delay{0};    ///< Before anything is sent.
  std::chrono::milliseconds pause{0};    ///< After each byte of the body.
};

// The machine may have a proxy; the loopback interface needs none.
inline const int kNoProxy = ::setenv("no_proxy", "*", 1);

/// A web server on the loopback interface for as long as the object lives; one thread a connection.
/// It answers what `answer` says, which many threads may call at once.
class HttpServer {
 public:
  using Handler = std::function<ServerAnswer(const ServerRequest&)>;

  explicit HttpServer(Handler answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
      throw std::runtime_error("no server on the loopback interface");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept_all(); });
  }

  ~HttpServer() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
      ::shutdown(listener_, SHUT_RDWR);
      for (const int connection : open_) ::shutdown(connection, SHUT_RDWR);
    }
    wake_.notify_all();
    acceptor_.join();
    connections_.clear();
    ::close(listener_);
  }

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// "http://127.0.0.1:PORT" and `path`.
  std::string url(const std::string& path = "") const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
  }

  int connections() const noexcept { return connection_count_; }
  int requests() const noexcept { return request_count_; }

  /// The value under the path below `root` ("/x.zarr"), with ranges and HEAD; 404 for others.
  static ServerAnswer serve(const ServerRequest& request,
                            const std::map<std::string, std::string>& contents,
                            const std::string& root = "") {
    ServerAnswer answer;
    const std::string start = root + '/';
    const auto found = request.path.starts_with(start)
                           ? contents.find(request.path.substr(start.size()))
                           : contents.end();
    if (found == contents.end()) {
      answer.status = 404;
      answer.body = "<html>not here</html>";
      return answer;
    }
    answer.body = found->second;
    apply_range(request, answer);
    return answer;
  }

  /// Cuts the body to what the request's Range header asks for.
  static void apply_range(const ServerRequest& request, ServerAnswer& answer) {
    const auto header = request.headers.find("range");
    if (header == request.headers.end()) return;
    const std::string_view text = header->second;  // "bytes=3-5", "bytes=3-"
    const std::size_t dash = text.find('-');
    std::uint64_t first = 0;
    std::uint64_t last = ~std::uint64_t{0};
    std::from_chars(text.data() + 6, text.data() + dash, first);
    std::from_chars(text.data() + dash + 1, text.data() + text.size(), last);
    const std::uint64_t size = answer.body.size();
    if (first >= size) {
      answer.status = 416;
      answer.headers["Content-Range"] = fmt::format("bytes */{}", size);
      answer.body = "no such range";
      return;
    }
    last = std::min(last, size - 1);
    answer.status = 206;
    answer.headers["Content-Range"] = fmt::format("bytes {}-{}/{}", first, last, size);
    answer.body = answer.body.substr(first, last - first + 1);
  }

 private:
  void accept_all() {
    for (;;) {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      const std::scoped_lock lock(mutex_);
      if (stopping_ || connection < 0) {
        if (connection >= 0) ::close(connection);
        if (stopping_) return;
        continue;
      }
      // Head and body are two pieces, and the second would wait for the first to be confirmed.
      const int yes = 1;
      ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      ++connection_count_;
      open_.push_back(connection);
      connections_.emplace_back([this, connection] {
        std::string buffer;
        while (serve_one(connection, buffer)) {
        }
        const std::scoped_lock closing(mutex_);
        std::erase(open_, connection);
        ::close(connection);
      });
    }
  }

  // False when the connection is to be closed.
  bool serve_one(int connection, std::string& buffer) {
    std::size_t end = 0;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
      char block[4096];
      const ssize_t got = ::recv(connection, block, sizeof block, 0);
      if (got <= 0) return false;
      buffer.append(block, static_cast<std::size_t>(got));
    }
    const ServerRequest request = parse(std::string_view(buffer).substr(0, end + 2));
    buffer.erase(0, end + 4);
    ++request_count_;
    ServerAnswer answer = answer_(request);
    if (!wait(answer.delay) || answer.hang_up) return false;
    std::string head = fmt::format("HTTP/1.1 {} It\r\n", answer.status);
    if (answer.say_length) head += fmt::format("Content-Length: {}\r\n", answer.body.size());
    for (const auto& [name, value] : answer.headers) head += name + ": " + value + "\r\n";
    head += "\r\n";
    if (!send_all(connection, head)) return false;
    if (request.method == "HEAD") return answer.say_length;
    const std::string_view body =
        std::string_view(answer.body).substr(0, answer.cut_after.value_or(answer.body.size()));
    if (answer.pause.count() == 0) {
      if (!send_all(connection, body)) return false;
    } else {
      for (const char c : body) {
        if (!send_all(connection, {&c, 1}) || !wait(answer.pause)) return false;
      }
    }
    return answer.say_length && !answer.cut_after;
  }

  static ServerRequest parse(std::string_view text) {
    ServerRequest request;
    const std::size_t line = text.find("\r\n");
    const std::string_view first = text.substr(0, line);
    const std::size_t blank = first.find(' ');
    request.method = first.substr(0, blank);
    request.target = first.substr(blank + 1, first.rfind(' ') - blank - 1);
    request.path = decoded(std::string_view(request.target).substr(0, request.target.find('?')));
    for (std::size_t at = line + 2; at < text.size();) {
      const std::size_t end = text.find("\r\n", at);
      const std::string_view field = text.substr(at, end - at);
      const std::size_t colon = field.find(':');
      std::string name(field.substr(0, colon));
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      request.headers[name] = field.substr(std::min(field.size(), colon + 2));
      at = end + 2;
    }
    return request;
  }

  static std::string decoded(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '%' && i + 2 < text.size()) {
        unsigned value = 0;
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
        result += static_cast<char>(value);
        i += 2;
      } else {
        result += text[i];
      }
    }
    return result;
  }

  static bool send_all(int connection, std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // False when the server ends meanwhile.
  bool wait(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return !wake_.wait_for(lock, time, [this] { return stopping_; });
  }

  const Handler answer_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connection_count_ = 0, request_count_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::vector<int> open_;
  std::vector<std::jthread> connections_;
  std::jthread acceptor_;
};

}  // namespace engram::testing
