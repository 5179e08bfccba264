#include "backend/hdf5_reader_objects.hpp"

#include <utility>

namespace engram::backend {

const PlacedObjects::Place* PlacedObjects::find(std::uint64_t file_number,
                                                std::uint64_t address) const {
  const auto file = files_.find(file_number);
  if (file == files_.end()) return nullptr;
  const auto place = file->second.find(address);
  return place == file->second.end() ? nullptr : &place->second;
}

PlacedObjects::Place& PlacedObjects::add(std::uint64_t file_number, std::uint64_t address,
                                         std::string path) {
  Place& place = files_[file_number][address];
  place.path = std::move(path);
  return place;
}

std::optional<hdmf::Reference> PlacedObjects::reference(std::uint64_t file_number,
                                                        std::uint64_t address) const {
  const Place* const place = find(file_number, address);
  if (place == nullptr) return std::nullopt;
  return hdmf::Reference{".", place->path, place->object_id, root_id_};
}

}  // namespace engram::backend
