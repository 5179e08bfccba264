#include "converters/cli/supervise.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "converters/cli/command.hpp"
#include "engram/base/error.hpp"
#include "testing/sanitizer.hpp"
#include "testing/temp_dir.hpp"

namespace engram::cli {
namespace {

using Kind = Outcome::Kind;
using std::chrono::milliseconds;

void burn(milliseconds cpu_time) {
  const auto end = std::clock() + cpu_time.count() * CLOCKS_PER_SEC / 1000;
  while (std::clock() < end) {
  }
}

// A signal as HDF5 raises it, also where a sanitizer would turn it into an exit.
[[noreturn]] void die_of(int number) {
  std::signal(number, SIG_DFL);
  std::raise(number);
  ::_exit(99);
}

TEST(SuperviseTest, AnEndOfItsOwnIsPassedOn) {
  for (const int status : {0, 5, 70}) {
    const auto outcome = supervise([&](const Heartbeat&, const auto&) { return status; }, {});
    EXPECT_EQ(outcome.kind, Kind::exited);
    EXPECT_EQ(exit_status(outcome), status);
  }
}

TEST(SuperviseTest, ACrashIsReportedWithThePath) {
  for (const int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) {
    const auto outcome = supervise(
        [&](const Heartbeat& heartbeat, const auto&) {
          heartbeat.beat("/first");
          heartbeat.beat("/a\nb");
          heartbeat.beat();
          die_of(number);
          return 0;
        },
        {});
    EXPECT_EQ(outcome.kind, Kind::crashed);
    EXPECT_EQ(outcome.status, number);
    EXPECT_EQ(exit_status(outcome), 5);
    const auto text = describe(outcome, "in.h5", "nothing was written");
    EXPECT_NE(text.find("the HDF5 library failed while reading /a b of in.h5 (signal " +
                        std::to_string(number)),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("nothing was written"), std::string::npos);
  }
}

TEST(SuperviseTest, ALongPathIsCut) {
  const auto outcome = supervise(
      [&](const Heartbeat& heartbeat, const auto&) {
        heartbeat.beat(std::string(100'000, 'x'));
        die_of(SIGSEGV);
        return 0;
      },
      {});
  EXPECT_EQ(outcome.path, std::string(2000, 'x'));
}

TEST(SuperviseTest, AChildThatBurnsTimeInSilenceHangs) {
  Supervision options;
  options.patience = 0.2;
  const auto outcome = supervise(
      [](const Heartbeat& heartbeat, const auto&) {
        heartbeat.beat("/loop");
        burn(milliseconds(20'000));
        return 0;
      },
      options);
  EXPECT_EQ(outcome.kind, Kind::hung);
  EXPECT_EQ(exit_status(outcome), 5);
  EXPECT_EQ(describe(outcome, "in.h5", "nothing was written"),
            "the HDF5 library hangs while reading /loop of in.h5: the file is damaged; nothing was "
            "written");
}

TEST(SuperviseTest, OneThatIsHeardOfDoesNotHang) {
  Supervision options;
  options.patience = 0.4;
  const auto outcome = supervise(
      [](const Heartbeat& heartbeat, const auto&) {
        for (int i = 0; i < 12; ++i) {
          burn(milliseconds(50));
          heartbeat.beat();
        }
        return 7;
      },
      options);
  EXPECT_EQ(outcome.kind, Kind::exited);
  EXPECT_EQ(outcome.status, 7);
}

TEST(SuperviseTest, NeitherDoesOneThatSleepsOrAskedForPatience) {
  Supervision options;
  options.patience = 0.1;
  EXPECT_EQ(supervise(
                [](const Heartbeat&, const auto&) {
                  std::this_thread::sleep_for(milliseconds(400));
                  return 0;
                },
                options)
                .kind,
            Kind::exited);
  EXPECT_EQ(supervise(
                [](const Heartbeat& heartbeat, const auto&) {
                  heartbeat.patience(60);
                  burn(milliseconds(400));
                  return 0;
                },
                options)
                .kind,
            Kind::exited);
}

// Sends `number` to this process once it supervises, `times` times.
class Interruption {
 public:
  Interruption(int number, int times) : child_(::fork()) {
    if (child_ != 0) return;
    for (int i = 0; i < times; ++i) {
      std::this_thread::sleep_for(milliseconds(300));
      ::kill(::getppid(), number);
    }
    ::_exit(0);
  }
  ~Interruption() {
    int status = 0;
    ::waitpid(child_, &status, 0);
  }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

 private:
  pid_t child_;
};

TEST(SuperviseTest, AStopRequestReachesTheChild) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    const Interruption interruption(number, 1);
    const auto outcome = supervise(
        [](const Heartbeat&, const std::stop_token& stop) {
          for (int i = 0; i < 2000 && !stop.stop_requested(); ++i) {
            std::this_thread::sleep_for(milliseconds(10));
          }
          return stop.stop_requested() ? 9 : 0;
        },
        {});
    EXPECT_EQ(outcome.kind, Kind::exited);
    EXPECT_EQ(outcome.stop_signal, number);
    EXPECT_EQ(exit_status(outcome), 128 + number);
  }
}

TEST(SuperviseTest, AChildThatDoesNotListenIsKilled) {
  const auto deaf = [](const Heartbeat&, const auto&) {
    std::this_thread::sleep_for(milliseconds(20'000));
    return 0;
  };
  {
    const Interruption interruption(SIGTERM, 1);
    Supervision options;
    options.grace = 0.2;
    const auto outcome = supervise(deaf, options);
    EXPECT_EQ(outcome.kind, Kind::cancelled);
    EXPECT_EQ(exit_status(outcome), 128 + SIGTERM);
    EXPECT_EQ(describe(outcome, "in.h5", "nothing was written"), "stopped; nothing was written");
  }
  const Interruption interruption(SIGINT, 2);
  EXPECT_EQ(supervise(deaf, {}).kind, Kind::cancelled) << "asked twice means now";
}

TEST(SuperviseTest, KilledFromOutsideIsNotTheFilesFault) {
  const auto outcome = supervise(
      [](const Heartbeat&, const auto&) {
        ::kill(::getpid(), SIGKILL);
        return 0;
      },
      {});
  EXPECT_EQ(outcome.kind, Kind::killed);
  EXPECT_EQ(exit_status(outcome), 8);
}

TEST(SuperviseTest, AClosedPipeEndsAFilterAsUsual) {
  const auto write_to_closed_pipe = [](const Heartbeat&, const auto&) {
    int ends[2];
    if (::pipe(ends) != 0) return 1;
    ::close(ends[0]);
    return ::write(ends[1], "x", 1) == 1 ? 2 : 3;
  };
  Supervision options;
  EXPECT_EQ(supervise(write_to_closed_pipe, options).status, 3) << "an error like any other";
  options.dies_of_closed_pipe = true;
  EXPECT_EQ(supervise(write_to_closed_pipe, options).kind, Kind::closed_pipe);
}

TEST(SuperviseTest, TheChildDiesWithItsParent) {
  const testing::TempDir dir;
  const auto file = dir / "pid";
  const auto parent = ::fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    Supervision options;
    options.grace = 0.2;
    supervise(
        [&](const Heartbeat&, const auto&) {
          std::ofstream(file + ".new") << ::getpid();
          std::filesystem::rename(file + ".new", file);
          std::this_thread::sleep_for(milliseconds(60'000));
          return 0;
        },
        options);
    ::_exit(0);
  }
  pid_t child = 0;
  for (int i = 0; i < 500 && child == 0; ++i) {
    std::this_thread::sleep_for(milliseconds(10));
    std::ifstream(file) >> child;
  }
  ASSERT_GT(child, 0);
  ::kill(parent, SIGKILL);
  int status = 0;
  ::waitpid(parent, &status, 0);
  bool gone = false;
  for (int i = 0; i < 1000 && !gone; ++i) {
    std::this_thread::sleep_for(milliseconds(10));
    // A process that has ended and that nobody has waited for is as good as gone.
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    std::string pid, name, state;
    gone = !(stat >> pid >> name >> state) || state == "Z";
  }
  EXPECT_TRUE(gone);
}

TEST(SuperviseTest, AddressSpaceIsLimited) {
  if (testing::kReservesAddresses) return;  // Nothing is limited there.
  Supervision options;
  options.address_space = 2ULL << 30;
  const auto outcome = supervise(
      [](const Heartbeat&, const auto&) {
        return guarded([] {
          const std::vector<char> too_much(std::size_t{4} << 30);
          return static_cast<int>(too_much[0]);
        });
      },
      options);
  EXPECT_EQ(exit_status(outcome), 7);
}

TEST(GuardedTest, ErrorsBecomeExitStatuses) {
  EXPECT_EQ(guarded([] { return 3; }), 3);
  for (int code = 2; code <= 9; ++code) {
    EXPECT_EQ(guarded([&]() -> int { throw Error(static_cast<ErrorCode>(code), "as planted"); }),
              code);
  }
  EXPECT_EQ(guarded([]() -> int { throw std::bad_alloc(); }), 7);
  EXPECT_EQ(guarded([]() -> int {
              throw std::system_error(std::make_error_code(std::errc::too_many_files_open));
            }),
            8);
  EXPECT_EQ(guarded([]() -> int { throw std::logic_error("as planted"); }), 70);
}

}  // namespace
}  // namespace engram::cli
