// Namespaces in YAML files.

#include <fmt/format.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <map>
#include <system_error>
#include <utility>

#include "base/allowed_places.hpp"
#include "base/posix_file.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/spec_source.hpp"

namespace engram::hdmf {
namespace {

namespace fs = boost::filesystem;

// Below a directory that is named; site-packages/hdmf has its schema four deep.
constexpr int kMaxDepth = 6;

// Reads what lies in `places`: a schema may come from somebody else, and symbolic links with it.
Json read_yaml(const fs::path& path, const AllowedPlaces& places, const Limits& limits) try {
  std::string elsewhere;
  const FileDescriptor file = places.open(path.string(), elsewhere);
  const int reason = errno;
  if (!elsewhere.empty())
    throw Error(ErrorCode::corrupt_data,
                fmt::format("it leads to {}, outside the namespace's directory, and is not opened",
                            elsewhere));
  if (!file.is_open())
    throw Error(reason == ENOENT ? ErrorCode::not_found : ErrorCode::io_error,
                fmt::format("can't read the file: {}", std::generic_category().message(reason)));
  const Bytes bytes = read_up_to(file.get(), 0, limits.max_json_bytes + 1, path.string());
  if (bytes.size() > limits.max_json_bytes)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("it has more than {} bytes", limits.max_json_bytes));
  return parse_yaml(std::string(as_text(bytes)), limits);
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

std::string directory_of(const fs::path& file) {
  return existing_directory(fs::absolute(file).parent_path().string());
}

class YamlSource final : public SpecSource {
 public:
  // The namespace's file lies in `place` or below; its schemas beside it, or below.
  YamlSource(fs::path path, const std::string& place, const Limits& limits)
      : path_(std::move(path)),
        description_(path_.string()),
        namespaces_({place}),
        schemas_({directory_of(path_), directory_of(fs::canonical(path_))}),
        limits_(limits) {}

  const std::string& description() const override { return description_; }
  Json namespaces() const override { return read_yaml(path_, namespaces_, limits_); }
  Json schema(const std::string& source) const override {
    return read_yaml(schema_path(path_.parent_path(), source), schemas_, limits_);
  }

 private:
  fs::path path_;
  std::string description_;
  AllowedPlaces namespaces_, schemas_;
  Limits limits_;
};

bool is_namespace_file(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with("namespace.yaml") || name.ends_with("namespace.yml");
}

void find_files(const fs::path& directory, std::map<fs::path, std::string>& found) {
  boost::system::error_code failure;
  fs::recursive_directory_iterator at(directory, failure), end;
  if (failure)
    throw Error(ErrorCode::io_error, fmt::format("can't list the directory: {}: at {}",
                                                 failure.message(), directory.string()));
  for (; at != end; at.increment(failure)) {
    if (failure) break;
    if (at.depth() >= kMaxDepth) at.disable_recursion_pending();
    if (is_namespace_file(at->path()) && fs::is_regular_file(at->path(), failure))
      found.emplace(at->path(), directory.string());
  }
}

}  // namespace

std::vector<std::shared_ptr<const SpecSource>> spec_files(const std::string& path,
                                                          const Limits& limits) {
  boost::system::error_code ignored;
  std::map<fs::path, std::string> found;  // And the directory that each must lie in.
  if (fs::is_directory(path, ignored)) {
    const fs::path directory = fs::canonical(path, ignored);
    find_files(directory, found);
    if (const fs::path beside = directory.parent_path() / "hdmf";
        directory.filename() == "pynwb" && fs::is_directory(beside, ignored))
      find_files(fs::canonical(beside, ignored), found);
  } else if (fs::is_regular_file(path, ignored)) {
    found.emplace(path, "/");
  }
  if (found.empty())
    throw Error(ErrorCode::not_found,
                fmt::format("{} is neither a namespace file nor a directory with one "
                            "(*namespace.yaml) in it",
                            path));
  std::vector<std::shared_ptr<const SpecSource>> sources;
  sources.reserve(found.size());
  for (const auto& [file, place] : found)
    sources.push_back(std::make_shared<const YamlSource>(file, place, limits));
  return sources;
}

}  // namespace engram::hdmf
