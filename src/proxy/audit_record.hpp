// What a proxy writes down about each command of a client. Never a value: passwords travel over QMP.
#ifndef COQMP_SRC_PROXY_AUDIT_RECORD_HPP
#define COQMP_SRC_PROXY_AUDIT_RECORD_HPP

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include <sys/types.h>

namespace coqmp::proxy {

enum class audit_outcome {
    succeeded,
    failed,   ///< QEMU, or the proxy in its place, returned an error.
    refused,  ///< The policy does not allow the command, which QEMU has not seen.
    lost,     ///< The connection ended before an answer came: it may have been executed.
};

struct audit_record
{
    std::string client;  ///< Where it is connected: an address, a path, a description.
    std::optional<::pid_t> process;
    std::optional<::uid_t> user;
    std::string policy;
    std::string command;
    audit_outcome outcome = audit_outcome::succeeded;
    std::string error_class;  ///< Of a command that has failed.
    std::chrono::nanoseconds duration{};
};

/// The longest text of a record, whatever its members are.
constexpr std::size_t longest_audit_text = 4096;

/// `client=/run/vm.sock pid=812 uid=64055 policy=read-only command=query-status outcome=ok ms=0.153`, without a line end.
///
/// It is one line of printable ASCII, with nothing in it that a client could take for another field: a text that has other characters
/// than letters, digits and `_ - . : / @ + ,` is a JSON string, and one that is too long ends with "...". The outcome is `ok`,
/// `error:CLASS`, `refused` or `lost`.
[[nodiscard]] std::string to_string(audit_record const& record);

}  // namespace coqmp::proxy

#endif
