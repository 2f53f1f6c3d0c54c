// The schema of a running QEMU.
#ifndef COQMP_QUERY_SCHEMA_HPP
#define COQMP_QUERY_SCHEMA_HPP

#include <coqmp/schema.hpp>
#include <coqmp/session.hpp>

#include <boost/asio/awaitable.hpp>

namespace coqmp {

/// Where query_schema() takes a schema from.
enum class schema_source {
    any_of_this_version,  ///< the copy in memory, if a QEMU of the same version and target was asked before
    this_qemu             ///< always this QEMU
};

/// The schema of the QEMU that a session is connected to.
///
/// The process keeps the schemas of the last 16 versions, one copy for all sessions, and asks each version only once: a schema is
/// 200 KB of JSON, and takes QEMU some milliseconds. Sessions that ask at the same time may all ask QEMU, and then share one
/// copy. The greeting says the version, and `query-target` the target. Two QEMUs of one version and target may still differ, if
/// they were built with different options; and a QEMU that is not trusted can lie to the sessions of others of its version. For
/// these cases there is schema_source::this_qemu.
/// @param from a session that is connected
/// @param source whether a schema in memory will do
/// @throws what session::execute() throws; unexpected_value: it is not a schema
/// @par Cancellation as session::async_execute()
/// @par Threads as session
/// @par Lifetime The session may be moved or destroyed while the coroutine waits.
/// @see examples/schema.cpp
[[nodiscard]] boost::asio::awaitable<schema> query_schema(session& from,
                                                          schema_source source = schema_source::any_of_this_version);

}  // namespace coqmp

#endif
