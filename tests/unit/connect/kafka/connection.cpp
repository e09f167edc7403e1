#include <millrace/connect/kafka/connection.hpp>

#include <millrace/connect/kafka.hpp>

#include <support/catch.hpp>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mk = millrace::connect::kafka;

namespace {

/// The error of opening a producer.
template <class Change>
mr::error fault(Change&& change) {
  mk::connection_options options;
  options.brokers = "127.0.0.1:1";
  change(options);
  auto opened = mk::producer::open(std::move(options));
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code() == mr::errc::invalid_argument);
  return std::move(opened).error();
}

constexpr const char* canary = "correct-horse-battery";

/// Keeps what is reported.
struct kept_diagnostics {
  std::mutex guard;
  std::string all;
  void report(const mr::diagnostic& said) noexcept {
    const std::lock_guard held(guard);
    all.append(said.message).append(" ");
    if (said.why != nullptr) all.append(said.why->describe()).append(" ");
    for (const auto& each : said.fields)
      each.visit([&](auto value) {
        if constexpr (std::is_same_v<decltype(value), std::string_view>) all.append(value).append(" ");
      });
    all += '\n';
  }
};

}  // namespace

TEST_CASE("kafka: a setting that is none, or has no such value, is named", "[kafka]") {
  CHECK(fault([](auto& o) { o.brokers.clear(); }).message() == "no broker of Kafka is named to begin with");
  CHECK(fault([](auto& o) { o.settings = {{"linger", "5"}}; }).message() == "librdkafka has no setting \"linger\"");
  CHECK_THAT(fault([](auto& o) { o.settings = {{"acks", "perhaps"}}; }).message(),
             ContainsSubstring("the setting \"acks\" of librdkafka's has no such value: "));
  CHECK_THAT(fault([](auto& o) { o.settings = {{"acks", "0"}}; }).message(), ContainsSubstring("acks"));  // idempotent
  CHECK(fault([](auto& o) { o.settings = {{"enable.idempotence", "false"}}; }).message() ==
        "the setting \"enable.idempotence\" is given by producer_options::is_idempotent, and not by its name");
  CHECK(fault([](auto& o) { o.settings = {{"group.id", "g"}}; }).message() ==
        "the setting \"group.id\" is given by consumer_options::group, and not by its name");
  const std::string_view topic = "t";
  const auto bad = mk::consumer::open({.brokers = "127.0.0.1:1"}, {}, topic);
  CHECK(bad.error().message() == "a consumer of Kafka's names its group");
  STATIC_REQUIRE_FALSE(mk::detail::shares_cooperatively(0x020200ff));  // librdkafka#4312
  STATIC_REQUIRE(mk::detail::shares_cooperatively(0x020300ff));
  const auto sharing = mk::consumer::open({.brokers = "127.0.0.1:1"},
                                          {.group = "g", .sharing = mk::partition_sharing::cooperative}, topic);
  CHECK(sharing.has_value() == mk::detail::shares_cooperatively(rd_kafka_version()));
  if (!sharing) CHECK(sharing.error().code() == mr::errc::unsupported);
  CHECK(mk::consumer::open({.brokers = "127.0.0.1:1"}, {.group = "g"}, "no topic").error().code() ==
        mr::errc::invalid_argument);
}

TEST_CASE("kafka: secrets are given as such, and are in no error and no diagnostic", "[kafka]") {
  CHECK(fault([](auto& o) { o.settings = {{"sasl.oauthbearer.client.secret", canary}}; }).message() ==
        "the setting \"sasl.oauthbearer.client.secret\" is a secret, and given among the secrets");
  for (const char* name : {"ssl.key.pem", "ssl.keystore.password", "sasl.oauthbearer.config"})
    CHECK_THAT(fault([&](auto& o) { o.settings = {{name, canary}}; }).message(), ContainsSubstring("is a secret"));
  for (const char* name : {"no.such.secret", "acks", "ssl.key.pem", "ssl.certificate.pem", "sasl.password"}) {
    const std::string text = fault([&](auto& o) {
                               o.security.tls = true;
                               o.secrets.push_back({name, ms::secret<>(std::string(canary))});
                             }).describe();
    INFO(name << ": " << text);
    CHECK_THAT(text, !ContainsSubstring(canary));
  }
  // librdkafka's own log shows every setting where it is told to.
  kept_diagnostics seen;
  {
    mk::connection_options options;
    options.brokers = "127.0.0.1:1";
    options.security = {.mechanism = "PLAIN",
                        .user = "ann",
                        .password = ms::secret<>(std::string(canary)),
                        .allows_plain_password = true};
    options.settings = {{"debug", "all"}};
    options.secrets.push_back({"ssl.keystore.password", ms::secret<>(std::string("second-canary"))});
    options.diagnostics = seen;
    auto opened = mk::producer::open(std::move(options));
    REQUIRE(opened);
    REQUIRE(opened->send({.topic = "t"}));
    CHECK_FALSE(opened->flush(mr::seconds(.3)));
  }
  CHECK_THAT(seen.all, ContainsSubstring("librdkafka says"));
  CHECK_THAT(seen.all, !ContainsSubstring(canary));
  CHECK_THAT(seen.all, !ContainsSubstring("second-canary"));
}

TEST_CASE("kafka: a password goes over TLS, or nowhere", "[kafka]") {
  CHECK(fault([](auto& o) { o.security.mechanism = "PLAIN"; }).message() ==
        "the mechanism PLAIN sends the password as it is: use TLS, or allow that (allows_plain_password)");
  CHECK_THAT(fault([](auto& o) { o.security.mechanism = "ROT13"; }).message(), ContainsSubstring("ROT13"));
  CHECK_THAT(fault([](auto& o) {
               o.security.tls = true;
               o.security.trusted = "/no/such/file.pem";
             }).message(),
             ContainsSubstring("no client of Kafka: "));
  for (const char* mechanism : {"SCRAM-SHA-256", "SCRAM-SHA-512"}) {
    mk::connection_options options;
    options.brokers = "127.0.0.1:1";
    options.security = {
        .tls = true, .mechanism = mechanism, .user = "ann", .password = ms::secret<>(std::string(canary))};
    CHECK(mk::producer::open(std::move(options)));
  }
}

TEST_CASE("kafka: brokers in librdkafka's statistics", "[kafka]") {
  using mk::detail::read_brokers;
  CHECK(read_brokers(R"({"name":"x","brokers":{"a:1/1":{"name":"a:1/1","nodeid":1,"state":"UP","toppars":{"t":[1,{}]}},
    "a:1/bootstrap":{"name":"a:1/bootstrap","nodeid":-1,"state":"UP"},"b":{"state":"DOWN","nodeid":2,"name":"b\u0041"}},
    "topics":{}})") == std::vector<mk::broker_state>{{"a:1/1", true}, {"bA", false}});
  for (const char* text : {"", "[]", "{", "{\"brokers\":[]}", "{\"brokers\":{\"a\":1}}",
                           "{\"brokers\":{\"a\":{\"name\":\"a\",", "{\"brokers\":{}}"})
    CHECK(read_brokers(text).empty());
}
