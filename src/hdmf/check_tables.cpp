// What makes the columns of a DynamicTable one table: hdmf-common's rules, which its schema can't
// express.

#include "hdmf/check_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engram/base/error.hpp"
#include "hdmf/node_index.hpp"

namespace engram::hdmf {
namespace {

using Severity = Finding::Severity;

constexpr std::uint64_t kRowsRead = 65536;
constexpr std::string_view kIndexEnding = "_index";

std::vector<std::string> column_names(const Value& value) {
  std::vector<std::string> names;
  if (value.is<std::string>()) names.push_back(value.as<std::string>());
  if (value.is<List>())
    for (const Value& name : value.as<List>())
      if (name.is<std::string>()) names.push_back(name.as<std::string>());
  return names;
}

const DatasetBuilder* dataset_named(const GroupBuilder& group, std::string_view name,
                                    const NodeIndex& index) {
  for (const DatasetBuilder& dataset : group.datasets)
    if (dataset.name == name) return &dataset;
  for (const LinkBuilder& link : group.links)
    if (link.name == name && link.source == ".") return index.find(link.path).dataset;
  return nullptr;
}

bool has_child(const GroupBuilder& group, std::string_view name) {
  const auto is_it = [name](const auto& child) { return child.name == name; };
  return std::any_of(group.datasets.begin(), group.datasets.end(), is_it) ||
         std::any_of(group.links.begin(), group.links.end(), is_it);
}

std::uint64_t rows_of(const DatasetBuilder& dataset) {
  if (dataset.is_null) return 0;
  return dataset.shape().empty() ? 1 : dataset.shape().front();
}

std::uint64_t unsigned_at(const std::byte* at, std::uint64_t size) {
  std::uint64_t value = 0;
  for (std::uint64_t i = size; i-- > 0;)
    value = (value << 8U) | std::to_integer<std::uint64_t>(at[i]);
  return value;
}

// Follows the ends of a ragged column's rows.
class IndexWalk {
 public:
  IndexWalk(const DatasetBuilder& dataset, std::uint64_t target_rows)
      : dataset_(dataset), target_rows_(target_rows) {}

  // What is wrong, or an empty text.
  std::string check() {
    const ArraySource& source = *dataset_.array();
    const DataType& type = source.info().type;
    const std::uint64_t rows = rows_of(dataset_);
    Bytes block;
    for (std::uint64_t first = 0; first < rows; first += kRowsRead) {
      const std::uint64_t count = std::min(kRowsRead, rows - first);
      block.resize(static_cast<std::size_t>(count * type.size));
      source.read(Region{{first}, {count}}, block);
      for (std::uint64_t i = 0; i < count; ++i) {
        std::string wrong = check_row(first + i, block.data() + i * type.size, type);
        if (!wrong.empty()) return wrong;
      }
    }
    if (last_ != target_rows_)
      return fmt::format("ends at {}, but the column has {} values", last_, target_rows_);
    return "";
  }

 private:
  std::string check_row(std::uint64_t row, const std::byte* at, const DataType& type) {
    const bool is_negative = type.kind == engram::Kind::integer &&
                             (std::to_integer<unsigned>(at[type.size - 1]) & 0x80U) != 0;
    if (is_negative) return fmt::format("is negative in row {}", row);
    const std::uint64_t end = unsigned_at(at, type.size);
    if (end < last_) return fmt::format("falls from {} to {} in row {}", last_, end, row);
    if (end > target_rows_)
      return fmt::format("is {} in row {}, beyond the {} values of the column", end, row,
                         target_rows_);
    last_ = end;
    return "";
  }

  const DatasetBuilder& dataset_;
  std::uint64_t target_rows_, last_ = 0;
};

class TableCheck {
 public:
  TableCheck(const GroupBuilder& group, const std::string& path, const NodeIndex& index,
             const OnFinding& found)
      : group_(group), path_(path), index_(index), found_(found) {}

  void run() {
    const std::vector<std::string> names = column_names(*group_.attributes.find("colnames"));
    check_names(names);
    const DatasetBuilder* id = dataset_named(group_, "id", index_);
    const std::uint64_t rows = id ? rows_of(*id) : 0;
    for (const std::string& name : std::set<std::string>(names.begin(), names.end()))
      check_column(name, rows, id != nullptr);
  }

 private:
  void report(Finding::Kind kind, const std::string& name, std::string text) const {
    found_({Severity::error, kind, name.empty() ? path_ + "@colnames" : join_path(path_, name), "",
            std::move(text)});
  }

  void check_names(const std::vector<std::string>& names) const {
    std::set<std::string> seen;
    for (const std::string& name : names) {
      if (!seen.insert(name).second)
        report(Finding::Kind::bad_table, "", fmt::format("names column \"{}\" twice", name));
      if (!has_child(group_, name))
        report(Finding::Kind::bad_table, "",
               fmt::format("names column \"{}\", which is not there", name));
    }
    for (const DatasetBuilder& dataset : group_.datasets) {
      const auto type = dataset.attributes.text("neurodata_type");
      const bool is_plain = type == "VectorData" || type == "DynamicTableRegion" ||
                            type == "EnumData" || type == "TimeSeriesReferenceVectorData";
      if (is_plain && !seen.contains(dataset.name))
        found_({Severity::warning, Finding::Kind::bad_table, join_path(path_, dataset.name), "",
                "is a column that `colnames` does not name, so that readers don't show it"});
    }
  }

  // A ragged column has an index, which may have one of its own; the last has a row a row.
  void check_column(const std::string& name, std::uint64_t rows, bool has_id) const {
    const DatasetBuilder* column = dataset_named(group_, name, index_);
    if (!column) return;
    std::string outer = name;
    for (std::string next = name + std::string(kIndexEnding); has_child(group_, next);
         next += kIndexEnding) {
      const DatasetBuilder* index = dataset_named(group_, next, index_);
      if (!index) return;
      check_index(next, *index, outer, *column);
      column = index;
      outer = next;
    }
    if (has_id && rows_of(*column) != rows)
      report(Finding::Kind::bad_table, outer,
             fmt::format("has {} rows, but the table's id has {}", rows_of(*column), rows));
  }

  void check_index(const std::string& name, const DatasetBuilder& index, const std::string& target,
                   const DatasetBuilder& column) const {
    if (const Value* value = index.attributes.find("target"); value && value->is<Reference>()) {
      const Reference& reference = value->as<Reference>();
      if (reference.source == "." && index_.find(reference.path).dataset != &column)
        report(
            Finding::Kind::bad_index, name,
            fmt::format("refers to {} as its target, not to the column \"{}\" that its name tells",
                        reference.path, target));
    }
    const ArraySource* source = index.array();
    const bool is_integer = source && (source->info().type.kind == engram::Kind::integer ||
                                       source->info().type.kind == engram::Kind::unsigned_integer);
    if (!is_integer || index.shape().size() != 1) {
      if (rows_of(index) > 0) report(Finding::Kind::bad_index, name, "is no list of whole numbers");
      return;
    }
    try {
      std::string wrong = IndexWalk(index, rows_of(column)).check();
      if (!wrong.empty()) report(Finding::Kind::bad_index, name, std::move(wrong));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled) throw;
      report(Finding::Kind::unreadable, name, fmt::format("can't be read: {}", error.what()));
    }
  }

  const GroupBuilder& group_;
  const std::string& path_;
  const NodeIndex& index_;
  const OnFinding& found_;
};

}  // namespace

bool is_table(const GroupBuilder& group) {
  return group.attributes.find("colnames") != nullptr && has_child(group, "id");
}

void check_table(const GroupBuilder& group, const std::string& path, const NodeIndex& index,
                 const OnFinding& found) {
  TableCheck(group, path, index, found).run();
}

}  // namespace engram::hdmf
