#include "configuration/readers.hpp"

#include "daemon/configuration/value_readers.hpp"
#include "daemon/printable_text.hpp"

#include <boost/system/system_error.hpp>

#include <optional>

namespace qmp_proxy {

namespace {

using coqmp_daemon::problem_list;
using coqmp_daemon::setting;
using coqmp_daemon::value_reader;

constexpr std::size_t longest_quotation = 60;

}  // namespace

value_reader<coqmp::endpoint> address()
{
    return [](setting const& read, problem_list& problems) -> std::optional<coqmp::endpoint> {
        auto const value = coqmp_daemon::text()(read, problems);
        if (!value)
            return std::nullopt;
        try {
            return coqmp::endpoint::parse(*value);
        } catch (boost::system::system_error const& error) {
            problems.add(read.value.position,
                         read.path + ": \"" + coqmp_daemon::printable(*value, longest_quotation) + "\": " + error.what());
            return std::nullopt;
        }
    };
}

value_reader<coqmp::endpoint> listen_address()
{
    return [](setting const& read, problem_list& problems) -> std::optional<coqmp::endpoint> {
        auto result = address()(read, problems);
        if (!result || !result->is_descriptor())
            return result;
        problems.add(read.value.position, read.path + ": clients can only connect to a unix socket or a TCP port");
        return std::nullopt;
    };
}

}  // namespace qmp_proxy
