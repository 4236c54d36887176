"""Pixel art: pictures that look like it go in, sprites at their true resolution come out."""
