#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engram/backend/append.hpp"
#include "engram/hdmf/builder.hpp"
#include "engram/store/store.hpp"
#include "engram/zarr/array.hpp"

namespace engram::backend {

/// The end of one array, and what is to be put there: take...() checks, write() writes.
///
/// How an element lies in the array is what it was: its codecs, its type, its byte order. Where
/// that has no room for the new elements, or is pickle, the array is written anew, see Appender.
class ArrayEnd {
 public:
  /// Makes references whole.
  using Complete = std::function<void(hdmf::Value&)>;

  /// `path` is "/a/b", `dataset` what lies there. Throws Error(invalid_argument) for a single value
  /// or a null dataspace.
  ArrayEnd(std::shared_ptr<store::Store> store, const std::string& path,
           const hdmf::DatasetBuilder& dataset, const AppendOptions& options);

  const std::string& path() const noexcept { return path_; }
  std::uint64_t length() const noexcept { return array_.shape().front(); }
  std::uint64_t new_rows() const noexcept { return new_rows_; }
  /// Dimensions behind the first.
  std::size_t row_rank() const noexcept { return array_.shape().size() - 1; }
  bool is_integer() const noexcept;
  /// The integer in `row` of an array of one dimension.
  std::int64_t integer_at(std::uint64_t row) const;

  /// Throw Error(invalid_argument) naming path, row and value for what does not fit; nothing is
  /// taken then.
  void take(const NewRows& rows, const Complete& complete);
  /// Of an array of integers; wider ones are made where these have no room.
  void take_integers(const std::vector<std::uint64_t>& values);
  /// Calls `visit(row, value)` for each integer that was taken.
  void for_each_integer(
      const std::function<void(std::uint64_t row, std::int64_t value)>& visit) const;

  void write();

 private:
  void take_values(std::vector<hdmf::Value> values, const Complete& complete);
  void take_objects(const std::vector<hdmf::Value>& values);
  void take_elements(const std::vector<hdmf::Value>& values);
  void take_source(const std::shared_ptr<const ArraySource>& source, const Complete& complete);
  void take_source(const std::shared_ptr<const hdmf::ObjectSource>& source,
                   const Complete& complete);
  void count_rows(const Shape& shape);
  Shape row_shape() const;
  [[noreturn]] void refuse(std::uint64_t element, const std::string& why) const;
  Json object_of(const hdmf::Value& value) const;

  zarr::ArrayMetadata planned() const;
  bool grows_chunks(zarr::ArrayMetadata& metadata) const;
  void write_anew(const zarr::ArrayMetadata& metadata);
  void write_elements(const Region& region);
  void write_blocks(const Region& region);
  std::uint64_t rows_of_block(std::uint64_t first, std::uint64_t left, std::uint64_t size) const;

  std::shared_ptr<store::Store> store_;
  const std::string path_;
  std::optional<hdmf::ObjectType> type_;  ///< Of values, where they are more than elements.
  bool as_json_text_ = false;
  const AppendOptions& options_;
  zarr::Array array_;

  std::uint64_t new_rows_ = 0;
  DataType wanted_;  ///< What the elements are to be: the array's type, or one with more room.
  std::variant<std::monostate, Bytes, std::vector<Json>, std::shared_ptr<const ArraySource>,
               std::shared_ptr<const hdmf::ObjectSource>>
      data_;
  Complete complete_;
};

/// The flat elements of `rows`, which are lists nested `depth` deep, each level with as many items
/// as `shape` says.
std::vector<hdmf::Value> flat_rows(const std::string& path, const std::vector<hdmf::Value>& rows,
                                   const Shape& shape);

}  // namespace engram::backend
