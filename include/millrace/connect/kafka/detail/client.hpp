#ifndef MILLRACE_CONNECT_KAFKA_DETAIL_CLIENT_HPP
#define MILLRACE_CONNECT_KAFKA_DETAIL_CLIENT_HPP

#include <millrace/connect/kafka/connection.hpp>
#include <millrace/connect/kafka/detail/broker_states.hpp>
#include <millrace/connect/kafka/detail/errors.hpp>
#include <millrace/connect/kafka/fwd.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/diagnostic.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>

#include <librdkafka/rdkafka.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace kafka {
namespace detail {

/// Milliseconds as librdkafka takes them, rounded up.
constexpr int milliseconds_of(duration wait) noexcept {
  if (wait.nanoseconds <= 0) return 0;
  const std::int64_t rounded = (wait.nanoseconds - 1) / 1'000'000 + 1;
  return rounded < 0x7fff'ffff ? static_cast<int>(rounded) : 0x7fff'ffff;
}

/// A setting that is an option of this adapter's, and which.
struct own_setting {
  std::string_view name;
  std::string_view instead;
};
inline constexpr own_setting own_settings[] = {{"bootstrap.servers", "connection_options::brokers"},
                                               {"metadata.broker.list", "connection_options::brokers"},
                                               {"security.protocol", "connection_options::security"},
                                               {"sasl.mechanism", "connection_options::security"},
                                               {"sasl.mechanisms", "connection_options::security"},
                                               {"sasl.username", "connection_options::security"},
                                               {"sasl.password", "connection_options::security"},
                                               {"ssl.ca.location", "connection_options::security"},
                                               {"ssl.certificate.location", "connection_options::security"},
                                               {"ssl.key.location", "connection_options::security"},
                                               {"ssl.key.password", "connection_options::security"},
                                               {"statistics.interval.ms", "connection_options::statistics_interval"},
                                               {"enable.idempotence", "producer_options::is_idempotent"},
                                               {"queue.buffering.max.messages", "producer_options::max_messages"},
                                               {"message.timeout.ms", "producer_options::delivery_limit"},
                                               {"delivery.timeout.ms", "producer_options::delivery_limit"},
                                               {"transactional.id", "transactional_producer"},
                                               {"transaction.timeout.ms", "producer_options::delivery_limit"},
                                               {"group.id", "consumer_options::group"},
                                               {"enable.auto.commit", "consumer::commit"},
                                               {"enable.auto.offset.store", "consumer::commit"},
                                               {"auto.offset.reset", "consumer_options::begin"},
                                               {"partition.assignment.strategy", "consumer_options::sharing"}};

/// Whether a setting's value is one that nobody may see.
constexpr bool is_secret_name(std::string_view name) noexcept {
  for (const std::string_view each : {"password", "secret", "token", "oauthbearer.config", ".pem"})
    if (name.find(each) != name.npos && name != "sasl.oauthbearer.token.endpoint.url") return true;
  return false;
}

/// A client's configuration before there is a client.
class configuration {
 public:
  configuration() noexcept : conf_(rd_kafka_conf_new()) {}
  configuration(const configuration&) = delete;
  configuration& operator=(const configuration&) = delete;
  ~configuration() {
    if (conf_ != nullptr) rd_kafka_conf_destroy(conf_);
  }

  rd_kafka_conf_t* get() const noexcept { return conf_; }
  void release() noexcept { conf_ = nullptr; }

  /// Errors: invalid_argument, with the setting's name and, unless it is a secret, what is wrong with its value.
  result<void> set(const std::string& name, const std::string& value, bool is_secret = false) {
    char why[512];
    switch (rd_kafka_conf_set(conf_, name.c_str(), value.c_str(), why, sizeof why)) {
      case RD_KAFKA_CONF_OK: return {};
      case RD_KAFKA_CONF_UNKNOWN:
        return error(errc::invalid_argument, "librdkafka has no setting " + quoted_text(name));
      default:
        return error(errc::invalid_argument, "the setting " + quoted_text(name) + " of librdkafka's has no such value" +
                                                 (is_secret ? std::string() : std::string(": ") + why));
    }
  }
  result<void> set_if(const std::string& name, const std::string& value, bool is_secret = false) {
    return value.empty() ? result<void>() : set(name, value, is_secret);
  }

 private:
  rd_kafka_conf_t* conf_;
};

/// What a client and librdkafka's callbacks for it have in common. It is where it was made as long as the client lives.
class client {
 public:
  explicit client(connection_options&& options) : options_(std::move(options)) {}
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  ~client() {
    if (handle_ != nullptr) rd_kafka_destroy(handle_);
  }

  rd_kafka_t* handle() const noexcept { return handle_; }

  /// Sets what the options say; the settings by name come last. Errors: invalid_argument, with the setting.
  result<void> configure(configuration& to) const;
  /// Makes the client. Errors: invalid_argument, with librdkafka's own words.
  result<void> start(configuration& from, rd_kafka_type_t kind) {
    rd_kafka_conf_set_opaque(from.get(), this);
    rd_kafka_conf_set_log_cb(from.get(), [](const rd_kafka_t* of, int level, const char* facility, const char* text) {
      if (auto* const self = static_cast<client*>(rd_kafka_opaque(of)); self != nullptr)
        self->say(severity_of(level), text, facility, nullptr);
    });
    rd_kafka_conf_set_error_cb(from.get(), [](rd_kafka_t*, int code, const char* text, void* self) {
      static_cast<client*>(self)->note(static_cast<rd_kafka_resp_err_t>(code), text);
    });
    rd_kafka_conf_set_stats_cb(from.get(), [](rd_kafka_t*, char* json, std::size_t size, void* self) {
      static_cast<client*>(self)->keep_brokers(read_brokers(std::string_view(json, size)));
      return 0;
    });
    char why[512] = {};
    handle_ = rd_kafka_new(kind, from.get(), why, sizeof why);
    if (handle_ == nullptr) return error(errc::invalid_argument, "no client of Kafka: " + scrubbed(why));
    from.release();
    return {};
  }
  /// Ends the client, whose callbacks may be called until this returns.
  void stop() noexcept {
    if (handle_ != nullptr) rd_kafka_destroy(std::exchange(handle_, nullptr));
  }

  std::vector<broker_state> brokers() const {
    const lock_guard held(mutex_);
    return brokers_;
  }
  /// The last error that no call has returned.
  result<void> status() const {
    const lock_guard held(mutex_);
    return status_;
  }
  /// A text of librdkafka's without secrets.
  std::string scrubbed(std::string_view text) const {
    for (const secret_setting& each : options_.secrets)
      if (has(text, each.value.expose())) return "(a text with a secret)";
    if (has(text, options_.security.password.expose()) || has(text, options_.security.key_password.expose()))
      return "(a text with a secret)";
    return std::string(text);
  }

 private:
  static bool has(std::string_view text, const std::string& secret) noexcept {
    return !secret.empty() && text.find(secret) != text.npos;
  }
  /// Levels are those of syslog(3).
  static constexpr severity severity_of(int level) noexcept {
    return level <= 2   ? severity::critical
           : level == 3 ? severity::error
           : level <= 5 ? severity::warning
           : level == 6 ? severity::info
                        : severity::debug;
  }
  void say(severity level, std::string_view text, std::string_view facility, const error* why) const noexcept {
    if (!options_.diagnostics) return;
    const std::string clean = scrubbed(text);
    const diagnostic_field fields[] = {{"text", std::string_view(clean)}, {"facility", facility}};
    options_.diagnostics.report(
        {.level = level, .component = "kafka", .message = "librdkafka says", .why = why, .fields = fields});
  }
  void note(rd_kafka_resp_err_t code, const char* text) {
    const error why(kind_of(code), std::string("Kafka: ") + rd_kafka_err2str(code) + ": " + scrubbed(text));
    {
      const lock_guard held(mutex_);
      status_ = why;
    }
    say(code == RD_KAFKA_RESP_ERR__FATAL ? severity::critical : severity::warning, text, "error", &why);
  }
  void keep_brokers(std::vector<broker_state>&& now) {
    bool is_well = !now.empty();
    for (const broker_state& each : now) is_well = is_well && each.is_up;
    const lock_guard held(mutex_);
    brokers_.swap(now);
    if (is_well && !status_ && status_.error().code() == errc::unavailable) status_ = {};
  }

  connection_options options_;
  rd_kafka_t* handle_ = nullptr;
  mutable mutex mutex_;
  std::vector<broker_state> brokers_;
  result<void> status_;
};

inline result<void> client::configure(configuration& to) const {
  const security& safe = options_.security;
  if (options_.brokers.empty()) return error(errc::invalid_argument, "no broker of Kafka is named to begin with");
  if (safe.mechanism == "PLAIN" && !safe.tls && !safe.allows_plain_password)
    return error(errc::invalid_argument,
                 "the mechanism PLAIN sends the password as it is: use TLS, or allow that (allows_plain_password)");
  const bool has_user = !safe.mechanism.empty();
  const char* const protocol = has_user ? (safe.tls ? "sasl_ssl" : "sasl_plaintext") : safe.tls ? "ssl" : "plaintext";
  result<void> done = to.set("bootstrap.servers", options_.brokers);
  const auto then = [&](const char* name, const std::string& value, bool is_secret = false) {
    if (done) done = to.set_if(name, value, is_secret);
  };
  then("security.protocol", protocol);
  then("ssl.ca.location", safe.trusted);
  then("ssl.certificate.location", safe.certificate);
  then("ssl.key.location", safe.key);
  then("ssl.key.password", safe.key_password.expose(), true);
  then("sasl.mechanisms", safe.mechanism);
  then("sasl.username", safe.user);
  then("sasl.password", safe.password.expose(), true);
  then("statistics.interval.ms", std::to_string(milliseconds_of(options_.statistics_interval)));
  if (!done) return done;
  const auto allowed = [](const std::string& name) -> result<void> {
    for (const own_setting& each : own_settings)
      if (each.name == name)
        return error(errc::invalid_argument, "the setting " + quoted_text(name) + " is given by " +
                                                 std::string(each.instead) + ", and not by its name");
    return {};
  };
  for (const setting& each : options_.settings) {
    if (auto fine = allowed(each.name); !fine) return fine;
    if (is_secret_name(each.name))
      return error(errc::invalid_argument,
                   "the setting " + quoted_text(each.name) + " is a secret, and given among the secrets");
    if (auto set = to.set(each.name, each.value); !set) return set;
  }
  for (const secret_setting& each : options_.secrets) {
    if (auto fine = allowed(each.name); !fine) return fine;
    if (auto set = to.set(each.name, each.value.expose(), true); !set) return set;
  }
  return {};
}

}  // namespace detail
}  // namespace kafka
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_KAFKA_DETAIL_CLIENT_HPP
