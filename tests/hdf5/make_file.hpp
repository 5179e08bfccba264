#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engram/hdf5/file.hpp"
#include "hdf5/dataset.hpp"
#include "hdf5/library.hpp"
#include "testing/temp_dir.hpp"

namespace engram::hdf5 {

/// A file in a directory of its own: written through the C API, then opened as engram does it.
class MadeFile {
 public:
  explicit MadeFile(H5F_libver_t oldest = H5F_LIBVER_EARLIEST, hsize_t user_block = 0)
      : path_((dir_.path() / "made.h5").string()) {
    const Handle access(H5Pcreate(H5P_FILE_ACCESS));
    H5Pset_libver_bounds(access.id(), oldest, H5F_LIBVER_LATEST);
    const Handle creation(H5Pcreate(H5P_FILE_CREATE));
    H5Pset_userblock(creation.id(), user_block);
    file_ = own(H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()), "make a file");
  }

  const std::string& path() const { return path_; }
  std::string folder() const { return dir_.path().string(); }

  /// A new dataset; `creation` may be H5P_DEFAULT.
  Handle create(const std::string& name, hid_t type, const Shape& shape,
                hid_t creation = H5P_DEFAULT, const Shape& max_shape = {}) {
    const std::vector<hsize_t> lengths(shape.begin(), shape.end());
    const std::vector<hsize_t> most(max_shape.begin(), max_shape.end());
    const Handle space(shape.empty()
                           ? H5Screate(H5S_SCALAR)
                           : H5Screate_simple(static_cast<int>(lengths.size()), lengths.data(),
                                              most.empty() ? nullptr : most.data()));
    return own(
        H5Dcreate2(file_.id(), name.c_str(), type, space.id(), H5P_DEFAULT, creation, H5P_DEFAULT),
        "make a dataset");
  }

  /// A new dataset with `values` of the native type `memory`.
  template <typename T>
  void write(const std::string& name, hid_t type, const Shape& shape, hid_t memory,
             const std::vector<T>& values, hid_t creation = H5P_DEFAULT) {
    const Handle dataset = create(name, type, shape, creation);
    check(H5Dwrite(dataset.id(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "write");
  }

  /// Chunked, with nothing else.
  static Handle chunked(const Shape& shape) {
    Handle creation(H5Pcreate(H5P_DATASET_CREATE));
    const std::vector<hsize_t> lengths(shape.begin(), shape.end());
    check(H5Pset_chunk(creation.id(), static_cast<int>(lengths.size()), lengths.data()), "chunk");
    return creation;
  }

  /// Closes what was written and opens the dataset for reading.
  std::shared_ptr<const Dataset> open(const std::string& name, const Limits& limits = {}) {
    file_ = Handle();
    if (!read_) read_ = File::open(path_);
    const Handle dataset = own(H5Dopen2(read_->id(), name.c_str(), H5P_DEFAULT), "open");
    H5O_info_t info{};
    check(H5Oget_info2(dataset.id(), &info, H5O_INFO_BASIC), "find");
    return std::make_shared<const Dataset>(read_, info.addr, dataset.id(), "/" + name, limits);
  }

  hid_t id() const { return file_.id(); }

 private:
  testing::TempDir dir_;
  std::string path_;
  Handle file_;
  std::shared_ptr<File> read_;
};

/// The values of `region`, as T.
template <typename T>
std::vector<T> read(const Dataset& dataset, const Region& region) {
  std::vector<T> values(element_count(region.shape));
  dataset.read(region, std::as_writable_bytes(std::span(values)), nullptr);
  return values;
}

template <typename T>
std::vector<T> read(const Dataset& dataset) {
  return read<T>(dataset, Region::all(dataset.shape()));
}

}  // namespace engram::hdf5
