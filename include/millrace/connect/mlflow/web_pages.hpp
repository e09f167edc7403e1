#ifndef MILLRACE_CONNECT_MLFLOW_WEB_PAGES_HPP
#define MILLRACE_CONNECT_MLFLOW_WEB_PAGES_HPP

#include <millrace/connect/mlflow/detail/refusal.hpp>
#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/http.hpp>
#include <millrace/store/storage.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {

namespace detail {

struct page_type {
  std::string_view ending;
  std::string_view type;
};
inline constexpr page_type page_types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".cjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".txt", "text/plain; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff", "font/woff"},
    {".woff2", "font/woff2"},
    {".ttf", "font/ttf"},
    {".wasm", "application/wasm"},
};
constexpr std::string_view type_of_page(std::string_view path) noexcept {
  for (const page_type& each : page_types)
    if (path.ends_with(each.ending)) return each.type;
  return "application/octet-stream";
}

}  // namespace detail

/// Serves MLflow's own web pages beside its API, so that a browser shows what is in a tracker and a registry. The pages
/// are those that MLflow's Python package has in its folder `mlflow/server/js/build`.
///
///     auto files = mr::store::folder_storage::open(".../mlflow/server/js/build", {.must_exist = true});
///     mr::connect::mlflow::server api(tracker, models);
///     auto pages = mr::connect::mlflow::web_pages<...>::make(*files, api);
///     auto hosted = mr::connect::http::server::listen(*pages, {.port = 5000});
///
/// `/` is `index.html`, `/static-files/PATH` the file of that path, which browsers keep for four weeks, and all else
/// the API's. Pages are for everybody who reaches the server, and send no token: an API that needs one is shown empty.
/// Models: http_handler. Threads: any number at once. The storage and the API outlive the pages.
/// Errors of `make`: not_found: there is no `index.html`.
template <store::reads_objects Files, store::http_handler Api>
class web_pages {
 public:
  static result<web_pages> make(const Files& files, const Api& api) {
    if (auto found = files.examine("index.html"); !found) return std::move(found).error();
    return web_pages(files, api);
  }
  static result<web_pages> make(const Files&& files, const Api& api) {
    static_cast<void>(sizeof(store::temporary_storage<Files>));
    return web_pages(files, api);
  }
  static result<web_pages> make(const Files& files, const Api&& api) {
    static_cast<void>(sizeof(store::temporary_handler<Api>));
    return web_pages(files, api);
  }

  store::http_response handle(const store::http_request& request) const {
    if (request.method != "GET") return api_->handle(request);
    const auto target = store::http_target::parse(request.target);
    if (!target) return detail::refuse(target.error());
    constexpr std::string_view root = "/static-files/";
    const std::string_view path = target->path;
    if (path == "/") return page("index.html", "no-cache");
    if (path.starts_with(root)) return page(path.substr(root.size()), "max-age=2419200");
    return api_->handle(request);
  }

 private:
  web_pages(const Files& files, const Api& api) noexcept : files_(&files), api_(&api) {}

  store::http_response page(std::string_view path, const char* keep) const {
    const auto bytes = files_->read(path);
    if (!bytes) return detail::refuse(bytes.error());
    return {200,
            {{"Content-Type", std::string(detail::type_of_page(path))},
             {"Cache-Control", keep},
             {"X-Content-Type-Options", "nosniff"},
             {"X-Frame-Options", "SAMEORIGIN"}},
            std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size())};
  }

  const Files* files_;
  const Api* api_;
};

}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_WEB_PAGES_HPP
