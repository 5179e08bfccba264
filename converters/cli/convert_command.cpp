#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>

#include "converters/chunk_shape.hpp"
#include "converters/cli/command.hpp"
#include "converters/cli/plan_table.hpp"
#include "converters/cli/report_file.hpp"
#include "converters/cli/size_option.hpp"
#include "converters/cli/terminal.hpp"
#include "converters/path_rules.hpp"
#include "converters/plan.hpp"
#include "converters/result_file.hpp"
#include "engram/base/error.hpp"
#include "engram/convert.hpp"

namespace engram::cli {
namespace {

constexpr std::size_t kShownNotices = 20;

constexpr const char* kConvertAbout =
    R"(Turn an HDF5 file, NWB or any other, or a Zarr store into a Zarr directory that hdmf-zarr opens as its own, or back
into an HDF5 file that h5py and PyNWB open: when TARGET ends in .nwb, .h5, .hdf5, .hdf or .he5, or with --to hdf5.

Everything that SOURCE holds is copied: data, attributes, links, references, cached schemas. Compressed chunks are kept
as they are where the target has the same codec, so that nothing is decompressed; other data are encoded anew. TARGET appears
when it is complete, or not at all. What can't be kept as it was is named in a warning.)";

constexpr const char* kConvertExamples = R"(Examples:
  engram convert session.nwb session.nwb.zarr
  engram convert session.nwb.zarr session.nwb                 and back
  engram convert --dry-run session.nwb session.nwb.zarr       what would be written, array by array
  engram convert --compat portable in.nwb out.nwb.zarr        for zarr-python 3 and what does not know HDMF
  engram convert --zarr-format 3 --shards auto in.nwb out.nwb.zarr
                                                              for hdmf-zarr 0.14, in few large files
  engram convert --codec zstd:5 --chunks auto in.nwb out.zarr encode everything anew, in chunks of about 10 MB
  engram convert --codec '/acquisition/**=zstd:5' --chunks '/acquisition/**=30000,64' in.nwb out.zarr
                                                              encode these anew, copy the others
  engram convert --external link a.nwb a.nwb.zarr             external links lead to b.nwb.zarr, where b.nwb goes
  engram convert --resume session.nwb session.nwb.zarr        go on after Ctrl-C, a full disk or a power cut
  engram convert --manifest out.md5 --report out.json in.nwb out.nwb.zarr
                                                              what it takes to prove later that nothing was lost
  engram convert --allow-external /data/raw a.nwb a.nwb.zarr  a.nwb has values in files of that directory
  engram convert --memory 200M --threads 2 in.nwb out.zarr    on a small machine)";

struct ConvertChoices {
  std::string source, target, memory = "512M", progress = "auto";
  std::vector<std::string> codecs, chunks, shards;
  std::string to = "auto";
  std::vector<const CLI::Option*> of_zarr;  ///< What means nothing for HDF5.
  bool no_consolidate = false, no_sync = false, no_fast_paths = false, quiet = false, json = false;
  ConvertOptions convert;
  std::string report;
};

void warn(const std::vector<backend::Notice>& notices, bool all) {
  const auto shown = all ? notices.size() : std::min(notices.size(), kShownNotices);
  for (std::size_t i = 0; i < shown; ++i) {
    print_message("warning", notices[i].path + ": " + notices[i].text);
  }
  if (shown == notices.size()) return;
  print_message("warning",
                fmt::format("{} more of these; --json lists all", notices.size() - shown));
}

ProgressDisplay::Kind display_kind(const ConvertChoices& options) {
  using Kind = ProgressDisplay::Kind;
  if (options.progress == "json") return Kind::json;
  if (options.progress == "none" || options.quiet || !is_terminal()) return Kind::none;
  return Kind::bar;
}

void print(std::string_view text) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) throw Error(ErrorCode::io_error, "the standard output can't be written to");
}

// Tells of a result that is not what the source holds; the status.
int differs(const CompareReport& found, const std::string& error) {
  for (std::size_t i = 0; i < std::min(found.listed.size(), kShownNotices); ++i) {
    print_message("difference", found.listed[i].path + ": " + found.listed[i].text);
  }
  print_message("error", error);
  return 1;
}

int convert_in_child(ConvertChoices options, const std::optional<ReportFile>& report_file,
                     const OnFailure& failed, const Heartbeat& heartbeat, std::stop_token stop) {
  ProgressDisplay display(display_kind(options));
  auto& convert_options = options.convert;
  convert_options.stop = std::move(stop);
  convert_options.on_plan = [&](const std::vector<PlannedArray>& arrays) {
    std::uint64_t largest = 0;
    for (const auto& array : arrays) {
      const bool objects = array.action == Action::objects;
      // A column of objects is one step.
      largest = std::max(largest, objects ? array.bytes * 64 : converter::chunk_bytes(array.info));
    }
    heartbeat.patience(patience_for(largest));
  };
  convert_options.on_progress = [&](const Progress& progress) {
    heartbeat.beat(progress.path);
    display.show(progress);
  };
  std::optional<CompareReport> found;
  convert_options.on_verified = [&](const CompareReport& verified) { found = verified; };
  ConvertReport report;
  try {
    report = convert(options.source, options.target, convert_options);
  } catch (const Error& error) {
    if (!found || found->is_equal()) throw;
    display.clear();
    failed(1, error.what());
    return differs(*found, error.what());
  }
  display.clear();
  if (report_file) report_file->write(report);
  if (!options.quiet) warn(report.notices, false);
  if (options.json) {
    print(dump_json(to_json(report), JsonStyle::line) + "\n");
  } else if (convert_options.dry_run) {
    print(plan_table(report) + summary(report) + "\n");
  } else if (!options.quiet) {
    print(summary(report) + "\n");
    if (report.verification) print("verified: " + summary(*report.verification) + "\n");
    if (!report.checksum.empty()) print("DANDI Zarr checksum " + report.checksum + "\n");
  }
  return 0;
}

// "/glob=value" goes to `for_paths`, a value alone to `for_all`; of several alone the last counts.
void sort_out(const std::vector<std::string>& texts, std::string& for_all,
              std::vector<std::pair<std::string, std::string>>& for_paths) {
  for (const auto& text : texts) {
    auto [glob, value] = converter::split_for_paths(text);
    if (glob.empty()) {
      for_all = std::move(value);
    } else {
      for_paths.emplace_back(std::move(glob), std::move(value));
    }
  }
}

void check_hdf5_options(const ConvertChoices& options) {
  for (const CLI::Option* option : options.of_zarr)
    if (option->count() > 0)
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("{} is of Zarr, and {} is to be an HDF5 file{}", option->get_name(),
                      options.target,
                      options.to == "auto" ? ", by its name (--to zarr makes it Zarr)" : ""));
}

void choose(ConvertChoices& options, Command& chosen) {
  if (options.target.empty() && !options.convert.dry_run) {
    throw CLI::RequiredError("TARGET");
  }
  options.convert.format = options.to == "hdf5"   ? TargetFormat::hdf5
                           : options.to == "zarr" ? TargetFormat::zarr
                                                  : format_by_name(options.target);
  if (options.convert.format == TargetFormat::hdf5) check_hdf5_options(options);
  options.convert.memory = parse_size(options.memory);
  options.convert.consolidate = !options.no_consolidate;
  options.convert.sync = !options.no_sync;
  options.convert.fast_paths = !options.no_fast_paths;
  // Mistakes in these are the user's, and are told before anything is begun.
  sort_out(options.codecs, options.convert.codec, options.convert.codec_for);
  sort_out(options.chunks, options.convert.chunks, options.convert.chunks_for);
  sort_out(options.shards, options.convert.shards, options.convert.shards_for);
  (void)converter::plan_rules(options.convert);
  std::optional<ReportFile> report_file;
  if (!options.report.empty())
    report_file.emplace(options.report, options.source, options.target, options.convert);
  if (!options.convert.manifest.empty()) {
    converter::ResultFile::check(options.convert.manifest, options.source, options.target);
    if (options.convert.manifest == options.report)
      throw Error(ErrorCode::invalid_argument, "--manifest and --report name one file");
  }
  chosen.failed = [report_file, manifest = options.convert.manifest](int status,
                                                                     std::string_view text) {
    if (!manifest.empty()) converter::ResultFile::remove_leftover(manifest);
    if (report_file) report_file->write_failure(status, text);
  };
  chosen.source = options.source;
  chosen.target = options.convert.dry_run ? std::string() : options.target;
  chosen.supervision.patience = patience_for(file_size(options.source));
  chosen.supervision.address_space = address_space_for(options.convert.memory);
  chosen.run = [options, report_file, failed = chosen.failed](const Heartbeat& heartbeat,
                                                              std::stop_token stop) {
    return convert_in_child(options, report_file, failed, heartbeat, std::move(stop));
  };
}

}  // namespace

void add_convert_command(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("convert", kConvertAbout);
  command->footer(kConvertExamples);
  const auto options = std::make_shared<ConvertChoices>();
  auto& convert_options = options->convert;
  command->add_option("SOURCE", options->source, "The HDF5 file or Zarr store to read")->required();
  command->add_option("TARGET", options->target, "The Zarr directory or HDF5 file to make");

  command
      ->add_option("--to", options->to,
                   "What TARGET is: zarr or hdf5; auto: as its name ends (default)")
      ->option_text("auto|zarr|hdf5")
      ->check(CLI::IsMember({"auto", "zarr", "hdf5"}));
  auto* zarr_format =
      command
          ->add_option(
              "--zarr-format", convert_options.zarr_format,
              "2: Zarr v2, which hdmf-zarr up to 0.13 reads (default); 3: Zarr v3, for hdmf-zarr "
              "from 0.14 on, zarr-python 3 and tensorstore")
          ->option_text("2|3")
          ->check(CLI::IsMember({2, 3}));
  const std::map<std::string, backend::Compat> compats{{"hdmf-zarr", backend::Compat::hdmf_zarr},
                                                       {"portable", backend::Compat::portable}};
  auto* compat =
      command
          ->add_option(
              "--compat", convert_options.compat,
              "hdmf-zarr: hdmf-zarr and PyNWB resolve every reference (default); portable: text "
              "and plain types only, so that zarr-python 3 opens everything")
          ->option_text("hdmf-zarr|portable")
          ->transform(CLI::CheckedTransformer(compats));
  const std::map<std::string, backend::TextForm> forms{{"utf8", backend::TextForm::utf8},
                                                       {"exact", backend::TextForm::exact}};
  auto* text =
      command
          ->add_option(
              "--text", convert_options.text,
              "utf8: all text as UTF-8 text (default); exact: ASCII and fixed-length text as "
              "bytes, as hdmf-zarr has it in Zarr v2")
          ->option_text("utf8|exact")
          ->transform(CLI::CheckedTransformer(forms));
  command
      ->add_option("--external", convert_options.external,
                   "What lies in other files: copy: is copied in (default); link: stays there, and "
                   "links lead to it (to b.nwb.zarr for b.nwb: convert both); error: is refused")
      ->option_text("copy|link|error")
      ->transform(CLI::CheckedTransformer(external_choices()));
  add_allow_external(*command, convert_options.allow_external);
  auto* no_consolidate =
      command->add_flag("--no-consolidate", options->no_consolidate,
                        "Do not write all metadata in one file (.zmetadata) too");
  command
      ->add_option(
          "--codec", options->codecs,
          "keep: copy encoded chunks where possible, else blosc:zstd:5:bitshuffle "
          "(default); verbatim: the same without the head that makes shuffled deflate chunks "
          "Blosc chunks; or encode everything: none, zlib:6, gzip:5, bz2:9, zstd:3, lz4, "
          "blosc:zstd:5:bitshuffle, wavpack:3, flac:5, with + between several: "
          "delta+blosc:zstd:5:bitshuffle. For some arrays, once for each: "
          "'/acquisition/**=zstd:5'; "
          "the last that matches counts. Only so, since they store with loss: wavpack:3:4.5 (bits "
          "a "
          "sample), anscombe-v1:97:86 (signal of one photon, and of none). Of HDF5: keep copies "
          "what every HDF5 reader has and encodes the rest with shuffle and deflate; verbatim "
          "keeps "
          "blosc, zstd and bzip2 too, which need "
          "plugins; none, zlib:6, zstd:3, bz2:9, blosc:...")
      ->option_text("[GLOB=]CODEC")
      ->allow_extra_args(false)
      ->take_all();
  command
      ->add_option(
          "--chunks", options->chunks,
          "keep: the source's chunks, about 10 MB where it has none (default); auto: about "
          "10 MB everywhere; or lengths for arrays of that rank: 30000,64. For some arrays: "
          "'/units/*=auto'")
      ->option_text("[GLOB=]CHUNKS")
      ->allow_extra_args(false)
      ->take_all();
  command
      ->add_option(
          "--shards", options->shards,
          "Of Zarr v3, for an object store: many chunks in one file. none (default); auto: up to "
          "512 MiB of elements in one; or lengths, whole numbers of chunks, for arrays of that "
          "rank: "
          "3000000,64. For some arrays: '/acquisition/**=auto'. --dry-run tells how many files it "
          "makes")
      ->option_text("[GLOB=]SHARDS")
      ->allow_extra_args(false)
      ->take_all();
  command->add_flag("--no-fast-paths", options->no_fast_paths,
                    "Copy no chunk as it is: have the source's library decode each element, and "
                    "encode it anew. Slow; for when in doubt");
  command->add_option("--memory", options->memory, "What may be held beside metadata (512M)")
      ->option_text("SIZE");
  command->add_option("--threads", convert_options.threads, "Threads (one a core)")
      ->option_text("N")
      ->check(CLI::Range(0U, 1024U));
  command->add_flag("--strict", convert_options.strict,
                    "Fail (status 6) instead of warning when something can't be kept");
  command->add_flag(
      "--overwrite", convert_options.overwrite,
      "Replace TARGET, when it is what is made (a Zarr directory, an HDF5 file), once the "
      "new one is complete");
  command->add_flag("--verify", convert_options.verify,
                    "Read the result again and compare it with SOURCE, value by value, before it "
                    "gets its name; status 1 when they differ");
  command->add_flag("--resume", convert_options.resume,
                    "Go on with the conversion to TARGET that was interrupted, with the options "
                    "that it had; where there is none, begin one");
  command->add_flag("--no-sync", options->no_sync,
                    "Do not wait until the result is on the disk before it gets its name: a power "
                    "cut may then damage it");
  command->add_flag("--dry-run", convert_options.dry_run,
                    "Write nothing; print each array with what would be done");
  command
      ->add_option("--progress", options->progress,
                   "auto: a bar when standard error is a terminal (default); json: a JSON object a "
                   "line; none")
      ->option_text("auto|json|none")
      ->check(CLI::IsMember({"auto", "json", "none"}));
  command->add_flag("--checksum", convert_options.checksum,
                    "Compute the DANDI archive's checksum of TARGET while it is written, and print "
                    "it; in reports, that of each array too");
  command
      ->add_option("--manifest", convert_options.manifest,
                   "Write the MD5 of each file of TARGET to FILE, as md5sum prints them; replaced "
                   "when it is there (implies --checksum)")
      ->option_text("FILE");
  command
      ->add_option("--report", options->report,
                   "Write the whole report to FILE as JSON, also of a failure; replaced when it is "
                   "there")
      ->option_text("FILE");
  command->add_flag("--quiet,-q", options->quiet, "Print errors only");
  command->add_flag("--json", options->json, "Print the whole report as JSON on standard output");
  options->of_zarr = {zarr_format, compat, text, no_consolidate};
  command->callback([options, &chosen] { choose(*options, chosen); });
}

}  // namespace engram::cli
