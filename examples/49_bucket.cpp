// Keeps models in a bucket of S3: a conditional write that one of many wins, files that are published together, and a
// registry whose artifacts are there. What carries the requests is a stand-in here, so that the example runs anywhere.
#include <millrace/connect/s3.hpp>
#include <millrace/registry.hpp>
#include <millrace/store/memory_storage.hpp>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace s3 = mr::connect::s3;

template <class T>
T or_stop(mr::result<T> made) {
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().describe().c_str());
    std::exit(1);
  }
  return *std::move(made);
}

/// A transport of your own is a class with `send`. This one keeps objects, and their headers, in memory.
class stand_in {
 public:
  mr::result<mr::store::http_response> send(const mr::store::http_request& request) {
    const std::string* only_new = mr::store::find_header(request.headers, "If-None-Match");
    const std::string* only_if = mr::store::find_header(request.headers, "If-Match");
    const auto found = objects_.find(request.target);
    const bool is_there = found != objects_.end();
    if ((only_new && is_there) || (only_if && (!is_there || found->second.headers.back().value != *only_if)))
      return mr::store::http_response{.status = 412};
    if (request.method == "PUT") {
      mr::store::http_response& made = objects_[request.target] = {.headers = {}, .body = request.body};
      for (const auto& each : request.headers)
        if (each.name.starts_with("x-amz-meta-")) made.headers.push_back(each);
      made.headers.push_back({"Content-Length", std::to_string(request.body.size())});
      made.headers.push_back({"ETag", '"' + std::to_string(++written_) + '"'});
      return mr::store::http_response{.headers = made.headers};
    }
    if (!is_there) return mr::store::http_response{.status = 404};
    mr::store::http_response made{.headers = found->second.headers, .body = found->second.body};
    if (request.method == "HEAD") made.body.clear();
    return made;
  }

 private:
  std::map<std::string, mr::store::http_response> objects_;
  int written_ = 0;
};

int main() {
  ::setenv("AWS_ACCESS_KEY_ID", "an-id", 0);
  ::setenv("AWS_SECRET_ACCESS_KEY", "a-key", 0);
  const auto bytes_of = [](std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); };

  // [bucket]
  const s3::address where = or_stop(s3::address::make("models", {.region = "eu-central-1"}));
  stand_in transport;  // or mr::connect::curl::transport::make(where.server())
  s3::bucket models(transport, where, or_stop(s3::credentials::from_environment()));

  const auto mine = or_stop(models.put_new("churn/leader", bytes_of("host 1")));  // conflict: somebody was first
  const auto theirs = models.put_new("churn/leader", bytes_of("host 2"));
  std::printf("%s\n", theirs.error().message().c_str());
  or_stop(models.put_if("churn/leader", bytes_of("host 1, again"), mine.version));  // while nobody has changed it
  // [/bucket]

  // [files]
  s3::file_set served(models, "churn/serving");
  const s3::new_file files[] = {{"model.onnx", bytes_of("the network")}, {"labels.txt", bytes_of("stays goes")}};
  const auto published = or_stop(served.publish(files, served.load()->revision));
  for (const s3::set_file& each : or_stop(served.load()).files)
    std::printf("revision %d: %s, %d bytes\n", static_cast<int>(published.revision), each.path.c_str(),
                static_cast<int>(or_stop(served.read(published, each.path)).size()));
  // [/files]

  // [registry]
  mr::store::memory_storage records;  // or a database: what is small, and changes in transactions
  s3::bucket_storage artifacts(models, {.folder = "artifacts"});
  auto registry = or_stop(mr::registry::open_registry(records, {}, mr::registry::artifacts_in(artifacts)));
  const auto file = or_stop(registry.put_artifact("model.onnx", bytes_of("the network")));
  const auto version = or_stop(registry.register_version({.model = "churn", .artifacts = {file}, .actor = "trainer"}));
  std::printf("version %d has %d bytes\n", static_cast<int>(version.version),
              static_cast<int>(or_stop(registry.read_artifact(version, "model.onnx")).size()));
  // [/registry]
  return 0;
}
