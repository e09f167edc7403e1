// Latencies under watch: percentiles and rates window by window as the stream goes by, and what comes up most.
//
//     latency_monitor --input FILE.csv --time COLUMN --value COLUMN [--label COLUMN] [--window 1h] [--save FILE]
//     latency_monitor --merge FILE --merge FILE ... [--save FILE]
//
// Each process of many watches its own stream and saves a few kilobytes; one more merges them, and answers for
// all streams together what it would have answered had it seen them itself.

#include "monitor.hpp"
#include "series.hpp"

#include <millrace/store/atomic_file.hpp>
#include <millrace/store/file.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace latency_monitor;

mr::result<summary> watch(const std::string& input, const std::string& time, const std::string& value,
                          const std::string& label, std::string length, std::uint64_t seed) {
  std::vector<measurement> series;
  if (input.empty()) {
    std::printf("made-up requests to a service, in milliseconds (--input FILE watches a CSV file)\n\n");
    series = made_up_requests(seed);
    if (length.empty()) length = "1min";
  } else {
    auto text = mr::store::read_file(input);
    if (!text) return std::move(text).error();
    auto read = read_series(*std::move(text), time, value, label);
    if (!read) return std::move(read).error().wrap(input);
    series = *std::move(read);
    if (length.empty()) length = "1d";
  }
  const auto window = parse_length(length);
  if (!window) return mr::error(window.error()).wrap("--window");
  monitor live(*window, seed);
  for (const measurement& one : series) live.update(one);
  return live.finish();
}

mr::result<summary> merge(const std::vector<std::string>& files) {
  summary all;
  for (const std::string& file : files) {
    auto bytes = mr::store::read_bytes(file);
    if (!bytes) return std::move(bytes).error();
    auto part = summary::load(*bytes);
    if (!part) return std::move(part).error().wrap(file);
    if (auto done = all.merge(*part); !done) return std::move(done).error().wrap(file);
  }
  std::printf("merged from %zu files\n", files.size());
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Watches latencies: percentiles and rates window by window, and what comes up most.", "latency_monitor");
  app.footer(
      "Without --input it makes up ten minutes of requests. Exit codes: 0 done, 1 a file is not what it should "
      "be, 2 wrong options.");
  std::string input, time, value, label, length, save;
  std::vector<std::string> files;
  std::uint64_t seed = 1;
  auto* from = app.add_option("--input", input, "a CSV file whose first line names the columns");
  auto* when = app.add_option("--time", time, "the column of times: seconds since 1970, or 2014-03-07 03:41:00");
  auto* what = app.add_option("--value", value, "the column to watch");
  app.add_option("--label", label, "a column of labels to count; without it values are counted by band")->needs(from);
  app.add_option("--window", length, "how long a window is: 30s, 5min, 1h, 1d (the default for a file)");
  app.add_option("--seed", seed, "for the sketches and the made-up requests: another one in each process");
  app.add_option("--save", save, "leave the summary in this file, to be merged");
  app.add_option("--merge", files, "merge what other processes saved; may be repeated")->excludes(from);
  from->needs(when)->needs(what);
  when->needs(from);
  what->needs(from);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& why) {
    std::fprintf(stderr, "latency_monitor: %s (see --help)\n", why.what());
    return 2;
  }
  try {
    auto done = files.empty() ? watch(input, time, value, label, length, seed) : merge(files);
    if (done) {
      print_summary(*done);
      if (save.empty()) return 0;
      const auto bytes = done->save();
      const auto saved = mr::store::write_file(save, bytes);
      if (saved) {
        std::printf("saved %zu bytes in %s\n", bytes.size(), save.c_str());
        return 0;
      }
      done = saved.error();
    }
    std::fflush(stdout);
    std::fprintf(stderr, "latency_monitor: %s\n", done.error().describe().c_str());
  } catch (const std::exception& why) {
    std::fprintf(stderr, "latency_monitor: %s\n", why.what());
  }
  return 1;
}
