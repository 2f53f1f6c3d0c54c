// A client's command on its way through a proxy.
#ifndef COQMP_SRC_PROXY_PROXIED_COMMAND_HPP
#define COQMP_SRC_PROXY_PROXIED_COMMAND_HPP

#include "proxy/client_id.hpp"
#include "proxy/descriptor_use.hpp"

#include <coqmp/monitor_policy.hpp>
#include <coqmp/monitor_request.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace coqmp::proxy {

struct proxied_command
{
    proxied_command(monitor_request&& sent, std::shared_ptr<monitor_policy const> under,
                    std::chrono::steady_clock::time_point now) noexcept
        : request(std::move(sent)), policy(std::move(under)), arrival(now)
    {}

    [[nodiscard]] client_id client() const noexcept { return client_id{request.client().number}; }

    monitor_request request;
    std::shared_ptr<monitor_policy const> policy;
    std::chrono::steady_clock::time_point arrival;
    std::uint64_t connection = 0;  ///< To which QEMU it was sent.
    descriptor_use use;
    bool asks_for_constant = false;  ///< See answer_cache.
};

}  // namespace coqmp::proxy

#endif
