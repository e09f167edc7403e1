#ifndef MILLRACE_STORE_MESSAGES_HPP
#define MILLRACE_STORE_MESSAGES_HPP

/// messages: topics of messages as concepts and plain values, and a queue of one process that needs no broker.
/// store.hpp leaves this room out.
///
/// - `message`, `message_position`: what is sent and read, and where it is
/// - `message_producer`, `message_consumer`: who sends, and members of groups that read, with `rebalance_hooks`
/// - `local_queue`: both without a broker, bounded, in memory or in any storage with transactions
/// - `save_messages`, `load_messages`: messages as bytes

#include <millrace/store/messages/consumer.hpp>
#include <millrace/store/messages/local_consumer.hpp>
#include <millrace/store/messages/local_queue.hpp>
#include <millrace/store/messages/local_queue_options.hpp>
#include <millrace/store/messages/message.hpp>
#include <millrace/store/messages/producer.hpp>
#include <millrace/store/messages/queue_journal.hpp>
#include <millrace/store/messages/saved_messages.hpp>

#endif  // MILLRACE_STORE_MESSAGES_HPP
