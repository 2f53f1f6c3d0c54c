# Stands for a Boost that coqmp was not built with.
