#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "converters/cli/command.hpp"
#include "converters/cli/output.hpp"
#include "converters/cli/source.hpp"
#include "converters/cli/spec_sources.hpp"
#include "converters/cli/store_findings.hpp"
#include "converters/cli/terminal.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/validate.hpp"

namespace engram::cli {
namespace {

using hdmf::Finding;

constexpr const char* kValidateAbout =
    R"(Hold an HDF5 file or a Zarr store against its schema: the one that it has cached, or with --namespaces another.

Errors are what the schema does not allow (missing, of a wrong type, shape or number, links where none may be), links and
references that lead nowhere, tables whose columns don't fit together, ids that are not unique, and metadata of a Zarr
store that is not current. Warnings are what the schema says nothing of, or what other readers and archives (DANDI) do
not take. Exit status 1 when there are errors; with --strict, when there are warnings too.)";

constexpr const char* kValidateExamples = R"(Examples:
  engram validate session.nwb
  engram validate session.nwb.zarr --json
  engram validate old.nwb --namespaces /usr/lib/python3/dist-packages/pynwb
  engram validate session.nwb --namespaces ndx-mine/spec --namespaces pynwb --no-cached)";

struct ValidateOptions {
  std::string path;
  std::vector<std::string> namespaces, allow_external;
  bool json = false, strict = false, no_cached = false;
};

hdmf::NamespaceCatalog load_catalog(const ValidateOptions& options, const Source& source) {
  const SpecSources given = open_spec_sources(options.namespaces);
  std::vector<std::shared_ptr<const hdmf::SpecSource>> sources = given.chosen;
  // What is given by name comes first, and so counts.
  if (!options.no_cached)
    for (const hdmf::CachedNamespace& one : newest(hdmf::cached_namespaces(source.tree)))
      sources.push_back(one.source);
  if (sources.empty())
    throw Error(
        ErrorCode::not_found,
        fmt::format("{} has no schema cached; --namespaces names a directory or file with one",
                    options.path));
  return hdmf::NamespaceCatalog::load(sources);
}

Json finding_json(const Finding& finding) {
  return {{"severity", to_string(finding.severity)},
          {"kind", to_string(finding.kind)},
          {"path", finding.path},
          {"spec", finding.spec},
          {"text", finding.text}};
}

std::string finding_text(const Finding& finding) {
  std::string text = fmt::format("{}: {} {}", to_string(finding.severity), printable(finding.path),
                                 printable(finding.text));
  if (!finding.spec.empty()) text += fmt::format(" [{}]", printable(finding.spec));
  return text + "\n";
}

void append(std::vector<Finding>& all, const std::vector<Finding>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

std::vector<Finding> all_findings(const ValidateOptions& options, const Source& source,
                                  const hdmf::NamespaceCatalog& catalog, const Output& output) {
  const hdmf::OnNode on_node = [&output](const std::string& path) { output.beat(path); };
  std::vector<Finding> all = hdmf::validate(source.tree, catalog, on_node);
  append(all, hdmf::check_model(source.tree, on_node));
  append(all, notice_findings(source));
  append(all, store_findings(source, options.path));
  return all;
}

int validate_in_child(const ValidateOptions& options, const Heartbeat& heartbeat) {
  const Source source = open_source(options.path, options.allow_external);
  if (source.array)
    throw Error(ErrorCode::unsupported,
                fmt::format("{} is a single array, which no schema is about", options.path));
  const hdmf::NamespaceCatalog catalog = load_catalog(options, source);
  Output output(heartbeat);
  const std::vector<Finding> findings = all_findings(options, source, catalog, output);
  const auto errors = static_cast<std::size_t>(std::count_if(
      findings.begin(), findings.end(),
      [](const Finding& finding) { return finding.severity == Finding::Severity::error; }));
  const std::size_t warnings = findings.size() - errors;
  if (options.json) {
    Json list = Json::array();
    for (const Finding& finding : findings) list.push_back(finding_json(finding));
    Json spaces = Json::object();
    for (const auto& one : catalog.namespaces()) spaces[one->name()] = one->version();
    output.buffer() += dump_json({{"namespaces", spaces},
                                  {"errors", errors},
                                  {"warnings", warnings},
                                  {"findings", list}},
                                 JsonStyle::line) +
                       "\n";
  } else {
    for (const Finding& finding : findings) {
      output.buffer() += finding_text(finding);
      output.flush_if_large();
    }
    output.buffer() += fmt::format("{} error{}, {} warning{}\n", errors, errors == 1 ? "" : "s",
                                   warnings, warnings == 1 ? "" : "s");
  }
  output.flush();
  return errors > 0 || (options.strict && warnings > 0) ? 1 : 0;
}

}  // namespace

void add_validate_command(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("validate", kValidateAbout);
  command->footer(kValidateExamples);
  const auto options = std::make_shared<ValidateOptions>();
  command->add_option("PATH", options->path, "An HDF5 file, or a Zarr directory, zip file or URL")
      ->required();
  command
      ->add_option("--namespaces", options->namespaces,
                   "A namespace file, a directory with some, or a file that has them cached; "
                   "before what PATH "
                   "has cached; may be given several times")
      ->option_text("PATH");
  command->add_flag("--no-cached", options->no_cached, "Leave out the schema that PATH has cached");
  command->add_flag("--strict", options->strict, "Exit with 1 for warnings too");
  command->add_flag("--json", options->json, "Print JSON");
  add_allow_external(*command, options->allow_external);
  command->callback([options, &chosen] {
    prints_about(chosen, options->path);
    chosen.run = [options](const Heartbeat& heartbeat, const std::stop_token&) {
      return validate_in_child(*options, heartbeat);
    };
  });
}

}  // namespace engram::cli
