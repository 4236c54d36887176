"""Programs made of kernels: no loops over pixels here."""
