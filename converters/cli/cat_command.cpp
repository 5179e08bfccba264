#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "converters/array_copy.hpp"
#include "converters/cli/command.hpp"
#include "converters/cli/npy.hpp"
#include "converters/cli/object_name.hpp"
#include "converters/cli/output.hpp"
#include "converters/cli/plain_objects.hpp"
#include "converters/cli/source.hpp"
#include "engram/base/error.hpp"

namespace engram::cli {
namespace {

constexpr const char* kCatAbout =
    R"(Print the values of a dataset or an attribute of an HDF5 file or a Zarr store.

OBJECT is a dataset, "/units/spike_times", with a slice as NumPy has it where wanted, "/acquisition/raw/data[0:10, :4]",
"[..., -1]", "[::100]"; or an attribute, "/acquisition/raw@neurodata_type". A store that is one array has it at "/":
"/[0:10]". Values are read and printed block by block.

Times (NumPy's datetime64 and timedelta64) are numbers of their unit, which engram tree shows, or NaT.)";

constexpr const char* kCatExamples = R"(Examples:
  engram cat session.nwb /session_description
  engram cat session.nwb '/acquisition/raw/data[0:10, :4]'
  engram cat session.nwb.zarr /units/id --format json
  engram cat session.nwb '/acquisition/raw/data[:, 3]' --format npy > channel3.npy
  engram cat array.zarr '/[::2]' --format raw > little-endian.bin)";

struct CatOptions {
  std::string path, object, format = "text";
  std::vector<std::string> allow_external;
};

bool is_binary(const CatOptions& options) {
  return options.format == "npy" || options.format == "raw";
}

void print_attribute(const CatOptions& options, const hdmf::Value& value, Output& output) {
  if (is_binary(options)) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("an attribute can't be printed as {}: use json", options.format));
  }
  const auto json = dump_json(value_json(value), JsonStyle::line);
  output.buffer() += (options.format == "text" ? plain_text(json) : json) + "\n";
  output.flush();
}

std::unique_ptr<Elements> elements_to_print(const Source& source, const ObjectName& name) {
  if (source.store && name.dataset->objects() != nullptr) {
    if (auto objects = plain_objects(source.store, name.path)) return objects;
  }
  return elements_of(*name.dataset);
}

void print_dataset(const CatOptions& options, const Source& source, const ObjectName& name,
                   Output& output, std::stop_token stop) {
  const auto& dataset = *name.dataset;
  if (dataset.is_null && !is_binary(options)) {
    output.buffer() += "null\n";
    output.flush();
    return;
  }
  const auto selection = parse_slice(name.slice, dataset.shape());
  const auto elements = elements_to_print(source, name);
  if (options.format == "json") {
    write_json(output, *elements, selection, std::move(stop));
  } else if (options.format == "text") {
    write_text(output, *elements, selection, std::move(stop));
  } else {
    const auto* array = dataset.array();
    if (array == nullptr) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("{} holds {}, which have no fixed size and can't be printed as {}: "
                              "use json",
                              name.path, describe_type(dataset.objects()->type()), options.format));
    }
    if (options.format == "npy") {
      output.buffer() += npy_header(array->info().type.little_endian(), selection.shape());
    }
    write_bytes(output, *elements, selection, std::move(stop));
  }
}

// As find_object(); of what was left out of the tree it says why.
ObjectName named_object(const Source& source, std::string_view text) try {
  return find_object(source.tree, text, source.array ? &*source.array : nullptr);
} catch (const Error& error) {
  if (error.code() != ErrorCode::not_found) throw;
  for (const backend::Notice& notice : source.notices) {
    const std::string_view rest =
        text.starts_with(notice.path) ? text.substr(notice.path.size()) : "no";
    if (rest.empty() || rest.front() == '[' || rest.front() == '@')
      throw Error(ErrorCode::unsupported, fmt::format("{}: {}", notice.path, notice.text));
  }
  throw;
}

int cat_in_child(const CatOptions& options, const Heartbeat& heartbeat, std::stop_token stop) {
  const auto source = open_source(options.path, options.allow_external);
  Output output(heartbeat);
  const auto name = named_object(source, options.object);
  heartbeat.beat(name.path);
  if (name.attribute != nullptr) {
    print_attribute(options, *name.attribute, output);
    return 0;
  }
  try {
    print_dataset(options, source, name, output, std::move(stop));
  } catch (Error& error) {
    converter::name_path(error, name.path);
    throw;
  }
  return 0;
}

}  // namespace

void add_cat_command(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("cat", kCatAbout);
  command->footer(kCatExamples);
  const auto options = std::make_shared<CatOptions>();
  command->add_option("PATH", options->path, "An HDF5 file, or a Zarr directory, zip file or URL")
      ->required();
  command->add_option("OBJECT", options->object, "What to print")->required();
  command
      ->add_option(
          "--format", options->format,
          "text: for people (default); json: nested lists; for elements of a fixed size npy: a "
          "NumPy file; raw: nothing but their bytes, little-endian, in C order")
      ->option_text("text|json|npy|raw")
      ->check(CLI::IsMember({"text", "json", "npy", "raw"}));
  add_allow_external(*command, options->allow_external);
  command->callback([options, &chosen] {
    prints_about(chosen, options->path);
    chosen.run = [options](const Heartbeat& heartbeat, std::stop_token stop) {
      return cat_in_child(*options, heartbeat, std::move(stop));
    };
  });
}

}  // namespace engram::cli
