// Namespaces in YAML files.

#include <fmt/format.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <fstream>
#include <set>
#include <utility>

#include "engram/base/error.hpp"
#include "engram/hdmf/spec_source.hpp"

namespace engram::hdmf {
namespace {

namespace fs = boost::filesystem;

// Below a directory that is named; site-packages/hdmf has its schema four deep.
constexpr int kMaxDepth = 6;

Json read_yaml(const fs::path& path, const Limits& limits) try {
  boost::system::error_code failure;
  const std::uint64_t size = fs::file_size(path, failure);
  if (failure)
    throw Error(fs::exists(path) ? ErrorCode::io_error : ErrorCode::not_found,
                fmt::format("can't read the file: {}", failure.message()));
  if (size > limits.max_json_bytes)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("it has {} bytes, above {}", size, limits.max_json_bytes));
  std::string text(static_cast<std::size_t>(size), '\0');
  std::ifstream file(path.string(), std::ios::binary);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file) throw Error(ErrorCode::io_error, "can't read the file");
  return parse_yaml(text, limits);
} catch (Error& error) {
  error.at(path.string());
  throw;
}

// A schema is named by its file, relative to the namespace's, and stays below it.
fs::path schema_path(const fs::path& directory, const std::string& source) {
  const fs::path relative = fs::path(source).lexically_normal();
  if (relative.empty() || relative.is_absolute() || *relative.begin() == "..")
    throw Error(ErrorCode::corrupt_data,
                fmt::format("source \"{}\" is no path below the namespace's directory", source));
  for (const char* ending : {"", ".yaml", ".yml"}) {
    fs::path path = directory / (relative.string() + ending);
    boost::system::error_code ignored;
    if (fs::is_regular_file(path, ignored)) return path;
  }
  return directory / relative;
}

class YamlSource final : public SpecSource {
 public:
  YamlSource(fs::path path, const Limits& limits)
      : path_(std::move(path)), description_(path_.string()), limits_(limits) {}

  const std::string& description() const override { return description_; }
  Json namespaces() const override { return read_yaml(path_, limits_); }
  Json schema(const std::string& source) const override {
    return read_yaml(schema_path(path_.parent_path(), source), limits_);
  }

 private:
  fs::path path_;
  std::string description_;
  Limits limits_;
};

bool is_namespace_file(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with("namespace.yaml") || name.ends_with("namespace.yml");
}

void find_files(const fs::path& directory, std::set<fs::path>& found) {
  boost::system::error_code failure;
  fs::recursive_directory_iterator at(directory, failure), end;
  if (failure)
    throw Error(ErrorCode::io_error, fmt::format("can't list the directory: {}: at {}",
                                                 failure.message(), directory.string()));
  for (; at != end; at.increment(failure)) {
    if (failure) break;
    if (at.depth() >= kMaxDepth) at.disable_recursion_pending();
    if (is_namespace_file(at->path()) && fs::is_regular_file(at->path(), failure))
      found.insert(at->path());
  }
}

}  // namespace

std::vector<std::shared_ptr<const SpecSource>> spec_files(const std::string& path,
                                                          const Limits& limits) {
  boost::system::error_code ignored;
  std::set<fs::path> found;
  if (fs::is_directory(path, ignored)) {
    const fs::path directory = fs::canonical(path, ignored);
    find_files(directory, found);
    if (const fs::path beside = directory.parent_path() / "hdmf";
        directory.filename() == "pynwb" && fs::is_directory(beside, ignored))
      find_files(beside, found);
  } else if (fs::is_regular_file(path, ignored)) {
    found.insert(path);
  }
  if (found.empty())
    throw Error(ErrorCode::not_found,
                fmt::format("{} is neither a namespace file nor a directory with one "
                            "(*namespace.yaml) in it",
                            path));
  std::vector<std::shared_ptr<const SpecSource>> sources;
  sources.reserve(found.size());
  for (const fs::path& file : found)
    sources.push_back(std::make_shared<const YamlSource>(file, limits));
  return sources;
}

}  // namespace engram::hdmf
