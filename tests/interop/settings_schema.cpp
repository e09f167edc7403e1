// The schemas of settings, and what a file loads as: settings_schema KIND [FILE].
#include <millrace/connect/configuration/data_pipeline_settings.hpp>
#include <millrace/connect/configuration/ml_settings.hpp>
#include <millrace/connect/configuration/mlops_settings.hpp>
#include <millrace/connect/yaml.hpp>
#include <millrace/store/settings/describe.hpp>
#include <millrace/store/settings/settings_schema.hpp>

#include <support/service_settings.hpp>

#include <cstdio>
#include <string>
#include <string_view>

namespace ms = millrace::store;
namespace mc = millrace::connect::configuration;

namespace {

template <class T>
int run(const char* file) {
  if (file == nullptr) {
    std::puts(ms::settings_schema<T>("settings").c_str());
    return 0;
  }
  const auto made = millrace::connect::yaml::load<T>(file, {}, support::made_variables{{{"TOKEN", "secret"}}});
  std::puts(made ? to_json(*made).c_str() : made.error().describe().c_str());
  return made ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view kind = count > 1 ? arguments[1] : "";
  const char* const file = count > 2 ? arguments[2] : nullptr;
  if (kind == "ml") return run<mc::ml_file>(file);
  if (kind == "mlops") return run<mc::mlops_file>(file);
  if (kind == "data_pipeline") return run<mc::data_pipeline_settings>(file);
  return run<support::made_service>(file);
}
