// Reads the answers of the guest agent.
// Invariant: an answer that lacks a member, or has one that makes no sense, is rejected; unknown members are ignored.
#ifndef COQMP_SRC_GUEST_AGENT_ANSWERS_HPP
#define COQMP_SRC_GUEST_AGENT_ANSWERS_HPP

#include <coqmp/guest_agent_info.hpp>
#include <coqmp/guest_program_result.hpp>

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace coqmp::detail {

/// The answer to `guest-exec-status`.
struct exec_status
{
    bool has_ended = false;
    guest_program_result result;  ///< only if it has ended
};

/// The answer to `guest-file-read`.
struct file_chunk
{
    std::string bytes;
    bool is_end = false;
};

[[nodiscard]] std::optional<exec_status> read_exec_status(boost::json::value const& answer);

/// @param most as many bytes as were asked for
[[nodiscard]] std::optional<file_chunk> read_file_chunk(boost::json::value const& answer, std::size_t most);

/// The answer to `guest-file-write`. @param most as many bytes as were sent
[[nodiscard]] std::optional<std::size_t> read_written_bytes(boost::json::value const& answer, std::size_t most);

/// The process id in the answer to `guest-exec`.
[[nodiscard]] std::optional<std::int64_t> read_process_id(boost::json::value const& answer);

[[nodiscard]] std::optional<guest_agent_info> read_information(boost::json::value const& answer);

}  // namespace coqmp::detail

#endif
