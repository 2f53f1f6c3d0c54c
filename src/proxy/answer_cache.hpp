// The answers that never change while one QEMU runs. `query-qmp-schema` alone blocks QEMU's main loop for over 100 ms.
#ifndef COQMP_SRC_PROXY_ANSWER_CACHE_HPP
#define COQMP_SRC_PROXY_ANSWER_CACHE_HPP

#include <coqmp/monitor_policy.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace coqmp::proxy {

/// For the clients of one policy, which decides what they see of QEMU's commands.
class answer_cache
{
public:
    explicit answer_cache(monitor_policy policy) : policy_(std::move(policy)) {}

    /// Whether the answer is always the same. With arguments it is an error, whose text is left to QEMU.
    [[nodiscard]] static bool is_constant(std::string_view command, boost::json::object const& arguments) noexcept;

    /// The answer as text for server_dialogue::answer_text(), valid until forget(); empty if it is not known. Does not check
    /// whether the policy allows the command.
    [[nodiscard]] std::string_view find(std::string_view command, boost::json::object const& arguments) const noexcept;

    /// Keeps the answer of a constant command. @return its text, valid until forget() or the next answer of the same command
    std::string_view store(std::string_view command, boost::json::value const& answer);

    /// Forgets all answers, because another QEMU answers from now on.
    void forget() noexcept { texts_.clear(); }

private:
    monitor_policy policy_;
    std::map<std::string, std::string, std::less<>> texts_;
};

}  // namespace coqmp::proxy

#endif
