#include "converters/command/sample_file.hpp"

#include <hdf5.h>

#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace engram::testing {
namespace {

// What a call of HDF5 gave; all ids of these small files are closed with their file.
hid_t good(hid_t id) {
  if (id < 0) throw std::runtime_error("HDF5 can't make the sample");
  return id;
}

// Closing it closes all that is open in it.
class SampleFile {
 public:
  explicit SampleFile(const std::string& path) {
    const hid_t access = good(H5Pcreate(H5P_FILE_ACCESS));
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    id_ = good(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access));
    H5Pclose(access);
  }
  ~SampleFile() { H5Fclose(id_); }
  SampleFile(const SampleFile&) = delete;
  SampleFile& operator=(const SampleFile&) = delete;

  hid_t id() const noexcept { return id_; }

 private:
  hid_t id_ = -1;
};

hid_t text_type() {
  const hid_t type = good(H5Tcopy(H5T_C_S1));
  good(H5Tset_size(type, H5T_VARIABLE));
  good(H5Tset_cset(type, H5T_CSET_UTF8));
  return type;
}

void fill_sample(hid_t file) {
  const hsize_t shape[] = {1000, 8}, chunk[] = {300, 8}, five = 5;
  const hid_t chunked = good(H5Pcreate(H5P_DATASET_CREATE));
  good(H5Pset_chunk(chunked, 2, chunk));
  good(H5Pset_deflate(chunked, 4));
  std::vector<std::int16_t> counts(8000);
  std::iota(counts.begin(), counts.end(), std::int16_t{0});
  const hid_t data =
      good(H5Dcreate2(file, "counts", H5T_STD_I16LE, H5Screate_simple(2, shape, nullptr),
                      H5P_DEFAULT, chunked, H5P_DEFAULT));
  good(H5Dwrite(data, H5T_NATIVE_INT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, counts.data()));
  const char* unit = "V";
  const hid_t attribute =
      good(H5Acreate2(data, "unit", text_type(), H5Screate(H5S_SCALAR), H5P_DEFAULT, H5P_DEFAULT));
  good(H5Awrite(attribute, text_type(), static_cast<const void*>(&unit)));

  const double rates[] = {0.5, 1.5, 2.5, 3.5, 4.5};
  const hid_t plain =
      good(H5Dcreate2(file, "rates", H5T_IEEE_F64LE, H5Screate_simple(1, &five, nullptr),
                      H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  good(H5Dwrite(plain, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, rates));

  const char* label = "spikes";
  const hid_t text = good(H5Dcreate2(file, "label", text_type(), H5Screate(H5S_SCALAR), H5P_DEFAULT,
                                     H5P_DEFAULT, H5P_DEFAULT));
  good(
      H5Dwrite(text, text_type(), H5S_ALL, H5S_ALL, H5P_DEFAULT, static_cast<const void*>(&label)));

  const hid_t group = good(H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  const std::int32_t seven = 7;
  const hid_t number =
      good(H5Acreate2(group, "n", H5T_STD_I32LE, H5Screate(H5S_SCALAR), H5P_DEFAULT, H5P_DEFAULT));
  good(H5Awrite(number, H5T_NATIVE_INT32, &seven));
  good(H5Lcreate_soft("/counts", group, "again", H5P_DEFAULT, H5P_DEFAULT));
}

}  // namespace

void make_sample(const std::string& path) { fill_sample(SampleFile(path).id()); }

void make_sample_with_dangling_link(const std::string& path) {
  const SampleFile file(path);
  fill_sample(file.id());
  good(H5Lcreate_soft("/not/there", file.id(), "nowhere", H5P_DEFAULT, H5P_DEFAULT));
}

void make_deep_file(const std::string& path) {
  const SampleFile file(path);
  hid_t group = file.id();
  for (int i = 0; i < 300; ++i) {
    group = good(H5Gcreate2(group, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  }
}

void make_sparse_file(const std::string& path, unsigned long long bytes) {
  const SampleFile file(path);
  const hid_t early = good(H5Pcreate(H5P_DATASET_CREATE));
  good(H5Pset_alloc_time(early, H5D_ALLOC_TIME_EARLY));
  good(H5Pset_fill_time(early, H5D_FILL_TIME_NEVER));
  const hsize_t length = bytes;
  good(H5Dcreate2(file.id(), "large", H5T_STD_U8LE, H5Screate_simple(1, &length, nullptr),
                  H5P_DEFAULT, early, H5P_DEFAULT));
}

}  // namespace engram::testing
