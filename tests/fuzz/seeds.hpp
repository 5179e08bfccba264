#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "engram/base/json.hpp"
#include "fuzz/target.hpp"
#include "testing/corpus.hpp"
#include "testing/source_dir.hpp"

namespace engram::fuzz {

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What numcodecs made of values of all types, under tests/data/codec.
inline const Json& numcodecs_table() {
  static const Json table =
      parse_json(file_text(testing::source_path("tests/data/codec/numcodecs_table.json")));
  return table;
}

/// What other packages' codecs made of movies and recordings, under tests/data/codecs.
inline std::vector<Json> domain_chunks() {
  std::vector<Json> all;
  for (const char* name : {"photon", "wavpack", "flac"}) {
    const std::string path = std::string("tests/data/codecs/") + name + ".json";
    const Json table = parse_json(file_text(testing::source_path(path)));
    all.insert(all.end(), table.at("bytes").begin(), table.at("bytes").end());
  }
  return all;
}

/// Files of the collection, where that is there, whose names end in one of `endings`: at most
/// `most`, spread over all of them, and none that is long.
inline std::vector<std::filesystem::path> corpus_files(
    std::initializer_list<std::string_view> endings, std::size_t most = 100,
    std::size_t longest = 8U << 10U) {
  namespace fs = std::filesystem;
  std::vector<fs::path> found;
  const auto corpus = testing::corpus();
  if (!corpus) return found;
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(*corpus, error);
       !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    const bool wanted = std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) {
      return name.ends_with(ending);
    });
    if (wanted && at->is_regular_file() && at->file_size() <= longest) found.push_back(at->path());
  }
  std::sort(found.begin(), found.end());
  if (found.size() <= most) return found;
  std::vector<fs::path> chosen;
  for (std::size_t i = 0; i < most; ++i) chosen.push_back(found[i * found.size() / most]);
  return chosen;
}

inline std::vector<std::string> corpus_texts(std::initializer_list<std::string_view> endings,
                                             std::size_t most = 100,
                                             std::size_t longest = 8U << 10U) {
  std::vector<std::string> texts;
  for (const auto& path : corpus_files(endings, most, longest)) texts.push_back(file_text(path));
  return texts;
}

}  // namespace engram::fuzz
