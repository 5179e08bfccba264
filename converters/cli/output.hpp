#pragma once

#include <string>

#include "converters/cli/elements.hpp"
#include "converters/cli/slice.hpp"
#include "converters/cli/supervise.hpp"

namespace engram::cli {

/// The standard output, in pieces. Errors: Error(io_error) when it can't be written to.
class Output {
 public:
  /// Every piece that is written is a heartbeat.
  explicit Output(const Heartbeat& heartbeat) : heartbeat_(heartbeat) {}

  /// What is to be written next; flush_if_large() after each addition keeps it small.
  std::string& buffer() noexcept { return buffer_; }
  void flush_if_large();
  void flush();

  /// Says that work goes on, at `path`, where nothing is written yet.
  void beat(const std::string& path) const noexcept { heartbeat_.beat(path); }

 private:
  const Heartbeat& heartbeat_;
  std::string buffer_;
};

/// Writes the selected elements, block by block: as nested JSON lists; as lines (a row of the last
/// dimension each, tabs between elements, an empty line between tables; a text that stands alone as
/// it is); or as bytes.
void write_json(Output& output, Elements& elements, const Selection& selection,
                std::stop_token stop);
void write_text(Output& output, Elements& elements, const Selection& selection,
                std::stop_token stop);
void write_bytes(Output& output, Elements& elements, const Selection& selection,
                 std::stop_token stop);

/// A JSON value as it is printed for people: a text without quotes.
std::string plain_text(const std::string& json_text);

}  // namespace engram::cli
