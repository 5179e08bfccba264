#include <fmt/format.h>

#include <memory>
#include <utility>

#include "backend/hdf5_writer_types.hpp"
#include "backend/zarr_layout.hpp"
#include "engram/backend/open.hpp"
#include "hdmf/element_value.hpp"

namespace engram::backend {
namespace {

// Elements of fixed size as values, one by one.
class ElementObjects final : public hdmf::ObjectSource {
 public:
  explicit ElementObjects(std::shared_ptr<const ArraySource> array) : array_(std::move(array)) {
    hdmf::ObjectType type;
    type.kind = hdmf::ObjectType::Kind::number;
    type.type = array_->info().type;
    type_ = in_hdf5(type);
  }

  const hdmf::ObjectType& type() const override { return type_; }
  const Shape& shape() const override { return array_->info().shape; }
  const Shape& chunk_shape() const override { return array_->info().chunk_shape; }

  std::vector<hdmf::Value> read(const Region& region) const override {
    return hdmf::element_values(*array_, region, hdmf::RecordForm::list);
  }

 private:
  std::shared_ptr<const ArraySource> array_;
  hdmf::ObjectType type_;
};

void fit(hdmf::DatasetBuilder& dataset, const std::string& path, std::vector<Notice>& notices) {
  dataset.attributes.erase(layout::kDimensions);
  const auto* const array = std::get_if<std::shared_ptr<const ArraySource>>(&dataset.data);
  if (array == nullptr || *array == nullptr) return;
  const DataType& type = (*array)->info().type;
  const std::string why = why_not_in_hdf5(type);
  if (why.empty()) return;
  const bool is_text = type.kind == Kind::unicode;
  notices.push_back(
      {Notice::Kind::changed, path,
       fmt::format("{}: {}", why,
                   is_text ? "it becomes text of variable length"
                   : type.kind == Kind::structured
                       ? "text becomes text of variable length, times numbers"
                       : fmt::format("it becomes whole numbers, counts of \"{}\"", type.unit))});
  dataset.data = std::make_shared<const ElementObjects>(*array);
}

void fit_group(hdmf::GroupBuilder& group, const std::string& path, std::vector<Notice>& notices) {
  for (hdmf::DatasetBuilder& dataset : group.datasets)
    fit(dataset, hdmf::join_path(path, dataset.name), notices);
  for (hdmf::GroupBuilder& child : group.groups)
    fit_group(child, hdmf::join_path(path, child.name), notices);
}

}  // namespace

void fit_to_hdf5(hdmf::GroupBuilder& tree, std::vector<Notice>& notices) {
  fit_group(tree, "/", notices);
}

}  // namespace engram::backend
