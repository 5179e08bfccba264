#include "backend/hdf5_writer_array.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "backend/hdf5_writer_library.hpp"
#include "backend/hdf5_writer_types.hpp"
#include "base/thread_buffer.hpp"
#include "hdf5/filters.hpp"

namespace engram::backend {
namespace {

using hdf5::Handle;

using Lengths = std::vector<hsize_t>;

Lengths lengths_of(const Shape& shape) { return {shape.begin(), shape.end()}; }

bool is_one_run(const ArrayPlan& plan) { return plan.contiguous || plan.info.chunk_shape.empty(); }

ChunkGrid grid_of(const ArrayInfo& info) {
  Shape chunk = info.chunk_shape.empty() ? info.shape : info.chunk_shape;
  for (std::uint64_t& length : chunk) length = std::max<std::uint64_t>(length, 1);
  return {info.shape, std::move(chunk)};
}

// Without elements, only what can grow needs chunks.
bool has_chunks(const hdmf::DatasetBuilder& dataset, const ArrayPlan& plan) {
  return !is_one_run(plan) && !dataset.is_null &&
         (element_count(plan.info.shape) > 0 || !dataset.stored.max_shape.empty());
}

Handle make_space(const hdmf::DatasetBuilder& dataset, const Shape& shape,
                  const Shape& chunk_shape) {
  if (dataset.is_null) return made(H5Screate(H5S_NULL), "make a dataspace");
  if (dataset.is_scalar || shape.empty()) return made(H5Screate(H5S_SCALAR), "make a dataspace");
  const Lengths lengths = lengths_of(shape);
  Lengths most = lengths;
  const Shape& max_shape = dataset.stored.max_shape;
  for (std::size_t d = 0; d < chunk_shape.size(); ++d) {
    if (max_shape.size() == shape.size() && max_shape[d] >= shape[d])
      most[d] = max_shape[d] == hdmf::StoredLayout::kUnlimited ? H5S_UNLIMITED : max_shape[d];
    // HDF5 has no chunks that are longer than what it can become.
    if (chunk_shape[d] > most[d]) most[d] = H5S_UNLIMITED;
  }
  return made(H5Screate_simple(static_cast<int>(lengths.size()), lengths.data(), most.data()),
              "make a dataspace");
}

Handle make_properties(const Shape& chunk_shape) {
  Handle properties = made(H5Pcreate(H5P_DATASET_CREATE), "make properties");
  // The time of writing says nothing of the data, and makes files of the same data differ.
  done(H5Pset_obj_track_times(properties.id(), false), "make properties");
  if (chunk_shape.empty()) return properties;
  const Lengths chunk = lengths_of(chunk_shape);
  done(H5Pset_chunk(properties.id(), static_cast<int>(chunk.size()), chunk.data()),
       fmt::format("have chunks of {} elements", to_string(chunk_shape)));
  return properties;
}

Handle create(hdf5::Id parent, const std::string& path, hid_t type, hid_t space, hid_t properties) {
  const Handle links = link_properties();
  return made(H5Dcreate2(parent, path.c_str(), type, space, links.id(), properties, H5P_DEFAULT),
              "make the dataset");
}

bool is_zero(const Bytes& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

hdf5::Handle create_dataset(hdf5::Id parent, const std::string& path,
                            const hdmf::DatasetBuilder& dataset, hdf5::Id type, const Shape& shape,
                            const Shape& chunk_shape) {
  const hdf5::Locked locked;
  const Handle space = make_space(dataset, shape, chunk_shape);
  const Handle properties = make_properties(chunk_shape);
  if (!chunk_shape.empty()) {
    const std::uint64_t size = H5Tget_size(type);
    for (CodecConfig codec : dataset.stored.codecs) {
      // HDF5 shuffles values as large as it makes them in a file.
      if (codec.name == "shuffle") codec.configuration["elementsize"] = size;
      if (const auto filter = hdf5::filter_of(codec, size, element_count(chunk_shape) * size);
          filter && hdf5::is_common(filter->id))
        hdf5::add_filters(properties.id(), {*filter});
    }
  }
  return create(parent, path, type, space.id(), properties.id());
}

hdf5::Handle create_dataset(hdf5::Id parent, const std::string& path,
                            const hdmf::DatasetBuilder& dataset, const ArrayPlan& plan) {
  const hdf5::Locked locked;
  const ArrayInfo& info = plan.info;
  const Handle type = stored_type(info.type, dataset.enumeration);
  const Shape chunk_shape = has_chunks(dataset, plan) ? info.chunk_shape : Shape{};
  const Handle space = make_space(dataset, info.shape, chunk_shape);
  const Handle properties = make_properties(chunk_shape);
  if (!chunk_shape.empty()) {
    const std::uint64_t chunk_size =
        checked_multiply(element_count(chunk_shape), info.type.size, "the size of a chunk");
    std::vector<hdf5::Filter> filters;
    for (const CodecConfig& codec : plan.codecs) {
      auto filter = hdf5::filter_of(codec, info.type.size, chunk_size);
      if (!filter)
        throw Error(ErrorCode::unsupported,
                    fmt::format("HDF5 has no filter for the codec {}", codec.name));
      filters.push_back(std::move(*filter));
    }
    hdf5::add_filters(properties.id(), filters);
  } else if (element_count(info.shape) * info.type.size <= hdmf::StoredLayout::kSmallBytes) {
    // Zarr may have left out what is nothing but fill values; HDF5 has no such holes in one run.
    done(H5Pset_alloc_time(properties.id(), H5D_ALLOC_TIME_EARLY), "make properties");
    done(H5Pset_fill_time(properties.id(), H5D_FILL_TIME_ALLOC), "make properties");
  }
  if (info.fill_value && !is_zero(*info.fill_value))
    done(H5Pset_fill_value(properties.id(), type.id(), info.fill_value->data()),
         "set the fill value");
  return create(parent, path, type.id(), space.id(), properties.id());
}

Hdf5ArraySink::Hdf5ArraySink(hdf5::Handle dataset, std::shared_ptr<Counters> counters,
                             std::string path, ArrayPlan plan, std::optional<Hdf5Adopter> adopter)
    // Chunked or not makes no difference where there are no elements.
    : dataset_(std::move(dataset)),
      counters_(std::move(counters)),
      path_(std::move(path)),
      plan_(std::move(plan)),
      chunked_(!is_one_run(plan_)),
      grid_(grid_of(plan_.info)),
      pipeline_(plan_.codecs),
      adopter_(std::move(adopter)) {}

void Hdf5ArraySink::write_encoded(std::uint64_t chunk_number, std::uint32_t filter_mask,
                                  Bytes& bytes) {
  if (!adopter_ || !chunked_)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} was not planned for chunks that are encoded", path_));
  const auto [adoption, mask] = adopter_->adopt(bytes, filter_mask);
  put(chunk_number, mask, bytes);
  counters_->count(adoption);
}

void Hdf5ArraySink::write(std::uint64_t chunk_number, BytesView elements) {
  const ArrayInfo& info = plan_.info;
  const Region region = grid_.region(grid_.place(chunk_number));
  const std::uint64_t expected = element_count(region.shape) * info.type.size;
  if (elements.size() != expected)
    throw Error(ErrorCode::invalid_argument,
                fmt::format("chunk {} of {} was given {} bytes, not {}", chunk_number, path_,
                            elements.size(), expected));
  ++counters_->chunks_recoded;
  if (!chunked_) return write_elements(region, elements);
  const bool as_given = region.shape == info.chunk_shape && info.type.is_little_endian();
  std::optional<ThreadBuffer> whole;
  if (!as_given) {
    fill_chunk(region, elements, whole.emplace().bytes());
    elements = whole->bytes();
  }
  ThreadScratch buffer;
  put(chunk_number, 0, pipeline_.encode(elements, info.type.size, buffer.bytes()));
}

void Hdf5ArraySink::put(std::uint64_t chunk_number, std::uint32_t filter_mask, BytesView encoded) {
  const Shape place = grid_.place(chunk_number);
  Lengths offset(place.size());
  for (std::size_t d = 0; d < place.size(); ++d) offset[d] = place[d] * plan_.info.chunk_shape[d];
  const hdf5::Locked locked;
  done(H5Dwrite_chunk(dataset_.id(), H5P_DEFAULT, filter_mask, offset.data(), encoded.size(),
                      encoded.data()),
       fmt::format("write chunk {}", chunk_number));
}

// A piece of a contiguous dataset.
void Hdf5ArraySink::write_elements(const Region& region, BytesView elements) {
  if (elements.empty()) return;
  const hdf5::Locked locked;
  const Handle type = stored_type(plan_.info.type.little_endian());
  const Handle file_type = made(H5Dget_type(dataset_.id()), "read the dataset's type");
  // An enumeration is written as such: HDF5 does not convert whole numbers to one.
  const bool names = H5Tget_class(file_type.id()) == H5T_ENUM;
  const hid_t memory_type = names ? file_type.id() : type.id();
  write_box(dataset_.id(), memory_type, region, elements.data());
}

void Hdf5ArraySink::fill_chunk(const Region& region, BytesView elements, Bytes& chunk) const {
  const ArrayInfo& info = plan_.info;
  chunk.assign(static_cast<std::size_t>(element_count(info.chunk_shape) * info.type.size),
               std::byte{0});
  const Region box = Region::all(region.shape);
  copy_region(elements, region.shape, box, chunk, info.chunk_shape, box, info.type.size);
  make_little_endian(info.type, chunk);  // its own reverse
}

}  // namespace engram::backend
