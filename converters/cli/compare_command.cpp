#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "converters/cli/command.hpp"
#include "converters/cli/output.hpp"
#include "converters/cli/size_option.hpp"
#include "converters/cli/terminal.hpp"
#include "engram/compare.hpp"

namespace engram::cli {
namespace {

constexpr std::size_t kShownAllowed = 20;

constexpr const char* kDiffAbout =
    R"(Compare two files, each HDF5 or Zarr, value by value: what is in one only, types, shapes, elements, attributes, links
and where references lead.

One line for each difference: its kind, its path, how much differs, the first element that does and both values. How
data lie (chunks, codecs, byte order, the length and encoding of text) is no difference. Exit status 0 when the two are
equal, 1 when they differ.)";

constexpr const char* kDiffExamples = R"(Examples:
  engram diff old.nwb new.nwb
  engram diff a.nwb.zarr b.nwb.zarr --json
  engram diff run1.h5 run2.h5 --relative 1e-6            numbers may differ a little
  engram diff a.nwb b.nwb.zip --quiet && echo same
For a conversion and its source use engram verify, which knows what Zarr can't hold.)";

constexpr const char* kVerifyAbout =
    R"(Check that RESULT holds everything that SOURCE does: every value, attribute, link and reference is read from both and
compared. RESULT is what engram convert made of SOURCE, with whatever options.

What Zarr or hdmf-zarr can't hold as it was (engram convert warns of it) is compared as it had to be written, and listed
as "allowed". Everything else that differs is a difference, also metadata that .zmetadata says otherwise. Exit status 0
when all is there, 1 when something differs.)";

constexpr const char* kVerifyExamples = R"(Examples:
  engram verify session.nwb session.nwb.zarr
  engram verify session.nwb session.nwb.zarr --json
  engram verify a.nwb a.nwb.zarr --external link         as it was converted
  engram convert in.nwb out.zarr && engram verify in.nwb out.zarr --quiet && rm in.nwb)";

struct CompareChoices {
  std::string a, b, memory = "512M", progress = "auto";
  bool json = false, quiet = false;
  CompareOptions compare;
};

ProgressDisplay::Kind compare_display(const CompareChoices& choices) {
  using Kind = ProgressDisplay::Kind;
  if (choices.progress == "json") return Kind::json;
  if (choices.progress == "none" || choices.quiet || !is_terminal()) return Kind::none;
  return Kind::bar;
}

void print_lines(const CompareReport& report, Output& output) {
  for (const Difference& difference : report.listed) {
    output.buffer() += fmt::format("{} {}: {}\n", to_string(difference.kind),
                                   printable(difference.path), printable(difference.text));
    output.flush_if_large();
  }
  if (report.differences > report.listed.size())
    output.buffer() +=
        fmt::format("{} more differences\n", report.differences - report.listed.size());
  const std::size_t shown = std::min(report.notices.size(), kShownAllowed);
  for (std::size_t i = 0; i < shown; ++i) {
    const backend::Notice& notice = report.notices[i];
    output.buffer() += fmt::format("{} {}: {}\n", report.conversion ? "allowed" : "notice",
                                   printable(notice.path), printable(notice.text));
  }
  if (report.notices.size() > shown)
    output.buffer() +=
        fmt::format("{} more of these; --json lists all\n", report.notices.size() - shown);
  output.buffer() += summary(report) + "\n";
}

int compare_in_child(CompareChoices choices, const Heartbeat& heartbeat, std::stop_token stop) {
  ProgressDisplay display(compare_display(choices));
  choices.compare.stop = std::move(stop);
  choices.compare.on_progress = [&](const Progress& progress) {
    heartbeat.beat(progress.path);
    display.show(progress);
  };
  const CompareReport report = compare(choices.a, choices.b, choices.compare);
  display.clear();
  Output output(heartbeat);
  if (choices.json) {
    output.buffer() += dump_json(to_json(report), JsonStyle::line) + "\n";
  } else if (!choices.quiet) {
    print_lines(report, output);
  }
  output.flush();
  return report.is_equal() ? 0 : 1;
}

void add_common_options(CLI::App& command, const std::shared_ptr<CompareChoices>& choices) {
  CompareOptions& options = choices->compare;
  command
      .add_option(
          "--external", options.external,
          options.conversion
              ? "What engram convert was told to do with what lies in other files (copy)"
              : "What lies in other files: copy: is compared as if it lay where the link is "
                "(default); link: links are compared; error: is refused")
      ->option_text("copy|link|error")
      ->transform(CLI::CheckedTransformer(external_choices()));
  add_allow_external(command, options.allow_external);
  command
      .add_option("--max", options.max_differences,
                  "So many differences are listed (1000); all are counted")
      ->option_text("N");
  command.add_option("--memory", choices->memory, "What may be held beside metadata (512M)")
      ->option_text("SIZE");
  command.add_option("--threads", options.threads, "Threads (one a core)")
      ->option_text("N")
      ->check(CLI::Range(0U, 1024U));
  command
      .add_option("--progress", choices->progress,
                  "auto: a bar when standard error is a terminal (default); json: a JSON object a "
                  "line; none")
      ->option_text("auto|json|none")
      ->check(CLI::IsMember({"auto", "json", "none"}));
  command.add_flag("--quiet,-q", choices->quiet, "Print errors only: the exit status says it");
  command.add_flag("--json", choices->json, "Print the whole report as JSON");
}

void run_when_chosen(CLI::App& command, const std::shared_ptr<CompareChoices>& choices,
                     Command& chosen) {
  command.callback([choices, &chosen] {
    choices->compare.memory = parse_size(choices->memory);
    prints_about(chosen, choices->a + " and " + choices->b);
    const std::uint64_t sizes = file_size(choices->a) + file_size(choices->b);
    chosen.supervision.patience = patience_for(sizes + choices->compare.memory);
    chosen.supervision.address_space = address_space_for(choices->compare.memory);
    chosen.run = [choices](const Heartbeat& heartbeat, std::stop_token stop) {
      return compare_in_child(*choices, heartbeat, std::move(stop));
    };
  });
}

}  // namespace

void add_diff_command(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("diff", kDiffAbout);
  command->footer(kDiffExamples);
  const auto choices = std::make_shared<CompareChoices>();
  command->add_option("A", choices->a, "An HDF5 file, or a Zarr directory, zip file or URL")
      ->required();
  command->add_option("B", choices->b, "The same")->required();
  command
      ->add_option("--absolute", choices->compare.absolute,
                   "Numbers a and b are equal where |a - b| <= ABSOLUTE + RELATIVE * |b| (0: bit "
                   "for bit)")
      ->option_text("ABSOLUTE")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--relative", choices->compare.relative, "See --absolute (0)")
      ->option_text("RELATIVE")
      ->check(CLI::NonNegativeNumber);
  add_common_options(*command, choices);
  run_when_chosen(*command, choices, chosen);
}

void add_verify_command(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("verify", kVerifyAbout);
  command->footer(kVerifyExamples);
  const auto choices = std::make_shared<CompareChoices>();
  choices->compare.conversion = true;
  command->add_option("SOURCE", choices->a, "The HDF5 file or Zarr store that was converted")
      ->required();
  command->add_option("RESULT", choices->b, "The Zarr store that came of it")->required();
  add_common_options(*command, choices);
  run_when_chosen(*command, choices, chosen);
}

}  // namespace engram::cli
