// Ids of one digit, because QEMU takes 10 us to read each byte of a command (PROTOCOL.md).
// Invariant: an id is reused only after its reply and four later ones, so a duplicate reply cannot match a newer command. (No
// QEMU is known to send one.)
#ifndef COQMP_SRC_PROTOCOL_SHORT_IDS_HPP
#define COQMP_SRC_PROTOCOL_SHORT_IDS_HPP

#include <cstdint>

namespace coqmp::protocol {

class short_ids
{
public:
    static constexpr std::uint64_t longest = 9;

    /// @return 0 if too few ids are free
    [[nodiscard]] std::uint64_t acquire() noexcept
    {
        if (free_ < least_free)
            return 0;
        std::uint64_t const first = queue_ & 0xf;
        queue_ >>= 4;
        --free_;
        return first;
    }

    /// @param id a digit whose reply has arrived
    void release(std::uint64_t id) noexcept { queue_ |= id << (4 * free_++); }

private:
    static constexpr unsigned least_free = 5;

    std::uint64_t queue_ = 0x9'8765'4321;  ///< four bits for each free id; the next one is in the lowest bits
    unsigned free_ = 9;
};

}  // namespace coqmp::protocol

#endif
