#include <memory>
#include <optional>
#include <string>

#include "converters/cli/command.hpp"
#include "converters/cli/output.hpp"
#include "converters/result_file.hpp"
#include "engram/base/memory_budget.hpp"
#include "engram/base/thread_pool.hpp"
#include "engram/store/checksums.hpp"
#include "engram/store/open_store.hpp"

namespace engram::cli {
namespace {

constexpr const char* kChecksumAbout =
    R"(Print the checksum that the DANDI archive has for a Zarr store, as the Python package zarr-checksum computes it.

It is HEX-COUNT--SIZE: the MD5 of a list of what the store's directory holds, with the MD5 of each file and the like of
each directory in it, the number of files, and their bytes. Files whose names are no keys of a store (which are not UTF-8,
or end as unfinished ones do) don't count, and those behind a symbolic link to a directory do, unlike there.)";

constexpr const char* kChecksumExamples = R"(Examples:
  engram checksum session.nwb.zarr
  engram checksum session.nwb.zarr --manifest session.md5     # one line a file, sorted by name
  cd session.nwb.zarr && md5sum --quiet --check ../session.md5
  engram convert --checksum session.nwb session.nwb.zarr      # computes it while writing)";

struct ChecksumOptions {
  std::string path, manifest;
  unsigned threads = 0;
  bool json = false;
};

std::string result_text(const ChecksumOptions& options, const store::PrefixChecksum& all) {
  if (!options.json) return all.text() + "\n";
  const Json json = {{"store", options.path},
                     {"checksum", all.text()},
                     {"files", all.files},
                     {"bytes", all.bytes}};
  return dump_json(json, JsonStyle::line) + "\n";
}

int checksum_in_child(const ChecksumOptions& options, const Heartbeat& heartbeat,
                      std::stop_token stop) {
  std::optional<converter::ResultFile> manifest;
  if (!options.manifest.empty()) manifest.emplace(options.manifest, options.path, "");
  const auto store = store::open_store(options.path);
  store::Checksums checksums;
  ThreadPool pool(options.threads);
  MemoryBudget budget(kUsualMemory);
  store::add_missing(checksums, *store, pool, budget, std::move(stop),
                     [&](const std::string& key) { heartbeat.beat(key); });
  if (manifest) {
    checksums.write_manifest([&](std::string_view lines) { manifest->write(lines); });
    manifest->publish();
  }
  Output output(heartbeat);
  output.buffer() += result_text(options, checksums.below());
  output.flush();
  return 0;
}

}  // namespace

void add_checksum_command(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("checksum", kChecksumAbout);
  command->footer(kChecksumExamples);
  const auto options = std::make_shared<ChecksumOptions>();
  command->add_option("STORE", options->path, "A Zarr directory or zip file")->required();
  command
      ->add_option("--manifest", options->manifest,
                   "Write the MD5 of each file to FILE, as md5sum prints them; replaced when it is "
                   "there")
      ->option_text("FILE");
  command->add_flag("--json", options->json, "Print JSON");
  command->add_option("--threads", options->threads, "Threads (one a core)")
      ->option_text("N")
      ->check(CLI::Range(0U, 1024U));
  command->callback([options, &chosen] {
    prints_about(chosen, options->path);
    if (!options->manifest.empty()) {
      converter::ResultFile::check(options->manifest, options->path, "");
      chosen.failed = [options](int, std::string_view) {
        converter::ResultFile::remove_leftover(options->manifest);
      };
    }
    chosen.run = [options](const Heartbeat& heartbeat, std::stop_token stop) {
      return checksum_in_child(*options, heartbeat, std::move(stop));
    };
  });
}

}  // namespace engram::cli
