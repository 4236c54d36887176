"""asv: the range coder over sources, dtypes and tables."""

import numpy as np
from rans_rows import laplace

from pixkern.rans import Tables, decode, encode, tables_from_counts

COUNT = 1 << 20


class Symbols:
    params = (["uint8", "uint16"], [0.6, 4.2, 3000.0])
    param_names = ("dtype", "scale")

    def setup(self, dtype, scale):
        self.symbols = laplace(scale, np.dtype(dtype).type, COUNT)
        self.tables = Tables.fit(self.symbols)
        self.data = encode(self.symbols, tables=self.tables)
        self.out = np.empty_like(self.symbols)

    def time_fit(self, dtype, scale):
        Tables.fit(self.symbols, threads=1)

    def time_encode(self, dtype, scale):
        encode(self.symbols, tables=self.tables, threads=1)

    def time_decode(self, dtype, scale):
        decode(self.data, tables=self.tables, out=self.out, threads=1)

    def track_size(self, dtype, scale):
        return len(self.data)


class Contexts:
    params = (1, 8, 256)
    param_names = ("tables",)

    def setup(self, tables):
        self.symbols = laplace(4.2, count=COUNT)
        self.contexts = np.random.default_rng(1).integers(0, tables, COUNT, dtype=np.uint8)
        self.tables = Tables.fit(self.symbols, self.contexts)
        self.options = {"tables": self.tables, "contexts": self.contexts, "threads": 1}
        self.data = encode(self.symbols, **self.options)

    def time_encode(self, tables):
        encode(self.symbols, **self.options)

    def time_decode(self, tables):
        decode(self.data, **self.options)


class Small:
    """What a call costs where there is little to do."""

    def setup(self):
        self.symbols = laplace(4.2, count=1000)
        self.tables = tables_from_counts(np.bincount(self.symbols, minlength=256))
        self.data = encode(self.symbols, tables=self.tables)

    def time_tables(self):
        tables_from_counts(np.bincount(self.symbols, minlength=256))

    def time_encode(self):
        encode(self.symbols, tables=self.tables)

    def time_decode(self):
        decode(self.data, tables=self.tables)


class Memory:
    def peakmem_encode(self):
        encode(np.ones(1 << 26, np.uint8), threads=1)
