#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "converters/cli/command.hpp"
#include "converters/cli/output.hpp"
#include "converters/cli/size_option.hpp"
#include "converters/cli/terminal.hpp"
#include "engram/zarr/migrate.hpp"

namespace engram::cli {
namespace {

constexpr const char* kMigrateAbout =
    R"(Encode anew, in place, the arrays of a Zarr store whose codecs have an older version of their data format.

Metadata keep the version as "codec_version"; data without it are of a codec's oldest. Old data are read for ever, and
reading never changes anything: this is for who wants to be rid of them. Each array is whole or untouched, whatever
happens meanwhile, and each chunk is decoded again to see that it holds what it held.)";

constexpr const char* kMigrateExamples = R"(Examples:
  engram migrate session.nwb.zarr --dry-run
  engram migrate session.nwb.zarr --codec run_lengths
  engram codecs                                  # which versions are read, and which is written)";

struct MigrateChoices {
  std::string store, memory = "512MiB";
  zarr::MigrateOptions migrate;
  bool json = false;
};

std::string as_text(const zarr::MigrateReport& report) {
  std::string text;
  for (const zarr::MigratedArray& each : report.migrated)
    text += fmt::format("{}: {} {} -> {}, {} chunks\n", each.path, each.codec, each.from, each.to,
                        each.chunks);
  return text + summary(report) + "\n";
}

int migrate_in_child(MigrateChoices choices, const Heartbeat& heartbeat, std::stop_token stop) {
  zarr::MigrateOptions& options = choices.migrate;
  options.stop = std::move(stop);
  options.memory = parse_size(choices.memory);
  options.on_array = [&](const std::string& path) { heartbeat.beat(path); };
  const zarr::MigrateReport report = zarr::migrate(choices.store, options);
  for (const std::string& notice : report.notices) print_message("warning", notice);
  Output output(heartbeat);
  output.buffer() +=
      choices.json ? dump_json(to_json(report), JsonStyle::line) + "\n" : as_text(report);
  output.flush();
  return 0;
}

}  // namespace

void add_migrate_command(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("migrate", kMigrateAbout);
  command->footer(kMigrateExamples);
  const auto choices = std::make_shared<MigrateChoices>();
  command->add_option("STORE", choices->store, "A Zarr directory")->required();
  command
      ->add_option("--codec", choices->migrate.codecs,
                   "Only arrays that have the codec NAME; may be given several times")
      ->option_text("NAME");
  command->add_flag("--dry-run", choices->migrate.dry_run,
                    "Say what would be done, and do nothing");
  command->add_flag("--json", choices->json, "Print JSON");
  command->add_option("--threads", choices->migrate.threads, "Threads (one a core)")
      ->option_text("N")
      ->check(CLI::Range(0U, 1024U));
  command->add_option("--memory", choices->memory, "Bytes that chunks may take (512MiB)")
      ->option_text("SIZE");
  command->callback([choices, &chosen] {
    chosen.source = choices->store;
    chosen.consequence = "arrays that were not named are as they were";
    chosen.supervision.patience = patience_for(Limits().max_chunk_bytes);
    chosen.supervision.address_space = address_space_for(parse_size(choices->memory));
    chosen.run = [choices](const Heartbeat& heartbeat, std::stop_token stop) {
      return migrate_in_child(*choices, heartbeat, std::move(stop));
    };
  });
}

}  // namespace engram::cli
