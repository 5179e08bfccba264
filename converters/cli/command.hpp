#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "converters/cli/supervise.hpp"
#include "engram/backend/open.hpp"

namespace engram::cli {

using OnFailure = std::function<void(int status, std::string_view text)>;

/// What the command line asks for, ready to be run in a child.
struct Command {
  std::string source;  ///< What is read, for messages.
  std::string target;  ///< What is written, to tidy up after a crash; empty: nothing.
  std::string consequence = "nothing was written";  ///< Of a crash, for its message.
  Supervision supervision;
  /// Runs in the child. May throw; what it returns is the exit status.
  std::function<int(const Heartbeat&, std::stop_token)> run;
  /// Called with the exit status and what the user was told when run() threw, in the child, or when
  /// the child crashed, in the parent. May throw, which is told too. May be empty.
  OnFailure failed;
};

/// Each adds its subcommand to `app`; when that one is parsed, it fills `chosen`.
void add_checksum_command(CLI::App& app, Command& chosen);
void add_codecs_command(CLI::App& app, Command& chosen);
void add_convert_command(CLI::App& app, Command& chosen);
void add_tree_command(CLI::App& app, Command& chosen);
void add_cat_command(CLI::App& app, Command& chosen);
void add_consolidate_command(CLI::App& app, Command& chosen);
void add_schema_command(CLI::App& app, Command& chosen);
void add_specs_command(CLI::App& app, Command& chosen);
void add_validate_command(CLI::App& app, Command& chosen);
void add_diff_command(CLI::App& app, Command& chosen);
void add_migrate_command(CLI::App& app, Command& chosen);
void add_verify_command(CLI::App& app, Command& chosen);

/// What --external can be told.
const std::map<std::string, backend::ExternalLinks>& external_choices();

/// Adds the option `--allow-external`, whose values go to `directories`, which must live as long as
/// `command`.
void add_allow_external(CLI::App& command, std::vector<std::string>& directories);

/// Makes `command` one that prints what it finds in the file or store at `path`, and writes
/// nothing.
void prints_about(Command& command, const std::string& path);

/// Runs `command` in a child, says on the standard error stream what went wrong, and returns the
/// exit status.
int run_command(const Command& command);

/// Runs `work` and turns what it throws into a message on the standard error stream and an exit
/// status: the number of the ErrorCode; 70 for what should never be thrown. Both go to `failed`,
/// unless it is empty.
int guarded(const std::function<int()>& work, const OnFailure& failed = nullptr);

/// The seconds of CPU time that `bytes` may take in one step of which nothing is heard: reading the
/// metadata of a file of that size, or encoding a chunk. Slower than that is a hang.
double patience_for(std::uint64_t bytes);

/// The size of the file at `path`; 0 when there is none or it is a directory.
std::uint64_t file_size(const std::string& path) noexcept;

/// What a command that has no --memory may hold beside metadata.
inline constexpr std::uint64_t kUsualMemory = 512ULL << 20;

/// The address space of a child whose work may hold `memory` bytes: what damaged files make the
/// HDF5 library ask for is beyond.
std::uint64_t address_space_for(std::uint64_t memory);

}  // namespace engram::cli
