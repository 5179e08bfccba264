#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <string>
#include <vector>

#include "converters/cli/command.hpp"
#include "converters/cli/output.hpp"
#include "converters/cli/spec_sources.hpp"
#include "converters/cli/spec_text.hpp"
#include "converters/cli/terminal.hpp"
#include "engram/base/error.hpp"
#include "engram/hdmf/namespace_catalog.hpp"

namespace engram::cli {
namespace {

constexpr const char* kSpecsAbout =
    R"(Show the namespaces of the HDMF specification language that a file has cached or that YAML files define: their
versions, their types, and of one type all that it is made of, what it inherits included.

Of a namespace that a file has in several versions the newest is shown; all are named.)";

constexpr const char* kSpecsExamples = R"(Examples:
  engram specs session.nwb
  engram specs session.nwb.zarr --type ElectricalSeries
  engram specs ndx-pose/spec /usr/lib/python3/dist-packages/pynwb
  engram specs ndx-pose/spec session.nwb --type Skeleton --json)";

struct SpecsOptions {
  std::vector<std::string> paths;
  std::string type, name_space;
  bool json = false;
};

struct Found {
  const hdmf::Namespace* name_space;
  const hdmf::TypeEntry* type;
};

// The namespace that defines it, where there is one; it may stand in others that include that.
Found find_type(const hdmf::NamespaceCatalog& catalog, const SpecsOptions& options) {
  Found found{};
  for (const auto& one : catalog.namespaces()) {
    if (!options.name_space.empty() && one->name() != options.name_space) continue;
    const hdmf::TypeEntry* type = one->find(options.type);
    if (type && (!found.type || type->name_space == one->name())) found = {one.get(), type};
  }
  if (!found.type)
    throw Error(ErrorCode::not_found,
                fmt::format("there is no type {} in {}", options.type,
                            options.name_space.empty() ? "these namespaces"
                                                       : "namespace " + options.name_space));
  return found;
}

Json type_json(const hdmf::Namespace& name_space, const hdmf::TypeEntry& type) {
  return {{"name", type.name},
          {"namespace", type.name_space},
          {"source", type.source},
          {"kind", std::holds_alternative<hdmf::GroupSpec>(type.spec) ? "group" : "dataset"},
          {"hierarchy", name_space.hierarchy(type.name)},
          {"spec", to_json(type.spec)}};
}

Json namespace_json(const hdmf::Namespace& name_space) {
  Json types = Json::array();
  for (const std::string& type : name_space.types())
    types.push_back(type_json(name_space, *name_space.find(type)));
  return {{"name", name_space.name()}, {"version", name_space.version()}, {"types", types}};
}

class Printer {
 public:
  Printer(const SpecsOptions& options, const SpecSources& sources,
          const hdmf::NamespaceCatalog& catalog)
      : options_(options), sources_(sources), catalog_(catalog) {}

  void print(Output& output) const {
    if (!options_.type.empty()) {
      const auto [name_space, type] = find_type(catalog_, options_);
      output.buffer() += options_.json
                             ? dump_json(type_json(*name_space, *type), JsonStyle::line) + "\n"
                             : type_text(*name_space, *type);
    } else if (options_.json) {
      Json all = Json::array();
      for (const auto& one : catalog_.namespaces())
        if (is_asked_for(*one)) all.push_back(namespace_json(*one));
      output.buffer() += dump_json({{"namespaces", all}}, JsonStyle::line) + "\n";
    } else {
      for (const auto& one : catalog_.namespaces()) {
        if (!is_asked_for(*one)) continue;
        output.buffer() += heading(*one) + namespace_text(*one);
        output.flush_if_large();
      }
    }
    output.flush();
  }

 private:
  bool is_asked_for(const hdmf::Namespace& one) const {
    return options_.name_space.empty() || options_.name_space == one.name();
  }

  std::string heading(const hdmf::Namespace& one) const {
    std::size_t own = 0;
    for (const std::string& type : one.types())
      if (one.find(type)->name_space == one.name()) ++own;
    std::string text =
        fmt::format("{} {}: {} types", printable(one.name()), printable(one.version()), own);
    std::vector<std::string> others;
    for (const auto& cached : sources_.cached)
      if (cached.name == one.name() && cached.version != one.version())
        others.push_back(printable(cached.version));
    if (!others.empty()) text += fmt::format("; also cached: {}", fmt::join(others, ", "));
    return text + "\n";
  }

  const SpecsOptions& options_;
  const SpecSources& sources_;
  const hdmf::NamespaceCatalog& catalog_;
};

int specs_in_child(const SpecsOptions& options, const Heartbeat& heartbeat) {
  const SpecSources sources = open_spec_sources(options.paths);
  heartbeat.beat(options.paths.front());
  const auto catalog = hdmf::NamespaceCatalog::load(sources.chosen);
  if (!options.name_space.empty() && !catalog.find(options.name_space))
    throw Error(ErrorCode::not_found,
                fmt::format("there is no namespace {} here", options.name_space));
  Output output(heartbeat);
  Printer(options, sources, catalog).print(output);
  for (const std::string& warning : catalog.warnings()) print_message("warning", warning);
  return 0;
}

}  // namespace

void add_specs_command(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("specs", kSpecsAbout);
  command->footer(kSpecsExamples);
  const auto options = std::make_shared<SpecsOptions>();
  command
      ->add_option(
          "PATH", options->paths,
          "HDF5 files or Zarr stores with cached namespaces, *namespace.yaml files, or directories "
          "with such files: an extension, the NWB schema, an installed pynwb or hdmf")
      ->required();
  command->add_option("--type", options->type, "Show this type alone, with all that it is made of")
      ->option_text("TYPE");
  command->add_option("--namespace", options->name_space, "Only this namespace")
      ->option_text("NAME");
  command->add_flag("--json", options->json, "Print JSON: the types' specs in the schema language");
  command->callback([options, &chosen] {
    prints_about(chosen, options->paths.front());
    chosen.run = [options](const Heartbeat& heartbeat, const std::stop_token&) {
      return specs_in_child(*options, heartbeat);
    };
  });
}

}  // namespace engram::cli
