#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "hdf5_format/chunk_btree1.hpp"
#include "hdf5_format/object_header.hpp"

namespace engram::hdf5_format {

/// An HDF5 file as a library sees it that is older than the one that wrote it. What HDF5 2.0 puts
/// into the headers of datasets when it is told to write its latest format (which writing for
/// readers at the same time, SWMR, asks for) says the same as earlier forms do: filtered chunks
/// (layout version 5), compounds, enumerations, arrays, sequences and complex numbers (datatype
/// version 5), virtual datasets (mappings of version 1, selections of version 3). This shows the
/// earlier forms at the same places, and what has become longer behind the file's end. The values
/// are not touched.
///
/// What can't be shown so stays as it is, for the library to refuse: references of HDF5 1.12,
/// chunks of 4 GiB and more, unfiltered chunks at the edges.
///
/// What is shown takes at most 16 times as much memory as the file has bytes and 64 MiB, and 4 GiB.
///
/// Threads: one at a time.
class FormatView {
 public:
  /// Of a file of `size` bytes.
  FormatView(FormatFile::ReadAt read_at, std::uint64_t size)
      : read_at_(std::move(read_at)), size_(size) {}

  /// To be called with a part of an object header, or the first bytes of it, which lies at
  /// `address`, counted from the file's beginning, before it is shown; the superblock is at `base`.
  void look_at(std::uint64_t address, std::uint64_t base, BytesView part);

  /// Puts what is shown instead over `bytes`, which lie at `address`, counted from the file's
  /// beginning.
  void show(std::uint64_t address, std::span<std::byte> bytes) const noexcept;

  /// Where what is shown ends; 0: nothing is shown behind the file's end.
  std::uint64_t end() const noexcept { return end_; }

 private:
  void look_at_first_version(std::uint64_t address, BytesView part);
  void look_at_second_version(std::uint64_t address, BytesView part);
  void change(ObjectHeader& header);
  void put(ObjectHeader& header, const HeaderMessage& message, const std::optional<Bytes>& body);
  void change_layout(ObjectHeader& header, const HeaderMessage& message);
  void change_mappings(ObjectHeader& header, const HeaderMessage& message);
  std::uint64_t place(Bytes bytes);
  void keep(std::uint64_t address, Bytes bytes);

  FormatFile::ReadAt read_at_;
  std::uint64_t size_;
  std::optional<FormatFile> file_;
  std::optional<std::uint64_t> node_size_;
  std::set<std::uint64_t> done_;  ///< Headers that need not be looked at again.
  std::map<std::uint64_t, Bytes> shown_;
  std::uint64_t end_ = 0;
  std::uint64_t kept_ = 0;       ///< Bytes that were put into shown_.
  std::uint64_t elsewhere_ = 0;  ///< Bytes that were read because headers lead to them.
};

}  // namespace engram::hdf5_format
