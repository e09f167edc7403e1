#ifndef MILLRACE_CONNECT_KAFKA_HPP
#define MILLRACE_CONNECT_KAFKA_HPP

/// connect/kafka: topics of Apache Kafka by librdkafka, with the concepts of store/messages.hpp.
///
/// - `producer`: sends messages, each once, and tells what became of them
/// - `consumer`: a member of a group that reads topics, with hooks for rebalances
/// - `transactional_producer`: sends messages, and offsets, that come to be seen together
/// - `connection_options`: the brokers, TLS and SASL, and settings of librdkafka's own by name
///
/// Needs librdkafka: connect/kafka.hpp is in the component `millrace::kafka`. connect/kafka/observed.hpp, their
/// metrics, is included by name. Where there is no broker, store::local_queue has the same concepts.

#include <millrace/connect/kafka/connection.hpp>
#include <millrace/connect/kafka/consumer.hpp>
#include <millrace/connect/kafka/consumer_options.hpp>
#include <millrace/connect/kafka/fwd.hpp>
#include <millrace/connect/kafka/producer.hpp>
#include <millrace/connect/kafka/producer_options.hpp>
#include <millrace/connect/kafka/transactions.hpp>

#endif  // MILLRACE_CONNECT_KAFKA_HPP
