// A program of somebody else: converts argv[1] to argv[2] and looks into the result.
#include <engram/engram.hpp>
#include <iostream>

int main(int, char** argv) try {
  const engram::ConvertReport report = engram::convert(argv[1], argv[2]);
  const auto reader = engram::backend::open_reader(argv[2]);
  const std::size_t groups = reader->read_tree().groups.size();
  std::cout << engram::summary(report) << '\n' << groups << " groups at the top\n";
  return groups > 0 && report.datasets > 0 && report.notices.empty() ? 0 : 1;
} catch (const engram::Error& error) {
  std::cerr << error.what() << '\n';
  return static_cast<int>(error.code());
}
