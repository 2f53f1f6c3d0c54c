// How a dialogue behaves.
#ifndef COQMP_SRC_PROTOCOL_DIALOGUE_OPTIONS_HPP
#define COQMP_SRC_PROTOCOL_DIALOGUE_OPTIONS_HPP

#include "protocol/decoder.hpp"

#include <coqmp/command_ids.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace coqmp::protocol {

struct dialogue_options
{
    decoder_limits limits;
    std::size_t in_band_window = 7;  ///< Zero: no limit.
    /// More bytes of output than this mean that the peer does not read: further commands stay in the queue, where they can be
    /// cancelled.
    std::size_t output_limit = std::size_t{1} << 20;
    bool negotiate = true;
    bool out_of_band = true;
    command_ids ids = command_ids::automatic;         ///< Only without `negotiate`.
    std::uint64_t nonce = 0;                          ///< Different from every other client's of this monitor.
    std::function<void(std::string_view)> on_output;  ///< Sees each message as it is put into the output.
    std::function<void(std::string_view)> on_input;   ///< Sees each message before it is handled.
};

}  // namespace coqmp::protocol

#endif
