#include <fmt/format.h>

#include <memory>
#include <string>

#include "converters/array_copy.hpp"
#include "converters/cli/command.hpp"
#include "converters/cli/npy.hpp"
#include "converters/cli/object_name.hpp"
#include "converters/cli/output.hpp"
#include "engram/backend/open.hpp"
#include "engram/base/error.hpp"

namespace engram::cli {
namespace {

constexpr std::uint64_t kMemory = 512ULL << 20;

constexpr const char* kAbout =
    R"(Print the values of a dataset or an attribute of an HDF5 file or a Zarr directory.

OBJECT is a dataset, "/units/spike_times", with a slice as NumPy has it where wanted, "/acquisition/raw/data[0:10, :4]",
"[..., -1]", "[::100]"; or an attribute, "/acquisition/raw@neurodata_type". Values are read and printed block by block.)";

constexpr const char* kExamples = R"(Examples:
  engram cat session.nwb /session_description
  engram cat session.nwb '/acquisition/raw/data[0:10, :4]'
  engram cat session.nwb.zarr /units/id --format json
  engram cat session.nwb '/acquisition/raw/data[:, 3]' --format npy > channel3.npy)";

struct Options {
  std::string path, object, format = "text";
};

void print_attribute(const Options& options, const hdmf::Value& value, Output& output) {
  if (options.format == "npy") {
    throw Error(ErrorCode::invalid_argument, "an attribute can't be printed as npy: use json");
  }
  const auto json = dump_json(value_json(value), JsonStyle::line);
  output.buffer() += (options.format == "text" ? plain_text(json) : json) + "\n";
  output.flush();
}

void print_dataset(const Options& options, const ObjectName& name, Output& output,
                   std::stop_token stop) {
  const auto& dataset = *name.dataset;
  if (dataset.is_null && options.format != "npy") {
    output.buffer() += "null\n";
    output.flush();
    return;
  }
  const auto selection = parse_slice(name.slice, dataset.shape());
  const auto elements = elements_of(dataset);
  if (options.format == "json") {
    write_json(output, *elements, selection, std::move(stop));
  } else if (options.format == "text") {
    write_text(output, *elements, selection, std::move(stop));
  } else {
    const auto* source = dataset.array();
    if (source == nullptr) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("{} holds {}, which have no fixed size and can't be printed as npy: "
                              "use json",
                              name.path, describe_type(dataset.objects()->type())));
    }
    output.buffer() += npy_header(source->info().type.little_endian(), selection.shape());
    write_bytes(output, *elements, selection, std::move(stop));
  }
}

int cat_in_child(const Options& options, const Heartbeat& heartbeat, std::stop_token stop) {
  const auto tree = backend::open_reader(options.path)->read_tree();
  Output output(heartbeat);
  const auto name = find_object(tree, options.object);
  heartbeat.beat(name.path);
  if (name.attribute != nullptr) {
    print_attribute(options, *name.attribute, output);
    return 0;
  }
  try {
    print_dataset(options, name, output, std::move(stop));
  } catch (Error& error) {
    converter::name_path(error, name.path);
    throw;
  }
  return 0;
}

}  // namespace

void add_cat_command(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("cat", kAbout);
  command->footer(kExamples);
  const auto options = std::make_shared<Options>();
  command->add_option("PATH", options->path, "An HDF5 file or a Zarr directory")->required();
  command->add_option("OBJECT", options->object, "What to print")->required();
  command
      ->add_option(
          "--format", options->format,
          "text: for people (default); json: nested lists; npy: a NumPy file, for elements "
          "of a fixed size")
      ->option_text("text|json|npy")
      ->check(CLI::IsMember({"text", "json", "npy"}));
  command->callback([options, &chosen] {
    chosen.source = options->path;
    chosen.consequence = "the output is not complete";
    chosen.supervision.patience = patience_for(file_size(options->path));
    chosen.supervision.address_space = address_space_for(kMemory);
    chosen.supervision.dies_of_closed_pipe = true;
    chosen.run = [options](const Heartbeat& heartbeat, std::stop_token stop) {
      return cat_in_child(*options, heartbeat, std::move(stop));
    };
  });
}

}  // namespace engram::cli
