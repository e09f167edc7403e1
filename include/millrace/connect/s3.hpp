#ifndef MILLRACE_CONNECT_S3_HPP
#define MILLRACE_CONNECT_S3_HPP

/// connect/s3: objects in a bucket of S3, or of what speaks as it does, over whatever carries requests there.
///
/// - `credentials`: who asks, from the environment
/// - `address`: where a bucket is: AWS, any endpoint, Google Cloud Storage
/// - `bucket`: objects read whole or in ranges, written whole or on conditions, listed, removed; asks again where it
/// may
/// - `upload`, `begin_upload`, `finish_upload`, `abort_uploads`: large objects part by part
/// - `bucket_storage`: a bucket as a storage, for the artifacts of a registry or a tracker
/// - `file_set`: files that become visible together
/// - `sign`: AWS Signature Version 4, for requests of your own
/// - `api_error`: what a response says went wrong
///
/// Standard library alone: connect/curl.hpp, or any other store::http_transport, carries the requests.

#include <millrace/connect/s3/address.hpp>
#include <millrace/connect/s3/api_error.hpp>
#include <millrace/connect/s3/bucket.hpp>
#include <millrace/connect/s3/bucket_storage.hpp>
#include <millrace/connect/s3/credentials.hpp>
#include <millrace/connect/s3/file_set.hpp>
#include <millrace/connect/s3/fwd.hpp>
#include <millrace/connect/s3/object.hpp>
#include <millrace/connect/s3/signature.hpp>
#include <millrace/connect/s3/upload.hpp>

#endif  // MILLRACE_CONNECT_S3_HPP
