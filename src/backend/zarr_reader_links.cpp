#include "backend/zarr_reader_links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "engram/base/error.hpp"
#include "engram/base/utf8.hpp"
#include "engram/store/key.hpp"

namespace engram::backend {
namespace {

using hdmf::LinkBuilder;

constexpr std::string_view kRound =
    "it leads round in a circle, or through more links than can be followed";

// What became of one link.
struct Settled {
  std::optional<LinkBuilder> link;
  std::string reason;  // Why there is none.
};

// "/a/b" of "a//b/".
std::string tidy(std::string_view path) {
  std::string out;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (end > at) out.append("/").append(path.substr(at, end - at));
    at = end + 1;
  }
  return out.empty() ? "/" : out;
}

class Settler {
 public:
  Settler(hdmf::GroupBuilder& root, const Limits& limits, std::vector<Notice>& notices)
      : limits_(limits), notices_(notices) {
    collect(root, "/");
  }

  void settle(hdmf::GroupBuilder& group, const std::string& path) {
    std::unordered_set<std::string_view> names;
    for (const auto& child : group.groups) names.insert(child.name);
    for (const auto& child : group.datasets) names.insert(child.name);
    std::vector<LinkBuilder> kept;
    kept.reserve(group.links.size());  // `names` has views of what is in it.
    for (LinkBuilder& link : group.links) {
      if (const auto why = store::why_bad_name(link.name); !why.empty()) {
        notice(Notice::Kind::left_out, path, link.name, why);
      } else if (names.contains(link.name)) {
        notice(Notice::Kind::left_out, path, link.name, "its name is taken in the group");
      } else if (Settled settled = settle(link); settled.link) {
        kept.push_back(*std::move(settled.link));
        names.insert(kept.back().name);
      } else {
        notice(Notice::Kind::dangling, path, link.name, settled.reason);
      }
    }
    group.links = std::move(kept);
    for (hdmf::GroupBuilder& child : group.groups) settle(child, hdmf::join_path(path, child.name));
  }

 private:
  void collect(const hdmf::GroupBuilder& group, const std::string& path) {
    paths_.insert(path);
    for (const auto& dataset : group.datasets) paths_.insert(hdmf::join_path(path, dataset.name));
    // Of two links with one name the first counts.
    for (const LinkBuilder& link : group.links)
      links_.emplace(hdmf::join_path(path, link.name), link);
    for (const auto& child : group.groups) collect(child, hdmf::join_path(path, child.name));
  }

  void notice(Notice::Kind kind, const std::string& path, const std::string& name,
              std::string_view why) {
    notices_.push_back(
        {kind, hdmf::join_path(path, printable(name)), fmt::format("link left out: {}", why)});
  }

  // Goes along the path; each link on it is replaced by where it leads.
  Settled settle(const LinkBuilder& link) const {
    if (link.source != ".") return {link, ""};
    std::string path = tidy(link.path);
    for (std::uint32_t hops = 0; !paths_.contains(path); ++hops) {
      if (hops == limits_.max_link_hops) return {std::nullopt, std::string(kRound)};
      const auto [through, rest] = first_link(path);
      if (through == nullptr || rest.size() + through->path.size() > kMaxPath)
        return {std::nullopt, fmt::format("there is nothing at {}", printable(link.path))};
      path = tidy(through->path + std::string(rest));
      if (through->source != ".") return {LinkBuilder{link.name, through->source, path}, ""};
    }
    return {LinkBuilder{link.name, ".", path}, ""};
  }

  // The first link on the way along `path`, and what of the path lies behind it.
  std::pair<const LinkBuilder*, std::string_view> first_link(std::string_view path) const {
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
      const std::string way(path.substr(0, end));
      if (!paths_.contains(way)) {
        const auto found = links_.find(way);
        if (found == links_.end()) return {nullptr, ""};
        return {&found->second, path.substr(way.size())};
      }
      if (end == std::string_view::npos) return {nullptr, ""};
    }
  }

  static constexpr std::size_t kMaxPath = std::size_t{1} << 16U;

  const Limits& limits_;
  std::vector<Notice>& notices_;
  std::unordered_set<std::string> paths_;
  std::unordered_map<std::string, LinkBuilder> links_;
};

bool has_links(const hdmf::GroupBuilder& group) {
  return !group.links.empty() || std::any_of(group.groups.begin(), group.groups.end(), has_links);
}

}  // namespace

void settle_links(hdmf::GroupBuilder& root, const Limits& limits, std::vector<Notice>& notices) {
  if (has_links(root)) Settler(root, limits, notices).settle(root, "/");
}

}  // namespace engram::backend
