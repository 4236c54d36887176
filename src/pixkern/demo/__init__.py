"""Photos for `pixkern demo`; sources and licences are in LICENSES.md."""
