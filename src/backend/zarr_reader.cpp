#include <fmt/format.h>

#include <algorithm>
#include <boost/filesystem.hpp>

#include "backend/stored_json.hpp"
#include "backend/zarr_layout.hpp"
#include "backend/zarr_reader_external.hpp"
#include "backend/zarr_reader_links.hpp"
#include "backend/zarr_reader_sources.hpp"
#include "engram/backend/open.hpp"
#include "engram/base/error.hpp"
#include "engram/store/directory_store.hpp"
#include "engram/zarr/consolidated.hpp"
#include "engram/zarr/hierarchy.hpp"

namespace engram::backend {
namespace {

using hdmf::ObjectType;

const Json* attribute(const zarr::Node& node, std::string_view name) {
  if (const auto found = node.attributes.find(name); found != node.attributes.end()) return &*found;
  if (!node.array) return nullptr;
  const auto own = node.array->extensions.find(layout::kExtensionV3);
  if (own == node.array->extensions.end()) return nullptr;
  const auto found = own->find(name);
  return found == own->end() ? nullptr : &*found;
}

bool attribute_is(const zarr::Node& node, std::string_view name, std::string_view text) {
  const Json* value = attribute(node, name);
  return value != nullptr && value->is_string() && value->get_ref<const std::string&>() == text;
}

// What an array means beside its elements.
struct Meaning {
  std::optional<ObjectType> type;  ///< As zarr_dtype or _TYPE spell it.
  bool is_scalar = false;
  bool is_null = false;
};

// A structured type of hdmf-zarr for Zarr v3: text in fields of fixed length, some of it the paths
// of objects.
ObjectType record_of(const DataType& native, const Json* reference_fields) {
  const auto is_reference = [&](const std::string& name) {
    return reference_fields != nullptr && reference_fields->is_array() &&
           std::find(reference_fields->begin(), reference_fields->end(), Json(name)) !=
               reference_fields->end();
  };
  ObjectType record;
  record.kind = ObjectType::Kind::record;
  for (const Field& field : native.fields) {
    ObjectType type;
    if (field.type.kind == Kind::structured) {
      type = record_of(field.type, nullptr);
    } else if (field.type.kind == Kind::unicode) {
      if (is_reference(field.name)) type.kind = ObjectType::Kind::reference;
    } else {
      type.kind = ObjectType::Kind::number;
      type.type = field.type;
    }
    record.fields.push_back({field.name, std::move(type)});
  }
  return record;
}

// hdmf-zarr says there only which texts are references: all else is in the data type.
void add_meaning_v3(const zarr::Node& node, Meaning& meaning) {
  if (attribute_is(node, layout::kDtypeV3, layout::kObjectReferenceV3)) {
    meaning.type.emplace();
    meaning.type->kind = ObjectType::Kind::reference;
  } else if (!meaning.type && node.array->type.kind == Kind::structured) {
    meaning.type = record_of(node.array->type, attribute(node, layout::kReferenceFieldsV3));
  }
}

Meaning meaning_of(const zarr::Node& node) {
  Meaning meaning;
  const Json* spelled = attribute(node, layout::kType);
  if (spelled == nullptr) spelled = attribute(node, layout::kZarrDtype);
  if (spelled != nullptr) meaning.type = layout::parse_type(*spelled);
  if (node.zarr_format == 3) add_meaning_v3(node, meaning);
  const bool one = node.array->shape == Shape{1};
  meaning.is_scalar = node.array->shape.empty() ||
                      (one && (attribute_is(node, layout::kZarrDtype, layout::kScalar) ||
                               attribute_is(node, layout::kDtypeV3, layout::kScalar) ||
                               attribute_is(node, layout::kDataspace, layout::kScalar)));
  meaning.is_null = attribute_is(node, layout::kDataspace, "null") && node.array->shape == Shape{0};
  return meaning;
}

// The fields of a native structured type that are text or JSON text make it one of records.
bool has_texts(const DataType& type) {
  return std::any_of(type.fields.begin(), type.fields.end(), [](const Field& field) {
    return field.type.kind == Kind::unicode || has_texts(field.type);
  });
}

bool same_fields(const ObjectType& type, const DataType& native) {
  return type.kind == ObjectType::Kind::record && type.fields.size() == native.fields.size();
}

// `type` as zarr_dtype has it, with the sizes that only the native type knows.
ObjectType with_native_numbers(ObjectType type, const DataType& native) {
  if (type.kind == ObjectType::Kind::number) type.type = native;
  if (same_fields(type, native)) {
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
      const Field& field = native.fields[i];
      ObjectType element = with_native_numbers(type.fields[i].type, field.type);
      if (!field.shape.empty() && element.kind != ObjectType::Kind::array) {
        ObjectType array;
        array.kind = ObjectType::Kind::array;
        array.shape = field.shape;
        array.element = std::make_shared<const ObjectType>(std::move(element));
        element = std::move(array);
      }
      type.fields[i].type = std::move(element);
    }
  }
  return type;
}

ObjectType text_type(bool is_utf8) {
  ObjectType type;
  type.charset = is_utf8 ? ObjectType::Charset::utf8 : ObjectType::Charset::ascii;
  return type;
}

ObjectType numbers_type(const CodecConfig& codec) {
  ObjectType number, type;
  number.kind = ObjectType::Kind::number;
  type.kind = ObjectType::Kind::sequence;
  const auto dtype = codec.configuration.find("dtype");
  if (dtype != codec.configuration.end() && dtype->is_string())
    number.type = parse_typestr(dtype->get_ref<const std::string&>());
  type.element = std::make_shared<const ObjectType>(std::move(number));
  return type;
}

class ZarrReader final : public Reader {
 public:
  ZarrReader(std::shared_ptr<const store::ReadableStore> store, const ReadOptions& options)
      : store_(std::move(store)), options_(options), limits_(options_.limits) {
    if (dynamic_cast<const store::DirectoryStore*>(store_.get()) == nullptr) return;
    boost::system::error_code failed;
    const auto directory = boost::filesystem::canonical(store_->name(), failed);
    if (!failed) directory_ = std::make_shared<const std::string>(directory.string());
  }

  hdmf::GroupBuilder read_tree(const hdmf::OnNode&) override {
    notices_.clear();
    const zarr::Node root = zarr::read_hierarchy(*store_, true, limits_);
    zarr_format_ = root.zarr_format;
    if (root.array || !root.refusal.empty())
      throw Error(ErrorCode::unsupported,
                  fmt::format("{} is one Zarr array, not a group of them", store_->name()));
    root_id_.reset();
    if (const Json* id = attribute(root, "object_id"); id != nullptr && id->is_string())
      root_id_ = id->get<std::string>();
    const auto own = root.extensions.find(layout::kStoredExtension);
    stored_ = own == root.extensions.end() || !own->is_object()
                  ? Json()
                  : own->value(std::string(layout::kStored), Json());
    hdmf::GroupBuilder tree = group("/", root);
    apply_stored(stored_, tree);
    settle_links(tree, limits_, notices_);
    resolve_external_links(tree, directory_ ? *directory_ : std::string(), options_, notices_);
    return tree;
  }

  // The array that is the whole store.
  hdmf::DatasetBuilder read_array() {
    const zarr::Node root = zarr::read_hierarchy(*store_, true, limits_);
    zarr_format_ = root.zarr_format;
    if (!root.refusal.empty()) throw Error(ErrorCode::unsupported, root.refusal);
    if (!root.array)
      throw Error(ErrorCode::not_found,
                  fmt::format("{} is a group of Zarr arrays, not one", store_->name()));
    return dataset("/", root);
  }

  const std::vector<Notice>& notices() const override { return notices_; }

  std::vector<std::string> outdated() const override {
    try {
      const auto check = zarr::check_consolidated(*store_, limits_);
      if (!check.exists) return {};
      std::vector<std::string> keys = check.stale;
      keys.insert(keys.end(), check.missing.begin(), check.missing.end());
      keys.insert(keys.end(), check.superfluous.begin(), check.superfluous.end());
      return keys;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::unsupported) throw;
      return {};
    }
  }

  std::string format() const override { return fmt::format("Zarr v{}", zarr_format_); }

 private:
  hdmf::GroupBuilder group(const std::string& path, const zarr::Node& node) {
    hdmf::GroupBuilder group;
    group.name = node.name;
    group.attributes = attributes(path, node);
    const Json* links = node.zarr_format == 3 ? attribute(node, layout::kLinksV3) : nullptr;
    if (links == nullptr) links = attribute(node, layout::kZarrLink);
    if (links != nullptr) read_links(path, *links, group);
    for (const zarr::Node& child : node.children) {
      const std::string below = hdmf::join_path(path, child.name);
      if (!child.refusal.empty()) {
        notices_.push_back({Notice::Kind::left_out, below, "array left out: " + child.refusal});
      } else if (child.array) {
        group.datasets.push_back(dataset(below, child));
      } else {
        group.groups.push_back(this->group(below, child));
      }
    }
    return group;
  }

  void read_links(const std::string& path, const Json& json, hdmf::GroupBuilder& group) {
    try {
      group.links = layout::links_from_json(json, store_->name());
    } catch (Error& error) {
      error.at(path);
      throw;
    }
  }

  hdmf::Attributes attributes(const std::string& path, const zarr::Node& node) const {
    hdmf::Attributes attributes;
    for (const auto& [name, value] : node.attributes.items()) {
      if (path == "/" && name == layout::kSpecLocation && value.is_string()) {
        hdmf::Reference location;
        location.path = hdmf::join_path("/", value.get<std::string>());
        location.source_object_id = root_id_;
        attributes.set(name, std::move(location));
      } else if (!layout::is_reserved_attribute(name, node.zarr_format)) {
        attributes.set(name, layout::attribute_from_json(value));
      }
    }
    return attributes;
  }

  hdmf::DatasetBuilder dataset(const std::string& path, const zarr::Node& node) {
    hdmf::DatasetBuilder dataset;
    dataset.name = node.name;
    if (directory_) dataset.origin = hdmf::Origin{directory_, path};
    dataset.attributes = attributes(path, node);
    name_dimensions(node.array->dimension_names, dataset.attributes);
    const Meaning meaning = meaning_of(node);
    dataset.is_scalar = meaning.is_scalar;
    dataset.is_null = meaning.is_null;
    if (const Json* names = attribute(node, layout::kEnumeration))
      dataset.enumeration = enumeration(*names);
    const auto array =
        std::make_shared<const zarr::Array>(store_, path.substr(1), *node.array, limits_);
    const Shape shape = meaning.is_scalar ? Shape{} : node.array->shape;
    if (node.array->is_object) {
      dataset.data = objects(array, path, meaning, shape);
    } else if (meaning.type && same_fields(*meaning.type, node.array->type) &&
               has_texts(node.array->type)) {
      ObjectType type = with_native_numbers(*meaning.type, node.array->type);
      if (auto stored = stored_object_type(stored_, path); stored && is_more_of(type, *stored))
        type = std::move(*stored);
      dataset.data = std::make_shared<const ZarrObjectSource>(
          array, std::move(type), ZarrObjectSource::Form::packed, shape, limits_);
    } else {
      dataset.data = std::make_shared<const ZarrArraySource>(array, shape);
    }
    return dataset;
  }

  // Zarr v3 has a member for what xarray keeps in an attribute of Zarr v2.
  static void name_dimensions(const std::vector<std::optional<std::string>>& names,
                              hdmf::Attributes& attributes) {
    if (names.empty() || attributes.find(layout::kDimensions) != nullptr) return;
    hdmf::List list;
    for (const auto& name : names) {
      if (!name) return;
      list.emplace_back(*name);
    }
    attributes.set(std::string(layout::kDimensions), std::move(list));
  }

  static std::vector<std::pair<std::string, std::int64_t>> enumeration(const Json& names) {
    std::vector<std::pair<std::string, std::int64_t>> found;
    if (!names.is_object()) return found;
    for (const auto& [name, value] : names.items())
      if (value.is_number_integer()) found.emplace_back(name, value.get<std::int64_t>());
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
      return std::tie(a.second, a.first) < std::tie(b.second, b.first);
    });
    return found;
  }

  std::shared_ptr<const hdmf::ObjectSource> objects(const std::shared_ptr<const zarr::Array>& array,
                                                    const std::string& path, const Meaning& meaning,
                                                    const Shape& shape) const {
    using Form = ZarrObjectSource::Form;
    const zarr::ArrayMetadata& metadata = array->metadata();
    const CodecConfig codec = metadata.codecs.empty() ? CodecConfig{} : metadata.codecs.front();
    const bool is_text_codec = codec.name == "vlen-utf8" || codec.name == "vlen-bytes";
    ObjectType type = text_type(codec.name != "vlen-bytes");
    Form form = Form::json;
    if (codec.name == "vlen-array") {
      type = numbers_type(codec);
    } else if (meaning.type && meaning.type->kind != ObjectType::Kind::number) {
      type = *meaning.type;
      if (is_text_codec && type.kind != ObjectType::Kind::text) form = Form::json_text;
    }
    // The store does not say all of it, but nothing else.
    if (auto stored = stored_object_type(stored_, path); stored && is_more_of(type, *stored))
      type = std::move(*stored);
    return std::make_shared<const ZarrObjectSource>(array, std::move(type), form, shape, limits_);
  }

  // Text is told apart from other things only.
  static bool is_more_of(const ObjectType& type, const ObjectType& stored) {
    if (type.kind == ObjectType::Kind::text || stored.kind == ObjectType::Kind::text)
      return type.kind == stored.kind;
    return layout::spell(type) == layout::spell(stored);
  }

  std::shared_ptr<const store::ReadableStore> store_;
  const ReadOptions options_;
  const Limits& limits_;
  std::shared_ptr<const std::string> directory_;  ///< That the store is; nullptr: it is none.
  std::vector<Notice> notices_;
  std::optional<std::string> root_id_;
  Json stored_;  ///< What stored_to_json() said.
  int zarr_format_ = 2;
};

}  // namespace

std::unique_ptr<Reader> open_zarr_reader(std::shared_ptr<const store::ReadableStore> store,
                                         const ReadOptions& options) {
  return std::make_unique<ZarrReader>(std::move(store), options);
}

std::unique_ptr<Reader> open_zarr_reader(std::shared_ptr<const store::ReadableStore> store,
                                         const Limits& limits) {
  return open_zarr_reader(std::move(store), ReadOptions{limits, std::nullopt, {}});
}

hdmf::DatasetBuilder read_zarr_array(std::shared_ptr<const store::ReadableStore> store,
                                     const Limits& limits) {
  return ZarrReader(std::move(store), ReadOptions{limits, std::nullopt, {}}).read_array();
}

}  // namespace engram::backend
