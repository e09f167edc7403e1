#include <millrace/connect/rest/api.hpp>

#include <support/catch.hpp>
#include <support/rest.hpp>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace ms = millrace::store;
namespace rest = millrace::connect::rest;
using rest_tests::ask;

namespace {

/// A part with routes of all kinds.
class notes {
  static constexpr rest::member note[] = {{.name = "text", .most = 10}};
  static constexpr rest::refusal refusals[] = {{404, "There is none"}};

  millrace::result<ms::http_response> greet(const rest::call&) const { return rest::json_response("{}"); }
  millrace::result<ms::http_response> find(const rest::call& asked) const {
    if (asked.in_path("id") == "none") return millrace::error(millrace::errc::not_found, "no note \"none\"");
    if (asked.in_path("id") == "broken") return millrace::error(millrace::errc::io, "/secret/place is broken");
    if (asked.in_path("id") == "throw") throw std::runtime_error("a password");
    if (asked.in_path("id") == "busy") return rest::busy_response("come again");
    std::string json;
    millrace::json_writer out(json);
    out.begin_object().member("id", asked.in_path("id")).member("q", asked.in_query("q")).member("user", asked.user);
    out.member("request", asked.id).end_object();
    return rest::json_response(std::move(json));
  }
  millrace::result<ms::http_response> first(const rest::call&) const { return rest::json_response("1"); }
  millrace::result<ms::http_response> put(const rest::call& asked) const {
    return rest::json_response('"' + asked.in.text("text") + '"', 201);
  }

 public:
  static constexpr rest::route<notes> routes[] = {
      {"GET", "/hello", &notes::greet, {.id = "hello", .summary = "Greets", .tag = "notes", .is_open = true}},
      {"GET", "/notes/{id}", &notes::find, {.id = "find", .summary = "Finds", .tag = "notes", .refuses = refusals}},
      {"GET", "/notes/first", &notes::first, {.id = "first", .summary = "Finds the first", .tag = "notes"}},
      {"PUT",
       "/notes/{id}",
       &notes::put,
       {.id = "put",
        .summary = "Keeps",
        .tag = "notes",
        .takes = note,
        .status = 201,
        .returns = R"({"type":"string"})"}},
  };
};

/// Notes what it is told.
struct listener {
  std::vector<std::string>* told;
  void handled(const rest::handled_request& one) const {
    told->push_back(std::string(one.path) + ' ' + std::to_string(one.status) + ' ' + std::string(one.user) + ' ' +
                    std::string(one.id));
  }
};

rest::api_options with_users() {
  rest::api_options made;
  made.users.push_back({"ada", ms::secret<std::string>(std::string("t0ken"))});
  made.users.push_back({"bob", ms::secret<std::string>(std::string("0ther"))});
  return made;
}

}  // namespace

TEST_CASE("an API finds the route of a request, and says what is wrong with others") {
  const rest::api api({.max_body = 100}, notes());
  const auto found = ask(api, "GET", "/notes/a%2Fb%20c?q=%C3%A9&x=1");
  CHECK(found.status() == 200);
  CHECK(found.json["id"] == "a/b c");
  CHECK(found.json["q"] == "\xc3\xa9");
  CHECK(found.json["user"] == "");
  CHECK(ask(api, "GET", "/notes/first").json == 1);
  CHECK(ask(api, "GET", "/notes/..").json["id"] == "..");
  const auto head = ask(api, "HEAD", "/hello");
  CHECK(head.status() == 200);
  CHECK(head.response.body == "{}");  // whose length a server says
  for (const char* path : {"/", "/none", "/notes", "/notes/", "/notes/a/b", "/hello/", "//hello"})
    CHECK(ask(api, "GET", path).status() == 404);
  for (const char* path : {"", "hello", "/notes/%zz", "/notes/%00", "/notes/%ff", "/notes/a?q=%"})
    CHECK(ask(api, "GET", path).status() == 400);
  const auto other = ask(api, "DELETE", "/notes/first");
  CHECK(other.status() == 405);
  CHECK(other.header("Allow") == "GET, PUT");
  const auto put = ask(api, "PUT", "/notes/x", R"({"text":"a"})");
  CHECK(put.status() == 201);
  CHECK(put.json == "a");
  CHECK(
      ask(api, "PUT", "/notes/x", R"({"text":"a"})", {{"content-type", "Application/JSON ; charset=utf-8"}}).status() ==
      201);
  CHECK(ask(api, "PUT", "/notes/x", R"({"text":"a"})", {{"Content-Type", "text/plain"}}).status() == 415);
  CHECK(ask(api, "PUT", "/notes/x").status() == 415);
  CHECK(ask(api, "PUT", "/notes/x", R"({"text":")" + std::string(100, 'a')).status() == 413);
  CHECK(ask(api, "PUT", "/notes/x", "{").status() == 400);
  CHECK(ask(api, "PUT", "/notes/x", "{}").status() == 422);
}

TEST_CASE("an API's errors are problem documents that tell a client what is its own fault alone") {
  const rest::api api({}, notes());
  const auto none = ask(api, "GET", "/notes/none");
  CHECK(none.status() == 404);
  CHECK(none.header("Content-Type") == "application/problem+json");
  CHECK(none.json["status"] == 404);
  CHECK(none.json["code"] == "not_found");
  CHECK(none.json["detail"] == "no note \"none\"");
  for (const char* path : {"/notes/broken", "/notes/throw"}) {
    const auto broken = ask(api, "GET", path);
    CHECK(broken.status() == 500);
    CHECK(broken.response.body.find("secret") == std::string::npos);
    CHECK(broken.response.body.find("password") == std::string::npos);
    CHECK_FALSE(broken.json.contains("detail"));
  }
  const auto busy = ask(api, "GET", "/notes/busy");
  CHECK(busy.status() == 429);
  CHECK(busy.header("Retry-After") == "1");
}

TEST_CASE("an API knows who calls by their token, and tells watchers of every request") {
  std::vector<std::string> told;
  const rest::api api(with_users(), notes(), listener{&told});
  const auto id = std::vector<ms::http_header>{{"X-Request-Id", "a-1"}};
  CHECK(ask(api, "GET", "/hello", {}, id).status() == 200);
  const auto refused = ask(api, "GET", "/notes/1", {}, id);
  CHECK(refused.status() == 401);
  CHECK(refused.header("WWW-Authenticate") == "Bearer");
  for (const char* header : {"Bearer x", "Bearer ", "Bearer", "Basic t0ken", "t0ken", "Bearer t0ken ", ""})
    CHECK(ask(api, "GET", "/notes/1", {}, {{"Authorization", header}}).status() == 401);
  CHECK(ask(api, "GET", "/none").status() == 401);  // who may not call learns nothing of what there is
  const auto found = ask(api, "GET", "/notes/1", {}, {{"authorization", "bearer 0ther"}, {"x-request-id", "a-2"}});
  CHECK(found.json["user"] == "bob");
  CHECK(found.json["request"] == "a-2");
  CHECK(found.header("X-Request-Id") == "a-2");
  REQUIRE(told.size() == 11);
  CHECK(told[0] == "/hello 200  a-1");
  CHECK(told[1] == "/notes/{id} 401  a-1");
  CHECK(told[10] == "/notes/{id} 200 bob a-2");
  CHECK(ask(api, "GET", "/openapi.json").json["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer");
}

TEST_CASE("an API makes the id of a request that has none, or none that it takes") {
  const rest::api api({}, notes());
  const std::string first = ask(api, "GET", "/hello").header("X-Request-Id");
  CHECK(first.size() == 32);
  CHECK(ask(api, "GET", "/hello").header("X-Request-Id") != first);
  for (const std::string& sent : {std::string("a b"), std::string("a\r\nX: 1"), std::string(129, 'a'), std::string()})
    CHECK(ask(api, "GET", "/hello", {}, {{"X-Request-Id", sent}}).header("X-Request-Id").size() == 32);
  CHECK(ask(api, "GET", "/hello", {}, {{"X-Request-Id", std::string(128, 'a')}}).header("X-Request-Id").size() == 128);
}

TEST_CASE("the description of an API has its routes and no others") {
  const rest::api api({.title = "notes", .version = "2.1"}, notes());
  const auto described = ask(api, "GET", "/openapi.json");
  CHECK(described.status() == 200);
  CHECK(described.response.body == api.openapi());
  const auto& json = described.json;
  CHECK(json["openapi"] == "3.1.0");
  CHECK(json["info"]["title"] == "notes");
  CHECK(json["paths"].size() == 4);
  const auto& put = json["paths"]["/notes/{id}"]["put"];
  CHECK(put["operationId"] == "put");
  CHECK(put["requestBody"]["content"]["application/json"]["schema"]["required"][0] == "text");
  CHECK(put["responses"]["201"]["content"]["application/json"]["schema"]["type"] == "string");
  for (const char* status : {"400", "413", "415", "422", "429", "500", "503"}) CHECK(put["responses"].contains(status));
  CHECK_FALSE(put["responses"].contains("401"));
  CHECK_FALSE(put["responses"].contains("404"));
  CHECK(json["paths"]["/notes/{id}"]["get"]["responses"].contains("404"));
  CHECK(json["paths"]["/notes/{id}"]["parameters"][0]["name"] == "id");
  CHECK_FALSE(json["components"].contains("securitySchemes"));
}

namespace {

/// A route that stays until it is let go.
struct gate {
  std::atomic<int>* inside;
  std::atomic<bool>* is_open;

  millrace::result<ms::http_response> wait(const rest::call&) const {
    ++*inside;
    while (!*is_open) std::this_thread::yield();
    return rest::json_response("{}");
  }
  static constexpr rest::route<gate> routes[] = {{"GET", "/wait", &gate::wait}};
};

}  // namespace

TEST_CASE("an API handles so many requests at a time, and tells others when to come again") {
  std::atomic<int> inside = 0;
  std::atomic<bool> is_open = false;
  const rest::api api({.max_requests = 2, .retry_seconds = 7}, gate{&inside, &is_open});
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&] { good += api.handle({.target = "/wait"}).status == 200; });
  while (inside != 2) std::this_thread::yield();
  const auto refused = ask(api, "GET", "/wait");
  CHECK(refused.status() == 429);
  CHECK(refused.header("Retry-After") == "7");
  is_open = true;
  for (std::thread& each : threads) each.join();
  CHECK(good == 2);
  CHECK(ask(api, "GET", "/wait").status() == 200);
}
