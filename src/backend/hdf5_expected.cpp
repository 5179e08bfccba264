#include "backend/hdf5_expected.hpp"

#include <fmt/format.h>

#include <utility>

#include "backend/hdf5_writer_values.hpp"
#include "engram/backend/open.hpp"
#include "engram/hdmf/map_references.hpp"

namespace engram::backend {
namespace {

using hdmf::Value;

void cut_texts(Value& value) {
  if (value.is<std::string>()) value = std::string(until_nul(value.as<std::string>()));
  if (value.is<hdmf::List>())
    for (Value& each : value.as<hdmf::List>()) cut_texts(each);
  if (value.is<hdmf::Record>())
    for (auto& field : value.as<hdmf::Record>()) cut_texts(field.second);
}

}  // namespace

ExpectedInHdf5::ExpectedInHdf5(const hdmf::GroupBuilder& source) {
  add("/", source);
  const auto planner = make_hdf5_planner({});
  planner->write_tree(source);
  for (const Notice& notice : planner->notices())
    if (notice.kind == Notice::Kind::left_out) left_out_.emplace(notice.path, notice);
}

void ExpectedInHdf5::add(const std::string& path, const hdmf::GroupBuilder& group) {
  places_.insert(path);
  for (const hdmf::DatasetBuilder& dataset : group.datasets)
    places_.insert(hdmf::join_path(path, dataset.name));
  // A reference may lead through a link, too.
  for (const hdmf::LinkBuilder& link : group.links)
    places_.insert(hdmf::join_path(path, link.name));
  for (const hdmf::GroupBuilder& child : group.groups)
    add(hdmf::join_path(path, child.name), child);
}

std::vector<hdmf::LinkBuilder> ExpectedInHdf5::links(const std::string&,
                                                     const hdmf::GroupBuilder& group,
                                                     std::vector<Notice>&) const {
  return group.links;
}

bool ExpectedInHdf5::leads_nowhere(const Value& value) const {
  bool found = false;
  hdmf::each_reference(value, [&](const Value& one) {
    const hdmf::Reference& reference = one.is<hdmf::Reference>()
                                           ? one.as<hdmf::Reference>()
                                           : one.as<hdmf::RegionReference>().target;
    found = found || reference.source != "." || !places_.contains(reference.path);
  });
  return found;
}

std::optional<Value> ExpectedInHdf5::attribute(const std::string& path, const std::string& name,
                                               const Value& value,
                                               std::vector<Notice>& notices) const {
  const std::string place = fmt::format("{}@{}", path, name);
  if (const auto found = left_out_.find(place); found != left_out_.end()) {
    notices.push_back(found->second);
    return std::nullopt;
  }
  if (leads_nowhere(value)) {
    notices.push_back(
        {Notice::Kind::dangling, place, "attribute left out: a reference in it leads nowhere"});
    return std::nullopt;
  }
  Value read = value;
  cut_texts(read);
  return read;
}

Value ExpectedInHdf5::element(const hdmf::ObjectType&, const hdmf::ObjectType&,
                              const Value& value) const {
  Value read = value;
  hdmf::map_references(read, [this](const hdmf::Reference& reference) {
    const bool is_there = reference.source == "." && places_.contains(reference.path);
    return is_there ? std::optional(reference) : std::nullopt;
  });
  cut_texts(read);
  return read;
}

std::string ExpectedInHdf5::why_bytes_are_kept(const DataType&, const DataType&) const {
  return {};
}

bool ExpectedInHdf5::is_spelled_as(const hdmf::ObjectType&, const hdmf::ObjectType&) const {
  return false;
}

}  // namespace engram::backend
