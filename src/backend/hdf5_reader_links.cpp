#include "backend/hdf5_reader_links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "engram/hdmf/builder.hpp"

namespace engram::backend {
namespace {

struct Collected {
  std::vector<Hdf5Link> links;
  std::uint64_t max_count;
  bool too_many = false;
};

Hdf5Link::Kind kind_of(H5L_type_t type) {
  switch (type) {
    case H5L_TYPE_HARD:
      return Hdf5Link::Kind::hard;
    case H5L_TYPE_SOFT:
      return Hdf5Link::Kind::soft;
    case H5L_TYPE_EXTERNAL:
      return Hdf5Link::Kind::external;
    default:
      return Hdf5Link::Kind::other;
  }
}

// Called from C: nothing may be thrown.
herr_t add_link(hid_t, const char* name, const H5L_info_t* info, void* collected) {
  auto& to = *static_cast<Collected*>(collected);
  if (to.links.size() == to.max_count) {
    to.too_many = true;
    return -1;
  }
  try {
    const Hdf5Link::Kind kind = kind_of(info->type);
    to.links.push_back({name, kind, kind == Hdf5Link::Kind::hard ? info->u.address : 0});
    return 0;
  } catch (const std::exception&) {
    return -1;
  }
}

}  // namespace

std::vector<Hdf5Link> list_links(hdf5::Id group, std::uint64_t known, std::uint64_t max_count) {
  const hdf5::Locked locked;
  Collected collected{{}, max_count - known};
  const herr_t result =
      H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, add_link, &collected);
  if (collected.too_many) {
    H5Eclear2(H5E_DEFAULT);
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("the file has more than {} groups, datasets and links", max_count));
  }
  hdf5::check(result, "list the links of a group");
  std::sort(collected.links.begin(), collected.links.end(),
            [](const Hdf5Link& a, const Hdf5Link& b) { return a.name < b.name; });
  return std::move(collected.links);
}

hdf5::Handle link_access(std::uint32_t max_hops) {
  const hdf5::Locked locked;
  hdf5::Handle properties = hdf5::own(H5Pcreate(H5P_LINK_ACCESS), "make link properties");
  hdf5::check(H5Pset_nlinks(properties.id(), max_hops), "limit the links of a chain");
  hdf5::check(H5Pset_elink_acc_flags(properties.id(), H5F_ACC_RDONLY), "open links for reading");
  return properties;
}

std::string link_target_text(hdf5::Id group, const std::string& name) {
  const hdf5::Locked locked;
  H5L_info_t info{};
  if (H5Lget_info(group, name.c_str(), &info, H5P_DEFAULT) < 0 || info.u.val_size == 0) return "?";
  std::string value(info.u.val_size, '\0');
  if (H5Lget_val(group, name.c_str(), value.data(), value.size(), H5P_DEFAULT) < 0) return "?";
  if (info.type == H5L_TYPE_SOFT) return value.c_str();
  const char* file = nullptr;
  const char* path = nullptr;
  if (H5Lunpack_elink_val(value.data(), value.size(), nullptr, &file, &path) < 0) return "?";
  return fmt::format("{} in the file {}", path, file);
}

std::optional<std::string> external_target(hdf5::Id group, const std::string& name) {
  const hdf5::Locked locked;
  H5L_info_t info{};
  if (H5Lget_info(group, name.c_str(), &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_EXTERNAL ||
      info.u.val_size == 0)
    return std::nullopt;
  std::string value(info.u.val_size, '\0');
  const char* file = nullptr;
  const char* path = nullptr;
  if (H5Lget_val(group, name.c_str(), value.data(), value.size(), H5P_DEFAULT) < 0 ||
      H5Lunpack_elink_val(value.data(), value.size(), nullptr, &file, &path) < 0)
    return std::nullopt;
  std::string target = path;
  while (target.size() > 1 && target.ends_with('/')) target.pop_back();
  return target.starts_with('/') ? target : '/' + target;
}

HardPlaces hard_places(hdf5::File& file, const Limits& limits) {
  const hdf5::Locked locked;
  const hdf5::Handle root =
      hdf5::own(H5Gopen2(file.id(), "/", H5P_DEFAULT), "open the root group of " + file.path());
  H5O_info_t info{};
  hdf5::check(H5Oget_info2(root.id(), &info, H5O_INFO_BASIC), "find an object's address");
  HardPlaces places{{info.addr, "/"}};
  std::uint64_t nodes = 0;
  const auto visit = [&](const auto& self, hdf5::Id group, const std::string& path,
                         std::uint32_t depth) -> void {
    if (depth > limits.max_depth)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("groups are nested deeper than {} levels", limits.max_depth));
    const auto links = list_links(group, nodes, limits.max_nodes);
    nodes += links.size();
    for (const Hdf5Link& link : links) {
      if (link.kind != Hdf5Link::Kind::hard) continue;
      const auto [place, is_new] = places.emplace(link.address, hdmf::join_path(path, link.name));
      if (!is_new) continue;
      const hdf5::Handle object = file.open_object(link.address);
      if (H5Iget_type(object.id()) == H5I_GROUP)
        self(self, object.id(), hdmf::join_path(path, link.name), depth + 1);
    }
  };
  try {
    visit(visit, root.id(), "/", 0);
  } catch (Error& error) {
    error.at(file.path());
    throw;
  }
  return places;
}

}  // namespace engram::backend
