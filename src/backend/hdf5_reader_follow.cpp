// Steps 2 and 3 of Hdf5TreeReader: what becomes of links whose targets may lie anywhere.
#include <fmt/format.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <utility>

#include "backend/hdf5_reader_tree.hpp"
#include "hdf5/file_guard.hpp"

namespace engram::backend {

void Hdf5TreeReader::follow_links() {
  while (!external_.empty() || !soft_.empty()) {
    auto& queue = external_.empty() ? soft_ : external_;
    const Noted noted = std::move(queue.front());
    queue.pop_front();
    outcomes_[noted.path] = follow(noted);
  }
}

Hdf5TreeReader::Outcome Hdf5TreeReader::follow(const Noted& noted) {
  if (noted.target_address != 0)
    if (const auto* const place = objects_->find(noted.target_file, noted.target_address))
      return place->path;

  const hdf5::Locked locked;
  const auto group = noted.file->keep_object(noted.group_address);
  (void)root_->guard()->take_refusal();
  const hdf5::Handle object(H5Oopen(group->id(), noted.name.c_str(), link_access_.id()));
  if (!object) {
    const hdf5::Failure failure = hdf5::last_failure();
    if (const auto refused = root_->guard()->take_refusal())
      return outside(noted, group->id(), *refused);
    notice(Notice::Kind::dangling, noted.path,
           fmt::format("the link is left out: it leads to {}, which can't be opened (HDF5 says "
                       "\"{}\")",
                       link_target_text(group->id(), noted.name), failure.text));
    return {};
  }
  H5O_info_t info{};
  hdf5::check(H5Oget_info2(object.id(), &info, H5O_INFO_BASIC), "find an object's address");
  if (const auto* const place = objects_->find(info.fileno, info.addr)) return place->path;
  const FilePtr file = file_of(object.id(), info.fileno);
  if (file != root_ && external_links_ != ExternalLinks::copy)
    return stay_link(noted, *file, info.addr);
  try {
    return read_object(file, info.addr, object, noted.path, noted.name, noted.depth);
  } catch (Error& error) {
    if (file != root_) error.at(file->path());
    throw;
  }
}

Hdf5TreeReader::Outcome Hdf5TreeReader::outside(const Noted& noted, hdf5::Id group,
                                                const std::string& file) {
  if (external_links_ == ExternalLinks::refuse)
    throw Error(ErrorCode::unsupported,
                fmt::format("{}: the link leads to another file, {}, and these are refused",
                            noted.path, file));
  if (external_links_ == ExternalLinks::link)
    if (const auto path = external_target(group, noted.name))
      return hdmf::LinkBuilder{noted.name, file, *path};
  notice(
      Notice::Kind::left_out, noted.path,
      fmt::format("the link is left out: it leads to another file: {}", hdf5::outside_text(file)));
  return {};
}

Hdf5TreeReader::Outcome Hdf5TreeReader::stay_link(const Noted& noted, hdf5::File& file,
                                                  std::uint64_t address) {
  if (external_links_ == ExternalLinks::refuse)
    throw Error(ErrorCode::unsupported,
                fmt::format("{}: the link leads to another file, {}, and these are refused",
                            noted.path, file.path()));
  auto found = other_places_.find(file.number());
  if (found == other_places_.end())
    found = other_places_.emplace(file.number(), hard_places(file, limits_)).first;
  const auto place = found->second.find(address);
  boost::system::error_code failed;
  const auto path = boost::filesystem::canonical(file.path(), failed);
  if (place == found->second.end() || failed) {
    notice(
        Notice::Kind::dangling, noted.path,
        fmt::format("the link is left out: it leads to {}, where its target can't be found again",
                    file.path()));
    return {};
  }
  return hdmf::LinkBuilder{noted.name, path.string(), place->second};
}

Hdf5TreeReader::FilePtr Hdf5TreeReader::file_of(hdf5::Id object, std::uint64_t number) {
  FilePtr& file = files_[number];
  if (!file) file = hdf5::File::of(object, root_->guard());
  return file;
}

void Hdf5TreeReader::finish(hdmf::GroupBuilder& group, const std::string& path) {
  place_links(group);
  if (attributes_.has_references()) attributes_.resolve(group.attributes, path, *objects_);
  for (hdmf::GroupBuilder& child : group.groups) finish(child, hdmf::join_path(path, child.name));
  if (!attributes_.has_references()) return;
  for (hdmf::DatasetBuilder& dataset : group.datasets)
    attributes_.resolve(dataset.attributes, hdmf::join_path(path, dataset.name), *objects_);
}

void Hdf5TreeReader::place_links(hdmf::GroupBuilder& group) {
  const std::size_t groups = group.groups.size(), datasets = group.datasets.size();
  std::erase_if(group.links, [&](hdmf::LinkBuilder& link) {
    if (!link.source.empty()) return false;
    Outcome outcome = std::move(outcomes_.at(link.path));
    if (auto* const path = std::get_if<std::string>(&outcome)) {
      link.source.assign(1, '.');  // GCC 12 warns wrongly about "=" with a text.
      link.path = std::move(*path);
      return false;
    }
    if (auto* const other = std::get_if<hdmf::LinkBuilder>(&outcome)) {
      link = std::move(*other);
      return false;
    }
    if (auto* const child = std::get_if<hdmf::GroupBuilder>(&outcome))
      group.groups.push_back(std::move(*child));
    if (auto* const dataset = std::get_if<hdmf::DatasetBuilder>(&outcome))
      group.datasets.push_back(std::move(*dataset));
    return true;
  });
  const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
  if (group.groups.size() > groups) std::sort(group.groups.begin(), group.groups.end(), by_name);
  if (group.datasets.size() > datasets)
    std::sort(group.datasets.begin(), group.datasets.end(), by_name);
}

}  // namespace engram::backend
