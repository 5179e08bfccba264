#include "backend/hdf5_writer_library.hpp"

#include <fmt/format.h>

#include <vector>

namespace engram::backend {

void throw_write_failure(std::string_view doing) {
  const hdf5::Failure failure = hdf5::last_failure();
  throw Error(ErrorCode::io_error, fmt::format("can't {}: HDF5 says \"{}\"", doing, failure.text));
}

hdf5::Handle link_properties() {
  hdf5::Handle properties = made(H5Pcreate(H5P_LINK_CREATE), "make properties");
  done(H5Pset_char_encoding(properties.id(), H5T_CSET_UTF8), "make properties");
  return properties;
}

void write_box(hid_t dataset, hid_t memory_type, const Region& region, const void* memory) {
  if (region.shape.empty()) {
    done(H5Dwrite(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, memory), "write values");
    return;
  }
  const std::vector<hsize_t> start(region.origin.begin(), region.origin.end());
  const std::vector<hsize_t> count(region.shape.begin(), region.shape.end());
  const hdf5::Handle space = made(H5Dget_space(dataset), "write values");
  done(
      H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr),
      "write values");
  const hdf5::Handle box =
      made(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), "write values");
  done(H5Dwrite(dataset, memory_type, box.id(), space.id(), H5P_DEFAULT, memory), "write values");
}

}  // namespace engram::backend
