#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/base/limits.hpp"
#include "engram/hdf5/file.hpp"
#include "hdf5/arena.hpp"
#include "hdf5/data_type.hpp"
#include "hdf5/external_storage.hpp"
#include "hdf5/filters.hpp"

namespace engram::hdf5 {

/// A dataset of any type: what it is, and its values as they lie in memory. An array type at the
/// top counts as dimensions of the dataset: (5,) of int32[3] has the shape (5, 3).
///
/// Threads: every const member may be called by many threads at once.
class Dataset {
 public:
  /// Of the open dataset `id`, which lies in `file` at `address` and is called `path` in messages.
  /// Throws Error(corrupt_data), Error(limit_exceeded).
  Dataset(std::shared_ptr<File> file, std::uint64_t address, hid_t id, std::string path,
          const Limits& limits);

  const std::shared_ptr<File>& file() const noexcept { return file_; }
  /// For messages: "dataset /a/b of file.nwb".
  std::string place() const;

  /// The type of the elements; never an array.
  const Type& type() const noexcept { return *element_; }
  const Shape& shape() const noexcept { return shape_; }
  /// Empty: not chunked.
  const Shape& chunk_shape() const noexcept { return chunk_shape_; }
  /// The lengths up to which it can grow; empty: not at all. Without an end: ~0.
  const Shape& max_shape() const noexcept { return max_shape_; }
  const std::vector<Filter>& filters() const noexcept { return filters_; }

  bool is_scalar() const noexcept { return scalar_; }  ///< One value, apart from an array type.
  bool is_null() const noexcept { return null_; }      ///< No value; the shape is (0,).

  /// numbers only: one element of type().number.
  const std::optional<Bytes>& fill_value() const noexcept { return fill_value_; }

  /// True when every chunk has gone through filters() (but for its mask) and holds elements as
  /// type().number says, and unallocated chunks are fill_value().
  bool has_plain_chunks() const noexcept { return plain_chunks_; }

  /// False when the file has no room for its values: all of them are fill_value().
  bool is_stored() const noexcept { return stored_; }

  /// The most elements that the file can have values of; none: nobody knows (a virtual dataset,
  /// external storage). May take as long as a walk over all chunks.
  std::optional<std::uint64_t> most_stored() const;

  /// A virtual dataset: the first of its source files that is not there, whose part HDF5 fills with
  /// the fill value; else "".
  const std::string& missing_source() const noexcept { return missing_source_; }

  /// The first of the other files that values of it lie in: of external storage, or a source of a
  /// virtual dataset; else "".
  const std::string& other_file() const noexcept { return other_file_; }

  /// The first of those files that the file's guard does not allow, by its true path; else "". One
  /// that only shows when values are read (a source's own sources) is an Error(unsupported) then.
  const std::string& refused_file() const noexcept { return refused_file_; }

  /// The elements of `region` in memory form. Variable-length values go to `arena`, which may be
  /// nullptr for types without. Where they lie in the file as one run of bytes that means just that
  /// in memory, many threads read at once, without HDF5.
  void read(const Region& region, std::span<std::byte> out, Arena* arena) const;

  /// The dataset, opened.
  std::shared_ptr<const Handle> open() const { return file_->keep_object(address_); }

  /// The dimensions that HDF5 knows.
  std::size_t outer_rank() const noexcept { return outer_rank_; }

 private:
  void read_space(hid_t id);
  void read_layout(hid_t id, const Limits& limits);
  void read_fill_value(hid_t creation_properties);
  void find_sources(hid_t creation_properties);
  std::string refused_source(const std::string& name) const;
  void read_external(const Region& region, std::byte* out) const;
  Bytes stored_bytes(const Region& region) const;
  void check_filters(hid_t id) const;
  void find_run(hid_t id, std::uint64_t offset);
  void fill(std::span<std::byte> out) const;
  bool read_run(const Region& region, std::span<std::byte> out) const;
  void read_outer(const Region& region, std::byte* out, Arena* arena) const;

  std::shared_ptr<File> file_;
  std::uint64_t address_;
  std::string path_;
  std::shared_ptr<const Type> whole_;  ///< With its array type, if there is one.
  std::shared_ptr<const Type> element_;
  Shape shape_, chunk_shape_, max_shape_;
  std::size_t outer_rank_ = 0;
  bool scalar_ = false, null_ = false, plain_chunks_ = false, stored_ = true;
  std::vector<Filter> filters_;
  std::vector<Filter> missing_;  ///< Of filters_, those that can't be decoded here.
  std::optional<Bytes> fill_value_;
  /// HDF5 leaves memory as it is for elements that are not stored.
  bool leaves_gaps_ = false;
  /// Where all elements lie, one after another, as type().number says.
  std::optional<std::uint64_t> run_;
  std::string missing_source_, other_file_, refused_file_;
  std::optional<ExternalStorage> external_;
  Handle stored_type_;             ///< external_ only: the type of whole_ as it is stored.
  std::uint64_t stored_size_ = 0;  ///< Bytes of it.
  std::optional<std::uint64_t> stored_chunk_;  ///< Filtered chunks: bytes of one, decoded.
  std::uint64_t max_chunk_bytes_;
};

}  // namespace engram::hdf5
