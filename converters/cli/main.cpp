#include <CLI/CLI.hpp>

#include "converters/cli/command.hpp"
#include "converters/cli/plugins.hpp"
#include "converters/cli/terminal.hpp"
#include "engram/base/error.hpp"

namespace {

constexpr const char* kAbout =
    R"(engram stores neurophysiology data, NWB and everything else that HDMF keeps in HDF5, on Zarr.)";

constexpr const char* kFooter = R"(Examples:
  engram convert session.nwb session.nwb.zarr
  engram tree session.nwb.zarr --attrs
  engram cat session.nwb '/acquisition/raw/data[0:10, :4]'
  engram consolidate session.nwb.zarr
  engram schema list /data/main
  engram specs session.nwb --type TimeSeries
  engram validate session.nwb.zarr
  engram checksum session.nwb.zarr
  engram diff old.nwb new.nwb
  engram verify session.nwb session.nwb.zarr
  engram codecs

engram COMMAND --help tells more of each.

Exit status:
  0  done
  1  engram diff, verify or tree --consolidated found differences, or engram validate errors
  2  invalid_argument  a mistake on the command line: a bad path, option or slice
  3  not_found         the file, object or directory that was named is not there
  4  already_exists    the target is there and may not be replaced
  5  corrupt_data      the input is damaged
  6  unsupported       valid input that engram can't decode or represent (the message says what)
  7  limit_exceeded    the input asks for more than is allowed, or memory ran out
  8  io_error          the system refused: permission, full disk, network; a retry may pass
  9  cancelled         stopped by something else than a signal
 70  a bug in engram
130, 143               stopped by Ctrl-C or a signal to end; convert --resume goes on)";

constexpr int kUsage = static_cast<int>(engram::ErrorCode::invalid_argument);

}  // namespace

int main(int argc, char** argv) {
  engram::cli::Command command;
  CLI::App app(kAbout, "engram");
  app.footer(kFooter);
  app.set_version_flag("--version", "engram " ENGRAM_VERSION);
  app.require_subcommand(1);
  engram::cli::add_convert_command(app, command);
  engram::cli::add_checksum_command(app, command);
  engram::cli::add_tree_command(app, command);
  engram::cli::add_cat_command(app, command);
  engram::cli::add_consolidate_command(app, command);
  engram::cli::add_schema_command(app, command);
  engram::cli::add_specs_command(app, command);
  engram::cli::add_validate_command(app, command);
  engram::cli::add_diff_command(app, command);
  engram::cli::add_verify_command(app, command);
  engram::cli::add_codecs_command(app, command);
  engram::cli::add_migrate_command(app, command);
  try {
    // Before options are read: one may name a plugin's codec.
    engram::cli::load_plugins();
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    engram::cli::print_message("error", error.what());
    engram::cli::print_message("hint", "engram --help shows how it is used");
    return kUsage;
  } catch (const engram::Error& error) {
    engram::cli::print_message("error", error.what());
    return static_cast<int>(error.code());
  }
  return engram::cli::run_command(command);
}
