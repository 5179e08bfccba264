#include "converters/cli/command.hpp"

#include <fmt/format.h>

#include <boost/filesystem.hpp>
#include <csignal>
#include <new>
#include <optional>
#include <system_error>

#include "converters/cli/terminal.hpp"
#include "converters/publish.hpp"
#include "converters/unfinished.hpp"
#include "engram/base/error.hpp"

namespace engram::cli {
namespace {

constexpr double kSlowestBytesPerSecond = 1e6;
// Room beside the budget: metadata, code, threads' stacks, and a chunk that is larger than any
// budget.
constexpr std::uint64_t kSpareAddressSpace = 12ULL << 30;

int fail(std::string_view text, int status, const OnFailure& failed) {
  print_message("error", text);
  // Whatever it throws adds to what went wrong, and does not take its place.
  if (failed) (void)guarded([&] { return failed(status, text), status; });
  return status;
}

// By itself, as it was asked to.
bool was_stopped(const Outcome& outcome) {
  return outcome.kind == Outcome::Kind::exited &&
         outcome.status == static_cast<int>(ErrorCode::cancelled);
}

// Tidies up after a child that did not end by itself, and says what became of its work. What was
// stopped may go on; what died of the file would die again.
std::string consequence(const Command& command, const Outcome& outcome,
                        const std::optional<converter::PartIdentity>& before) {
  if (command.target.empty()) return command.consequence;
  const bool stopped = outcome.kind == Outcome::Kind::cancelled ||
                       outcome.kind == Outcome::Kind::killed || was_stopped(outcome);
  const auto part = converter::part_name(command.target);
  if (stopped && converter::is_resumable(part)) {
    return fmt::format("what is done is kept in {}: the same command with --resume goes on", part);
  }
  (void)converter::remove_leftover(command.target, before);
  return command.consequence;
}

}  // namespace

int guarded(const std::function<int()>& work, const OnFailure& failed) {
  try {
    return work();
  } catch (const Error& error) {
    return fail(error.what(), static_cast<int>(error.code()), failed);
  } catch (const std::bad_alloc&) {
    return fail(
        "there is not enough memory for what the file asks for; a smaller --memory or fewer "
        "--threads may help",
        static_cast<int>(ErrorCode::limit_exceeded), failed);
  } catch (const std::system_error& error) {
    return fail(error.what(), static_cast<int>(ErrorCode::io_error), failed);
  } catch (const std::exception& error) {
    return fail(fmt::format("this is a bug in engram, please report it: {}", error.what()),
                kInternalError, failed);
  }
}

const std::map<std::string, backend::ExternalLinks>& external_choices() {
  static const std::map<std::string, backend::ExternalLinks> choices{
      {"copy", backend::ExternalLinks::copy},
      {"link", backend::ExternalLinks::link},
      {"error", backend::ExternalLinks::refuse}};
  return choices;
}

void add_allow_external(CLI::App& command, std::vector<std::string>& directories) {
  command
      .add_option("--allow-external", directories,
                  "Read other files (external links, storage, virtual datasets) that lie in DIR, "
                  "too; else only those in the directory of the file itself, or below it; may be "
                  "given several times")
      ->option_text("DIR")
      ->allow_extra_args(false)
      ->take_all();
}

void prints_about(Command& command, const std::string& path) {
  command.source = path;
  command.consequence = "the output is not complete";
  command.supervision.patience = patience_for(file_size(path));
  command.supervision.address_space = address_space_for(kUsualMemory);
  command.supervision.dies_of_closed_pipe = true;
}

int run_command(const Command& command) {
  const auto before = converter::part_identity(command.target);
  const bool bar = is_terminal();
  const auto work = [&](const Heartbeat& heartbeat, std::stop_token stop) {
    // That it was stopped the parent tells, which knows by what.
    const auto failed = [&](int status, std::string_view text) {
      if (command.failed && status != static_cast<int>(ErrorCode::cancelled))
        command.failed(status, text);
    };
    return guarded([&] { return command.run(heartbeat, stop); }, failed);
  };
  std::optional<Outcome> outcome;
  const int failed = guarded(
      [&] {
        outcome = supervise(work, command.supervision);
        return 0;
      },
      command.failed);
  if (!outcome) return failed;
  if (was_stopped(*outcome)) {
    const auto text = consequence(command, *outcome, before);
    if (command.failed) command.failed(exit_status(*outcome), text);
    return exit_status(*outcome);
  }
  if (outcome->kind == Outcome::Kind::exited) {
    // A child that ran out of memory may have had none left to tidy up.
    if (outcome->status != 0 && !command.target.empty() &&
        !converter::is_resumable(converter::part_name(command.target)))
      (void)converter::remove_leftover(command.target, before);
    return exit_status(*outcome);
  }
  if (outcome->kind == Outcome::Kind::closed_pipe) {
    // As if there had been no child.
    std::signal(SIGPIPE, SIG_DFL);
    (void)::raise(SIGPIPE);
  }
  if (bar) clear_line();
  return fail(describe(*outcome, command.source, consequence(command, *outcome, before)),
              exit_status(*outcome), command.failed);
}

double patience_for(std::uint64_t bytes) {
  return Supervision{}.patience + static_cast<double>(bytes) / kSlowestBytesPerSecond;
}

std::uint64_t file_size(const std::string& path) noexcept {
  boost::system::error_code error;
  const auto size = boost::filesystem::file_size(path, error);
  return error ? 0 : size;
}

std::uint64_t address_space_for(std::uint64_t memory) {
  return memory > ~std::uint64_t{0} - kSpareAddressSpace ? 0 : memory + kSpareAddressSpace;
}

}  // namespace engram::cli
