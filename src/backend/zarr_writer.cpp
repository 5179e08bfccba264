#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <string_view>

#include "backend/key_path.hpp"
#include "backend/stored_json.hpp"
#include "backend/zarr_layout.hpp"
#include "backend/zarr_writer_array.hpp"
#include "backend/zarr_writer_form.hpp"
#include "backend/zarr_writer_objects.hpp"
#include "backend/zarr_writer_record.hpp"
#include "backend/zarr_writer_tree.hpp"
#include "engram/backend/open.hpp"
#include "engram/base/error.hpp"
#include "engram/store/checksum_store.hpp"
#include "engram/zarr/hierarchy.hpp"

namespace engram::backend {
namespace {

class ZarrWriter final : public Writer {
 public:
  ZarrWriter(std::shared_ptr<store::Store> store, const ZarrWriteOptions& options)
      : store_(std::move(store)),
        options_(options),
        hierarchy_(store_, options.zarr_format),
        counters_(std::make_shared<Counters>()) {}

  std::optional<std::vector<CodecConfig>> adopt(
      const ArrayInfo& info, const std::vector<CodecConfig>& codecs) const override {
    const auto adopter = make_adopter(info, codecs);
    if (!adopter || (is_v3() && !is_for_v3(info, adopter->codecs()))) return std::nullopt;
    return adopter->codecs();
  }

  void expect(const std::string& path) override {
    const std::string prefix = key_path(path);
    if (prefix.empty()) return;
    try {
      store_->expect(store::Key(prefix));
    } catch (const Error& error) {
      // Whether a bad name is an error shows when something is written.
      if (error.code() != ErrorCode::invalid_argument) throw;
    }
  }

  void write_tree(const hdmf::GroupBuilder& root, ThreadPool* pool, std::stop_token stop) override {
    const ZarrTree tree(root, options_.zarr_format);
    schema_path_ = tree.schema_path();
    if (Json stored = stored_to_json(root); !stored.is_null())
      hierarchy_.extend(std::string(layout::kStoredExtension),
                        {{std::string(layout::kStored), std::move(stored)}});
    std::vector<PlacedGroup> groups;
    place_groups("/", root, groups);
    const auto write = [&](std::uint64_t i) {
      write_group(groups[i].path, *groups[i].group, tree);
    };
    if (pool == nullptr) {
      for (std::uint64_t i = 0; i < groups.size(); ++i) write(i);
    } else {
      MemoryBudget unlimited(UINT64_MAX);
      parallel_for(
          *pool, unlimited, groups.size(), [](std::uint64_t) { return 0; }, write, std::move(stop));
    }
  }

  std::unique_ptr<ArraySink> create_array(const std::string& path,
                                          const hdmf::DatasetBuilder& dataset,
                                          const ArrayPlan& plan) override {
    zarr::ArrayMetadata metadata = array_metadata(plan, options_.zarr_format);
    if (is_for_zarr_3()) metadata.type = for_zarr_3(metadata.type);
    std::optional<codec::Adopter> adopter;
    if (plan.copy) {
      adopter = make_adopter(plan.info, plan.source_codecs);
      if (!adopter || adopter->codecs() != plan.codecs)
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("{}: its chunks can't be kept under the planned codecs", path));
    }
    std::vector<Notice> known;  // write_tree has told them
    Json attributes = dataset_attributes_to_json(path, dataset, options_, known);
    const bool is_scalar = dataset.is_scalar || plan.info.shape.empty();
    if (is_v3()) {
      if (metadata.type.kind != Kind::structured)
        attributes[std::string(layout::kDtypeV3)] = layout::spell(metadata.type);
      finish_v3(dataset, metadata, attributes);
    } else {
      attributes[std::string(layout::kZarrDtype)] =
          is_scalar ? Json(layout::kScalar) : layout::spell(metadata.type);
    }
    hierarchy_.write_array(key_path(path), metadata, attributes);
    return std::make_unique<ZarrArraySink>(store_, counters_, key_path(path), metadata,
                                           std::move(adopter), options_.resume);
  }

  ObjectResult write_objects(const std::string& path, const hdmf::DatasetBuilder& dataset,
                             const ObjectPlan& plan) override {
    ZarrWriteOptions options = options_;
    if (plan.compressor) options.object_compressor = *plan.compressor;
    ObjectForm form(dataset, options, is_schema(path, dataset));
    zarr::ArrayMetadata metadata;
    ObjectResult result = write_object_values(key_path(path), dataset, form, plan.block_bytes,
                                              *store_, *counters_, metadata);
    std::vector<Notice> known;
    Json attributes = dataset_attributes_to_json(path, dataset, options_, known);
    form.describe(attributes);
    if (is_v3()) finish_v3(dataset, metadata, attributes);
    hierarchy_.write_array(key_path(path), metadata, attributes);
    if (form.text_became_bytes())
      result.notices.push_back({Notice::Kind::changed, path,
                                "text that is no UTF-8: the array is written as byte strings"});
    if (result.dangling > 0)
      result.notices.push_back(
          {Notice::Kind::dangling, path,
           fmt::format("{} references lead nowhere and were written as null", result.dangling)});
    return result;
  }

  void finish() override {
    if (options_.consolidate) hierarchy_.consolidate();
  }

  std::vector<Notice> notices() const override {
    const std::lock_guard lock(mutex_);
    return notices_;
  }

  WriterCounters counters() const override {
    WriterCounters all = counters_->now();
    all.files += hierarchy_.files();
    all.bytes += hierarchy_.bytes();
    return all;
  }

 private:
  std::optional<codec::Adopter> make_adopter(const ArrayInfo& info,
                                             const std::vector<CodecConfig>& codecs) const {
    const Shape& chunk = info.chunk_shape.empty() ? info.shape : info.chunk_shape;
    const std::uint64_t chunk_size =
        checked_multiply(element_count(chunk), info.type.size, "the size of a chunk");
    return codec::Adopter::make(codecs, info.type.size, chunk_size, options_.shuffle_form);
  }

  bool is_v3() const noexcept { return options_.zarr_format == 3; }
  bool is_for_zarr_3() const noexcept { return is_v3() || options_.compat == Compat::portable; }

  // All v3 readers have these; names of numcodecs are zarr-python's alone, so that chunks under
  // such are kept as they are only where that was asked for.
  bool is_for_v3(const ArrayInfo& info, const std::vector<CodecConfig>& codecs) const {
    static constexpr std::array<std::string_view, 4> kCore = {"blosc", "gzip", "zstd", "crc32c"};
    if (options_.shuffle_form != codec::ShuffleForm::verbatim &&
        !std::all_of(codecs.begin(), codecs.end(), [](const CodecConfig& config) {
          return std::find(kCore.begin(), kCore.end(), config.name) != kCore.end();
        }))
      return false;
    try {
      const ArrayPlan plan{info, codecs, {}, true, {}};
      zarr::ArrayMetadata metadata = array_metadata(plan, 3);
      metadata.type = for_zarr_3(metadata.type);
      (void)zarr::to_zarr_json(metadata, Json::object());
      return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::unsupported) throw;
      return false;
    }
  }

  // What v3 has members for.
  static void finish_v3(const hdmf::DatasetBuilder& dataset, zarr::ArrayMetadata& metadata,
                        Json& attributes) {
    layout::move_to_extension(attributes, metadata.extensions);
    const auto& names = dataset.dimension_names;
    const std::size_t rank = metadata.shape.size();
    // xarray takes no name for two dimensions.
    if (names.size() == rank && std::set<std::string>(names.begin(), names.end()).size() == rank)
      metadata.dimension_names = {names.begin(), names.end()};
  }

  bool is_schema(const std::string& path, const hdmf::DatasetBuilder& dataset) const {
    return !schema_path_.empty() && dataset.is_scalar && path.starts_with(schema_path_ + "/");
  }

  struct PlacedGroup {
    std::string path;
    const hdmf::GroupBuilder* group;
  };

  static void place_groups(const std::string& path, const hdmf::GroupBuilder& group,
                           std::vector<PlacedGroup>& placed) {
    placed.push_back({path, &group});
    for (const hdmf::GroupBuilder& child : group.groups)
      place_groups(hdmf::join_path(path, child.name), child, placed);
  }

  void write_group(const std::string& path, const hdmf::GroupBuilder& group, const ZarrTree& tree) {
    std::vector<Notice> notices;
    Json attributes = attributes_to_json(path, group.attributes, options_.zarr_format, notices);
    const auto links = tree.kept_links(path, group, notices);
    if (!links.empty())
      attributes[std::string(is_v3() ? layout::kLinksV3 : layout::kZarrLink)] =
          layout::links_to_json(links);
    hierarchy_.write_group(key_path(path), attributes);
    for (const hdmf::DatasetBuilder& dataset : group.datasets) {
      const std::string below = hdmf::join_path(path, dataset.name);
      dataset_attributes_to_json(below, dataset, options_, notices);
      if (!is_for_zarr_3() || dataset.array() == nullptr) continue;
      if (std::string change = change_for_zarr_3(dataset.array()->info().type); !change.empty())
        notices.push_back({Notice::Kind::changed, below, std::move(change)});
    }
    const std::lock_guard lock(mutex_);
    notices_.insert(notices_.end(), notices.begin(), notices.end());
  }

  std::shared_ptr<store::Store> store_;
  const ZarrWriteOptions options_;
  zarr::HierarchyWriter hierarchy_;
  std::shared_ptr<Counters> counters_;
  mutable std::mutex mutex_;
  std::vector<Notice> notices_;
  std::string schema_path_;
};

}  // namespace

std::unique_ptr<Writer> make_zarr_writer(std::shared_ptr<store::Store> store,
                                         const ZarrWriteOptions& options) {
  if (options.checksums)
    store = std::make_shared<store::ChecksumStore>(std::move(store), options.checksums);
  return std::make_unique<ZarrWriter>(std::move(store), options);
}

}  // namespace engram::backend
