// Keys and paths that want to lead out of a folder: none of them opens, changes or makes anything outside. Every file
// that is opened is noted by the path that the kernel has for it.

#include <millrace/connect/mlflow/server.hpp>
#include <millrace/store/beneath.hpp>
#include <millrace/store/documents/document_folder.hpp>
#include <millrace/store/folder_storage.hpp>
#include <millrace/track/tracker.hpp>

#include <laws/storage.hpp>
#include <support/catch.hpp>
#include <support/faulty_folder.hpp>
#include <support/temp_dir.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;

/// What was opened since it was last emptied.
struct opened_files {
  std::mutex mutex;
  std::vector<std::string> paths;
};
opened_files& opened() {
  static opened_files only;
  return only;
}
int note(int descriptor) {
  if (descriptor < 0) return descriptor;
  const int before = errno;
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = ::readlink(link.c_str(), path, sizeof path);
  const std::lock_guard locked(opened().mutex);
  if (size > 0) opened().paths.emplace_back(path, static_cast<std::size_t>(size));
  errno = before;
  return descriptor;
}

}  // namespace

// The program's own functions of these names are called in the place of the system library's.
extern "C" {
int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : mode_t{0};
  va_end(rest);
  return note(static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode)));
}
int openat(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : mode_t{0};
  va_end(rest);
  return note(static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode)));
}
}

namespace {

/// A way to write `..`, and whether a key may have such a part: a key is taken as it is, `%2e` is three characters.
struct dots {
  std::string text;
  bool is_legal;
};
const std::vector<dots>& all_dots() {
  using namespace std::string_literals;
  static const std::vector<dots> all = {{"..", false},
                                        {".", false},
                                        {"", false},
                                        {"...", true},
                                        {".. ", true},
                                        {" ..", true},
                                        {"..;", true},
                                        {"..;x=1", true},
                                        {"%2e%2e", true},
                                        {"%2E%2E", true},
                                        {".%2e", true},
                                        {"%2e.", true},
                                        {"%252e%252e", true},
                                        {"%25252e%25252e", true},
                                        {"..%2f", true},
                                        {"..%5c", true},
                                        {"..%00", true},
                                        {"%c0%ae%c0%ae", true},
                                        {"%u002e%u002e", true},
                                        {"\xef\xbc\x8e\xef\xbc\x8e", true},  // full-width dots
                                        {"\xe2\x80\xa5", true},              // a two-dot leader
                                        {"\xc0\xae\xc0\xae", false},         // an overlong form of dots
                                        {"\xe0\x80\xae\xe0\x80\xae", false},
                                        {"..\0"s, false},
                                        {"..\\", false},
                                        {"..\\..", false},
                                        {"..#", false},
                                        {"..?", false},
                                        {"..\n", false},
                                        {"..\x7f", false},
                                        {".millrace-x", false}};
  return all;
}

struct attempt {
  std::string key;
  bool is_legal;
};
/// Every way in every place of a path, and what else there is.
std::vector<attempt> attempts() {
  using namespace std::string_literals;
  std::vector<attempt> made;
  for (const dots& each : all_dots()) {
    const std::string& d = each.text;
    for (const std::string& path :
         {d + "/outside/secret", d + "/" + d + "/outside/secret", "inside/" + d + "/" + d + "/outside/secret",
          "inside/a/" + d + "/" + d + "/" + d + "/outside/secret", "inside/" + d, d, "inside/" + d + "/x",
          d + "/" + d + "/" + d + "/" + d + "/" + d + "/" + d + "/etc/passwd"})
      made.push_back({path, each.is_legal});
    for (const std::string& path : {"/" + d + "/outside/secret", d + "//outside/secret", "inside/" + d + "/"})
      made.push_back({path, false});
  }
  const std::string deep = [] {
    std::string path;
    for (int i = 0; i < 511; ++i) path += "a/";
    return path;
  }();
  for (const attempt& each : std::vector<attempt>{{"/etc/passwd", false},
                                                  {"//etc/passwd", false},
                                                  {"/proc/self/environ", false},
                                                  {"/proc/self/root/etc/passwd", false},
                                                  {"/dev/null", false},
                                                  {"/dev/fd/0", false},
                                                  {"\\\\server\\share", false},
                                                  {"C:\\secret", false},
                                                  {"C:/secret", true},
                                                  {"file:///etc/passwd", false},
                                                  {"file:/etc/passwd", true},
                                                  {"~root/.ssh/id_rsa", true},
                                                  {"$HOME/x", true},
                                                  {"`id`", true},
                                                  {"|id", true},
                                                  {"con", true},
                                                  {"a\0b"s, false},
                                                  {"inside/file\0.json"s, false},
                                                  {"\0"s, false},
                                                  {"a\tb", false},
                                                  {"a\rb", false},
                                                  {"\xff", false},
                                                  {"\xed\xa0\x80", false},
                                                  {std::string(255, 'a'), true},
                                                  {std::string(256, 'a'), false},
                                                  {"inside/" + std::string(256, 'a') + "/x", false},
                                                  {std::string(4097, 'a'), false},
                                                  {deep + "a", true},
                                                  {deep + "ab", true},
                                                  {deep + "a/b", false},
                                                  {std::string(70'000, '/'), false},
                                                  {std::string(600, '.'), false}})
    made.push_back(each);
  return made;
}

/// The same path below the root, in which others have put links, a pipe and a device.
const std::vector<std::string>& planted_keys() {
  static const std::vector<std::string> all = {"link",
                                               "link/x",
                                               "up",
                                               "up/secret",
                                               "up/folder/secret",
                                               "absolute",
                                               "proc",
                                               "proc/self/environ",
                                               "proc/self/root/etc/passwd",
                                               "null",
                                               "pipe",
                                               "pipe/x",
                                               "loop",
                                               "loop/x",
                                               "device",
                                               "device/x",
                                               "inside/up",
                                               "inside/up/secret",
                                               "chain",
                                               "chain/secret",
                                               "self/link",
                                               "self/inside/up/secret"};
  return all;
}

/// A folder with what others have put into it, beside one that nobody may open.
struct world {
  support::temp_dir folder{};
  std::string root = fs::canonical(folder.path()).string() + "/root";
  std::string outside = fs::canonical(folder.path()).string() + "/outside";
  std::map<std::string, std::string> before{};

  world() {
    fs::create_directories(root + "/inside/a");
    fs::create_directories(outside + "/folder");
    std::ofstream(outside + "/secret") << "no";
    std::ofstream(outside + "/folder/secret") << "no";
    std::ofstream(root + "/inside/file") << "yes";
    fs::create_symlink(outside + "/secret", root + "/link");
    fs::create_directory_symlink("../outside", root + "/up");
    fs::create_directory_symlink("../../outside", root + "/inside/up");
    fs::create_directory_symlink("up", root + "/chain");
    fs::create_directory_symlink(".", root + "/self");
    fs::create_symlink("/etc/passwd", root + "/absolute");
    fs::create_directory_symlink("/proc", root + "/proc");
    fs::create_symlink("/dev/null", root + "/null");
    fs::create_symlink("loop", root + "/loop");
    REQUIRE(::mkfifo((root + "/pipe").c_str(), 0600) == 0);
    if (::mknod((root + "/device").c_str(), S_IFCHR | 0600, 0x0105) != 0)  // /dev/zero, where we may make one
      REQUIRE(::mkfifo((root + "/device").c_str(), 0600) == 0);
    before = found_outside();
    forget();
  }
  std::map<std::string, std::string> found_outside() const {
    std::map<std::string, std::string> all;
    for (const auto& each : fs::recursive_directory_iterator(folder.path())) {
      const std::string path = each.path().string();
      if (path.find("/root/") == std::string::npos && each.is_regular_file()) {
        std::ifstream file(path);
        std::getline(file, all[path]);
      }
    }
    forget();  // what this has opened itself
    return all;
  }
  static void forget() {
    const std::lock_guard locked(opened().mutex);
    opened().paths.clear();
  }
  /// Whether all that was opened since is below the root, or the root; and forgets it.
  bool stayed_inside() const {
    const std::lock_guard locked(opened().mutex);
    bool fine = true;
    for (const std::string& each : opened().paths) {
      if (each == root || each.starts_with(root + '/')) continue;
      UNSCOPED_INFO("opened " << each);
      fine = false;
    }
    opened().paths.clear();
    return fine;
  }
  static bool opened_nothing() {
    const std::lock_guard locked(opened().mutex);
    return opened().paths.empty();
  }
};

/// What a storage does with each attempt.
template <class Storage>
void try_storage(const world& in, Storage& storage) {
  std::size_t count = 0;
  for (const attempt& each : attempts()) {
    INFO(each.key.substr(0, 300));
    world::forget();
    REQUIRE(ms::check_storage_key(each.key).has_value() == each.is_legal);
    const auto expected = each.is_legal ? mr::errc::not_found : mr::errc::invalid_argument;
    CHECK(storage.read(each.key).error().code() == expected);
    CHECK(storage.examine(each.key).error().code() == expected);
    CHECK(storage.list(each.key, "", 9));
    if (!each.is_legal) {
      CHECK(storage.write(each.key, laws::bytes_of("x")).error().code() == expected);
      CHECK(storage.create(each.key, laws::bytes_of("x")).error().code() == expected);
      CHECK(storage.remove(each.key).error().code() == expected);
    } else if (++count % 8 == 0 && each.key.size() < 600) {  // each one waits for the disk, and so does each folder
      REQUIRE(storage.write(each.key, laws::bytes_of(each.key)));
      CHECK(laws::text_of(*storage.read(each.key)) == each.key);
      REQUIRE(storage.remove(each.key));
    }
    CHECK(in.stayed_inside());
  }
  CHECK(in.found_outside() == in.before);
}

std::string percent(std::string_view text, bool upper, bool all) {
  std::string made;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                       byte == '-' || byte == '_' || (!all && (byte == '/' || byte == '.'));
    char buffer[4];
    (void)std::snprintf(buffer, sizeof buffer, upper ? "%%%02X" : "%%%02x", byte);
    made += plain && !all ? std::string(1, c) : std::string(buffer);
  }
  return made;
}

}  // namespace

TEST_CASE("no key leads out of a folder of files: more than 300 attempts, and links, pipes and devices") {
  const world in;
  CHECK(attempts().size() > 300);
  auto storage = ms::folder_storage::open(in.root);
  REQUIRE(storage);
  try_storage(in, *storage);
  for (const std::string& key : planted_keys()) {
    INFO(key);
    CHECK_FALSE(storage->read(key));
    CHECK_FALSE(storage->examine(key));
    CHECK_FALSE(storage->write(key, laws::bytes_of("x")));
    CHECK_FALSE(storage->create(key, laws::bytes_of("x")));
    (void)storage->remove(key);  // an error, or of what is not there
    CHECK(in.stayed_inside());
  }
  CHECK(storage->list("", "", 99)->size() == 1);
  CHECK(in.stayed_inside());
  CHECK(in.found_outside() == in.before);
  for (const std::string& each : planted_keys())
    if (each.find('/') == std::string::npos)
      CHECK(fs::symlink_status(in.root + '/' + each).type() != fs::file_type::regular);
}

TEST_CASE("no path leads out of a folder whose files are opened by paths of others") {
  const world in;
  for (const attempt& each : attempts()) {
    INFO(each.key.substr(0, 300));
    CHECK_FALSE(ms::open_beneath(in.root, each.key));
    CHECK(in.stayed_inside());
  }
  for (const std::string& path : planted_keys()) {
    INFO(path);
    CHECK_FALSE(ms::open_beneath(in.root, path));
    CHECK_FALSE(ms::atomic_file::create_beneath(in.root, path));
    CHECK(in.stayed_inside());
  }
  CHECK(ms::open_beneath(in.root, "inside/file"));
  CHECK(in.found_outside() == in.before);
}

TEST_CASE("no key leads out of a folder of documents") {
  const world in;
  using storage_type = ms::document_folder<ms::durable::os, support::faulty_folder_file_system>;
  for (const char* each : {"/inside/file"}) fs::remove(in.root + each);
  auto storage = storage_type::open(in.root);
  REQUIRE(storage);
  try_storage(in, *storage);
  // Where others have put links, an object has no file: the journal keeps it, and the checkpoint says why it cannot.
  for (const std::string& key : planted_keys()) {
    INFO(key);
    REQUIRE(storage->write(key + ".json", laws::bytes_of("{}")));
    REQUIRE(storage->write(key, laws::bytes_of(std::string(100, 'x'))));
    CHECK(in.stayed_inside());
  }
  CHECK_FALSE(storage->checkpoint());
  CHECK(in.stayed_inside());
  CHECK(in.found_outside() == in.before);
  for (const std::string& key : planted_keys()) {
    REQUIRE(storage->remove(key));
    REQUIRE(storage->remove(key + ".json"));
  }
  CHECK(in.stayed_inside());
  CHECK(in.found_outside() == in.before);
}

TEST_CASE("no request leads out of a run's artifacts: every attempt in four spellings") {
  const world in;
  using storage_type = ms::document_folder<ms::durable::os, support::faulty_folder_file_system>;
  using tracker_type = mt::tracker<storage_type, ms::folder_storage>;
  fs::create_directory(in.root + "/store");
  fs::create_directory(in.root + "/contents");
  auto storage = storage_type::open(in.root + "/store");
  auto contents = ms::folder_storage::open(in.root + "/contents");
  auto tracker = tracker_type::open(*storage, *contents);
  REQUIRE(tracker);
  const mr::connect::mlflow::server<tracker_type> server(*tracker);
  const std::string experiment = tracker->create_experiment("e")->id;
  const std::string run = tracker->create_run(experiment)->id;
  REQUIRE(tracker->log_artifact(run, "kept", laws::bytes_of("kept")));
  const std::string base = "/api/2.0/mlflow-artifacts/artifacts/";
  const auto send = [&](const std::string& method, const std::string& target) {
    return server.handle({method, target, {{"Content-Type", "application/json"}}, "x"}).status;
  };
  world::forget();  // a tracker asks the system which process it is in
  std::size_t sent = 0;
  std::size_t put = 0;
  for (const attempt& each : attempts()) {
    if (each.key.size() > 5000) continue;
    // As it is, where that is one target; encoded once, twice and three times: it is decoded once.
    std::vector<attempt> spelled = {
        {percent(each.key, false, false), each.is_legal},
        {percent(each.key, true, true), each.is_legal},
        {percent(percent(each.key, false, false), true, false), each.key.size() < 340},
        {percent(percent(percent(each.key, true, false), true, false), true, false), each.key.size() < 200}};
    if (each.key.empty()) spelled.clear();
    for (const attempt& one : spelled) {
      INFO(one.key.substr(0, 300));
      const std::string path = base + experiment + '/' + run + "/artifacts/" + one.key;
      const auto decoded = ms::percent_decoded(one.key);
      const bool is_key = decoded && ms::check_storage_key(*decoded).has_value();
      const bool is_legal = is_key && decoded->size() < 900;  // with the run's own part of the key
      if (&one < spelled.data() + 2) CHECK(is_key == each.is_legal);
      CHECK(send("GET", path) == (is_legal ? 404 : 400));
      CHECK(send("GET", base.substr(0, base.size() - 1) + "?path=" + experiment + '/' + run + "/artifacts/" +
                            one.key) == (is_legal ? 200 : 400));
      CHECK(send("GET", "/ajax-api/2.0/mlflow/artifacts/list?run_id=" + run + "&path=" + one.key) ==
            (is_key ? 200 : 400));
      CHECK(send("GET", "/get-artifact?run_id=" + run + "&path=" + one.key) == (is_legal ? 404 : 400));
      CHECK(send("DELETE", path) == (is_legal ? 404 : 400));
      if (!is_legal) CHECK(send("PUT", path) == 400);
      if (is_legal && ++put % 40 == 0) {
        CHECK(send("PUT", path) == 200);
        CHECK(send("GET", path) == 200);
        CHECK(send("DELETE", path) == 200);
      }
      CHECK(in.stayed_inside());
      ++sent;
    }
    // In the place of an experiment and of a run.
    const std::string one = percent(each.key, false, true);
    for (const std::string& path :
         {base + one + '/' + run + "/artifacts/kept", base + experiment + '/' + one + "/artifacts/kept", base + one,
          "/api/2.0/mlflow/artifacts/list?run_id=" + one, "/get-artifact?path=kept&run_uuid=" + one})
      for (const char* method : {"GET", "PUT", "DELETE"}) CHECK(send(method, path) >= 400);
    CHECK(in.stayed_inside());
  }
  CHECK(sent > 1000);
  CHECK(laws::text_of(*tracker->read_artifact(run, "kept")) == "kept");
  CHECK(in.found_outside() == in.before);
}
