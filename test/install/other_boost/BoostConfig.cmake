# A stand-in for a Boost that coqmp was not built with.
