// A server that MLflow's clients log into: experiments, runs, artifacts and registered models, kept in one SQLite file.
//
//     mlflow_server --store runs.db --port 5000
//     MLFLOW_TRACKING_URI=http://127.0.0.1:5000 python train.py
//
// With `--ui FOLDER` a browser shows them at the same address: FOLDER is that of MLflow's own pages,
//
//     mlflow_server --ui "$(python -c 'import mlflow; print(mlflow.__path__[0])')/server/js/build"
//
// With MLFLOW_TRACKING_TOKEN set, here and where the clients run, requests without that token are refused. --users
// names a file with a line `NAME TOKEN` for everybody who has a token of their own, by whose name versions are
// registered and transitions asked for and approved. Ends by SIGINT or SIGTERM, when the requests that were taken have
// their responses.
#include <millrace/connect/http.hpp>
#include <millrace/connect/mlflow.hpp>
#include <millrace/registry.hpp>
#include <millrace/store/folder_storage.hpp>
#include <millrace/store/secret_file.hpp>
#include <millrace/store/sqlite.hpp>
#include <millrace/track.hpp>

#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

struct options {
  std::string store = "millrace.db";
  std::string address = "127.0.0.1";
  std::uint16_t port = 5000;
  std::string users;
  std::string ui;
  std::vector<std::string> hosts;
};

/// Reads `NAME TOKEN` lines.
mr::result<void> read_users(const std::string& path, mr::connect::mlflow::server_options& access) {
  const auto text = mr::store::read_secret(path);
  if (!text) return text.error();
  int number = 0;
  for (std::string_view rest = text->expose(); !rest.empty();) {
    ++number;
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : rest.size());
    if (line.empty()) continue;
    const std::size_t space = line.find(' ');
    if (space == 0 || space == line.npos || space + 1 == line.size())
      return mr::error(mr::errc::invalid_data, path + ": line " + std::to_string(number) + " is no `NAME TOKEN`");
    access.users.push_back(
        {std::string(line.substr(0, space)), mr::store::secret<std::string>(std::string(line.substr(space + 1)))});
  }
  return {};
}

mr::result<void> serve(const options& asked, const sigset_t& signals) {
  mr::connect::mlflow::server_options access{.hosts = asked.hosts};
  if (!asked.users.empty())
    if (auto read = read_users(asked.users, access); !read) return read;
  if (auto token = mr::store::environment_secret("MLFLOW_TRACKING_TOKEN"))
    access.token = *std::move(token);
  else if (std::getenv("MLFLOW_TRACKING_TOKEN") != nullptr)
    return std::move(token).error();  // who sets one means that it is asked for, also if it came out empty
  else if (access.users.empty() && asked.address != "127.0.0.1" && asked.address != "::1")
    return mr::error(mr::errc::permission_denied,
                     "others than this machine would reach " + asked.address + ": set MLFLOW_TRACKING_TOKEN");

  auto storage = mr::store::sqlite_storage<>::open(asked.store);
  if (!storage) return std::move(storage).error();
  auto tracker = mr::track::tracker<mr::store::sqlite_storage<>>::open(*storage);
  if (!tracker) return std::move(tracker).error();
  // As MLflow's own registry, this one lets versions go from any stage to any other.
  auto models = mr::registry::open_registry(*storage, {}, mr::registry::any_edge());
  if (!models) return std::move(models).error();
  const mr::connect::mlflow::server api(*tracker, *models, std::move(access));
  const mr::connect::http::server_options place{.address = asked.address, .port = asked.port};
  std::optional<mr::store::folder_storage> files;
  using pages_type = mr::connect::mlflow::web_pages<mr::store::folder_storage, std::remove_const_t<decltype(api)>>;
  std::optional<pages_type> pages;
  if (!asked.ui.empty()) {
    auto folder = mr::store::folder_storage::open(asked.ui, {.must_exist = true});
    if (!folder) return std::move(folder).error();
    files = *std::move(folder);
    auto made = pages_type::make(*files, api);
    if (!made) return std::move(made).error().wrap("--ui " + asked.ui);
    pages = *std::move(made);
  }
  auto hosted =
      pages ? mr::connect::http::server::listen(*pages, place) : mr::connect::http::server::listen(api, place);
  if (!hosted) return std::move(hosted).error();
  std::printf("http://%s:%d\n", asked.address.c_str(), hosted->port());
  std::fflush(stdout);

  int signal = 0;
  ::sigwait(&signals, &signal);
  hosted->stop();
  return tracker->close();
}

}  // namespace

int main(int count, char** arguments) {
  sigset_t signals;  // blocked in every thread, and waited for by this one
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  options asked;
  CLI::App app("Handles MLflow's REST API from one SQLite file.");
  app.add_option("--store", asked.store, "the file, made if it is not there");
  app.add_option("--port", asked.port, "0: any that is free");
  app.add_option("--address", asked.address, "of this machine; others than the default need MLFLOW_TRACKING_TOKEN");
  app.add_option("--users", asked.users, "a file of lines `NAME TOKEN`: who may call");
  app.add_option("--ui", asked.ui, "the folder of MLflow's web pages: mlflow/server/js/build");
  app.add_option("--host", asked.hosts, "a name by which browsers may reach it, besides localhost and addresses");
  CLI11_PARSE(app, count, arguments);
  if (auto done = serve(asked, signals); !done) {
    std::fprintf(stderr, "mlflow_server: %s\n", done.error().describe().c_str());
    return 1;
  }
  return 0;
}
