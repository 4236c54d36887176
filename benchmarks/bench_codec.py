"""asv: the codec over modes, profiles, sizes and parts."""

from codec_rows import photo

from pixkern import metrics
from pixkern.pipelines.codec import compress, decompress, info


class Wavelet:
    params = (["dense", "fast"], ["cdf97", "cdf53"], [25, 75])
    param_names = ("profile", "wavelet", "quality")

    def setup(self, profile, wavelet, quality):
        self.image = photo()
        self.options = {"profile": profile, "wavelet": wavelet, "quality": quality, "threads": 1}
        self.data = compress(self.image, **self.options)

    def time_compress(self, profile, wavelet, quality):
        compress(self.image, **self.options)

    def time_decompress(self, profile, wavelet, quality):
        decompress(self.data, threads=1)

    def track_bytes(self, profile, wavelet, quality):
        return len(self.data)

    def track_psnr(self, profile, wavelet, quality):
        return metrics.psnr(self.image, decompress(self.data))


class Lossless:
    params = (["dense", "fast"],)
    param_names = ("profile",)

    def setup(self, profile):
        self.image = photo()
        self.options = {"profile": profile, "mode": "lossless", "threads": 1}
        self.data = compress(self.image, **self.options)

    def time_compress(self, profile):
        compress(self.image, **self.options)

    def time_decompress(self, profile):
        decompress(self.data, threads=1)

    def track_bytes(self, profile):
        return len(self.data)


class Parts:
    """What a part costs where the whole is not wanted."""

    def setup(self):
        self.image = photo()
        self.data = compress(self.image, tile=256)

    def time_info(self):
        info(self.data)

    def time_region(self):
        decompress(self.data, region=(700, 500, 128, 128), threads=1)

    def time_eighth(self):
        decompress(self.data, reduce=3, threads=1)


class Small:
    """What a call costs where there is little to do."""

    def setup(self):
        self.image = photo()[:64, :64].copy()
        self.data = compress(self.image)

    def time_compress(self):
        compress(self.image, threads=1)

    def time_decompress(self):
        decompress(self.data, threads=1)


class Memory:
    def peakmem_compress(self):
        compress(photo(), threads=1)

    def peakmem_decompress(self):
        decompress(compress(photo(), threads=1), threads=1)
