#include "converters/progress_meter.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace engram::converter {
namespace {

TEST(ProgressMeterTest, AddsUpAndReportsTheEnd) {
  Progress totals;
  totals.bytes_total = 300;
  totals.chunks_total = 3;
  totals.nodes_total = 1;
  std::vector<Progress> seen;
  ProgressMeter meter([&](const Progress& p) { seen.push_back(p); }, totals);
  meter.add(100, 1, 0, "/a");
  meter.add(200, 2, 1, "/a");
  EXPECT_TRUE(seen.empty()) << "too soon";
  meter.finish();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].bytes_done, 300U);
  EXPECT_EQ(seen[0].bytes_total, 300U);
  EXPECT_EQ(seen[0].chunks_done, 3U);
  EXPECT_EQ(seen[0].nodes_done, 1U);
  EXPECT_EQ(seen[0].path, "");
}

TEST(ProgressMeterTest, AtMostTenTimesASecondAndNeverTwoAtOnce) {
  std::atomic<int> inside{0}, calls{0};
  ProgressMeter meter(
      [&](const Progress& p) {
        EXPECT_EQ(++inside, 1);
        EXPECT_EQ(p.path, "/a");
        ++calls;
        --inside;
      },
      {});
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(450)) {
        meter.add(1, 0, 0, "/a");
      }
    });
  }
  threads.clear();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(calls, 1);
  EXPECT_LE(calls, static_cast<int>(took.count() * 10) + 1);
}

TEST(ProgressMeterTest, WithoutACallbackNothingHappens) {
  ProgressMeter meter({}, {});
  meter.add(1, 1, 1, "/a");
  meter.finish();
}

}  // namespace
}  // namespace engram::converter
