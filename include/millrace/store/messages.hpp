#ifndef MILLRACE_STORE_MESSAGES_HPP
#define MILLRACE_STORE_MESSAGES_HPP

/// messages: topics of messages as concepts and plain values, and a queue of one process that needs no broker.
/// store.hpp leaves this room out.
///
/// - `message`, `message_position`: what is sent and read, and where it is
/// - `message_producer`, `message_consumer`: who sends, and members of groups that read, with `rebalance_hooks`
/// - `local_queue`: both without a broker, bounded, in memory or in any storage with transactions
/// - `topic`, `topics`: topics as types, with the codec of their events, `json_members`, `saved_form`, `coded_by`,
///   `raw_bytes` or `json_class`, and their key; `router`: sends an event to the topics of its type
/// - `exactly_once`: a state made of messages, each used once: state and offset are one transaction of a storage
/// - `keep_dead_letters`, `send_dead_letters`: what becomes of messages that cannot be used
/// - `save_messages`, `load_messages`: messages as bytes

#include <millrace/store/messages/codec.hpp>
#include <millrace/store/messages/consumer.hpp>
#include <millrace/store/messages/dead_letters.hpp>
#include <millrace/store/messages/exactly_once.hpp>
#include <millrace/store/messages/json_class.hpp>
#include <millrace/store/messages/local_consumer.hpp>
#include <millrace/store/messages/local_queue.hpp>
#include <millrace/store/messages/local_queue_options.hpp>
#include <millrace/store/messages/message.hpp>
#include <millrace/store/messages/producer.hpp>
#include <millrace/store/messages/queue_journal.hpp>
#include <millrace/store/messages/router.hpp>
#include <millrace/store/messages/saved_messages.hpp>
#include <millrace/store/messages/topic.hpp>

#endif  // MILLRACE_STORE_MESSAGES_HPP
