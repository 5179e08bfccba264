#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "engram/array/array_source.hpp"
#include "engram/array/element.hpp"
#include "engram/backend/backend.hpp"
#include "engram/backend/open.hpp"
#include "engram/hdmf/builder.hpp"
#include "engram/hdmf/complete.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/array.hpp"
#include "engram/zarr/transaction.hpp"

namespace engram::backend {

struct AppendOptions {
  /// How new datasets are written. What grows stays as it is encoded.
  ZarrWriteOptions write;
  /// For new arrays of numbers; nullopt: not compressed.
  std::optional<CodecConfig> codec =
      CodecConfig{"blosc", {{"cname", "zstd"}, {"clevel", 5}, {"shuffle", 2}, {"blocksize", 0}}};
  /// Gives new objects (what has a type) their object_id, where they have none. nullptr: they must
  /// have one.
  std::function<std::string()> new_object_id = hdmf::new_object_id;
  zarr::Workers workers;  ///< Who encodes chunks.
  /// New values are taken from their sources in blocks of about so many bytes.
  std::uint64_t block_bytes = 64ULL << 20;
  zarr::TransactionOptions::Stale stale = zarr::TransactionOptions::Stale::refuse;
  bool sync = true;  ///< See TransactionOptions.
  Limits limits;
};

/// Values to be put behind those of a dataset.
struct NewRows {
  /// Values: one for each row; a row of a dataset with more dimensions, and of a ragged column, is
  /// a List (of Lists, ...). Or a source, whose first dimension counts the rows; for a ragged
  /// column it has the values of all rows, one after another.
  std::variant<std::vector<hdmf::Value>, std::shared_ptr<const ArraySource>,
               std::shared_ptr<const hdmf::ObjectSource>>
      data;
  /// For a source of a ragged column: how many values each row has. Of a doubly ragged one first
  /// how many lists each row has, then how many values each list has.
  std::vector<std::vector<std::uint64_t>> lengths = {};
};

/// Rows of elements that are `type`, little-endian, which lie in `elements` one after another. Each
/// row has `row_shape`; () is one element. Throws Error(invalid_argument) for a part of a row.
NewRows rows_of(const DataType& type, Bytes elements, Shape row_shape = {});

template <Element T>
requires(!std::is_same_v<T, bool>) NewRows
    rows_of(const std::vector<T>& elements, Shape row_shape = {}) {
  Bytes bytes(elements.size() * sizeof(T));
  if (!bytes.empty()) std::memcpy(bytes.data(), elements.data(), bytes.size());
  return rows_of(data_type_of<T>(), std::move(bytes), std::move(row_shape));
}

/// New rows of one column of a DynamicTable.
struct ColumnRows {
  std::string name;
  NewRows rows;
};

/// Adds to a Zarr v2 store of HDMF data: new groups, datasets, links and attributes, longer
/// datasets, rows of tables. All of it is there after commit(), or none, whatever happens; see
/// zarr::Transaction, and docs/append.md for worked examples.
///
/// Paths are absolute and may lead through links. Everything is checked before it is written as far
/// as it can be known: names, types, shapes, lengths, that links and references lead somewhere.
/// Where a call throws for its arguments, nothing of it was taken and one can go on. Where values
/// of a source turned out wrong, or the store failed, in the middle of a call, commit() refuses.
///
/// References need only a path: where it leads through links, the target's own path is put in, and
/// the ids beside it are filled in. Their target must be there, or be added by the same call.
///
/// Values become elements of the type that the dataset has: any number that this type holds
/// exactly (but floating numbers are rounded), text, a reference. Anything else throws
/// Error(invalid_argument).
///
/// Some arrays are written anew as a part of the append: an index (VectorIndex) whose integers are
/// too small for a longer column gets wider ones; a text field or array of fixed length, longer
/// ones; objects that Python pickled are stored as json2, or as vlen-utf8 if they are text; and an
/// array of few rows a chunk gets larger chunks when it grows much beyond them.
///
/// Memory: the metadata of the store, the rows of one call that came as values, one block of those
/// that come from sources, and a chunk for each worker.
///
/// Threads: one.
class Appender {
 public:
  /// Opens the store in the directory `path` and keeps other writers away. Ends what an append that
  /// was killed has left. Throws Error(not_found), Error(unsupported) for what is no directory with
  /// Zarr v2 (a zip file, HDF5, a URL), Error(already_exists) when another writer runs, and what
  /// zarr::Transaction and Reader throw.
  explicit Appender(const std::string& path, const AppendOptions& options = {});
  explicit Appender(std::shared_ptr<store::Store> store, const AppendOptions& options = {});
  /// What was not committed never was.
  ~Appender();
  Appender(Appender&&) noexcept;
  Appender& operator=(Appender&&) noexcept;

  /// What was done with an append that had not ended.
  zarr::Recovery recovered() const noexcept;

  /// The store with all that was added so far. The reference is good until the next call; sources
  /// in a copy of it can be read as long as they live, of datasets that were not changed since.
  const hdmf::GroupBuilder& tree();

  /// Puts `group`, and all that is in it, into the group at `parent`. Throws Error(already_exists)
  /// for a name that is taken, Error(unsupported) for a name or link that can't be written,
  /// Error(not_found) for what a link or reference leads to, Error(invalid_argument) for an object
  /// without id where no ids are made, or whose id is taken.
  void add_group(const std::string& parent, hdmf::GroupBuilder group);
  void add_dataset(const std::string& parent, hdmf::DatasetBuilder dataset);
  void add_link(const std::string& parent, hdmf::LinkBuilder link);

  /// Sets an attribute, new or there already, of the group or dataset at `path`. Throws
  /// Error(unsupported) for a name or value that Zarr can't have, Error(invalid_argument) for
  /// `object_id`, by which others refer to it.
  void set_attribute(const std::string& path, const std::string& name, hdmf::Value value);

  /// Makes the dataset at `path` longer along its first dimension. Throws Error(invalid_argument)
  /// for rows of another shape or type, a single value, or a column of a table.
  void extend(const std::string& path, const NewRows& rows);

  /// Adds rows to the DynamicTable at `path`: all columns that its `colnames` name, and `id` if the
  /// caller likes; else ids go on from the last one by ones. (A table without columns of its own,
  /// as an AlignedDynamicTable may be, needs ids.) Throws Error(invalid_argument) for a
  /// column that is missing, not the table's, of another length, or has values that point beyond
  /// the table (DynamicTableRegion) or the values (EnumData) that it refers to; Error(corrupt_data)
  /// for a table that is broken already; Error(unsupported) for a column that is a link.
  void append_rows(const std::string& path, const std::vector<ColumnRows>& columns);

  /// Makes everything true at once. Throws Error(invalid_argument), and one can go on, when `data`
  /// and `timestamps` or `control` of a TimeSeries had one length before and have not now, or the
  /// columns of a table, or the tables of an AlignedDynamicTable; and what
  /// zarr::Transaction::commit() throws.
  void commit();

  /// What could not be written as it was given, of new groups and datasets.
  const std::vector<Notice>& notices() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace engram::backend
