#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "converters/cli/command.hpp"
#include "converters/cli/consolidated.hpp"
#include "converters/cli/elements.hpp"
#include "converters/cli/output.hpp"
#include "converters/cli/source.hpp"
#include "converters/cli/store_path.hpp"
#include "converters/cli/terminal.hpp"
#include "converters/cli/zarr_facts.hpp"
#include "engram/base/error.hpp"

namespace engram::cli {
namespace {

constexpr std::size_t kLongestAttribute = 100;

constexpr const char* kTreeAbout =
    R"(Show what an HDF5 file or a Zarr store holds: groups with their types, datasets with shape, element type and
chunks, links with their targets; of Zarr arrays codecs, stored bytes, and how many chunks are there when not all are.

With --consolidated instead: the keys of metadata that .zmetadata has as they no longer are (stale), lacks (missing),
or has though there is no such file (superfluous). Exit status 1 when there are any.)";

constexpr const char* kTreeExamples = R"(Examples:
  engram tree session.nwb
  engram tree session.nwb.zarr --attrs --depth 3
  engram tree session.nwb --json
  engram tree session.nwb.zarr --consolidated)";

struct TreeOptions {
  std::string path;
  bool attributes = false, json = false, consolidated = false;
  std::uint32_t depth = 0;  // 0: all.
  std::vector<std::string> allow_external;
};

std::string element_type(const hdmf::DatasetBuilder& dataset) {
  if (const auto* source = dataset.array()) return typestr(source->info().type);
  return describe_type(dataset.objects()->type());
}

const Shape& chunk_shape(const hdmf::DatasetBuilder& dataset) {
  if (const auto* source = dataset.array()) return source->info().chunk_shape;
  return dataset.objects()->chunk_shape();
}

Json attributes_json(const hdmf::Attributes& attributes) {
  Json json = Json::object();
  for (const auto& [name, value] : attributes) json[name] = value_json(value);
  return json;
}

// A group, dataset or link of a group; exactly one is set.
struct Child {
  const std::string* name;
  const hdmf::GroupBuilder* group = nullptr;
  const hdmf::DatasetBuilder* dataset = nullptr;
  const hdmf::LinkBuilder* link = nullptr;
};

std::vector<Child> children_of(const hdmf::GroupBuilder& group) {
  std::vector<Child> children;
  for (const auto& child : group.groups) children.push_back({&child.name, &child});
  for (const auto& child : group.datasets) children.push_back({&child.name, nullptr, &child});
  for (const auto& child : group.links) {
    children.push_back({&child.name, nullptr, nullptr, &child});
  }
  std::sort(children.begin(), children.end(),
            [](const auto& a, const auto& b) { return *a.name < *b.name; });
  return children;
}

class TreePrinter {
 public:
  TreePrinter(const TreeOptions& options, const ZarrArrays* arrays, Output& output)
      : options_(options), arrays_(arrays), output_(output) {}

  void print(const Source& source) {
    output_.buffer() += "/";
    if (source.array) {
      output_.buffer() += describe_dataset(*source.array, "/") + "\n";
      print_attributes(source.array->attributes, "    ");
    } else {
      output_.buffer() += type_of(source.tree.attributes) + "\n";
      print_inside(source.tree, "/", "", 1);
    }
    output_.flush();
  }

 private:
  static std::string type_of(const hdmf::Attributes& attributes) {
    const auto type = attributes.text("neurodata_type");
    return type ? "  " + printable(*type) : "";
  }

  void print_inside(const hdmf::GroupBuilder& group, const std::string& path,
                    const std::string& indent, std::uint32_t depth) {
    const auto children = depth_left(depth) ? children_of(group) : std::vector<Child>{};
    print_attributes(group.attributes, indent + (children.empty() ? "    " : "│   "));
    for (std::size_t i = 0; i < children.size(); ++i) {
      const bool last = i + 1 == children.size();
      output_.buffer() += indent + (last ? "└── " : "├── ") + printable(*children[i].name);
      print_child(children[i], hdmf::join_path(path, *children[i].name),
                  indent + (last ? "    " : "│   "), depth);
      output_.flush_if_large();
    }
  }

  void print_child(const Child& child, const std::string& path, const std::string& indent,
                   std::uint32_t depth) {
    auto& out = output_.buffer();
    if (child.link != nullptr) {
      const auto& link = *child.link;
      out += " -> " + (link.source == "." ? "" : printable(link.source) + ":") +
             printable(link.path) + "\n";
    } else if (child.dataset != nullptr) {
      out += describe_dataset(*child.dataset, path) + "\n";
      print_attributes(child.dataset->attributes, indent);
    } else {
      out += "/" + type_of(child.group->attributes) + "\n";
      print_inside(*child.group, path, indent, depth + 1);
    }
  }

  std::string describe_dataset(const hdmf::DatasetBuilder& dataset, const std::string& path) {
    std::string text = type_of(dataset.attributes);
    text += dataset.is_null     ? "  null"
            : dataset.is_scalar ? "  scalar"
                                : "  " + to_string(dataset.shape());
    text += " " + printable(element_type(dataset));
    if (!chunk_shape(dataset).empty()) text += " in chunks of " + to_string(chunk_shape(dataset));
    if (arrays_ == nullptr) return text;
    output_.beat(path);
    if (const auto facts = arrays_->facts(path)) text += ", " + describe(*facts);
    return text;
  }

  void print_attributes(const hdmf::Attributes& attributes, const std::string& indent) {
    if (!options_.attributes) return;
    for (const auto& [name, value] : attributes) {
      auto text = dump_json(value_json(value), JsonStyle::line);
      if (text.size() > kLongestAttribute) text = text.substr(0, kLongestAttribute) + "...";
      output_.buffer() += fmt::format("{}@{} = {}\n", indent, printable(name), text);
    }
  }

  bool depth_left(std::uint32_t depth) const {
    return options_.depth == 0 || depth <= options_.depth;
  }

  const TreeOptions& options_;
  const ZarrArrays* arrays_;  ///< None: not Zarr.
  Output& output_;
};

class TreeJson {
 public:
  TreeJson(const TreeOptions& options, const ZarrArrays* arrays, const Output& output)
      : options_(options), arrays_(arrays), output_(output) {}

  Json root_json(const Source& source) const {
    return source.array ? dataset_json(*source.array, "/", "/")
                        : group_json(source.tree, "/", "/", 1);
  }

 private:
  Json group_json(const hdmf::GroupBuilder& group, const std::string& name, const std::string& path,
                  std::uint32_t depth) const {
    Json json = Json::object();
    json["name"] = name;
    json["kind"] = "group";
    if (options_.attributes) json["attributes"] = attributes_json(group.attributes);
    if (options_.depth != 0 && depth > options_.depth) return json;
    json["children"] = Json::array();
    for (const auto& child : children_of(group)) {
      const auto below = hdmf::join_path(path, *child.name);
      json["children"].push_back(
          child.group != nullptr  ? group_json(*child.group, *child.name, below, depth + 1)
          : child.link != nullptr ? link_json(*child.link)
                                  : dataset_json(*child.dataset, *child.name, below));
    }
    return json;
  }

  static Json link_json(const hdmf::LinkBuilder& link) {
    Json json = Json::object();
    json["name"] = link.name;
    json["kind"] = "link";
    json["source"] = link.source;
    json["path"] = link.path;
    return json;
  }

  Json dataset_json(const hdmf::DatasetBuilder& dataset, const std::string& name,
                    const std::string& path) const {
    Json json = Json::object();
    json["name"] = name;
    json["kind"] = "dataset";
    json["shape"] = dataset.shape();
    json["scalar"] = dataset.is_scalar;
    json["null"] = dataset.is_null;
    json["type"] = element_type(dataset);
    if (!chunk_shape(dataset).empty()) json["chunk_shape"] = chunk_shape(dataset);
    if (arrays_ != nullptr) {
      output_.beat(path);
      if (const auto facts = arrays_->facts(path)) add_facts(json, *facts);
    }
    if (options_.attributes) json["attributes"] = attributes_json(dataset.attributes);
    return json;
  }

  const TreeOptions& options_;
  const ZarrArrays* arrays_;
  const Output& output_;
};

int check_in_child(const TreeOptions& options, const Heartbeat& heartbeat) {
  const auto store = zarr_store(options.path);
  if (!store) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("--consolidated is for Zarr stores, and {} is none", options.path));
  }
  Output output(heartbeat);
  return print_check(zarr::check_consolidated(*store), options.json, output);
}

int tree_in_child(const TreeOptions& options, const Heartbeat& heartbeat) {
  if (options.consolidated) return check_in_child(options, heartbeat);
  const auto source = open_source(options.path, options.allow_external);
  std::optional<ZarrArrays> arrays;
  if (source.store) arrays.emplace(source.store);
  const auto* facts = arrays ? &*arrays : nullptr;
  Output output(heartbeat);
  if (options.json) {
    output.buffer() +=
        dump_json(TreeJson(options, facts, output).root_json(source), JsonStyle::line) + "\n";
    output.flush();
  } else {
    TreePrinter(options, facts, output).print(source);
  }
  for (const auto& notice : source.notices) {
    if (notice.kind == backend::Notice::Kind::changed) continue;
    print_message("warning", notice.path + ": " + notice.text);
  }
  return 0;
}

}  // namespace

void add_tree_command(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("tree", kTreeAbout);
  command->footer(kTreeExamples);
  const auto options = std::make_shared<TreeOptions>();
  command->add_option("PATH", options->path, "An HDF5 file, or a Zarr directory, zip file or URL")
      ->required();
  command->add_flag("--attrs", options->attributes, "Show attributes and their values");
  command->add_option("--depth", options->depth, "Levels of groups to show (all)")
      ->option_text("N")
      ->check(CLI::Range(1U, 1'000'000U));
  command->add_flag("--json", options->json, "Print JSON");
  command->add_flag("--consolidated", options->consolidated,
                    "Compare a Zarr store's .zmetadata with its files");
  add_allow_external(*command, options->allow_external);
  command->callback([options, &chosen] {
    prints_about(chosen, options->path);
    chosen.run = [options](const Heartbeat& heartbeat, const std::stop_token&) {
      return tree_in_child(*options, heartbeat);
    };
  });
}

}  // namespace engram::cli
