// A ragged column "x" has its values in "x", one row after another, and in "x_index" the end of
// each row; a doubly ragged one has the ends of lists there, and in "x_index_index" the end of each
// row, counted in lists. So new rows go to all of these together:
//
// 1. the table is looked at as it is: all columns have as many rows as `id`, and each index ends
//    where its values do;
// 2. rows are taken apart into values and lengths, and each is checked;
// 3. the ends go on from the last one; an index with too small integers gets wider ones.

#include "backend/append_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "engram/base/error.hpp"

namespace engram::backend {
namespace {

using hdmf::Value;

constexpr const char* kId = "id";
constexpr std::string_view kIndexEnding = "_index";

[[noreturn]] void refuse(ErrorCode code, const std::string& why) { throw Error(code, why); }

// Takes rows that are lists `depth` deep apart.
void take_apart(const std::string& path, const std::vector<Value>& rows, std::size_t level,
                std::vector<std::vector<std::uint64_t>>& lengths, std::vector<Value>& values) {
  for (const Value& row : rows) {
    if (!row.is<hdmf::List>())
      refuse(ErrorCode::invalid_argument, fmt::format("{} is ragged: each of its rows is a list{}",
                                                      path, lengths.size() > 1 ? " of lists" : ""));
    const hdmf::List& list = row.as<hdmf::List>();
    lengths[level].push_back(list.size());
    if (level + 1 == lengths.size()) {
      values.insert(values.end(), list.begin(), list.end());
    } else {
      take_apart(path, list, level + 1, lengths, values);
    }
  }
}

std::uint64_t sum_of(const std::vector<std::uint64_t>& lengths) {
  std::uint64_t sum = 0;
  for (const std::uint64_t length : lengths)
    sum = checked_add(sum, length, "the number of values of a ragged column");
  return sum;
}

const Value* reference_named(const hdmf::DatasetBuilder& dataset, const std::string& name) {
  const Value* value = dataset.attributes.find(name);
  return value && value->is<hdmf::Reference>() ? value : nullptr;
}

}  // namespace

std::vector<std::string> column_names(const hdmf::GroupBuilder& table) {
  std::vector<std::string> names;
  const Value* value = table.attributes.find("colnames");
  if (!value) return names;
  if (value->is<std::string>()) names.push_back(value->as<std::string>());
  if (value->is<hdmf::List>())
    for (const Value& name : value->as<hdmf::List>())
      if (name.is<std::string>()) names.push_back(name.as<std::string>());
  return names;
}

TableRows::TableRows(std::shared_ptr<store::Store> store, AppendTree& tree, const Place& table,
                     const std::vector<ColumnRows>& columns, const AppendOptions& options)
    : store_(std::move(store)), tree_(tree), table_(table), options_(options) {
  if (!table.group->attributes.find("colnames") || !dataset(kId))
    refuse(ErrorCode::invalid_argument,
           fmt::format("{} is no table: it has no `colnames` or no `id`", table.path));
  id_.push_back(end_of(kId));
  const std::vector<std::string> names = column_names(*table.group);
  std::set<std::string> given;
  for (const ColumnRows& column : columns) {
    if (!given.insert(column.name).second)
      refuse(ErrorCode::invalid_argument,
             fmt::format("column \"{}\" of {} is given twice", column.name, table.path));
    if (column.name != kId && std::find(names.begin(), names.end(), column.name) == names.end())
      refuse(ErrorCode::invalid_argument,
             fmt::format("{} has no column \"{}\": its colnames are {}", table.path, column.name,
                         fmt::join(names, ", ")));
  }
  for (const std::string& name : names) {
    if (!given.contains(name))
      refuse(ErrorCode::invalid_argument,
             fmt::format("column \"{}\" of {} is missing: new rows have values for all columns",
                         name, table.path));
  }
  for (const ColumnRows& column : columns) {
    if (column.name == kId) continue;
    columns_.push_back(open(column.name));
    check_state(columns_.back(), id_.front().length());
    take(columns_.back(), column.rows);
  }
  take_ids(columns);
  for (const Column& column : columns_) {
    if (column.rows != rows_)
      refuse(
          ErrorCode::invalid_argument,
          fmt::format("column \"{}\" of {} is given {} rows, and {} others have {}", column.name,
                      table.path, column.rows, columns_.size() > 1 ? "the" : "its ids and", rows_));
    check_targets(column);
  }
}

const hdmf::DatasetBuilder* TableRows::dataset(const std::string& name) const {
  for (const hdmf::DatasetBuilder& dataset : table_.group->datasets)
    if (dataset.name == name) return &dataset;
  for (const hdmf::LinkBuilder& link : table_.group->links)
    if (link.name == name)
      refuse(ErrorCode::unsupported,
             fmt::format("column {} is a link to {}, which has rows of its own: they can't be "
                         "made longer together",
                         hdmf::join_path(table_.path, name), link.path));
  return nullptr;
}

ArrayEnd TableRows::end_of(const std::string& name) const {
  const hdmf::DatasetBuilder* found = dataset(name);
  const std::string path = hdmf::join_path(table_.path, name);
  if (!found)
    refuse(ErrorCode::corrupt_data,
           fmt::format("{} is named by `colnames` and is not there", path));
  return {store_, path, *found, options_};
}

TableRows::Column TableRows::open(const std::string& name) const {
  Column column{name, dataset(name), end_of(name), {}, 0};
  for (std::string index = name + std::string(kIndexEnding); dataset(index);
       index += kIndexEnding) {
    column.indexes.push_back(end_of(index));
    if (!column.indexes.back().is_integer() || column.indexes.back().row_rank() > 0)
      refuse(ErrorCode::corrupt_data,
             fmt::format("{} is no list of whole numbers and can be no index",
                         column.indexes.back().path()));
  }
  return column;
}

void TableRows::check_state(const Column& column, std::uint64_t rows) const {
  const ArrayEnd* inner = &column.values;
  for (const ArrayEnd& index : column.indexes) {
    const std::int64_t end = index.length() == 0 ? 0 : index.integer_at(index.length() - 1);
    if (end < 0 || static_cast<std::uint64_t>(end) != inner->length())
      refuse(ErrorCode::corrupt_data,
             fmt::format("{} ends at {}, but {} has {} values: the table is broken, and nothing "
                         "can be put behind it (see engram validate)",
                         index.path(), end, inner->path(), inner->length()));
    inner = &index;
  }
  if (inner->length() != rows)
    refuse(ErrorCode::corrupt_data,
           fmt::format("{} has {} rows, but {} has {}: the table is broken, and nothing can be put "
                       "behind it (see engram validate)",
                       inner->path(), inner->length(), id_.front().path(), rows));
}

void TableRows::take(Column& column, const NewRows& rows) const {
  const auto complete = [this, path = column.values.path()](Value& value) {
    tree_.complete(path, value);
  };
  const std::size_t depth = column.indexes.size();
  const auto* lists = std::get_if<std::vector<Value>>(&rows.data);
  if (depth == 0) {
    if (!rows.lengths.empty())
      refuse(ErrorCode::invalid_argument,
             fmt::format("{} is not ragged: its rows have no lengths", column.values.path()));
    column.values.take(rows, complete);
    column.rows = column.values.new_rows();
    return;
  }
  if (lists && rows.lengths.empty()) {
    std::vector<std::vector<std::uint64_t>> lengths(depth);
    std::vector<Value> values;
    take_apart(column.values.path(), *lists, 0, lengths, values);
    column.values.take({std::move(values), {}}, complete);
    return take_ragged(column, lengths);
  }
  if (rows.lengths.size() != depth)
    refuse(ErrorCode::invalid_argument,
           fmt::format("{} is ragged {} deep: it needs so many lists of lengths, not {}",
                       column.values.path(), depth, rows.lengths.size()));
  column.values.take({rows.data, {}}, complete);
  take_ragged(column, rows.lengths);
}

void TableRows::take_ragged(Column& column,
                            const std::vector<std::vector<std::uint64_t>>& lengths) const {
  column.rows = lengths.front().size();
  const ArrayEnd* inner = &column.values;
  for (std::size_t i = 0; i < column.indexes.size(); ++i) {
    const std::vector<std::uint64_t>& each = lengths[lengths.size() - 1 - i];
    if (sum_of(each) != inner->new_rows())
      refuse(ErrorCode::invalid_argument,
             fmt::format("the rows of {} are to have {} values together, and {} are given",
                         inner->path(), sum_of(each), inner->new_rows()));
    std::uint64_t end = inner->length();
    std::vector<std::uint64_t> ends;
    ends.reserve(each.size());
    for (const std::uint64_t length : each)
      ends.push_back(end = checked_add(end, length, "the end of a row"));
    column.indexes[i].take_integers(ends);
    inner = &column.indexes[i];
  }
}

void TableRows::take_ids(const std::vector<ColumnRows>& columns) {
  ArrayEnd& id = id_.front();
  const auto given = std::find_if(columns.begin(), columns.end(),
                                  [](const ColumnRows& column) { return column.name == kId; });
  if (given != columns.end()) {
    id.take(given->rows, {});
    rows_ = id.new_rows();
    return;
  }
  if (columns_.empty())
    refuse(ErrorCode::invalid_argument,
           fmt::format("{} has no columns of its own: give the ids of the new rows", table_.path));
  rows_ = columns_.front().rows;
  if (!id.is_integer() || id.row_rank() > 0)
    refuse(ErrorCode::corrupt_data, fmt::format("{} is no list of whole numbers", id.path()));
  const std::int64_t last = id.length() == 0 ? -1 : id.integer_at(id.length() - 1);
  if (last < -1)
    refuse(ErrorCode::invalid_argument,
           fmt::format("the last of {} is {}, which can't be gone on from: give the ids of the new "
                       "rows",
                       id.path(), last));
  std::vector<std::uint64_t> ids(static_cast<std::size_t>(rows_));
  std::iota(ids.begin(), ids.end(), static_cast<std::uint64_t>(last + 1));
  id.take_integers(ids);
}

std::uint64_t TableRows::target_rows(const Column& column, const std::string& attribute) const {
  const auto& reference = reference_named(*column.dataset, attribute)->as<hdmf::Reference>();
  const auto target = tree_.find(reference.path);
  if (reference.source != "." || !target) return UINT64_MAX;  // engram validate tells of those.
  // A table may refer to its own new rows.
  if (target->path == table_.path) return id_.front().length() + rows_;
  const std::string path = target->group ? hdmf::join_path(target->path, kId) : target->path;
  const auto rows = tree_.find(path);
  if (!rows || !rows->dataset) return UINT64_MAX;
  const ArrayEnd end(store_, rows->path, *rows->dataset, options_);
  return end.length();
}

// Rows of another table (DynamicTableRegion), or one of a list of values (EnumData).
void TableRows::check_targets(const Column& column) const {
  for (const char* attribute : {"table", "elements"}) {
    if (!column.values.is_integer() || !reference_named(*column.dataset, attribute)) continue;
    const std::uint64_t count = target_rows(column, attribute);
    column.values.for_each_integer([&](std::uint64_t row, std::int64_t value) {
      if (value >= 0 && static_cast<std::uint64_t>(value) < count) return;
      refuse(ErrorCode::invalid_argument,
             fmt::format("value {} of the new ones of {} is {}, but {} has {} rows", row,
                         column.values.path(), value,
                         reference_named(*column.dataset, attribute)->as<hdmf::Reference>().path,
                         count));
    });
  }
}

void TableRows::write() {
  id_.front().write();
  for (Column& column : columns_) {
    column.values.write();
    for (ArrayEnd& index : column.indexes) index.write();
  }
}

std::vector<std::string> TableRows::paths() const {
  std::vector<std::string> paths{id_.front().path()};
  for (const Column& column : columns_) {
    paths.push_back(column.values.path());
    for (const ArrayEnd& index : column.indexes) paths.push_back(index.path());
  }
  return paths;
}

}  // namespace engram::backend
