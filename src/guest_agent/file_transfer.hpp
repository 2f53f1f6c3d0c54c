// Reads and writes files in a guest.
// Invariant: each file that was opened is closed, also on errors and on cancellation.
#ifndef COQMP_SRC_GUEST_AGENT_FILE_TRANSFER_HPP
#define COQMP_SRC_GUEST_AGENT_FILE_TRANSFER_HPP

#include "guest_agent/guest_agent_impl.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace coqmp::detail {

/// The bytes of one command. Its base64 takes a third more, and the agent reads it a few KiB at a time.
constexpr std::size_t transfer_chunk = std::size_t{192} << 10;

/// @param count none: to the end of the file
[[nodiscard]] boost::asio::awaitable<std::string> read_guest_file(guest_agent_impl::pointer impl, std::string path,
                                                                  std::uint64_t offset, std::optional<std::size_t> count);

/// @param offset none: the bytes replace the content of the file
[[nodiscard]] boost::asio::awaitable<void> write_guest_file(guest_agent_impl::pointer impl, std::string path, std::string bytes,
                                                            std::optional<std::uint64_t> offset);

}  // namespace coqmp::detail

#endif
