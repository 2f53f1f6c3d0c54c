// Bytes that are waiting to be sent, with their descriptors.
#ifndef COQMP_SRC_TESTING_WIRE_OUTPUT_HPP
#define COQMP_SRC_TESTING_WIRE_OUTPUT_HPP

#include "testing/stream.hpp"

#include <coqmp/descriptor.hpp>

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmp::testing::detail {

class wire_output
{
public:
    void add(std::string bytes, std::vector<descriptor> descriptors = {})
    {
        if (!bytes.empty())
            pieces_.push_back({std::move(bytes), std::move(descriptors), 0});
    }

    [[nodiscard]] bool is_empty() const noexcept { return pieces_.empty(); }
    /// The next bytes, but not always all of them.
    [[nodiscard]] std::string_view next() const noexcept
    {
        return pieces_.empty() ? std::string_view() : std::string_view(pieces_.front().bytes).substr(pieces_.front().sent);
    }

    /// Sends at most that many bytes of next(). @return how many were sent
    std::size_t send(stream& target, std::size_t most, boost::system::error_code& error)
    {
        piece& first = pieces_.front();
        std::size_t const sent = send_some(target, next().substr(0, most), first.descriptors, error);
        if (sent != 0)
            first.descriptors.clear();
        first.sent += sent;
        if (first.sent == first.bytes.size())
            pieces_.pop_front();
        return sent;
    }

private:
    struct piece
    {
        std::string bytes;
        std::vector<descriptor> descriptors;
        std::size_t sent;
    };

    std::deque<piece> pieces_;
};

}  // namespace coqmp::testing::detail

#endif
