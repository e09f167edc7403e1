// Whatever a workspace sends back is an error or a value, the walk over it ends, and no error has the token in it. The
// bytes are the responses one after the other, divided by zeros; SQL and names are read from them as well.
#include <millrace/connect/databricks.hpp>
#include <millrace/store/memory_storage.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace mr = millrace;
namespace db = millrace::connect::databricks;
namespace ms = millrace::store;

namespace {

constexpr const char* token = "dapi-0123456789";

/// The first byte of a response says its status; when the bytes are over, nothing is reached any more.
struct scripted {
  std::string_view rest;
  int sent = 0;
  mr::result<ms::http_response> send(const ms::http_request&) {
    if (rest.empty() || ++sent > 200) return mr::error(mr::errc::io, "over");
    constexpr int statuses[] = {200, 206, 204, 302, 400, 404, 409, 500};
    ms::http_response made{.status = statuses[static_cast<unsigned char>(rest[0]) % 8]};
    const std::size_t end = rest.find('\0', 1);
    made.body = rest.substr(1, end - 1);
    made.headers = {{"Content-Length", std::to_string(made.body.size())}, {"Retry-After", made.body.substr(0, 3)}};
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
    return made;
  }
};

void check(const mr::error& why) {
  if (why.describe().find(token) != std::string::npos) std::abort();
}
template <class T>
void check(const mr::result<T>& made) {
  if (!made) check(made.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  scripted way{text};
  db::workspace workspace(way, *db::credentials::make("a.example", ms::secret<std::string>(std::string(token))),
                          mr::resilience::retry<mr::resilience::attempts<1>>());
  const auto again = [&] { way = {text}; };
  const auto name = *db::unity_name::make("a.b.c");
  db::volume files(workspace, name);
  check(files.list("", "", 5));
  again();
  check(files.read_pieces("x", 3, [](auto) {}));
  again();
  db::model_catalog models(workspace);
  ms::memory_storage storage;
  check(models.download_version(name, 1, storage));
  again();
  check(models.for_each_version(name, [](const db::catalog_version& each) { (void)db::stage_of(each); }));
  again();
  check(models.enter_stage(name, 1, mr::registry::stage::production));
  again();
  db::workspace_models stages(workspace);
  check(stages.list_transitions("m", 1));
  again();
  std::uint64_t now = 0;
  db::warehouse warehouse(workspace, "w", mr::resilience::manual_sleeper(now), mr::manual_clock(now));
  if (const auto table = warehouse.execute(db::sql<"SELECT 1">()); !table) {
    check(table.error());
  } else {
    for (std::size_t row = 0; row < table->rows.size(); ++row)
      for (std::size_t column = 0; column < table->columns.size(); ++column)
        if (table->rows.is_null(row, column) != (table->rows.get<std::string>(row, column).has_value() == false))
          std::abort();
  }
  (void)db::statement::of_trusted_text(std::string(text));
  (void)db::check_signature(text);
  if (const auto host = db::credentials::make(text, ms::secret<std::string>(std::string(token)));
      host && host->host().find_first_of(" \r\n@?#") != std::string::npos)
    std::abort();
  if (const auto made = db::unity_name::make(text); made && made->text() != text) std::abort();
  return 0;
}
