// Any bytes are the log of an experiment, which can be saved and loaded, is the
// same again when it is read again, and can be reported; or they are none, with
// an error that says why. So are any bytes behind the first line of a log.
#include <millrace/deliver/experiment.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace mr = millrace;
namespace md = millrace::deliver;
namespace ms = millrace::stats;

using halves = md::variants<md::variant<"control", 1>, md::variant<"treatment", 1>>;
/// The one that tests/golden/deliver/experiment_1.log is of.
using experiment = md::experiment<
    md::experiment_layer<"shop">, halves, ms::outcomes<ms::conversion<"bought">, ms::cuped_mean<"spent">>,
    ms::decision<ms::always_valid_asymptotic, ms::alpha<.05>>,
    md::guardrails<md::guardrail<md::per_unit<ms::mean_of<"wait">, md::unit_rule::max>, md::harm::above>>>;

std::uint64_t the_time() noexcept { return 1'700'000'100'000'000'000U; }
const md::experiment_options options{.wall_clock = the_time};
md::experiment_definition definition() {
  return {
      .id = "new-model", .hypothesis = "more", .window = mr::seconds(60), .segments = {"de", "fr"}, .max_units = 64};
}
void require_that(bool holds) {
  if (!holds) std::abort();
}

/// A file in memory.
class memory_file {
 public:
  memory_file() : file_(::memfd_create("log", 0)), path_("/proc/self/fd/" + std::to_string(file_)) {
    require_that(file_ >= 0);
  }
  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;
  ~memory_file() { ::close(file_); }
  const std::string& path() const noexcept { return path_; }
  void assign(std::string_view text) {
    require_that(::ftruncate(file_, 0) == 0);
    require_that(::pwrite(file_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  }

 private:
  int file_;
  std::string path_;
};

/// The first line of a log of this experiment.
const std::string& head() {
  static const std::string line = [] {
    memory_file file;
    md::experiment_options logged = options;
    char name[] = "/tmp/exposure_log_XXXXXX";
    const int made = ::mkstemp(name);
    require_that(made >= 0);
    ::close(made);
    ::unlink(name);
    logged.log = name;
    require_that(experiment::make(definition(), logged).has_value());
    const auto text = mr::store::read_file(name);
    require_that(text.has_value());
    ::unlink(name);
    return text->substr(0, text->find('\n') + 1);
  }();
  return line;
}

void use(std::string_view text) {
  static memory_file file;
  static memory_file other;
  file.assign(text);
  other.assign(head());
  const std::string logs[] = {file.path(), other.path()};
  const auto read = experiment::read(std::span(logs).first(1), definition(), options);
  if (!read) return require_that(!read.error().message().empty());
  const std::vector<std::byte> saved = read->save();
  const auto back = experiment::load(saved, definition(), options);
  require_that(back && back->save() == saved);
  if (const auto report = read->peek()) require_that(!to_json(*report).empty());
  // A log without units beside it changes nothing.
  const auto both = experiment::read(logs, definition(), options);
  require_that(both && both->save() == saved);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  use(text);
  use(head() + std::string(text));
  return 0;
}
