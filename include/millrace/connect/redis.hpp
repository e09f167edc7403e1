#ifndef MILLRACE_CONNECT_REDIS_HPP
#define MILLRACE_CONNECT_REDIS_HPP

/// connect/redis: values, rows of features and objects in Redis.
///
/// - `client`: asks one server, one with replicas, or a cluster, with many commands at a time
/// - `feature_rows`: rows of features by the entity that they are of, with a lifetime
/// - `storage`: a storage (store/storage.hpp), for registries, trackers and the second level of caches
/// - connect/redis/observed.hpp, which is included by name: `redis_metrics`, what a client does as metrics
/// - `parse_address`, `environment_address`: `redis://user:password@host:port/database`
///
/// Needs hiredis: connect/redis.hpp is in the component `millrace::redis`. Connections are not encrypted.

#include <millrace/connect/redis/address.hpp>
#include <millrace/connect/redis/client.hpp>
#include <millrace/connect/redis/commands.hpp>
#include <millrace/connect/redis/connection.hpp>
#include <millrace/connect/redis/feature_rows.hpp>
#include <millrace/connect/redis/fwd.hpp>
#include <millrace/connect/redis/options.hpp>
#include <millrace/connect/redis/reply.hpp>
#include <millrace/connect/redis/slots.hpp>
#include <millrace/connect/redis/storage.hpp>

#endif  // MILLRACE_CONNECT_REDIS_HPP
