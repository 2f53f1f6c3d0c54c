// What follows from a command, or from something that happens to a guest.
#ifndef COQMP_SRC_TESTING_GUEST_CHANGE_HPP
#define COQMP_SRC_TESTING_GUEST_CHANGE_HPP

#include <boost/json/object.hpp>

#include <string>
#include <utility>
#include <vector>

namespace coqmp::testing::detail {

class guest_change
{
public:
    struct published
    {
        std::string name;
        boost::json::object data;

        friend bool operator==(published const&, published const&) = default;
    };

    guest_change& publish(std::string name, boost::json::object data = {})
    {
        events.push_back({std::move(name), std::move(data)});
        return *this;
    }
    guest_change& refuse(std::string why)
    {
        refusal = std::move(why);
        return *this;
    }
    guest_change& exit()
    {
        is_end = true;
        return *this;
    }

    std::vector<published> events;
    std::string refusal;  ///< The description of a GenericError. Empty: none.
    bool is_end = false;  ///< QEMU exits.

    friend bool operator==(guest_change const&, guest_change const&) = default;
};

}  // namespace coqmp::testing::detail

#endif
