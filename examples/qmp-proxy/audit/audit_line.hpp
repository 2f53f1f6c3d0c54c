// A line of the audit log.
#ifndef QMP_PROXY_AUDIT_AUDIT_LINE_HPP
#define QMP_PROXY_AUDIT_AUDIT_LINE_HPP

#include <coqmp/monitor_audit.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace qmp_proxy {

/// What became of a command, as a JSON object on one line: who sent it, under which policy, its name, its outcome (`done`,
/// `refused` by the policy, `failed`, or `left`: the client left before the answer), and milliseconds. It never has values of
/// arguments. A client can choose the name of a command: the end of a long one is left out.
[[nodiscard]] std::string audit_line(coqmp::monitor_audit const& what, std::chrono::system_clock::time_point now);

/// Says that lines before this one are missing.
[[nodiscard]] std::string lost_lines(std::uint64_t count, std::chrono::system_clock::time_point now);

}  // namespace qmp_proxy

#endif
