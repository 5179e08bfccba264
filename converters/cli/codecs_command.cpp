#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "converters/cli/command.hpp"
#include "converters/cli/output.hpp"
#include "engram/base/json.hpp"
#include "engram/codec/registry.hpp"

namespace engram::cli {
namespace {

constexpr const char* kCodecsAbout =
    R"(List the codecs that engram reads and writes: those built in, and those of plugins.

Plugins are shared libraries (see docs/plugins.md). They are looked for where they are installed, beside engram's
libraries, and in the directories that the environment variable ENGRAM_PLUGIN_PATH lists, separated by colons; nowhere
else, and never because a file says so.)";

constexpr const char* kCodecsExamples = R"(Examples:
  engram codecs
  ENGRAM_PLUGIN_PATH=/opt/lab/plugins engram codecs --json)";

std::string joined(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string as_table(const std::vector<codec::CodecInfo>& codecs) {
  std::vector<std::vector<std::string>> rows = {
      {"CODEC", "READS", "WRITES", "HDF5 FILTER", "LOSSY", "FROM"}};
  for (const codec::CodecInfo& each : codecs)
    rows.push_back({each.name, joined(each.versions), each.versions.back(),
                    each.hdf5_filter != 0 ? std::to_string(each.hdf5_filter) : "-",
                    each.is_lossy ? "yes" : "-", each.origin});
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i)
      text += fmt::format("{:<{}}  ", row[i], widths[i]);
    text += row.back() + "\n";
  }
  return text;
}

std::string as_json(const std::vector<codec::CodecInfo>& codecs) {
  Json list = Json::array();
  for (const codec::CodecInfo& each : codecs)
    list.push_back({{"name", each.name},
                    {"reads", each.versions},
                    {"writes", each.versions.back()},
                    {"hdf5_filter", each.hdf5_filter != 0 ? Json(each.hdf5_filter) : Json()},
                    {"lossy", each.is_lossy},
                    {"from", each.origin}});
  return dump_json(list, JsonStyle::line) + "\n";
}

}  // namespace

void add_codecs_command(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("codecs", kCodecsAbout);
  command->footer(kCodecsExamples);
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print JSON");
  command->callback([json, &chosen] {
    prints_about(chosen, "");
    chosen.run = [json](const Heartbeat& heartbeat, const std::stop_token&) {
      const auto codecs = codec::known_codecs();
      Output output(heartbeat);
      output.buffer() += *json ? as_json(codecs) : as_table(codecs);
      output.flush();
      return 0;
    };
  });
}

}  // namespace engram::cli
