#include "backend/stream_create.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "backend/zarr_layout.hpp"
#include "backend/zarr_writer_form.hpp"
#include "backend/zarr_writer_tree.hpp"
#include "engram/array/chunk_grid.hpp"
#include "engram/base/error.hpp"
#include "engram/zarr/array.hpp"
#include "engram/zarr/consolidated.hpp"

namespace engram::backend {
namespace {

constexpr std::uint64_t kChunkBytes = 1U << 20U;
constexpr std::uint64_t kChunkValues = 4096;
constexpr std::uint64_t kBlockBytes = 16U << 20U;

using Streams = std::map<std::string, const StreamOptions*>;

std::vector<CodecConfig> default_codecs() {
  return {{"blosc", {{"cname", "zstd"}, {"clevel", 5}, {"shuffle", 2}, {"blocksize", 0}}}};
}

// What a dataset of values is before it has any.
class NoValues final : public hdmf::ObjectSource {
 public:
  NoValues(hdmf::ObjectType type, Shape shape) : type_(std::move(type)), shape_(std::move(shape)) {}
  const hdmf::ObjectType& type() const override { return type_; }
  const Shape& shape() const override { return shape_; }
  const Shape& chunk_shape() const override { return chunk_shape_; }
  std::vector<hdmf::Value> read(const Region&) const override { return {}; }

 private:
  hdmf::ObjectType type_;
  Shape shape_, chunk_shape_;
};

Shape first_shape(Shape shape) {
  std::replace(shape.begin(), shape.end(), hdmf::kUnlimited, std::uint64_t{0});
  return shape;
}

// Whole slices along the first dimension, or, where one slice is much already, a part of one.
Shape chunk_shape_for(const StreamOptions& stream) {
  if (!stream.chunk_shape.empty()) return stream.chunk_shape;
  const DataType* const type = std::get_if<DataType>(&stream.type);
  const std::uint64_t size =
      type != nullptr ? std::max<std::uint64_t>(type->size, 1) : kChunkBytes / kChunkValues;
  Shape slice;
  double slice_bytes = static_cast<double>(size);
  for (std::size_t d = 1; d < stream.max_shape.size(); ++d) {
    const std::uint64_t length = stream.max_shape[d];
    slice.push_back(length == hdmf::kUnlimited ? 64 : std::max<std::uint64_t>(length, 1));
    slice_bytes *= static_cast<double>(slice.back());
  }
  Shape chunk{1};
  if (slice_bytes <= kChunkBytes) {
    chunk[0] = static_cast<std::uint64_t>(kChunkBytes / slice_bytes);
  } else {
    slice = hdmf::default_chunk_shape(slice, size, kChunkBytes);
  }
  if (!stream.max_shape.empty() && stream.max_shape[0] != hdmf::kUnlimited)
    chunk[0] = std::clamp<std::uint64_t>(stream.max_shape[0], 1, chunk[0]);
  chunk.insert(chunk.end(), slice.begin(), slice.end());
  return chunk;
}

// Puts a dataset without values for `stream` into the tree, where it is not there.
void add_dataset(hdmf::GroupBuilder& root, const std::string& path) {
  hdmf::GroupBuilder* group = &root;
  std::size_t from = 1;
  for (std::size_t slash = path.find('/', from); slash != std::string::npos;
       slash = path.find('/', from)) {
    const std::string name = path.substr(from, slash - from);
    const auto found = std::find_if(group->groups.begin(), group->groups.end(),
                                    [&](const auto& child) { return child.name == name; });
    if (found == group->groups.end())
      throw Error(ErrorCode::not_found, fmt::format("the tree has no group {} for the dataset {}",
                                                    path.substr(0, slash), path));
    group = &*found;
    from = slash + 1;
  }
  const std::string name = path.substr(from);
  const auto found = std::find_if(group->datasets.begin(), group->datasets.end(),
                                  [&](const auto& dataset) { return dataset.name == name; });
  if (found == group->datasets.end()) {
    group->datasets.emplace_back().name = name;
  } else if (found->array() != nullptr || found->objects() != nullptr) {
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("the dataset {} has values in the tree and is to be streamed too", path));
  }
}

class TreeWriter {
 public:
  TreeWriter(std::shared_ptr<store::Store> store, const Streams& streams,
             const StreamSessionOptions& options)
      : store_(std::move(store)), streams_(streams), options_(options) {
    if (options.layout.zarr_format != 2)
      throw Error(ErrorCode::unsupported, "engram records into stores of Zarr v2 only");
    ZarrWriteOptions layout = options.layout;
    layout.consolidate = false;  // At the end, with the streamed datasets.
    writer_ = make_zarr_writer(store_, layout);
  }

  void write(const hdmf::GroupBuilder& root) {
    writer_->write_tree(root);
    write_datasets("/", root);
    writer_->finish();
    if (options_.layout.consolidate) zarr::consolidate(*store_, options_.limits);
  }

 private:
  void write_datasets(const std::string& path, const hdmf::GroupBuilder& group) {
    for (const hdmf::DatasetBuilder& dataset : group.datasets) {
      const std::string below = hdmf::join_path(path, dataset.name);
      try {
        write_dataset(below, dataset);
      } catch (Error& error) {
        error.at(below);
        throw;
      }
    }
    for (const hdmf::GroupBuilder& child : group.groups)
      write_datasets(hdmf::join_path(path, child.name), child);
  }

  void write_dataset(const std::string& path, const hdmf::DatasetBuilder& dataset) {
    const auto stream = streams_.find(path);
    if (stream != streams_.end()) {
      if (std::holds_alternative<DataType>(stream->second->type))
        create_array(path, dataset, *stream->second);
      else
        create_objects(path, dataset, *stream->second);
    } else if (dataset.array() != nullptr) {
      write_elements(path, dataset);
    } else if (dataset.objects() != nullptr) {
      writer_->write_objects(path, dataset, {kBlockBytes, std::nullopt});
    } else {
      throw Error(ErrorCode::invalid_argument,
                  "the dataset has no values, and is none of those to be streamed");
    }
  }

  void write_elements(const std::string& path, const hdmf::DatasetBuilder& dataset) {
    const ArraySource& source = *dataset.array();
    ArrayPlan plan;
    plan.info = source.info();
    Shape shape = plan.info.shape;
    for (std::uint64_t& length : shape) length = std::max<std::uint64_t>(length, 1);
    if (plan.info.chunk_shape.empty())
      plan.info.chunk_shape = hdmf::default_chunk_shape(shape, plan.info.type.size, kChunkBytes);
    for (std::uint64_t& length : plan.info.chunk_shape) length = std::max<std::uint64_t>(length, 1);
    plan.codecs = default_codecs();
    const auto sink = writer_->create_array(path, dataset, plan);
    if (!source.is_stored()) return;
    const ChunkGrid grid(plan.info.shape, plan.info.chunk_shape);
    for (std::uint64_t number = 0; number < grid.chunk_count(); ++number) {
      const Region region = grid.region(grid.place(number));
      Bytes elements(static_cast<std::size_t>(element_count(region.shape) * plan.info.type.size));
      source.read(region, elements);
      sink->write(number, elements);
    }
  }

  void create_array(const std::string& path, const hdmf::DatasetBuilder& dataset,
                    const StreamOptions& stream) {
    ArrayPlan plan;
    plan.info.type = std::get<DataType>(stream.type);
    plan.info.shape = first_shape(stream.max_shape);
    plan.info.chunk_shape = chunk_shape_for(stream);
    plan.info.fill_value = stream.fill_value;
    plan.codecs = stream.codecs.value_or(default_codecs());
    check(plan.info.shape, plan.info.chunk_shape);
    if (plan.info.fill_value && plan.info.fill_value->size() != plan.info.type.size)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("a fill value of {} bytes for elements of {}",
                              plan.info.fill_value->size(), plan.info.type.size));
    writer_->create_array(path, dataset, plan);
  }

  // The writer makes arrays of the values they have, and there are none yet.
  void create_objects(const std::string& path, hdmf::DatasetBuilder dataset,
                      const StreamOptions& stream) {
    const Shape shape = first_shape(stream.max_shape);
    const Shape chunk_shape = chunk_shape_for(stream);
    check(shape, chunk_shape);
    if (stream.fill_value)
      throw Error(ErrorCode::invalid_argument, "values have no fill value of their own");
    dataset.data = std::make_shared<const NoValues>(std::get<hdmf::ObjectType>(stream.type), shape);
    ZarrWriteOptions layout = options_.layout;
    if (stream.codecs && stream.codecs->size() > 1)
      throw Error(ErrorCode::invalid_argument, "values have one compressor at most");
    if (stream.codecs)
      layout.object_compressor =
          stream.codecs->empty() ? std::nullopt : std::optional(stream.codecs->front());
    ObjectForm form(dataset, layout, false);
    form.decide();
    zarr::ArrayMetadata metadata = form.metadata();
    if (!metadata.is_object)
      throw Error(ErrorCode::unsupported,
                  "records with text can't be streamed: as elements of fixed size they need the "
                  "length of the longest text before the first; stream their columns as datasets "
                  "of their own");
    metadata.shape = shape;
    metadata.chunk_shape = chunk_shape;
    std::vector<Notice> notices;
    Json attributes = dataset_attributes_to_json(path, dataset, layout, notices);
    form.describe(attributes);
    zarr::Array::create(store_, path, metadata, attributes, zarr::IfExists::refuse,
                        options_.limits);
  }

  static void check(const Shape& shape, const Shape& chunk_shape) {
    if (shape.empty())
      throw Error(ErrorCode::invalid_argument,
                  "a single value can't be streamed: it has no length");
    const ChunkGrid checked(shape, chunk_shape);
  }

  std::shared_ptr<store::Store> store_;
  const Streams& streams_;
  const StreamSessionOptions& options_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace

StreamOptions stream_options(std::string path, const hdmf::DataChunkIterator& iterator) {
  StreamOptions options;
  options.path = std::move(path);
  options.type = iterator.type();
  options.max_shape = iterator.max_shape();
  options.chunk_shape = iterator.chunk_shape();
  return options;
}

void write_stream_tree(const std::shared_ptr<store::Store>& store, hdmf::GroupBuilder root,
                       const std::vector<StreamOptions>& streams,
                       const StreamSessionOptions& options) {
  Streams by_path;
  for (const StreamOptions& stream : streams) {
    if (!stream.path.starts_with('/') || stream.path.ends_with('/'))
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("\"{}\" is no path of a dataset: it starts at the root, as in "
                              "\"/acquisition/series/data\"",
                              stream.path));
    if (!by_path.emplace(stream.path, &stream).second)
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("the dataset {} is to be streamed twice", stream.path));
    add_dataset(root, stream.path);
  }
  TreeWriter(store, by_path, options).write(root);
}

}  // namespace engram::backend
