// The owner of an adopted descriptor while its endpoint is passed from thread to thread.
#ifndef COQMP_SRC_NET_UNCLAIMED_ENDPOINT_HPP
#define COQMP_SRC_NET_UNCLAIMED_ENDPOINT_HPP

#include <coqmp/endpoint.hpp>

#include <unistd.h>

#include <utility>

namespace coqmp::detail {

/// An endpoint on its way to the executor. Its descriptor is closed if no session takes it over.
class unclaimed_endpoint
{
public:
    explicit unclaimed_endpoint(endpoint where)
        : where_(std::move(where)), descriptor_(where_.is_descriptor() ? where_.descriptor() : -1)
    {}
    unclaimed_endpoint(unclaimed_endpoint&& other) noexcept
        : where_(std::move(other.where_)), descriptor_(std::exchange(other.descriptor_, -1))
    {}
    ~unclaimed_endpoint()
    {
        if (descriptor_ >= 0)
            ::close(descriptor_);
    }

    endpoint const& claim() noexcept
    {
        descriptor_ = -1;
        return where_;
    }

private:
    endpoint where_;
    int descriptor_;
};

}  // namespace coqmp::detail

#endif
