// Where a token may be found: in no file, no message, no response, and in no memory of the process but its own place,
// which is zeros when it is gone. Memory is searched as a core file would be: all of it that can be written.
#include <millrace/connect/mlflow/server.hpp>
#include <millrace/mlops.hpp>
#include <millrace/store/sqlite.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace mr = millrace;
namespace ml = millrace::mlops;
namespace ms = millrace::store;
using in_sqlite = ml::in_file<ms::sqlite_storage<>>;

namespace {

// The token with each byte inverted, so that what looks for it does not find itself. What is looked for is its end: the
// allocator writes into the beginning of memory that is given back.
constexpr std::string_view written = "canary-93d1-of-a-token-that-no-core-file-may-hold";
constexpr std::size_t size = written.size();
constexpr std::size_t begin_of_end = 17;
constexpr auto inverted = [] {
  struct {
    unsigned char bytes[size];
  } made{};
  for (std::size_t i = 0; i < size; ++i)
    made.bytes[i] = static_cast<unsigned char>(~static_cast<unsigned char>(written[i]));
  return made;
}();

ms::secret<std::string> token() {
  std::string made(size, '\0');
  for (std::size_t i = 0; i < size; ++i) made[i] = static_cast<char>(~inverted.bytes[i]);
  return ms::secret<std::string>(std::move(made));
}

std::size_t count_in(const unsigned char* bytes, std::size_t count) {
  std::size_t found = 0;
  constexpr std::size_t wanted = size - begin_of_end;
  for (std::size_t at = 0; at + wanted <= count; ++at) {
    std::size_t same = 0;
    while (same < wanted && static_cast<unsigned char>(~bytes[at + same]) == inverted.bytes[begin_of_end + same])
      ++same;
    found += same == wanted ? 1 : 0;
  }
  return found;
}
std::size_t count_in(std::string_view text) {
  return count_in(reinterpret_cast<const unsigned char*>(text.data()), text.size());
}

/// How often the token stands in memory that this process may write, but for the window that it is read into.
std::size_t count_in_memory() {
  constexpr std::size_t window_size = 1 << 20;
  auto* const window = static_cast<unsigned char*>(
      ::mmap(nullptr, window_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  REQUIRE(window != MAP_FAILED);
  const auto own = reinterpret_cast<std::uintptr_t>(window);
  const int memory = ::open("/proc/self/mem", O_RDONLY);
  REQUIRE(memory >= 0);
  std::size_t found = 0;
  const auto search = [&](std::uintptr_t begin, std::uintptr_t end) {
    while (begin + size <= end) {
      const std::size_t wanted = (std::min)(window_size, static_cast<std::size_t>(end - begin));
      const ::ssize_t got = ::pread(memory, window, wanted, static_cast<::off_t>(begin));
      if (got < static_cast<::ssize_t>(size)) break;  // memory that is not to be read
      found += count_in(window, static_cast<std::size_t>(got));
      begin += static_cast<std::size_t>(got) - (size - begin_of_end - 1);
    }
  };
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    char rights[5] = "";
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3 || rights[1] != 'w' || rights[0] != 'r')
      continue;
    search(begin, (std::min)(std::uintptr_t{end}, (std::max)(std::uintptr_t{begin}, own)));
    search((std::max)(std::uintptr_t{begin}, own + window_size), end);
  }
  ::close(memory);
  ::munmap(window, window_size);
  return found;
}

/// How often it stands in the files below a folder, their names among it.
std::size_t count_in_files(const std::filesystem::path& folder) {
  std::size_t found = 0;
  for (const auto& each : std::filesystem::recursive_directory_iterator(folder)) {
    found += count_in(each.path().string());
    if (!each.is_regular_file()) continue;
    std::ifstream file(each.path(), std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(file), {});
    found += count_in(content);
  }
  return found;
}

struct given_variables {
  std::map<std::string, std::string> all;
  const char* find(const char* name) const {
    const auto found = all.find(name);
    return found == all.end() ? nullptr : found->second.c_str();
  }
};

/// A backend that keeps the token as one of a server elsewhere does.
struct remote {
  static constexpr std::string_view name = "remote";
  in_sqlite kept;
  ms::secret<std::string> access;

  static mr::result<remote> open(ml::context_settings& settings, const ml::context_options& options) {
    auto made = in_sqlite::open(settings, options);
    if (!made) return std::move(made).error();
    return remote{*std::move(made), std::move(settings.token)};
  }
  auto& tracker() noexcept { return kept.tracker(); }
  auto& registry() noexcept { return kept.registry(); }
};

ms::http_response respond(const auto& server, std::string method, std::string target, std::string body,
                          const ms::secret<std::string>& access) {
  ms::http_request request{
      std::move(method), std::move(target), {{"Content-Type", "application/json"}}, std::move(body)};
  request.headers.push_back({"Authorization", std::string()});
  std::string& header = request.headers.back().value;
  header.reserve(256);
  (header = "Bearer ") += access.expose();
  ms::http_response made = server.handle(request);
  std::fill(header.begin(), header.end(), '\0');
  return made;
}

}  // namespace

TEST_CASE("a search of memory finds a token that was left there") {
  REQUIRE(count_in_memory() == 0);
  const auto kept = token();
  CHECK(count_in_memory() == 1);
  auto careless = std::string(kept.expose());
  CHECK(count_in_memory() == 2);
  std::fill(careless.begin(), careless.end(), '\0');
  CHECK(count_in_memory() == 1);
}

TEST_CASE("a context's token stands in one place, and nowhere when it is gone") {
  REQUIRE(count_in_memory() == 0);
  const support::temp_dir scratch;
  const support::temp_dir elsewhere;
  {
    const std::string file = elsewhere / "token";
    REQUIRE(ms::write_secret(file, token()));
    CHECK(count_in_memory() == 0);
    auto opened = ml::open_context<ml::in_memory, remote>(given_variables{
        {{"MILLRACE_BACKEND", "remote"}, {"MILLRACE_PATH", scratch.path().string()}, {"MILLRACE_TOKEN_FILE", file}}});
    REQUIRE(opened);
    CHECK(count_in_memory() == 1);
    const bool done = opened->visit([](auto& at) {
      auto run = at.tracker().start_run(at.tracker().create_experiment("e")->id, {.parameters = {{"lr", "0.1"}}});
      run->log_metric("loss", 0.5);
      return run->end() && at.registry().create_model({.name = "m", .actor = "ada"});
    });
    CHECK(done);
    CHECK(count_in_memory() == 1);
    const auto refused = ml::open_context<ml::in_memory>(
        given_variables{{{"MILLRACE_BACKEND", "remote"}, {"MILLRACE_TOKEN_FILE", file}}});
    REQUIRE_FALSE(refused);
    CHECK(count_in(refused.error().describe()) == 0);
    CHECK(count_in_memory() == 1);
  }
  CHECK(count_in_memory() == 0);
  CHECK(count_in_files(scratch.path()) == 0);
  CHECK(count_in_files(elsewhere.path()) == 1);  // the file that it came from
}

TEST_CASE("a server's token stands in one place, whatever is asked of it") {
  REQUIRE(count_in_memory() == 0);
  const support::temp_dir scratch;
  {
    auto storage = ms::sqlite_storage<>::open(scratch / "runs.db");
    REQUIRE(storage);
    auto tracks = mr::track::tracker<ms::sqlite_storage<>>::open(*storage);
    REQUIRE(tracks);
    const mr::connect::mlflow::server server(*tracks, {.token = token()});
    const auto access = token();
    std::string other(size, '\0');  // of the same length, wrong at its end
    other.replace(0, size, access.expose());
    other.back() = 'X';
    const ms::secret<std::string> wrong(std::move(other));
    for (const bool allowed : {true, false})
      for (const char* target : {"/health", "/api/2.0/mlflow/experiments/search?max_results=1", "/api/2.0/mlflow/none",
                                 "/api/2.0/mlflow/experiments/get?experiment_id=77", "/%zz", "/elsewhere"})
        for (const char* body : {"", "{", R"({"max_results": 5})"}) {
          const auto made = respond(server, *body == '\0' ? "GET" : "POST", target, body, allowed ? access : wrong);
          CHECK(count_in(made.body) == 0);
          for (const auto& [name, value] : made.headers) CHECK(count_in(value) == 0);
          if (!allowed && std::string_view(target).starts_with("/api")) CHECK(made.status == 401);
          if (allowed) CHECK(made.status != 401);
          if (*body == '\0') CHECK(count_in_memory() == 2);  // the server's and the one here
        }
    CHECK(respond(server, "POST", "/api/2.0/mlflow/experiments/create", R"({"name": "e"})", access).status == 200);
    CHECK(count_in_memory() == 2);
    CHECK(count_in_files(scratch.path()) == 0);
  }
  CHECK(count_in_memory() == 0);
  CHECK(count_in_files(scratch.path()) == 0);
}
