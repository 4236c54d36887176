"""Systems over the kernels of pixkern, one module each."""
