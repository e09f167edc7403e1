// Stands for run_store.cpp where there is no SQLite.
#include "run_store.hpp"

#include <cstdio>

namespace lifecycle {

struct run_store::state {};

run_store::run_store(const options& asked) {
  const char* const why = "this program was built without SQLite (Debian, Ubuntu: libsqlite3-dev), which keeps runs";
  if (!asked.store.empty()) throw stop{exit_code::unusable_store, "--store: " + std::string(why)};
  std::printf("note: no run is kept: %s\n", why);
}
run_store::~run_store() = default;

void run_store::begin(const std::string&, const std::string&, const settings_list&) {}
run_history run_store::add(const run_results&, std::span<const kept_file>) { return {}; }
void run_store::add(const release_record&) {}
void run_store::end(std::span<const kept_file>) {}
void run_store::give_up(std::string_view, bool) noexcept {}

}  // namespace lifecycle
