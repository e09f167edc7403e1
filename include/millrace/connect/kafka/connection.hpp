#ifndef MILLRACE_CONNECT_KAFKA_CONNECTION_HPP
#define MILLRACE_CONNECT_KAFKA_CONNECTION_HPP

#include <millrace/connect/kafka/fwd.hpp>
#include <millrace/core/diagnostic.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/store/secret.hpp>

#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace kafka {

/// A setting of librdkafka's by its own name, such as `{"linger.ms", "20"}`. Those that this adapter depends on are its
/// options', and refused here; a value that nobody may see is a `secret_setting`.
struct setting {
  std::string name;
  std::string value;
};
/// A setting whose value nobody may see: it is in no error and in no diagnostic.
struct secret_setting {
  std::string name;
  store::secret<std::string> value;
};

/// How a cluster is reached safely. What is empty is not used.
struct security {
  /// Whether connections are encrypted, and the brokers' certificates verified.
  bool tls = false;
  /// A file of the certificates that are trusted, in PEM; empty: those that the system trusts.
  std::string trusted = {};
  /// Files of the client's own certificate and key, in PEM, and the key's password.
  std::string certificate = {};
  std::string key = {};
  store::secret<std::string> key_password = {};
  /// How the client says who it is: `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`, or what else librdkafka was built with;
  /// empty: not at all.
  std::string mechanism = {};
  std::string user = {};
  store::secret<std::string> password = {};
  /// Whether `PLAIN`, which sends the password as it is, may go without TLS, where all on the way read it.
  bool allows_plain_password = false;
};

/// Which cluster, and how.
struct connection_options {
  /// `host:port`, several with commas between them, of which one has to be there.
  std::string brokers = {};
  kafka::security security = {};
  std::vector<setting> settings = {};
  std::vector<secret_setting> secrets = {};
  /// How often the client looks at itself, which is how `brokers()` knows who is there; 0: never.
  duration statistics_interval = seconds(5);
  /// Is told what librdkafka logs, and errors that no call returns, such as a broker that is gone. Without one nobody
  /// is.
  diagnostics_ref diagnostics = {};
};

/// A broker that a client knows of, and whether it has a connection to it.
struct broker_state {
  std::string name;  ///< `host:port/number`
  bool is_up = false;

  friend bool operator==(const broker_state&, const broker_state&) = default;
};

}  // namespace kafka
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_KAFKA_CONNECTION_HPP
