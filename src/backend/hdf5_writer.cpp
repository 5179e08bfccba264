// How an HDF5 file is written:
//
// 1. write_tree() makes the file, its groups, their attributes and all links;
// 2. create_array() and write_objects() make a dataset each, with its attributes. HDF5 refers only
//    to what is there, so datasets with references come after all others (references_last()); one
//    that another refers to before its turn is made, without values, when that other needs it;
// 3. finish() writes the attributes that have references, and closes the file.
//
// Everything of HDF5 happens under its one mutex; encoding of chunks does not.

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <unordered_map>

#include "backend/hdf5_writer_array.hpp"
#include "backend/hdf5_writer_attributes.hpp"
#include "backend/hdf5_writer_library.hpp"
#include "backend/hdf5_writer_types.hpp"
#include "backend/hdf5_writer_values.hpp"
#include "backend/object_blocks.hpp"
#include "engram/backend/open.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/map_references.hpp"

namespace engram::backend {
namespace {

using hdf5::Handle;

constexpr std::uint64_t kScanBytes = 1U << 20U;
constexpr std::uint64_t kScannedText = 256;  // About, of one value.

void check_member(const std::string& path, const std::string& name) {
  if (name.empty() || name == "." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos)
    throw Error(ErrorCode::unsupported,
                fmt::format("{} can't be written to HDF5, which has no such names", path));
}

bool has_references(const hdmf::DatasetBuilder& dataset) {
  return dataset.objects() != nullptr && hdmf::holds_references(dataset.objects()->type());
}

class Hdf5Writer final : public Writer, private ReferenceEncoder {
 public:
  /// Without a path: to plan with.
  Hdf5Writer(std::string path, const Hdf5WriteOptions& options)
      : path_(std::move(path)),
        filters_(options.registered_filters ? Hdf5Filters::registered : Hdf5Filters::common),
        counters_(std::make_shared<Counters>()),
        attributes_(*this) {}

  std::optional<std::vector<CodecConfig>> adopt(
      const ArrayInfo& info, const std::vector<CodecConfig>& codecs) const override {
    const auto adopter = make_adopter(info, codecs);
    if (!adopter) return std::nullopt;
    return adopter->codecs();
  }

  bool references_last() const noexcept override { return true; }

  void write_tree(const hdmf::GroupBuilder& root, ThreadPool*, std::stop_token stop) override {
    const hdf5::Locked locked;
    if (!path_.empty()) create_file(has_large_attributes(root));
    write_group("/", root, stop);
  }

  std::unique_ptr<ArraySink> create_array(const std::string& path,
                                          const hdmf::DatasetBuilder& dataset,
                                          const ArrayPlan& plan) override {
    std::optional<Hdf5Adopter> adopter;
    if (plan.copy) {
      adopter = make_adopter(plan.info, plan.source_codecs);
      if (adopter && !plan.codecs.empty() && plan.codecs.back().name == "fletcher32")
        adopter->add_checksum();
      if (!adopter || adopter->codecs() != plan.codecs)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{}: its chunks can't be kept under the planned codecs", path));
    }
    const hdf5::Locked locked;
    Handle made_dataset = create_dataset(file_.id(), path, dataset, plan);
    attributes_.write(made_dataset.id(), path, dataset.attributes);
    return std::make_unique<Hdf5ArraySink>(std::move(made_dataset), counters_, path, plan,
                                           std::move(adopter));
  }

  ObjectResult write_objects(const std::string& path, const hdmf::DatasetBuilder& dataset,
                             const ObjectPlan& plan) override {
    const hdmf::ObjectType type = type_of(*dataset.objects());
    ValueEncoder encoder(type, *this);
    const bool one_by_one = goes_one_by_one(type);
    const Handle opened = open_objects(path, dataset, encoder.type());
    ObjectResult result;
    const hdmf::ObjectSource& source = *dataset.objects();
    const std::uint64_t dangling_before = source.dangling();
    if (!dataset.is_null)
      ObjectBlocks(source, plan.block_bytes)
          .read(Region::all(source.shape()),
                [&](const Region& box, const std::vector<hdmf::Value>& values) {
                  return one_by_one ? write_one_by_one(opened.id(), encoder, box, values)
                                    : write_values(opened.id(), encoder, box, values);
                });
    flush(opened.id());
    result.references = encoder.references();
    result.dangling = encoder.dangling() + (source.dangling() - dangling_before);
    result.bytes = encoder.bytes();
    if (result.dangling > 0)
      result.notices.push_back(
          {Notice::Kind::dangling, path,
           fmt::format("{} references lead nowhere and were written as null", result.dangling)});
    if (encoder.cut() > 0)
      result.notices.push_back(
          {Notice::Kind::left_out, path,
           fmt::format("HDF5 ends text at a NUL: what stood behind one in {} values is left out",
                       encoder.cut())});
    return result;
  }

  void finish() override {
    const hdf5::Locked locked;
    attributes_.finish(file_.id());
    done(H5Fflush(file_.id(), H5F_SCOPE_LOCAL), "write " + path_);
    // Whatever is still open would keep the file from being closed, and its end from being written.
    const ssize_t open = H5Fget_obj_count(file_.id(), H5F_OBJ_ALL | H5F_OBJ_LOCAL);
    if (open != 1)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("{} of {} are still open", open - 1, path_));
    done(H5Fclose(file_.release()), "close " + path_);
    struct stat status {};
    if (::stat(path_.c_str(), &status) == 0)
      counters_->bytes = static_cast<std::uint64_t>(status.st_size);
    counters_->files = 1;
  }

  std::vector<Notice> notices() const override {
    const hdf5::Locked locked;
    return attributes_.notices();
  }

  WriterCounters counters() const override { return counters_->now(); }

 private:
  std::optional<Hdf5Adopter> make_adopter(const ArrayInfo& info,
                                          const std::vector<CodecConfig>& codecs) const {
    if (!why_not_in_hdf5(info.type).empty() || info.shape.empty()) return std::nullopt;
    const Shape& chunk = info.chunk_shape.empty() ? info.shape : info.chunk_shape;
    const std::uint64_t chunk_size =
        checked_multiply(element_count(chunk), info.type.size, "the size of a chunk");
    return Hdf5Adopter::make(codecs, info.type.size, chunk_size, filters_);
  }

  void create_file(bool large_attributes) {
    const Handle access = made(H5Pcreate(H5P_FILE_ACCESS), "make properties");
    done(H5Pset_libver_bounds(access.id(), large_attributes ? H5F_LIBVER_V18 : H5F_LIBVER_EARLIEST,
                              H5F_LIBVER_LATEST),
         "make properties");
    // What is held back is written when a dataset is closed, where nobody hears of a full disk.
    done(H5Pset_sieve_buf_size(access.id(), 0), "make properties");
    const Handle creation = made(H5Pcreate(H5P_FILE_CREATE), "make properties");
    done(H5Pset_obj_track_times(creation.id(), false), "make properties");
    file_ =
        made(H5Fcreate(path_.c_str(), H5F_ACC_EXCL, creation.id(), access.id()), "make " + path_);
    group_properties_ = made(H5Pcreate(H5P_GROUP_CREATE), "make properties");
    done(H5Pset_obj_track_times(group_properties_.id(), false), "make properties");
    link_properties_ = link_properties();
  }

  void write_group(const std::string& path, const hdmf::GroupBuilder& group,
                   const std::stop_token& stop) {
    if (stop.stop_requested()) throw Error(ErrorCode::cancelled, "the conversion was stopped");
    std::set<std::string_view> names;
    const auto place_of = [&](const std::string& name) {
      std::string below = hdmf::join_path(path, name);
      check_member(below, name);
      if (!names.insert(name).second)
        throw Error(
            ErrorCode::unsupported,
            fmt::format("{} can't be written: its group has another member of that name", below));
      return below;
    };
    write_own(path, group.attributes);
    for (const hdmf::DatasetBuilder& dataset : group.datasets) {
      const std::string below = place_of(dataset.name);
      if (has_references(dataset)) awaited_.emplace(below, &dataset);
      if (!file_) attributes_.plan(below, dataset.attributes);
    }
    for (const hdmf::LinkBuilder& link : group.links) write_link(place_of(link.name), link);
    for (const hdmf::GroupBuilder& child : group.groups)
      write_group(place_of(child.name), child, stop);
  }

  void write_own(const std::string& path, const hdmf::Attributes& attributes) {
    if (!file_) return attributes_.plan(path, attributes);
    Handle group;
    try {
      group = path == "/" ? made(H5Gopen2(file_.id(), "/", H5P_DEFAULT), "open the root")
                          : made(H5Gcreate2(file_.id(), path.c_str(), link_properties_.id(),
                                            group_properties_.id(), H5P_DEFAULT),
                                 "make the group");
    } catch (Error& error) {
      error.at(path);
      throw;
    }
    attributes_.write(group.id(), path, attributes);
  }

  void write_link(const std::string& path, const hdmf::LinkBuilder& link) {
    if (!file_) return;
    try {
      done(link.source == "."
               ? H5Lcreate_soft(link.path.c_str(), file_.id(), path.c_str(), link_properties_.id(),
                                H5P_DEFAULT)
               : H5Lcreate_external(link.source.c_str(), link.path.c_str(), file_.id(),
                                    path.c_str(), link_properties_.id(), H5P_DEFAULT),
           "make the link");
    } catch (Error& error) {
      error.at(path);
      throw;
    }
  }

  // Made, unless another dataset's reference had it made already.
  Handle open_objects(const std::string& path, const hdmf::DatasetBuilder& dataset,
                      const Handle& type) {
    const hdf5::Locked locked;
    if (has_references(dataset) && awaited_.erase(path) == 0)
      return made(H5Dopen2(file_.id(), path.c_str(), H5P_DEFAULT), "open the dataset");
    Handle result = create_dataset(file_.id(), path, dataset, type.id(), dataset.objects()->shape(),
                                   object_chunks(dataset));
    attributes_.write(result.id(), path, dataset.attributes);
    return result;
  }

  // A store may say how long text was, and have longer one by now.
  static hdmf::ObjectType type_of(const hdmf::ObjectSource& source) {
    hdmf::ObjectType type = in_hdf5(source.type());
    if (!has_fixed_text(type)) return type;
    const hdmf::StoredForm form{type, {}, false};
    const bool all_fit =
        ObjectBlocks(source, kScanBytes)
            .read(Region::all(source.shape()),
                  [&](const Region&,
                      const std::vector<hdmf::Value>& values) -> std::optional<std::uint64_t> {
                    for (const hdmf::Value& value : values)
                      if (!hdmf::can_hold(form, value)) return std::nullopt;
                    return values.size() * kScannedText;
                  });
    return all_fit ? type : with_variable_text(type);
  }

  static Shape object_chunks(const hdmf::DatasetBuilder& dataset) {
    const Shape& chunk = dataset.stored.chunk_shape;
    const bool fits = chunk.size() == dataset.objects()->shape().size() &&
                      std::find(chunk.begin(), chunk.end(), 0) == chunk.end();
    return fits && !dataset.is_null ? chunk : Shape{};
  }

  // The bytes of the values.
  static std::uint64_t write_values(hid_t dataset, ValueEncoder& encoder, const Region& box,
                                    const std::vector<hdmf::Value>& values) {
    const hdf5::Locked locked;
    const std::uint64_t before = encoder.bytes();
    Bytes memory(values.size() * encoder.size(), std::byte{0});
    for (std::size_t i = 0; i < values.size(); ++i)
      encoder.encode(values[i], memory.data() + i * encoder.size());
    write_box(dataset, encoder.type().id(), box, memory.data());
    encoder.clear();
    return encoder.bytes() - before;
  }

  // Chunks that HDF5 holds back.
  static void flush(hid_t dataset) {
    const hdf5::Locked locked;
    done(H5Dflush(dataset), "write values");
  }

  static std::uint64_t write_one_by_one(hid_t dataset, ValueEncoder& encoder, const Region& box,
                                        const std::vector<hdmf::Value>& values) {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      Region one = box_at(box.shape, i, 1);
      for (std::size_t d = 0; d < one.origin.size(); ++d) one.origin[d] += box.origin[d];
      bytes += write_values(dataset, encoder, one, {values[i]});
    }
    return bytes;
  }

  void make_awaited(const std::string& path) {
    const auto found = awaited_.find(path);
    if (found == awaited_.end()) return;
    const hdmf::DatasetBuilder& dataset = *found->second;
    open_objects(path, dataset, ValueEncoder(type_of(*dataset.objects()), *this).type());
  }

  // Null when nothing lies there.
  hobj_ref_t address_of(const std::string& path) {
    const auto [at, fresh] = addresses_.try_emplace(path, 0);
    if (!fresh) return at->second;
    make_awaited(path);
    if (H5Rcreate(&at->second, file_.id(), path.c_str(), H5R_OBJECT, -1) < 0) {
      at->second = 0;
      H5Eclear2(H5E_DEFAULT);
    }
    return at->second;
  }

  bool object(const hdmf::Reference& reference, std::byte* memory) override {
    const hdf5::Locked locked;
    if (reference.source != "." || reference.path.empty()) return false;
    const hobj_ref_t address = address_of(reference.path);
    if (address == 0) return false;
    std::copy_n(reinterpret_cast<const std::byte*>(&address), sizeof address, memory);
    return true;
  }

  bool region(const hdmf::RegionReference& reference, std::byte* memory) override {
    const hdf5::Locked locked;
    const std::string& path = reference.target.path;
    if (reference.target.source != "." || address_of(path) == 0) return false;
    const Handle dataset(H5Dopen2(file_.id(), path.c_str(), H5P_DEFAULT));
    const Handle space(dataset ? H5Dget_space(dataset.id()) : -1);
    const bool made_it =
        space && select(space.id(), reference.regions) &&
        H5Rcreate(memory, file_.id(), path.c_str(), H5R_DATASET_REGION, space.id()) >= 0;
    H5Eclear2(H5E_DEFAULT);
    return made_it;
  }

  static bool select(hid_t space, const std::vector<Region>& regions) {
    const int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 0) return false;
    if (rank == 0) return regions.empty() ? H5Sselect_none(space) >= 0 : H5Sselect_all(space) >= 0;
    if (H5Sselect_none(space) < 0) return false;
    for (const Region& box : regions) {
      if (box.shape.size() != static_cast<std::size_t>(rank)) return false;
      const std::vector<hsize_t> start(box.origin.begin(), box.origin.end());
      const std::vector<hsize_t> count(box.shape.begin(), box.shape.end());
      if (H5Sselect_hyperslab(space, H5S_SELECT_OR, start.data(), nullptr, count.data(), nullptr) <
          0)
        return false;
    }
    return H5Sselect_valid(space) > 0;
  }

  const std::string path_;
  const Hdf5Filters filters_;
  Handle file_, group_properties_, link_properties_;
  std::shared_ptr<Counters> counters_;
  AttributeWriter attributes_;  ///< Under HDF5's mutex, as what follows.
  /// Datasets with references that are not made yet.
  std::map<std::string, const hdmf::DatasetBuilder*> awaited_;
  std::unordered_map<std::string, hobj_ref_t> addresses_;
};

}  // namespace

std::unique_ptr<Writer> make_hdf5_writer(const std::string& path, const Hdf5WriteOptions& options) {
  return std::make_unique<Hdf5Writer>(path, options);
}

std::unique_ptr<Writer> make_hdf5_planner(const Hdf5WriteOptions& options) {
  return std::make_unique<Hdf5Writer>("", options);
}

}  // namespace engram::backend
