#include "backend/hdf5_reader_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "backend/hdf5_reader_source.hpp"
#include "hdf5/array_dataset.hpp"
#include "hdf5/dataset.hpp"
#include "hdf5/file_guard.hpp"
#include "hdf5/filters.hpp"

namespace engram::backend {
namespace {

void read_array_layout(const hdf5::Dataset& source, hdmf::StoredLayout& stored) {
  stored.contiguous = source.chunk_shape().empty();
  stored.checksum =
      !source.filters().empty() && hdf5::codec_of(source.filters().back()).name == "fletcher32";
}

void read_object_layout(const hdf5::Dataset& source, hdmf::StoredLayout& stored) {
  stored.chunk_shape = source.chunk_shape();
  for (const hdf5::Filter& filter : source.filters())
    if (hdf5::is_common(filter.id)) stored.codecs.push_back(hdf5::codec_of(filter));
}

std::uint64_t address_of(const hdf5::Handle& object, std::uint64_t& file_number) {
  H5O_info_t info{};
  hdf5::check(H5Oget_info2(object.id(), &info, H5O_INFO_BASIC), "find an object's address");
  file_number = info.fileno;
  return info.addr;
}

}  // namespace

Hdf5TreeReader::Hdf5TreeReader(std::shared_ptr<hdf5::File> file, const ReadOptions& options,
                               std::shared_ptr<PlacedObjects> objects, std::vector<Notice>& notices,
                               const hdmf::OnNode& on_node)
    : root_(std::move(file)),
      limits_(options.limits),
      external_links_(options.external_links.value_or(ExternalLinks::copy)),
      on_node_(on_node),
      objects_(std::move(objects)),
      notices_(notices),
      attributes_(limits_, notices),
      link_access_(link_access(limits_.max_link_hops)) {
  files_[root_->number()] = root_;
}

hdmf::GroupBuilder Hdf5TreeReader::read() {
  hdmf::GroupBuilder root;
  {
    const hdf5::Locked locked;
    const hdf5::Handle group =
        hdf5::own(H5Gopen2(root_->id(), "/", H5P_DEFAULT), "open the root group");
    std::uint64_t number = 0;
    root = read_group(root_, address_of(group, number), group, "/", 0);
  }
  objects_->set_root_id(root.attributes.text("object_id"));
  follow_links();
  finish(root, "/");
  return root;
}

void Hdf5TreeReader::notice(Notice::Kind kind, const std::string& path, std::string text) {
  notices_.push_back({kind, path, std::move(text)});
}

Hdf5TreeReader::Outcome Hdf5TreeReader::read_object(const FilePtr& file, std::uint64_t address,
                                                    const hdf5::Handle& object,
                                                    const std::string& path,
                                                    const std::string& name, std::uint32_t depth) {
  switch (H5Iget_type(object.id())) {
    case H5I_GROUP: {
      auto group = read_group(file, address, object, path, depth);
      group.name = name;
      return group;
    }
    case H5I_DATASET: {
      Outcome outcome = read_dataset(file, address, object, path);
      if (auto* const dataset = std::get_if<hdmf::DatasetBuilder>(&outcome)) dataset->name = name;
      return outcome;
    }
    case H5I_DATATYPE:
      notice(Notice::Kind::left_out, path,
             "the named type is left out: datasets and attributes of it keep the type itself");
      return {};
    default:
      notice(Notice::Kind::left_out, path,
             "the object is left out: it is neither a group nor a dataset");
      return {};
  }
}

hdmf::Attributes Hdf5TreeReader::read_attributes(const FilePtr& file, std::uint64_t address,
                                                 const hdf5::Handle& object,
                                                 const std::string& path) {
  hdmf::Attributes attributes = attributes_.read(object.id(), *file, path);
  objects_->add(file->number(), address, path).object_id = attributes.text("object_id");
  return attributes;
}

hdmf::GroupBuilder Hdf5TreeReader::read_group(const FilePtr& file, std::uint64_t address,
                                              const hdf5::Handle& group, const std::string& path,
                                              std::uint32_t depth) {
  hdmf::GroupBuilder builder;
  std::vector<Hdf5Link> links;
  try {
    if (depth > limits_.max_depth)
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("groups are nested deeper than {} levels", limits_.max_depth));
    builder.attributes = read_attributes(file, address, group, path);
    links = list_links(group.id(), nodes_, limits_.max_nodes);
    nodes_ += links.size();
    if (on_node_) on_node_(path);
  } catch (Error& error) {
    error.at(path);
    throw;
  }
  for (const Hdf5Link& link : links)
    read_link(file, address, group, link, path, depth + 1, builder);
  return builder;
}

void Hdf5TreeReader::read_link(const FilePtr& file, std::uint64_t group_address,
                               const hdf5::Handle& group, const Hdf5Link& link,
                               const std::string& group_path, std::uint32_t depth,
                               hdmf::GroupBuilder& builder) {
  const std::string path = hdmf::join_path(group_path, link.name);
  switch (link.kind) {
    case Hdf5Link::Kind::hard: {
      if (const auto* const place = objects_->find(file->number(), link.address)) {
        builder.links.push_back({link.name, ".", place->path});
        return;
      }
      hdf5::Handle object;
      try {
        // By address: HDF5 needs not look the name up again.
        object = file->open_object(link.address);
      } catch (Error& error) {
        error.at(path);
        throw;
      }
      Outcome outcome = read_object(file, link.address, object, path, link.name, depth);
      if (auto* const child = std::get_if<hdmf::GroupBuilder>(&outcome))
        builder.groups.push_back(std::move(*child));
      if (auto* const dataset = std::get_if<hdmf::DatasetBuilder>(&outcome))
        builder.datasets.push_back(std::move(*dataset));
      return;
    }
    case Hdf5Link::Kind::soft:
      builder.links.push_back({link.name, "", path});
      note_soft({file, group_address, link.name, path, depth}, group);
      return;
    case Hdf5Link::Kind::external:
      builder.links.push_back({link.name, "", path});
      external_.push_back({file, group_address, link.name, path, depth});
      return;
    case Hdf5Link::Kind::other:
      notice(Notice::Kind::left_out, path,
             "the link is left out: it is of a kind that only its maker's program can follow");
  }
}

void Hdf5TreeReader::note_soft(Noted noted, const hdf5::Handle& group) {
  H5O_info_t info{};
  if (H5Oget_info_by_name2(group.id(), noted.name.c_str(), &info, H5O_INFO_BASIC,
                           link_access_.id()) >= 0) {
    noted.target_file = info.fileno;
    noted.target_address = info.addr;
  } else {
    H5Eclear2(H5E_DEFAULT);
  }
  soft_.push_back(std::move(noted));
}

Hdf5TreeReader::Outcome Hdf5TreeReader::read_dataset(const FilePtr& file, std::uint64_t address,
                                                     const hdf5::Handle& dataset,
                                                     const std::string& path) {
  try {
    auto source = std::make_shared<const hdf5::Dataset>(file, address, dataset.id(), path, limits_);
    const hdf5::Type& type = source->type();
    if (type.kind == hdf5::Type::Kind::unknown) {
      notice(Notice::Kind::left_out, path,
             fmt::format("the dataset is left out: it holds {}", type.reason));
      return {};
    }
    const std::string& other =
        source->other_file().empty() ? source->refused_file() : source->other_file();
    if (external_links_ == ExternalLinks::refuse && !other.empty())
      throw Error(ErrorCode::unsupported,
                  fmt::format("values of the dataset lie in another file, {}, and other files are "
                              "refused",
                              other));
    if (!source->refused_file().empty()) {
      notice(Notice::Kind::left_out, path,
             fmt::format("the dataset is left out: values of it lie in another file: {}",
                         hdf5::outside_text(source->refused_file())));
      return {};
    }
    if (!source->missing_source().empty())
      notice(Notice::Kind::left_out, path,
             fmt::format("a part of the dataset is left out, and filled with its fill value: its "
                         "source file {} is not there",
                         source->missing_source()));
    hdmf::DatasetBuilder builder;
    builder.attributes = read_attributes(file, address, dataset, path);
    builder.is_scalar = source->is_scalar() && source->shape().empty();
    builder.is_null = source->is_null();
    builder.enumeration = type.enumeration;
    builder.stored.max_shape = source->max_shape();
    if (type.kind == hdf5::Type::Kind::number)
      read_array_layout(*source, builder.stored);
    else
      read_object_layout(*source, builder.stored);
    if (type.has_inner_enumeration)
      notice(Notice::Kind::changed, path,
             "enumerations inside its type became integers; their names are left out");
    if (type.kind == hdf5::Type::Kind::number)
      builder.data = hdf5::make_array_source(std::move(source));
    else
      builder.data = make_object_source(std::move(source), objects_, limits_);
    if (on_node_) on_node_(path);
    return builder;
  } catch (Error& error) {
    error.at(path);
    throw;
  }
}

}  // namespace engram::backend
