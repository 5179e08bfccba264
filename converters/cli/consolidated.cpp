#include "converters/cli/consolidated.hpp"

#include "converters/cli/terminal.hpp"

namespace engram::cli {
namespace {

void add_lines(std::string& out, std::string_view what, const std::vector<std::string>& keys) {
  for (const auto& key : keys) (out += what) += "  " + printable(key) + "\n";
}

}  // namespace

int print_check(const zarr::ConsolidatedCheck& check, bool as_json, Output& output) {
  auto& out = output.buffer();
  if (as_json) {
    Json json = Json::object();
    json["exists"] = check.exists;
    json["stale"] = check.stale;
    json["missing"] = check.missing;
    json["superfluous"] = check.superfluous;
    out += dump_json(json, JsonStyle::line) + "\n";
  } else if (check.key == "zarr.json" && (!check.exists || check.is_current())) {
    out += check.exists ? "the consolidated metadata in zarr.json are current\n"
                        : "zarr.json has no consolidated metadata\n";
  } else if (!check.exists) {
    out += "there is no .zmetadata\n";
  } else if (check.is_current()) {
    out += ".zmetadata is current\n";
  } else {
    add_lines(out, "stale      ", check.stale);
    add_lines(out, "missing    ", check.missing);
    add_lines(out, "superfluous", check.superfluous);
  }
  output.flush();
  return check.is_current() ? 0 : 1;
}

}  // namespace engram::cli
