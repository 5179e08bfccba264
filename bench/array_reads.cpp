// Reads an array of a Zarr v2 store as bench/reading asks, and says how long it took; nothing but
// engram's public headers.
//
// engram_array_reads STORE ARRAY THREADS REPEATS [unchecked]: of STDIN each line is a list of
// regions as JSON, [[[origin...], [shape...]], ...], of which all are read, one after another. For
// each line one comes out:
// {"seconds": [one a repeat], "sum": of all bytes}. Opening is part of the first repeat of the
// first line only. "unchecked": parts of chunks are decoded only as far as they are wanted.
//
// engram_array_reads --list STORE REPEATS: opens the store and reads the metadata of all that is in
// it: {"seconds": [one a repeat], "nodes": groups and arrays}.
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "engram/base/buffer.hpp"
#include "engram/base/json.hpp"
#include "engram/base/thread_pool.hpp"
#include "engram/store/open_store.hpp"
#include "engram/zarr/array.hpp"
#include "engram/zarr/hierarchy.hpp"

namespace {

using engram::Json;
using engram::Region;
using Clock = std::chrono::steady_clock;

std::uint64_t count_nodes(const engram::zarr::Node& node) {
  std::uint64_t count = 1;
  for (const engram::zarr::Node& child : node.children) count += count_nodes(child);
  return count;
}

void list(const char* path, int repeats) {
  Json seconds = Json::array();
  std::uint64_t nodes = 0;
  for (int i = 0; i < repeats; ++i) {
    const auto start = Clock::now();
    const auto store = engram::store::open_store(path);
    nodes = count_nodes(engram::zarr::read_hierarchy(*store));
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::cout << engram::dump_json({{"seconds", seconds}, {"nodes", nodes}}, engram::JsonStyle::line)
            << std::endl;
}

int run(int count, char** words) {
  if (count == 4 && words[1] == std::string("--list")) {
    list(words[2], std::stoi(words[3]));
    return 0;
  }
  if (count != 5 && (count != 6 || words[5] != std::string("unchecked"))) {
    std::cerr << "usage: engram_array_reads STORE ARRAY THREADS REPEATS [unchecked]\n"
                 "       engram_array_reads --list STORE REPEATS\n";
    return 2;
  }
  const int repeats = std::stoi(words[4]);
  auto start = Clock::now();
  engram::ThreadPool pool(std::stoul(words[3]));
  const auto store = engram::store::open_store(words[1]);
  auto array = engram::zarr::Array::open(store, words[2]);
  array.set_check_parts(count == 5);
  const auto size_of = [&](const Region& region) {
    return engram::element_count(region.shape) * array.metadata().type.size;
  };
  for (std::string line; std::getline(std::cin, line);) {
    std::vector<Region> regions;
    for (const Json& region : engram::parse_json(line))
      regions.push_back({region.at(0).get<engram::Shape>(), region.at(1).get<engram::Shape>()});
    Json seconds = Json::array();
    std::uint64_t sum = 0;
    for (int i = 0; i < repeats; ++i) {
      std::vector<engram::Buffer> parts;
      std::vector<engram::zarr::RegionBuffer> wanted;
      for (const Region& region : regions)
        wanted.push_back({region, parts.emplace_back(size_of(region)).bytes()});
      array.read(wanted, {.pool = &pool});
      seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
      sum = 0;
      for (const engram::Buffer& part : parts)
        for (const std::byte b : part.bytes()) sum += std::to_integer<std::uint64_t>(b);
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
