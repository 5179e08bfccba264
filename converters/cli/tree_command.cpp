#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "converters/cli/command.hpp"
#include "converters/cli/elements.hpp"
#include "converters/cli/output.hpp"
#include "converters/cli/terminal.hpp"
#include "engram/backend/open.hpp"
#include "engram/base/error.hpp"

namespace engram::cli {
namespace {

constexpr std::uint64_t kMemory = 512ULL << 20;
constexpr std::size_t kLongestAttribute = 100;

constexpr const char* kAbout =
    R"(Show what an HDF5 file or a Zarr directory holds: groups with their types, datasets with shape, element type and
chunks, links with their targets.)";

constexpr const char* kExamples = R"(Examples:
  engram tree session.nwb
  engram tree session.nwb.zarr --attrs --depth 3
  engram tree session.nwb --json)";

struct Options {
  std::string path;
  bool attributes = false, json = false;
  std::uint32_t depth = 0;  // 0: all.
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
  TreePrinter(const Options& options, Output& output) : options_(options), output_(output) {}

  void print(const hdmf::GroupBuilder& root) {
    output_.buffer() += "/" + type_of(root.attributes) + "\n";
    print_inside(root, "", 1);
    output_.flush();
  }

 private:
  static std::string type_of(const hdmf::Attributes& attributes) {
    const auto type = attributes.text("neurodata_type");
    return type ? "  " + printable(*type) : "";
  }

  void print_inside(const hdmf::GroupBuilder& group, const std::string& indent,
                    std::uint32_t depth) {
    const auto children = depth_left(depth) ? children_of(group) : std::vector<Child>{};
    print_attributes(group.attributes, indent + (children.empty() ? "    " : "│   "));
    for (std::size_t i = 0; i < children.size(); ++i) {
      const bool last = i + 1 == children.size();
      output_.buffer() += indent + (last ? "└── " : "├── ") + printable(*children[i].name);
      print_child(children[i], indent + (last ? "    " : "│   "), depth);
      output_.flush_if_large();
    }
  }

  void print_child(const Child& child, const std::string& indent, std::uint32_t depth) {
    auto& out = output_.buffer();
    if (child.link != nullptr) {
      const auto& link = *child.link;
      out += " -> " + (link.source == "." ? "" : printable(link.source) + ":") +
             printable(link.path) + "\n";
    } else if (child.dataset != nullptr) {
      out += describe(*child.dataset) + "\n";
      print_attributes(child.dataset->attributes, indent);
    } else {
      out += "/" + type_of(child.group->attributes) + "\n";
      print_inside(*child.group, indent, depth + 1);
    }
  }

  static std::string describe(const hdmf::DatasetBuilder& dataset) {
    std::string text = type_of(dataset.attributes);
    text += dataset.is_null     ? "  null"
            : dataset.is_scalar ? "  scalar"
                                : "  " + to_string(dataset.shape());
    text += " " + printable(element_type(dataset));
    if (!chunk_shape(dataset).empty()) text += " in chunks of " + to_string(chunk_shape(dataset));
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

  const Options& options_;
  Output& output_;
};

class TreeJson {
 public:
  explicit TreeJson(const Options& options) : options_(options) {}

  Json group_json(const hdmf::GroupBuilder& group, const std::string& name,
                  std::uint32_t depth) const {
    Json json = Json::object();
    json["name"] = name;
    json["kind"] = "group";
    if (options_.attributes) json["attributes"] = attributes_json(group.attributes);
    if (options_.depth != 0 && depth > options_.depth) return json;
    json["children"] = Json::array();
    for (const auto& child : children_of(group)) {
      json["children"].push_back(child.group != nullptr
                                     ? group_json(*child.group, *child.name, depth + 1)
                                     : leaf_json(child));
    }
    return json;
  }

 private:
  Json leaf_json(const Child& child) const {
    Json json = Json::object();
    json["name"] = *child.name;
    if (child.link != nullptr) {
      json["kind"] = "link";
      json["source"] = child.link->source;
      json["path"] = child.link->path;
      return json;
    }
    const auto& dataset = *child.dataset;
    json["kind"] = "dataset";
    json["shape"] = dataset.shape();
    json["scalar"] = dataset.is_scalar;
    json["null"] = dataset.is_null;
    json["type"] = element_type(dataset);
    if (!chunk_shape(dataset).empty()) json["chunk_shape"] = chunk_shape(dataset);
    if (options_.attributes) json["attributes"] = attributes_json(dataset.attributes);
    return json;
  }

  const Options& options_;
};

int tree_in_child(const Options& options, const Heartbeat& heartbeat) {
  const auto reader = backend::open_reader(options.path);
  const auto tree = reader->read_tree();
  Output output(heartbeat);
  if (options.json) {
    output.buffer() +=
        dump_json(TreeJson(options).group_json(tree, "/", 1), JsonStyle::line) + "\n";
    output.flush();
  } else {
    TreePrinter(options, output).print(tree);
  }
  for (const auto& notice : reader->notices()) {
    if (notice.kind == backend::Notice::Kind::changed) continue;
    print_message("warning", notice.path + ": " + notice.text);
  }
  return 0;
}

}  // namespace

void add_tree_command(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("tree", kAbout);
  command->footer(kExamples);
  const auto options = std::make_shared<Options>();
  command->add_option("PATH", options->path, "An HDF5 file or a Zarr directory")->required();
  command->add_flag("--attrs", options->attributes, "Show attributes and their values");
  command->add_option("--depth", options->depth, "Levels of groups to show (all)")
      ->option_text("N")
      ->check(CLI::Range(1U, 1'000'000U));
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, &chosen] {
    chosen.source = options->path;
    chosen.consequence = "the output is not complete";
    chosen.supervision.patience = patience_for(file_size(options->path));
    chosen.supervision.address_space = address_space_for(kMemory);
    chosen.supervision.dies_of_closed_pipe = true;
    chosen.run = [options](const Heartbeat& heartbeat, const std::stop_token&) {
      return tree_in_child(*options, heartbeat);
    };
  });
}

}  // namespace engram::cli
