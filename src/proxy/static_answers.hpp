// The answers that do not change as long as QEMU runs, as each policy shows them.
#ifndef COQMP_SRC_PROXY_STATIC_ANSWERS_HPP
#define COQMP_SRC_PROXY_STATIC_ANSWERS_HPP

#include "proxy/proxied_command.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <map>
#include <string>

namespace coqmp::proxy {

class static_answers
{
public:
    /// Whether every answer to this command is the same.
    [[nodiscard]] static bool is_static(proxied_command const& asked) noexcept;

    /// The answer as text, if it is known. @par Lifetime until forget()
    [[nodiscard]] std::string const* find(proxied_command const& asked) const;

    /// Keeps QEMU's answer, without what the policy hides. @return what find() will return
    std::string const& keep(proxied_command const& asked, boost::json::value&& answer);

    /// Another QEMU may answer differently, and so may another policy of the same name.
    void forget() noexcept { by_policy_.clear(); }

private:
    using texts = std::map<std::string, std::string, std::less<>>;

    std::map<std::string, texts, std::less<>> by_policy_;
};

}  // namespace coqmp::proxy

#endif
