#include <memory>
#include <string>

#include "converters/cli/command.hpp"
#include "engram/store/open_store.hpp"
#include "engram/zarr/consolidated.hpp"

namespace engram::cli {
namespace {

constexpr const char* kConsolidateAbout =
    R"(Gather all metadata of a Zarr store in one file, .zmetadata, or zarr.json of Zarr v3, from which others open the store at once.

What was there under that name is replaced, whole. Nothing is printed.)";

constexpr const char* kConsolidateExamples = R"(Examples:
  engram consolidate session.nwb.zarr
  engram tree session.nwb.zarr --consolidated     # is it current?)";

}  // namespace

void add_consolidate_command(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("consolidate", kConsolidateAbout);
  command->footer(kConsolidateExamples);
  const auto path = std::make_shared<std::string>();
  command->add_option("STORE", *path, "A Zarr directory or zip file")->required();
  command->callback([path, &chosen] {
    chosen.source = *path;
    chosen.consequence = "the metadata may not be consolidated";
    chosen.supervision.patience = patience_for(file_size(*path));
    chosen.supervision.address_space = address_space_for(kUsualMemory);
    chosen.run = [path](const Heartbeat& heartbeat, const std::stop_token&) {
      const auto store = store::update_store(*path);
      heartbeat.beat(*path);
      zarr::consolidate(*store);
      store->finish();
      return 0;
    };
  });
}

}  // namespace engram::cli
