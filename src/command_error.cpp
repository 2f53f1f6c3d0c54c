#include <coqmp/command_error.hpp>

#include <ostream>

namespace coqmp {

namespace {

class qemu_error_category final : public boost::system::error_category
{
public:
    constexpr qemu_error_category() noexcept : error_category(0xc41d90b86e2f7a35) {}

    char const* name() const noexcept override { return "coqmp.error_class"; }

    std::string message(int code) const override
    {
        switch (static_cast<error_class>(code)) {
            case error_class::generic_error:
                return "QEMU returned GenericError: see the description";
            case error_class::command_not_found:
                return "QEMU returned CommandNotFound: this QEMU does not have the command, or cannot run it in its current "
                       "state";
            case error_class::device_not_active:
                return "QEMU returned DeviceNotActive: activate the device first";
            case error_class::device_not_found:
                return "QEMU returned DeviceNotFound: no device has this name";
            case error_class::kvm_missing_cap:
                return "QEMU returned KVMMissingCap: the host's kernel does not support this";
            case error_class::other:
                break;
        }
        return "QEMU returned an error class that coqmp does not know";
    }
};

constexpr qemu_error_category the_error_class_category;

struct class_and_name
{
    error_class value;
    char const* name;
};
constexpr class_and_name known_classes[] = {
    {error_class::generic_error, "GenericError"},        {error_class::command_not_found, "CommandNotFound"},
    {error_class::device_not_active, "DeviceNotActive"}, {error_class::device_not_found, "DeviceNotFound"},
    {error_class::kvm_missing_cap, "KVMMissingCap"},
};

}  // namespace

boost::system::error_category const& error_class_category() noexcept
{
    return the_error_class_category;
}

boost::system::error_code make_error_code(error_class value) noexcept
{
    return {static_cast<int>(value), error_class_category()};
}

boost::system::error_code command_error::code() const noexcept
{
    for (class_and_name const& known : known_classes)
        if (class_name == known.name)
            return make_error_code(known.value);
    return make_error_code(error_class::other);
}

std::ostream& operator<<(std::ostream& out, command_error const& error)
{
    return out << error.class_name << ": " << error.description;
}

}  // namespace coqmp
