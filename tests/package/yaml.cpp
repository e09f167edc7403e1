// A program that reads its settings.
#include <millrace/connect/yaml.hpp>

namespace ms = millrace::store;

struct program_settings {
  int workers = 1;
  static constexpr auto settings =
      ms::settings_table(ms::setting<&program_settings::workers>("workers", "threads", {.least = 1}));
};

int main() {
  const auto made = millrace::connect::yaml::load_text<program_settings>("workers: 4\n", "program.yaml");
  const auto wrong = millrace::connect::yaml::load_text<program_settings>("wokers: 4\n", "program.yaml");
  return made && made->value.workers == 4 && !wrong ? 0 : 1;
}
