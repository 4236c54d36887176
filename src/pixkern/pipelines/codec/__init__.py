"""Image compression: a codec of its own, and the parts to build others from."""
