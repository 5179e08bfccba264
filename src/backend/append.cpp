#include "engram/backend/append.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "backend/append_array.hpp"
#include "backend/append_new.hpp"
#include "backend/append_table.hpp"
#include "backend/append_tree.hpp"
#include "backend/zarr_layout.hpp"
#include "backend/zarr_writer_tree.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/memory_source.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/store/open_store.hpp"
#include "hdmf/check_tables.hpp"
#include "hdmf/node_index.hpp"
#include "zarr/documents.hpp"

namespace engram::backend {
namespace {

std::shared_ptr<store::Store> open_directory(const std::string& path) {
  const auto local = store::local_path(path);
  if (!local)
    throw Error(
        ErrorCode::unsupported,
        fmt::format("{}: engram only reads from there; append to a directory and upload it", path));
  std::error_code failed;
  const auto status = std::filesystem::status(*local, failed);
  if (!std::filesystem::exists(status))
    throw Error(ErrorCode::not_found, fmt::format("there is nothing at {}", *local));
  if (!std::filesystem::is_directory(status))
    throw Error(
        ErrorCode::unsupported,
        fmt::format(
            "{} is {}; engram appends to Zarr v2 stores that are directories", *local,
            store::is_zip_file(*local) ? "a zip file: unpack it into a directory" : "a file"));
  return std::make_shared<store::DirectoryStore>(*local, store::DirectoryStore::Mode::update);
}

zarr::TransactionOptions transaction_options(const AppendOptions& options) {
  zarr::TransactionOptions transaction;
  transaction.stale = options.stale;
  transaction.sync = options.sync;
  transaction.limits = options.limits;
  return transaction;
}

// Refused before anything is locked or recovered.
std::shared_ptr<store::Store> require_zarr(std::shared_ptr<store::Store> store) {
  const auto holds = [&](std::string_view name) {
    return store->size(store::Key(name)).has_value();
  };
  if (!holds(zarr::kGroupName) && !holds(zarr::kConsolidatedName))
    throw Error(ErrorCode::unsupported,
                fmt::format("{} is {}; engram appends to Zarr v2 groups", store->name(),
                            holds("zarr.json")        ? "a Zarr v3 store"
                            : holds(zarr::kArrayName) ? "a single array"
                                                      : "no Zarr v2 store: it has no .zgroup"));
  return store;
}

}  // namespace

NewRows rows_of(const DataType& type, Bytes elements, Shape row_shape) {
  const std::uint64_t row_size = checked_multiply(
      element_count(row_shape), std::max<std::uint64_t>(1, type.size), "the size of a row");
  if (row_size == 0 || elements.size() % row_size != 0)
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("{} bytes are no whole number of rows of {}", elements.size(), row_size));
  ArrayInfo info;
  info.type = type.little_endian();
  info.shape = std::move(row_shape);
  info.shape.insert(info.shape.begin(), elements.size() / row_size);
  return {hdmf::memory_array(std::move(info), std::move(elements)), {}};
}

class Appender::Impl {
 public:
  Impl(std::shared_ptr<store::Store> store, const AppendOptions& options)
      : options_(options),
        transaction_(std::make_shared<zarr::Transaction>(require_zarr(std::move(store)),
                                                         transaction_options(options))),
        tree_(open_zarr_reader(transaction_, options.limits)->read_tree(), options.new_object_id,
              options.limits),
        new_nodes_(transaction_, tree_, options_) {
    note_lengths("/", tree_.root());
  }

  zarr::Recovery recovered() const noexcept { return transaction_->recovered(); }

  const hdmf::GroupBuilder& tree() {
    if (!shown_) shown_ = open_zarr_reader(transaction_, options_.limits)->read_tree();
    return *shown_;
  }

  void add_group(const std::string& parent, hdmf::GroupBuilder group) {
    change([&] { return new_nodes_.add(parent, std::move(group)); });
  }
  void add_dataset(const std::string& parent, hdmf::DatasetBuilder dataset) {
    change([&] { return new_nodes_.add(parent, std::move(dataset)); });
  }
  void add_link(const std::string& parent, hdmf::LinkBuilder link) {
    change([&] { return new_nodes_.add(parent, std::move(link)); });
  }
  void set_attribute(const std::string& path, const std::string& name, hdmf::Value value) {
    change([&] { return new_nodes_.set_attribute(path, name, std::move(value)); });
  }

  void extend(const std::string& path, const NewRows& rows) {
    change([&]() -> NewNodes::Write {
      const Place place = tree_.dataset(path);
      check_no_column(place);
      if (!rows.lengths.empty())
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{} is no ragged column: its rows have no lengths", place.path));
      const auto end =
          std::make_shared<ArrayEnd>(transaction_, place.path, *place.dataset, options_);
      end->take(rows, [this, at = place.path](hdmf::Value& value) { tree_.complete(at, value); });
      return [this, end] {
        end->write();
        touched_.insert(end->path());
      };
    });
  }

  void append_rows(const std::string& path, const std::vector<ColumnRows>& columns) {
    change([&]() -> NewNodes::Write {
      const auto rows =
          std::make_shared<TableRows>(transaction_, tree_, tree_.group(path), columns, options_);
      return [this, rows] {
        rows->write();
        for (const std::string& each : rows->paths()) touched_.insert(each);
      };
    });
  }

  void commit() {
    require_whole();
    check_lengths();
    transaction_->commit();
    committed_ = true;
  }

  const std::vector<Notice>& notices() const noexcept { return new_nodes_.notices(); }

 private:
  // `prepare` checks and says how to write; what it throws leaves everything as it was.
  template <typename Prepare>
  void change(Prepare prepare) {
    require_whole();
    const NewNodes::Write write = prepare();
    shown_.reset();
    broken_ = true;
    write();
    broken_ = false;
  }

  void require_whole() const {
    if (committed_)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("the append to {} was committed: open the store again for the next",
                              transaction_->name()));
    if (broken_)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("an earlier part of the append to {} failed half-way: nothing of it "
                              "is written; begin anew",
                              transaction_->name()));
  }

  void check_no_column(const Place& place) {
    const Place holder = tree_.group(parent_path(place.path));
    if (!hdmf::is_table(*holder.group)) return;
    const std::string name = base_name(place.path);
    std::string_view column = name;
    const std::vector<std::string> names = column_names(*holder.group);
    const auto is_named = [&] {
      return column == "id" || std::find(names.begin(), names.end(), column) != names.end();
    };
    while (!is_named() && column.ends_with("_index")) column.remove_suffix(6);
    if (is_named())
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("{} is a part of the table {}, whose columns grow together: use "
                              "append_rows",
                              place.path, holder.path));
  }

  void note_lengths(const std::string& path, const hdmf::GroupBuilder& group) {
    for (const hdmf::DatasetBuilder& dataset : group.datasets)
      if (!dataset.shape().empty())
        lengths_[hdmf::join_path(path, dataset.name)] = dataset.shape().front();
    for (const hdmf::GroupBuilder& child : group.groups)
      note_lengths(hdmf::join_path(path, child.name), child);
  }

  // What had one length before has one now.
  void check_lengths() {
    if (touched_.empty() && !new_nodes_.has_new()) return;
    AppendTree now(tree(), {}, options_.limits);
    const hdmf::NodeIndex index(now.root());
    check_group("/", now.root(), now, index);
  }

  void check_group(const std::string& path, const hdmf::GroupBuilder& group, AppendTree& now,
                   const hdmf::NodeIndex& index) {
    for (const char* name : {"timestamps", "control"}) check_pair(path, "data", name, now);
    const bool is_changed_table =
        hdmf::is_table(group) && touches(path, group) && !new_nodes_.is_new(path);
    if (is_changed_table)
      hdmf::check_table(group, path, index, [](const hdmf::Finding& finding) {
        if (finding.severity == hdmf::Finding::Severity::error)
          throw Error(ErrorCode::invalid_argument, finding.path + " " + finding.text);
      });
    if (const hdmf::Value* categories = group.attributes.find("categories");
        categories && categories->is<hdmf::List>()) {
      for (const hdmf::Value& category : categories->as<hdmf::List>())
        if (category.is<std::string>())
          check_pair(path, "id", category.as<std::string>() + "/id", now);
    }
    for (const hdmf::GroupBuilder& child : group.groups)
      check_group(hdmf::join_path(path, child.name), child, now, index);
  }

  bool touches(const std::string& path, const hdmf::GroupBuilder& group) const {
    return std::any_of(group.datasets.begin(), group.datasets.end(), [&](const auto& dataset) {
      const std::string below = hdmf::join_path(path, dataset.name);
      return touched_.contains(below) || new_nodes_.is_new(below);
    });
  }

  void check_pair(const std::string& path, const std::string& one, const std::string& other,
                  AppendTree& now) const {
    const auto a = now.find(hdmf::join_path(path, one));
    const auto b = now.find(hdmf::join_path(path, other));
    if (!a || !b || !a->dataset || !b->dataset) return;
    if (!touched_.contains(a->path) && !touched_.contains(b->path)) return;
    const auto before_a = lengths_.find(a->path), before_b = lengths_.find(b->path);
    const bool were_equal = before_a != lengths_.end() && before_b != lengths_.end() &&
                            before_a->second == before_b->second;
    const Shape& shape_a = a->dataset->shape();
    const Shape& shape_b = b->dataset->shape();
    if (!were_equal || shape_a.empty() || shape_b.empty() || shape_a.front() == shape_b.front())
      return;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("{} has now {} values and {} has {}, where both had one length: make "
                            "the other one longer, too",
                            a->path, shape_a.front(), b->path, shape_b.front()));
  }

  const AppendOptions options_;
  const std::shared_ptr<zarr::Transaction> transaction_;
  AppendTree tree_;
  NewNodes new_nodes_;
  std::optional<hdmf::GroupBuilder> shown_;
  std::set<std::string> touched_;                 ///< Datasets that became longer.
  std::map<std::string, std::uint64_t> lengths_;  ///< As they were.
  bool broken_ = false, committed_ = false;
};

Appender::Appender(const std::string& path, const AppendOptions& options)
    : Appender(open_directory(path), options) {}

Appender::Appender(std::shared_ptr<store::Store> store, const AppendOptions& options)
    : impl_(std::make_unique<Impl>(std::move(store), options)) {}

Appender::~Appender() = default;
Appender::Appender(Appender&&) noexcept = default;
Appender& Appender::operator=(Appender&&) noexcept = default;

zarr::Recovery Appender::recovered() const noexcept { return impl_->recovered(); }
const hdmf::GroupBuilder& Appender::tree() { return impl_->tree(); }

void Appender::add_group(const std::string& parent, hdmf::GroupBuilder group) {
  impl_->add_group(parent, std::move(group));
}

void Appender::add_dataset(const std::string& parent, hdmf::DatasetBuilder dataset) {
  impl_->add_dataset(parent, std::move(dataset));
}

void Appender::add_link(const std::string& parent, hdmf::LinkBuilder link) {
  impl_->add_link(parent, std::move(link));
}

void Appender::set_attribute(const std::string& path, const std::string& name, hdmf::Value value) {
  impl_->set_attribute(path, name, std::move(value));
}

void Appender::extend(const std::string& path, const NewRows& rows) { impl_->extend(path, rows); }

void Appender::append_rows(const std::string& path, const std::vector<ColumnRows>& columns) {
  impl_->append_rows(path, columns);
}

void Appender::commit() { impl_->commit(); }

const std::vector<Notice>& Appender::notices() const noexcept { return impl_->notices(); }

}  // namespace engram::backend
