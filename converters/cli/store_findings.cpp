#include "converters/cli/store_findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "engram/base/error.hpp"
#include "engram/base/limits.hpp"
#include "engram/zarr/consolidated.hpp"

namespace engram::cli {
namespace {

using hdmf::Finding;
using Severity = Finding::Severity;
using Kind = Finding::Kind;

// DANDI refuses a Zarr whose files lie deeper; a chunk's file lies in its array's directory.
constexpr std::size_t kDeepest = 7;
// Each file of a Zarr store goes to DANDI in one PUT, for which S3 takes 5 GiB; any other file goes
// in parts, which may come to 5 TiB.
constexpr std::uint64_t kLargestChunk = 5ULL << 30;
constexpr std::uint64_t kLargestFile = 5ULL << 40;
// What Windows can't hold in a name.
constexpr std::string_view kForbidden = "<>:\"|?*";

void check_name(const std::string& name, const std::string& path, std::vector<Finding>& out) {
  const bool is_odd = name.find_first_of(kForbidden) != std::string::npos || name.ends_with('.') ||
                      name.ends_with(' ') || std::any_of(name.begin(), name.end(), [](char c) {
                        return static_cast<unsigned char>(c) < 0x20U;
                      });
  if (is_odd)
    out.push_back({Severity::warning, Kind::not_portable, path, "",
                   "has a name that not every file system can hold"});
}

void check_places(const hdmf::GroupBuilder& group, const std::string& path, std::size_t depth,
                  std::vector<Finding>& out) {
  for (const hdmf::DatasetBuilder& dataset : group.datasets) {
    const std::string place = hdmf::join_path(path, dataset.name);
    check_name(dataset.name, place, out);
    if (depth + 2 > kDeepest)
      out.push_back(
          {Severity::warning, Kind::not_portable, place, "",
           fmt::format("has its chunks {} levels deep; DANDI takes {}", depth + 2, kDeepest)});
  }
  for (const hdmf::GroupBuilder& child : group.groups) {
    const std::string place = hdmf::join_path(path, child.name);
    check_name(child.name, place, out);
    check_places(child, place, depth + 1, out);
  }
}

void too_large(const std::string& what, std::uint64_t size, std::uint64_t limit,
               std::vector<Finding>& out) {
  out.push_back({Severity::warning, Kind::not_portable, what, "",
                 fmt::format("has {} bytes; DANDI takes up to {} in one {}", size, limit,
                             limit == kLargestFile ? "file" : "file of a Zarr store")});
}

// Each file below `prefix`, of every array.
void check_sizes(const store::ReadableStore& store, const std::string& prefix, std::uint32_t depth,
                 std::vector<Finding>& out) {
  const store::Listing listing = store.list_dir(prefix);
  const std::string above = prefix.empty() ? "" : prefix + "/";
  for (const std::string& name : listing.keys) {
    const auto size = store.size(store::Key(above + name));
    if (size && *size > kLargestChunk)
      too_large(fmt::format("/{}{}", above, name), *size, kLargestChunk, out);
  }
  if (depth == 0) return;
  for (const std::string& name : listing.prefixes) check_sizes(store, above + name, depth - 1, out);
}

void check_consolidated(const store::ReadableStore& store, std::vector<Finding>& out) {
  const zarr::ConsolidatedCheck check = zarr::check_consolidated(store);
  if (!check.exists) {
    out.push_back(
        {Severity::warning, Kind::not_portable, "/" + check.key, "",
         check.key == "zarr.json"
             ? "has no consolidated metadata: the store opens slowly from afar"
             : "is missing: the store opens slowly from afar; engram consolidate writes it"});
    return;
  }
  for (const auto& [keys, text] :
       {std::pair(&check.stale, std::string("says something else than the file")),
        std::pair(&check.missing, "is missing in " + check.key),
        std::pair(&check.superfluous,
                  fmt::format("is in {}, but there is no such file", check.key))})
    for (const std::string& key : *keys)
      out.push_back({Severity::error, Kind::wrong_value, "/" + key, "", text});
}

}  // namespace

std::vector<Finding> notice_findings(const Source& source) {
  std::vector<Finding> out;
  for (const backend::Notice& notice : source.notices) {
    if (notice.kind == backend::Notice::Kind::changed) continue;
    const bool is_dangling = notice.kind == backend::Notice::Kind::dangling;
    out.push_back({is_dangling ? Severity::error : Severity::warning,
                   is_dangling ? Kind::dangling : Kind::not_portable, notice.path, "",
                   notice.text});
  }
  return out;
}

std::vector<Finding> store_findings(const Source& source, const std::string& path) {
  std::vector<Finding> out;
  if (!source.store) {
    std::error_code failed;
    const std::uint64_t size = std::filesystem::file_size(path, failed);
    if (!failed && size > kLargestFile) too_large("/", size, kLargestFile, out);
    return out;
  }
  check_consolidated(*source.store, out);
  check_places(source.tree, "/", 0, out);
  try {
    check_sizes(*source.store, "", Limits{}.max_depth, out);
  } catch (const Error& error) {
    // A web server lists nothing, so that sizes of chunks are not known.
    if (error.code() != ErrorCode::unsupported) throw;
  }
  return out;
}

}  // namespace engram::cli
