// Runs a fuzz target without libFuzzer: on files, on the target's seeds, and on inputs that are
// made of the seeds. Each is one case; one that crashes, throws anything but engram::Error, takes
// too long or too much memory is a fault, and is said so with the way to run it again.
//
//   PROGRAM [--cases N] [--seconds T] [--series S] [--case K [--save FILE]] [FILE or DIRECTORY]...
//
// With --seconds it ends after that time, however many cases are left.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/memory.hpp"
#include "fuzz/mutate.hpp"
#include "fuzz/seeds.hpp"
#include "fuzz/target.hpp"

namespace engram::fuzz {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kMostTime{2};
constexpr unsigned kHangs = 30;  ///< Seconds after which a case is not waited for.

struct Options {
  std::uint32_t cases = 2000, series = 1;
  std::optional<std::uint32_t> seconds;
  std::optional<std::uint32_t> only;
  std::string save;
  std::vector<std::filesystem::path> files;
};

// What is running, for the handler of signals.
char running[512] = "";

void say_what_ran(int signal) {
  char text[600] = "";
  const int size = std::snprintf(text, sizeof text, "fault (signal %d) in %s\n", signal, running);
  [[maybe_unused]] const auto written = ::write(2, text, static_cast<std::size_t>(size));
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

struct Totals {
  std::uint64_t cases = 0, faults = 0;
  std::size_t most_memory = 0;
  Clock::duration longest{};
};

void run(const std::string& input, const std::string& name, Totals& totals) {
  std::snprintf(running, sizeof running, "%s", name.c_str());
  // In memory of its own size, so that a sanitizer sees the first byte too many.
  const std::vector<std::uint8_t> exact(input.begin(), input.end());
  std::string fault;
  const auto begin = Clock::now();
  ::alarm(kHangs);
  watch_memory(most_memory());
  try {
    ::LLVMFuzzerTestOneInput(exact.data(), exact.size());
  } catch (const std::exception& error) {
    fault = error.what();
  }
  totals.most_memory = std::max(totals.most_memory, end_watch());
  ::alarm(0);
  const auto took = Clock::now() - begin;
  totals.longest = std::max(totals.longest, took);
  ++totals.cases;
  if (fault.empty() && took > kMostTime) fault = "it takes more than 2 s";
  if (fault.empty()) return;
  ++totals.faults;
  std::fprintf(stderr, "fault in %s: %s\n", name.c_str(), fault.c_str());
}

std::uint32_t number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::invalid_argument("no number: " + std::string(text));
  return value;
}

Options parse(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!word.starts_with("--")) {
      options.files.emplace_back(word);
      continue;
    }
    if (++i == words.size()) throw std::invalid_argument(word + " needs a value");
    if (word == "--cases") {
      options.cases = number(words[i]);
    } else if (word == "--seconds") {
      options.seconds = number(words[i]);
    } else if (word == "--series") {
      options.series = number(words[i]);
    } else if (word == "--case") {
      options.only = number(words[i]);
    } else if (word == "--save") {
      options.save = words[i];
    } else {
      throw std::invalid_argument("not known: " + word);
    }
  }
  return options;
}

void run_files(const std::vector<std::filesystem::path>& paths, Totals& totals) {
  for (const auto& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      run(file_text(path), path.string(), totals);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
      if (entry.is_regular_file()) run(file_text(entry.path()), entry.path().string(), totals);
  }
}

int main_of(const std::string& program, const Options& options) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM})
    ::signal(signal, say_what_ran);
  const std::vector<std::string> made = seeds();
  if (made.empty()) throw std::logic_error("the target has no seeds");
  Totals totals;
  const auto begin = Clock::now();
  const auto run_case = [&](std::uint32_t at) {
    const std::string input = make_case(made, options.series, at);
    if (!options.save.empty()) std::ofstream(options.save, std::ios::binary) << input;
    run(input,
        program + " --series " + std::to_string(options.series) + " --case " + std::to_string(at),
        totals);
  };
  if (options.only) {
    run_case(*options.only);
  } else {
    run_files(options.files, totals);
    for (std::size_t i = 0; i < made.size(); ++i) run(made[i], "seed " + std::to_string(i), totals);
    const auto is_over = [&] {
      return options.seconds && Clock::now() - begin >= std::chrono::seconds(*options.seconds);
    };
    for (std::uint32_t at = 0; at < options.cases && !is_over(); ++at) run_case(at);
  }
  using Seconds = std::chrono::duration<double>;
  const auto count = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "%llu cases of %zu seeds in %.1f s, %llu faults; at most %.3f s and %.1f MiB; %llu answers, "
      "%llu refusals\n",
      count(totals.cases), made.size(), Seconds(Clock::now() - begin).count(), count(totals.faults),
      Seconds(totals.longest).count(), static_cast<double>(totals.most_memory) / (1U << 20U),
      count(answers.given), count(answers.refused));
  return totals.faults == 0 ? 0 : 1;
}

}  // namespace
}  // namespace engram::fuzz

int main(int count, char** words) try {
  return engram::fuzz::main_of(words[0], engram::fuzz::parse({words + 1, words + count}));
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 2;
}
