#include "converters/cli/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "engram/base/json.hpp"
#include "engram/convert.hpp"

namespace engram::cli {
namespace {

constexpr std::size_t kBarCells = 24;
constexpr std::size_t kShortestPath = 8;

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

// Datasets of a few bytes each count by their chunks, else a bar would stand still for them.
double fraction_done(const Progress& progress) {
  if (progress.bytes_total != 0) {
    return static_cast<double>(progress.bytes_done) / static_cast<double>(progress.bytes_total);
  }
  if (progress.nodes_total == 0) return 1;
  return static_cast<double>(progress.nodes_done) / static_cast<double>(progress.nodes_total);
}

std::string bar(double fraction) {
  const auto cells = static_cast<std::size_t>(fraction * static_cast<double>(kBarCells));
  std::string text(kBarCells, ' ');
  std::fill_n(text.begin(), cells, '#');
  if (cells < kBarCells) text[cells] = '>';
  return "[" + text + "]";
}

void put(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

std::string progress_line(const Progress& progress, double seconds, std::size_t width) {
  const double fraction = std::clamp(fraction_done(progress), 0.0, 1.0);
  std::string line = fmt::format("{} {:3.0f} %", bar(fraction), std::floor(fraction * 100));
  const auto add = [&](const std::string& part) {
    if (line.size() + 2 + part.size() <= width) line += "  " + part;
  };
  add(fmt::format("{} of {}", format_bytes(progress.bytes_done),
                  format_bytes(progress.bytes_total)));
  if (seconds > 0.2) {
    const double rate = static_cast<double>(progress.bytes_done) / seconds;
    add(format_bytes(static_cast<std::uint64_t>(rate)) + "/s");
    if (fraction > 0.001 && fraction < 1) {
      add(format_seconds(seconds * (1 - fraction) / fraction) + " left");
    }
  }
  add(fmt::format("{}/{} chunks", progress.chunks_done, progress.chunks_total));
  auto path = printable(progress.path);
  if (path.empty() || line.size() + 2 + kShortestPath > width) return line.substr(0, width);
  const auto room = width - line.size() - 2;
  if (path.size() > room) path = "..." + path.substr(path.size() - (room - 3));
  return line + "  " + path;
}

std::string progress_json(const Progress& progress, double seconds) {
  Json json = Json::object();
  json["bytes_done"] = progress.bytes_done;
  json["bytes_total"] = progress.bytes_total;
  json["chunks_done"] = progress.chunks_done;
  json["chunks_total"] = progress.chunks_total;
  json["nodes_done"] = progress.nodes_done;
  json["nodes_total"] = progress.nodes_total;
  json["seconds"] = seconds;
  json["path"] = progress.path;
  return dump_json(json, JsonStyle::line);
}

void ProgressDisplay::show(const Progress& progress) {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
  if (kind_ == Kind::json) put(progress_json(progress, passed.count()) + "\n");
  if (kind_ != Kind::bar) return;
  // The last column stays free: some terminals break the line there.
  put(fmt::format("\r{}\033[K", progress_line(progress, passed.count(), terminal_width() - 1)));
  drawn_ = true;
}

void ProgressDisplay::clear() {
  if (drawn_) clear_line();
  drawn_ = false;
}

bool is_terminal() noexcept {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && kind != nullptr && std::string_view(kind) != "dumb";
}

void clear_line() noexcept {
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

std::string printable(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  return result;
}

void print_message(std::string_view kind, std::string_view text) {
  put(fmt::format("engram: {}: {}\n", kind, printable(text)));
}

}  // namespace engram::cli
