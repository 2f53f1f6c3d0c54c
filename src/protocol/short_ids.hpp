// Ids of one digit: QEMU takes 10 us to read each byte of a command (PROTOCOL.md).
// Invariant: a digit comes again only when its answer has come, and four others since: a peer that answers twice, though no QEMU
// does, does not answer another command with that.
#ifndef COQMP_SRC_PROTOCOL_SHORT_IDS_HPP
#define COQMP_SRC_PROTOCOL_SHORT_IDS_HPP

#include <cstdint>

namespace coqmp::protocol {

class short_ids
{
public:
    static constexpr std::uint64_t longest = 9;

    /// @return 0: none is to be had
    [[nodiscard]] std::uint64_t take() noexcept
    {
        if (free_ < least_free)
            return 0;
        std::uint64_t const first = queue_ & 0xf;
        queue_ >>= 4;
        --free_;
        return first;
    }

    /// @param id a digit whose answer has come
    void give_back(std::uint64_t id) noexcept { queue_ |= id << (4 * free_++); }

private:
    static constexpr unsigned least_free = 5;

    std::uint64_t queue_ = 0x9'8765'4321;  ///< four bits each, the next one lowest
    unsigned free_ = 9;
};

}  // namespace coqmp::protocol

#endif
