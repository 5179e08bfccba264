#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/append_array.hpp"
#include "backend/append_tree.hpp"
#include "engram/backend/append.hpp"

namespace engram::backend {

/// New rows of one DynamicTable: checked by the constructor, put into the store by write().
class TableRows {
 public:
  /// Throws what Appender::append_rows() throws; nothing was written then.
  TableRows(std::shared_ptr<store::Store> store, AppendTree& tree, const Place& table,
            const std::vector<ColumnRows>& columns, const AppendOptions& options);

  void write();

  /// The datasets that become longer.
  std::vector<std::string> paths() const;

 private:
  // A column, and the indexes of a ragged one, the innermost first.
  struct Column {
    std::string name;
    const hdmf::DatasetBuilder* dataset = nullptr;
    ArrayEnd values;
    std::vector<ArrayEnd> indexes;
    std::uint64_t rows = 0;  ///< New ones.
  };

  Column open(const std::string& name) const;
  ArrayEnd end_of(const std::string& name) const;
  const hdmf::DatasetBuilder* dataset(const std::string& name) const;
  void check_state(const Column& column, std::uint64_t rows) const;
  void take(Column& column, const NewRows& rows) const;
  void take_ragged(Column& column, const std::vector<std::vector<std::uint64_t>>& lengths) const;
  void check_targets(const Column& column) const;
  std::uint64_t target_rows(const Column& column, const std::string& attribute) const;
  void take_ids(const std::vector<ColumnRows>& columns);

  std::shared_ptr<store::Store> store_;
  AppendTree& tree_;
  const Place table_;
  const AppendOptions& options_;
  std::vector<Column> columns_;
  std::vector<ArrayEnd> id_;  ///< One.
  std::uint64_t rows_ = 0;
};

/// The names that `colnames` of a table lists.
std::vector<std::string> column_names(const hdmf::GroupBuilder& table);

}  // namespace engram::backend
