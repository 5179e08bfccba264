// Reads an array of a Zarr v2 store as bench/reading asks, and says how long it took; nothing but
// engram's public headers.
//
// engram_array_reads STORE ARRAY THREADS REPEATS: of STDIN each line is a list of regions as JSON,
// [[[origin...], [shape...]], ...], of which all are read, one after another. For each line one
// comes out:
// {"seconds": [one a repeat], "sum": of all bytes}. Opening is part of the first repeat of the
// first line only.
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "engram/base/json.hpp"
#include "engram/base/thread_pool.hpp"
#include "engram/store/open_store.hpp"
#include "engram/zarr/array.hpp"

namespace {

using engram::Json;
using engram::Region;
using Clock = std::chrono::steady_clock;

int run(int count, char** words) {
  if (count != 5) {
    std::cerr << "usage: engram_array_reads STORE ARRAY THREADS REPEATS\n";
    return 2;
  }
  const int repeats = std::stoi(words[4]);
  auto start = Clock::now();
  engram::ThreadPool pool(std::stoul(words[3]));
  const auto store = engram::store::open_store(words[1]);
  const auto array = engram::zarr::Array::open(store, words[2]);
  for (std::string line; std::getline(std::cin, line);) {
    std::vector<Region> regions;
    for (const Json& region : engram::parse_json(line))
      regions.push_back({region.at(0).get<engram::Shape>(), region.at(1).get<engram::Shape>()});
    Json seconds = Json::array();
    std::uint64_t sum = 0;
    for (int i = 0; i < repeats; ++i) {
      std::vector<engram::Bytes> parts;
      for (const Region& region : regions)
        parts.push_back(array.read_bytes(region, {.pool = &pool}));
      seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
      sum = 0;
      for (const engram::Bytes& part : parts)
        for (const std::byte b : part) sum += std::to_integer<std::uint64_t>(b);
      parts.clear();
      start = Clock::now();
    }
    std::cout << engram::dump_json({{"seconds", seconds}, {"sum", sum}}, engram::JsonStyle::line)
              << std::endl;
    start = Clock::now();
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  try {
    return run(count, words);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
