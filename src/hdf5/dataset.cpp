#include "hdf5/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/filesystem.hpp>
#include <set>

#include "hdf5/own_filters.hpp"

namespace engram::hdf5 {
namespace {

/// The elements of `type`, and its dimensions if it is an array (of arrays).
std::shared_ptr<const Type> strip_arrays(std::shared_ptr<const Type> type, Shape& shape) {
  while (type->kind == Type::Kind::array) {
    shape.insert(shape.end(), type->shape.begin(), type->shape.end());
    type = type->element;
  }
  return type;
}

std::vector<hsize_t> to_hdf5(const Shape& shape, std::size_t rank) {
  return {shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(rank)};
}

}  // namespace

Dataset::Dataset(std::shared_ptr<File> file, std::uint64_t address, hid_t id, std::string path,
                 const Limits& limits)
    : file_(std::move(file)),
      address_(address),
      path_(std::move(path)),
      max_chunk_bytes_(limits.max_chunk_bytes) {
  const Locked locked;
  Handle type = own(H5Dget_type(id), "read the type of a dataset");
  whole_ = std::make_shared<const Type>(describe(type.id()));
  (void)file_->guard()->take_refusal();
  read_space(id);
  // HDF5 has looked into the sources of a virtual dataset whose shape depends on theirs.
  if (const auto refused = file_->guard()->take_refusal()) refused_file_ = *refused;
  Shape inner;
  element_ = strip_arrays(whole_, inner);
  read_layout(id, limits);
  if (external_) {
    stored_size_ = H5Tget_size(type.id());
    stored_type_ = std::move(type);
  }
  if (null_) {
    inner.clear();
    chunk_shape_.clear();
  }
  shape_.insert(shape_.end(), inner.begin(), inner.end());
  for (Shape* more : {&chunk_shape_, &max_shape_})
    if (!more->empty()) more->insert(more->end(), inner.begin(), inner.end());
  if (shape_.size() > limits.max_rank)
    throw Error(ErrorCode::limit_exceeded, fmt::format("{} has {} dimensions, more than {}",
                                                       place(), shape_.size(), limits.max_rank));
  element_count(shape_);
}

std::string Dataset::place() const { return fmt::format("dataset {} of {}", path_, file_->path()); }

void Dataset::read_space(hid_t id) {
  const Handle space = own(H5Dget_space(id), "read the shape of a dataset");
  switch (H5Sget_simple_extent_type(space.id())) {
    case H5S_NULL:
      null_ = true;
      shape_ = {0};
      return;
    case H5S_SCALAR:
      scalar_ = true;
      return;
    default:
      break;
  }
  const int rank = check(H5Sget_simple_extent_ndims(space.id()), "read the shape of a dataset");
  std::vector<hsize_t> lengths(static_cast<std::size_t>(rank)), most(lengths.size());
  check(H5Sget_simple_extent_dims(space.id(), lengths.data(), most.data()),
        "read the shape of a dataset");
  static_assert(H5S_UNLIMITED == ~hsize_t{0});
  shape_.assign(lengths.begin(), lengths.end());
  if (most != lengths) max_shape_.assign(most.begin(), most.end());
  outer_rank_ = shape_.size();
}

void Dataset::read_layout(hid_t id, const Limits& limits) {
  if (null_ || element_->kind == Type::Kind::unknown) return;
  const Handle properties = own(H5Dget_create_plist(id), "read the layout of a dataset");
  if (element_->kind == Type::Kind::number) read_fill_value(properties.id());
  const bool is_external = H5Pget_external_count(properties.id()) > 0;
  if (is_external) {
    external_.emplace(*file_, properties.id());
    other_file_ = external_->first_name();
    refused_file_ = external_->refused();
  }
  const H5D_layout_t layout = H5Pget_layout(properties.id());
  // Up to here plain_chunks_ says that fill_value_ stands for all there is to fill with.
  if (layout == H5D_CONTIGUOUS && !is_external) {
    const haddr_t offset = H5Dget_offset(id);
    stored_ = !plain_chunks_ || offset != HADDR_UNDEF;
    if (offset != HADDR_UNDEF) find_run(id, offset);
  }
  if (layout == H5D_VIRTUAL) find_sources(properties.id());
  if (layout != H5D_CHUNKED) return;

  std::vector<hsize_t> lengths(outer_rank_);
  check(H5Pget_chunk(properties.id(), static_cast<int>(outer_rank_), lengths.data()),
        "read the chunk shape of a dataset");
  chunk_shape_.assign(lengths.begin(), lengths.end());
  if (std::find(chunk_shape_.begin(), chunk_shape_.end(), 0U) != chunk_shape_.end())
    throw Error(ErrorCode::corrupt_data, place() + " has chunks without elements");
  const std::uint64_t bytes =
      checked_multiply(element_count(chunk_shape_), whole_->memory_size, "the size of a chunk");
  if (bytes > limits.max_chunk_bytes)
    throw Error(ErrorCode::limit_exceeded, fmt::format("{} has chunks of {} bytes, more than {}",
                                                       place(), bytes, limits.max_chunk_bytes));

  filters_ = filters_of(properties.id());
  if (!filters_.empty()) {
    const Handle type = own(H5Dget_type(id), "read the type of a dataset");
    stored_chunk_ =
        checked_multiply(element_count(chunk_shape_),
                         size_in_file(type.id(), file_->address_size()), "the size of a chunk");
  }
  for (const Filter& filter : filters_)
    if (!is_available(filter.id)) missing_.push_back(filter);
  unsigned options = 0;
  check(H5Pget_chunk_opts(properties.id(), &options), "read the layout of a dataset");
  const bool partial_filtered =
      filters_.empty() || (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) == 0;
  plain_chunks_ = plain_chunks_ && element_->verbatim && partial_filtered;
}

void Dataset::find_run(hid_t id, std::uint64_t offset) {
  if (element_->kind != Type::Kind::number || !element_->verbatim) return;
  const std::uint64_t bytes =
      checked_multiply(element_count(shape_), whole_->memory_size, "the size of a dataset");
  // What is smaller than its shape, or ends behind the file's end, is HDF5's to judge.
  if (H5Dget_storage_size(id) >= bytes && bytes <= file_->size() && offset <= file_->size() - bytes)
    run_ = offset;
}

void Dataset::read_fill_value(hid_t creation_properties) {
  plain_chunks_ = true;
  H5D_fill_value_t status = H5D_FILL_VALUE_UNDEFINED;
  check(H5Pfill_value_defined(creation_properties, &status), "read the fill value of a dataset");
  H5D_fill_time_t time = H5D_FILL_TIME_IFSET;
  check(H5Pget_fill_time(creation_properties, &time), "read the fill time of a dataset");
  leaves_gaps_ = time == H5D_FILL_TIME_NEVER;
  const std::uint64_t size = element_->memory_size;
  if (status == H5D_FILL_VALUE_UNDEFINED) return;
  if (status == H5D_FILL_VALUE_DEFAULT) {
    fill_value_ = Bytes(size);
    return;
  }
  Bytes fill(whole_->memory_size);
  check(H5Pget_fill_value(creation_properties, whole_->memory.id(), fill.data()),
        "read the fill value of a dataset");
  // An array type may be filled with different elements, which one fill value can't tell.
  for (std::uint64_t at = size; at < fill.size(); at += size)
    plain_chunks_ =
        plain_chunks_ && std::equal(fill.begin(), fill.begin() + static_cast<std::ptrdiff_t>(size),
                                    fill.begin() + static_cast<std::ptrdiff_t>(at));
  fill.resize(size);
  // Swapping bytes to little-endian also swaps them back.
  if (!element_->number.is_little_endian()) make_little_endian(element_->number, fill);
  fill_value_ = std::move(fill);
}

void Dataset::find_sources(hid_t creation_properties) {
  std::size_t count = 0;
  check(H5Pget_virtual_count(creation_properties, &count), "read the layout of a dataset");
  const auto folder = boost::filesystem::path(file_->path()).parent_path();
  std::set<std::string> seen;
  for (std::size_t i = 0; i < count; ++i) {
    std::array<char, 4096> name{};
    check(H5Pget_virtual_filename(creation_properties, i, name.data(), name.size()),
          "read the layout of a dataset");
    const std::string source = name.data();
    if (source != "." && other_file_.empty()) other_file_ = source;
    // "." is the own file; "%b" stands for any number of files, of which HDF5 takes what it finds.
    if (source == "." || source.find('%') != std::string::npos) continue;
    if (!seen.insert(source).second) continue;
    if (refused_file_.empty()) refused_file_ = refused_source(source);
    boost::system::error_code ignored;
    if (missing_source_.empty() && !boost::filesystem::exists(folder / source, ignored) &&
        !boost::filesystem::exists(source, ignored))
      missing_source_ = source;
  }
}

// The true path of the file that HDF5 would find under `name`, if it is not allowed and nothing at
// the other places where it looks is; else "". It has the last word, and is watched when it reads.
std::string Dataset::refused_source(const std::string& name) const {
  namespace fs = boost::filesystem;
  boost::system::error_code ignored;
  const fs::path folder = fs::path(file_->path()).parent_path();
  const fs::path real = fs::canonical(file_->path(), ignored).parent_path();
  const fs::path last = fs::path(name).filename();
  std::string refused;
  for (const fs::path& place : {folder / name, folder / last, fs::path(name), real / name}) {
    (void)file_->guard()->take_refusal();
    if (file_->guard()->open(place.string()).is_open()) return "";
    const auto here = file_->guard()->take_refusal();
    if (here && refused.empty()) refused = *here;
  }
  return refused;
}

void Dataset::check_filters(hid_t id) const {
  if (missing_.empty() || H5Dget_storage_size(id) == 0) return;
  if (std::all_of(missing_.begin(), missing_.end(), [](const Filter& f) { return f.optional; }))
    return;  // Each chunk may have been stored without them: HDF5 will see.
  throw Error(ErrorCode::unsupported,
              fmt::format("can't read {}: {}", place(), missing_filters_text(missing_)));
}

void Dataset::read(const Region& region, std::span<std::byte> out, Arena* arena) const {
  check_inside(region, shape_);
  const std::uint64_t size = element_->memory_size;
  if (out.size() != checked_multiply(element_count(region.shape), size, "the size of a region"))
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} bytes are no room for a region of shape {} of elements of {} bytes",
                            out.size(), to_string(region.shape), size));
  if (out.empty() || null_ || read_run(region, out)) return;
  if (leaves_gaps_) fill(out);
  const auto outer = static_cast<std::ptrdiff_t>(outer_rank_);
  if (std::equal(region.shape.begin() + outer, region.shape.end(), shape_.begin() + outer)) {
    read_outer(region, out.data(), arena);
    return;
  }
  // HDF5 can't read a part of an element: read whole ones, and cut.
  Region whole = region;
  Region part{Shape(region.shape.size(), 0), region.shape};
  for (std::size_t i = outer_rank_; i < shape_.size(); ++i) {
    part.origin[i] = region.origin[i];
    whole.origin[i] = 0;
    whole.shape[i] = shape_[i];
  }
  Bytes elements(checked_multiply(element_count(whole.shape), size, "the size of a region"));
  if (leaves_gaps_) fill(elements);
  read_outer(whole, elements.data(), arena);
  copy_region(elements, whole.shape, part, out, region.shape, Region::all(region.shape), size);
}

std::optional<std::uint64_t> Dataset::most_stored() const {
  const Locked locked;
  const std::shared_ptr<const Handle> handle = open();
  const Handle properties = own(H5Dget_create_plist(handle->id()), "read the layout of " + place());
  const H5D_layout_t layout = H5Pget_layout(properties.id());
  if (layout == H5D_VIRTUAL || external_) return std::nullopt;
  if (layout == H5D_CHUNKED) {
    const Handle space = own(H5Dget_space(handle->id()), "read the shape of " + place());
    hsize_t chunks = 0;
    check(H5Dget_num_chunks(handle->id(), space.id(), &chunks), "count the chunks of " + place());
    return checked_multiply(chunks, element_count(chunk_shape_), "the elements of " + place());
  }
  const Handle type = own(H5Dget_type(handle->id()), "read the type of " + place());
  const std::size_t size = H5Tget_size(type.id());
  if (size == 0) throw Error(ErrorCode::corrupt_data, "elements of no bytes in " + place());
  return H5Dget_storage_size(handle->id()) / size;
}

void Dataset::fill(std::span<std::byte> out) const {
  Bytes element = fill_value_.value_or(Bytes(element_->memory_size));
  make_little_endian(element_->number, element);
  const Shape all{out.size() / element.size()};
  fill_region(out, all, Region::all(all), element);
}

bool Dataset::read_run(const Region& region, std::span<std::byte> out) const {
  const auto first = contiguous_offset(region, shape_);
  if (!run_ || !first || !file_->read_at(*run_ + *first * element_->memory_size, out)) return false;
  make_little_endian(element_->number, out);
  return true;
}

void Dataset::read_outer(const Region& region, std::byte* out, Arena* arena) const {
  if (external_) return read_external(region, out);
  const Locked locked;
  const std::shared_ptr<const Handle> handle = open();
  const hid_t id = handle->id();
  check_filters(id);
  (void)file_->guard()->take_refusal();
  Handle file_space, memory_space;
  if (outer_rank_ > 0) {
    const auto origin = to_hdf5(region.origin, outer_rank_);
    const auto lengths = to_hdf5(region.shape, outer_rank_);
    file_space = own(H5Dget_space(id), "read the shape of " + place());
    check(H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, origin.data(), nullptr,
                              lengths.data(), nullptr),
          "select a region of " + place());
    memory_space = own(H5Screate_simple(static_cast<int>(outer_rank_), lengths.data(), nullptr),
                       "select a region of " + place());
  }
  Handle transfer;
  if (arena != nullptr) transfer = arena->transfer_properties();
  const ExpectedChunks expected(filters_, stored_chunk_, max_chunk_bytes_);
  const herr_t result =
      H5Dread(id, whole_->memory.id(), memory_space ? memory_space.id() : H5S_ALL,
              file_space ? file_space.id() : H5S_ALL, transfer ? transfer.id() : H5P_DEFAULT, out);
  // HDF5 takes a source that it can't open for one that is not there, and fills.
  if (const auto refused = file_->guard()->take_refusal()) {
    H5Eclear2(H5E_DEFAULT);
    throw Error(ErrorCode::unsupported,
                fmt::format("can't read {}: a part of it comes from another file: {}", place(),
                            outside_text(*refused)));
  }
  if (result >= 0) return;
  if (arena != nullptr && arena->exceeded())
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("can't read {}: the values of a region of shape {} take more than {} "
                            "bytes",
                            place(), to_string(region.shape), arena->limit()));
  if (const auto& failure = expected.failure()) {
    H5Eclear2(H5E_DEFAULT);
    throw Error(failure->code(), fmt::format("can't read {}: {}", place(), failure->what()));
  }
  if (!missing_.empty())
    throw Error(ErrorCode::unsupported,
                fmt::format("can't read {}: {}", place(), missing_filters_text(missing_)));
  throw_failure("read " + place());
}

// Without HDF5, which would open the files by itself.
void Dataset::read_external(const Region& region, std::byte* out) const {
  if (has_pointers(*whole_))
    throw Error(ErrorCode::unsupported,
                fmt::format("can't read {}: in external files there are only places of its values, "
                            "which have no fixed size: re-save it with h5repack",
                            place()));
  Bytes bytes;
  try {
    bytes = stored_bytes(region);
  } catch (Error& error) {
    error.at(place());
    throw;
  }
  const std::uint64_t count = bytes.size() / stored_size_;
  const std::uint64_t size = count * whole_->memory_size;
  bytes.resize(std::max<std::uint64_t>(bytes.size(), size));
  Bytes background(size);
  const Locked locked;
  check(H5Tconvert(stored_type_.id(), whole_->memory.id(), count, bytes.data(), background.data(),
                   H5P_DEFAULT),
        "convert the values of " + place());
  std::copy_n(bytes.begin(), size, out);
}

// The elements of the dimensions that HDF5 knows, as they are stored, row by row.
Bytes Dataset::stored_bytes(const Region& region) const {
  // From dimension `first` on rows are whole, so that they lie together.
  std::uint64_t run = stored_size_;
  std::size_t first = outer_rank_;
  while (first > 0) {
    --first;
    run = checked_multiply(run, region.shape[first], "the size of a region");
    if (region.shape[first] != shape_[first]) break;
  }
  std::uint64_t runs = 1;
  for (std::size_t i = 0; i < first; ++i)
    runs = checked_multiply(runs, region.shape[i], "the size of a region");
  Bytes bytes(checked_multiply(run, runs, "the size of a region"));
  Shape index(first, 0);
  for (std::uint64_t done = 0; done < runs; ++done) {
    std::uint64_t offset = 0;
    for (std::size_t i = 0; i < outer_rank_; ++i)
      offset = checked_add(checked_multiply(offset, shape_[i], "a place in a dataset"),
                           region.origin[i] + (i < first ? index[i] : 0), "a place in a dataset");
    external_->read(checked_multiply(offset, stored_size_, "a place in a dataset"),
                    std::span(bytes).subspan(done * run, run));
    for (std::size_t i = first; i-- > 0 && ++index[i] == region.shape[i];) index[i] = 0;
  }
  return bytes;
}

}  // namespace engram::hdf5
