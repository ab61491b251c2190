"""Pictures that are no chest X-ray, for the gate to be fitted on (``tools.gate_fit``).

Drawn from a random generator, and crops of scikit-learn's two sample photographs. The tests
of the gate draw others, by other rules, so that they do not ask for what was learnt.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from sklearn.datasets import load_sample_images

Picture = np.ndarray  # uint8 (H, W)
Rng = np.random.Generator

PHOTOS = [cv2.cvtColor(one, cv2.COLOR_RGB2GRAY) for one in load_sample_images().images]


def clouds(rng: Rng, height: int, width: int, roughness: float) -> Picture:
    """Noise whose strength falls with frequency to a power: 0 is white, 2 like clouds."""
    distance = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None])
    distance[0, 0] = 1
    spectrum = np.fft.fft2(rng.normal(size=(height, width))) / distance**roughness
    return _stretched(np.fft.ifft2(spectrum).real)


def _stretched(values: np.ndarray) -> Picture:
    low, high = np.percentile(values, [1, 99])
    scaled = (values - low) / max(high - low, 1e-6) * 255
    found: np.ndarray = np.clip(scaled, 0, 255).astype(np.uint8)
    return found


def _size(rng: Rng) -> tuple[int, int]:
    return int(rng.integers(64, 400)), int(rng.integers(64, 400))


def _point(rng: Rng, picture: Picture) -> tuple[int, int]:
    return int(rng.integers(picture.shape[1])), int(rng.integers(picture.shape[0]))


def noise(rng: Rng) -> Picture:
    return rng.integers(0, 256, _size(rng), dtype=np.uint8)


def fractal(rng: Rng) -> Picture:
    return clouds(rng, *_size(rng), rng.uniform(0.5, 2.6))


def gradient(rng: Rng) -> Picture:
    height, width = _size(rng)
    down, across = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    turn = rng.uniform(0, 2 * np.pi)
    kinds = (
        np.cos(turn) * across + np.sin(turn) * down,
        np.hypot(across - rng.uniform(), down - rng.uniform()),
        np.sin(across * rng.uniform(1, 20) + down * rng.uniform(-10, 10)),
        np.abs(across - 0.5) * rng.choice([-1, 1]) + rng.uniform(-1, 1) * down,
    )
    picture = _stretched(kinds[rng.integers(4)])
    grain = rng.normal(0, rng.uniform(0, 12), picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def shapes(rng: Rng) -> Picture:
    height, width = _size(rng)
    picture: Picture = np.full((height, width), int(rng.integers(256)), np.uint8)
    for _ in range(rng.integers(1, 25)):
        grey, one, other = int(rng.integers(256)), _point(rng, picture), _point(rng, picture)
        axes = (int(rng.integers(3, width // 2)), int(rng.integers(3, height // 2)))
        kind = rng.integers(3)
        if kind == 0:
            cv2.rectangle(picture, one, other, grey, -1)
        elif kind == 1:
            cv2.ellipse(picture, one, axes, rng.uniform(0, 180), 0, 360, grey, -1)
        else:
            cv2.line(picture, one, other, grey, int(rng.integers(1, 8)))
    if rng.random() < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(1, width / 12))
    if rng.random() < 0.3:
        picture = cv2.addWeighted(picture, 0.75, clouds(rng, height, width, 1.5), 0.25, 0)
    return picture


def chart(rng: Rng) -> Picture:
    height, width = int(rng.integers(150, 400)), int(rng.integers(150, 500))
    paper, ink = (15, 230) if rng.random() < 0.3 else (255, 0)
    picture = np.full((height, width), paper, np.uint8)
    left, base, count = int(width * 0.12), int(height * 0.88), int(rng.integers(3, 14))
    cv2.line(picture, (left, 10), (left, base), ink, 1)
    cv2.line(picture, (left, base), (width - 10, base), ink, 1)
    kind = rng.integers(4)
    if kind == 0:
        for one in range(count):
            x = left + 5 + one * (width - left - 15) // count
            top = (x + (width - left) // count * 2 // 3, base)
            start = (x, base - int(rng.integers(5, int(height * 0.75))))
            cv2.rectangle(picture, start, top, int(rng.integers(30, 200)), -1)
    elif kind == 1:
        for _ in range(rng.integers(1, 5)):
            y = base - np.cumsum(rng.normal(height * 0.02, height * 0.05, count * 4))
            line = np.stack([np.linspace(left, width - 10, count * 4), np.clip(y, 5, base)], 1)
            thick = int(rng.integers(1, 4))
            cv2.polylines(picture, [line.astype(np.int32)], False, int(rng.integers(180)), thick)
    elif kind == 2:
        for _ in range(count * 15):
            at = (int(rng.uniform(left, width - 5)), int(rng.uniform(5, base)))
            cv2.circle(picture, at, int(rng.integers(1, 5)), int(rng.integers(180)), -1)
    else:
        ends = np.cumsum(rng.dirichlet(np.ones(count)) * 360)
        middle, radius = (width // 2, height // 2), min(height, width) // 3
        for start, end in zip([0.0, *ends], ends, strict=False):
            grey = int(rng.integers(20, 235))
            cv2.ellipse(picture, middle, (radius, radius), 0, start, end, grey, -1)
    for _ in range(rng.integers(2, 8)):
        cv2.putText(picture, "aB3%x", _point(rng, picture), 0, 0.4, ink, 1)
    return picture


def page(rng: Rng) -> Picture:
    height, width = int(rng.integers(150, 420)), int(rng.integers(120, 420))
    picture: Picture = np.full((height, width), int(rng.integers(200, 256)), np.uint8)
    scale = rng.uniform(0.3, 0.8)
    for y in range(12, height, int(28 * scale) + 3):
        letters = "".join(chr(one) for one in rng.integers(97, 123, int(rng.integers(10, 60))))
        spaced = " ".join(letters[at : at + 6] for at in range(0, len(letters), 6))
        font, ink = int(rng.integers(4)), int(rng.integers(80))
        cv2.putText(picture, spaced, (10, y), font, scale, ink, 1)
    if rng.random() < 0.5:
        picture = cv2.addWeighted(picture, 0.85, clouds(rng, height, width, 1.8), 0.15, 0)
    if rng.random() < 0.3:
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-8, 8), 1)
        picture = cv2.warpAffine(picture, turn, (width, height), borderValue=128)
    return 255 - picture if rng.random() < 0.15 else picture


def waves(rng: Rng) -> Picture:
    height, width = _size(rng)
    down, across = np.mgrid[0:height, 0:width]
    total = np.zeros((height, width))
    for _ in range(rng.integers(1, 4)):
        phase = across * rng.uniform(0.02, 0.5) + down * rng.uniform(-0.5, 0.5) + 9 * rng.random()
        total += np.sign(np.sin(phase)) if rng.random() < 0.5 else np.sin(phase)
    return _stretched(total)


def landscape(rng: Rng) -> Picture:
    height, width = _size(rng)
    sky = np.linspace(rng.uniform(120, 255), rng.uniform(100, 255), height)
    picture = np.tile(sky[:, None], (1, width))
    for depth in range(rng.integers(1, 4)):
        ridge = height * (0.35 + 0.18 * depth) + np.cumsum(rng.normal(0, height / 90, width))
        ground = np.arange(height)[:, None] > ridge[None]
        texture = rng.uniform(20, 150) + 0.4 * clouds(rng, height, width, rng.uniform(0.8, 1.8))
        picture[ground] = texture[ground]
    return np.clip(picture + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)


def portrait(rng: Rng) -> Picture:
    """A face with dark hair before a background: symmetric, dark beside bright."""
    height = int(rng.integers(90, 360))
    width = int(height * rng.uniform(0.7, 1.1))
    cloudy = clouds(rng, height, width, rng.uniform(1.2, 2.2))
    picture = (rng.uniform(0.2, 0.8) * cloudy + rng.uniform(0, 50)).astype(np.uint8)
    skin, hair, cloth = (int(rng.integers(*ends)) for ends in ((110, 240), (10, 150), (20, 220)))
    x, y = width // 2 + int(rng.normal(0, width * 0.04)), int(height * rng.uniform(0.42, 0.58))

    def oval(across: float, down: float, wide: float, tall: float, grey: int) -> None:
        middle = (x + int(width * across), y + int(height * down))
        cv2.ellipse(picture, middle, (int(width * wide), int(height * tall)), 0, 0, 360, grey, -1)

    cv2.ellipse(picture, (x, height), (int(width * 0.45), int(height * 0.3)), 0, 0, 360, cloth, -1)
    oval(0, -0.06, 0.27, 0.36, hair)
    oval(0, 0, 0.23, 0.31, skin)
    oval(-0.1, -0.05, 0.05, 0.025, skin // 4)
    oval(0.1, -0.05, 0.05, 0.025, skin // 4)
    oval(0, 0.04, 0.02, 0.05, skin * 3 // 4)
    oval(0, 0.15, 0.08, 0.02, skin // 3)
    return cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.6, 4))


def slice_of_body(rng: Rng) -> Picture:
    """Like a slice of a CT: a bright oval on black, with two dark ones in it."""
    height = int(rng.integers(100, 360))
    width = int(height * rng.uniform(0.9, 1.5))
    x, y = width // 2, height // 2
    picture = np.full((height, width), float(rng.integers(30)), np.float32)
    body = (int(width * rng.uniform(0.4, 0.52)), int(height * rng.uniform(0.36, 0.52)))
    cv2.ellipse(picture, (x, y), body, 0, 0, 360, float(rng.integers(120, 250)), -1)
    dark, apart = float(rng.integers(5, 80)), rng.uniform(0.17, 0.24)
    for side in (-1, 1):
        lung = (int(width * rng.uniform(0.12, 0.18)), int(height * rng.uniform(0.24, 0.36)))
        middle, tilt = (x + int(side * width * apart), y), side * rng.uniform(-15, 15)
        cv2.ellipse(picture, middle, lung, tilt, 0, 360, dark, -1)
    cv2.circle(picture, (x, y + height // 4), int(height * 0.07), float(rng.integers(200, 255)), -1)
    for _ in range(rng.integers(0, 80)):
        across = rng.choice([-1, 1]) * width * apart + rng.normal(0, width * 0.06)
        vessel = (int(x + across), int(y + rng.normal(0, height * 0.12)))
        cv2.circle(picture, vessel, int(rng.integers(1, 4)), float(rng.integers(120, 250)), -1)
    if rng.random() < 0.6:  # the table below the body
        table = (width // 2, int(height * 0.42))
        cv2.ellipse(picture, (x, int(height * 0.55)), table, 0, 20, 160, 200, 2)
    grain = rng.normal(0, rng.uniform(1, 14), picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def photograph(rng: Rng) -> Picture:
    whole = PHOTOS[rng.integers(len(PHOTOS))]
    tall = int(rng.uniform(0.3, 1) * whole.shape[0])
    wide = min(whole.shape[1], int(tall * rng.uniform(0.7, 1.5)))
    top = int(rng.integers(whole.shape[0] - tall + 1))
    left = int(rng.integers(whole.shape[1] - wide + 1))
    picture = np.rot90(whole[top : top + tall, left : left + wide], rng.choice([0, 0, 0, 1, 2, 3]))
    if rng.random() < 0.5:
        picture = picture[:, ::-1]
    return np.ascontiguousarray(255 - picture if rng.random() < 0.25 else picture)


def columns(rng: Rng) -> Picture:
    """Two dark blocks on bright ground: what a rule about lungs alone would take."""
    height, width = _size(rng)
    picture = np.full((height, width), float(rng.integers(120, 255)), np.float32)
    for middle in (0.28, 0.72):
        start = (int(width * (middle - 0.13)), int(height * rng.uniform(0.05, 0.3)))
        end = (int(width * (middle + 0.13)), int(height * rng.uniform(0.6, 0.95)))
        cv2.rectangle(picture, start, end, float(rng.integers(100)), -1)
    grain = rng.normal(0, rng.uniform(0, 10), picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def mirrored(rng: Rng) -> Picture:
    """Something else made symmetric."""
    half = (fractal, shapes, photograph, landscape)[rng.integers(4)](rng)
    half = half[:, : half.shape[1] // 2]
    return np.hstack([half, half[:, ::-1]])


KINDS: tuple[Callable[[Rng], Picture], ...] = (
    noise, fractal, gradient, shapes, chart, page, waves, landscape, portrait, slice_of_body,
    photograph, columns, mirrored,
)  # fmt: skip
