// What a command does with the descriptors that QEMU keeps for its clients: named ones (`getfd`) and sets (`add-fd`).
#ifndef COQMP_SRC_PROXY_DESCRIPTOR_USE_HPP
#define COQMP_SRC_PROXY_DESCRIPTOR_USE_HPP

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace coqmp::proxy {

struct descriptor_use
{
    enum class kind { none, adds_name, closes_name, takes_names, adds_to_set, removes_set, removes_from_set };

    kind what = kind::none;
    std::set<std::string, std::less<>> names;
    std::optional<std::int64_t> set;  ///< Nothing, if QEMU chooses the number.

    /// Whether the command needs a descriptor that comes with it.
    [[nodiscard]] bool adds() const noexcept { return what == kind::adds_name || what == kind::adds_to_set; }

    friend bool operator==(descriptor_use const&, descriptor_use const&) = default;
};

/// How the command uses descriptors, provided that QEMU executes it. Malformed arguments use none: QEMU refuses them.
/// @param is_known whether a name is one that commands can take; other names are left out, so that a client cannot make the
/// result large
[[nodiscard]] descriptor_use use_of(std::string_view command, boost::json::object const& arguments,
                                    std::function<bool(std::string_view)> const& is_known);

/// Whether a command adds or removes descriptors; other commands at most take what was added.
[[nodiscard]] bool manages_descriptors(std::string_view command) noexcept;

}  // namespace coqmp::proxy

#endif
