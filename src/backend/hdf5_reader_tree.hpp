#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "backend/hdf5_reader_attributes.hpp"
#include "backend/hdf5_reader_links.hpp"
#include "backend/hdf5_reader_objects.hpp"
#include "engram/backend/backend.hpp"
#include "engram/backend/open.hpp"
#include "engram/hdf5/file.hpp"
#include "engram/hdmf/builder.hpp"

namespace engram::backend {

/// Reads the tree of an HDF5 file.
///
///  1. Depth first along hard links, names in byte order: an object gets its place where it is met
///     first, and is a link from then on. Soft and external links are only noted, since the places
///     of their targets are not known yet.
///  2. The noted links, external ones first: to an object that has a place they become links to it,
///     another object is copied in here, with all that hangs on it, which may note more links.
///  3. The noted links, and the references in attributes, are put into the tree.
class Hdf5TreeReader {
 public:
  Hdf5TreeReader(std::shared_ptr<hdf5::File> file, const ReadOptions& options,
                 std::shared_ptr<PlacedObjects> objects, std::vector<Notice>& notices,
                 const hdmf::OnNode& on_node);

  hdmf::GroupBuilder read();

 private:
  /// A file that is read, at a place of the tree.
  struct Noted {
    std::shared_ptr<hdf5::File> file;
    std::uint64_t group_address;
    std::string name, path;
    std::uint32_t depth;
    /// Soft links: the target, where HDF5 found one.
    std::uint64_t target_file = 0, target_address = 0;
  };
  /// What a noted link became: nothing, the place of its target, the target itself, or a link to
  /// another file.
  using Outcome = std::variant<std::monostate, std::string, hdmf::GroupBuilder,
                               hdmf::DatasetBuilder, hdmf::LinkBuilder>;

  using FilePtr = std::shared_ptr<hdf5::File>;

  Outcome read_object(const FilePtr& file, std::uint64_t address, const hdf5::Handle& object,
                      const std::string& path, const std::string& name, std::uint32_t depth);
  hdmf::GroupBuilder read_group(const FilePtr& file, std::uint64_t address,
                                const hdf5::Handle& group, const std::string& path,
                                std::uint32_t depth);
  Outcome read_dataset(const FilePtr& file, std::uint64_t address, const hdf5::Handle& dataset,
                       const std::string& path);
  void read_link(const FilePtr& file, std::uint64_t group_address, const hdf5::Handle& group,
                 const Hdf5Link& link, const std::string& group_path, std::uint32_t depth,
                 hdmf::GroupBuilder& builder);
  void note_soft(Noted noted, const hdf5::Handle& group);
  hdmf::Attributes read_attributes(const FilePtr& file, std::uint64_t address,
                                   const hdf5::Handle& object, const std::string& path);

  void follow_links();
  Outcome follow(const Noted& noted);
  /// What a link to the object at `address` of another file becomes where it is not copied.
  Outcome stay_link(const Noted& noted, hdf5::File& file, std::uint64_t address);
  /// What a link becomes that leads to a file that may not be read.
  Outcome outside(const Noted& noted, hdf5::Id group, const std::string& file);
  FilePtr file_of(hdf5::Id object, std::uint64_t number);

  void finish(hdmf::GroupBuilder& group, const std::string& path);
  void place_links(hdmf::GroupBuilder& group);

  void notice(Notice::Kind kind, const std::string& path, std::string text);

  std::shared_ptr<hdf5::File> root_;
  const Limits& limits_;
  const ExternalLinks external_links_;
  const hdmf::OnNode& on_node_;
  std::shared_ptr<PlacedObjects> objects_;
  std::vector<Notice>& notices_;
  AttributeReader attributes_;
  hdf5::Handle link_access_;
  std::map<std::uint64_t, FilePtr> files_;            ///< By number.
  std::map<std::uint64_t, HardPlaces> other_places_;  ///< Of other files, where links to them stay.
  std::uint64_t nodes_ = 0;
  std::deque<Noted> external_, soft_;
  std::map<std::string, Outcome> outcomes_;  ///< Of noted links, by path.
};

}  // namespace engram::backend
